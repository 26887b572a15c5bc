package kinds

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/network"
	"github.com/hippotion/roster/internal/lint/models/policies"
	"github.com/hippotion/roster/internal/reach"
	"github.com/hippotion/roster/internal/verdict"
	"github.com/hippotion/roster/profiles"
	networkingv1 "k8s.io/api/networking/v1"
)

// flowEnd is an end of flows on both sides.
type flowEnd struct {
	key   string
	group string          // its namespace; its name, when it is in none
	name  string          // for people
	role  string          // what it is called besides others, when that is not its group
	of    [2]*network.End // nil on the side where there is none
}

// both reports whether an end is on both sides.
func (e *flowEnd) both() bool { return e.of[0] != nil && e.of[1] != nil }

// either is the end on the side after, or else before.
func (e *flowEnd) either() *network.End {
	if e.of[1] != nil {
		return e.of[1]
	}
	return e.of[0]
}

// moves reports whether pods are on the network of their node on one side only: then they are a node there, for which no policy of pods is.
func (e *flowEnd) moves() bool { return e.both() && e.of[0].Node != e.of[1].Node }

// unseen reports whether an end is pods that nobody here can see.
func (e *flowEnd) unseen() bool { return e.either().Unknown() && e.either().Pods == nil }

// The groups of what is in no namespace.
const (
	theNodes     = "the nodes"
	theWorld     = "the world"
	theAPIServer = "the API server"
)

// flowEnds are all ends of both sides, those of the side after first, without the parts of the world that policies name.
func flowEnds(sides [2]*lint.Context) []*flowEnd {
	byKey := map[string]*flowEnd{}
	var out []*flowEnd
	for _, i := range []int{1, 0} {
		if sides[i] == nil {
			continue
		}
		times := map[string]int{}
		for _, e := range reach.New(sides[i], diag.Frame{}).Ends() {
			if e.Entity == "ingress" && e.Pods == nil && sides[i].Platform.Names.ControllerOn != profiles.OnCilium {
				continue // nobody sends anything as it
			}
			one := flowEndOf(sides[i], e)
			times[one.key]++
			one.key = fmt.Sprint(one.key, "\x00", times[one.key]) // workloads may have the same name
			if byKey[one.key] == nil {
				byKey[one.key] = one
				out = append(out, one)
			}
			byKey[one.key].of[i] = e
		}
	}
	return out
}

func flowEndOf(in *lint.Context, e *network.End) *flowEnd {
	switch {
	case e.Pods != nil:
		return &flowEnd{key: e.Name + "\x00" + e.Pods.Kind, group: e.Pods.Object.Namespace, name: e.Name}
	case e.Namespace == in.Platform.DNS.Namespace && maps.Equal(e.Labels, in.Platform.DNS.PodLabels):
		return &flowEnd{key: e.Name, group: e.Namespace, name: "DNS", role: "DNS"}
	case e.Namespace == in.Platform.Controller.Namespace && maps.Equal(e.Labels, in.Platform.Controller.PodLabels):
		return &flowEnd{key: e.Name, group: e.Namespace, name: "the ingress controller", role: "the ingress controller"}
	case e.Namespace != "":
		return &flowEnd{key: e.Name, group: e.Namespace, name: "other pods of " + e.Namespace}
	}
	group, name := e.Name, e.Name
	switch e.Entity {
	case "host":
		group, name = theNodes, "its own node"
	case "remote-node":
		group, name = theNodes, "other nodes"
	case "kube-apiserver":
		group, name = theAPIServer, theAPIServer
	case "ingress":
		group, name = "Cilium's ingress", "Cilium's ingress"
	case "world":
		group, name = theWorld, theWorld
	}
	return &flowEnd{key: "\x00" + e.Name, group: group, name: name}
}

// mostNamedParts is how many parts of the world are judged that policies name.
const mostNamedParts = 500

