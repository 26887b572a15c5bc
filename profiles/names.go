package profiles

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"

	slimmetav1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/apis/meta/v1"
	"github.com/cilium/cilium/pkg/policy/api"
	"go.yaml.in/yaml/v3"
)

// Pods selects pods of the platform itself.
type Pods struct {
	Namespace string
	PodLabels map[string]string
}

// Controller is an ingress controller, or what stands behind a Gateway: pods, or with On what it is for Cilium in their place.
type Controller struct {
	Pods
	On string
}

// Names is what rules call by a name, and what that is in a cluster: $ingress-controller, $dns, $dns-port, $api-server-port, and the world.
type Names struct {
	IngressController, DNS Pods
	APIServerPort          int

	ControllerOn     string         // what the controller is for Cilium: OnHost, OnCilium, or else its pods
	Others           []Controller   // further ingress controllers, which rules mean as well by $ingress-controller
	DNSPort          int            // of the pods; 53 when it is 0
	NodeLocalDNS     string         // who else answers: OnHost for the node, OnPods for the pods of node-local-dns, or nobody
	APIServerOutside []netip.Prefix // its addresses, where it is outside of the cluster, and so a part of the world for Cilium
	Clients          string         // whom a LoadBalancer lets pods see in the place of clients: BehindServiceLB, BehindNodes, or nobody
}

// Where a part of the platform is, and what stands for clients.
const (
	OnPods, OnHost, OnCilium     = "pods", "host", "cilium"
	BehindServiceLB, BehindNodes = "serviceLB", "nodes"
)

// usualDNSPort is the port of node-local-dns, and that of the DNS pods unless the platform has another one.
const usualDNSPort = 53

var (
	allNodes = api.EntitySlice{api.EntityHost, api.EntityRemoteNode}

	// serviceLB are the pods of k3s's ServiceLB: what they pass on has their address (k3s pkg/cloudprovider/servicelb.go).
	serviceLB = api.EndpointSelector{LabelSelector: &slimmetav1.LabelSelector{
		MatchLabels:      map[string]slimmetav1.MatchLabelsValue{"k8s:io.kubernetes.pod.namespace": "kube-system"},
		MatchExpressions: []slimmetav1.LabelSelectorRequirement{{Key: "k8s:svccontroller.k3s.cattle.io/svcname", Operator: slimmetav1.LabelSelectorOpExists}},
	}}
)

// Widen makes a rule mean in the cluster what it says. Cilium accepts one kind of peers in a rule, so a part of one may become a rule of its own,
// at the end of the list. Rules that deny are widened only where they would deny nothing.
func (n *Names) Widen(rule *api.Rule) {
	for i := range len(rule.Ingress) {
		for _, from := range n.sources(&rule.Ingress[i].IngressCommonRule) {
			more := rule.Ingress[i]
			more.IngressCommonRule = from
			rule.Ingress = append(rule.Ingress, more)
		}
	}
	for i := range len(rule.Egress) {
		for _, to := range n.destinations(&rule.Egress[i].EgressCommonRule) {
			more := rule.Egress[i]
			more.EgressCommonRule = to
			rule.Egress = append(rule.Egress, more)
		}
		if n.NodeLocalDNS == "" || len(rule.Egress[i].ICMPs) > 0 || !slices.ContainsFunc(rule.Egress[i].ToEndpoints, n.DNS.are) {
			continue
		}
		if ports := n.nodeLocalPorts(rule.Egress[i].ToPorts); ports != nil {
			more := api.EgressRule{ToPorts: ports}
			if n.NodeLocalDNS == OnHost {
				more.ToEntities = api.EntitySlice{api.EntityHost}
			} else {
				more.ToEndpoints = []api.EndpointSelector{n.nodeLocal()}
			}
			rule.Egress = append(rule.Egress, more)
		}
	}
	for i := range len(rule.IngressDeny) {
		if from := n.controller(&rule.IngressDeny[i].FromEndpoints, &rule.IngressDeny[i].FromEntities); from != nil {
			more := rule.IngressDeny[i]
			more.IngressCommonRule = api.IngressCommonRule{FromEntities: from}
			rule.IngressDeny = append(rule.IngressDeny, more)
		}
	}
	for i := range len(rule.EgressDeny) {
		if to := n.controller(&rule.EgressDeny[i].ToEndpoints, &rule.EgressDeny[i].ToEntities); to != nil {
			more := rule.EgressDeny[i]
			more.EgressCommonRule = api.EgressCommonRule{ToEntities: to}
			rule.EgressDeny = append(rule.EgressDeny, more)
		}
	}
}

