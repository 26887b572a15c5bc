package verdict

import (
	"fmt"
	"slices"
	"strings"
)

// Options is what is true of the cluster.
type Options struct {
	// Cluster is the name that Cilium knows the cluster by; default when empty.
	Cluster string
	// Pods are all pods of the cluster. Up to Cilium 1.19 the name of a port in an egress rule is looked up among all of them, and the rule is not
	// enforced when two mean different ports. Without them, only the other end of a flow is asked, as from 1.20 on.
	Pods []Endpoint
}

// Judge judges flows under a fixed set of policies. It is not for several goroutines at once.
type Judge struct {
	cluster   string
	selectors []*selector
	byKey     map[string]*selector
	rules     map[string][]*rule // by the namespace of the policy; clusterwide ones under ""
	byRef     map[Ref]*rule
	unread    map[string][]int // the policies of a namespace, likewise, until one of its endpoints is judged
	skipped   []Skipped
	names     map[portName]int // the numbers of ports, by name; severalPorts when there are two. Nil when the pods are not known
	policies  []Policy
}

// severalPorts is the number of a name that pods give to different ports.
const severalPorts = -1

// New is a judge for the policies of a cluster. Policies that Cilium refuses, and what cannot be judged, are left out: see Skipped.
func New(o Options, policies []Policy) *Judge {
	j := &Judge{cluster: o.Cluster, byKey: map[string]*selector{}, rules: map[string][]*rule{}, byRef: map[Ref]*rule{}, unread: map[string][]int{}, policies: policies}
	if j.cluster == "" {
		j.cluster = "default"
	}
	for i := range policies {
		j.unread[policies[i].Namespace] = append(j.unread[policies[i].Namespace], i)
	}
	if o.Pods != nil {
		j.names = map[portName]int{}
	}
	for i := range o.Pods {
		for name, port := range portsOf(&o.Pods[i]) {
			if before, known := j.names[name]; known && before != int(port) {
				j.names[name] = severalPorts
			} else {
				j.names[name] = int(port)
			}
		}
	}
	return j
}

// Skipped is what is not judged, in the order of the policies.
func (j *Judge) Skipped() []Skipped {
	for namespace := range j.unread {
		j.read(namespace)
	}
	slices.SortStableFunc(j.skipped, func(a, b Skipped) int { return a.Policy - b.Policy })
	return j.skipped
}

// read reads the policies of a namespace, or the clusterwide ones.
func (j *Judge) read(namespace string) []*rule {
	for _, i := range j.unread[namespace] {
		j.policy(i, &j.policies[i])
	}
	delete(j.unread, namespace)
	return j.rules[namespace]
}

func (j *Judge) add(namespace string, r *rule) {
	j.rules[namespace] = append(j.rules[namespace], r)
	j.byRef[r.ref] = r
}

// subject is the rules that select an endpoint, by direction: egress, ingress.
type subject [2][]selecting

// selecting is a rule that selects an endpoint, surely or perhaps.
type selecting struct {
	*rule
	surely bool
}

func direction(ingress bool) int {
	if ingress {
		return 1
	}
	return 0
}

// subject are the rules that select a peer.
func (j *Judge) subject(p *Peer) *subject {
	if p.rules != nil {
		return p.rules
	}
	p.rules = &subject{}
	if !p.enforces {
		return p.rules
	}
	for _, r := range j.read("") {
		p.rules.add(r, p)
	}
	if p.namespace != "" {
		for _, r := range j.read(p.namespace) {
			p.rules.add(r, p)
		}
	}
	return p.rules
}

func (s *subject) add(r *rule, p *Peer) {
	if selected := r.subject.selects(p); selected != no {
		i := direction(r.ingress)
		s[i] = append(s[i], selecting{r, selected == yes})
	}
}

// Verdict judges the flow at each end. The error is about the flow: an endpoint that is two things at once, an unknown protocol.
func (j *Judge) Verdict(f Flow) (Verdict, error) {
	from, err := j.Peer(f.From)
	if err != nil {
		return Verdict{}, fmt.Errorf("verdict: from: %w", err)
	}
	to, err := j.Peer(f.To)
	if err != nil {
		return Verdict{}, fmt.Errorf("verdict: to: %w", err)
	}
	protocol := strings.ToUpper(f.Protocol)
	if protocol == "" {
		protocol = "TCP"
	}
	switch {
	case !slices.Contains(protocols[:], protocol):
		return Verdict{}, fmt.Errorf("verdict: protocol %q: want TCP, UDP, SCTP, ICMP or ICMPv6", f.Protocol)
	case f.Port == 0: // stands for all ports in Cilium's tables, so ICMP type 0, the echo reply, cannot be asked for
		return Verdict{}, fmt.Errorf("verdict: port 0 cannot be judged")
	}
	return j.Judge(from, to, protocol, f.Port), nil
}

