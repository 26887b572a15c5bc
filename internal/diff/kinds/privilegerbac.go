package kinds

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diff"
	rbacv1 "k8s.io/api/rbac/v1"
)

// rbacChange is both sides, and which roles differ.
type rbacChange struct {
	*diff.Change
	sides   [2]*rbacSide
	changed map[diff.ID]bool // roles and bindings
	partOf  map[diff.ID]bool // the roles that others are made of
	budget  int              // how many comparisons of rules are left
}

func findRBAC(c *diff.Change, found func(diff.Consequence)) {
	pairs := slices.DeleteFunc(slices.Clone(c.Pairs), func(p *diff.Pair) bool { return p.ID.Group != rbacv1.GroupName })
	if len(pairs) == 0 {
		return
	}
	r := &rbacChange{c, [2]*rbacSide{newRBACSide(c.Before, c.After), newRBACSide(c.After, c.Before)}, map[diff.ID]bool{}, map[diff.ID]bool{}, maxRuleComparisons}
	for _, p := range pairs {
		r.changed[p.ID] = true
	}
	r.markAggregated()
	r.bySubject(found)
	for _, p := range pairs {
		r.byRole(p, found)
	}
}

// markAggregated counts roles that are made of others which differ as changed.
func (r *rbacChange) markAggregated() {
	var more []diff.ID
	for _, side := range r.sides {
		for _, id := range side.order {
			for _, part := range side.parts(id) {
				r.partOf[part] = true
				if r.changed[part] {
					more = append(more, id)
				}
			}
		}
	}
	for _, id := range more {
		r.changed[id] = true
	}
}

