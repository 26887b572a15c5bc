package rules

import (
	"github.com/hippotion/roster/internal/lint"
)

var scrapeRefused = lint.Rule{
	Name:     "scrape-refused",
	Severity: lint.Warning,
	Fixable:  true,
	Summary:  "network policies refuse Prometheus what it is told to scrape",
	Doc: `A ServiceMonitor or PodMonitor that the operator's Prometheus selects, or the annotation ` + "`prometheus.io/scrape`" + ` where a Prometheus of the list reads
it, makes Prometheus fetch metrics from pods. The profile ` + "`monitoring`" + ` lets that out; the namespace of the pods has to let it in. Where it does not,
the target is down, and what is measured there is missing, in alerts as well.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: sys-monitoring
  networkPolicies: monitoring
  applications: [{applicationCode: sys-monitoring, path: monitoring}]
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- monitoring/prometheus.yaml --
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: house}
spec: {serviceMonitorSelector: {}, serviceMonitorNamespaceSelector: {}}
-- a/a.yaml --
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: a}
spec:
  selector: {matchLabels: {app: a}}
  endpoints: [{port: metrics}]
---
apiVersion: v1
kind: Service
metadata: {name: a, labels: {app: a}}
spec:
  selector: {app: a}
  ports: [{name: metrics, port: 9100}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec:
      containers: [{name: a, image: registry.example/a:1.2.3}]
`,
	Mend: []string{`  networkPolicies: isolated`, `  networkPolicies: {profile: isolated, allow: [{from: {namespace: sys-monitoring, ports: [9100]}}]}`},
	Find: func(in *lint.Context, add func(lint.Finding)) { refusals(in, in.Intents.Scrapes(), add) },
}