// Judge judges a flow between two peers: protocol is TCP, UDP, SCTP, ICMP or ICMPV6.
func (j *Judge) Judge(from, to *Peer, protocol string, port uint16) Verdict {
	learned := j.learns(from, to.fqdn)
	return Verdict{
		Learned: learned == yes,
		Egress:  j.decide(from, to, false, learned, protocol, port),
		Ingress: j.decide(to, from, true, no, protocol, port),
	}
}

// decide judges one end of a flow.
func (j *Judge) decide(at, other *Peer, ingress bool, learned answer, protocol string, port uint16) Decision {
	if !at.enforces {
		return Decision{Allowed: true}
	}
	rules := j.subject(at)[direction(ingress)]
	d := Decision{Enforced: len(rules) > 0 || at.init()}
	var allow, deny, maybeAllow, maybeDeny, closing, maybeClosing, named []*rule
	for _, r := range rules {
		switch {
		case r.closes && r.surely:
			closing = append(closing, r.rule)
		case r.closes:
			maybeClosing = append(maybeClosing, r.rule)
		}
		ports, anyPort := j.ports(r.rule, at, other)
		has := r.has(other, learned)
		if !ports.Has(protocol, port) {
			if !r.deny && has != no && j.ambiguous(r.rule, other, protocol, port) {
				named = append(named, r.rule)
			}
			if !anyPort {
				continue
			}
			has = min(has, maybe)
		}
		if has == no {
			continue
		}
		surely := has == yes && r.surely
		list := map[bool]*[]*rule{true: &deny, false: &allow}[r.deny]
		if !surely {
			list = map[bool]*[]*rule{true: &maybeDeny, false: &maybeAllow}[r.deny]
		}
		*list = append(*list, r.rule)
	}
	closed := len(closing) > 0 || at.init()
	probe := ingress && other.host && d.Enforced // the agent's default on Kubernetes, where the kubelet must reach the pods of its node
	switch {
	case len(deny) > 0:
		d.Rules = refs(deny)
	case len(allow) > 0 || probe:
		d.Allowed, d.Rules, d.Unsure = true, refs(allow), refs(maybeDeny)
		d.Proxy = proxyOf(allow)
	case !closed:
		d.Allowed, d.Unsure = true, append(refs(maybeDeny), refs(maybeClosing)...)
	default:
		d.Unsure, d.Closed, d.Ambiguous = refs(maybeAllow), onePerPolicy(refs(closers(closing))), refs(named)
	}
	d.Policies = j.policiesOf(d.Rules)
	return d
}

// ambiguous reports whether a rule has the name that a port has at the other end, and pods of the cluster mean different ports by it.
func (j *Judge) ambiguous(r *rule, other *Peer, protocol string, port uint16) bool {
	return !r.ingress && slices.ContainsFunc(r.named, func(n portName) bool {
		return n.protocol == protocol && j.names[n] == severalPorts && (other.ports[n] == port || other.unknown)
	})
}

// closers are the rules that do nothing but close, or all of those that close when there is none.
func closers(closing []*rule) []*rule {
	only := slices.DeleteFunc(slices.Clone(closing), func(r *rule) bool { return r.deny || r.unjudged != "" || !r.nobody() })
	if len(only) > 0 {
		return only
	}
	return closing
}

// init reports whether the endpoint has no labels yet: everything that nothing allows is then denied.
func (p *Peer) init() bool {
	_, ok := p.labels["reserved.init"]
	return ok
}

func proxyOf(rules []*rule) string {
	for _, r := range rules {
		if r.proxy != "" {
			return r.proxy
		}
	}
	return ""
}

func refs(rules []*rule) []Ref {
	var out []Ref
	for _, r := range rules {
		out = append(out, r.ref)
	}
	return out
}

// onePerPolicy leaves the first rule of each policy.
func onePerPolicy(all []Ref) []Ref {
	return slices.CompactFunc(all, func(a, b Ref) bool { return a.Policy == b.Policy })
}

