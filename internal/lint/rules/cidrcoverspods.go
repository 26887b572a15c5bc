package rules

import (
	"net/netip"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/policies"
)

var cidrCoversPods = lint.Rule{
	Name:     "cidr-covers-pods",
	Severity: lint.Error,
	Summary:  "a CIDR covers addresses of pods, which no CIDR matches",
	Doc: `For Cilium, a pod is an identity and not an address: a CIDR never matches it, unless Cilium runs with policyCIDRMatchMode
(Cilium's documentation, "Selecting pods with CIDR / ipBlock"). The flow looks permitted, and is dropped. Name the namespace and the
labels of the pods instead; their addresses change anyway. The addresses of pods are podCIDRs of platform.yml.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
podCIDRs: [10.244.0.0/16]
-- applications.yml --
- namespace: web-a
  networkPolicies:
    profile: web-app
    allow:
      - to: {cidr: 10.244.3.7/32, ports: [8080]}
  applications:
    - {applicationCode: web-a, repoURL: 'https://git.example/a.git', path: deploy}
- namespace: web-b
  networkPolicies: isolated
`,
	Mend: []string{`{cidr: 10.244.3.7/32, ports: [8080]}`, `{namespace: web-b, ports: [8080]}`},
	Check: func(in *lint.Context, report lint.Report) {
		if cidrsMatchNodes(in) {
			return
		}
		ranges := map[netip.Prefix]bool{}
		for _, p := range in.Platform.PodCIDRs {
			ranges[p.Masked()] = true
		}
		check := func(at func() catalog.Place, _ catalog.Direction, cidr string, _ []string) {
			p, err := policies.Prefix(cidr)
			for bits := 0; err == nil && bits <= p.Bits(); bits++ {
				if pods := netip.PrefixFrom(p.Addr(), bits).Masked(); ranges[pods] {
					report(at(), "name the namespace, and the labels of the pods", "%s covers addresses of pods (%s), which no CIDR matches", cidr, pods)
					return
				}
			}
		}
		in.Policies.CIDRs(check)
	},
}
