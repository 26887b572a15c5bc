package workload

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/syntax"
	helm3chart "helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/releaseutil"
	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"
)

// helm3 is Helm 3 of a version such as v3.19.4.
type helm3 string

func (helm3) reads(string) bool { return true }

// values reads the first document.
func (helm3) values(text []byte) (map[string]any, error) {
	out := map[string]any{}
	err := syntax.Unmarshal(text, &out)
	return out, err
}

func (h helm3) prepare(c *chart.Chart, values map[string]any, told capabilities) (*prepared, error) {
	from := map[*helm3chart.File]*chart.Chart{}
	own := toHelm3(c, from)
	if err := chartutil.ProcessDependenciesWithMerge(own, values); err != nil {
		return nil, err
	}
	all := chartutil.DefaultCapabilities.Copy()
	all.KubeVersion = chartutil.KubeVersion{Version: told.kube.String(), Major: told.kube.Major, Minor: told.kube.Minor}
	all.HelmVersion.Version = string(h)
	all.APIVersions = slices.Concat(all.APIVersions, told.apis)
	// Helm would read over the network what a schema refers to.
	top, err := chartutil.ToRenderValuesWithSchemaValidation(own, values, chartutil.ReleaseOptions(told.release), all, true)
	if err != nil {
		return nil, err
	}
	out := &prepared{top: helm3Part(own, from), values: top["Values"].(chartutil.Values).AsMap()}
	out.render = func() (map[string]string, error) { return engine.Engine{}.Render(own, top) }
	for _, crd := range own.CRDObjects() {
		out.crds = append(out.crds, printed{name: crd.Filename, text: string(crd.File.Data), verbatim: true})
	}
	return out, nil
}

func helm3Part(c *helm3chart.Chart, from map[*helm3chart.File]*chart.Chart) part {
	out := part{chart: from[c.Raw[0]], name: c.Name(), path: c.ChartFullPath()}
	for _, sub := range c.Dependencies() {
		out.parts = append(out.parts, helm3Part(sub, from))
	}
	return out
}

// toHelm3 is a chart with its subcharts as Helm 3 has them. Of each it notes by its first raw file, which the copies that Helm makes
// share, what it was made from.
func toHelm3(c *chart.Chart, from map[*helm3chart.File]*chart.Chart) *helm3chart.Chart {
	m, mark := c.Metadata, &helm3chart.File{}
	out := &helm3chart.Chart{
		Raw: []*helm3chart.File{mark}, Templates: toHelm3Files(c.Templates), Files: toHelm3Files(c.Files), Values: c.Values, Schema: c.Schema,
		Metadata: &helm3chart.Metadata{
			Name: m.Name, Home: m.Home, Sources: m.Sources, Version: m.Version, Description: m.Description, Keywords: m.Keywords, Icon: m.Icon,
			APIVersion: m.APIVersion, Condition: m.Condition, Tags: m.Tags, AppVersion: m.AppVersion, Deprecated: m.Deprecated,
			Annotations: m.Annotations, KubeVersion: m.KubeVersion, Type: m.Type,
		},
	}
	from[mark] = c
	for _, maintainer := range m.Maintainers {
		twin := helm3chart.Maintainer(*maintainer)
		out.Metadata.Maintainers = append(out.Metadata.Maintainers, &twin)
	}
	for _, d := range m.Dependencies {
		twin := helm3chart.Dependency(*d)
		out.Metadata.Dependencies = append(out.Metadata.Dependencies, &twin)
	}
	for _, sub := range c.Dependencies() {
		out.AddDependency(toHelm3(sub, from))
	}
	return out
}

func toHelm3Files(files []*common.File) []*helm3chart.File {
	out := make([]*helm3chart.File, len(files))
	for i, f := range files {
		out[i] = &helm3chart.File{Name: f.Name, Data: f.Data}
	}
	return out
}

func (helm3) split(text string) (out []string) {
	for _, document := range separate(strings.TrimSpace(text)) {
		if document != "" {
			out = append(out, strings.TrimSpace(document))
		}
	}
	return out
}

func (helm3) sort(texts map[string]string) (objects, hooks []printed, err error) {
	released, manifests, err := releaseutil.SortManifests(texts, nil, releaseutil.InstallOrder)
	for _, m := range manifests {
		objects = append(objects, printed{name: m.Name, text: m.Content})
	}
	for _, h := range released {
		hooks = append(hooks, printed{name: h.Path, text: h.Manifest, test: slices.Contains(h.Events, "test")})
	}
	return objects, hooks, err
}
