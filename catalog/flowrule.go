package catalog

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	slimmetav1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/apis/meta/v1"
	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/hippotion/roster/profiles"
)

// The rules of this file are what flows are for Cilium: all that judge flows, and all that render them, begin with these.

// LabelText is labels in one line.
func LabelText(labels map[string]string) string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, key+"="+labels[key])
	}
	return strings.Join(parts, ",")
}

// FlowRule is one rule for flows that differ in their ports only.
func (p *Platform) FlowRule(flows []Flow) *api.Rule {
	first := flows[0]
	ports := portRules(flows)
	rule := &api.Rule{EndpointSelector: selector("", first.PodLabels), Description: flowText(first, ports), EnableDefaultDeny: defaultDeny(first)}
	if first.Direction == Ingress {
		in := api.IngressRule{ToPorts: ports}
		switch peer := first.Peer; {
		case peer.Namespace != "", peer.Everywhere:
			in.FromEndpoints = []api.EndpointSelector{peerSelector(p, peer)}
		case peer.Entity != "":
			in.FromEntities = api.EntitySlice{api.Entity(peer.Entity)}
		default:
			in.FromCIDRSet = cidrSet(peer)
		}
		rule.Ingress = []api.IngressRule{in}
		p.Names.Widen(rule)
		return rule
	}
	out := api.EgressRule{ToPorts: ports}
	switch peer := first.Peer; {
	case peer.Namespace != "", peer.Everywhere:
		out.ToEndpoints = []api.EndpointSelector{peerSelector(p, peer)}
	case peer.Entity != "":
		out.ToEntities = api.EntitySlice{api.Entity(peer.Entity)}
	case peer.Host != "":
		out.ToFQDNs = api.FQDNSelectorSlice{fqdn(peer.Host)}
		rule.Egress = append(rule.Egress, dnsRule(&p.Names, peer.Host))
	default:
		out.ToCIDRSet = cidrSet(peer)
	}
	rule.Egress = append(rule.Egress, out)
	p.Names.Widen(rule)
	return rule
}

// defaultDeny keeps a flow of platform.yml, or one that a route needs, from closing a direction that the profile leaves open: that is for entries
// to say.
func defaultDeny(f Flow) (out api.DefaultDenyConfig) {
	switch {
	case !f.Cause.Baseline() && f.Cause != Routed:
	case f.Direction == Ingress:
		out.Ingress = new(bool)
	default:
		out.Egress = new(bool)
	}
	return out
}

// peerSelector selects the pods of another namespace, or of all. Where Cilium connects clusters, it says of which: otherwise the namespace of that name in
// each would be meant (cilium Documentation/network/clustermesh/policy.rst).
func peerSelector(p *Platform, peer Peer) api.EndpointSelector {
	s := selector(peer.Namespace, peer.PodLabels)
	if peer.Everywhere { // without a label of the namespace, Cilium would take the policy's own
		s.MatchExpressions = []slimmetav1.LabelSelectorRequirement{{Key: namespaceLabel, Operator: slimmetav1.LabelSelectorOpExists}}
	}
	if p.Cluster.Mesh {
		if s.MatchLabels == nil {
			s.MatchLabels = map[string]slimmetav1.MatchLabelsValue{}
		}
		s.MatchLabels["k8s:io.cilium.k8s.policy.cluster"] = cmp.Or(peer.Cluster, p.Cluster.Name)
	}
	return s
}

// namespaceLabel is the label that Cilium gives to each pod.
const namespaceLabel = "k8s:io.kubernetes.pod.namespace"

// selector selects pods by labels, in a namespace if one is named. Upstream's constructors store keys in another form,
// which would be printed.
func selector(namespace string, labels map[string]string) api.EndpointSelector {
	m := make(map[string]slimmetav1.MatchLabelsValue, len(labels)+1)
	if namespace != "" {
		m[namespaceLabel] = namespace
	}
	for key, value := range labels {
		m["k8s:"+key] = value
	}
	s := &slimmetav1.LabelSelector{}
	if len(m) > 0 {
		s.MatchLabels = m
	}
	return api.EndpointSelector{LabelSelector: s}
}

func fqdn(host string) api.FQDNSelector {
	if strings.Contains(host, "*") {
		return api.FQDNSelector{MatchPattern: host}
	}
	return api.FQDNSelector{MatchName: host}
}

// dnsRule lets the pods look the host up, through Cilium's DNS proxy: it learns the host's addresses from the answers.
func dnsRule(names *profiles.Names, host string) api.EgressRule {
	return api.EgressRule{
		EgressCommonRule: api.EgressCommonRule{ToEndpoints: []api.EndpointSelector{names.DNS.Selector()}},
		ToPorts: api.PortRules{{
			Ports: names.DNSPorts(),
			Rules: &api.L7Rules{DNS: api.PortRulesDNS{api.PortRuleDNS(fqdn(host))}},
		}},
	}
}

func cidrSet(p Peer) api.CIDRRuleSlice {
	rule := api.CIDRRule{Cidr: api.CIDR(p.CIDR)}
	for _, e := range p.Except {
		rule.ExceptCIDRs = append(rule.ExceptCIDRs, api.CIDR(e))
	}
	return api.CIDRRuleSlice{rule}
}

// portRules is the union of the flows' ports: nil, for all ports, when one of the flows has no limit. Cilium accepts at most
// 40 ports in one list (pkg/policy/api/rule_validation.go, maxPorts).
func portRules(flows []Flow) api.PortRules {
	var ports []api.PortProtocol
	for _, f := range flows {
		if len(f.Ports) == 0 {
			return nil
		}
		for _, p := range f.Ports {
			ports = append(ports, api.PortProtocol{Port: p.Name, EndPort: int32(p.End), Protocol: api.L4Proto(p.Protocol)})
		}
	}
	slices.SortFunc(ports, func(a, b api.PortProtocol) int {
		return cmp.Or(cmp.Compare(len(a.Port), len(b.Port)), cmp.Compare(a.Port, b.Port), cmp.Compare(a.EndPort, b.EndPort), cmp.Compare(a.Protocol, b.Protocol))
	})
	var out api.PortRules
	for part := range slices.Chunk(slices.Compact(ports), 40) {
		out = append(out, api.PortRule{Ports: part})
	}
	return out
}

// flowText describes the rule for those who find it in the cluster.
func flowText(f Flow, ports api.PortRules) string {
	var b strings.Builder
	b.WriteString(podText(f.PodLabels))
	b.WriteString(map[Direction]string{Egress: " to ", Ingress: " from "}[f.Direction])
	switch p := f.Peer; {
	case p.Namespace != "":
		b.WriteString(podText(p.PodLabels) + " of " + p.Namespace)
		if p.Cluster != "" {
			b.WriteString(" on the cluster " + p.Cluster)
		}
	case p.Everywhere:
		b.WriteString("all pods of all namespaces")
	case p.Entity != "":
		b.WriteString("the entity " + p.Entity)
	case p.Host != "":
		b.WriteString(p.Host)
	default:
		b.WriteString(p.CIDR)
		if len(p.Except) > 0 {
			b.WriteString(" except " + strings.Join(p.Except, ", "))
		}
	}
	sep := " on "
	for _, rule := range ports {
		for _, p := range rule.Ports {
			b.WriteString(sep + p.Port)
			if p.EndPort != 0 {
				fmt.Fprintf(&b, "-%d", p.EndPort)
			}
			b.WriteString("/" + string(p.Protocol))
			sep = ", "
		}
	}
	return b.String()
}

func podText(labels map[string]string) string {
	if len(labels) == 0 {
		return "all pods"
	}
	return "pods " + LabelText(labels)
}
