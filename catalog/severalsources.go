package catalog

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/syntax"
)

// refName is what Argo CD accepts as the name of a source (util/argo, GetRefSources).
var refName = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)

// part is an application with one of its sources alone.
func (in *app) part(p *partInput) *app {
	out := *in
	out.Node, out.whole, out.Sources = p.Node, in, nil
	out.Path, out.Chart, out.Version, out.RepoURL, out.Revision = p.Path, p.Chart, p.Version, p.RepoURL, p.Revision
	out.Values, out.ValueFiles, out.Helm, out.Kustomize, out.Directory = p.Values, p.ValueFiles, p.Helm, p.Kustomize, p.Directory
	out.Plugin, out.Patches = p.Plugin, p.Patches
	return &out
}

// isRef reports whether the source has files for others, and no objects.
func (p *partInput) isRef() bool { return p.Ref.IsSet() && !p.Path.IsSet() && !p.Chart.IsSet() }

// severalSources are the sources of an application that has a list of them. What each brings is applied.
func (r *sourceReader) severalSources(in *app) deployed {
	alone(in)
	refs := r.refs(in)
	names := map[string]*syntax.Node{}
	d := deployed{reads: []string{}}
	var all []*Workload
	var unseen []string
	renderable, needsValues := true, false
	for i := range in.Sources {
		p := &in.Sources[i]
		if p.Node == nil {
			continue
		}
		title := fmt.Sprintf("source %d", i+1)
		if p.Name.IsSet() {
			if title = "source " + p.Name.V; names[p.Name.V] != nil {
				p.Name.ReportWith(names[p.Name.V], "first here", "duplicate-source", "choose another name", "two sources have the name %s", syntax.Quote(p.Name.V))
			}
			names[p.Name.V] = p.Name.Node
		}
		if p.isRef() {
			if s := refs["$"+p.Ref.V]; s != nil {
				s.Name = p.Name.V
				d.sources = append(d.sources, *s)
			}
			continue
		}
		part := in.part(p)
		part.refs = refs
		one := r.source(part)
		if len(p.Patches) > 0 {
			one = r.patchedPart(part, one)
		}
		if len(one.sources) == 0 { // reported
			renderable = false
			continue
		}
		s := one.sources[0]
		s.Ref, s.Name = p.Ref.V, p.Name.V
		s.Here = p.Ref.IsSet() && r.isHere(&s)
		oneRevision(p, &s, refs)
		d.sources, needsValues = append(d.sources, s), needsValues || len(one.sources) > 1
		w := one.workload
		if w == nil {
			unseen = append(unseen, title+": "+one.elsewhere)
			w = one.remote
		}
		switch {
		case one.reads == nil && !(p.Chart.IsSet() && len(p.ValueFiles) == 0):
			d.reads = nil
		case d.reads != nil:
			for _, read := range one.reads {
				if !strings.HasPrefix(read, "/") {
					read = "/" + path.Join(s.Path, read)
				}
				d.reads = append(d.reads, read)
			}
		}
		if w == nil {
			renderable = false
			continue
		}
		w.Title = title
		all = append(all, w)
	}
	if needsValues {
		d.sources = r.withValues(in, d.sources)
	}
	for _, s := range refs {
		if !s.Here { // a commit there must render it again
			d.reads = nil
		}
	}
	slices.Sort(d.reads)
	d.reads = slices.Compact(d.reads)
	d.elsewhere = strings.Join(unseen, "; ")
	switch {
	case len(all) == 0 && renderable:
		in.Report("missing-field", "add one with path or chart", "no source brings objects")
	case renderable && len(unseen) == 0:
		d.workload, d.others = all[0], all[1:]
	case renderable:
		d.remote, d.others = all[0], all[1:]
	}
	return d
}

// alone reports the keys of a single source beside a list of sources.
func alone(in *app) {
	const hint = "write it in one of the sources"
	report := func(at *syntax.Node, key string) {
		if at != nil {
			at.Report("bad-choice", hint, "%s belongs to a single source, and the application has a list of them", key)
		}
	}
	report(in.Path.Node, "path")
	report(in.Chart.Node, "chart")
	report(in.Catalog.Node, "catalog")
	report(in.RepoURL.Node, "repoURL")
	report(in.Version.Node, "version")
	report(in.Revision.Node, "revision")
	report(in.Values.Node, "values")
	if in.Helm != nil {
		report(in.Helm.Node, "helm")
	}
	if in.Kustomize != nil {
		report(in.Kustomize.Node, "kustomize")
	}
	if in.Directory != nil {
		report(in.Directory.Node, "directory")
	}
	if in.Plugin != nil {
		report(in.Plugin.Node, "plugin")
	}
	for _, f := range present(in.ValueFiles...) {
		report(f.Node, "valueFiles")
	}
	for i := range in.Patches {
		report(in.Patches[i].Node, "patches")
	}
}

