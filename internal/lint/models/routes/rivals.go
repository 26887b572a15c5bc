package routes

import (
	"slices"

	"github.com/hippotion/roster/internal/lint/models/traefik"
)

// Rivals are the routers before one that answer for the same requests: the first, and how many there are. Routers of several
// rules are counted for one of them.
type Rivals struct {
	First *Router
	Count int
}

// RivalsOf are the rivals of routers, which are in order. Of routers that Traefik keeps only one of, none is a rival of the other.
//
// Each router is looked up among those before it, which finds the ones that answer for all that it answers for, and among those after it:
// then it is a rival of the broader one.
func RivalsOf(routers []*Router, t *traefik.Settings) map[*Router]Rivals {
	key := func(r *Router) any {
		if t.SafeNaming {
			return r
		}
		return r.Key()
	}
	place := map[*Router]int{}
	for i, r := range routers {
		place[r] = i
	}
	out := map[*Router]Rivals{}
	note := func(first, second *Router, count int) {
		r, known := out[second]
		if !known || place[first] < place[r.First] {
			r.First = first
		}
		r.Count += count
		out[second] = r
	}
	index := NewIndex(t)
	enter := func(r *Router) {
		for i := range r.Scopes {
			index.Add(r.Priority, &r.Scopes[i], r, key(r))
		}
	}
	for _, r := range routers {
		var first *Router
		count := 0
		for i := range r.Scopes {
			for _, c := range index.Crowds(r.Priority, &r.Scopes[i], r, false) {
				for _, other := range c.First {
					if key(other) != key(r) && (first == nil || place[other] < place[first]) {
						first = other
					}
				}
				count = max(count, c.Count-c.Keys[key(r)])
			}
		}
		if first != nil {
			note(first, r, count)
		}
		enter(r)
	}
	index = NewIndex(t)
	for _, r := range slices.Backward(routers) {
		behind := map[*Router]bool{}
		for i := range r.Scopes {
			for _, c := range index.Crowds(r.Priority, &r.Scopes[i], r, true) {
				for _, other := range c.Last {
					if key(other) != key(r) {
						behind[other] = true
					}
				}
			}
		}
		for other := range behind {
			note(r, other, 1)
		}
		enter(r)
	}
	return out
}

// Common is an address for which both answer; nil when none is known.
func Common(a, b *Router) *Scope {
	for i := range a.Scopes {
		for j := range b.Scopes {
			x, y := &a.Scopes[i], &b.Scopes[j]
			if x.Covers(y) {
				return y
			}
			if y.Covers(x) {
				return x
			}
		}
	}
	return nil
}
