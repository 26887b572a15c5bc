package muxer

import (
	"net/netip"
	"regexp"
	"slices"

	"github.com/hippotion/roster/internal/lazy"
)

// Requests that reach a router at all. A host is what Go's server takes (golang.org/x/net/http/httpguts), as labels that are not empty, without a port, which
// Traefik cuts off, and a path what Traefik has made of it (pkg/server/server_entrypoint_tcp.go, normalizePath and sanitizePath).
var (
	anyHost      = lazy.Regexp(`^(?:[a-z0-9!$%&'()*+,\-;=_~]+\.)*[a-z0-9!$%&'()*+,\-;=_~]+$`)
	anyPath      = lazy.Regexp(`^/(?:[^?#%\x00-\x1f\x7f]|%(?:3A|2F|3F|23|5B|5D|40|21|24|26|27|28|29|2A|2B|2C|3B|3D|25))*$`)
	uncleanPath  = lazy.Regexp(`//|/\.\.?(?:/|$)`)
	anyToken     = lazy.Regexp("^[!#$%&'*+\\-.^_`|~0-9A-Za-z]+$")
	anyHeader    = lazy.Regexp(`^(?:[^\x00-\x20\x7f](?:[^\x00-\x08\x0a-\x1f\x7f]*[^\x00-\x20\x7f])?)?$`)
	anyParameter = lazy.Regexp(`^`)
)

// Solver answers questions about rules. What it does is bounded: when its budget is used up, all answers are Unknown.
type Solver struct {
	budget   int
	machines machines
}

// work is what one question may cost.
type work struct {
	left     int // in steps
	machines machines
}

// NewSolver is a solver with a budget of steps; about ten millions are a second.
func NewSolver(budget int) *Solver { return &Solver{budget, machines{}} }

// mostSteps is how many steps one question may take.
const mostSteps = 100_000

// Exhausted reports whether the budget is used up.
func (s *Solver) Exhausted() bool { return s.budget <= 0 }

// Find is a request that matches all matchers of a conjunction, and none of the other conjunctions. No means that there is surely none,
// and Yes that the request is one.
func (s *Solver) Find(c Conjunction, none ...Conjunction) (*Request, Answer) {
	allowed := min(mostSteps, s.budget)
	w := work{allowed, s.machines}
	r, answer := find(c, none, &w)
	s.budget -= allowed - w.left + 1
	return r, answer
}

// find tries a request that matches c. When it matches one of the others as well, it looks for one that fails one of its matchers.
func find(c Conjunction, none []Conjunction, w *work) (*Request, Answer) {
	r, answer := satisfy(c, w)
	if answer == No {
		return nil, No
	}
	var hit Conjunction
	for _, other := range none {
		if w.left -= len(other); w.left < 0 {
			return nil, Unknown
		}
		if r == nil && !contradicts(c, other) || r != nil && mayMatch(other, c, r) {
			hit = other
			break
		}
	}
	if hit == nil {
		return r, answer
	}
	answer = No
	for _, m := range hit {
		if slices.ContainsFunc(c, func(own *Matcher) bool { return same(own, m) && own.Not == m.Not }) {
			continue // then its contrary cannot hold
		}
		r, one := find(append(slices.Clip(c), m.not()), none, w)
		switch one {
		case Yes:
			return r, Yes
		case Unknown:
			answer = Unknown
		}
	}
	return nil, answer
}

// same reports whether two matchers demand the same, apart from their negation.
func same(a, b *Matcher) bool {
	return a == b || a.field == b.field && a.Name == b.Name && slices.Equal(a.Args, b.Args)
}

// contradicts reports whether a matcher of one is the contrary of a matcher of the other.
func contradicts(c, other Conjunction) bool {
	return slices.ContainsFunc(other, func(m *Matcher) bool {
		return slices.ContainsFunc(c, func(own *Matcher) bool { return same(own, m) && own.Not != m.Not })
	})
}

// mayMatch reports whether a request matches a conjunction, as far as is known: it is one of those that match c.
func mayMatch(other, c Conjunction, r *Request) bool {
	return !slices.ContainsFunc(other, func(m *Matcher) bool {
		if m.field != unknown {
			return !m.Matches(r)
		}
		return slices.ContainsFunc(c, func(own *Matcher) bool { return same(own, m) && own.Not != m.Not })
	})
}

