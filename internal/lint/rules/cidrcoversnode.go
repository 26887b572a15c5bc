package rules

import (
	"net/netip"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/places"
	"github.com/hippotion/roster/internal/lint/models/policies"
)

var cidrCoversNode = lint.Rule{
	Name:     "cidr-covers-node",
	Severity: lint.Error,
	Summary:  "a CIDR covers the address of a node, which no CIDR matches",
	Doc: `For Cilium, a node is an identity and not an address: a CIDR never matches it, not even as /32, unless Cilium runs with
policyCIDRMatchMode (Cilium's documentation, "Selecting nodes with CIDR / ipBlock"). The flow looks permitted, and is dropped. For
the node that the pod runs on write ` + "`entity: host`" + `, for the others ` + "`entity: remote-node`" + `; if the node is not meant, leave it out with
` + "`except`" + `. Of incoming flows, only those from the node's own address are reported: a range of the LAN is meant for others.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
nodes: [192.168.0.109]
-- applications.yml --
- namespace: web-a
  networkPolicies:
    profile: web-app
    allow:
      - to: {cidr: 192.168.0.109/32, ports: [22]}
  applications:
    - {applicationCode: web-a, repoURL: 'https://git.example/a.git', path: deploy}
`,
	Mend: []string{`      - to: {cidr: 192.168.0.109/32, ports: [22]}`, `      - to: {entity: host, ports: [22]}
      - to: {cidr: 192.168.0.0/24, except: [192.168.0.109/32], ports: [22]}`},
	Check: func(in *lint.Context, report lint.Report) {
		if len(in.Platform.Nodes) == 0 || in.Platform.Plain != nil || cidrsMatchNodes(in) {
			return // NetworkPolicies know nodes by nothing but addresses
		}
		nodes := policies.IndexAddresses(in.Platform.Nodes)
		check := func(at func() catalog.Place, direction catalog.Direction, cidr string, except []string) {
			place, ok := nodes.Covered(cidr, except)
			if !ok || direction == catalog.Ingress && !single(cidr) {
				return
			}
			node := in.Platform.Nodes[place].Address
			word := map[catalog.Direction]string{catalog.Egress: "to", catalog.Ingress: "from"}[direction]
			hint := "write " + word + ": {entity: host, …} for the pod's own node, {entity: remote-node, …} for another"
			if !single(cidr) {
				hint += "; if only the others are meant, except: [" + netip.PrefixFrom(node, node.BitLen()).String() + "]"
			}
			report(at(), hint, "%s covers the node %s, which no CIDR matches", cidr, node)
		}
		in.Policies.CIDRs(check)
	},
}

// single reports whether a CIDR is one address.
func single(cidr string) bool {
	p, err := policies.Prefix(cidr)
	return err == nil && p.IsSingleIP()
}

// cidrsMatchNodes reports whether Cilium's values, as far as they are in this repository, have a policyCIDRMatchMode.
func cidrsMatchNodes(in *lint.Context) bool {
	found, looked := false, map[string]bool{}
	for _, a := range in.Deployed.Applications() {
		for _, s := range a.Sources {
			// Its values may be what could not be read.
			found = found || in.Deployed.Faulty(a) && strings.Contains(a.Code+s.Chart+s.Path, "cilium")
		}
		ciliumValues(in, a, looked, "policyCIDRMatchMode", func(any) { found = true })
	}
	return found
}

// ciliumValues calls do for each value that an application's list and value files give to a key at the top; files that were looked into
// already are left out.
func ciliumValues(in *lint.Context, a *catalog.Application, looked map[string]bool, key string, do func(any)) {
	for _, s := range a.Sources {
		if s.Helm == nil {
			continue
		}
		if values, ok := s.Helm.Values.(map[string]any); ok && values[key] != nil {
			do(values[key])
		}
		for _, f := range s.Helm.ValueFiles {
			_, name, _ := strings.Cut(f, "/") // $REF or nothing is in front of it: the repository's root
			if looked[name] {
				continue
			}
			looked[name] = true
			if root := in.Places.Root(name); root != nil {
				if v := places.Value(root, key); v != nil {
					do(v.Value)
				}
			}
		}
	}
}
