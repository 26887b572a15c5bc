package catalog

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
	"k8s.io/apimachinery/pkg/util/validation"
)

// deployed is where an application comes from: as Argo CD reads it, and as roster can render it.
type deployed struct {
	sources   []Source
	reads     []string  // for manifest-generate-paths; nil when unknown
	workload  *Workload // nil when it is not in this repository
	elsewhere string    // what it is then
	remote    *Workload // and where
	others    []*Workload
}

// sourceReader finds out what applications are made of.
type sourceReader struct {
	*files
	*settings
	known    func(*app) map[string]any // values that roster sets
	homeless bool                      // it is reported that nobody knows where this repository is
}

// source resolves where an application comes from, and what its source reads.
func (r *sourceReader) source(in *app) deployed {
	if in.Sources != nil {
		return r.severalSources(in)
	}
	kustomizeNames(in)
	switch set := present(in.Path, in.Chart, in.Catalog); {
	case len(set) > 1:
		set[1].Report("bad-choice", "keep one of them, and remove the others", "expected one of path, chart and catalog, found %d", len(set))
		return deployed{}
	case in.Catalog.IsSet():
		return r.catalogSource(in)
	case in.Chart.IsSet():
		if in.Plugin != nil {
			in.Plugin.Report("no-effect", "remove it", "plugin has no effect: the source is %s", HelmChart)
		}
		return r.chartSource(in)
	case in.Path.IsSet():
		return r.pathSource(in, in.Path)
	case r.in.Defaults.Path.IsSet():
		return r.pathSource(in, r.in.Defaults.Path)
	}
	if !in.Flawed("path", "chart", "catalog") && !r.flawed("defaults.path") {
		in.Report("missing-field", sourceHint(in), "the application has no source")
	}
	return deployed{}
}

// sourceHint is how an application without a source is given one. People write the whole reference of a chart, as helm pull takes it.
func sourceHint(in *app) string {
	url := strings.TrimSuffix(in.RepoURL.V, "/")
	at := strings.LastIndexByte(url, '/')
	if !strings.HasPrefix(url, "oci://") || at <= len("oci://") || holdsSecret(url) || !isRepository(url, gitURL) || validation.IsDNS1123Label(url[at+1:]) != nil {
		return "set path; or chart, repoURL and version; or catalog; or defaults.path in " + PlatformFile
	}
	version := ""
	if !in.Version.IsSet() {
		version = " and version: 1.2.3"
	}
	return fmt.Sprintf("of the chart %s, write chart: %s, repoURL: %s%s", url, url[at+1:], url[:at], version)
}

// needRepository reports, once, that Argo CD would not know where this repository is.
func (r *sourceReader) needRepository() {
	if r.repoURL != "" || r.in.Repository.URL.IsSet() || r.homeless {
		return
	}
	r.homeless = true
	d := diag.Diagnostic{Pos: diag.Position{File: r.shown(PlatformFile)}, Path: "repository.url", Code: "missing-value",
		Message: "Argo CD must know the URL of this repository", Hint: "add repository: {url: https://…}"}
	if n := r.in.Repository.Node; n != nil {
		d.Pos = n.Pos()
	} else if n := r.in.Node; n != nil {
		d.Pos = n.Pos()
	}
	if !r.flawed("repository.url") {
		r.diags.Add(d)
	}
}

// chartSource is a chart of a Helm or OCI repository, with a second source when it uses value files of this repository
// (argo-cd docs/user-guide/multiple_sources.md, "Helm value files from external Git repository").
func (r *sourceReader) chartSource(in *app) deployed {
	if !in.RepoURL.IsSet() && !in.Flawed("repoURL") {
		in.Report("missing-field", "write repoURL: https://charts.example", `missing "repoURL": the repository of the chart`)
	}
	if !in.Version.IsSet() && !in.Flawed("version") {
		in.Report("missing-field", "write version: 1.2.3, beside chart", `missing "version": the version of the chart`)
	}
	unsuited(in, HelmChart, in.Chart.Node)
	for _, s := range present(in.Revision) {
		s.Report("no-effect", "use version", "a chart of a Helm repository has no revision")
	}
	named, versioned, found := chartNamed(in.Chart), versionOfChart(in.Version), chartRepository(in.RepoURL)
	if !named || !versioned || !found {
		return deployed{}
	}
	d := deployed{elsewhere: strings.TrimSpace("remote chart " + in.Chart.V + " " + in.Version.V)}
	// Argo CD knows Helm's OCI repositories without the scheme (docs/user-guide/helm.md, "OCI").
	s := Source{RepoURL: strings.TrimPrefix(in.RepoURL.V, "oci://"), Chart: in.Chart.V, Revision: in.Version.V, Helm: r.helm(in)}
	w := &Workload{Kind: HelmChart, Source: s, Pos: in.Chart.Pos()}
	listed := r.listedFiles(in, &s, ".")
	w.Values = inOrder(listed)
	var files, inValues []string
	reads := []string{}
	for _, f := range listed {
		files, inValues = append(files, f.behind("/")), append(inValues, f.behind(valuesRef))
		reads = f.addTo(reads)
	}
	if len(files) > 0 {
		w.Source.Helm = s.Helm.WithValueFiles(files)
	}
	if w.Path = r.vendored(in.Chart.V, in.Version.V); w.Path != "" {
		d.workload = w
	} else {
		w.Remote, d.remote = true, w
	}
	if len(inValues) > 0 {
		s.Helm = s.Helm.WithValueFiles(inValues)
	}
	d.sources = []Source{s}
	if slices.ContainsFunc(listed, valueFile.needsSource) {
		d.sources = append(d.sources, r.valuesSource())
	}
	if slices.ContainsFunc(listed, valueFile.isOurs) {
		d.reads = reads
	}
	return d
}

