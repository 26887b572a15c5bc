package formats

import (
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff"
)

// totals count what a change does.
type totals struct {
	Consequences              map[diff.Weight]int
	Created, Deleted, Changed int // objects
	Folded                    int // objects of which only noise differs; they are not among the changed ones
	Brought, Mended           int // findings of lint
	NotCompared, NotJudged    int
}

func count(r *diff.Result) totals {
	t := totals{
		Consequences: map[diff.Weight]int{}, Brought: len(r.Findings), Mended: len(r.Mended),
		NotCompared: len(r.NotCompared), NotJudged: len(r.NotJudged),
	}
	for i := range r.Consequences {
		t.Consequences[r.Consequences[i].Weight]++
	}
	for i := range r.Objects {
		switch o := &r.Objects[i]; {
		case o.Sort == diff.Created:
			t.Created++
		case o.Sort == diff.Deleted:
			t.Deleted++
		case o.Quiet():
			t.Folded++
		default:
			t.Changed++
		}
	}
	return t
}

// String is the line of totals.
func (t totals) String() string {
	var parts []string
	add := func(n int, one, many string) {
		if n == 1 {
			parts = append(parts, "1 "+one)
		} else if n > 1 {
			parts = append(parts, diag.Thousands(n)+" "+many)
		}
	}
	for _, w := range diff.Weights() {
		name := map[diff.Weight]string{diff.Danger: "danger", diff.Notice: "notice", diff.Plain: "plain consequence"}[w]
		add(t.Consequences[w], name, name+"s")
	}
	add(t.Created, "object created", "objects created")
	add(t.Deleted, "object deleted", "objects deleted")
	add(t.Changed, "object changed", "objects changed")
	add(t.Folded, "object with noise only", "objects with noise only")
	switch {
	case parts != nil:
	case t.NotCompared+t.NotJudged > 0:
		parts = []string{"no differences that are known"}
	default:
		parts = []string{"no differences"}
	}
	add(t.Brought, "finding of lint brought", "findings of lint brought")
	add(t.Mended, "finding of lint mended", "findings of lint mended")
	add(t.NotCompared, "application not compared", "applications not compared")
	add(t.NotJudged, "kind of consequence not judged", "kinds of consequences not judged")
	return strings.Join(parts, ", ")
}
