package formats

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/diff/fields"
	"github.com/hippotion/roster/internal/lint"
)

// view is a result as people read it: in the order in which they read it, with places as they see them. All its texts are on one line, and each
// of their characters can be seen; what a format makes of markup it still has to escape. The values of fields are not in it: rows makes them
// when they are printed, since those of ten thousand objects would not fit beside each other.
type view struct {
	Before, After   string    // the names of both sides
	Sections        []section // those that have consequences, the heaviest first
	Brought, Mended []finding
	Linted          bool
	Clusters        []cluster // those in which objects differ, by name
	Unknown         []unknown // what was not compared or not judged
	Mistakes        []mistake // that the change brings, when both sides can be read
	Broken          []broken  // the sides that cannot be read
	Other           string    // what the side has that can be read, when the other one cannot; empty otherwise
	Totals          totals
	Failed          []string // the words of --fail-on that the change has
}

// section are the consequences of one weight.
type section struct {
	Weight       diff.Weight
	Consequences []consequence
}

type consequence struct {
	*diff.Consequence
	Word, Message string
	Details       []string
	On            []string // clusters, where it does not happen on all of them
	Places        []string // of the lines that cause it
	Failed        bool     // whether --fail-on names it
}

type finding struct {
	*lint.Finding
	Place, Message, Rule, Hint string
}

// unknown is something that nobody looked at. Place is empty when it has none.
type unknown struct{ What, Why, Place string }

// broken is a side that cannot be read, and what is wrong with it.
type broken struct {
	Side     string
	Mistakes []mistake
}

type mistake struct{ Place, Message, Code, Hint string }

type cluster struct {
	Name   string // empty when the list names no clusters
	Groups []group
}

// group are the objects of an application or, when that is empty, of what roster renders for an entry. Without an entry, it is the platform's.
type group struct {
	Entry, Application string
	Objects            []object // by namespace, kind and name
}

// Title is what the objects of a group have in common.
func (g group) Title() string {
	switch {
	case g.Application == "":
		return cmp.Or(g.Entry, "the platform")
	case g.Entry == "":
		return g.Application
	}
	return g.Entry + ", application " + g.Application
}

type object struct {
	*diff.ObjectChange
	Title  string   // kind, namespace and name
	Places []string // of the lines that cause it
}

// Sign is what happens to an object in one character.
func (o object) Sign() string {
	return map[diff.Sort]string{diff.Created: "+", diff.Deleted: "-", diff.Changed: "~"}[o.Sort]
}

// Loud are the fields that mean something.
func (o object) Loud() []fields.Difference {
	return slices.DeleteFunc(slices.Clone(o.Fields), func(f fields.Difference) bool { return f.Noise != "" })
}

// Folded is what means nothing, as one line: how many fields, and why. It is empty when there are none.
func (o object) Folded() string {
	if n := len(o.Fields) - len(o.Loud()); n > 0 {
		return diag.Thousands(n) + " folded: " + strings.Join(noise(o), ", ")
	}
	return ""
}

// Quiets are the objects of which only noise differs, as one line: how many, and why. It is empty when there are none.
func (g group) Quiets() string {
	quiet := slices.DeleteFunc(slices.Clone(g.Objects), func(o object) bool { return !o.Quiet() })
	if len(quiet) == 0 {
		return ""
	}
	return number(len(quiet), "object folded: ", "objects folded: ") + strings.Join(noise(quiet...), ", ")
}

