package kinds

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diff"
)

// appRenames are the applications that have another code after the change: in the same entry, with the same sources, and no other one there
// with these.
func (d *departures) appRenames() map[string]string {
	type key struct{ entry, request string }
	var of [2]map[key][]string
	for side := range d.sides {
		of[side] = map[key][]string{}
		for _, a := range d.sides[side].Applications {
			if d.sides[1-side].apps[a.Code] != nil || d.sides[1-side].entries[a.Entry.Name] == nil || len(a.Sources) == 0 {
				continue
			}
			text, err := json.Marshal(a.Sources)
			if err != nil {
				continue
			}
			k := key{a.Entry.Name, strings.ReplaceAll(string(text), `"`+a.Code+`"`, `""`)}
			of[side][k] = append(of[side][k], a.Code)
		}
	}
	out := map[string]string{}
	for k, from := range of[0] {
		if to := of[1][k]; len(from) == 1 && len(to) == 1 {
			out[from[0]] = to[0]
		}
	}
	return out
}

func (d *departures) appMoves(code string) diff.Consequence {
	of := owner{partOfApp, code}
	from, to := d.sides[0].apps[code], d.sides[1].apps[code]
	f := diff.Consequence{Word: wordMove, Weight: diff.Notice, Subject: "application " + code,
		Objects: uniqueIDsOf(slices.Concat(d.owned[0][of], d.owned[1][of])), Causes: d.CausesAt(&from.Place, &to.Place)}
	gone, others := d.split(d.owned[0][of])
	l := lossesOf(d.Change, gone, map[string]bool{from.Entry.Name: d.namespaceGoes(from.Entry.Name)})
	if l.danger {
		f.Weight = diff.Danger
	}
	f.Message = fmt.Sprintf("application %s moves from the namespace %s to %s: everything is created anew there", code, from.Entry.Name, to.Entry.Name)
	f.Details = append(f.Details, l.details()...)
	f.Details = append(f.Details, goneAndStaying(gone, others)...)
	if from.Unknown != "" || to.Unknown != "" {
		f.Weight = diff.Danger
		f.Details = append(f.Details, "not known here: what it deploys")
	}
	return f
}

func (d *departures) appRenamed(from, to string) diff.Consequence {
	a := d.sides[0].apps[from]
	pairs := slices.Concat(d.owned[0][owner{wholeApp, from}], d.owned[1][owner{wholeApp, to}])
	f := diff.Consequence{Word: wordMove, Weight: diff.Notice, Subject: pairOf("application", from, to), Objects: uniqueIDsOf(pairs)}
	gone, others := d.split(d.owned[0][owner{wholeApp, from}])
	var taken []*diff.Object
	for _, p := range d.handed[[2]string{from, to}] {
		taken = append(taken, p.Before)
		f.Objects = append(f.Objects, p.ID)
	}
	all := gone
	f.Message = fmt.Sprintf("application %s becomes %s: ", from, to)
	if a.Finalizer {
		f.Message += "Argo CD deletes what the one has deployed, and the other creates it anew"
		all = slices.Concat(gone, taken)
	} else {
		f.Message += "what has the same name is taken over, and everything else stays, unmanaged"
	}
	l := lossesOf(d.Change, all, nil)
	if l.danger || a.Finalizer && a.Unknown != "" {
		f.Weight = diff.Danger
	}
	f.Details = append(f.Details, d.appAsks(a))
	f.Details = append(f.Details, l.details()...)
	f.Details = append(f.Details, goneAndStaying(gone, others)...)
	if len(taken) > 0 {
		f.Details = append(f.Details, "of the same name, and kept if "+to+" is synced before "+from+" is deleted: "+counted(taken))
	}
	f.Details = append(f.Details, d.unknownOf(0, owner{wholeApp, from}, "part of it")...)
	return f
}
