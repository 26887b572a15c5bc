package kinds

import (
	"slices"

	"github.com/hippotion/roster/internal/diff"
)

// entryLeaves is what happens when an entry is no longer in the list.
func (d *departures) entryLeaves(of owner) diff.Consequence {
	n := d.sides[0].entries[of.name]
	f := diff.Consequence{Word: wordDelete, Weight: diff.Danger, Subject: of.subject(), Objects: uniqueIDsOf(d.owned[0][of])}
	if len(f.Objects) == 0 {
		f.Causes = d.CausesAt(&n.Place, nil)
	}
	gone, stay := d.split(d.owned[0][of])
	l := lossesOf(d.Change, gone, map[string]bool{of.name: n.Managed})
	if n.Managed {
		f.Message = of.name + " leaves the list: its Namespace is deleted, with everything in it"
	} else {
		f.Message = of.name + " leaves the list: what it has deployed is deleted, and its Namespace stays"
		if len(deployedOf(gone)) == 0 {
			f.Message = of.name + " leaves the list; its Namespace stays"
		}
		if !l.danger && len(d.unknownOf(0, of, "")) == 0 {
			f.Weight = diff.Notice
		}
	}
	f.Details = append(f.Details, d.entryAsks(n))
	f.Details = append(f.Details, l.details()...)
	f.Details = append(f.Details, goneAndStaying(gone, stay)...)
	f.Details = append(f.Details, d.unknownOf(0, of, "goes as well")...)
	if n.Managed {
		f.Details = append(f.Details, d.guestsOf(n.Name)...)
	}
	return f
}

// appLeaves is what happens when an application is no longer in its entry.
func (d *departures) appLeaves(of owner) diff.Consequence {
	a := d.sides[0].apps[of.name]
	f := diff.Consequence{Word: wordDelete, Weight: diff.Notice, Subject: of.subject(), Objects: uniqueIDsOf(d.owned[0][of])}
	gone, stay := d.split(d.owned[0][of])
	l := lossesOf(d.Change, gone, nil)
	if l.danger || a.Finalizer && a.Unknown != "" {
		f.Weight = diff.Danger
	}
	f.Message = "application " + of.name + " leaves the list: what it has deployed is deleted"
	fate := "goes as well"
	if !a.Finalizer {
		fate = "stays as well"
		f.Message = "application " + of.name + " leaves the list: what it has deployed stays, and nothing manages it"
	}
	f.Details = append(f.Details, d.appAsks(a))
	f.Details = append(f.Details, l.details()...)
	f.Details = append(f.Details, goneAndStaying(gone, stay)...)
	f.Details = append(f.Details, d.unknownOf(0, of, fate)...)
	return f
}

// deployedOf are those of objects that applications deploy.
func deployedOf(objects []*diff.Object) []*diff.Object {
	return slices.DeleteFunc(slices.Clone(objects), func(o *diff.Object) bool { return o.Application == nil })
}

// staying are objects that stay, by the reason.
type staying struct {
	reasons []fate
	by      map[fate][]*diff.Object
}

// split are objects before the change that are deleted without another question, and all others.
func (d *departures) split(pairs []*diff.Pair) (gone []*diff.Object, others staying) {
	others.by = map[fate][]*diff.Object{}
	for _, o := range objectsOf(pairs, 0) {
		f := d.fateOf(o)
		if !f.stays {
			gone = append(gone, o)
		}
		if f == (fate{}) {
			continue
		}
		if others.by[f] == nil {
			others.reasons = append(others.reasons, f)
		}
		others.by[f] = append(others.by[f], o)
	}
	return gone, others
}

// goneAndStaying are lines about what an owner has had.
func goneAndStaying(gone []*diff.Object, others staying) []string {
	var out []string
	if len(gone) > 0 {
		out = append(out, "deleted: "+counted(gone))
	}
	for _, f := range others.reasons {
		names := make([]string, 0, len(others.by[f]))
		for _, o := range others.by[f] {
			names = append(names, o.ID.String())
		}
		if f.stays {
			out = append(out, "stays ("+f.why+"): "+named(names))
		} else {
			out = append(out, "Argo CD asks once more ("+f.why+"): "+named(names))
		}
	}
	return out
}

// unknownOf is a line about those applications of an owner of which it is not known what they deploy.
func (d *departures) unknownOf(side int, of owner, fate string) []string {
	var codes []string
	if of.sort == wholeEntry {
		for _, a := range d.sides[side].entries[of.name].Applications {
			codes = append(codes, a.Code)
		}
	} else {
		codes = append(codes, of.name)
	}
	codes = slices.DeleteFunc(codes, func(code string) bool {
		a := d.sides[side].apps[code]
		return a == nil || a.Unknown == ""
	})
	if len(codes) == 0 {
		return nil
	}
	return []string{"not known here, and " + fate + ": what is deployed by " + named(codes)}
}

// guestsOf is a line about what other applications, which stay, deploy into a namespace that goes.
func (d *departures) guestsOf(namespace string) []string {
	if len(d.guests[namespace]) == 0 {
		return nil
	}
	return []string{"goes as well, though the list still has it: what is deployed there by " + named(d.guests[namespace])}
}
