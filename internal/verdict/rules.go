package verdict

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cilium/cilium/pkg/iana"
	k8sconst "github.com/cilium/cilium/pkg/k8s/apis/cilium.io"
	ciliumutils "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/utils"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/policy/api"
)

// rule is one rule of a policy, for one direction.
type rule struct {
	ref     Ref
	subject *selector
	ingress bool
	deny    bool
	closes  bool // whether what nothing allows is denied then

	everybody bool // whether it is for every peer
	selectors []*selector
	cidrs     []cidr
	names     hosts
	unjudged  string // why the peers, or what becomes of them, cannot be known here; empty when they can

	allPorts bool
	ports    Ports
	named    []portName

	dns   []lookups
	plain []api.PortProtocol // the ports without rules for a proxy
	proxy string
}

// lookups are names that may be looked up through the DNS proxy, on some ports. All may be, without names.
type lookups struct {
	names hosts
	ports []api.PortProtocol
}

// policy reads the rules of a policy.
func (j *Judge) policy(number int, p *Policy) {
	if p.Kubernetes != nil {
		j.kubernetes(number, p)
		return
	}
	specs := slices.Clone(p.Specs)
	if p.Later != nil {
		p = &Policy{Namespace: p.Namespace, Name: p.Name, Rule: p.Later()}
	}
	if p.Rule != nil {
		specs = append(specs, p.Rule)
	}
	if len(specs) == 0 {
		j.refuse(number, errors.New("it has no rules"))
		return
	}
	// The agent takes all rules of an object, or none.
	var translated []*api.Rule
	for _, spec := range specs {
		rule, err := j.translate(p, spec)
		if err != nil {
			j.refuse(number, err)
			return
		}
		translated = append(translated, rule)
	}
	for i, spec := range translated {
		at := i + 1
		if i == len(p.Specs) {
			at = 0
		}
		j.spec(number, at, p, spec)
	}
}

func (j *Judge) refuse(number int, err error) {
	j.skipped = append(j.skipped, Skipped{Policy: number, Whole: true, Refused: true, Reason: err.Error()})
}

// translate does to a rule what the agent does: CiliumNetworkPolicy.Parse and CiliumClusterwideNetworkPolicy.Parse of
// pkg/k8s/apis/cilium.io/v2, which are in a package with the clients of a cluster.
func (j *Judge) translate(p *Policy, written *api.Rule) (*api.Rule, error) {
	rule := written.DeepCopy()
	switch {
	case p.Namespace != "" && rule.NodeSelector.LabelSelector != nil:
		return nil, errors.New("nodeSelector is for a CiliumClusterwideNetworkPolicy")
	case rule.EndpointSelector.LabelSelector == nil && rule.NodeSelector.LabelSelector == nil:
		return nil, errors.New("it has no endpointSelector")
	}
	if err := rule.Sanitize(); err != nil {
		return nil, first(err)
	}
	return ciliumutils.ParseToCiliumRule(quiet, j.cluster, p.Namespace, p.Name, "", rule), nil
}

