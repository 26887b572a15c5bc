package profiles

import (
	"maps"
	"net/netip"
	"slices"
	"strconv"

	slimmetav1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/apis/meta/v1"
	"github.com/cilium/cilium/pkg/policy/api"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Plain says rules of Cilium as NetworkPolicies of Kubernetes, for clusters with another network. These know pods by their labels, and everything
// else by its address: so the addresses of the cluster have to be known.
type Plain struct {
	Nodes     []netip.Prefix // the nodes, and networks in which nobody but nodes has an address
	Pods      []netip.Prefix // where the addresses of pods are from
	APIServer []netip.Prefix // its addresses, where it is outside of the cluster; otherwise it is on the nodes
}

// Unsaid is a part of a rule that a NetworkPolicy cannot say.
type Unsaid struct {
	Field []string // of the rule, such as egress, 0, toFQDNs
	What  string   // such as: host names
	Hint  string   // what to do about it; may be empty
	Nodes bool     // whether it could be said if nodes were known
}

// plainRule is one rule on its way.
type plainRule struct {
	*Plain
	unsaid []Unsaid
}

func (p *plainRule) cannot(hint, what string, field ...string) {
	p.unsaid = append(p.unsaid, Unsaid{Field: field, What: what, Hint: hint})
}

// Policy is a rule as a NetworkPolicy, and what cannot be said of it. Nothing is left of a rule that only adds to what others permit, where they
// leave everything open: closing are the rules of the namespace that do not.
func (p *Plain) Policy(rule *api.Rule, closing Closing) (*networkingv1.NetworkPolicySpec, []Unsaid) {
	r := &plainRule{Plain: p}
	spec := &networkingv1.NetworkPolicySpec{PodSelector: r.subject(rule.EndpointSelector)}
	r.beyond(rule)
	if r.has(rule, closing, networkingv1.PolicyTypeIngress) {
		spec.PolicyTypes = append(spec.PolicyTypes, networkingv1.PolicyTypeIngress)
		for i := range rule.Ingress {
			from, anybody := r.sources(&rule.Ingress[i], i)
			ports, found := r.ports(rule.Ingress[i].ToPorts, "ingress", strconv.Itoa(i), "toPorts")
			if found && (anybody || from != nil) {
				spec.Ingress = append(spec.Ingress, networkingv1.NetworkPolicyIngressRule{From: from, Ports: ports})
			}
		}
	}
	if r.has(rule, closing, networkingv1.PolicyTypeEgress) {
		spec.PolicyTypes = append(spec.PolicyTypes, networkingv1.PolicyTypeEgress)
		for i := range rule.Egress {
			to, anybody := r.destinations(&rule.Egress[i], i)
			ports, found := r.ports(rule.Egress[i].ToPorts, "egress", strconv.Itoa(i), "toPorts")
			if found && (anybody || to != nil) {
				spec.Egress = append(spec.Egress, networkingv1.NetworkPolicyEgressRule{To: to, Ports: ports})
			}
		}
	}
	if len(spec.PolicyTypes) == 0 {
		spec = nil
	}
	return spec, r.unsaid
}

// beyond reports the parts of a rule that no NetworkPolicy has.
func (p *plainRule) beyond(rule *api.Rule) {
	if rule.NodeSelector.LabelSelector != nil {
		p.cannot("", "policies of nodes", "nodeSelector")
	}
	const hint = "permit what is left in the place of what is permitted but for this"
	if rule.IngressDeny != nil {
		p.cannot(hint, "denials: it only permits", "ingressDeny")
	}
	if rule.EgressDeny != nil {
		p.cannot(hint, "denials: it only permits", "egressDeny")
	}
}

// side is a rule in one direction: whether there is something, and whether everything else is denied by it.
func side(rule *api.Rule, direction networkingv1.PolicyType) (any, closes bool) {
	any, closing := len(rule.Ingress) > 0, rule.EnableDefaultDeny.Ingress
	if direction == networkingv1.PolicyTypeEgress {
		any, closing = len(rule.Egress) > 0, rule.EnableDefaultDeny.Egress
	}
	return any, any && (closing == nil || *closing)
}

// Closing is the rules of a namespace that deny what no rule permits: whose pods these are for, by direction.
type Closing map[networkingv1.PolicyType][]selected

// Add adds a rule, if it is one.
func (c Closing) Add(rule *api.Rule) {
	for _, direction := range [...]networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress} {
		if _, closes := side(rule, direction); closes {
			c.For(direction, rule.EndpointSelector)
		}
	}
}

