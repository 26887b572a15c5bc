package catalog

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
)

// sourceType is how Argo CD reads a folder.
type sourceType string

const (
	helmChart     sourceType = "a Helm chart"
	kustomization sourceType = "a kustomization"
	directory     sourceType = "a folder of manifests"
	unknownType   sourceType = "" // in a repository that cannot be looked into
)

// source resolves where an application comes from, and what its source reads.
func (r *resolver) source(in *appInput) (sources []Source, generatePaths []string) {
	switch set := present(in.Path, in.Chart, in.Catalog); {
	case len(set) > 1:
		set[1].Report("bad-choice", "remove the others", "expected one of path, chart and catalog, found %d", len(set))
		return nil, nil
	case in.Catalog.IsSet():
		return r.catalogSource(in)
	case in.Chart.IsSet():
		return r.chartSource(in)
	case in.Path.IsSet():
		return r.pathSource(in, in.Path)
	case r.in.Defaults.Path.IsSet():
		return r.pathSource(in, r.in.Defaults.Path)
	}
	if !r.flawed(in.Node, "path", "chart", "catalog") && !r.platformFlawed("defaults.path") {
		in.Report("missing-field", "set path; or chart, repoURL and version; or catalog; or defaults.path in "+PlatformFile, "the application has no source")
	}
	return nil, nil
}

// needRepository reports, once, that Argo CD would not know where this repository is.
func (r *resolver) needRepository() {
	if r.repoURL != "" || r.in.Repository.URL.IsSet() {
		return
	}
	r.repoURL = "?" // reported; the platform is not used
	d := diag.Diagnostic{Pos: diag.Position{File: PlatformFile}, Path: "repository.url", Code: "missing-value",
		Message: "Argo CD must know the URL of this repository", Hint: "add repository: {url: https://…}"}
	if n := r.in.Repository.Node; n != nil {
		d.Pos = n.Pos()
	} else if n := r.in.Node; n != nil {
		d.Pos = n.Pos()
	}
	if !r.platformFlawed("repository.url") {
		r.diags.Add(d)
	}
}

// chartSource is a chart of a Helm or OCI repository, with a second source when value files of this repository go with it
// (argo-cd docs/user-guide/multiple_sources.md, "Helm value files from external Git repository").
func (r *resolver) chartSource(in *appInput) ([]Source, []string) {
	if !in.RepoURL.IsSet() && !r.flawed(in.Node, "repoURL") {
		in.Report("missing-field", "", `missing "repoURL": the repository of the chart`)
	}
	if !in.Version.IsSet() && !r.flawed(in.Node, "version") {
		in.Report("missing-field", "", `missing "version": the version of the chart`)
	}
	r.filled(in.Chart, "the name of a chart")
	r.filled(in.Version, "the version of the chart")
	r.repositoryURL(in.RepoURL)
	r.unsuited(in, helmChart, in.Chart.Node)
	for _, s := range present(in.Revision) {
		s.Report("no-effect", "use version", "a chart of a Helm repository has no revision")
	}
	// Argo CD knows Helm's OCI repositories without the scheme (docs/user-guide/helm.md, "OCI").
	s := Source{RepoURL: strings.TrimPrefix(in.RepoURL.V, "oci://"), Chart: in.Chart.V, Revision: in.Version.V, Helm: r.helm(in)}
	if len(in.ValueFiles) == 0 {
		return []Source{s}, nil
	}
	r.needRepository()
	if s.Helm == nil {
		s.Helm = &Helm{}
	}
	var generatePaths []string
	for _, f := range present(in.ValueFiles...) {
		if file, ok := r.valueFile(in, f, "."); ok {
			s.Helm.ValueFiles = append(s.Helm.ValueFiles, "$values/"+file)
			generatePaths = append(generatePaths, "/"+file)
		}
	}
	return []Source{s, {RepoURL: r.repoURL, Revision: r.revision, Ref: "values"}}, generatePaths
}

// pathSource is a folder of this repository or of another one.
func (r *resolver) pathSource(in *appInput, dir text) ([]Source, []string) {
	for _, s := range present(in.Version) {
		s.Report("no-effect", "use revision", "version goes with chart only")
	}
	clean, ok := r.repositoryPath(dir)
	if !ok {
		return nil, nil
	}
	if in.RepoURL.IsSet() && in.RepoURL.V != r.repoURL {
		return r.foreignSource(in, dir, clean)
	}
	r.needRepository()
	local := r.inspect(clean)
	if local.problem != "" {
		dir.Report(local.code, local.hint, "%s", local.problem)
		return nil, nil
	}
	r.unsuited(in, local.kind, dir.Node)
	s := Source{RepoURL: r.repoURL, Revision: in.Revision.Or(r.revision), Path: clean}
	r.options(&s, in, local.kind)
	switch local.kind {
	case helmChart:
		files, reads := r.valueFiles(in, local, clean)
		if files != nil && s.Helm == nil {
			s.Helm = &Helm{}
		}
		if files != nil {
			s.Helm.ValueFiles = files
		}
		return []Source{s}, reads
	case kustomization:
		return []Source{s}, r.withComponents(in, local, clean)
	}
	if !local.hasManifests(in.Directory != nil && in.Directory.Recurse.Or(false)) {
		hint := "add manifests, or a Chart.yaml, or a kustomization.yaml"
		if local.below {
			hint = "set directory: {recurse: true}: there are manifests in folders below"
		}
		dir.Report("empty-source", hint, "%s holds no manifests: Argo CD would deploy nothing", syntax.Quote(dir.V))
	}
	return []Source{s}, local.reads
}

