package engines

import (
	"os"
	"path/filepath"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

func TestKustomize(t *testing.T) {
	compare(t, "kustomize", (*platform).kustomize, []source{
		{name: "generators", objects: map[string]int{"generators": 8}},
		{name: "options", objects: map[string]int{"plain": 3, "options": 4, "bare": 3, "forced": 3, "labels": 2, "templates": 2}},
		{name: "patches", objects: map[string]int{"patches": 4, "more": 3}},
		{name: "references", objects: map[string]int{"references": 5}},
		{name: "replacements", objects: map[string]int{"replacements": 5}},
		{name: "transformers", objects: map[string]int{"transformers": 8}},
	})
}

func TestKustomizeOverrides(t *testing.T) {
	compare(t, "kustomize", nil, []source{{name: "overrides", objects: map[string]int{"overrides": 1, "common": 1}}})
}

// kustomize is kustomize build after the edits that Argo CD makes.
func (p *platform) kustomize(t *testing.T, a app, dir string) []*unstructured.Unstructured {
	t.Helper()
	source := a.Spec.GetSource()
	at := filepath.Join(dir, source.Path)
	if o := source.Kustomize; o != nil {
		edit := func(args ...string) { run(t, at, "kustomize", append([]string{"edit"}, args...)...) }
		if o.NamePrefix != "" {
			edit("set", "nameprefix", "--", o.NamePrefix)
		}
		if o.NameSuffix != "" {
			edit("set", "namesuffix", "--", o.NameSuffix)
		}
		for _, image := range o.Images {
			edit("set", "image", string(image))
		}
		for _, replica := range o.Replicas {
			edit("set", "replicas", replica.Name+"="+replica.Count.String())
		}
		add := func(what string, pairs map[string]string, expand bool, flags ...string) {
			for key, value := range pairs {
				if expand {
					value = os.Expand(value, func(string) string { return a.Name })
				}
				edit(append(append([]string{"add", what}, flags...), key+":"+value)...)
			}
		}
		add("label", o.CommonLabels, true, flags(map[string]bool{"--force": o.ForceCommonLabels, "--without-selector": o.LabelWithoutSelector,
			"--include-templates": o.LabelIncludeTemplates})...)
		add("annotation", o.CommonAnnotations, o.CommonAnnotationsEnvsubst, flags(map[string]bool{"--force": o.ForceCommonAnnotations})...)
		if o.Namespace != "" {
			edit("set", "namespace", "--", o.Namespace)
		}
		if len(o.Patches) > 0 {
			var patches []any
			for _, patch := range o.Patches {
				patches = append(patches, patch)
			}
			addPatches(t, at, patches)
		}
		for _, component := range o.Components {
			if _, err := os.Stat(filepath.Join(at, component)); err != nil && o.IgnoreMissingComponents {
				continue
			}
			edit("add", "component", component)
		}
	}
	return split(t, run(t, dir, "kustomize", "build", at))
}

// flags are those that are set.
func flags(all map[string]bool) []string {
	var out []string
	for flag, set := range all {
		if set {
			out = append(out, flag)
		}
	}
	return out
}

// addPatches adds patches to those of the kustomization in dir. kustomize edit would rewrite the file, and leave out what
// it does not know.
func addPatches(t *testing.T, dir string, patches []any) {
	t.Helper()
	for _, name := range []string{"kustomization.yaml", "kustomization.yml", "Kustomization"} {
		file := filepath.Join(dir, name)
		data, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		content := map[string]any{}
		if err := yaml.Unmarshal(data, &content); err != nil {
			t.Fatal(err)
		}
		own, _ := content["patches"].([]any)
		content["patches"] = append(own, patches...)
		data, err = yaml.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		write(t, file, data)
		return
	}
	t.Fatalf("no kustomization in %s", dir)
}
