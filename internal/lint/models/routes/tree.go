package routes

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/hippotion/roster/internal/lint/models/deployed"
)

// tree is which IngressRoutes are below which, by their parentRefs (Traefik: pkg/server/router/router.go, ParseRouterTree). A router has
// services, or others below it.
type tree struct {
	*judge
	all     map[*deployed.Object]*ingressRoute
	parents map[*deployed.Object][]*deployed.Object // each once
	below   map[*deployed.Object]int                // how many routers, as far as they are not dropped
	routers map[*deployed.Object][]*subject
	rooted  map[*deployed.Object]bool // whether the way up ends at one without parents
}

func (j *judge) newTree() *tree {
	t := &tree{judge: j, all: map[*deployed.Object]*ingressRoute{}, parents: map[*deployed.Object][]*deployed.Object{}, below: map[*deployed.Object]int{},
		routers: map[*deployed.Object][]*subject{}, rooted: map[*deployed.Object]bool{}}
	read := j.ingresses.Get(j.readIngressRoutes)
	var next []*deployed.Object
	for i := range read.roots {
		t.all[read.roots[i].Object] = &read.roots[i]
		next = append(next, read.roots[i].Object)
	}
	children := map[*deployed.Object][]*deployed.Object{}
	for i := range read.children {
		c := &read.children[i]
		t.all[c.Object] = c
		seen := map[*deployed.Object]bool{}
		for _, ref := range c.ParentRefs {
			if p := t.parent(c, ref); p != nil && !seen[p] {
				seen[p] = true
				t.parents[c.Object] = append(t.parents[c.Object], p)
				children[p] = append(children[p], c.Object)
				for k := range c.Routes {
					if c.Routes[k].isRule() {
						t.below[p]++
					}
				}
			}
		}
	}
	for len(next) > 0 {
		o := next[0]
		if next = next[1:]; !t.rooted[o] {
			t.rooted[o] = true
			next = append(next, children[o]...)
		}
	}
	return t
}

func (t *tree) parent(c *ingressRoute, ref reference) *deployed.Object {
	return t.deployed.Named(deployed.ID{Group: "traefik.io", Kind: "IngressRoute", Namespace: cmp.Or(ref.Namespace, c.Namespace), Name: ref.Name})
}

// add notes the router of a rule.
func (t *tree) add(s *subject) { t.routers[s.router.Object] = append(t.routers[s.router.Object], s) }

// settle notes what leads nowhere. What Traefik's provider makes nothing of is not in the tree; one that has it as its parent is dropped.
func (t *tree) settle(routers []*subject) {
	gone := map[*deployed.Object]bool{} // of which a rule is not in the tree
	for _, s := range routers {
		o := s.router.Object
		if o == nil {
			continue
		}
		if s.absent = s.absent || t.of(o).absent; s.absent {
			gone[o] = true
			for _, p := range t.parents[o] {
				t.below[p]--
			}
		}
	}
	for o, in := range t.all {
		if len(t.routers[o]) < len(in.Routes) {
			gone[o] = true
		}
	}
	for o, parents := range t.parents {
		if slices.ContainsFunc(parents, func(p *deployed.Object) bool { return gone[p] }) {
			for _, s := range t.routers[o] {
				s.dropped = true
			}
		}
	}
	for _, s := range routers {
		switch o := s.router.Object; {
		case o == nil || s.router.Kind != "IngressRoute":
		case len(s.router.services) == 0 && t.below[o] == 0:
			s.fault(IgnoredRoute, []string{"services"}, "", "it has no services, and no IngressRoute has it as its parent")
		case len(s.router.services) > 0 && t.below[o] > 0:
			s.wrong(IgnoredRoute, []string{"services"}, "remove them", "Traefik asks only the IngressRoutes that have this one as their parent, never its services")
		}
	}
}

// childless are the routers that had nothing but one below them that is dropped.
func (t *tree) childless(child *subject) []*subject {
	if child.router.Object == nil || child.absent {
		return nil
	}
	var out []*subject
	for _, p := range t.parents[child.router.Object] {
		if t.below[p]--; t.below[p] == 0 {
			out = append(out, t.routers[p]...)
		}
	}
	return out
}

// ingressRoute is what all rules of one share.
func (s *subject) ingressRoute(t *tree) {
	in := t.all[s.object]
	if in == nil {
		return
	}
	known := true
	for i, ref := range in.ParentRefs {
		at := []string{"spec", "parentRefs", strconv.Itoa(i)}
		switch {
		case !s.allowed(name{"IngressRoute", IgnoredRoute, in.Namespace, ref.Namespace, ref.Name}, at, "name"):
			known = false
		case t.parent(in, ref) == nil:
			known, s.absent = false, true
			if namespace := cmp.Or(ref.Namespace, in.Namespace); s.known(namespace) {
				s.fault(IgnoredRoute, append(at, "name"), "", "no application deploys IngressRoute %s of namespace %s", ref.Name, namespace)
			}
		}
	}
	if len(in.ParentRefs) > 0 {
		switch {
		case in.TLS != nil:
			s.fault(IgnoredRoute, []string{"spec", "tls"}, "remove it", "an IngressRoute with a parent has the tls of that one")
		case len(in.EntryPoints) > 0:
			s.fault(IgnoredRoute, []string{"spec", "entryPoints"}, "remove them", "an IngressRoute with a parent has the entry points of that one")
		case known && !t.rooted[s.object]:
			s.fault(IgnoredRoute, []string{"spec", "parentRefs"}, "", "no IngressRoute above it is without a parent")
		}
	}
	s.tlsOf(in)
}

// leftOut notes what never becomes a router.
func (t *tree) leftOut() {
	read := t.ingresses.Get(t.readIngressRoutes)
	for _, list := range [][]ingressRoute{read.roots, read.children} {
		for i := range list {
			for k := range list[i].Routes {
				rule, at := &list[i].Routes[k], []string{"spec", "routes", strconv.Itoa(k)}
				switch {
				case rule.Kind != "" && rule.Kind != "Rule":
					t.of(list[i].Object).wrong(IgnoredRoute, append(at, "kind"), "write kind: Rule", "Traefik does not know a route of the kind %s: it leaves it out", rule.Kind)
				case rule.Match == "":
					t.of(list[i].Object).wrong(IgnoredRoute, append(at, "match"), "", "the rule matches nothing: Traefik leaves it out")
				}
			}
		}
	}
	for i := range read.unread {
		t.of(read.unread[i].Object).wrong(IgnoredRoute, []string{"spec"}, "set its ingressClassName", "Traefik reads only IngressRoutes of a class, and this one has none")
	}
}
