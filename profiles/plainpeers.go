package profiles

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	slimmetav1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/apis/meta/v1"
	"github.com/cilium/cilium/pkg/policy/api"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Keys of labels that Cilium gives to pods, and the label of each Namespace.
const (
	podNamespace    = "io.kubernetes.pod.namespace"
	namespaceLabels = "io.cilium.k8s.namespace.labels."
	ofCilium        = "io.cilium."
	namespaceName   = "kubernetes.io/metadata.name"
)

// plainPeers are the peers of one ingress or egress rule on their way.
type plainPeers struct {
	*plainRule
	list    []networkingv1.NetworkPolicyPeer
	anybody bool
	field   []string // of the rule
	ingress bool
}

// sources are who may come in; anybody, where the rule names nobody and only limits ports. Nobody comes in without either.
func (p *plainRule) sources(in *api.IngressRule, i int) (from []networkingv1.NetworkPolicyPeer, anybody bool) {
	q := &plainPeers{plainRule: p, field: []string{"ingress", strconv.Itoa(i)}, ingress: true}
	q.beyond(len(in.FromNodes) > 0, "policies of nodes", "fromNodes")
	q.beyond(len(in.FromGroups) > 0, "groups of a cloud", "fromGroups")
	q.beyond(len(in.FromRequires) > 0, "requirements", "fromRequires")
	q.beyond(len(in.ICMPs) > 0, "ICMP", "icmps")
	q.beyond(in.Authentication != nil && in.Authentication.Mode != api.AuthenticationModeDisabled, "mutual authentication", "authentication")
	q.endpoints("fromEndpoints", in.FromEndpoints)
	q.entities("fromEntities", in.FromEntities)
	q.cidrs("fromCIDR", in.FromCIDR)
	q.cidrSets("fromCIDRSet", in.FromCIDRSet)
	named := in.FromEndpoints != nil || in.FromEntities != nil || in.FromCIDR != nil || in.FromCIDRSet != nil || in.FromNodes != nil || in.FromGroups != nil
	return q.peers(named, len(in.ToPorts) > 0)
}

// destinations are who may be reached, likewise.
func (p *plainRule) destinations(out *api.EgressRule, i int) (to []networkingv1.NetworkPolicyPeer, anybody bool) {
	q := &plainPeers{plainRule: p, field: []string{"egress", strconv.Itoa(i)}}
	if len(out.ToFQDNs) > 0 {
		q.cannot("permit its addresses, cidr in a flow or toCIDR in a profile, or the entity world on the port", "a host name", append(slices.Clone(q.field), "toFQDNs")...)
	}
	if len(out.ToServices) > 0 {
		q.cannot("permit the pods of the Service", "Services", append(slices.Clone(q.field), "toServices")...)
	}
	q.beyond(len(out.ToNodes) > 0, "policies of nodes", "toNodes")
	q.beyond(len(out.ToGroups) > 0, "groups of a cloud", "toGroups")
	q.beyond(len(out.ToRequires) > 0, "requirements", "toRequires")
	q.beyond(len(out.ICMPs) > 0, "ICMP", "icmps")
	q.beyond(out.Authentication != nil && out.Authentication.Mode != api.AuthenticationModeDisabled, "mutual authentication", "authentication")
	q.endpoints("toEndpoints", out.ToEndpoints)
	q.entities("toEntities", out.ToEntities)
	q.cidrs("toCIDR", out.ToCIDR)
	q.cidrSets("toCIDRSet", out.ToCIDRSet)
	named := out.ToEndpoints != nil || out.ToEntities != nil || out.ToCIDR != nil || out.ToCIDRSet != nil || out.ToNodes != nil || out.ToGroups != nil ||
		out.ToFQDNs != nil || out.ToServices != nil
	return q.peers(named, len(out.ToPorts) > 0)
}

// peers are all of them, each once. An empty list would mean everybody, and so is never one.
func (p *plainPeers) peers(named, limited bool) ([]networkingv1.NetworkPolicyPeer, bool) {
	if p.anybody || !named && limited {
		return nil, true
	}
	return p.list, false
}

func (p *plainPeers) beyond(found bool, what, field string) {
	if found {
		p.cannot("", what, append(slices.Clone(p.field), field)...)
	}
}

func (p *plainPeers) at(word string, i int) []string {
	return append(slices.Clone(p.field), word, strconv.Itoa(i))
}