// sources are further peers of a rule that permits what comes in.
func (n *Names) sources(from *api.IngressCommonRule) []api.IngressCommonRule {
	var more []api.IngressCommonRule
	if entities := n.controller(&from.FromEndpoints, &from.FromEntities); entities != nil {
		more = append(more, api.IngressCommonRule{FromEntities: entities})
	}
	if n.NodeLocalDNS == OnPods && slices.ContainsFunc(from.FromEndpoints, n.DNS.are) {
		from.FromEndpoints = append(from.FromEndpoints, n.nodeLocal())
	}
	if !slices.Contains(from.FromEntities, api.EntityWorld) || slices.Contains(from.FromEntities, api.EntityCluster) || slices.Contains(from.FromEntities, api.EntityAll) {
		return more
	}
	switch n.Clients {
	case BehindServiceLB:
		more = append(more, api.IngressCommonRule{FromEndpoints: []api.EndpointSelector{serviceLB}})
	case BehindNodes:
		for _, entity := range allNodes {
			if !slices.Contains(from.FromEntities, entity) {
				from.FromEntities = append(from.FromEntities, entity)
			}
		}
	}
	return more
}

// destinations are further peers of a rule that permits what goes out.
func (n *Names) destinations(to *api.EgressCommonRule) []api.EgressCommonRule {
	var more []api.EgressCommonRule
	if entities := n.controller(&to.ToEndpoints, &to.ToEntities); entities != nil {
		more = append(more, api.EgressCommonRule{ToEntities: entities})
	}
	if len(n.APIServerOutside) > 0 && slices.Contains(to.ToEntities, api.EntityWorld) {
		to.ToEntities = slices.DeleteFunc(to.ToEntities, func(e api.Entity) bool { return e == api.EntityWorld })
		if len(to.ToEntities) == 0 {
			to.ToEntities, to.ToCIDRSet = nil, n.world()
		} else {
			more = append(more, api.EgressCommonRule{ToCIDRSet: n.world()})
		}
	}
	return more
}

// Controllers are all ingress controllers, the first of which has the name $ingress-controller.
func (n *Names) Controllers() []Controller {
	return append([]Controller{{n.IngressController, n.ControllerOn}}, n.Others...)
}

// entities are what the controller is in the place of its pods; nil for pods.
func (c *Controller) entities() api.EntitySlice {
	switch c.On {
	case OnHost:
		return allNodes
	case OnCilium:
		return api.EntitySlice{api.EntityIngress}
	}
	return nil
}

// controller puts what all controllers are in the place of the first one's pods. Entities are returned when pods are left, for a rule of their own.
func (n *Names) controller(pods *[]api.EndpointSelector, entities *api.EntitySlice) api.EntitySlice {
	if n.ControllerOn != OnHost && n.ControllerOn != OnCilium && len(n.Others) == 0 || !slices.ContainsFunc(*pods, n.IngressController.are) {
		return nil
	}
	left := slices.DeleteFunc(slices.Clone(*pods), n.IngressController.are)
	var is api.EntitySlice
	for _, c := range n.Controllers() {
		found := c.entities()
		if found == nil && !slices.ContainsFunc(left, c.are) {
			left = append(left, c.Selector())
		}
		is = append(is, found...)
	}
	slices.Sort(is)
	is = slices.Compact(is)
	*pods = left
	if len(*pods) > 0 {
		return is
	}
	*pods, *entities = nil, is
	return nil
}

