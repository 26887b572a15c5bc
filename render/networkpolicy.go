package render

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	slimmetav1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/apis/meta/v1"
	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/profiles"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ciliumNetworkPolicy is cilium.io/v2 CiliumNetworkPolicy without its status. Cilium's own type would link its client.
type ciliumNetworkPolicy struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              *api.Rule `json:"spec"`
}

// forms let an encoder write Cilium's selectors without their own JSON encoding, which would take most of the time of a policy. Only a
// sanitized selector has another encoding than its labels, and its text is cached.
var forms = map[reflect.Type]object.Form{reflect.TypeFor[api.EndpointSelector](): func(pointer any) (any, bool) {
	s := pointer.(*api.EndpointSelector)
	if s.LabelSelector == nil {
		return slimmetav1.LabelSelector{}, true
	}
	return s.LabelSelector, s.CachedString() == ""
}}

// networkPolicies are those of the profile and, one for each peer, those of the permitted flows.
func networkPolicies(k kind, p *catalog.Platform, n *catalog.Namespace) []object.Object {
	var out []object.Object
	for _, policy := range n.Policies {
		origin := catalog.Origin(policy.Origin + "#policies/" + policy.Name)
		out = append(out, networkPolicy(k, n, policy.Name, origin, func() *api.Rule { return policy.Rule }))
	}
	if len(n.Flows) == 0 {
		return out
	}
	byName := map[string][]catalog.Flow{}
	for _, f := range n.Flows {
		name := FlowPolicy(f)
		byName[name] = append(byName[name], f)
	}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		flows := byName[name]
		out = append(out, networkPolicy(k, n, name, flows[0].Origin, func() *api.Rule { return flowRule(flows, p) }))
	}
	return out
}

func networkPolicy(k kind, n *catalog.Namespace, name string, origin catalog.Origin, rule func() *api.Rule) object.Object {
	id := identity{Kind: k, Namespace: n.Name, Name: name, Origin: origin, Sync: n.PolicySync}
	return id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
		return &ciliumNetworkPolicy{TypeMeta: t, ObjectMeta: m, Spec: rule()}
	})
}

// baselines are the names of the policies for the flows of platform.yml, which all namespaces share: there is one for each direction.
var baselines = map[catalog.Cause]string{catalog.WithinNamespace: "within-namespace", catalog.Scrapes: "scrapes", catalog.APIClients: "api-server"}

// FlowPolicy names the policy that permits a flow: flows with the same peer and the same pods share one. The kinds of peers cannot be confused:
// only a namespace has no dot. Those of platform.yml are named after its keys.
func FlowPolicy(f catalog.Flow) string {
	name := map[catalog.Direction]string{catalog.Egress: "allow-to-", catalog.Ingress: "allow-from-"}[f.Direction]
	switch {
	case f.Cause.Baseline():
		return name + "baseline." + baselines[f.Cause]
	case f.Peer.Namespace != "":
		name += f.Peer.Namespace
	case f.Peer.Entity != "":
		name += "entity." + f.Peer.Entity
	case f.Peer.Host != "":
		name += "host." + f.Peer.Host
	default:
		name += "cidr." + strings.NewReplacer("/", "-", ":", "-").Replace(f.Peer.CIDR)
	}
	details := []string{labelText(f.PodLabels), labelText(f.Peer.PodLabels), strings.Join(f.Peer.Except, ",")}
	if strings.Contains(f.Peer.CIDR, ":") { // the name has no colons
		details = append(details, f.Peer.CIDR)
	}
	if f.Peer.Cluster != "" {
		details = append(details, f.Peer.Cluster)
	}
	if strings.Join(details, "") == "" {
		return object.Name(name)
	}
	return object.Name(name) + "-" + object.Digest(strings.Join(details, "\x00"))
}

func labelText(labels map[string]string) string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, key+"="+labels[key])
	}
	return strings.Join(parts, ",")
}

// flowRule is one rule for flows that differ in their ports only.
func flowRule(flows []catalog.Flow, p *catalog.Platform) *api.Rule {
	first := flows[0]
	ports := portRules(flows)
	rule := &api.Rule{EndpointSelector: selector("", first.PodLabels), Description: flowText(first, ports), EnableDefaultDeny: defaultDeny(first)}
	if first.Direction == catalog.Ingress {
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
func defaultDeny(f catalog.Flow) (out api.DefaultDenyConfig) {
	switch {
	case !f.Cause.Baseline() && f.Cause != catalog.Routed:
	case f.Direction == catalog.Ingress:
		out.Ingress = new(bool)
	default:
		out.Egress = new(bool)
	}
	return out
}

// peerSelector selects the pods of another namespace, or of all. Where Cilium connects clusters, it says of which: otherwise the namespace of that name in
// each would be meant (cilium Documentation/network/clustermesh/policy.rst).
func peerSelector(p *catalog.Platform, peer catalog.Peer) api.EndpointSelector {
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

func cidrSet(p catalog.Peer) api.CIDRRuleSlice {
	rule := api.CIDRRule{Cidr: api.CIDR(p.CIDR)}
	for _, e := range p.Except {
		rule.ExceptCIDRs = append(rule.ExceptCIDRs, api.CIDR(e))
	}
	return api.CIDRRuleSlice{rule}
}

// portRules is the union of the flows' ports: nil, for all ports, when one of the flows has no limit. Cilium accepts at most
// 40 ports in one list (pkg/policy/api/rule_validation.go, maxPorts).
func portRules(flows []catalog.Flow) api.PortRules {
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
func flowText(f catalog.Flow, ports api.PortRules) string {
	var b strings.Builder
	b.WriteString(podText(f.PodLabels))
	b.WriteString(map[catalog.Direction]string{catalog.Egress: " to ", catalog.Ingress: " from "}[f.Direction])
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
	return "pods " + labelText(labels)
}
