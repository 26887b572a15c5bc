package diff

import (
	"cmp"
	"math"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/source"
)

const (
	mostCauses  = 3       // of one consequence
	mostLooked  = 20      // of one object, of which some are about what is said
	mostFiles   = 2000    // of an application, that are compared
	longestFile = 4 << 20 // bytes; of a longer file nobody says which lines differ
)

// CausesOf are the lines that have changed what some objects are, the most specific first. If some of them have one of the words that a consequence
// is about, such as the name of an image, it is only these.
func (c *Change) CausesOf(ids []ID, words ...string) []Cause {
	var all, about []Cause
	for _, id := range ids[:min(len(ids), 20)] {
		before, after := c.Object(id)
		if before == nil && after == nil {
			continue
		}
		for _, cause := range c.causes(before, after) {
			if !slices.Contains(all, cause) {
				all = append(all, cause)
			}
			if line, some := c.lines.with(cause, words); some && !slices.Contains(about, line) {
				about = append(about, line)
			}
		}
		if len(words) == 0 && len(all) >= mostCauses || len(about) >= mostCauses {
			break
		}
	}
	if len(about) > 0 {
		all = about
	}
	return all[:min(len(all), mostCauses)]
}

// CausesAt are the lines that have changed at a place of the list, and what belongs to it; either place may be missing.
func (c *Change) CausesAt(before, after *catalog.Place) []Cause {
	var out []Cause
	shown := 1
	if after == nil {
		shown = 0
	}
	for side, at := range []*catalog.Place{before, after} {
		if at != nil && at.Pos.File != "" {
			out = append(out, c.block(side, at.Pos, shown)...)
		}
	}
	return unique(out)
}

// causes are those of one object.
func (c *Change) causes(before, after *Object) (out []Cause) {
	both := [2]*Object{before, after}
	if out, known := c.caused[both]; known {
		return out
	}
	ways := []func() []Cause{
		func() []Cause { return c.inManifest(both) },
		func() []Cause { return c.atPlace(both) },
		func() []Cause { return c.inApplication(both) },
		func() []Cause { return c.inEntry(both) },
		func() []Cause { return c.inProfiles(both) },
		func() []Cause { return c.inFiles(c.platformFiles()) },
		func() []Cause { return c.inFiles(c.listFiles()) },
	}
	for _, way := range ways {
		if out = unique(way()); len(out) > 0 {
			break
		}
	}
	if c.caused == nil {
		c.caused = map[[2]*Object][]Cause{}
	}
	c.caused[both] = out[:min(len(out), mostLooked)]
	return c.caused[both]
}

// inManifest are the lines of the document that an object was made from.
func (c *Change) inManifest(both [2]*Object) (out []Cause) {
	for side, o := range both {
		if o != nil && o.Deployed != nil && o.Deployed.Written() && o.At.Pos.Line > 0 {
			out = append(out, c.touching(side, o.At.Pos, c.lines.documentEnd(side, o.At.Pos), shownOf(both))...)
		}
	}
	return out
}

// atPlace are the lines below the key of the list that an object was made from.
func (c *Change) atPlace(both [2]*Object) (out []Cause) {
	for side, o := range both {
		if o != nil && o.Deployed == nil && o.At.Pos.File != "" && (o.Entry == nil || o.At.Pos != o.Entry.Place.Pos) {
			out = append(out, c.block(side, o.At.Pos, c.listed(both))...)
		}
	}
	return out
}

// inApplication are the lines of the application of an object, of the files that its sources read, and of the lock.
func (c *Change) inApplication(both [2]*Object) (out []Cause) {
	read := map[string]bool{}
	for side, o := range both {
		if o == nil || o.Application == nil {
			continue
		}
		out = append(out, c.block(side, o.Application.Place.Pos, c.listed(both))...)
		for _, name := range o.Application.Reads() {
			read[name] = true
		}
	}
	var names []string
	for name := range read {
		names = append(names, c.lines.below(name)...)
	}
	slices.Sort(names)
	out = append(out, c.lines.clues(slices.Compact(names)).causes(c.lines, both)...)
	if len(out) > 0 {
		return out
	}
	for _, o := range both {
		if o != nil && o.Application != nil {
			out = append(out, c.inLock(o.Application)...)
		}
	}
	return out
}

