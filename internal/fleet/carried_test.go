package fleet

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/workload"
	"golang.org/x/tools/txtar"
)

// everything has each option of a source, with a value that is not its default.
const everything = `
-- platform.yml --
repository: {url: https://git.example/homelab.git, revision: main}
-- chart/Chart.yaml --
{apiVersion: v2, name: chart, version: 1.0.0}
-- chart/own.yml --
a: 1
-- kustom/kustomization.yaml --
resources: [map.yaml]
-- kustom/map.yaml --
{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
-- part/kustomization.yaml --
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
-- folder/map.yaml --
{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
-- lib/a.libsonnet --
{}
-- applications.yml --
- namespace: web-a
  applications:
    - applicationCode: web-chart
      path: chart
      values: {large: 12345678901234567, list: [1.5, null, {a: b}]}
      valueFiles: [own.yml]
      helm:
        releaseName: other
        skipCrds: true
        skipTests: true
        passCredentials: true
        ignoreMissingValueFiles: true
        skipSchemaValidation: true
        namespace: web-b
        kubeVersion: v1.33.1
        apiVersions: [example.org/v1]
        parameters: {image.tag: {value: "1", forceString: true}}
        fileParameters: {text: own.yml}
    - applicationCode: web-kustom
      path: kustom
      kustomize:
        images: [nginx=nginx:1.2.3]
        namePrefix: a-
        nameSuffix: -z
        namespace: web-b
        commonLabels: {a: b}
        commonAnnotations: {c: d}
        components: [../part]
        replicas: {web: 3}
        forceCommonLabels: true
        labelWithoutSelector: true
        labelIncludeTemplates: true
        forceCommonAnnotations: true
        commonAnnotationsEnvsubst: true
        ignoreMissingComponents: true
        kubeVersion: v1.33.1
        apiVersions: [example.org/v1]
      patches:
        - patch: '[{op: add, path: /data, value: {}}]'
          target: {group: apps, version: v1, kind: A.*, name: a, namespace: b, labelSelector: a=b, annotationSelector: c=d}
          options: {allowNameChange: true, allowKindChange: true}
    - applicationCode: web-folder
      path: folder
      directory:
        recurse: true
        include: '*.yaml'
        exclude: x*
        jsonnet: {tlas: {a: b, c: {code: 1 + 1}}, extVars: {d: {code: '2'}}, libs: [lib]}
`

// TestCarried: each option that there is goes from the list into the model, from there into the Application, and to the worker.
func TestCarried(t *testing.T) {
	files, err := txtar.FS(txtar.Parse([]byte(everything)))
	if err != nil {
		t.Fatal(err)
	}
	platform, diags, err := catalog.Load(files, ".", catalog.Options{})
	if err != nil || len(diags) > 0 {
		t.Fatal(err, diags)
	}
	inCluster := map[string]options{}
	for _, o := range render.Build(platform) {
		if o.Kind == "Application" {
			inCluster[o.Name] = sourceOf(t, o.Value())
		}
	}
	var all options
	for _, a := range applications(platform) {
		said := optionsOf(a.Sources[0].Helm, a.Sources[0].Kustomize, a.Sources[0].Directory)
		if d := cmp.Diff(text(t, said), text(t, inCluster[a.Code])); d != "" {
			t.Errorf("%s: the Application has other options:\n%s", a.Code, d)
		}
		request := (&Input{}).request(&a)
		var arrived workload.Application
		decoder := json.NewDecoder(strings.NewReader(text(t, request)))
		decoder.UseNumber()
		if err := decoder.Decode(&arrived); err != nil {
			t.Fatal(err)
		}
		for _, p := range arrived.Patches {
			if p.Pos.Line == 0 || p.Path == "" {
				t.Errorf("the worker does not know where the patch is: %+v", p)
			}
			arrived.Kustomize.Patches = append(arrived.Kustomize.Patches, p.Patch)
		}
		heard := optionsOf(&arrived.Helm, &arrived.Kustomize, &arrived.Directory)
		if d := cmp.Diff(text(t, said), text(t, heard)); d != "" {
			t.Errorf("%s: the worker gets other options:\n%s", a.Code, d)
		}
		for i := range reflect.TypeFor[options]().NumField() {
			if from := reflect.ValueOf(said).Field(i); !from.IsNil() {
				reflect.ValueOf(&all).Elem().Field(i).Set(from)
			}
		}
	}
	for _, field := range unset("source", reflect.ValueOf(all)) {
		t.Errorf("%s is not in the list of this test, or gets lost in package catalog", field)
	}
}

// options are those of a source.
type options struct {
	Helm      *argocd.Helm      `json:"helm,omitempty"`
	Kustomize *argocd.Kustomize `json:"kustomize,omitempty"`
	Directory *argocd.Directory `json:"directory,omitempty"`
}

func optionsOf(h *argocd.Helm, k *argocd.Kustomize, d *argocd.Directory) (out options) {
	if !h.IsZero() {
		out.Helm = h
	}
	if !k.IsZero() {
		out.Kustomize = k
	}
	if !d.IsZero() {
		out.Directory = d
	}
	return out
}

// sourceOf are the options of the source of an Application.
func sourceOf(t *testing.T, application any) options {
	t.Helper()
	var a struct {
		Spec struct{ Source options }
	}
	decoder := json.NewDecoder(strings.NewReader(text(t, application)))
	decoder.UseNumber()
	if err := decoder.Decode(&a); err != nil {
		t.Fatal(err)
	}
	return a.Spec.Source
}

func text(t *testing.T, v any) string {
	t.Helper()
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// unset are the fields of structs in v that have no value anywhere. One element of a list is enough.
func unset(at string, v ...reflect.Value) []string {
	var inside []reflect.Value
	for _, v := range v {
		for v.Kind() == reflect.Pointer && !v.IsNil() {
			v = v.Elem()
		}
		switch {
		case v.IsZero() || (v.Kind() == reflect.Slice || v.Kind() == reflect.Map) && v.Len() == 0:
		case v.Kind() == reflect.Slice:
			for i := range v.Len() {
				inside = append(inside, reflect.Indirect(v.Index(i)))
			}
		default:
			inside = append(inside, v)
		}
	}
	if len(inside) == 0 {
		return []string{at}
	}
	if inside[0].Kind() != reflect.Struct {
		return nil
	}
	var out []string
	for i := range inside[0].NumField() {
		var fields []reflect.Value
		for _, s := range inside {
			fields = append(fields, s.Field(i))
		}
		out = append(out, unset(at+"."+inside[0].Type().Field(i).Name, fields...)...)
	}
	return out
}
