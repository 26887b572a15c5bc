package workload

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
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

func TestOverrideMistakes(t *testing.T) {
	for in, want := range map[string]string{
		"helm: {version: v2}":                `unknown field "version"`,
		"plugin: {name: a}":                  `unknown field "plugin"`,
		"helm: [a":                           "yaml: line 1: did not find expected ',' or ']'",
		"helm: {releaseName: !!int hunter2}": "yaml: cannot decode !!str … as a !!int",
		"helm: {releaseName: 3}":             "cannot unmarshal number into Go struct field Helm.helm.releaseName of type string",
	} {
		files := fstest.MapFS{"chart/.argocd-source.yaml": {Data: []byte(in)}}
		_, diags := New(Files{Repository: files}, Cluster{}).override(&Application{Code: "web-a", Kind: Chart, Path: "chart"})
		if len(diags) != 1 || diags[0].Message != want || diags[0].Pos.File != "chart/.argocd-source.yaml" {
			t.Errorf("%s: %v, want %q", in, diags, want)
		}
	}
}
