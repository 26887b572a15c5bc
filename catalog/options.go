package catalog

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog/apps"
	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/internal/syntax"
)

// environment is what Argo CD replaces variables in the options of a source with, but for the commit.
func (r *sourceReader) environment(in *app, s *Source) argocd.Environment {
	return s.Environment(r.cluster.inArgoCD(in.ApplicationCode.V), in.entry.Namespace.V, r.projectOf(in.entry))
}

// unsuited reports options that belong to another type of source. Where the type cannot be known, the options decide it.
func unsuited(in *app, kind SourceKind, at *syntax.Node) SourceKind {
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
func (r *sourceReader) options(s *Source, in *app, kind SourceKind) {
	switch kind {
	case HelmChart:
		s.Helm = r.helm(in)
		if s.Helm == nil && len(in.ValueFiles) > 0 {
			s.Helm = &argocd.Helm{}
		}
	case Kustomization:
		s.Kustomize = r.kustomizeOptions(in.Kustomize, r.environment(in, s))
	case Manifests:
		s.Directory = &argocd.Directory{} // so that Argo CD does not guess the type
		if d := in.Directory; d != nil {
			s.Directory = &argocd.Directory{Recurse: d.Recurse.Or(false), Include: d.Include.V, Exclude: d.Exclude.V, Jsonnet: r.jsonnet(d.Jsonnet)}
		}
	}
}

// helm is the options of a chart but its value files; nil when there are none.
func (r *sourceReader) helm(in *app) *argocd.Helm {
	release := in.ApplicationCode
	if in.Helm != nil && in.Helm.ReleaseName.IsSet() {
		release = in.Helm.ReleaseName
		dnsLabel(release)
	}
	const longest = 53 // helm.sh/helm/v3/pkg/chartutil, maxReleaseNameLen
	if len(release.V) > longest {
		hint := "set helm.releaseName"
		if in.Catalog.IsSet() { // it has no effect there
			hint = "choose a shorter applicationCode"
		}
		release.Report("bad-name", hint, "expected a Helm release name of at most %d characters, found %d", longest, len(release.V))
	}
	known := r.known(in)
	if in.Helm == nil && in.Values.Node == nil && known == nil && !r.cluster.Remote {
		return nil
	}
	h := &argocd.Helm{}
	if r.cluster.Remote { // or Argo CD would take the name of the Application, which charts write into names of Services
		h.ReleaseName = in.ApplicationCode.V
	}
	if in.Values.Node != nil {
		if _, ok := in.Values.V.(map[string]any); !ok {
			noMapping(in)
		}
		h.Values = in.Values.V
	}
	if known != nil {
		h.Values = withKnown(in, known)
	}
	if o := in.Helm; o != nil {
		h.ReleaseName, h.SkipCRDs, h.SkipTests = o.ReleaseName.Or(h.ReleaseName), o.SkipCRDs.Or(false), o.SkipTests.Or(false)
		h.PassCredentials, h.IgnoreMissingValueFiles = o.PassCredentials.Or(false), o.IgnoreMissingValueFiles.Or(false)
		for _, p := range o.Parameters.Items {
			if p.Key == "" {
				p.Node.Report("empty-text", "", "expected the name of a parameter, found empty text")
			}
			h.Parameters = append(h.Parameters, argocd.Parameter{Name: p.Key, Value: p.Value.Value.V, ForceString: p.Value.ForceString.Or(false)})
		}
		h.SkipSchemaValidation = o.SkipSchemaValidation.Or(false)
		if o.Namespace.IsSet() {
			dnsLabel(o.Namespace)
		}
		h.Namespace, h.KubeVersion, h.APIVersions = o.Namespace.V, kubeVersionOf(o.KubeVersion), apiVersionsOf(o.APIVersions)
		for _, p := range o.FileParameters.Items {
			switch {
			case p.Key == "":
				p.Node.Report("empty-text", "", "expected the name of a parameter, found empty text")
			case secretInURL(p.Value, "leave the credentials out"):
			case !in.Chart.IsSet() && !in.RepoURL.IsSet(): // fileParameters looks at it
			case argocd.IsPattern(p.Value.V) || strings.Contains(p.Value.V, "://"):
				p.Value.Report("bad-path", "", "expected a file beside the chart, or with a slash in front, of its repository; found %s", shown(p.Value.V))
			}
			h.FileParameters = append(h.FileParameters, argocd.FileParameter{Name: p.Key, Path: p.Value.V})
		}
		slices.SortFunc(h.FileParameters, func(a, b argocd.FileParameter) int { return cmp.Compare(a.Name, b.Name) })
		slices.SortFunc(h.Parameters, func(a, b argocd.Parameter) int { return cmp.Compare(a.Name, b.Name) })
	}
	return h
}

// kustomizeOptions are the options of a kustomization; nil when there are none.
func (r *sourceReader) kustomizeOptions(k *kustomizeInput, env argocd.Environment) *argocd.Kustomize {
	if k == nil {
		return nil
	}
	out := &argocd.Kustomize{Images: texts(k.Images), NamePrefix: k.NamePrefix.V, NameSuffix: k.NameSuffix.V, Namespace: k.Namespace.V,
		CommonLabels: labelsIn(env, k.CommonLabels, reservedInSource), CommonAnnotations: annotationsBut(k.CommonAnnotations, reservedInSource),
		Components:        texts(k.Components),
		ForceCommonLabels: k.ForceCommonLabels.Or(false), ForceCommonAnnotations: k.ForceCommonAnnotations.Or(false),
		LabelWithoutSelector: k.LabelWithoutSelector.Or(false), LabelIncludeTemplates: k.LabelIncludeTemplates.Or(false),
		CommonAnnotationsEnvsubst: k.CommonAnnotationsEnvsubst.Or(false), IgnoreMissingComponents: k.IgnoreMissingComponents.Or(false),
		KubeVersion: kubeVersionOf(k.KubeVersion), APIVersions: apiVersionsOf(k.APIVersions)}
	for _, replica := range k.Replicas.Items {
		switch {
		case replica.Key == "" || strings.Contains(replica.Key, "="): // it separates the two for kustomize edit set replicas
			replica.At.Report("bad-name", "", "expected the name of a workload, found %s", syntax.Quote(replica.Key))
		case replica.Value.IsSet() && replica.Value.V < 0:
			replica.Value.Report("bad-number", "", "expected a number of pods, found %d", replica.Value.V)
		}
		out.Replicas = append(out.Replicas, argocd.Replica{Name: replica.Key, Count: replica.Value.V})
	}
	slices.SortFunc(out.Replicas, func(a, b argocd.Replica) int { return cmp.Compare(a.Name, b.Name) })
	if out.LabelIncludeTemplates && !out.LabelWithoutSelector {
		k.LabelIncludeTemplates.Report("no-effect", "set labelWithoutSelector: true, too", "kustomize refuses labelIncludeTemplates without labelWithoutSelector")
	}
	return out
}

// noMapping reports values that are none. A block of text is what other tools take, and what people paste.
func noMapping(in *app) {
	found, hint := "a single value", ""
	switch v := in.Values.V.(type) {
	case []any:
		found = "a list"
	case string:
		if strings.Contains(v, "\n") {
			found, hint = "text of several lines", "remove the | after values:, and keep the lines below it"
		}
	}
	if apps.Find(in.Catalog.V) != nil {
		hint = cmp.Or(hint, "write values as a mapping") + "; roster explain " + in.Catalog.V + " lists them"
	}
	in.Values.Report("wrong-type", hint, "expected a mapping of a chart's values, found %s", found)
}
