package kinds

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hippotion/roster/internal/diff"
)

const wordMove = "move"

var moved = &diff.Kind{
	Name: "move", Words: []string{wordMove},
	Summary: "Something gets another name, namespace or owner, which is a delete and a create",
	Find:    findMoved,
}

func findMoved(c *diff.Change, found func(diff.Consequence)) {
	if c.Before.Context == nil || c.After.Context == nil {
		return
	}
	report := found
	found = func(f diff.Consequence) {
		f.Also = []string{wordDelete} // a gate for one of them is meant for both
		report(f)
	}
	d := newDepartures(c)
	for _, from := range d.renamedEntries() {
		found(d.entryRenamed(from, d.entryBecomes(from)))
	}
	for _, code := range d.appsThatMove() {
		if d.entryBecomes(d.sides[0].apps[code].Entry.Name) != d.sides[1].apps[code].Entry.Name {
			found(d.appMoves(code))
		}
	}
	renames := d.appRenames()
	for _, from := range slices.Sorted(maps.Keys(renames)) {
		found(d.appRenamed(from, renames[from]))
	}
	d.handOvers(renames, found)
	d.objectsRenamed(found)
}

// findMoves notes what is the same thing in another place, which then neither comes nor goes.
func (d *departures) findMoves() {
	for _, from := range d.renamedEntries() {
		d.elsewhere[owner{wholeEntry, from}], d.elsewhere[owner{wholeEntry, d.entryBecomes(from)}] = true, true
	}
	d.takeOut(d.appsThatMove())
	for from, to := range d.appRenames() {
		d.elsewhere[owner{wholeApp, from}], d.elsewhere[owner{wholeApp, to}] = true, true
	}
	d.findRenamedObjects()
}

// renamedEntries are the names of the entries before the change that have another name after it.
func (d *departures) renamedEntries() []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(d.sides[0].entries)) {
		if d.entryBecomes(name) != "" {
			out = append(out, name)
		}
	}
	return out
}

// entryBecomes is the name after the change of an entry that is gone: the entry that is new and has the same applications, and no other.
func (d *departures) entryBecomes(from string) string {
	before := d.sides[0].entries[from]
	if before == nil || d.sides[1].entries[from] != nil || len(before.Applications) == 0 {
		return ""
	}
	first := d.sides[1].apps[before.Applications[0].Code]
	if first == nil || d.sides[0].entries[first.Entry.Name] != nil || len(first.Entry.Applications) != len(before.Applications) {
		return ""
	}
	for i, a := range before.Applications { // both are sorted by code
		if first.Entry.Applications[i].Code != a.Code {
			return ""
		}
	}
	return first.Entry.Name
}

// appsThatMove are the codes of the applications that are in another entry after the change.
func (d *departures) appsThatMove() []string {
	var out []string
	for code, before := range d.sides[0].apps {
		if after := d.sides[1].apps[code]; after != nil && after.Entry.Name != before.Entry.Name {
			out = append(out, code)
		}
	}
	slices.Sort(out)
	return out
}

// takeOut moves what belongs to some applications from all entries to owners of which only move speaks.
func (d *departures) takeOut(codes []string) {
	from := map[owner]bool{}
	taken := map[string]bool{}
	for _, code := range codes {
		d.elsewhere[owner{partOfApp, code}], taken[code] = true, true
		for side := range d.sides {
			entry := d.sides[side].apps[code].Entry.Name
			from[owner{wholeEntry, entry}], from[owner{partOfEntry, entry}] = true, true
		}
	}
	for side := range d.owned {
		for _, of := range slices.SortedFunc(maps.Keys(from), owner.compare) {
			pairs, known := d.owned[side][of]
			if !known || d.elsewhere[of] {
				continue
			}
			rest := make([]*diff.Pair, 0, len(pairs))
			for _, p := range pairs {
				if code := codeOf(p.Either()); taken[code] {
					to := owner{partOfApp, code}
					d.owned[side][to] = append(d.owned[side][to], p)
				} else {
					rest = append(rest, p)
				}
			}
			if d.owned[side][of] = rest; len(rest) == 0 && of.sort == partOfEntry {
				delete(d.owned[side], of)
			}
		}
	}
}

// pairOf is a subject that is the same in both directions.
func pairOf(sort, a, b string) string {
	if b < a {
		a, b = b, a
	}
	return sort + " " + a + ", " + sort + " " + b
}

func (d *departures) entryRenamed(from, to string) diff.Consequence {
	n := d.sides[0].entries[from]
	f := diff.Consequence{Word: wordMove, Weight: diff.Danger, Subject: pairOf("namespace", from, to),
		Objects: uniqueIDsOf(slices.Concat(d.owned[0][owner{wholeEntry, from}], d.owned[1][owner{wholeEntry, to}]))}
	gone, others := d.split(d.owned[0][owner{wholeEntry, from}])
	l := lossesOf(d.Change, gone, map[string]bool{from: n.Managed})
	f.Message = fmt.Sprintf("the namespace %s becomes %s: it is deleted with everything in it, and everything is created anew in %s", from, to, to)
	if !n.Managed {
		f.Message = fmt.Sprintf("the entry %s becomes %s: what is deployed moves there, and the namespace %s stays", from, to, from)
		if !l.danger {
			f.Weight = diff.Notice
		}
	}
	f.Details = append(f.Details, d.entryAsks(n))
	f.Details = append(f.Details, l.details()...)
	f.Details = append(f.Details, goneAndStaying(nil, others)...)
	if n.Managed {
		f.Details = append(f.Details, d.guestsOf(from)...)
	}
	return f
}