// foreignSource is a folder of a repository that cannot be looked into.
func (r *resolver) foreignSource(in *appInput, dir text, clean string) ([]Source, []string) {
	r.repositoryURL(in.RepoURL)
	s := Source{RepoURL: in.RepoURL.V, Revision: in.Revision.Or("HEAD"), Path: clean}
	r.options(&s, in, r.unsuited(in, unknownType, dir.Node))
	if files := texts(in.ValueFiles); len(files) > 0 && s.Helm != nil {
		s.Helm.ValueFiles = files
	}
	return []Source{s}, nil
}

// withComponents checks the components that Argo CD is to add to a kustomization, and adds what they read.
func (r *resolver) withComponents(in *appInput, local *localSource, base string) []string {
	if in.Kustomize == nil {
		return local.reads
	}
	outside := map[string]bool{}
	for _, c := range present(in.Kustomize.Components...) {
		at := path.Join(base, c.V)
		if path.IsAbs(c.V) || leaves(at) {
			c.Report("path-outside", "paths of components begin at the kustomization", "expected a folder of this repository, found %s", syntax.Quote(c.V))
			continue
		}
		component := r.inspect(at)
		switch {
		case component.problem != "":
			c.Report(component.code, component.hint, "%s", component.problem)
		case component.kind != kustomization:
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

// repositoryPath checks that a path leads into the repository, and cleans it.
func (r *resolver) repositoryPath(t text) (clean string, ok bool) {
	clean = path.Clean(t.V)
	switch {
	case !r.filled(t, "a path inside of the repository"):
	case strings.Contains(t.V, `\`):
		t.Report("bad-path", "write "+strings.ReplaceAll(t.V, `\`, "/"), "expected a path with forward slashes, found %s", syntax.Quote(t.V))
	case strings.HasPrefix(t.V, "/") || leaves(clean):
		t.Report("path-outside", "paths begin at the repository's root", "expected a path inside of the repository, found %s", syntax.Quote(t.V))
	default:
		return clean, true
	}
	return "", false
}

// unsuited reports options that belong to another type of source. Where the type cannot be known, the options tell it.
func (r *resolver) unsuited(in *appInput, kind sourceType, at *syntax.Node) sourceType {
	type option struct {
		at   *syntax.Node
		key  string
		kind sourceType
	}
	var set []option
	add := func(at *syntax.Node, key string, kind sourceType) {
		if at != nil {
			set = append(set, option{at, key, kind})
		}
	}
	add(in.Values.Node, "values", helmChart)
	if f := present(in.ValueFiles...); len(f) > 0 {
		add(f[0].Node, "valueFiles", helmChart)
	}
	if in.Helm != nil {
		add(in.Helm.Node, "helm", helmChart)
	}
	if in.Kustomize != nil {
		add(in.Kustomize.Node, "kustomize", kustomization)
	}
	if in.Directory != nil {
		add(in.Directory.Node, "directory", directory)
	}
	for _, o := range set {
		if kind == unknownType {
			kind = o.kind
		}
		if o.kind != kind {
			o.at.ReportWith(at, "the source", "no-effect", "remove it", "%s has no effect: the source is %s", o.key, kind)
		}
	}
	return kind
}

// options are the settings of the source's type.
func (r *resolver) options(s *Source, in *appInput, kind sourceType) {
	switch kind {
	case helmChart:
		s.Helm = r.helm(in)
		if s.Helm == nil && len(in.ValueFiles) > 0 {
			s.Helm = &Helm{}
		}
	case kustomization:
		if k := in.Kustomize; k != nil {
			s.Kustomize = &Kustomize{Images: texts(k.Images), NamePrefix: k.NamePrefix.V, NameSuffix: k.NameSuffix.V, Namespace: k.Namespace.V,
				CommonLabels: r.labels(k.CommonLabels), CommonAnnotations: r.annotations(k.CommonAnnotations), Components: texts(k.Components)}
		}
	case directory:
		if d := in.Directory; d != nil {
			s.Directory = &Directory{Recurse: d.Recurse.Or(false), Include: d.Include.V, Exclude: d.Exclude.V}
		}
	}
}

// helm is the options of a chart but its value files; nil when there are none.
func (r *resolver) helm(in *appInput) *Helm {
	release := in.ApplicationCode
	if in.Helm != nil && in.Helm.ReleaseName.IsSet() {
		release = in.Helm.ReleaseName
		r.dnsLabel(release)
	}
	const longest = 53 // helm.sh/helm/v3/pkg/chartutil, maxReleaseNameLen
	if len(release.V) > longest {
		release.Report("bad-name", "set helm.releaseName", "expected a Helm release name of at most %d characters, found %d", longest, len(release.V))
	}
	if in.Helm == nil && in.Values.Node == nil {
		return nil
	}
	h := &Helm{}
	if in.Values.Node != nil {
		if _, ok := in.Values.V.(map[string]any); !ok {
			found := "a single value"
			if _, isList := in.Values.V.([]any); isList {
				found = "a list"
			}
			in.Values.Report("wrong-type", "", "expected a mapping, a chart's values, found %s", found)
		}
		h.Values = in.Values.V
	}
	if o := in.Helm; o != nil {
		h.ReleaseName, h.SkipCRDs, h.SkipTests = o.ReleaseName.V, o.SkipCRDs.Or(false), o.SkipTests.Or(false)
		h.PassCredentials, h.IgnoreMissingValueFiles = o.PassCredentials.Or(false), o.IgnoreMissingValueFiles.Or(false)
		for _, p := range o.Parameters.Items {
			if p.Key == "" {
				p.Node.Report("empty-text", "", "expected the name of a parameter, found an empty text")
			}
			h.Parameters = append(h.Parameters, Parameter{Name: p.Key, Value: p.Value.V})
		}
		slices.SortFunc(h.Parameters, func(a, b Parameter) int { return cmp.Compare(a.Name, b.Name) })
	}
	return h
}
