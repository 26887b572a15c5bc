package policies

import "github.com/hippotion/roster/internal/lint/models/pods"

// selectorIndex finds the selectors that may select a pod that another one selects. Its zero value is empty.
type selectorIndex struct {
	all     []pods.Selector
	with    map[string]map[string][]int // those that require one value of a label, by label and value
	asking  map[string]int              // how many these are, by label
	without map[string][]int            // those that do not, by label, as far as it was needed
}

// add adds a selector; its number is how many were added before.
func (x *selectorIndex) add(s pods.Selector) {
	if x.with == nil {
		x.with, x.asking = map[string]map[string][]int{}, map[string]int{}
	}
	i := len(x.all)
	x.all = append(x.all, s)
	for label, value := range s.Equal {
		if x.with[label] == nil {
			x.with[label] = map[string][]int{}
		}
		x.with[label][value] = append(x.with[label][value], i)
		x.asking[label]++
	}
	x.without = nil
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
