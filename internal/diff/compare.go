package diff

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff/fields"
	"github.com/hippotion/roster/internal/lint"
)

// Options are what the caller decides.
type Options struct {
	Kinds []*Kind
	// Stop ends the comparison with an error; it is asked now and then, and may be nil.
	Stop func() error
}

// Result is all that is known of a change.
type Result struct {
	Before, After *Side
	Consequences  []Consequence // the heaviest first
	Objects       []ObjectChange
	// NotCompared are applications of which it is not known what the change does to what they deploy, and NotJudged are kinds of consequences that
	// were not looked for, or not everywhere.
	NotCompared []NotCompared
	NotJudged   []NotJudged
	// Findings are those of lint that the change brings, and Mended those that it mends; both are empty when nobody asked.
	Findings, Mended []lint.Finding
	Linted           bool // whether somebody asked

	Broken [2]bool // whether the list of a side cannot be read: then nothing is compared
}

// NotCompared is an application that was left out.
type NotCompared struct {
	Cluster, Application string
	Why                  string
	At                   Cause
}

// NotJudged is a kind of consequence that was left out.
type NotJudged struct{ Cluster, Kind, Why string }

// Sort is what happens to an object.
type Sort string

// What may happen to an object.
const (
	Created Sort = "created"
	Deleted Sort = "deleted"
	Changed Sort = "changed"
)

// ObjectChange is what is different in an object.
type ObjectChange struct {
	Cluster     string
	ID          ID
	APIVersion  string // after the change, or before it when it is deleted
	Sort        Sort
	Application string // the code of the one that deploys it; empty for what roster renders
	Entry       string // its namespace in the list; empty when there is none
	Causes      []Cause
	// Fields are the fields that differ; of an object that is created or deleted, all that it has. What is noise is among them, with the reason.
	Fields []fields.Difference
}

// Quiet reports whether all that differs is noise.
func (o *ObjectChange) Quiet() bool {
	return o.Sort == Changed && !slices.ContainsFunc(o.Fields, func(d fields.Difference) bool { return d.Noise == "" })
}

// Compare compares two sides. The error is that of Stop.
func Compare(before, after *Side, o Options) (*Result, error) {
	r := &Result{Before: before, After: after, Broken: [2]bool{before.Clusters == nil, after.Clusters == nil}}
	if r.Broken[0] || r.Broken[1] {
		return r, nil
	}
	stop := func() error {
		if o.Stop == nil {
			return nil
		}
		return o.Stop()
	}
	var found []Consequence
	lines := newFiles(before, after)
	all := changes(before, after)
	for _, c := range all {
		c.lines = lines
		r.exclude(c)
		c.pair()
		for _, k := range o.Kinds {
			if err := stop(); err != nil {
				return nil, err
			}
			of, err := c.ask(k)
			if err != nil {
				c.Unjudged(err.Error())
			}
			for _, why := range c.unjudged {
				r.NotJudged = append(r.NotJudged, NotJudged{c.Cluster, k.Name, why})
			}
			c.unjudged = nil
			found = append(found, of...)
		}
		known := secretValues(c)
		for _, p := range c.Pairs {
			if err := stop(); err != nil {
				return nil, err
			}
			if change := c.objectChange(p, known); len(change.Fields) > 0 {
				r.Objects = append(r.Objects, change)
			}
			p.Before.forget()
			p.After.forget()
		}
	}
	r.Consequences = merged(found, o.Kinds, len(all))
	return r, nil
}

// NewMistakes are the mistakes of the side after the change that the other one does not have. Their lines do not count.
func (r *Result) NewMistakes() diag.List {
	type text struct{ file, path, code, message string }
	of := func(d diag.Diagnostic) text { return text{d.Pos.File, d.Path, d.Code, d.Message} }
	known := map[text]bool{}
	for _, d := range r.Before.Mistakes {
		known[of(d)] = true
	}
	return slices.DeleteFunc(slices.Clone(r.After.Mistakes), func(d diag.Diagnostic) bool { return known[of(d)] })
}