// world is all addresses outside of the cluster but those of the API server.
func (n *Names) world() api.CIDRRuleSlice {
	v4, v6 := api.CIDRRule{Cidr: "0.0.0.0/0"}, api.CIDRRule{Cidr: "::/0"}
	for _, p := range n.APIServerOutside {
		of := &v6
		if p.Addr().Is4() {
			of = &v4
		}
		of.ExceptCIDRs = append(of.ExceptCIDRs, api.CIDR(p.String()))
	}
	return api.CIDRRuleSlice{v4, v6}
}

// nodeLocal are the pods of node-local-dns, by the label that its manifest gives them.
func (n *Names) nodeLocal() api.EndpointSelector {
	return Pods{n.DNS.Namespace, map[string]string{"k8s-app": "node-local-dns"}}.Selector()
}

// nodeLocalPorts are the ports of a rule about the DNS pods, as node-local-dns has them; nil when the rule is about something else.
func (n *Names) nodeLocalPorts(rules api.PortRules) api.PortRules {
	usual := strconv.Itoa(usualDNSPort)
	if len(rules) == 0 {
		return api.PortRules{{Ports: []api.PortProtocol{{Port: usual, Protocol: api.ProtoAny}}}}
	}
	var out api.PortRules
	for _, rule := range rules {
		part := rule
		part.Ports = nil
		for _, p := range rule.Ports {
			if p.Port == n.dnsPort() {
				p.Port = usual
				part.Ports = append(part.Ports, p)
			}
		}
		if part.Ports != nil {
			out = append(out, part)
		}
	}
	return out
}

func (n *Names) dnsPort() string { return strconv.Itoa(cmp.Or(n.DNSPort, usualDNSPort)) }

// DNSPorts are the ports of the DNS pods.
func (n *Names) DNSPorts() []api.PortProtocol {
	return []api.PortProtocol{{Port: n.dnsPort(), Protocol: api.ProtoAny}}
}

// Selector selects the pods. Upstream's constructors store keys in another form, which would be printed.
func (p Pods) Selector() api.EndpointSelector {
	labels := map[string]slimmetav1.MatchLabelsValue{"k8s:io.kubernetes.pod.namespace": p.Namespace}
	for key, value := range p.PodLabels {
		labels["k8s:"+key] = value
	}
	return api.EndpointSelector{LabelSelector: &slimmetav1.LabelSelector{MatchLabels: labels}}
}

// are reports whether a selector is that of the pods.
func (p Pods) are(s api.EndpointSelector) bool {
	if s.LabelSelector == nil || len(s.MatchExpressions) > 0 || len(s.MatchLabels) != len(p.PodLabels)+1 {
		return false
	}
	for key, value := range p.Selector().MatchLabels {
		if got, ok := s.MatchLabels[key]; !ok || got != value {
			return false
		}
	}
	return true
}

// nodes is the YAML of each name that the platform fills in.
func (n Names) nodes() map[string]*yaml.Node {
	return map[string]*yaml.Node{
		"$ingress-controller": n.IngressController.node(),
		"$dns":                n.DNS.node(),
		"$dns-port":           scalar(n.dnsPort()),
		"$api-server-port":    scalar(strconv.Itoa(n.APIServerPort)),
	}
}

// node is the endpoint selector of the pods.
func (p Pods) node() *yaml.Node {
	labels := &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{scalar("k8s:io.kubernetes.pod.namespace"), scalar(p.Namespace)}}
	for key, value := range p.PodLabels {
		labels.Content = append(labels.Content, scalar("k8s:"+key), scalar(value))
	}
	return &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{scalar("matchLabels"), labels}}
}

func scalar(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text, Style: yaml.DoubleQuotedStyle}
}
