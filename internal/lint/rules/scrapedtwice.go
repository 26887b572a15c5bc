package rules

import (
	"github.com/hippotion/roster/internal/lint"
)

var scrapedTwice = lint.Rule{
	Name:     "scraped-twice",
	Severity: lint.Warning,
	Summary:  "Prometheus is told twice to scrape the same metrics",
	Doc: `Each of the two is a target of its own: sums count everything twice, and alerts come twice. It happens when a chart brings a ServiceMonitor and the entry has
` + "`metrics`" + `, when pods have annotations besides, and when a ServiceMonitor selects two Services of the same pods, such as one that is headless. Which
monitors are selected is known from the Prometheus of the list or, when there is none, from ` + "`monitoring`" + ` of platform.yml; annotations count where a
Prometheus of the list reads them. Endpoints with a relabeling that keeps or drops something are left out.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
monitoring: {kind: operator, labels: {release: prometheus}}
-- applications.yml --
- namespace: web-a
  podSecurity: restricted
  networkPolicies: open
  applications:
    - applicationCode: web-a
      path: a
      metrics: {port: 8080, podLabels: {app: app}}
-- a/monitor.yaml --
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: app, labels: {release: prometheus}}
spec:
  selector: {matchLabels: {app: app}}
  podMetricsEndpoints: [{port: http}]
-- a/app.yaml --
` + hardened(""),
	Mend: []string{"      metrics: {port: 8080, podLabels: {app: app}}\n", ""},
	Check: func(in *lint.Context, report lint.Report) {
		for _, t := range in.Intents.ScrapedTwice() {
			report(t.At, t.Hint, "%s", t.Message)
		}
	},
}