// endpoints adds pods: those of the namespace, unless the selector names others.
func (p *plainPeers) endpoints(word string, selectors []api.EndpointSelector) {
	for i, s := range selectors {
		parts := p.parts(s, p.at(word, i)...)
		peer := networkingv1.NetworkPolicyPeer{}
		if !parts.elsewhere || !parts.pods.empty() {
			peer.PodSelector = parts.pods.kubernetes()
		}
		if parts.elsewhere {
			peer.NamespaceSelector = parts.namespaces.kubernetes()
		}
		p.list = append(p.list, peer)
	}
}

// parts are what a selector of Cilium says of pods, and of their namespaces.
type parts struct {
	pods, namespaces selected
	elsewhere        bool // whether it says something of namespaces: without that, it is the policy's own
}

// labelOf is the label of a key, and where Cilium has it from.
func labelOf(key string) (source, name string) {
	if source, name, found := strings.Cut(key, ":"); found {
		return source, name
	}
	return "any", key
}

// parts takes a selector apart.
func (p *plainRule) parts(s api.EndpointSelector, field ...string) parts {
	out := parts{pods: selected{labels: map[string]string{}}, namespaces: selected{labels: map[string]string{}}}
	if s.LabelSelector == nil {
		return out
	}
	positive := false
	for _, key := range slices.Sorted(maps.Keys(s.MatchLabels)) {
		positive = true
		if of, name := out.of(p, key, field); of != nil {
			of.labels[name] = s.MatchLabels[key]
		}
	}
	for _, e := range s.MatchExpressions {
		asks := e.Operator == slimmetav1.LabelSelectorOpIn || e.Operator == slimmetav1.LabelSelectorOpExists
		positive = positive || asks
		of, name := out.of(p, e.Key, field)
		if of == nil || name == namespaceName && e.Operator == slimmetav1.LabelSelectorOpExists { // each namespace has it
			continue
		}
		e.Key = name
		of.expressions = append(of.expressions, e)
	}
	if out.elsewhere && !positive {
		p.cannot("say which namespaces are meant", "all but some namespaces, as Cilium means by it what is outside of the cluster as well", field...)
	}
	return out
}

// of is the part that a key is of, and its name there; nil when neither has it.
func (out *parts) of(p *plainRule, key string, field []string) (of *selected, name string) {
	source, name := labelOf(key)
	switch {
	case source != "any" && source != "k8s":
		p.cannot("", "labels from "+source+", which Cilium alone gives", field...)
		return nil, ""
	case name == podNamespace:
		out.elsewhere = true
		return &out.namespaces, namespaceName
	case strings.HasPrefix(name, namespaceLabels):
		out.elsewhere = true
		return &out.namespaces, strings.TrimPrefix(name, namespaceLabels)
	case strings.HasPrefix(name, ofCilium):
		p.cannot("", "the label "+name+", which Cilium alone gives", field...)
		return nil, ""
	}
	return &out.pods, name
}

// entities adds what Cilium has words for.
func (p *plainPeers) entities(word string, entities api.EntitySlice) {
	for i, e := range entities {
		at := p.at(word, i)
		switch e {
		case api.EntityAll:
			p.anybody = true
		case api.EntityNone:
		case api.EntityWorld, api.EntityWorldIPv4, api.EntityWorldIPv6:
			if e != api.EntityWorldIPv6 {
				p.outside(api.CIDRRule{Cidr: "0.0.0.0/0"}, "the entity "+string(e), at)
			}
			if e != api.EntityWorldIPv4 {
				p.outside(api.CIDRRule{Cidr: "::/0"}, "the entity "+string(e), at)
			}
		case api.EntityCluster:
			p.list = append(p.list, networkingv1.NetworkPolicyPeer{NamespaceSelector: &metav1.LabelSelector{}})
			p.nodes(e, at)
			p.blocks(p.APIServer)
		case api.EntityHost:
			if !p.ingress { // the kubelet always reaches the pods of its node
				p.nodes(e, at)
			}
		case api.EntityRemoteNode:
			p.nodes(e, at)
		case api.EntityKubeAPIServer:
			if len(p.APIServer) == 0 {
				p.nodes(e, at)
			}
			p.blocks(p.APIServer)
		case api.EntityIngress:
			p.cannot("write networkPolicy: CiliumNetworkPolicy where Cilium itself answers requests, or name the pods of what does in ingress.controller", "the entity ingress, which is Cilium's own", at...)
		default:
			p.cannot("", "the entity "+string(e)+", which is Cilium's own", at...)
		}
	}
}

