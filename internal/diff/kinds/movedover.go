package kinds

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

// findHanded notes the objects that something else deploys after the change.
func (d *departures) findHanded() {
	d.handed = map[[2]string][]*diff.Pair{}
	for _, p := range d.Pairs {
		if p.Before == nil || p.After == nil {
			continue
		}
		k := [2]string{deployerOf(p.Before), deployerOf(p.After)}
		if k[0] != k[1] && !isHook(p.Before) && !isHook(p.After) {
			d.handed[k] = append(d.handed[k], p)
		}
	}
}

// deployerOf is the code of the application that deploys an object.
func deployerOf(o *diff.Object) string {
	if o.Application == nil {
		return ""
	}
	return o.Application.Code
}

// handOvers are the objects that something else deploys after the change, and which stay what they are.
func (d *departures) handOvers(renames map[string]string, found func(diff.Consequence)) {
	for _, k := range slices.SortedFunc(maps.Keys(d.handed), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		if renames[k[0]] == k[1] && k[1] != "" {
			continue
		}
		from, to := cmp.Or(k[0], "roster"), cmp.Or(k[1], "roster")
		pairs := d.handed[k]
		f := diff.Consequence{Word: wordMove, Weight: diff.Notice, Subject: pairOf("objects of", from, to), Objects: uniqueIDsOf(pairs)}
		what := pairs[0].ID.String()
		if len(pairs) > 1 {
			what = fmt.Sprintf("%d objects", len(pairs))
			f.Details = namesOf(objectsOf(pairs, 0))
		}
		f.Message = fmt.Sprintf("%s is deployed by %s instead of %s", what, to, from)
		if len(pairs) > 1 {
			f.Message = fmt.Sprintf("%s are deployed by %s instead of %s", what, to, from)
		}
		f.Details = append(f.Details, d.handedOver(&f, pairs, from)...)
		found(f)
	}
}

// handedOver says what may happen on the way, and sets the weight.
func (d *departures) handedOver(f *diff.Consequence, pairs []*diff.Pair, from string) []string {
	var at []*diff.Object
	for _, p := range pairs {
		if !d.fateOf(p.Before).stays {
			at = append(at, p.Before)
		}
	}
	if len(at) == 0 {
		return nil
	}
	l := lossesOf(d.Change, at, nil)
	if l.danger {
		f.Weight = diff.Danger
	}
	out := append([]string{"Argo CD may delete what " + from + " has had before it is taken over, and it is then created anew"}, l.details()...)
	for _, o := range at {
		if o.Deployed != nil && deployed.Loses(o.Deployed) != "" {
			return append(out, "to keep "+o.ID.String()+", annotate it first with "+argoOptions+"=Prune=false,Delete=false")
		}
	}
	return out
}