// satisfy is a request that matches all matchers. Of matchers that are unknown only contradictions are seen: the answer for others
// is Unknown, with a request that matches all the rest.
func satisfy(c Conjunction, w *work) (*Request, Answer) {
	r := &Request{Host: "any.example", Path: "/", Method: anyMethod, Client: anyClient()}
	answer := Yes
	all := func(f field) (in, out []words) {
		for _, m := range c {
			if m.field == f {
				if m.Not {
					out = append(out, m.words)
				} else {
					in = append(in, m.words)
				}
			}
		}
		return in, out
	}
	for i, m := range c {
		switch {
		case m.field == always && m.Not, m.field == never && !m.Not:
			return nil, No
		case m.field == unknown:
			answer = Unknown
			if contradicts(Conjunction{m}, c[:i]) {
				return nil, No
			}
		}
	}
	for _, f := range []struct {
		field field
		value *string
		in    *regexp.Regexp
		out   []words
	}{
		{host, &r.Host, anyHost(), nil},
		{path, &r.Path, anyPath(), []words{matched{Regexp: uncleanPath()}}},
		{method, &r.Method, anyToken(), nil},
	} {
		in, out := all(f.field)
		text, found := choose(*f.value, append(in, matched{Regexp: f.in}), append(out, f.out...), w)
		if found == No {
			return nil, No
		}
		*f.value, answer = text, worse(answer, found)
	}
	for _, f := range []struct {
		field field
		value *map[string][]string
		in    *regexp.Regexp
	}{{header, &r.Header, anyHeader()}, {query, &r.Query, anyParameter()}} {
		values, found := chooseAll(c, f.field, f.in, w)
		if found == No {
			return nil, No
		}
		*f.value, answer = values, worse(answer, found)
	}
	if r.Client = chooseClient(c); !r.Client.IsValid() {
		return nil, No
	}
	return r, answer
}

// worse is what is known of two questions that both must be answered with yes; neither answer is No.
func worse(a, b Answer) Answer { return max(a, b) }

// choose is a text that is in all sets, and in none of the others: the usual one, if it is.
func choose(usual string, in, out []words, w *work) (string, Answer) {
	w.left -= 2 * (len(in) + len(out))
	if fits(usual, in, out) {
		return usual, Yes
	}
	longest := ""
	for _, set := range in {
		if p, ok := set.(prefix); ok && len(p) > len(longest) {
			longest = string(p)
		}
	}
	if longest != "" && fits(longest, in, out) {
		return longest, Yes
	}
	return search(in, out, w)
}

// chooseAll is the values that headers or parameters of a query need: one for each matcher that is not negated.
func chooseAll(c Conjunction, f field, any *regexp.Regexp, w *work) (map[string][]string, Answer) {
	var out map[string][]string
	answer := Yes
	for _, m := range c {
		if m.field != f || m.Not {
			continue
		}
		var not []words
		for _, other := range c {
			if other.field == f && other.key == m.key && other.Not {
				not = append(not, other.words)
			}
		}
		text, found := choose("x", []words{m.words, matched{Regexp: any}}, not, w)
		if found == No {
			return nil, No
		}
		answer = worse(answer, found)
		if out == nil {
			out = map[string][]string{}
		}
		if !slices.Contains(out[m.key], text) {
			out[m.key] = append(out[m.key], text)
		}
	}
	return out, answer
}

// chooseClient is an address that meets all matchers; the zero one when none does. Where what the matchers permit begins, there is the
// beginning of a network, or the end of one.
func chooseClient(c Conjunction) netip.Addr {
	try := []netip.Addr{anyClient(), netip.IPv4Unspecified(), netip.IPv6Unspecified()}
	for _, m := range c {
		if m.field == clientIP {
			for _, n := range m.nets {
				try = append(try, n.Masked().Addr(), behind(n))
			}
		}
	}
	for _, a := range try {
		if a.IsValid() && !slices.ContainsFunc(c, func(m *Matcher) bool { return m.field == clientIP && !m.Matches(&Request{Client: a}) }) {
			return a
		}
	}
	return netip.Addr{}
}

// behind is the first address after a network; the zero one when there is none.
func behind(n netip.Prefix) netip.Addr {
	last := n.Masked().Addr().AsSlice()
	for i := n.Bits(); i < 8*len(last); i++ {
		last[i/8] |= 1 << (7 - i%8)
	}
	a, _ := netip.AddrFromSlice(last)
	return a.Next()
}
