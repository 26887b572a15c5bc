package muxer

import (
	"slices"
	"unicode/utf8"
)

// Answer is what is known of a question.
type Answer int

const (
	No Answer = iota
	Yes
	Unknown
)

// search is the shortest text, and of these the most readable one, that is in all sets, and in none of the others. It takes
// its steps from the work that is left; when nothing is, or a set cannot be searched, the answer is Unknown.
func search(in, out []words, w *work) (string, Answer) {
	for _, set := range in { // the only text that there may be
		if l, ok := set.(literal); ok {
			w.left -= len(in) + len(out)
			if fits(string(l), in, out) {
				return string(l), Yes
			}
			return "", No
		}
	}
	p := product{wanted: len(in)}
	for _, set := range slices.Concat(in, out) {
		m := set.machine(w.machines)
		if m == nil {
			return "", Unknown
		}
		p.machines = append(p.machines, m)
	}
	return p.shortest(w)
}

// fits reports whether a text is in all sets, and in none of the others.
func fits(text string, in, out []words) bool {
	holds := func(w words) bool { return w.contains(text) }
	return !slices.ContainsFunc(out, holds) && !slices.ContainsFunc(in, func(w words) bool { return !w.contains(text) })
}

// product runs machines side by side: those that have to accept a text come first, and then those that must not.
type product struct {
	machines []machine
	wanted   int
}

// step is how a state was reached.
type step struct {
	states []int
	from   int
	rune   rune
}

func (p *product) shortest(w *work) (string, Answer) {
	alphabet := p.alphabet()
	w.left -= len(alphabet)
	steps := []step{{make([]int, len(p.machines)), -1, 0}}
	seen := map[string]bool{string(packed(steps[0].states)): true}
	for at := 0; at < len(steps); at++ {
		if p.accepts(steps[at].states) {
			return text(steps, at), Yes
		}
		before := p.visited()
		for _, r := range alphabet {
			if w.left -= len(p.machines); w.left < 0 {
				return "", Unknown
			}
			states := make([]int, len(p.machines))
			for i, m := range p.machines {
				states[i] = m.next(steps[at].states[i], r)
			}
			if slices.Contains(states[:p.wanted], dead) {
				continue
			}
			if key := string(packed(states)); !seen[key] {
				seen[key] = true
				steps = append(steps, step{states, at, r})
			}
		}
		w.left -= p.visited() - before
	}
	return "", No
}

// visited is how many instructions the automata have looked at.
func (p *product) visited() (n int) {
	for _, m := range p.machines {
		if a, ok := m.(*automaton); ok {
			n += a.visited
		}
	}
	return n
}

func (p *product) accepts(states []int) bool {
	for i, m := range p.machines {
		if (states[i] != dead && m.accepts(states[i])) != (i < p.wanted) {
			return false
		}
	}
	return true
}

// alphabet is one rune of each class of runes that no machine tells apart, the most readable ones first.
func (p *product) alphabet() []rune {
	edges := []rune{0}
	for _, m := range p.machines {
		m.edges(func(r rune) { edges = append(edges, r) })
	}
	slices.Sort(edges)
	edges = slices.Compact(edges)
	var out []rune
	for i, low := range edges {
		high := rune(utf8.MaxRune)
		if i+1 < len(edges) {
			high = edges[i+1] - 1
		}
		if r, ok := readable(low, high); ok {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b rune) int { return rank(a) - rank(b) })
	return out
}

// readable is a rune of a class; false when there is none, as between surrogates.
func readable(low, high rune) (rune, bool) {
	for _, r := range []rune{'x', 'a', 'X', '1', '-', '/'} {
		if low <= r && r <= high {
			return r, true
		}
	}
	for r := low; r <= high; r++ {
		if r == 0xD800 {
			r = 0xE000
		}
		if r <= high && utf8.ValidRune(r) {
			return r, true
		}
	}
	return 0, false
}

func rank(r rune) int {
	switch {
	case r == 'x': // as in apix, which says that any letter will do
		return 0
	case 'a' <= r && r <= 'z':
		return 1
	case '0' <= r && r <= '9', 'A' <= r && r <= 'Z':
		return 2
	case r == '-' || r == '/' || r == '.':
		return 3
	case '!' <= r && r <= '~':
		return 4
	}
	return 5
}

func text(steps []step, at int) string {
	var out []rune
	for ; steps[at].from >= 0; at = steps[at].from {
		out = append(out, steps[at].rune)
	}
	slices.Reverse(out)
	return string(out)
}
