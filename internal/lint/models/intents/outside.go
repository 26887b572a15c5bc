package intents

import (
	"net/netip"

	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/network"
	"github.com/hippotion/roster/internal/lint/models/policies"
	"github.com/hippotion/roster/internal/verdict"
)

// beyond is all that an address outside of the cluster may turn out to be for the policies of a namespace: the world, or the CIDRs that they name. Who
// may reach none of these certainly does not reach the address.
func (in *Model) beyond(namespace string) []*network.End {
	out, known := in.outside[namespace]
	if known {
		return out
	}
	for _, entity := range []string{"world", "world-ipv6"} {
		out = append(out, in.network.Entity(entity))
	}
	for _, a := range in.addresses(namespace) {
		out = append(out, &network.End{Name: a.String(), Endpoint: verdict.Endpoint{IP: a}})
	}
	in.outside[namespace] = out
	return out
}

// apiServers is all that the API server may turn out to be for pods of a namespace: on another node, on their own, or outside of the cluster.
func (in *Model) apiServers(namespace string) []*network.End {
	key := "\x00" + namespace
	out, known := in.outside[key]
	if known {
		return out
	}
	out = append(out, in.network.Entity("kube-apiserver"))
	for _, entity := range []string{"host", "world", "world-ipv6"} {
		out = append(out, &network.End{Name: "kube-apiserver", Endpoint: verdict.Endpoint{Entity: entity, APIServer: true}})
	}
	addresses := in.addresses(namespace)
	for _, p := range in.deployed.Platform.Names.APIServerOutside {
		addresses = append(addresses, p.Addr())
	}
	for _, a := range addresses {
		out = append(out, &network.End{Name: a.String(), Endpoint: verdict.Endpoint{IP: a, APIServer: true}})
	}
	in.outside[key] = out
	return out
}

// addresses are one of each CIDR that egress rules for pods of a namespace name.
func (in *Model) addresses(namespace string) []netip.Addr {
	var out []netip.Addr
	seen := map[netip.Addr]bool{}
	add := func(cidr string) {
		p, err := policies.Prefix(cidr)
		if err != nil {
			return
		}
		if a := p.Masked().Addr(); !seen[a] {
			seen[a] = true
			out = append(out, a)
		}
	}
	rule := func(r *api.Rule) {
		if r == nil {
			return
		}
		for i := range r.Egress {
			for _, c := range r.Egress[i].ToCIDR {
				add(string(c))
			}
			for _, c := range r.Egress[i].ToCIDRSet {
				add(string(c.Cidr))
			}
		}
	}
	policies := in.network.Policies()
	for _, k := range in.policiesFor(namespace) {
		p := &policies[k]
		for _, f := range p.Flows {
			if f.Direction == catalog.Egress && f.Peer.CIDR != "" {
				add(f.Peer.CIDR)
			}
		}
		rule(p.Rule)
		for _, s := range p.Specs {
			rule(s)
		}
		if p.Kubernetes != nil {
			for _, e := range p.Kubernetes.Egress {
				for _, to := range e.To {
					if to.IPBlock != nil {
						add(to.IPBlock.CIDR)
					}
				}
			}
		}
	}
	return out
}

// policiesFor are those that may apply to pods of a namespace, by number.
func (in *Model) policiesFor(namespace string) []int {
	all := in.byNamespace.Get(func() map[string][]int {
		out := map[string][]int{}
		for i, p := range in.network.Policies() {
			out[p.Namespace] = append(out[p.Namespace], i)
		}
		return out
	})
	return append(all[namespace][:len(all[namespace]):len(all[namespace])], all[""]...)
}