// valuesSource is this repository as the source of value files.
func (r *sourceReader) valuesSource() Source {
	r.needRepository()
	return Source{RepoURL: r.repoURL, Revision: r.revision, Ref: strings.Trim(valuesRef, "$/"), Here: true}
}

// pathSource is a folder of this repository or of another one.
func (r *sourceReader) pathSource(in *app, dir text) deployed {
	for _, s := range present(in.Version) {
		s.Report("no-effect", "use revision", "version applies only to chart")
	}
	clean, ok := repositoryPath(dir)
	if !revisionOf(in.Revision) || !ok {
		return deployed{}
	}
	if in.RepoURL.IsSet() && in.RepoURL.V != r.repoURL {
		if in.Plugin != nil && gitRepository(in.RepoURL) {
			return r.byPlugin(in, Source{RepoURL: in.RepoURL.V, Revision: in.Revision.Or("HEAD"), Path: clean})
		}
		return r.foreignSource(in, dir, clean)
	}
	r.needRepository()
	local := r.inspect(clean)
	if local.problem != "" {
		dir.Report(local.code, local.hint, "%s", local.problem)
		return deployed{}
	}
	if in.Plugin != nil {
		return r.byPlugin(in, Source{RepoURL: r.repoURL, Revision: in.Revision.Or(r.revision), Path: clean})
	}
	kind := local.kind
	if local.both {
		kind = r.chosen(in, local, dir)
	}
	unsuited(in, kind, dir.Node)
	s := Source{RepoURL: r.repoURL, Revision: in.Revision.Or(r.revision), Path: clean}
	r.options(&s, in, kind)
	var values, reads []string
	switch kind {
	case HelmChart:
		var files []string
		files, values, reads = r.valueFiles(in, &s, local)
		if files != nil {
			s.Helm = s.Helm.WithValueFiles(files)
		}
		reads = r.fileParameters(in, &s, local, reads)
	case Kustomization:
		if local.chartLike != "" && s.Kustomize.IsZero() && len(in.Patches) == 0 {
			dir.Report("ambiguous-source", "rename the file, so that it does not end in Chart.yaml",
				"%s is a kustomization, and Argo CD would treat it as a chart because of its file %s", syntax.Quote(dir.V), syntax.Quote(local.chartLike))
		}
		reads = r.withComponents(in, local, clean)
	default:
		reads = r.manifestFolder(in, local, dir)
	}
	d := deployed{sources: []Source{s}, reads: reads, workload: &Workload{Kind: kind, Path: clean, Source: s, Values: values}}
	if s.Revision != r.revision { // what is here is not what is deployed
		d.workload, d.elsewhere = nil, "folder "+clean+" at revision "+s.Revision
		if s.Helm.IsZero() && s.Kustomize.IsZero() && s.Directory == nil { // there it may be something else
			kind = UnknownKind
		}
		d.remote = &Workload{Kind: kind, Path: clean, Source: s, Pos: dir.Pos(), Remote: true}
	}
	return d
}

// chosen is how a folder is read that is a chart and a kustomization: the options must decide, as for Argo CD, which treats it
// as a kustomization when there are no options for a chart (pkg/apis/application/v1alpha1, ExplicitType; util/app/discovery).
func (r *sourceReader) chosen(in *app, local *localSource, dir text) SourceKind {
	switch {
	case in.Values.Node != nil || len(in.ValueFiles) > 0 || local.files[ownValues(in, local)] || in.Helm != nil && in.Helm.ReleaseName.IsSet():
		return HelmChart
	case in.Kustomize == nil:
		dir.Report("ambiguous-source", "for the kustomization, set kustomize: {}; for the chart, helm: {releaseName: …}",
			"%s is a chart and a kustomization", syntax.Quote(dir.V))
	}
	return Kustomization
}

