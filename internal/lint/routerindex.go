package lint

import "slices"

// routerIndex finds the routers that answer for what another one answers for, without comparing all pairs: by host and what else a rule
// matches, by path, and by the way that a request arrives.
type routerIndex struct {
	traefik  *traefik
	families map[family]*paths
}

// family is what scopes have in common that differ in their paths only. Routers of different groups are never compared.
type family struct {
	group      int
	host, rest string
}

// paths are the routers for each path.
type paths struct {
	exact, prefix map[string]*way
	lengths       map[int]bool // of the prefixes
}

// way is routers by how a request reaches them: at an entry point, with TLS or without.
type way map[door]*crowd

// door is an entry point. Its name is empty for routers that name none, which are on all.
type door struct {
	entryPoint string
	tls        bool
}

// anyDoor stands for all entry points; no entry point has such a name.
const anyDoor = "\x00"

// crowd is the routers behind one door.
type crowd struct {
	first, last []*router // a few, of which no two have the same key
	count       int
	keys        map[any]int // how many have a key
}

// fewRouters is how many routers of a crowd are looked at.
const fewRouters = 8

func newRouterIndex(t *traefik) *routerIndex {
	return &routerIndex{traefik: t, families: map[family]*paths{}}
}

// add puts a router under one of its scopes. Those that come first are found first.
func (x *routerIndex) add(group int, s *scope, r *router, key any) {
	f := family{group, s.host, s.rest}
	p := x.families[f]
	if p == nil {
		p = &paths{exact: map[string]*way{}, prefix: map[string]*way{}, lengths: map[int]bool{}}
		x.families[f] = p
	}
	of := p.exact
	if !s.exact {
		of = p.prefix
		p.lengths[len(s.path)] = true
	}
	if of[s.path] == nil {
		of[s.path] = &way{}
	}
	of[s.path].add(r, x.traefik, key)
}

func (w way) add(r *router, t *traefik, key any) {
	for _, d := range append(r.doors(t), door{anyDoor, r.tls}) {
		c := w[d]
		if c == nil {
			c = &crowd{keys: map[any]int{}}
			w[d] = c
		}
		c.count++
		if c.keys[key]++; c.keys[key] > 1 {
			continue
		}
		if len(c.first) < fewRouters {
			c.first = append(c.first, r)
		}
		if c.last = append(c.last, r); len(c.last) > fewRouters {
			c.last = slices.Delete(c.last, 0, 1)
		}
	}
}

// covering calls yield with the ways whose routers answer for all that a scope matches and, with broader, for more than that. They are in
// no order: the caller compares them.
func (x *routerIndex) covering(group int, s *scope, broader bool, yield func(way)) {
	for f := range map[family]bool{{group, s.host, s.rest}: true, {group, s.host, ""}: true, {group, "", s.rest}: true, {group, "", ""}: true} {
		p := x.families[f]
		if p == nil {
			continue
		}
		same := f == family{group, s.host, s.rest}
		if w := p.exact[s.path]; s.exact && w != nil && !(broader && same) {
			yield(*w)
		}
		for length := range p.lengths {
			if length > len(s.path) || broader && same && !s.exact && length == len(s.path) {
				continue
			}
			if w := p.prefix[s.path[:length]]; w != nil {
				yield(*w)
			}
		}
	}
}

// crowds are the routers that answer for all that a scope of r matches, as far as some request may reach both.
func (x *routerIndex) crowds(group int, s *scope, r *router, broader bool) []*crowd {
	var out []*crowd
	x.covering(group, s, broader, func(w way) { out = append(out, w.met(r, x.traefik)...) })
	return out
}

// doors are where requests enter a router. At an entry point that always has TLS, it makes no difference whether the router sets it.
func (r *router) doors(t *traefik) []door {
	if len(r.entryPoints) == 0 {
		return []door{{"", r.tls}}
	}
	var out []door
	for _, e := range r.entryPoints {
		if d := (door{e, r.tls || t.encrypts(e)}); len(out) == 0 || out[len(out)-1] != d {
			out = append(out, d)
		}
	}
	return out
}

// met are the crowds of a way that some request for r could also reach.
func (w way) met(r *router, t *traefik) []*crowd {
	doors := []door{{anyDoor, r.tls}}
	if len(r.entryPoints) > 0 {
		doors = append(r.doors(t), door{"", r.tls})
	}
	var out []*crowd
	for _, d := range doors {
		if c := w[d]; c != nil {
			out = append(out, c)
		}
	}
	return out
}

// at reports whether a router of the way names an entry point.
func (w way) at(entryPoint string) bool {
	return w[door{entryPoint, true}] != nil || w[door{entryPoint, false}] != nil
}
