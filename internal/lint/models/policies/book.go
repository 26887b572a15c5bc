package policies

import (
	"encoding/json"
	"slices"

	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/hippotion/roster/internal/lint/models/pods"
	"github.com/hippotion/roster/render/object"
)

// Book is the names that policies let pods look up, by the pods that they apply to. Comparing all pairs of rules would take hours for a few thousand.
type Book struct {
	brought  map[string][]*Policy       // among the workloads; clusterwide ones under ""
	rendered map[string][]object.Object // by namespace
	sets     map[string]*policySet      // as far as they were asked for
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
	names   dnsNames // that pods may look up
}

// Book is all policies.
func (in *Model) Book() *Book {
	return in.book.Get(func() *Book {
		b := &Book{brought: map[string][]*Policy{}, rendered: map[string][]object.Object{}, sets: map[string]*policySet{}}
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
			rule, err := Rendered(&b.rendered[namespace][i])
			all = append(all, &Policy{Namespace: namespace, Rule: rule, Problem: err})
		}
	}
	s := &policySet{}
	groups := map[string]*policyGroup{}
	for _, p := range all {
		if p.Rule == nil {
			s.unread = true
			continue
		}
		subject := Subject(p)
		key := subject.Key()
		g := groups[key]
		if g == nil {
			g = &policyGroup{subject: subject}
			groups[key] = g
			s.groups = append(s.groups, g)
			s.subjects.add(subject)
		}
		g.add(p)
	}
	b.sets[namespace] = s
	return s
}

// Rendered is the rule of a policy that roster renders, as it will be applied.
func Rendered(o *object.Object) (*api.Rule, error) {
	var rendered struct{ Spec *api.Rule }
	text, err := json.Marshal(o.Value())
	if err == nil {
		err = json.Unmarshal(text, &rendered)
	}
	if err != nil {
		return nil, err
	}
	return rendered.Spec, nil
}

func (g *policyGroup) add(p *Policy) {
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
