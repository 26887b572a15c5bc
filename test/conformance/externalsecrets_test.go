package conformance

import (
	"encoding/json"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	argo "github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
	"github.com/itchyny/gojq"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// release is what one or more releases of External Secrets say of the kinds that roster renders: the schemas of their specs,
// without descriptions and, in the store, without the providers that roster does not render.
type release struct {
	Versions []string
	Specs    map[string]*apiextensionsv1.JSONSchemaProps
}

const releasesFile = "testdata/external-secrets.json"

// externalSecretsList has each form that an ExternalSecret of roster's can have, and a store.
var externalSecretsList = fstest.MapFS{
	"platform.yml": {Data: []byte(`repository: {url: https://git.example/homelab.git}
secrets: {store: {vault: {server: 'https://vault.example:8200', role: external-secrets}}}
`)},
	"applications.yml": {Data: []byte(`- namespace: web-a
  networkPolicies: isolated
  applications:
    - applicationCode: web-a
      path: web
      secrets:
        - {name: data, data: {KEY: web-a#key, OTHER: web-a#other}}
        - {name: from, dataFrom: [web-a, web-b], refreshInterval: 90m}
        - {name: both, data: {KEY: web-a#key}, dataFrom: [web-b], type: kubernetes.io/dockerconfigjson, store: {kind: SecretStore, name: own}}
`)},
	"web/config.yaml": {Data: []byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config}\n")},
}

// TestExternalSecretsReleases applies what is rendered to the schemas of all releases since 0.16, the first that serves
// external-secrets.io/v1, as an API server does: what it stores must be what is rendered, but for what the root Application
// ignores, or the object would be OutOfSync forever.
func TestExternalSecretsReleases(t *testing.T) {
	platform, diags, err := catalog.Load(externalSecretsList, ".", catalog.Options{})
	if err != nil || len(diags) > 0 {
		t.Fatal(err, diags)
	}
	var root argo.Application
	decode(t, render.Root(platform)[1], &root)
	releases := readReleases(t)
	drifting := map[string]bool{} // without what the root Application ignores
	for _, r := range releases {
		tried := map[string]int{}
		for _, o := range render.Build(platform) {
			spec := r.Specs[o.Kind]
			if spec == nil {
				continue
			}
			tried[o.Kind]++
			rendered := content(t, o)
			stored := stored(t, r.Versions, spec, rendered)
			if !reflect.DeepEqual(rendered.Object, stored.Object) {
				for _, v := range r.Versions {
					drifting[v] = true
				}
			}
			if diff := cmp.Diff(ignoring(t, root.Spec.IgnoreDifferences, rendered), ignoring(t, root.Spec.IgnoreDifferences, stored)); diff != "" {
				t.Errorf("%s: %s is stored as something else (-rendered +stored):\n%s", r.Versions, o.File(), diff)
			}
		}
		if tried["ExternalSecret"] != 3 || tried["ClusterSecretStore"] != 1 {
			t.Errorf("%s: %v", r.Versions, tried)
		}
	}
	if want := map[string]bool{"v2.3.0": true, "v2.4.0": true, "v2.4.1": true, "v2.5.0": true, "v2.6.0": true}; !reflect.DeepEqual(drifting, want) {
		t.Errorf("something has to be ignored for %v, and not for %v", drifting, want)
	}
}

// TestExternalSecretsReleasesKnown fails when the releases end long before those of today, or a release is missing in between.
func TestExternalSecretsReleasesKnown(t *testing.T) {
	var all []string
	for _, r := range readReleases(t) {
		all = append(all, r.Versions...)
	}
	for _, v := range []string{"v0.16.0", "v0.17.0", "v0.19.2", "v0.20.4", "v1.3.2", "v2.2.0", "v2.6.0", "v2.7.0", "v2.9.0"} {
		if !slices.Contains(all, v) {
			t.Errorf("%s is not in %s", v, releasesFile)
		}
	}
}

// ignoring is an object without what is not to be compared, which Argo CD removes from both sides in this way
// (util/argo/normalizers, NewIgnoreNormalizer and jqNormalizerPatch.Apply).
func ignoring(t *testing.T, ignore []argo.ResourceIgnoreDifferences, o *unstructured.Unstructured) any {
	t.Helper()
	out := o.DeepCopy().Object
	for _, i := range ignore {
		if gvk := o.GroupVersionKind(); i.Group != gvk.Group || i.Kind != gvk.Kind {
			continue
		}
		for _, path := range i.JQPathExpressions {
			query, err := gojq.Parse("del(" + path + ")")
			if err != nil {
				t.Fatal(err)
			}
			first, _ := query.Run(out).Next()
			var ok bool
			if out, ok = first.(map[string]any); !ok {
				t.Fatalf("del(%s) yields %v", path, first)
			}
		}
	}
	return out
}

func content(t *testing.T, o object.Object) *unstructured.Unstructured {
	t.Helper()
	var e object.Encoder
	var out map[string]any
	if err := yaml.UnmarshalStrict(e.Encode(nil, o.Value()), &out); err != nil {
		t.Fatal(err)
	}
	return &unstructured.Unstructured{Object: out}
}

// stored is what an API server keeps of an object.
func stored(t *testing.T, versions []string, spec *apiextensionsv1.JSONSchemaProps, o *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	props := apiextensionsv1.JSONSchemaProps{Type: "object", Properties: map[string]apiextensionsv1.JSONSchemaProps{"spec": *spec}}
	var internal apiextensions.JSONSchemaProps
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(&props, &internal, nil); err != nil {
		t.Fatal(err)
	}
	s, err := structural.NewStructural(&internal)
	if err != nil {
		t.Fatal(err)
	}
	out := o.DeepCopy()
	pruning.Prune(out.Object, s, true)
	defaulting.Default(out.Object, s)
	validator, _, err := validation.NewSchemaValidator(&internal)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range validation.ValidateCustomResource(nil, out.Object, validator) {
		t.Errorf("%s: %s %s: %v", versions, o.GetKind(), o.GetName(), problem)
	}
	return out
}

// readReleases reads the schemas. With UPDATE=1 and the path of a clone of github.com/external-secrets/external-secrets in
// EXTERNAL_SECRETS, it first writes them anew from the tags there.
func readReleases(t *testing.T) []release {
	t.Helper()
	if clone := os.Getenv("EXTERNAL_SECRETS"); clone != "" && os.Getenv("UPDATE") == "1" {
		writeReleases(t, clone)
	}
	data, err := os.ReadFile(releasesFile)
	if err != nil {
		t.Fatal(err)
	}
	var out []release
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func writeReleases(t *testing.T, clone string) {
	t.Helper()
	git := func(args ...string) string {
		out, err := exec.Command("git", append([]string{"-C", clone}, args...)...).Output()
		if err != nil {
			t.Fatalf("git %s: %v", args, err)
		}
		return string(out)
	}
	kinds := map[string]string{"ExternalSecret": "externalsecrets", "ClusterSecretStore": "clustersecretstores"}
	var releases []release
	for _, tag := range versionTags(strings.Fields(git("tag", "--list", "v*"))) {
		r := release{Versions: []string{tag}, Specs: map[string]*apiextensionsv1.JSONSchemaProps{}}
		for kind, plural := range kinds {
			r.Specs[kind] = specOf(t, kind, git("show", tag+":config/crds/bases/external-secrets.io_"+plural+".yaml"))
		}
		if last := len(releases) - 1; last >= 0 && reflect.DeepEqual(releases[last].Specs, r.Specs) {
			releases[last].Versions = append(releases[last].Versions, tag)
		} else {
			releases = append(releases, r)
		}
	}
	text := []byte("[\n")
	for i, r := range releases {
		line, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, line...)
		if i < len(releases)-1 {
			text = append(text, ',')
		}
		text = append(text, '\n')
	}
	if err := os.WriteFile(releasesFile, append(text, "]\n"...), 0o644); err != nil {
		t.Fatal(err)
	}
}

// versionTags are the tags of releases since 0.16, from the oldest.
func versionTags(tags []string) []string {
	version := regexp.MustCompile(`^v(\d+)\.(\d+)\.(\d+)$`)
	number := func(tag string) (n int) {
		for _, part := range version.FindStringSubmatch(tag)[1:] {
			i, _ := strconv.Atoi(part)
			n = n*1000 + i
		}
		return n
	}
	out := slices.DeleteFunc(tags, func(tag string) bool { return !version.MatchString(tag) || number(tag) < number("v0.16.0") })
	slices.SortFunc(out, func(a, b string) int { return number(a) - number(b) })
	return out
}

// specOf is the schema of the spec of version v1 in a CustomResourceDefinition.
func specOf(t *testing.T, kind, text string) *apiextensionsv1.JSONSchemaProps {
	t.Helper()
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal([]byte(text), &crd); err != nil {
		t.Fatal(err)
	}
	for _, v := range crd.Spec.Versions {
		if v.Name != "v1" {
			continue
		}
		spec := v.Schema.OpenAPIV3Schema.Properties["spec"]
		if kind == "ClusterSecretStore" {
			provider := spec.Properties["provider"]
			provider.Properties = map[string]apiextensionsv1.JSONSchemaProps{"vault": provider.Properties["vault"]}
			spec.Properties["provider"] = provider
		}
		bare(&spec)
		return &spec
	}
	t.Fatalf("%s has no version v1", kind)
	return nil
}

// bare removes descriptions and CEL rules from a schema: they change nothing of what is stored.
func bare(s *apiextensionsv1.JSONSchemaProps) {
	s.Description, s.XValidations = "", nil
	for name, p := range s.Properties {
		bare(&p)
		s.Properties[name] = p
	}
	if s.Items != nil && s.Items.Schema != nil {
		bare(s.Items.Schema)
	}
	if s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil {
		bare(s.AdditionalProperties.Schema)
	}
}
