package rules_test

import (
	"strings"
	"testing"
)

const (
	// operated is a Prometheus of the operator that selects everything.
	operated = "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: house}\nspec: {serviceMonitorSelector: {}, serviceMonitorNamespaceSelector: {}, podMonitorSelector: {}, podMonitorNamespaceSelector: {}}\n"
	// plain is one that reads the annotations of pods.
	plain = `apiVersion: apps/v1
kind: Deployment
metadata: {name: prometheus}
spec:
  template:
    metadata: {labels: {app: prometheus}}
    spec:
      containers: [{name: a, image: quay.io/prometheus/prometheus:v3.16.0}]
      volumes: [{name: settings, configMap: {name: settings}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {prometheus.yml: "[__meta_kubernetes_pod_annotation_prometheus_io_scrape]"}
`
)

// scraped is a list with a Prometheus in sys-monitoring, and an entry with claw, of which something is scraped by a namespace, as platform.yml says.
func scraped(by, metrics, prometheus, claw string) string {
	return `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
monitoring: {kind: operator, labels: {release: house}, namespace: ` + by + `}
-- applications.yml --
- namespace: sys-monitoring
  networkPolicies: monitoring
  applications: [{applicationCode: sys-monitoring, path: monitoring}]
- {namespace: sys-other, networkPolicies: monitoring}
- namespace: web-claw
  networkPolicies: isolated
  applications:
    - {applicationCode: web-claw, path: claw` + metrics + `}
-- monitoring/prometheus.yaml --
` + prometheus + `
-- claw/claw.yaml --
` + claw
}

// TestScrapeOfMetrics: what the list permits for metrics is for the namespace that platform.yml names, and the Prometheus may be in another one.
func TestScrapeOfMetrics(t *testing.T) {
	refused := func(kind, line string) []string {
		return []string{line + ": " + kind + " web-claw of web-claw (applications.yml:8) needs the pods of sys-monitoring with app.kubernetes.io/name=prometheus, operator.prometheus.io/name=house " +
			"to reach web-claw/claw on port 18789, and web-claw does not let it in: the profile isolated (default-deny) denies what nothing allows"}
	}
	testRefused(t, "scrape-refused", []refusedCase{
		{name: "a ServiceMonitor", folder: scraped("sys-other", ", metrics: 18789", operated, claw), want: refused("ServiceMonitor", "6"), fixed: true},
		{name: "by the name of a port", folder: scraped("sys-other", ", metrics: web", operated, claw), want: refused("ServiceMonitor", "6"), fixed: true},
		{name: "a PodMonitor", folder: scraped("sys-other", ", metrics: {port: 18789, podLabels: {app: claw}}", operated, claw), want: refused("PodMonitor", "6"), fixed: true},
		{name: "a PodMonitor by the name of a port", folder: scraped("sys-other", ", metrics: {port: web, podLabels: {app: claw}}", operated, claw), want: refused("PodMonitor", "6"), fixed: true},
		{name: "let out", folder: scraped("sys-monitoring", ", metrics: 18789", operated, claw)},
		{name: "a port that no container declares", folder: scraped("sys-other", ", metrics: 9090", operated, claw)},
		{name: "other pods", folder: scraped("sys-other", ", metrics: {port: 18789, podLabels: {app: other}}", operated, claw)},
		{name: "labels that the Prometheus does not select", folder: scraped("sys-other", ", metrics: 18789", strings.Replace(operated, "serviceMonitorSelector: {}", "serviceMonitorSelector: {matchLabels: {release: another}}", 1), claw)},
		{name: "labels that it selects", folder: scraped("sys-other", ", metrics: 18789", strings.Replace(operated, "serviceMonitorSelector: {}", "serviceMonitorSelector: {matchLabels: {release: house}}", 1), claw),
			want: refused("ServiceMonitor", "6"), fixed: true},
	})
}

