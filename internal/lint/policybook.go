package lint

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
)

// policyBook is all policies, by the pods that they apply to. Whether one permits what another one needs is looked up: comparing all pairs
// of rules would take hours for a few thousand.
type policyBook struct {
	in       *Input
	brought  map[string][]*policy        // among the workloads; clusterwide ones under ""
	rendered map[string][]object.Object  // by namespace
	foreign  map[string]bool             // the namespaces with a NetworkPolicy of Kubernetes
	sets     map[string]*policySet       // as far as they were asked for
	known    map[string]bool             // likewise
	text     map[*policy]subjectOfPolicy // likewise
}

type subjectOfPolicy struct {
	selector
	key string
}

// policySet is the policies of a namespace, or the clusterwide ones.
type policySet struct {
	unread   bool // whether one of them cannot be read
	groups   []*policyGroup
	subjects selectorIndex // of the groups
}

// policyGroup is policies for the same pods.
type policyGroup struct {
	subject selector
	nodes   bool // whether they are for nodes
	denies  map[catalog.Direction]bool
	permits map[catalog.Direction]*permits
	names   dnsNames // that pods may look up
}

// permits is what a group of policies permits in one direction.
type permits struct {
	anyPod *portSet // nil when there is no such rule
	peers  selectorIndex
	ports  []*portSet          // of the peers
	opened map[string]*portSet // for a pod, by its selector; as far as it was asked for
}

func (in *Input) policyBook() *policyBook {
	return in.book.get(func() *policyBook {
		b := &policyBook{in: in, brought: map[string][]*policy{}, rendered: map[string][]object.Object{}, foreign: map[string]bool{},
			sets: map[string]*policySet{}, known: map[string]bool{}, text: map[*policy]subjectOfPolicy{}}
		for _, o := range in.Kind("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy") {
			for _, p := range in.policiesOf(o) {
				b.brought[p.namespace] = append(b.brought[p.namespace], p)
			}
		}
		for _, o := range in.Objects {
			if o.Kind == "CiliumNetworkPolicy" {
				b.rendered[o.Namespace] = append(b.rendered[o.Namespace], o)
			}
		}
		for _, o := range in.Kind("NetworkPolicy") {
			b.foreign[o.Namespace] = true
		}
		return b
	})
}

// of are the sets of policies that may apply to pods of a namespace.
func (b *policyBook) of(namespace string) [2]*policySet {
	return [2]*policySet{b.set(namespace), b.set("")}
}

func (b *policyBook) set(namespace string) *policySet {
	if s := b.sets[namespace]; s != nil {
		return s
	}
	all := slices.Clone(b.brought[namespace])
	if namespace != "" {
		for i := range b.rendered[namespace] {
			all = append(all, renderedPolicy(&b.rendered[namespace][i]))
		}
	}
	s := &policySet{}
	groups := map[string]*policyGroup{}
	for _, p := range all {
		if p.rule == nil {
			s.unread = true
			continue
		}
		subject := p.subject()
		nodes := p.rule.NodeSelector.LabelSelector != nil
		key := subject.key()
		if nodes {
			key += " nodes"
		}
		g := groups[key]
		if g == nil {
			g = &policyGroup{subject: subject, nodes: nodes, denies: map[catalog.Direction]bool{},
				permits: map[catalog.Direction]*permits{catalog.Egress: {}, catalog.Ingress: {}}}
			groups[key] = g
			s.groups = append(s.groups, g)
			s.subjects.add(subject)
		}
		g.add(p)
	}
	b.sets[namespace] = s
	return s
}

// renderedPolicy is a policy that roster renders.
func renderedPolicy(o *object.Object) *policy {
	var rendered struct{ Spec json.RawMessage }
	text, err := json.Marshal(o.Value())
	if err == nil {
		err = json.Unmarshal(text, &rendered)
	}
	p := &policy{namespace: o.Namespace, problem: err}
	if err == nil {
		p.rule, p.problem = ruleOf(rendered.Spec)
	}
	return p
}