// manifestFolder checks that there is something to deploy in a folder of manifests, and returns what it reads.
func (r *sourceReader) manifestFolder(in *app, local *localSource, dir text) []string {
	switch {
	case r.mayBeEmpty(in), local.hasManifests(in.Directory != nil && in.Directory.Recurse.Or(false)):
	case local.cue:
		dir.Report("cue-source", "export it to YAML (cue export --out yaml), and commit that", "%s holds CUE, which Argo CD does not render", syntax.Quote(dir.V))
	case local.below:
		dir.Report("empty-source", "set directory: {recurse: true}: there are manifests in folders below", "%s holds no manifests: Argo CD would deploy nothing",
			syntax.Quote(dir.V))
	default:
		dir.Report("empty-source", "add manifests, or a Chart.yaml, or a kustomization.yaml", "%s holds no manifests: Argo CD would deploy nothing", syntax.Quote(dir.V))
	}
	if local.jsonnet {
		return nil
	}
	return local.reads
}

// foreignSource is a folder of a repository that cannot be read, with a second source when it uses value files of this repository:
// those that begin with $values/. The others are of the chart's repository.
func (r *sourceReader) foreignSource(in *app, dir text, clean string) deployed {
	if !gitRepository(in.RepoURL) {
		return deployed{}
	}
	foreignComponents(in, clean)
	s := Source{RepoURL: in.RepoURL.V, Revision: in.Revision.Or("HEAD"), Path: clean}
	kind := unsuited(in, UnknownKind, dir.Node)
	r.options(&s, in, kind)
	d := deployed{elsewhere: "folder " + clean + " of " + in.RepoURL.V}
	var listed []valueFile
	if s.Helm != nil {
		listed = r.foreignValueFiles(in, &s)
		s.Helm.ValueFiles = nil
		for _, f := range listed {
			s.Helm.ValueFiles = append(s.Helm.ValueFiles, f.written)
		}
	}
	d.sources, d.remote = []Source{s}, &Workload{Kind: kind, Path: clean, Source: s, Values: inOrder(listed), Pos: dir.Pos(), Remote: true}
	if slices.ContainsFunc(listed, valueFile.needsSource) {
		d.sources = append(d.sources, r.valuesSource())
	}
	return d
}

// withComponents checks the components that Argo CD is to add to a kustomization, and adds what they read.
func (r *sourceReader) withComponents(in *app, local *localSource, base string) []string {
	if in.Kustomize == nil {
		return local.reads
	}
	outside := map[string]bool{}
	for _, c := range present(in.Kustomize.Components...) {
		at := path.Join(base, c.V)
		if !localPath(c, ownFolder) || !notForProgram(c) {
			continue
		}
		if path.IsAbs(c.V) || leaves(at) || onGitHub.MatchString(c.V) {
			c.Report("path-outside", "paths of components are relative to the kustomization", "expected %s, found %s", ownFolder, syntax.Quote(c.V))
			continue
		}
		component := r.inspect(at)
		switch {
		case component.code == "missing-path" && in.Kustomize.IgnoreMissingComponents.Or(false):
		case component.problem != "":
			c.Report(component.code, component.hint, "%s", component.problem)
		case component.kind != Kustomization:
			c.Report("bad-source", "", "expected a Kustomize component, found %s", component.kind)
		default:
			r.outside(base, at, outside)
			r.kustomizationReads(base, at, outside, map[string]bool{})
		}
	}
	for _, read := range local.reads[1:] {
		outside[strings.TrimPrefix(read, "/")] = true
	}
	return append([]string{"."}, outermost(outside)...)
}

// folder checks that a path names a folder of the repository, and cleans it.
func (f *files) folder(t text) (clean string, ok bool) {
	if clean, ok = repositoryPath(t); !ok {
		return "", false
	}
	if s := f.inspect(clean); s.problem != "" {
		t.Report(s.code, s.hint, "%s", s.problem)
		return "", false
	}
	return clean, true
}

// repositoryPath checks that a path leads into the repository, and cleans it.
func repositoryPath(t text) (clean string, ok bool) {
	clean = path.Clean(t.V)
	switch {
	case !filled(t, "a path inside of the repository") || !localPath(t, "a path inside of the repository"):
	case strings.HasPrefix(t.V, "-"):
		t.Report("bad-path", "rename it: programs would treat it as an option", "expected a path that does not begin with a dash, found %s", syntax.Quote(t.V))
	case strings.Contains(t.V, `\`):
		t.Report("bad-path", "write "+strings.ReplaceAll(t.V, `\`, "/"), "expected a path with forward slashes, found %s", syntax.Quote(t.V))
	case strings.HasPrefix(t.V, "/") || leaves(clean):
		t.Report("path-outside", "paths are relative to the repository's root", "expected a path inside of the repository, found %s", syntax.Quote(t.V))
	case inside(t, clean, "a path inside of the repository"):
		return clean, true
	}
	return "", false
}
