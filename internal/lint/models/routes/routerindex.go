package routes

import (
	"slices"

	"github.com/hippotion/roster/internal/lint/models/traefik"
)

// Index finds the routers that answer for what another one answers for, without comparing all pairs: by host and what else a rule
// matches, by path, and by the way that a request arrives.
type Index struct {
	traefik  *traefik.Settings
	families map[family]*paths
}

// family is what scopes have in common that differ in their paths only. Routers of different groups are never compared.
type family struct {
	group      int
	host, rest string
}

// paths are the routers for each path.
type paths struct {
	exact, prefix map[string]*Way
	lengths       map[int]bool // of the prefixes
}

// Way is routers by how a request reaches them: at an entry point, with TLS or without.
type Way map[door]*Crowd

// door is an entry point. Its name is empty for routers that name none, which are on all.
type door struct {
	entryPoint string
	tls        bool
}

// anyDoor stands for all entry points; no entry point has such a name.
const anyDoor = "\x00"

// Crowd is the routers behind one door.
type Crowd struct {
	First, Last []*Router // a few, of which no two have the same key
	Count       int
	Keys        map[any]int // how many have a key
}

// fewRouters is how many routers of a crowd are looked at.
const fewRouters = 8

func NewIndex(t *traefik.Settings) *Index {
	return &Index{traefik: t, families: map[family]*paths{}}
}

// Add puts a router under one of its scopes. Those that come first are found first.
func (x *Index) Add(group int, s *Scope, r *Router, key any) {
	f := family{group, s.Host, s.Rest}
	p := x.families[f]
	if p == nil {
		p = &paths{exact: map[string]*Way{}, prefix: map[string]*Way{}, lengths: map[int]bool{}}
		x.families[f] = p
	}
	of := p.exact
	if !s.Exact {
		of = p.prefix
		p.lengths[len(s.Path)] = true
	}
	if of[s.Path] == nil {
		of[s.Path] = &Way{}
	}
	of[s.Path].Add(r, x.traefik, key)
}

func (w Way) Add(r *Router, t *traefik.Settings, key any) {
	for _, d := range append(r.doors(t), door{anyDoor, r.TLS}) {
		c := w[d]
		if c == nil {
			c = &Crowd{Keys: map[any]int{}}
			w[d] = c
		}
		c.Count++
		if c.Keys[key]++; c.Keys[key] > 1 {
			continue
		}
		if len(c.First) < fewRouters {
			c.First = append(c.First, r)
		}
		if c.Last = append(c.Last, r); len(c.Last) > fewRouters {
			c.Last = slices.Delete(c.Last, 0, 1)
		}
	}
}

// Covering calls yield with the ways whose routers answer for all that a scope matches and, with broader, for more than that. They are in
// no order: the caller compares them.
func (x *Index) Covering(group int, s *Scope, broader bool, yield func(Way)) {
	for f := range map[family]bool{{group, s.Host, s.Rest}: true, {group, s.Host, ""}: true, {group, "", s.Rest}: true, {group, "", ""}: true} {
		p := x.families[f]
		if p == nil {
			continue
		}
		same := f == family{group, s.Host, s.Rest}
		if w := p.exact[s.Path]; s.Exact && w != nil && !(broader && same) {
			yield(*w)
		}
		for length := range p.lengths {
			if length > len(s.Path) || broader && same && !s.Exact && length == len(s.Path) {
				continue
			}
			if w := p.prefix[s.Path[:length]]; w != nil {
				yield(*w)
			}
		}
	}
}

// Crowds are the routers that answer for all that a scope of r matches, as far as some request may reach both.
func (x *Index) Crowds(group int, s *Scope, r *Router, broader bool) []*Crowd {
	var out []*Crowd
	x.Covering(group, s, broader, func(w Way) { out = append(out, w.Met(r, x.traefik)...) })
	return out
}

// doors are where requests enter a router. At an entry point that always has TLS, it makes no difference whether the router sets it.
func (r *Router) doors(t *traefik.Settings) []door {
	if len(r.EntryPoints) == 0 {
		return []door{{"", r.TLS}}
	}
	var out []door
	for _, e := range r.EntryPoints {
		if d := (door{e, r.TLS || t.Encrypts(e)}); len(out) == 0 || out[len(out)-1] != d {
			out = append(out, d)
		}
	}
	return out
}

// Met are the crowds of a way that some request for r could also reach.
func (w Way) Met(r *Router, t *traefik.Settings) []*Crowd {
	doors := []door{{anyDoor, r.TLS}}
	if len(r.EntryPoints) > 0 {
		doors = append(r.doors(t), door{"", r.TLS})
	}
	var out []*Crowd
	for _, d := range doors {
		if c := w[d]; c != nil {
			out = append(out, c)
		}
	}
	return out
}

// At reports whether a router of the way names an entry point.
func (w Way) At(entryPoint string) bool {
	return w[door{entryPoint, true}] != nil || w[door{entryPoint, false}] != nil
}