// first is the first of several errors: their order changes.
func first(err error) error {
	if all, ok := errors.AsType[interface {
		error
		Errors() []error
	}](err); ok {
		return slices.MinFunc(all.Errors(), func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	}
	return err
}

// peers are those of a rule, as they are written.
type peers struct {
	endpoints, nodes []api.EndpointSelector
	entities         api.EntitySlice
	cidrs            api.CIDRSlice
	sets             api.CIDRRuleSlice
	fqdns            api.FQDNSelectorSlice
	unjudged         string
}

// spec reads the rules of a translated rule.
func (j *Judge) spec(number, spec int, p *Policy, r *api.Rule) {
	if r.NodeSelector.LabelSelector != nil {
		j.skipped = append(j.skipped, Skipped{Policy: number, Whole: true, Reason: "nodeSelector: the policies of nodes are not judged"})
		return
	}
	subject := j.selector(r.EndpointSelector)
	add := func(direction string, i int, closes *bool, peers peers, ports api.PortRules, icmps api.ICMPRules) {
		out := &rule{ref: Ref{number, spec, direction, i}, subject: subject, ingress: strings.HasPrefix(direction, "ingress"),
			deny: strings.HasSuffix(direction, "Deny"), closes: closes == nil || *closes}
		j.peers(out, &peers, len(ports)+len(icmps) > 0)
		out.on(ports, icmps)
		j.add(p.Namespace, out)
	}
	for i := range r.Ingress {
		in := &r.Ingress[i]
		add("ingress", i, r.EnableDefaultDeny.Ingress, from(&in.IngressCommonRule, in.Authentication), in.ToPorts, in.ICMPs)
	}
	for i := range r.IngressDeny {
		in := &r.IngressDeny[i]
		add("ingressDeny", i, r.EnableDefaultDeny.Ingress, from(&in.IngressCommonRule, nil), denied(in.ToPorts), in.ICMPs)
	}
	for i := range r.Egress {
		out := &r.Egress[i]
		peers := to(&out.EgressCommonRule, out.Authentication)
		peers.fqdns = out.ToFQDNs
		add("egress", i, r.EnableDefaultDeny.Egress, peers, out.ToPorts, out.ICMPs)
	}
	for i := range r.EgressDeny {
		out := &r.EgressDeny[i]
		add("egressDeny", i, r.EnableDefaultDeny.Egress, to(&out.EgressCommonRule, nil), denied(out.ToPorts), out.ICMPs)
	}
}

func from(r *api.IngressCommonRule, auth *api.Authentication) peers {
	return peers{r.FromEndpoints, r.FromNodes, r.FromEntities, r.FromCIDR, r.FromCIDRSet, nil, beyond("from", nil, r.FromGroups, r.FromCIDRSet, auth)}
}

func to(r *api.EgressCommonRule, auth *api.Authentication) peers {
	return peers{r.ToEndpoints, r.ToNodes, r.ToEntities, r.ToCIDR, r.ToCIDRSet, nil, beyond("to", r.ToServices, r.ToGroups, r.ToCIDRSet, auth)}
}

// beyond is what of a rule needs more than policies to be judged; empty when nothing does.
func beyond(word string, services []api.Service, groups []api.Groups, sets api.CIDRRuleSlice, auth *api.Authentication) string {
	switch {
	case len(services) > 0:
		return "toServices"
	case len(groups) > 0:
		return word + "Groups"
	case auth != nil && auth.Mode != api.AuthenticationModeDisabled:
		return "authentication"
	case slices.ContainsFunc(sets, func(c api.CIDRRule) bool { return c.CIDRGroupRef != "" || c.CIDRGroupSelector.LabelSelector != nil }):
		return "a CIDR group"
	}
	return ""
}

// peers says who the peers of a rule are (pkg/policy/utils, mergeEndpointSelectors). Nobody is, without any field and without ports; everybody,
// without any field but with ports.
func (j *Judge) peers(r *rule, p *peers, limited bool) {
	if p.unjudged != "" {
		r.unjudged = p.unjudged + " is not judged"
		j.skipped = append(j.skipped, Skipped{Policy: r.ref.Policy, Rule: r.ref, Reason: r.unjudged})
		return
	}
	if empty(p.endpoints) || empty(p.nodes) || empty(p.entities) || empty(p.cidrs) || empty(p.sets) {
		return
	}
	for _, s := range slices.Concat(p.endpoints, p.nodes, j.entities(p.entities)) {
		r.selectors = append(r.selectors, j.selector(s))
	}
	for _, c := range p.cidrs {
		r.cidrs = append(r.cidrs, cidr{prefix: prefix(string(c))})
	}
	for _, c := range p.sets {
		out := cidr{prefix: prefix(string(c.Cidr))}
		for _, e := range c.ExceptCIDRs {
			out.except = append(out.except, prefix(string(e)))
		}
		r.cidrs = append(r.cidrs, out)
	}
	for _, name := range p.fqdns {
		r.names.add(name)
	}
	r.everybody = limited && len(r.selectors)+len(r.cidrs)+len(r.names) == 0
}

func empty[T any](list []T) bool { return list != nil && len(list) == 0 }

// entities are the selectors that entities stand for. Cilium keeps those of the entity cluster in a variable that the agent fills in at start.
func (j *Judge) entities(entities api.EntitySlice) api.EndpointSelectorSlice {
	var out api.EndpointSelectorSlice
	for _, e := range entities {
		if e != api.EntityCluster {
			out = append(out, api.EntitySlice{e}.GetAsEndpointSelectors()...)
			continue
		}
		out = append(out, api.EntitySlice{api.EntityHost, api.EntityRemoteNode, api.EntityInit, api.EntityIngress, api.EntityHealth, api.EntityUnmanaged,
			api.EntityKubeAPIServer}.GetAsEndpointSelectors()...)
		out = append(out, api.NewESFromLabels(labels.NewLabel(k8sconst.PolicyLabelCluster, j.cluster, labels.LabelSourceK8s)))
	}
	return out
}

func denied(ports api.PortDenyRules) api.PortRules {
	var out api.PortRules
	for _, p := range ports {
		out = append(out, api.PortRule{Ports: p.GetPortProtocols()})
	}
	return out
}

// on says which ports a rule is for, and what its proxies judge.
func (r *rule) on(rules api.PortRules, icmps api.ICMPRules) {
	r.allPorts = len(rules)+len(icmps) == 0
	r.ports = Ports{}
	_ = icmps.Iterate(func(p api.Ports) error { // never fails
		if rule := p.GetPortRule(); rule != nil {
			rules = append(slices.Clip(rules), *rule)
		}
		return nil
	})
	for i := range rules {
		for _, p := range rules[i].Ports {
			r.port(p)
		}
		r.layer7(&rules[i])
	}
	r.ports.tidy()
}

// transport are the protocols that ANY stands for.
var transport = protocols[:3]

func (r *rule) port(p api.PortProtocol) {
	all := []string{strings.ToUpper(string(p.Protocol))}
	if p.Protocol.IsAny() {
		all = transport
	}
	number, err := strconv.ParseUint(p.Port, 0, 16) // as Cilium reads it: 010 is 8
	if iana.IsSvcName(p.Port) {
		err = strconv.ErrSyntax // so is 0x10, which would be a number too
	}
	if p.Port == "" {
		number, err = 0, nil
	}
	for _, protocol := range all {
		switch {
		case err != nil:
			r.named = append(r.named, portName{strings.ToLower(p.Port), protocol})
		case number == 0 && strings.HasPrefix(protocol, "ICMP"): // the echo reply, which the tables of Cilium cannot tell from every type
			r.ports.add(protocol, Range{0, 65535})
		case number == 0:
			r.ports.add(protocol, Range{1, 65535})
		default:
			r.ports.add(protocol, Range{uint16(number), uint16(min(65535, max(int(number), int(p.EndPort))))})
		}
	}
}

// layer7 notes what a proxy judges.
func (r *rule) layer7(p *api.PortRule) {
	switch {
	case p.Rules != nil && len(p.Rules.DNS) > 0:
		var names hosts
		for _, name := range p.Rules.DNS {
			names.add(api.FQDNSelector(name))
		}
		r.dns = append(r.dns, lookups{names, single(p.Ports)})
		r.proxy = "dns"
	case p.Rules != nil && p.Rules.DNS != nil && p.Rules.HTTP == nil:
		r.dns = append(r.dns, lookups{nil, single(p.Ports)})
		r.proxy = "dns"
	case p.Rules != nil && p.Rules.HTTP != nil:
		r.proxy = "http"
	case p.TerminatingTLS != nil || p.OriginatingTLS != nil || len(p.ServerNames) > 0:
		r.proxy = "tls"
	default:
		r.plain = append(r.plain, single(p.Ports)...)
	}
}

// single are ports of one protocol each.
func single(ports []api.PortProtocol) []api.PortProtocol {
	var out []api.PortProtocol
	for _, p := range ports {
		if !p.Protocol.IsAny() {
			out = append(out, p)
			continue
		}
		for _, protocol := range transport {
			p.Protocol = api.L4Proto(protocol)
			out = append(out, p)
		}
	}
	return out
}

// entry is what Cilium keeps one entry for in its tables: peers of one kind, and a port.
type entry struct {
	peers string
	port  api.PortProtocol
}

// entries are those of a rule for some of its ports.
func (r *rule) entries(ports []api.PortProtocol) []entry {
	var peers []string
	if r.everybody {
		peers = append(peers, "")
	}
	for _, s := range r.selectors {
		if len(s.equal)+len(s.other) == 0 {
			peers = append(peers, "")
			continue
		}
		peers = append(peers, "selector "+strconv.Itoa(s.number))
	}
	for _, c := range r.cidrs {
		peers = append(peers, fmt.Sprint("cidr ", c))
	}
	for _, n := range r.names {
		peers = append(peers, "name "+n.String())
	}
	var out []entry
	for _, p := range peers {
		for _, port := range ports {
			out = append(out, entry{p, port})
		}
	}
	return out
}

// nobody reports whether a rule has no peers.
func (r *rule) nobody() bool {
	return !r.everybody && len(r.selectors)+len(r.cidrs)+len(r.names) == 0
}

// has tells whether a peer is one of the rule's; learned says whether its name is known to Cilium.
func (r *rule) has(p *Peer, learned answer) answer {
	if r.unjudged != "" {
		return maybe
	}
	if r.everybody {
		return yes
	}
	out := no
	for _, s := range r.selectors {
		if out = max(out, s.selects(p)); out == yes {
			return yes
		}
	}
	for i := range r.cidrs {
		if r.cidrs[i].selects(p) {
			return yes
		}
	}
	if learned != no && r.names.fit(p.fqdn) {
		return max(out, learned)
	}
	return out
}

// String is for the failures of tests.
func (r Ref) String() string { return fmt.Sprintf("%d: %s", r.Policy, strings.Join(r.Field(), ".")) }