// namedParts are the parts of the world that policies name, of some namespaces, or for pods of all; on both sides.
func namedParts(sides [2]*lint.Context, in map[string]bool) []*flowEnd {
	seen := map[string]*flowEnd{}
	var out []*flowEnd
	for _, side := range sides {
		if side == nil {
			continue
		}
		all := side.Network.Policies()
		for i := range all {
			if p := &all[i]; p.Namespace == "" || in[p.Namespace] {
				add := func(e *network.End) {
					if seen[e.Name] == nil && len(out) < mostNamedParts {
						other := *e
						seen[e.Name] = &flowEnd{key: "\x00" + e.Name, group: e.Name, name: e.Name, of: [2]*network.End{e, &other}}
						out = append(out, seen[e.Name])
					}
				}
				reach.Named(p, add)
				leftOut(p, add)
			}
		}
	}
	slices.SortFunc(out, func(a, b *flowEnd) int { return strings.Compare(a.name, b.name) })
	return out
}

// leftOut calls add with the parts of the world that a policy denies, or leaves out of what it permits.
func leftOut(p *network.Policy, add func(*network.End)) {
	cidr := func(text string) {
		if prefix, err := policies.Prefix(text); err == nil && prefix.Bits() > 0 {
			add(&network.End{Name: text, Endpoint: verdict.Endpoint{IP: prefix.Addr()}})
		}
	}
	each := func(cidrs api.CIDRSlice, denied, permitted api.CIDRRuleSlice) {
		for _, c := range denied {
			cidrs = append(slices.Clip(cidrs), c.Cidr)
		}
		for _, c := range permitted {
			cidrs = append(slices.Clip(cidrs), c.ExceptCIDRs...)
		}
		for _, c := range cidrs {
			cidr(string(c))
		}
	}
	for _, r := range rulesOf(p) {
		for i := range r.Ingress {
			each(nil, nil, r.Ingress[i].FromCIDRSet)
		}
		for i := range r.Egress {
			each(nil, nil, r.Egress[i].ToCIDRSet)
		}
		for i := range r.IngressDeny {
			each(r.IngressDeny[i].FromCIDR, r.IngressDeny[i].FromCIDRSet, nil)
		}
		for i := range r.EgressDeny {
			each(r.EgressDeny[i].ToCIDR, r.EgressDeny[i].ToCIDRSet, nil)
		}
	}
	for _, peer := range kubernetesPeers(p.Kubernetes) {
		if peer.IPBlock != nil {
			for _, c := range peer.IPBlock.Except {
				cidr(c)
			}
		}
	}
}

// kubernetesPeers are all peers of a NetworkPolicy of Kubernetes; none of nil.
func kubernetesPeers(p *networkingv1.NetworkPolicySpec) (out []networkingv1.NetworkPolicyPeer) {
	if p == nil {
		return nil
	}
	for i := range p.Ingress {
		out = append(out, p.Ingress[i].From...)
	}
	for i := range p.Egress {
		out = append(out, p.Egress[i].To...)
	}
	return out
}

// rulesOf are the rules of a policy of Cilium's.
func rulesOf(p *network.Policy) []*api.Rule {
	out := slices.Clone(p.Specs)
	if p.Later != nil {
		out = append(out, p.Later())
	} else {
		out = append(out, p.Rule)
	}
	return slices.DeleteFunc(out, func(r *api.Rule) bool { return r == nil })
}

// policyID is the object of a policy.
func policyID(p *network.Policy) diff.ID {
	if p.Object != nil {
		group, _, _ := strings.Cut(p.Object.APIVersion, "/")
		return diff.ID{Group: group, Kind: p.Object.Kind, Namespace: p.Namespace, Name: p.Name}
	}
	if p.Plain {
		return diff.ID{Group: "networking.k8s.io", Kind: "NetworkPolicy", Namespace: p.Namespace, Name: p.Name}
	}
	return diff.ID{Group: "cilium.io", Kind: "CiliumNetworkPolicy", Namespace: p.Namespace, Name: p.Name}
}