func (g *policyGroup) add(p *policy) {
	for _, d := range []catalog.Direction{catalog.Egress, catalog.Ingress} {
		g.denies[d] = g.denies[d] || p.denies(d)
		for _, h := range p.halves(d) {
			g.permits[d].add(&h)
		}
	}
	for _, r := range p.rule.Egress {
		for _, ports := range r.ToPorts {
			if ports.Rules == nil {
				continue
			}
			for _, name := range ports.Rules.DNS {
				g.names.add(name.MatchName, name.MatchPattern)
			}
		}
	}
}

func (m *permits) add(h *half) {
	if h.anyPod {
		if m.anyPod == nil {
			m.anyPod = &portSet{}
		}
		m.anyPod.add(h)
	}
	for _, s := range h.pods {
		i, again := m.peers.add(s)
		if !again {
			m.ports = append(m.ports, &portSet{})
		}
		m.ports[i].add(h)
	}
}

// to are the ports that are open for a pod; nil when no rule is for it.
func (m *permits) to(pod *subjectOfPolicy) *portSet {
	if out, ok := m.opened[pod.key]; ok {
		return out
	}
	var out *portSet
	with := func(p *portSet) {
		if out == nil {
			out = &portSet{}
		}
		out.merge(p)
	}
	if m.anyPod != nil {
		with(m.anyPod)
	}
	m.peers.near(pod.selector, func(i int) bool {
		if !m.peers.all[i].disjoint(pod.selector) {
			with(m.ports[i])
		}
		return true
	})
	if m.opened == nil {
		m.opened = map[string]*portSet{}
	}
	m.opened[pod.key] = out
	return out
}

// complete reports whether all policies that may apply to pods of a namespace are known: what another repository deploys may include more,
// and Cilium enforces Kubernetes' own NetworkPolicies as well.
func (b *policyBook) complete(namespace string) bool {
	known, asked := b.known[namespace]
	if !asked {
		n := b.in.Entry(namespace)
		known = n != nil && b.in.renderedHere(n) && b.in.allOf("cilium.io", "CiliumClusterwideNetworkPolicy") && !b.set(namespace).unread && !b.set("").unread && !b.foreign[namespace]
		b.known[namespace] = known
	}
	return known
}

// denies reports whether policies certainly make pods of a namespace deny what nothing allows.
func (b *policyBook) denies(namespace string, d catalog.Direction, pods selector) bool {
	for _, s := range b.of(namespace) {
		denied := false
		s.subjects.near(pods, func(i int) bool {
			g := s.groups[i]
			denied = g.denies[d] && g.subject.covers(pods)
			return !denied
		})
		if denied {
			return true
		}
	}
	return false
}

// permits reports whether a policy for pods of a namespace may permit the other half of a flow; and if none does, whether one
// permits it on other ports.
func (b *policyBook) permits(namespace string, d catalog.Direction, pods selector, other *subjectOfPolicy, h *half) (permitted, otherPorts bool) {
	for _, s := range b.of(namespace) {
		s.subjects.near(pods, func(i int) bool {
			g := s.groups[i]
			if g.nodes || g.subject.disjoint(pods) {
				return true
			}
			if ports := g.permits[d].to(other); ports != nil {
				otherPorts = true
				permitted = ports.common(h)
			}
			return !permitted
		})
		if permitted {
			return true, otherPorts
		}
	}
	return false, otherPorts
}

// resolves reports whether a policy for the same pods may let them look a name, or a pattern, up through Cilium's proxy.
func (b *policyBook) resolves(namespace string, pods selector, name, pattern string) bool {
	for _, s := range b.of(namespace) {
		if s.unread {
			return true
		}
		found := false
		s.subjects.near(pods, func(i int) bool {
			g := s.groups[i]
			found = !g.subject.disjoint(pods) && g.names.mayHave(name, pattern)
			return !found
		})
		if found {
			return true
		}
	}
	return false
}

// subjectOf is the pods that a policy applies to.
func (b *policyBook) subjectOf(p *policy) *subjectOfPolicy {
	s, ok := b.text[p]
	if !ok {
		s.selector = p.subject()
		s.key = s.selector.key()
		b.text[p] = s
	}
	return &s
}

// key is the same for selectors of the same pods.
func (s selector) key() string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(s.equal)) {
		b.WriteString(key + "=" + s.equal[key] + "\x00")
	}
	for _, r := range s.other {
		b.WriteString(r.Key + " " + string(r.Operator) + " " + strings.Join(r.Values, "\x01") + "\x00")
	}
	return b.String()
}
