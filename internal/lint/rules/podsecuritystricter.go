package rules

import (
	"slices"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

var podSecurityStricter = lint.Rule{
	Name:     "pod-security-stricter",
	Severity: lint.Info,
	Summary:  "all pods of a namespace would pass a stricter level than it enforces",
	Doc: `It costs nothing today, and refuses what should not come tomorrow: a chart's new version that requires the host network, or a pod
that an intruder creates. It is reported only for namespaces whose workloads are all known. Pods that an operator creates are not: check
those first.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/app.yaml --
` + hardened(""),
	Good: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  podSecurity: restricted
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/app.yaml --
` + hardened(""),
	Check: func(in *lint.Context, report lint.Report) {
		pods := map[string][]*deployed.Pod{}
		for _, p := range in.Deployed.Pods() {
			pods[p.Object.Namespace] = append(pods[p.Object.Namespace], p)
		}
		for i := range in.Platform.Namespaces {
			n := &in.Platform.Namespaces[i]
			if !in.Deployed.Settled(n) || len(pods[n.Name]) == 0 {
				continue
			}
			levels := []string{"restricted", "baseline"}
			switch n.PodSecurity.Enforce {
			case "restricted":
				continue
			case "baseline":
				levels = levels[:1]
			}
			for _, level := range levels {
				refused := func(p *deployed.Pod) bool { return len(in.Pods.Forbids(p, level, n.PodSecurity.Version)) > 0 }
				if !slices.ContainsFunc(pods[n.Name], refused) {
					report(n.Place, "podSecurity: "+level, "all pods of %s would pass %s, which it does not enforce", n.Name, level)
					break
				}
			}
		}
	},
}