func TestScrapedTwice(t *testing.T) {
	const (
		nobody  = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}"
		metrics = ", metrics: {port: 18789, podLabels: {app: claw}}"
		monitor = "---\napiVersion: monitoring.coreos.com/v1\nkind: PodMonitor\nmetadata: {name: claw, labels: {release: house}}\nspec:\n  selector: {matchLabels: {app: claw}}\n  podMetricsEndpoints:\n    - {port: web}\n"
		service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: headless}\nspec: {clusterIP: None, selector: {app: claw}, ports: [{name: http, port: 18789, targetPort: web}]}\n"
		secret  = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: more}\nstringData: {a.yml: '__meta_kubernetes_pod_annotation_prometheus_io_scrape'}\n"
		encoded = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: more}\ndata: {a.yml: X19tZXRhX2t1YmVybmV0ZXNfcG9kX2Fubm90YXRpb25fcHJvbWV0aGV1c19pb19zY3JhcGU=}\n"
	)
	annotated := strings.Replace(claw, "    metadata: {labels: {app: claw}}", "    metadata: {labels: {app: claw}, annotations: {prometheus.io/scrape: 'true', prometheus.io/port: '18789'}}", 1)
	with := func(endpoint string) string { return claw + strings.Replace(monitor, "{port: web}", endpoint, 1) }
	more := strings.Replace(operated, "spec: {", "spec: {additionalScrapeConfigs: {name: more, key: a.yml}, ", 1)
	again := []string{"8: port 18789 of web-claw/claw is scraped twice: by these metrics, and by PodMonitor claw of web-claw (claw/claw.yaml:24): " +
		"remove metrics, or what the application brings itself, which many charts can be told"}
	byBoth := []string{"8: port 18789 of web-claw/claw is scraped twice: by these metrics, and by the annotation prometheus.io/scrape of web-claw/claw (claw/claw.yaml:14): remove metrics, or the annotation"}
	testPlaced(t, "scraped-twice", []placedCase{
		{"metrics", scraped("sys-monitoring", metrics, operated, claw), nil},
		{"metrics, and a monitor", scraped("sys-monitoring", metrics, operated, claw+monitor), again},
		{"a monitor that the Prometheus does not select", scraped("sys-monitoring", metrics, strings.Replace(operated, "podMonitorSelector: {}", "podMonitorSelector: {matchExpressions: [{key: a, operator: Exists}]}", 1), claw+monitor), nil},
		{"without a Prometheus in the list", scraped("sys-monitoring", metrics, nobody, claw+monitor), again},
		{"without one, and a monitor that it does not select", scraped("sys-monitoring", metrics, nobody, strings.Replace(claw+monitor, ", labels: {release: house}", "", 1)), nil},
		{"a ServiceMonitor, and a PodMonitor", scraped("sys-monitoring", ", metrics: 18789", operated, claw+monitor), again},
		{"another path", scraped("sys-monitoring", metrics, operated, with("{port: web, path: /more}")), nil},
		{"other parameters", scraped("sys-monitoring", metrics, operated, with("{port: web, params: {a: [b]}}")), nil},
		{"some metrics", scraped("sys-monitoring", metrics, operated, with("{port: web, metricRelabelings: [{action: keep, sourceLabels: [__name__], regex: a}]}")), nil},
		{"other names of metrics", scraped("sys-monitoring", metrics, operated, with("{port: web, metricRelabelings: [{targetLabel: a, replacement: b}]}")), again},
		{"two Services", scraped("sys-monitoring", ", metrics: 18789", operated, claw+service),
			[]string{"8: port 18789 of web-claw/claw is scraped twice by ServiceMonitor web-claw of web-claw: through the Services claw and headless: " +
				"select one of the Services by a label that only that one has, such as serviceLabels of metrics"}},
		{"annotations that nobody reads", scraped("sys-monitoring", metrics, operated, annotated), nil},
		{"annotations that another Prometheus reads", scraped("sys-monitoring", metrics, operated+"---\n"+plain, annotated), byBoth},
		{"annotations of a Service, which are others", scraped("sys-monitoring", metrics, operated+"---\n"+strings.Replace(plain, "pod_annotation", "service_annotation", 1), annotated), nil},
		{"annotations that the same one reads", scraped("sys-monitoring", metrics, more+secret, annotated), byBoth},
		{"in Base64", scraped("sys-monitoring", metrics, more+encoded, annotated), byBoth},
		{"annotations of another port", scraped("sys-monitoring", metrics, more+secret, strings.Replace(annotated, "'18789'", "'18790'", 1)), nil},
		{"annotations of another path", scraped("sys-monitoring", metrics, more+secret, strings.Replace(annotated, "prometheus.io/port", "prometheus.io/path: /more, prometheus.io/port", 1)), nil},
		{"annotations that two read", scraped("sys-monitoring", "", more+secret+"---\n"+plain, annotated), nil},
	})
}
