package catalog

import (
	"cmp"
	"slices"

	"github.com/hippotion/roster/internal/syntax"
)

// unsuited reports options that belong to another type of source. Where the type cannot be known, the options decide it.
func (r *resolver) unsuited(in *appInput, kind SourceKind, at *syntax.Node) SourceKind {
	type option struct {
		at   *syntax.Node
		key  string
		kind SourceKind
	}
	var set []option
	add := func(at *syntax.Node, key string, kind SourceKind) {
		if at != nil {
			set = append(set, option{at, key, kind})
		}
	}
	add(in.Values.Node, "values", HelmChart)
	if f := present(in.ValueFiles...); len(f) > 0 {
		add(f[0].Node, "valueFiles", HelmChart)
	}
	if in.Helm != nil {
		add(in.Helm.Node, "helm", HelmChart)
	}
	if in.Kustomize != nil {
		add(in.Kustomize.Node, "kustomize", Kustomization)
	}
	if in.Directory != nil {
		add(in.Directory.Node, "directory", Manifests)
	}
	for _, o := range set {
		if kind == UnknownKind {
			kind = o.kind
		}
		if o.kind != kind {
			o.at.ReportWith(at, "the source", "no-effect", "remove it", "%s has no effect: the source is %s", o.key, kind)
		}
	}
	return kind
}

// options are the settings of the source's type.
func (r *resolver) options(s *Source, in *appInput, kind SourceKind) {
	switch kind {
	case HelmChart:
		s.Helm = r.helm(in)
		if s.Helm == nil && len(in.ValueFiles) > 0 {
			s.Helm = &Helm{}
		}
	case Kustomization:
		if k := in.Kustomize; k != nil {
			s.Kustomize = &Kustomize{Images: texts(k.Images), NamePrefix: k.NamePrefix.V, NameSuffix: k.NameSuffix.V, Namespace: k.Namespace.V,
				CommonLabels: r.labelsBut(k.CommonLabels, reservedInSource), CommonAnnotations: r.annotationsBut(k.CommonAnnotations, reservedInSource),
				Components: texts(k.Components)}
		}
	case Manifests:
		s.Directory = &Directory{} // so that Argo CD does not guess the type
		if d := in.Directory; d != nil {
			s.Directory = &Directory{Recurse: d.Recurse.Or(false), Include: d.Include.V, Exclude: d.Exclude.V, Jsonnet: r.jsonnet(d.Jsonnet)}
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
	known := r.known(in)
	if in.Helm == nil && in.Values.Node == nil && known == nil {
		return nil
	}
	h := &Helm{}
	if in.Values.Node != nil {
		if _, ok := in.Values.V.(map[string]any); !ok {
			found := "a single value"
			if _, isList := in.Values.V.([]any); isList {
				found = "a list"
			}
			in.Values.Report("wrong-type", "", "expected a mapping of a chart's values, found %s", found)
		}
		h.Values = in.Values.V
	}
	if known != nil {
		h.Values = r.withKnown(in, known)
	}
	if o := in.Helm; o != nil {
		h.ReleaseName, h.SkipCRDs, h.SkipTests = o.ReleaseName.V, o.SkipCRDs.Or(false), o.SkipTests.Or(false)
		h.PassCredentials, h.IgnoreMissingValueFiles = o.PassCredentials.Or(false), o.IgnoreMissingValueFiles.Or(false)
		for _, p := range o.Parameters.Items {
			if p.Key == "" {
				p.Node.Report("empty-text", "", "expected the name of a parameter, found empty text")
			}
			h.Parameters = append(h.Parameters, Parameter{Name: p.Key, Value: p.Value.V})
		}
		slices.SortFunc(h.Parameters, func(a, b Parameter) int { return cmp.Compare(a.Name, b.Name) })
	}
	return h
}
