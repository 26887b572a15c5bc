package kinds

import (
	"cmp"
	"fmt"
	"net/url"
	"path"
	"slices"

	"github.com/Masterminds/semver/v3"
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff"
)

var version = &diff.Kind{
	Name:    "version",
	Words:   []string{"version"},
	Summary: "An application gets another version, or comes from another place",
	Find:    findVersions,
}

func findVersions(c *diff.Change, found func(diff.Consequence)) {
	findRepository(c, found)
	before := map[string]*diff.Application{}
	for _, a := range c.Before.Applications {
		before[a.Code] = a
	}
	for _, after := range c.After.Applications {
		was := before[after.Code]
		if was == nil {
			continue
		}
		var lines []versionLine
		if was.Catalog != after.Catalog {
			lines = append(lines, versionLine{fmt.Sprintf("comes from another place: %s, and no longer %s", ofCatalog(after), ofCatalog(was)), true})
		} else {
			lines = sourceChanges(sourcesOf(c.Before, was), sourcesOf(c.After, after))
		}
		if len(lines) == 0 {
			continue
		}
		f := diff.Consequence{Word: "version", Weight: diff.Plain, Subject: "application " + after.Code, Causes: c.CausesAt(&was.Place, &after.Place)}
		f.Message = fmt.Sprintf("application %s: %s", after.Code, lines[0].text)
		for _, l := range lines[1:] {
			f.Details = append(f.Details, "also "+l.text)
		}
		f.Details = firstLines(f.Details, mostReadings)
		if slices.ContainsFunc(lines, func(l versionLine) bool { return l.notable }) {
			f.Weight = diff.Notice
		}
		why := after.Unknown
		if why == "" && was.Unknown != "" {
			why = "before: " + was.Unknown
		}
		if why != "" {
			f.Details = append(f.Details, "what this changes in the cluster is not known: "+why)
		}
		found(f)
	}
}

// findRepository finds that the list is in another repository, or read at another revision, for all applications at once.
func findRepository(c *diff.Change, found func(diff.Consequence)) {
	if c.Before.Context == nil || c.After.Context == nil {
		return
	}
	before, after := c.Before.Context.Platform.Repository, c.After.Context.Platform.Repository
	if before.URL == after.URL && before.Revision == after.Revision {
		return
	}
	name := func(r catalog.Repository) string { return cmp.Or(shownURL(r.URL), "(no URL)") + " " + r.Revision }
	at := func(r catalog.Repository) *catalog.Place {
		return &catalog.Place{Pos: diag.Position{File: path.Join(r.Folder, catalog.PlatformFile), Line: 1, Column: 1}}
	}
	found(diff.Consequence{
		Word: "version", Weight: diff.Notice, Subject: "the repository of the list", Causes: c.CausesAt(at(before), at(after)),
		Message: fmt.Sprintf("the list and its applications are read from %s now, and no longer from %s", name(after), name(before)),
	})
}

// sourcesOf are the sources of an application, with Here for all that are read from the repository as it is here.
func sourcesOf(cluster *diff.Cluster, a *diff.Application) []catalog.Source {
	out := slices.Clone(a.Sources)
	for i := range out {
		if r := cluster.Context.Platform.Repository; out[i].RepoURL == r.URL && out[i].Revision == r.Revision {
			out[i].Here = true
		}
	}
	return out
}

// versionLine is something that is different in the sources of an application.
type versionLine struct {
	text    string
	notable bool
}

func ofCatalog(a *diff.Application) string {
	switch {
	case a.Catalog != "":
		return a.Catalog + " of roster's catalog"
	case len(a.Sources) > 0:
		return sourceName(a.Sources[0])
	}
	return "a source of its own"
}

// sourceChanges are what differs in the sources of an application: of each in its place or, when their number differs, of those that are found
// again. Sources of this repository are compared as what they deploy.
func sourceChanges(before, after []catalog.Source) []versionLine {
	var out []versionLine
	for i, now := range after {
		j := i
		if len(before) != len(after) {
			j = slices.IndexFunc(before, func(was catalog.Source) bool {
				return was.RepoURL == now.RepoURL && was.Chart == now.Chart && was.Path == now.Path && was.Ref == now.Ref && was.Name == now.Name
			})
		}
		if j >= 0 {
			out = append(out, sourceChange(before[j], now)...)
		}
	}
	return out
}

func sourceChange(before, after catalog.Source) []versionLine {
	switch {
	case before.Here && after.Here:
		return nil
	case before.Here != after.Here, before.RepoURL != after.RepoURL, before.Chart != after.Chart:
		return []versionLine{{fmt.Sprintf("comes from another place: %s, and no longer %s", sourceName(after), sourceName(before)), true}}
	}
	var out []versionLine
	if before.Path != after.Path {
		out = append(out, versionLine{fmt.Sprintf("reads folder %s of %s, and no longer %s", after.Path, shownURL(after.RepoURL), before.Path), true})
	}
	if before.Revision != after.Revision {
		what := "revision"
		if after.Chart != "" {
			what = "chart " + after.Chart
		}
		text := fmt.Sprintf("%s %s → %s", what, diag.Beginning(cmp.Or(before.Revision, "(none)"), longestReference), diag.Beginning(cmp.Or(after.Revision, "(none)"), longestReference))
		if after.Chart == "" {
			text += " of " + shownURL(after.RepoURL)
		}
		step, notable := versionStep(before.Revision, after.Revision)
		out = append(out, versionLine{text + step, notable})
	}
	return out
}

// sourceName is where a source is, for people.
func sourceName(s catalog.Source) string {
	switch {
	case s.Here:
		return "folder " + s.Path + " of this repository"
	case s.Chart != "":
		return "chart " + s.Chart + " " + s.Revision + " of " + shownURL(s.RepoURL)
	case s.Path != "" && s.Path != ".":
		return "folder " + s.Path + " of " + shownURL(s.RepoURL) + " " + s.Revision
	}
	return shownURL(s.RepoURL) + " " + s.Revision
}

// shownURL is a URL without the user and the password in it.
func shownURL(text string) string {
	if u, err := url.Parse(text); err == nil && u.User != nil {
		u.User = nil
		text = u.String()
	}
	return diag.Beginning(text, longestReference)
}

// versionStep says how far one version is from another one, where both say which they are.
func versionStep(before, after string) (text string, notable bool) {
	b, err := semver.NewVersion(before)
	a, otherErr := semver.NewVersion(after)
	switch {
	case err != nil || otherErr != nil:
		return "", false
	case a.Major() > b.Major():
		return ", a new major version", true
	case a.Major() < b.Major():
		return ", an older major version", true
	case a.LessThan(b):
		return ", an older version", false
	}
	return "", false
}
