package policies

import (
	"cmp"
	"slices"

	"github.com/hippotion/roster/internal/lint/models/pods"
)

// selectorIndex finds the selectors that may select a pod that another one selects. Its zero value is empty.
type selectorIndex struct {
	all     []pods.Selector // each once
	places  map[string]int
	with    map[string]map[string][]int // those that require one value of a label, by label and value
	asking  map[string]int              // how many these are, by label
	without map[string][]int            // those that do not, by label, as far as it was needed
}

// add adds a selector, and returns its index, and whether it was there already.
func (x *selectorIndex) add(s pods.Selector) (i int, again bool) {
	if x.places == nil {
		x.places, x.with, x.asking = map[string]int{}, map[string]map[string][]int{}, map[string]int{}
	}
	key := s.Key()
	if i, again = x.places[key]; again {
		return i, true
	}
	i = len(x.all)
	x.all, x.places[key] = append(x.all, s), i
	for label, value := range s.Equal {
		if x.with[label] == nil {
			x.with[label] = map[string][]int{}
		}
		x.with[label][value] = append(x.with[label][value], i)
		x.asking[label]++
	}
	x.without = nil
	return i, false
}

// near yields the selectors that require no other value than s of one label, the one that the fewest match: all that are not disjoint are
// among them. It ends when yield returns false. There is no order.
func (x *selectorIndex) near(s pods.Selector, yield func(i int) bool) {
	best, fewest := "", len(x.all)
	for label, value := range s.Equal {
		if n := len(x.with[label][value]) + len(x.all) - x.asking[label]; n < fewest {
			best, fewest = label, n
		}
	}
	if 2*fewest > len(x.all) { // a separate list would not pay off
		for i := range x.all {
			if !yield(i) {
				return
			}
		}
		return
	}
	without, known := x.without[best]
	if !known {
		for i := range x.all {
			if _, asks := x.all[i].Equal[best]; !asks {
				without = append(without, i)
			}
		}
		if x.without == nil {
			x.without = map[string][]int{}
		}
		x.without[best] = without
	}
	for _, list := range [][]int{x.with[best][s.Equal[best]], without} {
		for _, i := range list {
			if !yield(i) {
				return
			}
		}
	}
}

// portSet is ports, by protocol. Its zero value is empty.
type portSet struct {
	all    bool
	ranges map[string][]PortRange // those of all protocols under "*"; merged when they are asked for
	merged bool
}

const anyProtocol = "ANY"

func (s *portSet) add(h *Half) {
	s.all = s.all || h.allPorts
	for _, r := range h.ports {
		s.put(r)
	}
}

func (s *portSet) put(r PortRange) {
	if s.ranges == nil {
		s.ranges = map[string][]PortRange{}
	}
	s.ranges[r.protocol] = append(s.ranges[r.protocol], r)
	s.ranges["*"] = append(s.ranges["*"], r)
	s.merged = false
}

// merge adds the ports of another set.
func (s *portSet) merge(t *portSet) {
	s.all = s.all || t.all
	if s.all {
		return
	}
	t.tidy()
	for protocol, ranges := range t.ranges {
		if s.ranges == nil {
			s.ranges = map[string][]PortRange{}
		}
		s.ranges[protocol] = append(s.ranges[protocol], ranges...)
		s.merged = false
	}
}

// tidy sorts the ranges, and joins those that overlap.
func (s *portSet) tidy() {
	if s.merged {
		return
	}
	for protocol, ranges := range s.ranges {
		slices.SortFunc(ranges, func(a, b PortRange) int { return cmp.Or(a.first-b.first, a.last-b.last) })
		out := ranges[:0]
		for _, r := range ranges {
			if n := len(out); n > 0 && r.first <= out[n-1].last {
				out[n-1].last = max(out[n-1].last, r.last)
			} else {
				out = append(out, r)
			}
		}
		s.ranges[protocol] = out
	}
	s.merged = true
}

// common reports whether a half may have a port of the set.
func (s *portSet) common(h *Half) bool {
	if s.all || h.allPorts {
		return true
	}
	s.tidy()
	has := func(protocol string, r PortRange) bool {
		ranges := s.ranges[protocol]
		i, _ := slices.BinarySearchFunc(ranges, r.first, func(e PortRange, first int) int { return cmp.Compare(e.last, first) })
		return i < len(ranges) && ranges[i].first <= r.last
	}
	return slices.ContainsFunc(h.ports, func(r PortRange) bool {
		if r.protocol == anyProtocol {
			return has("*", r)
		}
		return has(r.protocol, r) || has(anyProtocol, r)
	})
}
