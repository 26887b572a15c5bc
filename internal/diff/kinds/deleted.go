package kinds

import (
	"fmt"
	"slices"

	"github.com/hippotion/roster/internal/diff"
)

const (
	wordDelete = "delete"
	wordCreate = "create"
)

var deleted = &diff.Kind{
	Name: "delete", Words: []string{wordDelete, wordCreate},
	Summary: "Entries, applications and objects come and go, and what is lost with them",
	Find:    findDeleted,
}

func findDeleted(c *diff.Change, found func(diff.Consequence)) {
	if c.Before.Context == nil || c.After.Context == nil {
		found(wholeCluster(c))
		return
	}
	findDeletedBySync(c, found)
	d := newDepartures(c)
	for _, of := range d.owners(0) {
		for _, f := range d.deletions(of) {
			found(f)
		}
	}
	for _, of := range d.owners(1) {
		found(d.creation(of))
	}
}

// wholeCluster is a cluster that is on one side only. Without it, its root Application has an error, and prunes nothing (docs/clusters.md).
func wholeCluster(c *diff.Change) diff.Consequence {
	name := "the cluster " + c.Cluster
	if c.Cluster == "" {
		name = "the cluster without a name"
	}
	f := diff.Consequence{Subject: name}
	if c.After.Context == nil {
		f.Word, f.Weight, f.Message = wordDelete, diff.Notice, name+" leaves the list: what runs there stays"
		f.Details = []string{"its root Application reports an error, and prunes nothing"}
		f.Objects = idsOf(c.Before.Objects)
		return f
	}
	f.Objects = idsOf(c.After.Objects)
	f.Word, f.Weight, f.Message = wordCreate, diff.Plain, name+" enters the list, with "+several(len(c.After.Objects), "object")
	return f
}

// deletions are what happens to what an owner has no more.
func (d *departures) deletions(of owner) []diff.Consequence {
	pairs := d.owned[0][of]
	switch of.sort {
	case wholeEntry:
		return []diff.Consequence{d.entryLeaves(of)}
	case wholeApp:
		return []diff.Consequence{d.appLeaves(of)}
	}
	var fates []fate
	by := map[fate][]*diff.Pair{}
	for _, p := range pairs {
		f := d.fateOf(p.Before)
		if by[f] == nil {
			fates = append(fates, f)
		}
		by[f] = append(by[f], p)
	}
	var out []diff.Consequence
	for _, f := range fates {
		out = append(out, d.partLeaves(of, f, by[f]))
	}
	return out
}

// subject is what an owner is called.
func (o owner) subject() string {
	switch o.sort {
	case wholeEntry:
		return "namespace " + o.name
	case wholeApp:
		return "application " + o.name
	case partOfEntry:
		return "objects of " + o.name
	case partOfApp:
		return "objects of application " + o.name
	}
	return "objects of the platform"
}

// holder is whoever has objects of an owner that stays.
func (o owner) holder() string {
	switch o.sort {
	case partOfEntry:
		return "the namespace " + o.name
	case partOfApp:
		return "application " + o.name
	}
	return "the platform"
}

// partLeaves is what happens to objects of an owner that stays, all in the same way.
func (d *departures) partLeaves(of owner, how fate, pairs []*diff.Pair) diff.Consequence {
	objects := objectsOf(pairs, 0)
	f := diff.Consequence{Word: wordDelete, Weight: diff.Notice, Subject: of.subject(), Objects: uniqueIDsOf(pairs)}
	them, stay := "it", "it stays"
	what := objects[0].ID.String()
	if len(objects) > 1 {
		them, stay, what = "them", "they stay", fmt.Sprintf("%d objects", len(objects))
		f.Details = append(f.Details, namesOf(objects)...)
	}
	f.Message = of.holder() + " no longer has " + what + ": "
	switch {
	case how.stays:
		f.Message += stay
		f.Details = append(f.Details, how.why)
		return f
	case how.asks:
		f.Message += "Argo CD asks, and then deletes " + them
		by := of.name
		if of.sort != partOfApp {
			by = d.Before.Context.Platform.RootName()
		}
		f.Details = append(f.Details, "the sync of "+by+" waits for a confirmation ("+how.why+")")
	case how.why != "":
		f.Message += "Argo CD deletes " + them + ", " + how.why
	default:
		f.Message += "Argo CD deletes " + them
	}
	l := lossesOf(d.Change, objects, nil)
	if l.danger {
		f.Weight = diff.Danger
	}
	f.Details = append(f.Details, l.details()...)
	return f
}

// namesOf are some objects, a line for each kind.
func namesOf(objects []*diff.Object) []string {
	const most = 6 // lines
	var kinds []string
	names := map[string][]string{}
	for _, o := range objects {
		if names[o.ID.Kind] == nil {
			kinds = append(kinds, o.ID.Kind)
		}
		names[o.ID.Kind] = append(names[o.ID.Kind], shortName(o))
	}
	slices.Sort(kinds)
	var out []string
	for _, k := range kinds[:min(most, len(kinds))] {
		out = append(out, k+": "+named(names[k]))
	}
	if more := len(kinds) - most; more > 0 {
		out = append(out, "and "+several(more, "other kind"))
	}
	return out
}
