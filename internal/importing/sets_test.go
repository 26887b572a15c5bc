package importing_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/internal/importing"
)

// TestSets expands the ApplicationSets with which the loop asks Argo CD itself: those that Argo CD makes Applications of, and that can be told from
// files, are expanded, and the others are told.
func TestSets(t *testing.T) {
	repository := os.DirFS(filepath.Join("..", "..", "test", "loop", "testdata", "sets"))
	reading, err := importing.ReadFolder(repository)
	if err != nil {
		t.Fatal(err)
	}
	result, err := importing.Import(importing.Input{Objects: reading.Objects, Files: repository, Build: build})
	if err != nil {
		t.Fatal(err)
	}
	sets := 0
	for _, o := range result.Outcomes {
		if o.Object.Kind != "ApplicationSet" {
			continue
		}
		sets++
		annotations, _ := o.Object.Value["metadata"].(map[string]any)["annotations"].(map[string]any)
		if made := annotations["expect"] == "made"; made == (o.State == importing.NotExpressed) {
			t.Errorf("%s is to be %v: %s %q", o.Object.Name, annotations["expect"], o.State, o.Reasons)
		}
	}
	if sets < 39 {
		t.Errorf("%d ApplicationSets", sets)
	}
}

// TestMixedValues are values of a list below those of a generator git: Argo CD's library panics there.
func TestMixedValues(t *testing.T) {
	var r importing.Reading
	if err := r.Read("set.yaml", []byte(`
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: mixed, namespace: argocd}
spec:
  goTemplate: true
  generators:
    - matrix:
        generators:
          - list: {elements: [{values: {a: z}}]}
          - git: {repoURL: https://git.example/x.git, revision: HEAD, directories: [{path: web}], values: {a: x}}
  template: {metadata: {name: mixed}, spec: {}}
`)); err != nil {
		t.Fatal(err)
	}
	result, err := importing.Import(importing.Input{Objects: r.Objects, Files: fstest.MapFS{"web/a.yaml": {}}, Build: build})
	if err != nil {
		t.Fatal(err)
	}
	if o := result.Outcomes[0]; o.State != importing.NotExpressed || !strings.Contains(o.Reasons[0], "Argo CD fails") {
		t.Errorf("%s %q", o.State, o.Reasons)
	}
}
