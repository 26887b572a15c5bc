package rules

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"k8s.io/apimachinery/pkg/labels"
)

var metricsWithoutTarget = lint.Rule{
	Name:     "metrics-without-target",
	Severity: lint.Warning,
	Summary:  "metrics of a port that no pod of the namespace declares, or that no Service leads to",
	Doc: `Prometheus keeps, of what a ServiceMonitor or PodMonitor selects, the pods with a container that declares the port. So there would be no metrics, and nothing that
says so. Write the number or the name of a port of the pods, and labels that the Services or the pods have; the container has to list the port. It is reported only where all that
runs in the namespace is known.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
monitoring: operator
-- applications.yml --
- namespace: web-a
  podSecurity: restricted
  networkPolicies: open
  applications: [{applicationCode: web-a, path: a, metrics: {port: 9090, podLabels: {app: app}}}]
-- a/app.yaml --
` + hardened(""),
	Mend: []string{"port: 9090", "port: 8080"},
	Check: func(in *lint.Context, report lint.Report) {
		inventories := in.Deployed.Inventories()
		for n, a := range in.Deployed.Applications() {
			v := inventories[n.Name]
			if m := a.Metrics; m != nil && v != nil && v.Complete && !v.PodMaker {
				if problem, hint := unscraped(m, v); problem != "" {
					report(m.Place, hint, "nothing is scraped: %s", problem)
				}
			}
		}
	},
}

// unscraped is why a monitor finds no pod; empty when it finds one.
func unscraped(m *catalog.Metrics, v *deployed.Inventory) (problem, hint string) {
	selector := labels.SelectorFromSet(m.Selector)
	if m.Pods {
		selected := 0
		for _, p := range v.Pods {
			if selector.Matches(labels.Set(p.Labels)) {
				selected++
				if p.Declares(m.Port) {
					return "", ""
				}
			}
		}
		if selected == 0 {
			return "no pod of the namespace has these labels", "write labels of the pods"
		}
		return "no container of the pods declares the port " + m.Port, "write one of their ports, or add it to ports of the container"
	}
	services := 0
	for _, o := range v.Objects["Service"] {
		if !selector.Matches(labels.Set(labelsOf(o))) {
			continue
		}
		services++
		chosen, _ := deployed.FieldAt(o, "spec", "selector").(map[string]any)
		for _, p := range v.Pods {
			if len(chosen) > 0 && selects(chosen, p.Labels) && p.Declares(m.Port) {
				return "", ""
			}
		}
	}
	if services == 0 {
		return "no Service of the namespace has these labels", "write podLabels, for pods without a Service; or serviceLabels that a Service has"
	}
	return "no Service leads to pods that declare the port " + m.Port, "write a port of the pods, or podLabels, for pods without a Service"
}

func labelsOf(o *deployed.Object) map[string]string {
	out := map[string]string{}
	all, _ := deployed.FieldAt(o, "metadata", "labels").(map[string]any)
	for key, value := range all {
		out[key], _ = value.(string)
	}
	return out
}

func selects(selector map[string]any, of map[string]string) bool {
	for key, value := range selector {
		if of[key] != value {
			return false
		}
	}
	return true
}