// scopes are the subjects whose bindings, or the roles of them, differ, with the namespaces of those.
func (r *rbacChange) scopes() []rbacGrant {
	var out []rbacGrant
	seen := map[rbacGrant]bool{}
	for _, side := range r.sides {
		for _, subject := range sortedKeys(side.by) {
			for _, g := range side.by[subject] {
				scope := rbacGrant{subject: subject, namespace: g.namespace}
				if (r.changed[g.binding] || r.changed[g.role]) && !seen[scope] {
					seen[scope], out = true, append(out, scope)
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b rbacGrant) int {
		return cmp.Or(cmp.Compare(a.subject, b.subject), cmp.Compare(a.namespace, b.namespace))
	})
	return out
}

func sortedKeys[T any](m map[string]T) []string {
	out := make([]string, 0, len(m))
	for key := range m {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}

// rbacGain is what some subjects gain, or lose, in some namespaces.
type rbacGain struct {
	text, key          string // key is all of what the text says the beginning of
	dangers            []string
	subjects, scopes   []string
	gained, everywhere bool
	objects            []diff.ID
	beside             []string // roles that permit nobody here knows what, and maybe the same
}

// bySubject compares what each subject may do.
func (r *rbacChange) bySubject(found func(diff.Consequence)) {
	var gains []*rbacGain
	for _, scope := range r.scopes() {
		for side := range r.sides {
			if g := r.gain(scope, side); g != nil {
				gains = append(gains, g)
			}
		}
	}
	gains = joined(gains, func(g *rbacGain) string { return strings.Join(g.subjects, ",") }, func(into, g *rbacGain) { into.scopes = append(into.scopes, g.scopes...) })
	gains = joined(gains, func(g *rbacGain) string { return strings.Join(g.scopes, ",") }, func(into, g *rbacGain) { into.subjects = append(into.subjects, g.subjects...) })
	for _, g := range gains {
		found(g.consequence())
	}
}

// joined makes one of gains that are alike.
func joined(all []*rbacGain, key func(*rbacGain) string, join func(into, g *rbacGain)) []*rbacGain {
	by := map[string]*rbacGain{}
	var out []*rbacGain
	for _, g := range all {
		k := fmt.Sprint(g.gained, "\x00", g.everywhere, "\x00", g.key, "\x00", key(g), "\x00", g.beside)
		if into := by[k]; into != nil {
			join(into, g)
			into.objects = append(into.objects, g.objects...)
			continue
		}
		by[k], out = g, append(out, g)
	}
	return out
}

// gain is what a subject may do on one side, and not on the other one; nil when that is nothing.
func (r *rbacChange) gain(scope rbacGrant, side int) *rbacGain {
	here, _ := r.sides[side].at(scope.subject, scope.namespace)
	_, other := r.sides[1-side].at(scope.subject, scope.namespace)
	more := r.uncovered(other, here)
	if more.none() {
		return nil
	}
	out := &rbacGain{text: more.String(), key: more.key(), dangers: more.dangers(), subjects: []string{scope.subject}, scopes: []string{scope.namespace}, gained: side == 1, everywhere: scope.namespace == ""}
	if len(more.rules) > 0 {
		for _, id := range other.unknown {
			out.beside = append(out.beside, id.String())
		}
	}
	for _, s := range r.sides {
		for _, g := range s.by[scope.subject] {
			for _, id := range append([]diff.ID{g.binding, g.role}, s.parts(g.role)...) {
				if g.namespace == scope.namespace && r.changed[id] {
					out.objects = append(out.objects, id)
				}
			}
		}
	}
	return out
}

func (g *rbacGain) consequence() diff.Consequence {
	where := "in " + fewOf(g.scopes, 3)
	if g.everywhere {
		where = "in the whole cluster"
	}
	who := fewOf(g.subjects, 3)
	f := diff.Consequence{
		Word: privilegeWord(g.gained), Weight: privilegeWeight(g.gained, g.everywhere || len(g.dangers) > 0),
		Subject: who + " " + where, Message: fmt.Sprintf("%s may %s %s now", who, g.text, where), Objects: uniqueIDs(g.objects),
	}
	if !g.gained {
		f.Message = fmt.Sprintf("%s may no longer %s %s", who, g.text, where)
	}
	f.Details = detailsOf(g.gained, g.dangers)
	if len(g.beside) > 0 {
		f.Details = append(f.Details, fmt.Sprintf("%s permits something as well, and maybe this: the list does not define it", fewOf(g.beside, 3)))
	}
	return f
}

func detailsOf(gained bool, dangers []string) []string {
	if !gained {
		return nil
	}
	return dangers
}

// byRole compares what a role permits whom nobody here knows: one without a binding in the list, or one that Kubernetes adds to its own roles.
func (r *rbacChange) byRole(p *diff.Pair, found func(diff.Consequence)) {
	var to []string
	var of [2]permissions
	bound := false
	for side, o := range []*diff.Object{p.Before, p.After} {
		if role := r.sides[side].roles[p.ID]; o != nil && role != nil {
			of[side] = r.sides[side].resolve(p.ID)
			to = append(to, addsTo(role)...)
		}
		bound = bound || len(r.sides[side].ofRole[p.ID]) > 0
	}
	if to = slices.Compact(slices.Sorted(slices.Values(to))); len(to) == 0 && (bound || p.Before == nil || p.After == nil || r.partOf[p.ID]) {
		return
	}
	who := "whoever is bound to " + p.ID.String() + ", which the list binds to nobody,"
	if len(to) > 0 {
		who = "whoever has the ClusterRole " + strings.Join(to, " or ")
	}
	for side := range r.sides {
		more := r.uncovered(r.permits(1-side, p.ID, of), r.permits(side, p.ID, of))
		if more.none() {
			continue
		}
		f := diff.Consequence{Word: privilegeWord(side == 1), Weight: privilegeWeight(side == 1, len(more.dangers()) > 0), Subject: p.ID.String(), Objects: []diff.ID{p.ID}}
		f.Message = fmt.Sprintf("%s may %s now, by %s", who, more, p.ID)
		if side == 0 {
			f.Message = fmt.Sprintf("%s may no longer %s by %s", who, more, p.ID)
		}
		f.Details = detailsOf(side == 1, more.dangers())
		found(f)
	}
}

// permits is what a role adds on one side: nothing to the roles of Kubernetes where it has no such label.
func (r *rbacChange) permits(side int, id diff.ID, of [2]permissions) permissions {
	other := r.sides[1-side].roles[id]
	if role := r.sides[side].roles[id]; role == nil || len(addsTo(role)) == 0 && other != nil && len(addsTo(other)) > 0 {
		return permissions{}
	}
	return of[side]
}

// addsTo are the roles of Kubernetes that a role becomes part of.
func addsTo(role *rbacv1.ClusterRole) []string {
	var out []string
	for _, name := range [...]string{"admin", "edit", "view"} {
		if role.Kind == "ClusterRole" && role.Labels["rbac.authorization.k8s.io/aggregate-to-"+name] == "true" {
			out = append(out, name)
		}
	}
	return out
}