// nodesHint is where the addresses of nodes are written.
const nodesHint = "write nodes: [192.168.0.109] in platform.yml, or networks of nodes alone: networkPolicy: {kind: NetworkPolicy, nodeCIDRs: [10.0.0.0/20]}"

// nodes adds those of the cluster.
func (p *plainPeers) nodes(e api.Entity, at []string) {
	if len(p.Nodes) == 0 {
		p.unsaid = append(p.unsaid, Unsaid{Field: at, What: "they are what the entity " + string(e) + " stands for", Hint: nodesHint, Nodes: true})
	}
	p.blocks(p.Nodes)
}

func (p *plainPeers) blocks(of []netip.Prefix) {
	for _, prefix := range of {
		p.block(prefix, nil)
	}
}

// block adds addresses, once: a node may be named twice.
func (p *plainPeers) block(prefix netip.Prefix, except []string) {
	if slices.ContainsFunc(p.list, func(q networkingv1.NetworkPolicyPeer) bool {
		return q.IPBlock != nil && q.IPBlock.CIDR == prefix.String() && slices.Equal(q.IPBlock.Except, except)
	}) {
		return
	}
	p.list = append(p.list, networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: prefix.String(), Except: except}})
}

func (p *plainPeers) cidrs(word string, cidrs api.CIDRSlice) {
	for i, c := range cidrs {
		p.outside(api.CIDRRule{Cidr: c}, string(c), p.at(word, i))
	}
}

func (p *plainPeers) cidrSets(word string, sets api.CIDRRuleSlice) {
	for i, c := range sets {
		if c.CIDRGroupRef != "" || c.CIDRGroupSelector.LabelSelector != nil {
			p.cannot("write its CIDRs", "a CIDR group", p.at(word, i)...)
			continue
		}
		p.outside(c, string(c.Cidr), p.at(word, i))
	}
}

// outside adds addresses as Cilium means a CIDR: those of pods and nodes are never meant.
func (p *plainPeers) outside(c api.CIDRRule, what string, at []string) {
	prefix, ok := prefixOf(c.Cidr)
	if !ok || prefix.Addr().Is4In6() {
		p.cannot("write the IPv4 address by itself", what, at...)
		return
	}
	if !prefix.IsSingleIP() && !p.nodesKnown(prefix) {
		p.unsaid = append(p.unsaid, Unsaid{Field: at, What: what + " does not include them", Hint: nodesHint, Nodes: true})
	}
	less := slices.Concat(p.Pods, p.Nodes)
	for _, e := range c.ExceptCIDRs {
		if prefix, ok := prefixOf(e); ok {
			less = append(less, prefix)
		}
	}
	slices.SortFunc(less, func(a, b netip.Prefix) int {
		return cmp.Or(cmp.Compare(a.Bits(), b.Bits()), a.Addr().Compare(b.Addr()))
	})
	var except []netip.Prefix
	for _, l := range less {
		switch {
		case l.Bits() <= prefix.Bits() && l.Contains(prefix.Addr()):
			return // nothing is left
		case !prefix.Contains(l.Addr()) || slices.ContainsFunc(except, func(e netip.Prefix) bool { return e.Contains(l.Addr()) }):
		default:
			except = append(except, l)
		}
	}
	slices.SortFunc(except, func(a, b netip.Prefix) int {
		return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
	})
	var texts []string
	for _, e := range except {
		texts = append(texts, e.String())
	}
	p.block(prefix, texts)
}

// nodesKnown reports whether a node of the family of some addresses is known, or no pod has one: then nothing of the cluster is behind them.
func (p *Plain) nodesKnown(of netip.Prefix) bool {
	same := func(q netip.Prefix) bool { return q.Addr().Is4() == of.Addr().Is4() }
	return slices.ContainsFunc(p.Nodes, same) || !slices.ContainsFunc(p.Pods, same)
}

func prefixOf(c api.CIDR) (netip.Prefix, bool) {
	if address, err := netip.ParseAddr(string(c)); err == nil {
		return netip.PrefixFrom(address, address.BitLen()), true
	}
	prefix, err := netip.ParsePrefix(string(c))
	return prefix.Masked(), err == nil
}
