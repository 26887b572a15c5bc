package rules

import (
	"strconv"

	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/policies"
)

var worldWithoutPorts = lint.Rule{
	Name:     "world-egress-without-ports",
	Severity: lint.Warning,
	Summary:  "pods may reach the whole world on every port",
	Doc: `For Cilium, the world is the Internet and the LAN (Cilium's documentation, "Entities based"). Without
ports, an intruder in the pod can send mail, scan the LAN, and open tunnels on any port. Name the ports, and
even better the hosts: ` + "`to: {host: api.example.com, ports: [443]}`" + `.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies:
    profile: web-app
    allow:
      - to: {entity: world}
  applications:
    - {applicationCode: web-a, repoURL: 'https://git.example/a.git', path: deploy}
`,
	Mend: []string{`      - to: {entity: world}`, `      - to: {entity: world, ports: [443, 993]}`},
	Check: func(in *lint.Context, report lint.Report) {
		const hint = "name the ports, or the hosts"
		for i := range in.Platform.Namespaces {
			n := &in.Platform.Namespaces[i]
			for _, f := range policies.Declared(n) {
				if f.Direction == catalog.Egress && len(f.Ports) == 0 && (isWorld(f.Peer.Entity) || everywhere(f.Peer.CIDR)) {
					report(f.Place, hint, "pods of %s may reach %s on every port", n.Name, f.Peer.Entity+f.Peer.CIDR)
				}
			}
		}
		for _, p := range in.Policies.Own() {
			if p.Rule == nil {
				continue
			}
			for i, r := range p.Rule.Egress {
				if peer := worldOf(&r); peer != "" && len(r.ToPorts)+len(r.ICMPs) == 0 {
					report(p.At("egress", strconv.Itoa(i)), hint, "%s lets pods reach %s on every port", p.Title, peer)
				}
			}
		}
	},
}

func isWorld(entity string) bool { return entity == "world" || entity == "all" }

// everywhere reports whether a CIDR is all addresses of its family.
func everywhere(cidr string) bool {
	p, err := policies.Prefix(cidr)
	return err == nil && p.Bits() == 0
}

// worldOf is the first peer of a rule that is the whole world; empty when there is none.
func worldOf(r *api.EgressRule) string {
	for _, e := range r.ToEntities {
		if isWorld(string(e)) {
			return string(e)
		}
	}
	for _, c := range r.ToCIDR {
		if everywhere(string(c)) {
			return string(c)
		}
	}
	for _, c := range r.ToCIDRSet {
		if everywhere(string(c.Cidr)) {
			return string(c.Cidr)
		}
	}
	return ""
}
