package kinds

import (
	"fmt"

	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

// findAccounts finds pods that act as another account than before, which may do more, or less. New pods are a consequence of another kind.
func findAccounts(c *diff.Change, found func(diff.Consequence)) {
	var r *rbacChange
	for _, p := range c.Of(podKinds[:]...) {
		before, after := podOf(c.Before, p.Before), podOf(c.After, p.After)
		if before == nil || after == nil || accountOf(before) == accountOf(after) {
			continue
		}
		if r == nil {
			r = &rbacChange{Change: c, sides: [2]*rbacSide{newRBACSide(c.Before, c.After), newRBACSide(c.After, c.Before)}, budget: maxRuleComparisons}
		}
		accounts := [2]string{accountOf(before), accountOf(after)}
		for side, pod := range []*deployed.Pod{before, after} {
			var rights podRights
			if rights.addToken(pod, accountsOn(c, side)); !rights.unmounts {
				r.otherAccount(p, accounts, side, found)
			}
		}
	}
}

// accountOf is the account as which pods act, as subjectText has it.
func accountOf(p *deployed.Pod) string {
	name := p.Spec.ServiceAccountName
	if name == "" {
		name = "default"
	}
	return "ServiceAccount " + p.Object.Namespace + "/" + name
}

// otherAccount says what pods may do by the account of a side, and not by that of the other one.
func (r *rbacChange) otherAccount(p *diff.Pair, accounts [2]string, side int, found func(diff.Consequence)) {
	namespaces := map[string]bool{}
	for _, g := range r.sides[side].by[accounts[side]] {
		namespaces[g.namespace] = true
	}
	for _, namespace := range sortedKeys(namespaces) {
		here, _ := r.sides[side].at(accounts[side], namespace)
		_, there := r.sides[1-side].at(accounts[1-side], namespace)
		more := r.uncovered(there, here)
		if more.none() {
			continue
		}
		where := "in " + namespace
		if namespace == "" {
			where = "in the whole cluster"
		}
		f := diff.Consequence{Word: privilegeWord(side == 1), Weight: privilegeWeight(side == 1, namespace == "" || len(more.dangers()) > 0),
			Subject: "the account of pods of " + p.ID.String() + " " + where, Objects: []diff.ID{p.ID}, Details: detailsOf(side == 1, more.dangers())}
		may, now := "may", " now"
		if side == 0 {
			may, now = "may no longer", ""
		}
		f.Message = fmt.Sprintf("pods of %s %s %s %s%s: they act as %s, and no longer as %s", p.ID, may, more, where, now, accounts[1], accounts[0])
		found(f)
	}
}

// accountsOn finds accounts of a side.
func accountsOn(c *diff.Change, side int) func(namespace, name string) *diff.Object {
	return func(namespace, name string) *diff.Object {
		before, after := c.Object(diff.ID{Kind: "ServiceAccount", Namespace: namespace, Name: name})
		return []*diff.Object{before, after}[side]
	}
}