// refs are the sources that value files may be of, by the names that begin them.
func (r *sourceReader) refs(in *app) map[string]*Source {
	out := map[string]*Source{}
	first := map[string]*syntax.Node{}
	for i := range in.Sources {
		p := &in.Sources[i]
		if p.Node == nil || !p.Ref.IsSet() {
			continue
		}
		switch {
		case !refName.MatchString(p.Ref.V):
			p.Ref.Report("bad-name", "", `expected letters, digits, "-" and "_", found %s`, syntax.Quote(p.Ref.V))
			continue
		case first[p.Ref.V] != nil:
			p.Ref.ReportWith(first[p.Ref.V], "first here", "duplicate-source", "choose another name", "two sources have the ref %s", syntax.Quote(p.Ref.V))
			continue
		case p.Chart.IsSet() || strings.HasPrefix(p.RepoURL.V, "oci://"):
			p.Ref.Report("no-effect", "remove it", "Argo CD takes value files of other sources from Git repositories alone")
			continue
		case !gitRepository(p.RepoURL) || !revisionOf(p.Revision):
			continue
		}
		first[p.Ref.V] = p.Ref.Node
		s := &Source{RepoURL: p.RepoURL.V, Revision: p.Revision.Or("HEAD"), Ref: p.Ref.V}
		if !p.RepoURL.IsSet() || p.RepoURL.V == r.repoURL {
			r.needRepository()
			s.RepoURL, s.Revision = r.repoURL, p.Revision.Or(r.revision)
		}
		s.Here = r.isHere(s)
		out["$"+p.Ref.V] = s
		if p.isRef() {
			excluded(in.part(p), "a source with ref alone", p.Version)
			if p.Values.Node != nil {
				p.Values.Report("no-effect", "remove it", "this has no effect on a source with ref alone")
			}
		}
	}
	return out
}

func (r *sourceReader) isHere(s *Source) bool {
	return s.RepoURL == r.repoURL && s.Revision == r.revision
}

// oneRevision reports value files of a repository in two revisions at once: Argo CD has one checkout of each (reposerver/repository,
// runManifestGenAsync).
func oneRevision(p *partInput, s *Source, refs map[string]*Source) {
	if s.Helm == nil {
		return
	}
	revisions := map[string]string{}
	if s.Chart == "" {
		revisions[sameRepository(s.RepoURL)] = s.Revision
	}
	report := func(t text) {
		name, _, _ := strings.Cut(t.V, "/")
		ref := refs[name]
		if ref == nil {
			return
		}
		switch before, known := revisions[sameRepository(ref.RepoURL)]; {
		case !known:
			revisions[sameRepository(ref.RepoURL)] = ref.Revision
		case before != ref.Revision:
			t.Report("two-revisions", "use one revision", "Argo CD reads one revision of a repository for a source: %s and %s of %s", before, ref.Revision, ref.RepoURL)
		}
	}
	for _, f := range present(p.ValueFiles...) {
		report(f)
	}
	if p.Helm != nil {
		for _, f := range p.Helm.FileParameters.Items {
			report(f.Value)
		}
	}
}

// sameRepository is the same for URLs that Argo CD takes for one repository.
func sameRepository(url string) string {
	return strings.TrimSuffix(strings.TrimRight(strings.ToLower(url), "/"), ".git")
}

// withValues adds this repository as the source of value files that have no ref.
func (r *sourceReader) withValues(in *app, sources []Source) []Source {
	ours := r.valuesSource()
	for _, s := range sources {
		switch {
		case s.Ref != ours.Ref:
		case s.Here:
			return sources
		default:
			in.Report("bad-choice", "give that source another ref", "roster gives this repository the ref %q, because of value files without one, and a source has it already", ours.Ref)
		}
	}
	return append(sources, ours)
}

// patchedPart is a source with patches of its own, among several: Argo CD patches kustomizations only.
func (r *sourceReader) patchedPart(in *app, d deployed) deployed {
	patches := r.patches(in)
	w := d.workload
	if w == nil {
		w = d.remote
	}
	if len(d.sources) == 0 || len(patches) == 0 {
		return d
	}
	if w == nil || w.Kind != Kustomization {
		in.Patches[0].Report("unpatchable", "patch a kustomization, or make it an application of its own", "Argo CD cannot patch this source")
		return d
	}
	d = r.patched(in, d, patches, in.Patches[0].Node)
	w.Patches = patches
	return d
}

// refFile is a value file of another source, if it begins with the name of one.
func (r *sourceReader) refFile(in *app, s *Source, t text) (f valueFile, isRef, ok bool) {
	name, file, _ := strings.Cut(t.V, "/")
	if in.refs == nil || !strings.HasPrefix(name, "$") {
		return f, false, false
	}
	ref := in.refs[name]
	if ref == nil {
		if name+"/" == valuesRef { // of this repository
			return f, false, false
		}
		t.Report("bad-path", "add a source with that ref; or begin a path with ./ that begins with a variable", "%s begins with the name of an unknown source", shown(t.V))
		return f, true, false
	}
	f = valueFile{written: t.V, ref: true}
	if file == "" {
		t.Report("bad-path", "", "expected $%s/PATH, found %s", ref.Ref, shown(t.V))
		return f, true, false
	}
	if ref.Here {
		f, ok = r.valueFile(in, s, text{V: "/" + strings.TrimLeft(file, "/"), Node: t.Node}, ".")
		f.written, f.ref = t.V, true
		return f, true, ok
	}
	expanded, err := r.environment(in, s).Expand(file)
	return f, true, err != nil || inside(t, path.Clean(strings.TrimLeft(expanded, "/")), "a file of the other source")
}
