package workload

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/internal/diag"
)

func TestOverride(t *testing.T) {
	app := Application{Code: "web-a", Kind: Chart, Path: "chart", Helm: Helm{ValueFiles: []string{"a.yml"}, Parameters: []Parameter{{Name: "image.tag", Value: "1"}}}}
	files := fstest.MapFS{
		"chart/.argocd-source.yaml":       {Data: []byte("helm: {releaseName: all, parameters: [{name: image.tag, value: '2', forceString: true}]}")},
		"chart/.argocd-source-web-a.yaml": {Data: []byte("helm: {releaseName: own}")},
		"chart/.argocd-source-web-b.yaml": {Data: []byte("helm: {releaseName: other}")},
	}
	got, diags := New(Files{Repository: files}, Cluster{}).override(&app)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	want := app
	want.Helm = Helm{ReleaseName: "own", ValueFiles: []string{"a.yml"}, Parameters: []Parameter{{Name: "image.tag", Value: "2", ForceString: true}}}
	if d := cmp.Diff(&want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if app.Helm.ReleaseName != "" {
		t.Error("the application itself was changed")
	}
}

// TestOverrideKeys: keys that Argo CD does not know have no effect, and all that it knows have one.
func TestOverrideKeys(t *testing.T) {
	app := Application{Code: "web-a", Kind: Kustomization, Path: "kustom", Patches: []Patch{
		{Patch: argocd.Patch{Text: "one"}, Path: "web-a.applications[0].patches[0]"}, {Patch: argocd.Patch{Text: "two"}, Path: "web-a.applications[0].patches[1]"}}}
	files := fstest.MapFS{
		"kustom/.argocd-source.yaml": {Data: []byte(`
path: elsewhere
plugin: null
helm: {version: v2, values: "a: 1\nb: {c: [x]}", passCredentials: true}
kustomize: {version: v5, replicas: [{name: web, count: 2}], patches: [{patch: one}, {patch: three, target: {kind: A}}]}
`)}}
	got, diags := New(Files{Repository: files}, Cluster{}).override(&app)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	want := app
	want.Helm = Helm{Values: map[string]any{"a": 1.0, "b": map[string]any{"c": []any{"x"}}}, PassCredentials: true}
	want.Kustomize = Kustomize{Replicas: []argocd.Replica{{Name: "web", Count: 2}}}
	want.Patches = []Patch{app.Patches[0], {Patch: argocd.Patch{Text: "three", Target: &Target{Kind: "A"}}, Pos: diag.Position{File: "kustom/.argocd-source.yaml"}, Path: "web-a.kustomize.patches[1]"}}
	if d := cmp.Diff(&want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestOverrideMistakes(t *testing.T) {
	for in, want := range map[string]string{
		"plugin: {name: a}":                  "a plugin renders it, which is not in roster",
		"helm: {values: '- a'}":              "helm.values: expected a mapping, found a list",
		"helm: [a":                           "yaml: line 1: did not find expected ',' or ']'",
		"helm: {releaseName: !!int hunter2}": "yaml: cannot decode !!str … as a !!int",
		"helm: {releaseName: 3}":             "cannot unmarshal number into Go struct field helmOptions.helm.Helm.releaseName of type string",
	} {
		files := fstest.MapFS{"chart/.argocd-source.yaml": {Data: []byte(in)}}
		_, diags := New(Files{Repository: files}, Cluster{}).override(&Application{Code: "web-a", Kind: Chart, Path: "chart"})
		if len(diags) != 1 || diags[0].Message != want || diags[0].Pos.File != "chart/.argocd-source.yaml" {
			t.Errorf("%s: %v, want %q", in, diags, want)
		}
	}
}