// changes are the clusters of both sides, by name.
func changes(before, after *Side) []*Change {
	of := map[string]*Change{}
	var out []*Change
	for i, side := range []*Side{before, after} {
		for _, cluster := range side.Clusters {
			c := of[cluster.Name]
			if c == nil {
				c = &Change{Cluster: cluster.Name, Before: &Cluster{Name: cluster.Name}, After: &Cluster{Name: cluster.Name}}
				of[cluster.Name], out = c, append(out, c)
			}
			if i == 0 {
				c.Before = cluster
			} else {
				c.After = cluster
			}
		}
	}
	slices.SortFunc(out, func(a, b *Change) int { return strings.Compare(a.Cluster, b.Cluster) })
	return out
}

// exclude takes what applications deploy out of both sides where one of them does not know it.
func (r *Result) exclude(c *Change) {
	out := map[string]bool{}
	byCode := map[string]*Application{}
	for _, a := range c.Before.Applications {
		byCode[a.Code] = a
	}
	leave := func(a *Application, before bool, why string) {
		out[a.Code] = true
		r.NotCompared = append(r.NotCompared, NotCompared{c.Cluster, a.Code, why, Cause{a.Place.Pos, before}})
	}
	there := map[string]bool{}
	for _, a := range c.After.Applications {
		there[a.Code] = true
		switch b := byCode[a.Code]; {
		case b == nil && a.Unknown != "":
			leave(a, false, a.Unknown)
		case b == nil, a.Unknown == "" && b.Unknown == "":
		case a.Unknown != "" && b.Unknown != "" && a.Request != "" && a.Request == b.Request:
		case a.Unknown != "" && (b.Unknown == "" || a.Unknown == b.Unknown):
			leave(a, false, a.Unknown)
		case a.Unknown != "":
			leave(a, false, fmt.Sprintf("%s; before: %s", a.Unknown, b.Unknown))
		default:
			leave(a, false, "before: "+b.Unknown)
		}
	}
	for _, b := range c.Before.Applications {
		if !there[b.Code] && b.Unknown != "" {
			leave(b, true, "before: "+b.Unknown)
		}
	}
	for _, cluster := range c.Clusters() {
		cluster.without(out)
	}
}

// without takes out what some applications deploy, by code.
func (c *Cluster) without(codes map[string]bool) {
	if c.Input == nil {
		return
	}
	c.Objects = slices.DeleteFunc(c.Objects, func(o *Object) bool { return o.Application != nil && codes[o.Application.Code] })
	var numbers []int
	for i, o := range c.Input.Workloads {
		if codes[o.Application.Code] {
			numbers = append(numbers, c.Input.First+i)
		}
	}
	if len(numbers) > 0 {
		c.Input = c.Input.Without(numbers)
	}
	c.Context = lint.NewContext(c.Input)
}

// pair finds the objects that differ. Where an object is there several times, those of the same application belong together.
func (c *Change) pair() {
	before := map[ID][]*Object{}
	for _, o := range c.Before.Objects {
		before[o.ID] = append(before[o.ID], o)
	}
	var created []*Object
	var both []*Pair
	for _, o := range c.After.Objects {
		others := before[o.ID]
		i := slices.IndexFunc(others, func(b *Object) bool { return b.code() == o.code() })
		if i < 0 {
			created = append(created, o)
			continue
		}
		both = append(both, &Pair{o.ID, others[i], o})
		before[o.ID] = slices.Delete(slices.Clone(others), i, i+1)
	}
	c.Pairs = differing(both)
	for _, o := range created {
		p := &Pair{ID: o.ID, After: o}
		if others := before[o.ID]; len(others) > 0 { // another application has it now
			p.Before, before[o.ID] = others[0], others[1:]
		}
		c.Pairs = append(c.Pairs, p)
	}
	for _, o := range c.Before.Objects {
		if slices.Contains(before[o.ID], o) {
			c.Pairs = append(c.Pairs, &Pair{ID: o.ID, Before: o})
		}
	}
	slices.SortStableFunc(c.Pairs, func(a, b *Pair) int { return a.ID.compare(b.ID) })
}