// noise is why differences mean nothing, each reason once.
func noise(objects ...object) []string {
	reasons := map[string]bool{}
	for _, o := range objects {
		for _, f := range o.Fields {
			if f.Noise != "" {
				reasons[text(f.Noise)] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(reasons))
}

// viewed is what people read of a report.
func viewed(r *Report) *view {
	v := &view{Before: text(titleOf(r.Before)), After: text(titleOf(r.After)), Linted: r.Linted, Totals: count(r.Result)}
	for _, w := range r.Failed {
		v.Failed = append(v.Failed, text(w))
	}
	for _, w := range diff.Weights() {
		s := section{Weight: w}
		for i := range r.Consequences {
			if c := &r.Consequences[i]; c.Weight == w {
				s.Consequences = append(s.Consequences, r.consequence(c))
			}
		}
		if len(s.Consequences) > 0 {
			v.Sections = append(v.Sections, s)
		}
	}
	v.Brought, v.Mended = r.found(r.Findings, false), r.found(r.Mended, true)
	v.Clusters, v.Unknown = r.clusters(), r.unknown()
	for i, side := range []*diff.Side{r.Before, r.After} {
		switch {
		case r.Broken[i]:
			v.Broken = append(v.Broken, broken{text(side.Name), r.mistakes(side.Mistakes, i == 0)})
		case r.Broken[1-i]:
			v.Other = has(side)
		}
	}
	if len(v.Broken) == 0 {
		v.Mistakes = r.mistakes(r.NewMistakes(), false)
	}
	return v
}

func (r *Report) consequence(c *diff.Consequence) consequence {
	return consequence{
		Consequence: c, Word: text(c.Word), Message: text(c.Message), Details: texts(c.Details), On: texts(c.Clusters),
		Places: r.places(c.Causes), Failed: r.fails(c),
	}
}

// places are the lines of causes as the reader sees them. One of the side before has that side's name: main:applications.yml:31.
func (r *Report) places(causes []diff.Cause) []string {
	var out []string
	for _, c := range causes {
		out = append(out, r.place(c))
	}
	return out
}

func (r *Report) place(c diff.Cause) string {
	switch {
	case c.Pos.File == "":
		return ""
	case c.Before:
		return text(revisionOf(r.Before)) + ":" + text(r.Before.Frame.Seen(c.Pos).String())
	}
	return text(diag.Shown(r.After.Frame.Seen(c.Pos)))
}

// found are findings of lint: of the side before, those that the change mends.
func (r *Report) found(all []lint.Finding, before bool) []finding {
	var out []finding
	for i := range all {
		f := &all[i]
		out = append(out, finding{f, r.place(diff.Cause{Pos: f.Pos, Before: before}), text(headline(f.Diagnostic)), text(f.Code), text(f.Hint)})
	}
	return out
}

// headline is what is wrong, and where in the document.
func headline(d diag.Diagnostic) string {
	if d.Path == "" {
		return d.Message
	}
	return d.Path + ": " + d.Message
}

func (r *Report) clusters() []cluster {
	type key struct{ cluster, entry, application string }
	of := map[key]*group{}
	var keys []key
	for i := range r.Objects {
		o := &r.Objects[i]
		k := key{o.Cluster, o.Entry, o.Application}
		if of[k] == nil {
			of[k] = &group{Entry: text(o.Entry), Application: text(o.Application)}
			keys = append(keys, k)
		}
		of[k].Objects = append(of[k].Objects, object{o, text(o.ID.String()), r.places(o.Causes)})
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(a.cluster, b.cluster), cmp.Compare(a.entry, b.entry), cmp.Compare(a.application, b.application))
	})
	var out []cluster
	for i, k := range keys {
		if i == 0 || keys[i-1].cluster != k.cluster {
			out = append(out, cluster{Name: text(k.cluster)})
		}
		last := &out[len(out)-1]
		last.Groups = append(last.Groups, *of[k])
	}
	return out
}

func (r *Report) unknown() []unknown {
	var out []unknown
	for _, n := range r.NotCompared {
		out = append(out, unknown{on(n.Cluster, "application "+n.Application), text(n.Why), r.place(n.At)})
	}
	for _, n := range r.NotJudged {
		out = append(out, unknown{on(n.Cluster, "consequences of kind "+n.Kind), text(n.Why), ""})
	}
	return out
}

// on is something of a cluster.
func on(cluster, what string) string {
	if cluster != "" {
		what = cluster + ": " + what
	}
	return text(what)
}

func (r *Report) mistakes(all diag.List, before bool) []mistake {
	var out []mistake
	for _, d := range all {
		out = append(out, mistake{r.place(diff.Cause{Pos: d.Pos, Before: before}), text(headline(d)), text(d.Code), text(d.Hint)})
	}
	return out
}

// has is what there is on a side.
func has(side *diff.Side) string {
	applications, objects := 0, 0
	for _, c := range side.Clusters {
		applications, objects = applications+len(c.Applications), objects+len(c.Objects)
	}
	return text(side.Name) + " has " + number(applications, "application", "applications") + " and " + number(objects, "object", "objects")
}

// number is how many there are of something.
func number(n int, one, many string) string { return diag.Thousands(n) + " " + plural(n, one, many) }

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

const longestText = 2000 // bytes of a message, which may quote what is of any length

// text is a text of the input, or one that quotes it, on one line, in which each character can be seen.
func text(s string) string { return diag.Visible(diag.Beginning(s, longestText)) }

func texts(all []string) []string {
	var out []string
	for _, s := range all {
		out = append(out, text(s))
	}
	return out
}

// revisionOf is a side in front of a place, in few characters.
func revisionOf(s *diff.Side) string {
	if len(s.Commit) < shortCommit {
		return s.Name
	}
	return s.Commit[:shortCommit]
}

const shortCommit = 7 // digits, as Git shows them

// titleOf is a side with its commit.
func titleOf(s *diff.Side) string {
	switch revision := revisionOf(s); {
	case s.Name == s.Commit && s.Name != "": // all its digits say no more
		return "commit " + revision
	case revision != s.Name:
		return s.Name + " (" + revision + ")"
	}
	return s.Name
}
