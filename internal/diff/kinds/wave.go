package kinds

import (
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff"
)

// mostAwaiting is of how many applications it is found out what they wait for: each takes time that grows with the platform.
const mostAwaiting = 200

var wave = &diff.Kind{
	Name: "wave", Words: []string{"wave"},
	Summary: "An application waits for another one, or no longer",
	Find:    findWaves,
}

// findWaves compares who waits for whom, and not the numbers of waves: one application that is inserted into a chain moves all that follow.
func findWaves(c *diff.Change, found func(diff.Consequence)) {
	if c.Before.Context == nil || c.After.Context == nil {
		return
	}
	w := &waits{Change: c, orders: [2]catalog.Order{c.Before.Context.Order, c.After.Context.Order}}
	for side, cluster := range c.Clusters() {
		w.places[side] = map[string]*catalog.Place{}
		for _, a := range cluster.Applications {
			w.places[side][a.Code] = &a.Place
		}
	}
	w.common(found)
	w.own(found)
}

type waits struct {
	*diff.Change
	orders [2]catalog.Order
	places [2]map[string]*catalog.Place // of the applications, by code
}

// common are the waits of all objects of one sort.
func (w *waits) common(found func(diff.Consequence)) {
	before, after := w.orders[0].Common(), w.orders[1].Common()
	for _, of := range []struct {
		what          string
		before, after []string
		by            func(*catalog.Namespace, *catalog.Application) bool
	}{
		{"network policies, and the applications that they guard,", before.Policies, after.Policies,
			func(n *catalog.Namespace, _ *catalog.Application) bool { return n.Policies != nil }},
		{"Secrets, and the applications that have some,", before.Secrets, after.Secrets,
			func(_ *catalog.Namespace, a *catalog.Application) bool { return len(a.Secrets) > 0 }},
		{"routes", before.Routes, after.Routes, func(_ *catalog.Namespace, a *catalog.Application) bool { return len(a.Routes) > 0 }},
	} {
		for side, targets := range [2][]string{onlyIn(of.before, of.after), onlyIn(of.after, of.before)} {
			if len(targets) == 0 || !hasApplication([2]*diff.Cluster{w.Before, w.After}[side], of.by) {
				continue
			}
			f := w.consequence(side, of.what, "wait", targets, targets[0])
			if len(f.Causes) == 0 {
				f.Causes = w.inPlatformFile()
			}
			found(f)
		}
	}
}

func hasApplication(cluster *diff.Cluster, by func(*catalog.Namespace, *catalog.Application) bool) bool {
	return slices.ContainsFunc(cluster.Applications, func(a *diff.Application) bool { return by(a.Entry, a.Application) })
}

// onlyIn are the texts of a list that another one does not have, in order and each once.
func onlyIn(list, other []string) []string {
	known := make(map[string]bool, len(other))
	for _, s := range other {
		known[s] = true
	}
	var out []string
	for _, s := range list {
		if !known[s] {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// own are the waits of single applications, of those that are on both sides. Whoever waited already, by way of others, waits no more than
// before.
func (w *waits) own(found func(diff.Consequence)) {
	changed := map[string][2][]string{} // what is no longer named, and what is new, by code
	for _, a := range w.Before.Applications {
		if w.places[1][a.Code] == nil {
			continue
		}
		was, is := w.orders[0].DependsOn(a.Code), w.orders[1].DependsOn(a.Code)
		if gone, added := onlyIn(was, is), onlyIn(is, was); len(gone)+len(added) > 0 {
			changed[a.Code] = [2][]string{gone, added}
		}
	}
	codes := slices.Sorted(maps.Keys(changed))
	for i, code := range codes {
		if i == mostAwaiting {
			found(w.others(codes[i:]))
			return
		}
		for side, targets := range changed[code] {
			if len(targets) == 0 {
				continue
			}
			awaited := w.orders[1-side].Awaited(code).Applications
			targets = slices.DeleteFunc(targets, func(t string) bool { return awaited[t] })
			if len(targets) > 0 {
				found(w.consequence(side, code, "waits", targets, code))
			}
		}
	}
}

// consequence are waits that are on one side only; at is the application whose lines cause them.
func (w *waits) consequence(side int, who, verb string, targets []string, at string) diff.Consequence {
	target := named(targets)
	f := diff.Consequence{Word: "wave", Weight: diff.Notice, Subject: "waits of " + who, Causes: w.causesOf(at)}
	if len(f.Causes) == 0 { // somebody else has it wait, such as the catalog
		f.Causes = w.causesOf(targets[0])
	}
	if side == 1 {
		f.Message = fmt.Sprintf("%s now %s for %s", who, verb, target)
	} else {
		f.Message = fmt.Sprintf("%s no longer %s for %s", who, verb, target)
	}
	return f
}

// others is one consequence for the applications behind the first mostAwaiting.
func (w *waits) others(codes []string) diff.Consequence {
	return diff.Consequence{Word: "wave", Weight: diff.Notice, Subject: fmt.Sprintf("waits of %d more applications", len(codes)), Causes: w.causesOf(codes[0]),
		Message: fmt.Sprintf("%d more applications name others under dependsOn than before", len(codes)), Details: []string{named(codes)}}
}

// inPlatformFile are the lines of platform.yml that differ.
func (w *waits) inPlatformFile() []diff.Cause {
	var at [2]*catalog.Place
	for side, cluster := range w.Clusters() {
		file := path.Join(cluster.Context.Platform.Repository.Folder, catalog.PlatformFile)
		at[side] = &catalog.Place{Pos: diag.Position{File: file, Line: 1, Column: 1}}
	}
	return w.CausesAt(at[0], at[1])
}

// causesOf are the lines of an application.
func (w *waits) causesOf(code string) []diff.Cause {
	return w.CausesAt(w.places[0][code], w.places[1][code])
}