// differing are those pairs whose objects are not the same, in order. All processors look for them.
func differing(all []*Pair) []*Pair {
	equal := make([]bool, len(all))
	var group sync.WaitGroup
	share := len(all)/runtime.GOMAXPROCS(0) + 1
	for first := 0; first < len(all); first += share {
		group.Go(func() {
			for i := first; i < min(first+share, len(all)); i++ {
				if equal[i] = same(all[i].Before, all[i].After); equal[i] {
					all[i].Before.forget()
					all[i].After.forget()
				}
			}
		})
	}
	group.Wait()
	var out []*Pair
	for i, p := range all {
		if !equal[i] {
			out = append(out, p)
		}
	}
	return out
}

// code is that of the application that deploys an object; empty for what roster renders.
func (o *Object) code() string {
	if o.Application == nil {
		return ""
	}
	return o.Application.Code
}

// ask asks one kind. An error is a fault of the kind.
func (c *Change) ask(k *Kind) (found []Consequence, err error) {
	defer func() {
		if r := recover(); r != nil {
			found, err = nil, fmt.Errorf("internal error, please report it: %v", r)
		}
	}()
	k.Find(c, func(f Consequence) {
		if !slices.Contains(k.Words, f.Word) {
			panic(fmt.Sprintf("%s has no word %q", k.Name, f.Word))
		}
		if len(f.Causes) == 0 {
			f.Causes = c.CausesOf(f.Objects, f.About...)
		}
		f.Kind, f.Clusters = k.Name, []string{c.Cluster}
		found = append(found, f)
	})
	return found, nil
}

func (c *Change) objectChange(p *Pair, known map[string]bool) ObjectChange {
	o := p.Either()
	out := ObjectChange{Cluster: c.Cluster, ID: p.ID, APIVersion: o.APIVersion, Sort: Changed, Application: o.code()}
	switch {
	case p.Before == nil:
		out.Sort = Created
	case p.After == nil:
		out.Sort = Deleted
	}
	if o.Entry != nil {
		out.Entry = o.Entry.Name
	}
	out.Fields = p.Fields()
	conceal(p, out.Fields, known)
	out.Causes = c.CausesOf([]ID{p.ID})
	return out
}

// Fields are the fields of an object that differ, with those that mean nothing marked. Secrets' values are among them: they are for comparing, and
// not to be shown.
func (p *Pair) Fields() []fields.Difference {
	var from, to any
	if p.Before != nil {
		from = p.Before.Content()
	}
	if p.After != nil {
		to = p.After.Content()
	}
	out := fields.Compare(from, to)
	markNoise(p, out)
	return out
}

// merged are consequences in order, those that are the same on several clusters once.
func merged(found []Consequence, kinds []*Kind, clusters int) []Consequence {
	type key struct{ kind, word, subject, message string }
	at := map[key]int{}
	var out []Consequence
	for _, f := range found {
		k := key{f.Kind, f.Word, f.Subject, f.Message}
		if i, known := at[k]; known {
			if !slices.Contains(out[i].Clusters, f.Clusters[0]) {
				out[i].Clusters = append(out[i].Clusters, f.Clusters[0])
			}
			continue
		}
		at[k] = len(out)
		out = append(out, f)
	}
	order := map[string]int{}
	for i, k := range kinds {
		order[k.Name] = i
	}
	for i := range out {
		if len(out[i].Clusters) == clusters {
			out[i].Clusters = nil
		}
	}
	slices.SortStableFunc(out, func(a, b Consequence) int {
		return cmp.Or(slices.Index(Weights(), a.Weight)-slices.Index(Weights(), b.Weight), order[a.Kind]-order[b.Kind], cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Message, b.Message))
	})
	return out
}