// For adds a rule of one direction.
func (c Closing) For(direction networkingv1.PolicyType, pods api.EndpointSelector) {
	switch s := of(pods); {
	case len(c[direction]) == 1 && c[direction][0].empty(): // all are closed
	case s.empty():
		c[direction] = []selected{s}
	default:
		c[direction] = append(c[direction], s)
	}
}

// has reports whether the NetworkPolicy has a direction. Each closes those that it has, so a rule that does not is there only for pods that another
// one closes.
func (p *plainRule) has(rule *api.Rule, closing Closing, direction networkingv1.PolicyType) bool {
	found, closes := side(rule, direction)
	if !found || closes {
		return found
	}
	pods, perhaps := of(rule.EndpointSelector), false
	for _, other := range closing[direction] {
		switch other.has(pods) {
		case all:
			return true
		case some:
			perhaps = true
		}
	}
	if perhaps {
		p.cannot("choose a profile that denies the direction for all pods, or for none of these", "more for pods of which only some are closed", "enableDefaultDeny")
	}
	return false
}

// Which pods of one selector another one has.
const (
	none = iota
	some
	all
)

// has compares the pods of two selectors.
func (s selected) has(other selected) int {
	for key, value := range s.labels {
		if theirs, ok := other.labels[key]; ok && theirs != value {
			return none
		}
	}
	for key := range s.labels {
		if _, ok := other.labels[key]; !ok {
			return some
		}
	}
	for _, e := range s.expressions {
		if !slices.ContainsFunc(other.expressions, func(o slimmetav1.LabelSelectorRequirement) bool {
			return o.Key == e.Key && o.Operator == e.Operator && slices.Equal(o.Values, e.Values)
		}) {
			return some
		}
	}
	return all
}

// subject selects the pods that a rule is for.
func (p *plainRule) subject(s api.EndpointSelector) metav1.LabelSelector {
	parts := p.parts(s, "endpointSelector")
	if parts.elsewhere {
		p.cannot("", "a namespace for the pods that a policy is for: it is its own", "endpointSelector")
	}
	return *parts.pods.kubernetes()
}

// selected is a selector, with keys as labels have them.
type selected struct {
	labels      map[string]string
	expressions []slimmetav1.LabelSelectorRequirement
}

func (s selected) empty() bool { return len(s.labels)+len(s.expressions) == 0 }

// kubernetes is the selector in Kubernetes' own type.
func (s selected) kubernetes() *metav1.LabelSelector {
	out := &metav1.LabelSelector{}
	if len(s.labels) > 0 {
		out.MatchLabels = maps.Clone(s.labels)
	}
	for _, e := range s.expressions {
		out.MatchExpressions = append(out.MatchExpressions, metav1.LabelSelectorRequirement{Key: e.Key, Operator: metav1.LabelSelectorOperator(e.Operator), Values: slices.Clone(e.Values)})
	}
	return out
}

// of is a selector of pods, whatever names Cilium gives to the sources of their labels.
func of(s api.EndpointSelector) selected {
	out := selected{labels: map[string]string{}}
	if s.LabelSelector == nil {
		return out
	}
	for key, value := range s.MatchLabels {
		_, name := labelOf(key)
		out.labels[name] = value
	}
	for _, e := range s.MatchExpressions {
		_, e.Key = labelOf(e.Key)
		out.expressions = append(out.expressions, e)
	}
	return out
}