func (j *Judge) policiesOf(rules []Ref) []string {
	var out []string
	for _, r := range rules {
		out = append(out, j.policies[r.Policy].String())
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// ports are those of a rule, with its named ones, for a flow between two peers. AnyPort says that a name may stand for any port: the pods that have
// it are not known.
func (j *Judge) ports(r *rule, at, other *Peer) (ports Ports, anyPort bool) {
	if r.allPorts {
		return everyPort, false
	}
	if len(r.named) == 0 {
		return r.ports, false
	}
	out := Ports{}
	for protocol, ranges := range r.ports {
		out[protocol] = slices.Clone(ranges)
	}
	for _, name := range r.named {
		number, known := j.number(name, r.ingress, at, other)
		anyPort = anyPort || !known
		if number > 0 {
			out.add(name.protocol, Range{uint16(number), uint16(number)})
		}
	}
	out.tidy()
	return out, anyPort
}

var everyPort = everything()

// number is that of a named port; 0 when there is none.
func (j *Judge) number(name portName, ingress bool, at, other *Peer) (number int, known bool) {
	of := other
	if ingress {
		of = at
	}
	if !ingress && j.names != nil {
		n, found := j.names[name]
		return max(0, n), found || !of.unknown
	}
	n, found := of.ports[name]
	return int(n), found || !of.unknown
}

// lookup is names that a peer may look up through the DNS proxy.
type lookup struct {
	hosts
	all    bool // whether every name may be
	surely bool
}

// learns tells whether the pod may look the name up through the DNS proxy. Which DNS server it asks is left open: there is one per cluster.
func (j *Judge) learns(from *Peer, fqdn string) answer {
	out := no
	if fqdn == "" {
		return out
	}
	if from.lookups == nil {
		from.lookups = j.lookups(from)
	}
	for i := range from.lookups {
		switch l := &from.lookups[i]; {
		case out == maybe && !l.surely:
		case l.all || l.fit(fqdn):
			if l.surely {
				return yes
			}
			out = maybe
		case from.unknown:
			out = maybe
		}
	}
	return out
}

// lookups are what the rules of a peer permit to look up. Rules for the same peers and port share one entry of the agent's tables: one that denies
// replaces the others, and one without rules for a proxy permits every name.
func (j *Judge) lookups(from *Peer) []lookup {
	out := []lookup{} // not nil: they were asked for
	rules := j.subject(from)[direction(false)]
	// Where nothing is denied by default, the proxy permits every name.
	open := !from.init() && !slices.ContainsFunc(rules, func(r selecting) bool { return r.closes })
	denied, plain, sure := map[entry]bool{}, map[entry]bool{}, true
	for _, r := range rules {
		if r.unjudged != "" || !r.surely {
			sure = sure && !r.deny
			continue
		}
		into := plain
		if r.deny {
			into = denied
		}
		for _, e := range r.entries(r.plain) {
			into[e] = true
		}
	}
	for _, r := range rules {
		if r.deny || r.unjudged != "" {
			continue
		}
		for i := range r.dns {
			l := &r.dns[i]
			entries := slices.DeleteFunc(r.entries(l.ports), func(e entry) bool { return denied[e] })
			if len(entries) > 0 {
				all := open || l.names == nil || slices.ContainsFunc(entries, func(e entry) bool { return plain[e] })
				out = append(out, lookup{l.names, all, r.surely && sure})
			}
		}
	}
	return out
}

// Permitted is the ports on which both ends permit flows from one peer to another, and those on which that depends on what cannot be judged.
func (j *Judge) Permitted(from, to *Peer) (sure, perhaps Ports) {
	if j.free(from, false) && j.free(to, true) {
		return everyPort, nil // shared by all pairs of open namespaces, of which there may be millions
	}
	learned := j.learns(from, to.fqdn)
	outSure, outPerhaps := j.open(from, to, false, learned)
	if outPerhaps.Empty() {
		return Ports{}, Ports{}
	}
	inSure, inPerhaps := j.open(to, from, true, no)
	sure, perhaps = outSure.And(inSure), outPerhaps.And(inPerhaps)
	return sure, perhaps.Without(sure)
}

// free reports whether no rule is for one end.
func (j *Judge) free(at *Peer, ingress bool) bool {
	return len(j.subject(at)[direction(ingress)]) == 0 && !at.init()
}

// open is the ports that are permitted at one end, surely and at most.
func (j *Judge) open(at, other *Peer, ingress bool, learned answer) (sure, most Ports) {
	if j.free(at, ingress) {
		return everyPort, everyPort
	}
	rules := j.subject(at)[direction(ingress)]
	closed, mayClose, any := at.init(), at.init(), false
	for _, r := range rules {
		closed, mayClose = closed || r.closes && r.surely, mayClose || r.closes
		any = any || !r.deny && r.has(other, learned) != no
	}
	if closed && !any && !(ingress && other.host) {
		return nil, nil
	}
	allow, deny, mayAllow, mayDeny := Ports{}, Ports{}, Ports{}, Ports{}
	for _, r := range rules {
		has := r.has(other, learned)
		if has == no {
			continue
		}
		sure, most := &allow, &mayAllow
		if r.deny {
			sure, most = &deny, &mayDeny
		}
		ports, anyPort := j.ports(r.rule, at, other)
		if anyPort {
			most.join(everyPort)
		}
		if has == yes && r.surely {
			sure.join(ports)
		} else {
			most.join(ports)
		}
	}
	if !mayClose || ingress && other.host {
		allow = everything()
	}
	if !closed {
		mayAllow = everything()
	}
	for _, p := range []Ports{allow, deny, mayAllow, mayDeny} {
		p.tidy()
	}
	sure = allow.Without(deny)
	mayAllow.join(allow)
	mayAllow.tidy()
	return sure.Without(mayDeny), mayAllow.Without(deny)
}
