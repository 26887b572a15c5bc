package loop

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/hippotion/roster/test/loop/tools"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// TestComponent: the Kustomize component makes of Argo CD's manifest what the server-side apply makes of it.
func TestComponent(t *testing.T) {
	bootstrap := func(format string) []byte {
		out, err := exec.Command(tools.Program("roster"), "bootstrap", "--image", image, "--format", format, example("homelab")).Output()
		if err != nil {
			t.Fatalf("bootstrap --format %s: %v", format, err)
		}
		return out
	}
	module, err := tools.ArgoCD()
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := os.ReadFile(filepath.Join(tools.Module(module), "manifests", "install.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string][]byte{
		"kustomization.yaml":        []byte("namespace: argocd\nresources: [install.yaml]\ncomponents: [roster]\n"),
		"install.yaml":              manifest,
		"roster/kustomization.yaml": bootstrap("kustomize"),
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command(tools.Program("kustomize"), "build", dir).CombinedOutput()
	if err != nil {
		t.Fatalf("kustomize: %v\n%s", err, out)
	}
	before, after, ours := decoded(t, manifest), decoded(t, out), decoded(t, bootstrap("apply"))
	if len(after) != len(before) {
		t.Errorf("%d objects, and %d with the component", len(before), len(after))
	}
	checked := 0
	for _, want := range ours {
		if want.GroupVersionKind().Group == "argoproj.io" { // the root is not Argo CD's own
			continue
		}
		checked++
		got, was := find(after, want), find(before, want)
		if got == nil || was == nil {
			t.Errorf("Argo CD has no %s %s", want.GetKind(), want.GetName())
			continue
		}
		for _, list := range []string{"containers", "volumes"} {
			items, old, added := podItems(want, list), podItems(*was, list), podItems(*got, list)
			if len(added) != len(old)+len(items) {
				t.Errorf("%s of %s: %d, and %d of ours, became %d", list, want.GetName(), len(old), len(items), len(added))
			}
			for _, item := range items {
				if i := slices.IndexFunc(added, func(o any) bool { return holds(o, item, list) == nil }); i < 0 {
					t.Errorf("%s: %v is not among the %s", want.GetName(), item, list)
				}
			}
		}
		if err := holds(got.Object["data"], orNothing(want.Object["data"]), "data"); err != nil {
			t.Errorf("%s: %v", want.GetName(), err)
		}
	}
	if checked != 3 {
		t.Errorf("bootstrap changes %d objects of Argo CD", checked)
	}
}

func decoded(t *testing.T, text []byte) []unstructured.Unstructured {
	t.Helper()
	objects, err := decode(text)
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

func find(objects []unstructured.Unstructured, like unstructured.Unstructured) *unstructured.Unstructured {
	i := slices.IndexFunc(objects, func(o unstructured.Unstructured) bool {
		return fmt.Sprint(o.GroupVersionKind(), o.GetName()) == fmt.Sprint(like.GroupVersionKind(), like.GetName())
	})
	if i < 0 {
		return nil
	}
	return &objects[i]
}

// podItems is a list of the pods of a Deployment; empty for other kinds.
func podItems(o unstructured.Unstructured, list string) []any {
	items, _, _ := unstructured.NestedSlice(o.Object, "spec", "template", "spec", list)
	return items
}

func orNothing(v any) any {
	if v == nil {
		return map[string]any{}
	}
	return v
}
