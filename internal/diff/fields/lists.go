package fields

import "slices"

func (c *comparison) lists(from, to []any) {
	list := ""
	if n := len(c.at); n > 0 && !c.at[n-1].element() {
		list = c.at[n-1].Key
	}
	if by, f, t := keyedLists(list, from, to); by != "" {
		c.keyed(by, f, t, from, to)
		return
	}
	pairs, ok := c.align(from, to)
	if !ok {
		c.add(Changed, from, to)
		return
	}
	i, j := 0, 0
	for _, p := range append(pairs, pair{len(from), len(to)}) {
		for ; i < p.from; i++ {
			c.one(Removed, Step{List: true, Index: i, To: -1}, from[i], nil)
		}
		for ; j < p.to; j++ {
			c.one(Added, Step{List: true, Index: j, To: j}, nil, to[j])
		}
		if i < len(from) && j < len(to) {
			c.one(Changed, Step{List: true, Index: i, To: j}, from[i], to[j])
		}
		i, j = i+1, j+1
	}
}

// keyed compares lists whose elements have keys. Of those that both have, the order is a difference of its own.
func (c *comparison) keyed(by string, f, t keyed, from, to []any) {
	var before, after []any
	for _, key := range f.keys {
		if _, both := t.at[key]; both {
			before = append(before, key)
		}
	}
	for _, key := range t.keys {
		if _, both := f.at[key]; both {
			after = append(after, key)
		}
	}
	if !slices.Equal(before, after) {
		c.add(Moved, before, after)
	}
	for i, key := range f.keys {
		if j, both := t.at[key]; both {
			c.one(Changed, Step{Key: key, By: by, Index: i, To: j}, from[i], to[j])
		} else {
			c.one(Removed, Step{Key: key, By: by, Index: i, To: -1}, from[i], nil)
		}
	}
	for j, key := range t.keys {
		if _, both := f.at[key]; !both {
			c.one(Added, Step{Key: key, By: by, Index: j, To: j}, nil, to[j])
		}
	}
}

// pair are the places of two elements that belong together.
type pair struct{ from, to int }

// align finds which elements of two lists belong together, in order: equal ones and, between those, mappings that are similar. It gives up on lists
// that are long and have little in common.
func (c *comparison) align(from, to []any) ([]pair, bool) {
	f, t := c.identities(from), c.identities(to)
	n, first := min(len(f), len(t)), 0
	for first < n && f[first] == t[first] {
		first++
	}
	last := 0
	for last < n-first && f[len(f)-1-last] == t[len(t)-1-last] {
		last++
	}
	var out []pair
	for i := range first {
		out = append(out, pair{i, i})
	}
	at := pair{first, first}
	for _, p := range append(anchors(f, t, at, last), pair{len(f) - last, len(t) - last}) {
		gap := window{from[at.from:p.from], to[at.to:p.to], f[at.from:p.from], t[at.to:p.to]}
		cells := (len(gap.from) + 1) * (len(gap.to) + 1)
		if len(gap.from) > 0 && len(gap.to) > 0 {
			if cells > c.cells {
				return nil, false
			}
			c.cells -= cells
			for _, q := range c.pairs(gap) {
				out = append(out, pair{at.from + q.from, at.to + q.to})
			}
		}
		if p.from < len(f)-last {
			out = append(out, p)
		}
		at = pair{p.from + 1, p.to + 1}
	}
	for i := last; i > 0; i-- {
		out = append(out, pair{len(f) - i, len(t) - i})
	}
	return out, true
}

func (c *comparison) identities(list []any) []any {
	out := make([]any, len(list))
	for i, e := range list {
		out[i] = c.identity(e)
	}
	return out
}

// anchors are the elements that both lists have exactly once, as many of them as are in the same order: that is found in n log n.
func anchors(f, t []any, first pair, last int) []pair {
	f, t = f[:len(f)-last], t[:len(t)-last]
	type places struct{ inF, inT, from, to int }
	of := map[any]places{}
	for i := first.from; i < len(f); i++ {
		p := of[f[i]]
		p.inF, p.from = p.inF+1, i
		of[f[i]] = p
	}
	for j := first.to; j < len(t); j++ {
		p := of[t[j]]
		p.inT, p.to = p.inT+1, j
		of[t[j]] = p
	}
	var once []pair
	for i := first.from; i < len(f); i++ {
		if p := of[f[i]]; p.inF == 1 && p.inT == 1 {
			once = append(once, pair{p.from, p.to})
		}
	}
	// ends[n] is the last of the best n+1 pairs so far, and before[i] the one that precedes pair i.
	var ends []int
	before := make([]int, len(once))
	for i, p := range once {
		n, _ := slices.BinarySearchFunc(ends, p.to, func(end, to int) int { return once[end].to - to })
		before[i] = -1
		if n > 0 {
			before[i] = ends[n-1]
		}
		if n == len(ends) {
			ends = append(ends, i)
		} else {
			ends[n] = i
		}
	}
	var out []pair
	if len(ends) > 0 {
		for i := ends[len(ends)-1]; i >= 0; i = before[i] {
			out = append(out, once[i])
		}
	}
	slices.Reverse(out)
	return out
}

// window is a part of two lists, with the identities of its elements.
type window struct{ from, to, f, t []any }

// equal is more than all that similar elements of the largest window come to.
const equal = 1 << 26

// pairs are those of a window that are most alike together.
func (c *comparison) pairs(w window) []pair {
	if len(w.from) == 1 && len(w.to) == 1 {
		if bothParts(w.from[0], w.to[0]) {
			return []pair{{0, 0}}
		}
		return nil
	}
	width := len(w.to) + 1
	best := make([]int, (len(w.from)+1)*width) // of what follows a pair of places
	alike := make([]int, len(best))
	for i := len(w.from) - 1; i >= 0; i-- {
		for j := len(w.to) - 1; j >= 0; j-- {
			at := i*width + j
			if w.f[i] == w.t[j] {
				alike[at] = equal
			} else {
				alike[at] = c.alike(w.from[i], w.to[j])
			}
			best[at] = max(best[at+1], best[at+width])
			if alike[at] > 0 {
				best[at] = max(best[at], alike[at]+best[at+width+1])
			}
		}
	}
	var out []pair
	for i, j := 0, 0; i < len(w.from) && j < len(w.to); {
		switch at := i*width + j; {
		case alike[at] > 0 && best[at] == alike[at]+best[at+width+1]:
			out = append(out, pair{i, j})
			i, j = i+1, j+1
		case best[at] == best[at+width]:
			i++
		default:
			j++
		}
	}
	return out
}

func bothParts(a, b any) bool {
	switch a.(type) {
	case map[string]any:
		_, ok := b.(map[string]any)
		return ok
	case []any:
		_, ok := b.([]any)
		return ok
	}
	return false
}

// alike is how much two mappings have in common, from 0 to 100; 0 when they have no value in common and not the same keys.
func (c *comparison) alike(a, b any) int {
	f, ok := a.(map[string]any)
	t, both := b.(map[string]any)
	if !ok || !both || len(f) == 0 || len(t) == 0 {
		return 0
	}
	keys, values := 0, 0
	for key, v := range f {
		if other, both := t[key]; both {
			keys++
			if c.identity(v) == c.identity(other) {
				values++
			}
		}
	}
	if most := max(len(f), len(t)); values > 0 || keys == most {
		return (20*keys + 60*values) / most
	}
	return 0
}
