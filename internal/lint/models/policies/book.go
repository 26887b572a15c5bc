package policies

import (
	"encoding/json"
	"slices"

	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/pods"
	"github.com/hippotion/roster/render/object"
)

// Closed reports whether policies certainly deny what nothing allows, in one direction, for all pods of a namespace.
func (b *Book) Closed(namespace string, d catalog.Direction) bool {
	return b.Denies(namespace, d, pods.Selector{Equal: map[string]string{pods.PodNamespace: namespace}})
}

// Book is all policies, by the pods that they apply to. Whether one permits what another one needs is looked up: comparing all pairs
// of rules would take hours for a few thousand.
type Book struct {
	in       *Model
	brought  map[string][]*Policy       // among the workloads; clusterwide ones under ""
	rendered map[string][]object.Object // by namespace
	foreign  map[string]bool            // the namespaces with a NetworkPolicy of Kubernetes
	sets     map[string]*policySet      // as far as they were asked for
	known    map[string]bool            // likewise
	text     map[*Policy]Subject        // likewise
}

// Subject is the pods that a policy applies to.
type Subject struct {
	pods.Selector
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
	subject pods.Selector
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

// Book is all policies.
func (in *Model) Book() *Book {
	return in.book.Get(func() *Book {
		b := &Book{in: in, brought: map[string][]*Policy{}, rendered: map[string][]object.Object{}, foreign: map[string]bool{},
			sets: map[string]*policySet{}, known: map[string]bool{}, text: map[*Policy]Subject{}}
		for _, o := range in.deployed.Kind("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy") {
			for _, p := range in.Of(o) {
				b.brought[p.Namespace] = append(b.brought[p.Namespace], p)
			}
		}
		for _, o := range in.deployed.Objects {
			if o.Kind == "CiliumNetworkPolicy" {
				b.rendered[o.Namespace] = append(b.rendered[o.Namespace], o)
			}
		}
		for _, o := range in.deployed.Kind("NetworkPolicy") {
			b.foreign[o.Namespace] = true
		}
		return b
	})
}

// of are the sets of policies that may apply to pods of a namespace.
func (b *Book) of(namespace string) [2]*policySet {
	return [2]*policySet{b.set(namespace), b.set("")}
}

func (b *Book) set(namespace string) *policySet {
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
		if p.Rule == nil {
			s.unread = true
			continue
		}
		subject := p.subject()
		nodes := p.Rule.NodeSelector.LabelSelector != nil
		key := subject.Key()
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
func renderedPolicy(o *object.Object) *Policy {
	var rendered struct{ Spec *api.Rule }
	text, err := json.Marshal(o.Value())
	if err == nil {
		err = json.Unmarshal(text, &rendered)
	}
	if err != nil {
		rendered.Spec = nil
	}
	return &Policy{Namespace: o.Namespace, Rule: rendered.Spec, Problem: err}
}

func (g *policyGroup) add(p *Policy) {
	for _, d := range []catalog.Direction{catalog.Egress, catalog.Ingress} {
		g.denies[d] = g.denies[d] || p.denies(d)
		for _, h := range p.Halves(d) {
			g.permits[d].add(&h)
		}
	}
	for _, r := range p.Rule.Egress {
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

func (m *permits) add(h *Half) {
	if h.anyPod {
		if m.anyPod == nil {
			m.anyPod = &portSet{}
		}
		m.anyPod.add(h)
	}
	for _, s := range h.Pods {
		i, again := m.peers.add(s)
		if !again {
			m.ports = append(m.ports, &portSet{})
		}
		m.ports[i].add(h)
	}
}

// to are the ports that are open for a pod; nil when no rule is for it.
func (m *permits) to(pod *Subject) *portSet {
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
	m.peers.near(pod.Selector, func(i int) bool {
		if !m.peers.all[i].Disjoint(pod.Selector) {
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

// Complete reports whether all policies that may apply to pods of a namespace are known: what another repository deploys may include more,
// and Cilium enforces Kubernetes' own NetworkPolicies as well.
func (b *Book) Complete(namespace string) bool {
	known, asked := b.known[namespace]
	if !asked {
		n := b.in.deployed.Entry(namespace)
		known = n != nil && b.in.deployed.RenderedHere(n) && b.in.deployed.AllOf("cilium.io", "CiliumClusterwideNetworkPolicy") && !b.set(namespace).unread && !b.set("").unread && !b.foreign[namespace]
		b.known[namespace] = known
	}
	return known
}

// Denies reports whether policies certainly make pods of a namespace deny what nothing allows.
func (b *Book) Denies(namespace string, d catalog.Direction, pods pods.Selector) bool {
	for _, s := range b.of(namespace) {
		denied := false
		s.subjects.near(pods, func(i int) bool {
			g := s.groups[i]
			denied = g.denies[d] && g.subject.Covers(pods)
			return !denied
		})
		if denied {
			return true
		}
	}
	return false
}

// Permits reports whether a policy for pods of a namespace may permit the other half of a flow; and if none does, whether one
// permits it on other ports.
func (b *Book) Permits(namespace string, d catalog.Direction, pods pods.Selector, other *Subject, h *Half) (permitted, otherPorts bool) {
	for _, s := range b.of(namespace) {
		s.subjects.near(pods, func(i int) bool {
			g := s.groups[i]
			if g.nodes || g.subject.Disjoint(pods) {
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

// Resolves reports whether a policy for the same pods may let them look a name, or a pattern, up through Cilium's proxy.
func (b *Book) Resolves(namespace string, pods pods.Selector, name, pattern string) bool {
	for _, s := range b.of(namespace) {
		if s.unread {
			return true
		}
		found := false
		s.subjects.near(pods, func(i int) bool {
			g := s.groups[i]
			found = !g.subject.Disjoint(pods) && g.names.mayHave(name, pattern)
			return !found
		})
		if found {
			return true
		}
	}
	return false
}

// SubjectOf is the pods that a policy applies to.
func (b *Book) SubjectOf(p *Policy) *Subject {
	s, ok := b.text[p]
	if !ok {
		s.Selector = p.subject()
		s.key = s.Selector.Key()
		b.text[p] = s
	}
	return &s
}
