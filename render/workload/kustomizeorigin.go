package workload

import (
	"path"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/resource"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
)

// The annotations in which kustomize notes where objects are from (buildMetadata in a kustomization; api/internal/utils/annotations.go).
const (
	originAnnotation      = "config.kubernetes.io/origin"
	transformerAnnotation = "alpha.config.kubernetes.io/transformations"
	fetchedFile           = ".fetched-" // and a number: a file that was fetched, beside the kustomization
	chartGenerator        = "HelmChartInflationGenerator"
)

// chartConfig is what asks for a chart, as kustomize notes it.
type chartConfig struct {
	file string // its file, as kustomize would know it here
	name string // of the generator; empty for helmCharts
}

// origins puts what kustomize would have noted in the place of what it has noted here, where it sees what was fetched in folders beside the
// repository.
func (k *kustomization) origins(object map[string]any) {
	annotations, _ := metadata(object)["annotations"].(map[string]any)
	for _, name := range [...]string{originAnnotation, transformerAnnotation} {
		text, _ := annotations[name].(string)
		if !strings.Contains(text, fetchedRoot) && !strings.Contains(text, madeRoot) && !strings.Contains(text, fetchedFile) {
			continue
		}
		var one resource.Origin
		var several resource.Transformations
		var err error
		changed := false
		if name == originAnnotation {
			if err = kyaml.Unmarshal([]byte(text), &one); err == nil {
				changed = k.origin(&one)
				text, err = one.String()
			}
		} else if err = kyaml.Unmarshal([]byte(text), &several); err == nil {
			for _, o := range several {
				changed = k.origin(o) || changed
			}
			text, err = several.String()
		}
		if err == nil && changed {
			annotations[name] = text
		}
	}
}

// origin changes what kustomize has noted, and reports whether it did.
func (k *kustomization) origin(o *resource.Origin) bool {
	if o == nil {
		return false
	}
	before := *o
	full := func(name string) string { return path.Join(fullPath(k.dir), name) }
	if rest, made := strings.CutPrefix(full(o.Path), madeRoot); made && o.Path != "" {
		c := k.files.configs[madeRoot+rest]
		o.Path, o.ConfiguredIn = "", pathFrom(k.dir, c.file)
		o.ConfiguredBy = kyaml.ResourceIdentifier{TypeMeta: kyaml.TypeMeta{APIVersion: konfig.BuiltinPluginApiVersion, Kind: chartGenerator}, NameMeta: kyaml.NameMeta{Name: c.name}}
	}
	for _, name := range []*string{&o.Path, &o.ConfiguredIn} {
		if *name == "" {
			continue
		}
		if rest, fetched := strings.CutPrefix(full(*name), fetchedRoot); fetched {
			number, inside, _ := strings.Cut(rest, "/")
			if i, err := strconv.Atoi(number); err == nil && i < len(k.files.fetched) {
				ref := k.files.fetched[i].ref
				*name, o.Repo, o.Ref = inside, ref.URL, ref.Version
			}
		}
	}
	if entry, fetched := k.files.original[path.Base(o.Path)]; fetched && strings.HasPrefix(path.Base(o.Path), fetchedFile) {
		o.Path = strings.TrimPrefix(path.Dir(o.Path), ".")
		from := o.Append(entry)
		o.Path, o.Repo, o.Ref = from.Path, from.Repo, from.Ref
	}
	return *o != before
}
