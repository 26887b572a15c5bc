package conformance

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/render"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// walk calls do for each field of a schema, with its path: elements of lists are [].
func walk(s *apiextensionsv1.JSONSchemaProps, path string, do func(path string, s *apiextensionsv1.JSONSchemaProps)) {
	do(path, s)
	for name, p := range s.Properties {
		walk(&p, path+"."+name, do)
	}
	if s.Items != nil && s.Items.Schema != nil {
		walk(s.Items.Schema, path+"[]", do)
	}
}

// around is the path of the mapping that a field is in.
func around(path string) string { return path[:strings.LastIndexByte(path, '.')] }

// defaulted are the mappings in which a field has a default in some release, by their paths, and the releases that have them.
func (all *releases) defaulted(schema func(*release) *apiextensionsv1.JSONSchemaProps) map[string][]release {
	found, has := map[string]bool{}, map[string][]release{}
	for _, r := range all.Releases {
		s := schema(&r)
		if s == nil {
			continue
		}
		walk(s, "", func(path string, s *apiextensionsv1.JSONSchemaProps) {
			has[path] = append(has[path], r)
			if s.Default != nil {
				found[around(path)] = true
			}
		})
	}
	maps.DeleteFunc(has, func(path string, _ []release) bool { return !found[path] })
	return has
}

// nested is the mapping of a path, with nothing in it.
func nested(path string) string {
	var out any = map[string]any{}
	for _, key := range slices.Backward(strings.Split(path, ".")[1:]) {
		out = map[string]any{key: out}
	}
	text, _ := json.Marshal(out)
	return string(text)
}

// TestExternalSecretsDefaults leaves out each field with a default of each generator, and of each provider that the user writes as it is: each
// release that has the mapping around it must store what is rendered, but for what is not compared.
func TestExternalSecretsDefaults(t *testing.T) {
	all := readReleases(t)
	tried := 0
	try := func(of, platform, list string, releases []release, path string) {
		t.Helper()
		files := fstest.MapFS{"platform.yml": {Data: []byte("repository: {url: https://git.example/homelab.git}\n" + platform)}, "applications.yml": {Data: []byte(list)},
			"web/config.yaml": externalSecretsList["web/config.yaml"]}
		a := appliedOf(t, "", loaded(t, files))
		for _, o := range a.objects {
			if o.GetName() != "tried" {
				continue
			}
			for _, r := range releases {
				tried++
				stored, _ := stored(t, all.spec(&r, o), o) // what is required is for the user
				if diff := cmp.Diff(ignoring(t, a.ignore, o), ignoring(t, a.ignore, stored)); diff != "" {
					t.Errorf("%s: %s with %s is stored as something else (-rendered +stored):\n%s", r.Versions, of, path, diff)
				}
			}
		}
	}
	const web = "- namespace: web-a\n  networkPolicies: isolated\n  applications:\n    - applicationCode: web-a\n      path: web\n"
	for _, k := range render.Kinds() {
		if !strings.HasPrefix(k.Group, "generators.") {
			continue
		}
		paths := all.defaulted(func(r *release) *apiextensionsv1.JSONSchemaProps { return all.Schemas[r.Kinds[k.Kind]] })
		for _, path := range slices.Sorted(maps.Keys(paths)) {
			try(k.Kind, "", web+"      secrets: [{name: a, dataFrom: [{generator: {kind: "+k.Kind+", name: tried, spec: "+nested(path)+"}}]}]\n", paths[path], path)
		}
	}
	providers := map[string]bool{}
	for _, r := range all.Releases {
		for name := range r.Providers {
			providers[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(providers)) {
		paths := all.defaulted(func(r *release) *apiextensionsv1.JSONSchemaProps { return all.Schemas[r.Providers[name]] })
		for _, path := range slices.Sorted(maps.Keys(paths)) {
			try(name, "secrets: {stores: {tried: {provider: {"+name+": "+nested(path)+"}}}}\n", web, paths[path], path)
		}
	}
	if tried < 500 {
		t.Errorf("%d specs were tried", tried)
	}
}

// unused are the mappings with defaults that nothing of roster's renders.
var unused = map[string][]string{"PushSecret": {".dataTo[]", ".dataTo[].storeRef", ".selector.generatorRef",
	".template.templateFrom[]", ".template.templateFrom[].configMap.items[]", ".template.templateFrom[].secret.items[]"}, "ExternalSecret": {".data[].sourceRef.generatorRef"}}

// TestExternalSecretsForms fails when a mapping in which some release has a default is in no object that TestExternalSecretsReleases tries.
func TestExternalSecretsForms(t *testing.T) {
	all := readReleases(t)
	found := map[string]map[string]bool{"ExternalSecret": {}, "PushSecret": {}}
	for _, a := range everyApplied(t) {
		for _, o := range a.objects {
			if paths := found[o.GetKind()]; paths != nil {
				mappings(o.Object["spec"], "", paths)
			}
		}
	}
	for kind, paths := range found {
		var missing []string
		for path := range all.defaulted(func(r *release) *apiextensionsv1.JSONSchemaProps { return all.Schemas[r.Kinds[kind]] }) {
			if !paths[path] {
				missing = append(missing, path)
			}
		}
		slices.Sort(missing)
		if !slices.Equal(missing, unused[kind]) {
			t.Errorf("%s: nothing has %v", kind, missing)
		}
	}
}

// mappings are the paths of all mappings in a value.
func mappings(v any, path string, out map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		out[path] = true
		for key, value := range v {
			mappings(value, path+"."+key, out)
		}
	case []any:
		for _, value := range v {
			mappings(value, path+"[]", out)
		}
	}
}
