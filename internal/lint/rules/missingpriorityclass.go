package rules

import (
	"slices"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
)

var missingPriorityClass = lint.Rule{
	Name:     "missing-priority-class",
	Severity: lint.Error,
	Summary:  "a pod names a PriorityClass that nothing creates",
	Doc: `The API server refuses the pod. Add the class to priorityClasses of platform.yml, or correct the name. system-cluster-critical and
system-node-critical are in every cluster. It is reported where all classes that the list deploys are known; one that somebody has made by hand is not in the list.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
priorityClasses: {critical: 1000000}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  podSecurity: restricted
  applications: [{applicationCode: web-a, path: a}]
-- a/app.yaml --
` + hardenedWith("      priorityClassName: criticl\n", ""),
	Mend: []string{"criticl", "critical"},
	Check: func(in *lint.Context, report lint.Report) {
		if !in.Deployed.AllOf("scheduling.k8s.io", "PriorityClass") {
			return
		}
		known := slices.Clone(catalog.SystemPriorityClasses[:])
		for _, c := range in.Platform.PriorityClasses {
			known = append(known, c.Name)
		}
		for _, o := range in.Deployed.Kind("PriorityClass") {
			known = append(known, o.Name)
		}
		has := map[string]bool{"": true}
		for _, name := range known {
			has[name] = true
		}
		for _, p := range in.Deployed.Pods() {
			if name := p.Spec.PriorityClassName; !has[name] {
				hint := in.Deployed.DidYouMean(name, len(known), slices.Values(known))
				if hint == "" {
					hint = "add it to priorityClasses of platform.yml"
				}
				report(in.Places.Field(p.Object, append(slices.Clone(p.At), "spec", "priorityClassName")...), hint, "%s names the priority class %s, which nothing creates: its pods are refused", p.Title(), name)
			}
		}
	},
}
