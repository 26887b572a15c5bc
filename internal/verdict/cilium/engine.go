package cilium

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/cilium/cilium/pkg/identity"
	"github.com/cilium/cilium/pkg/identity/identitymanager"
	ipcachetypes "github.com/cilium/cilium/pkg/ipcache/types"
	k8sconst "github.com/cilium/cilium/pkg/k8s/apis/cilium.io"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/policy"
	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/cilium/cilium/pkg/policy/trafficdirection"
	ciliumtypes "github.com/cilium/cilium/pkg/types"
	"github.com/cilium/cilium/pkg/u8proto"

	"github.com/hippotion/roster/internal/verdict"
)

// Engine judges flows under a fixed set of policies, as verdict.Judge does. It may be used from
// several goroutines; the engines of a process take turns.
type Engine struct {
	cluster  string
	ports    cluster // nil when the pods are not known
	policies []parsed
	names    []name // of all toFQDNs

	// The engine of Cilium is rebuilt when an endpoint is seen for the first
	// time. Adding it to a built one works too, but starts goroutines that
	// nothing can stop.
	known  map[string]*identity.Identity // by labels
	repo   *policy.Repository            // nil when it has to be built
	states map[string]*state             // by subject and named ports

	hostIsAPIServer bool // whether the node of a pod runs the API server; of one that was asked for last
}

// New returns an Engine for the policies. All policies that Cilium would
// reject, or that are beyond this package, are reported at once.
func New(o verdict.Options, policies []verdict.Policy) (*Engine, error) {
	upstream.Lock()
	defer upstream.Unlock()
	configure()

	e := &Engine{cluster: cmp.Or(o.Cluster, "default"), known: map[string]*identity.Identity{}}
	var err error
	if e.policies, e.names, err = parse(e.cluster, policies); err != nil {
		return nil, err
	}
	if o.Pods != nil {
		e.ports = ciliumtypes.NewNamedPortMultiMap()
	}
	for _, p := range o.Pods {
		ports, err := namedPorts(p)
		if err != nil {
			return nil, err
		}
		e.ports.Update(nil, ports)
	}
	return e, nil
}

// Allowed reports whether both ends permit the flow.
func (e *Engine) Allowed(f verdict.Flow) (bool, error) {
	v, err := e.Verdict(f)
	return v.Allowed(), err
}

// Verdict judges the flow at each end. The error is about the flow (an endpoint
// that is two things at once, an unknown protocol) or about policies that are
// each valid and contradict each other, for example DNS and HTTP rules for one
// port.
func (e *Engine) Verdict(f verdict.Flow) (verdict.Verdict, error) {
	upstream.Lock()
	defer upstream.Unlock()

	v, err := e.verdict(f)
	if err != nil {
		return verdict.Verdict{}, fmt.Errorf("verdict: %w", err)
	}
	return v, nil
}

func (e *Engine) verdict(f verdict.Flow) (verdict.Verdict, error) {
	if f.Protocol == "" {
		f.Protocol = "TCP"
	}
	proto, err := u8proto.ParseProtocol(f.Protocol)
	if err != nil || proto == u8proto.ANY {
		return verdict.Verdict{}, fmt.Errorf("protocol %q: want TCP, UDP, SCTP, ICMP or ICMPv6", f.Protocol)
	}
	if f.Port == 0 {
		// Zero stands for all ports in Cilium's tables, so ICMP type 0, the
		// echo reply, cannot be asked for.
		return verdict.Verdict{}, fmt.Errorf("port 0 cannot be judged")
	}

	from, err := e.peer(f.From)
	if err != nil {
		return verdict.Verdict{}, fmt.Errorf("from: %w", err)
	}
	to, err := e.peer(f.To)
	if err != nil {
		return verdict.Verdict{}, fmt.Errorf("to: %w", err)
	}

	var v verdict.Verdict
	if f.To.FQDN != "" {
		if v.Learned, err = e.learns(from, f.To.FQDN); err != nil {
			return verdict.Verdict{}, err
		}
		if v.Learned {
			to.identity = e.admit(outsideLabels(f.To), apiServerLabels(f.To), e.nameLabels(f.To.FQDN))
		}
	}

	if v.Egress, err = e.decide(from, to, policy.EgressKey().WithPortProto(proto, f.Port)); err != nil {
		return verdict.Verdict{}, fmt.Errorf("egress of %s: %w", from, err)
	}
	if v.Ingress, err = e.decide(to, from, policy.IngressKey().WithPortProto(proto, f.Port)); err != nil {
		return verdict.Verdict{}, fmt.Errorf("ingress of %s: %w", to, err)
	}
	return v, nil
}

