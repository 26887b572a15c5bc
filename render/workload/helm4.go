package workload

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/hippotion/roster/internal/syntax"
	"helm.sh/helm/v4/pkg/chart/common"
	valuesutil "helm.sh/helm/v4/pkg/chart/common/util"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	"helm.sh/helm/v4/pkg/engine"
	releaseutil "helm.sh/helm/v4/pkg/release/v1/util"
	kubeyaml "k8s.io/apimachinery/pkg/util/yaml"
)

// helm4 is Helm 4 of a version such as v4.2.1.
type helm4 string

// reads is the check of helm template: Helm 4 has a loader for charts of API version v3, but installs none.
func (helm4) reads(apiVersion string) bool {
	return apiVersion == chart.APIVersionV1 || apiVersion == chart.APIVersionV2
}

// values lays the documents of the text over one another (loader.LoadValues).
func (helm4) values(text []byte) (map[string]any, error) {
	out := map[string]any{}
	reader := kubeyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for read := 0; ; {
		part, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		at := read + max(bytes.Index(text[read:], part), 0)
		read = at + len(part)
		values := map[string]any{}
		if err := syntax.Unmarshal(part, &values); err != nil {
			return nil, &partError{text: part, line: bytes.Count(text[:at], newline), err: err}
		}
		out = mergeValues(out, values)
	}
}

func (h helm4) prepare(c *chart.Chart, values map[string]any, told capabilities) (*prepared, error) {
	if err := chartutil.ProcessDependencies(c, values); err != nil {
		return nil, err
	}
	all := common.DefaultCapabilities.Copy()
	all.KubeVersion, all.HelmVersion.Version = *told.kube, string(h)
	all.APIVersions = slices.Concat(helm4APIs(all.APIVersions), told.apis)
	// Helm would read over the network what a schema refers to.
	top, err := valuesutil.ToRenderValuesWithSchemaValidation(c, values, told.release, all, true)
	if err != nil {
		return nil, err
	}
	out := &prepared{top: helm4Part(c), values: top["Values"].(common.Values).AsMap()}
	out.render = func() (map[string]string, error) { return engine.Engine{}.Render(c, top) }
	for _, crd := range c.CRDObjects() {
		out.crds = append(out.crds, printed{name: crd.Filename, text: string(crd.File.Data), verbatim: true})
	}
	return out, nil
}

// helm4APIs are the API versions that Helm 4.2 knows. It has those of Kubernetes 1.36, and is linked with 1.35 here.
func helm4APIs(known []string) []string {
	gone := []string{"autoscaling/v2beta1", "autoscaling/v2beta2", "scheduling.k8s.io/v1alpha1"}
	known = slices.DeleteFunc(slices.Clone(known), func(v string) bool { return slices.Contains(gone, v) })
	return append(known, "scheduling.k8s.io/v1alpha2")
}

func helm4Part(c *chart.Chart) part {
	out := part{chart: c, name: c.Name(), path: c.ChartFullPath()}
	for _, sub := range c.Dependencies() {
		out.parts = append(out.parts, helm4Part(sub))
	}
	return out
}

func (helm4) split(text string) (out []string) {
	for _, document := range separate(strings.TrimLeftFunc(text, unicode.IsSpace)) {
		if strings.TrimSpace(document) != "" {
			out = append(out, strings.TrimLeftFunc(document, unicode.IsSpace))
		}
	}
	return out
}

func (helm4) sort(texts map[string]string) (objects, hooks []printed, err error) {
	released, manifests, err := releaseutil.SortManifests(texts, nil, releaseutil.InstallOrder)
	for _, m := range manifests {
		objects = append(objects, printed{name: m.Name, text: m.Content})
	}
	for _, h := range released {
		hooks = append(hooks, printed{name: h.Path, text: h.Manifest, test: slices.Contains(h.Events, "test")})
	}
	return objects, hooks, err
}