// inLock are the lines of the lock that name what an application asks for.
func (c *Change) inLock(a *catalog.Application) (out []Cause) {
	lock := path.Join(c.folder(), source.LockFile)
	for _, cause := range c.inFiles([]string{lock}) {
		for _, s := range a.Sources {
			if name := cmp.Or(s.Chart, s.RepoURL); name != "" && strings.Contains(c.lines.around(cause), name) {
				out = append(out, cause)
			}
		}
	}
	return out
}

// inEntry are the lines of the entry of an object, outside of its applications where that is possible.
func (c *Change) inEntry(both [2]*Object) (out []Cause) {
	for side, o := range both {
		if o != nil && o.Entry != nil {
			out = append(out, c.block(side, o.Entry.Place.Pos, c.listed(both))...)
		}
	}
	return out
}

// inProfiles are the lines of the user's own profiles.
func (c *Change) inProfiles(both [2]*Object) []Cause {
	var names []string
	for side, o := range both {
		cluster := c.Clusters()[side]
		if o == nil || cluster.Context == nil || o.Kind != "CiliumNetworkPolicy" && o.Kind != "NetworkPolicy" {
			continue
		}
		for _, p := range cluster.Context.Platform.Profiles {
			if p.Used {
				names = append(names, p.File)
			}
		}
	}
	slices.Sort(names)
	return c.inFiles(slices.Compact(names))
}

func (c *Change) folder() string {
	for _, cluster := range []*Cluster{c.After, c.Before} {
		if cluster.Context != nil {
			return cluster.Context.Platform.Repository.Folder
		}
	}
	return "."
}

func (c *Change) platformFiles() []string {
	return []string{path.Join(c.folder(), catalog.PlatformFile)}
}

func (c *Change) listFiles() []string {
	var out []string
	for _, cluster := range c.Clusters() {
		if cluster.Context != nil {
			out = append(out, cluster.Context.Platform.Repository.ListFiles...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// inFiles are the lines of files that differ.
func (c *Change) inFiles(names []string) (out []Cause) {
	for _, name := range names {
		for _, h := range c.lines.hunks(name) {
			out = append(out, c.lines.cause(h, name, 1))
		}
		if len(out) > 100 {
			break
		}
	}
	return out
}

// block are the lines that differ in what begins at a place: the lines that follow it and are indented more.
func (c *Change) block(side int, at diag.Position, shown int) []Cause {
	return c.touching(side, at, c.lines.blockEnd(side, at), shown)
}

// touching are the first hunks of a file that touch the lines of a side from a place to before end.
func (c *Change) touching(side int, at diag.Position, end, shown int) (out []Cause) {
	all := c.lines.hunks(at.File) // in order
	for _, h := range all[sort.Search(len(all), func(i int) bool { return all[i].of(side).within(at.Line, math.MaxInt) }):] {
		if !h.of(side).within(at.Line, end) || len(out) == mostLooked {
			break
		}
		out = append(out, c.lines.causeFrom(h, site{side: side, first: at.Line}, at.File, shown))
	}
	return out
}

// shownOf is the side on which a person looks for a definition: where the object is.
func shownOf(both [2]*Object) int {
	if both[1] == nil {
		return 0
	}
	return 1
}

// listed is the side on which a person looks for what the list says of an object: the one before the change only if its application or its entry is
// there no more.
func (c *Change) listed(both [2]*Object) int {
	if o := both[0]; both[1] == nil && o != nil && c.leaves(o) {
		return 0
	}
	return 1
}

// remaining are what the list has after the change.
type remaining struct{ applications, entries map[string]bool }

func newRemaining(c *Change) *remaining {
	out := &remaining{map[string]bool{}, map[string]bool{}}
	for _, a := range c.After.Applications {
		out.applications[a.Code] = true
	}
	if c.After.Context != nil {
		for i := range c.After.Context.Platform.Namespaces {
			out.entries[c.After.Context.Platform.Namespaces[i].Name] = true
		}
	}
	return out
}

// leaves reports whether the application of an object, or else its entry, is not in the list after the change.
func (c *Change) leaves(o *Object) bool {
	there := Once(c, newRemaining)
	if o.Application != nil {
		return !there.applications[o.code()]
	}
	return o.Entry != nil && !there.entries[o.Entry.Name]
}

func unique(all []Cause) []Cause {
	var out []Cause
	for _, c := range all {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}