// decide looks the peer up in the subject's table for the direction of key.
func (e *Engine) decide(subject, peer end, key policy.Key) (verdict.Decision, error) {
	if !subject.enforces {
		return verdict.Decision{Allowed: true}, nil
	}
	st, err := e.state(subject, peer.ports)
	if err != nil {
		return verdict.Decision{}, err
	}
	entry, origin, _ := st.Lookup(key.WithIdentity(peer.identity.ID))
	d := verdict.Decision{
		Allowed:  !entry.IsDeny(),
		Enforced: st.SelectorPolicy.EgressPolicyEnabled,
		Policies: policyNames(origin),
	}
	if key.TrafficDirection() == trafficdirection.Ingress {
		d.Enforced = st.SelectorPolicy.IngressPolicyEnabled
	}
	if entry.ProxyPort > 0 {
		d.Proxy = st.proxies[entry.ProxyPort-1]
	}
	return d, nil
}

// learns reports whether the pod may look the name up through the DNS proxy.
// Which DNS server it asks is left open: there is one per cluster.
func (e *Engine) learns(from end, fqdn string) (bool, error) {
	if !from.enforces {
		return false, nil
	}
	st, err := e.state(from, nil)
	if err != nil {
		return false, err
	}
	for filter, rule := range st.SelectorPolicy.RedirectFilters() {
		if !filter.Ingress && rule.Policy.L7Parser == policy.ParserTypeDNS && permitsName(rule.Policy.DNS, fqdn) {
			return true, nil
		}
	}
	return false, nil
}

func permitsName(rules api.PortRulesDNS, fqdn string) bool {
	for _, rule := range rules {
		if newName(api.FQDNSelector(rule)).matches(fqdn) {
			return true
		}
	}
	return len(rules) == 0
}

// nameLabels are the labels that Cilium attaches to the addresses of a name.
func (e *Engine) nameLabels(fqdn string) labels.Labels {
	out := labels.Labels{}
	for _, n := range e.names {
		if n.matches(fqdn) {
			out[n.label.Key] = n.label
		}
	}
	return out
}

// state is the table of one endpoint. Proxy ports in it are indexes into
// proxies, counted from 1.
type state struct {
	*policy.EndpointPolicy
	proxies []string
}

// state returns the table of the subject. Peer ports matter to it only through
// named ports: a name in an egress rule is a port of the peer.
func (e *Engine) state(subject end, peer ciliumtypes.NamedPortMap) (*state, error) {
	e.build()
	key := fmt.Sprint(subject.identity.ID, subject.ports, peer) // maps print sorted
	if st, ok := e.states[key]; ok {
		return st, nil
	}

	resolved, _, err := e.repo.GetSelectorPolicy(subject.identity, 0, stats{}, 0)
	if err != nil {
		return nil, err
	}
	own := owner{ports: subject.ports, peer: peer, all: e.ports}
	// The engine drops a rule with a redirect (hence DNS rules, too) unless it
	// finds a proxy for it.
	st, redirects := &state{}, map[string]uint16{}
	for filter, rule := range resolved.RedirectFilters() {
		port := filter.Port
		if filter.PortName != "" {
			port = own.GetNamedPort(filter.Ingress, filter.PortName, filter.U8Proto)
		}
		parser := rule.Policy.L7Parser.String()
		if !slices.Contains(st.proxies, parser) {
			st.proxies = append(st.proxies, parser)
		}
		id := policy.ProxyID(0, filter.Ingress, string(filter.Protocol), port, rule.Policy.Listener)
		redirects[id] = uint16(slices.Index(st.proxies, parser) + 1)
	}
	st.EndpointPolicy = resolved.DistillPolicy(quiet, own, redirects)
	if err := st.Ready(); err != nil {
		return nil, err
	}
	st.Detach(quiet)
	e.states[key] = st
	return st, nil
}

// build loads the policies and all known endpoints into a new engine of Cilium,
// endpoints first.
func (e *Engine) build() {
	if e.repo != nil {
		return
	}
	ids := identitymanager.NewIDManager(quiet)
	peers := identity.ListReservedIdentities()
	for _, id := range e.known {
		peers[id.ID] = id.LabelArray
	}
	if e.hostIsAPIServer {
		peers[identity.ReservedIdentityHost] = slices.Concat(peers[identity.ReservedIdentityHost], labels.LabelKubeAPIServer.LabelArray())
	}
	e.repo = policy.NewPolicyRepository(quiet, peers, nil, noEnvoy{}, ids, noMetrics{})
	e.states = map[string]*state{}
	identity.IterateReservedIdentities(func(_ identity.NumericIdentity, id *identity.Identity) { ids.Add(id) })
	for _, id := range e.known {
		ids.Add(id)
	}
	for _, p := range e.policies {
		e.repo.ReplaceByResource(p.entries, ipcachetypes.NewResourceID(p.kind, p.namespace, p.name))
	}
}

// policyNames reads the names of policies from the labels that Cilium gives to
// their rules.
func policyNames(origin policy.RuleMeta) []string {
	var out []string
	for _, rule := range origin.LabelArray() {
		name := rule.Get(labels.LabelSourceK8sKeyPrefix + k8sconst.PolicyLabelName)
		if name == "" {
			continue // a rule that Cilium adds: allow-localhost, allow all where nothing is enforced
		}
		namespace := rule.Get(labels.LabelSourceK8sKeyPrefix + k8sconst.PolicyLabelNamespace)
		out = append(out, strings.TrimPrefix(namespace+"/"+name, "/"))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
