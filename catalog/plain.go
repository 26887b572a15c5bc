package catalog

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/profiles"
	networkingv1 "k8s.io/api/networking/v1"
)

// plainOf is how rules are said in a cluster without Cilium; nil in one with it.
func (s *settings) plainOf(in *policyKindInput) *profiles.Plain {
	if in.Kind.V != "NetworkPolicy" {
		if in.NodeCIDRs != nil {
			in.Report("no-effect", "write kind: NetworkPolicy if the network of the cluster is not Cilium; Cilium knows the nodes", "nodeCIDRs applies only to NetworkPolicies")
		}
		return nil
	}
	p := &profiles.Plain{Pods: s.podCIDRs, APIServer: s.apiServerOutside}
	for _, c := range present(in.NodeCIDRs...) {
		switch of, ok := cidr(c); {
		case ok && of.Bits() == 0:
			c.Report("bad-cidr", "", "expected a network of nodes, found all addresses: nothing of the world would be left")
		case ok:
			p.Nodes = append(p.Nodes, of)
		}
	}
	for _, n := range s.nodes {
		if a := n.Address.Unmap().WithZone(""); a.IsValid() && !slices.ContainsFunc(p.Nodes, func(of netip.Prefix) bool { return of.Contains(a) }) {
			p.Nodes = append(p.Nodes, netip.PrefixFrom(a, a.BitLen()))
		}
	}
	return p
}

// Closing are the rules of a namespace that deny what none of them permits.
func (p *Platform) Closing(n *Namespace) profiles.Closing {
	out := profiles.Closing{}
	for i := range n.Policies {
		out.Add(n.Policies[i].Rule)
	}
	for i := range n.Flows {
		f := &n.Flows[i]
		if deny := defaultDeny(*f); deny.Ingress == nil && deny.Egress == nil {
			out.For(map[Direction]networkingv1.PolicyType{Ingress: networkingv1.PolicyTypeIngress, Egress: networkingv1.PolicyTypeEgress}[f.Direction], selector("", f.PodLabels))
		}
	}
	return out
}

// sayer reports what a NetworkPolicy cannot say, each thing once.
type sayer struct {
	*settings
	platform *Platform
	seen     map[string]bool
}

// sayable reports what of the policies a NetworkPolicy cannot say: of a profile at the first entry that has it, of a flow where it is, and that the
// nodes are unknown at the key.
func (s *settings) sayable(p *Platform, entries []*entry) {
	if p.Plain == nil {
		return
	}
	said := sayer{s, p, map[string]bool{}}
	of := map[string]*entry{}
	for _, e := range entries {
		of[e.Namespace.V] = e
	}
	for i := range p.Namespaces {
		n := &p.Namespaces[i]
		closing := p.Closing(n)
		if e := of[n.Name]; n.Policies != nil && e != nil {
			said.profile(n, place(e.NetworkPolicies.Profile.Node), closing)
		}
		said.flows(n, closing)
	}
}

func (s *sayer) profile(n *Namespace, at Place, closing profiles.Closing) {
	for i := range n.Policies {
		policy := &n.Policies[i]
		_, unsaid := s.platform.Plain.Policy(policy.Rule, closing)
		for _, u := range unsaid {
			what := fmt.Sprintf("the policy %s of the profile %s (%s)", policy.Name, policy.Profile, strings.Join(u.Field, "."))
			s.report(at, what, what, u)
		}
	}
}

func (s *sayer) flows(n *Namespace, closing profiles.Closing) {
	for i := range n.Flows {
		f := &n.Flows[i]
		_, unsaid := s.platform.Plain.Policy(s.platform.FlowRule(n.Flows[i:i+1]), closing)
		for _, u := range unsaid {
			what := fmt.Sprintf("the flow %s %s", map[Direction]string{Egress: "to", Ingress: "from"}[f.Direction], f.Peer.name())
			if f.Cause.Baseline() {
				what = "this flow of all namespaces"
			}
			if f.Peer.Host == "" || u.Field[len(u.Field)-1] == "toFQDNs" { // the other is the rule that lets the name be looked up
				s.report(f.Place, what, what+f.Place.Path, u)
			}
		}
	}
}

// report reports one thing.
func (s *sayer) report(at Place, what, key string, u profiles.Unsaid) {
	message := fmt.Sprintf("%s: a NetworkPolicy cannot say %s", what, u.What)
	key += "\x00" + u.What
	if u.Nodes {
		at, key = place(s.in.Policy.Node), "nodes"
		message = fmt.Sprintf("the addresses of the nodes are not known, and %s needs them: %s", what, u.What)
	}
	if s.seen[key] {
		return
	}
	s.seen[key] = true
	s.files.diags.Add(diag.Diagnostic{Pos: at.Pos, Path: at.Path, Code: "not-in-networkpolicy", Message: message, Hint: u.Hint})
}
