package rules

import (
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/pods"
)

var serviceSelectsNothing = lint.Rule{
	Name:     "service-selects-nothing",
	Severity: lint.Error,
	Summary:  "a Service's selector matches no pod",
	Doc: `Such a Service has no endpoints: connections to it are refused, or time out. All labels of the selector have to be on the pod: those
of the pod template, not those of the Deployment around it. This is reported only where all pods of the namespace are known, and no
role permits a program to change their labels. A Service without a selector gets its endpoints from elsewhere.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/service.yaml --
apiVersion: v1
kind: Service
metadata: {name: app}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: http}]
-- a/app.yaml --
` + hardened(""),
	Mend: []string{"  selector: {app: web}", "  selector: {app: app}"},
	Check: func(in *lint.Context, report lint.Report) {
		for _, s := range in.Pods.BackedServices() {
			if !s.Pods.None {
				continue
			}
			var labels []string
			for _, key := range slices.Sorted(maps.Keys(s.Spec.Selector)) {
				labels = append(labels, key+"="+s.Spec.Selector[key])
			}
			report(in.Places.Field(s.Object, "spec", "selector"), likelyPods(&s), "%s selects pods with %s, which no pod of %s has",
				s.Title(), strings.Join(labels, ","), s.Object.Namespace)
		}
	},
}

// likelyPods is the hint for the pods that the owner of a Service may have meant: those that have most of its labels.
func likelyPods(s *pods.BackedService) string {
	if len(s.In.Pods) == 0 {
		return "no application deploys pods into the namespace"
	}
	const most = 100 // pods that are looked at
	var best *deployed.Pod
	of := 0
	for _, p := range s.In.Pods[:min(most, len(s.In.Pods))] {
		same := 0
		for key, value := range s.Spec.Selector {
			if p.Labels[key] == value {
				same++
			}
		}
		if same > of || best == nil && p.Object.Name == s.Object.Name {
			best, of = p, same
		}
	}
	if best == nil {
		return "write labels of the pod template"
	}
	var differ []string
	for _, key := range slices.Sorted(maps.Keys(s.Spec.Selector)) {
		switch value, ok := best.Labels[key]; {
		case !ok:
			differ = append(differ, "no "+key)
		case value != s.Spec.Selector[key]:
			differ = append(differ, key+"="+value)
		}
	}
	return "the pods of " + best.Title() + " have " + strings.Join(differ, ", ")
}
