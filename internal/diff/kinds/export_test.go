package kinds

import (
	"fmt"

	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/lint"
)

// JudgedFlows are the flows that differ, as they are found with the ends that a change touches, and as they are when all ends are judged with all
// others. Pods that nobody sees count only for what is certain of them.
func JudgedFlows(c *diff.Change) (some, all []string, err error) {
	sides := [2]*lint.Context{c.Before.Context, c.After.Context}
	ends := flowEnds(sides)
	t := touchedBy(c, ends)
	everywhere := map[string]bool{}
	var both, of []*flowEnd
	for _, e := range ends {
		everywhere[e.group] = true
		if e.both() && !e.moves() && (e.either().Pods == nil || !e.either().Node) {
			both = append(both, e)
			if _, ok := t.by[e]; ok {
				of = append(of, e)
			}
		}
	}
	others := append(both, namedParts(sides, everywhere)...)
	if unmoved(c) {
		of = nil
	}
	for i, list := range [][]*flowEnd{of, both} {
		changes, err := t.between(list, others)
		if err != nil {
			return nil, nil, err
		}
		for _, f := range changes {
			if (f.from.unseen() || f.to.unseen()) && f.opened.Empty() && f.closed.Empty() {
				continue
			}
			text := fmt.Sprintf("%q → %q: %s", f.from.key, f.to.key, f.alike())
			if i == 0 {
				some = append(some, text)
			} else {
				all = append(all, text)
			}
		}
	}
	return some, all, nil
}

// Flows is the kind.
var Flows = flows

// Hosts is the kind.
var Hosts = hosts
