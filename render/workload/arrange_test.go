package workload

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/diag"
	"sigs.k8s.io/yaml"
)

// manifestsOf are manifests of file.yaml, one for each YAML text.
func manifestsOf(t *testing.T, texts ...string) []manifest {
	t.Helper()
	var out []manifest
	for i, text := range texts {
		m := manifest{pos: diag.Position{File: "file.yaml", Line: i + 1, Column: 1}}
		if err := yaml.Unmarshal([]byte(text), &m.value); err != nil {
			t.Fatal(err)
		}
		out = append(out, m)
	}
	return out
}

func configMap(name, annotations string) string {
	return fmt.Sprintf("{apiVersion: v1, kind: ConfigMap, metadata: {name: %s, annotations: {%s}}}", name, annotations)
}

// TestArrangeOrder compares the order with the phases and waves of Argo CD's documentation.
func TestArrangeOrder(t *testing.T) {
	in := manifestsOf(t,
		configMap("post", "argocd.argoproj.io/hook: PostSync"),
		configMap("late", "argocd.argoproj.io/sync-wave: '3'"),
		"{apiVersion: apps/v1, kind: Deployment, metadata: {name: app}}",
		"{apiVersion: example.com/v1, kind: Thing, metadata: {name: a-thing}}",
		"{apiVersion: v1, kind: Service, metadata: {name: app}}",
		configMap("b", ""), configMap("a", ""),
		configMap("early", "argocd.argoproj.io/sync-wave: '-1'"),
		configMap("pre-late", "helm.sh/hook: 'pre-install, post-delete', helm.sh/hook-weight: '5'"),
		configMap("pre", "helm.sh/hook: pre-upgrade"),
		configMap("fail", "argocd.argoproj.io/hook: 'SyncFail'"),
		configMap("deleted", "helm.sh/hook: post-delete"),
		configMap("deleting", "helm.sh/hook: pre-delete"),
		configMap("test", "helm.sh/hook: test"),
		configMap("rollback", "helm.sh/hook: pre-rollback"),
		configMap("skipped", "argocd.argoproj.io/hook: Skip"),
		configMap("unknown", "argocd.argoproj.io/hook: Foo"),
		configMap("argo-first", "argocd.argoproj.io/hook: PostSync, helm.sh/hook: pre-install"),
		configMap("both", "argocd.argoproj.io/hook: 'PostSync,Sync'"),
		configMap("crd", "helm.sh/hook: crd-install"),
	)
	result, diags := arrange(&Application{Code: "web-a", Namespace: "web-a"}, in)
	if len(diags)+len(result.Warnings) > 0 {
		t.Fatal(diags, result.Warnings)
	}
	var got []string
	for _, o := range result.Objects {
		got = append(got, fmt.Sprintf("%s %d %s", o.Phase, o.Wave, o.Name))
	}
	want := []string{
		"PreSync 0 pre", "PreSync 5 pre-late",
		"Sync -1 early", "Sync 0 a", "Sync 0 b", "Sync 0 both", "Sync 0 crd", "Sync 0 app", "Sync 0 app", "Sync 0 a-thing", "Sync 3 late",
		"PostSync 0 argo-first", "PostSync 0 post", "SyncFail 0 fail", "PreDelete 0 deleting", "PostDelete 0 deleted",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestArrangeNamespaces(t *testing.T) {
	in := manifestsOf(t,
		configMap("plain", ""),
		"{apiVersion: v1, kind: ConfigMap, metadata: {name: elsewhere, namespace: other}}",
		"{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: role, namespace: wrong}}",
		"{apiVersion: example.com/v1, kind: Permitted, metadata: {name: permitted}}",
		"{apiVersion: example.com/v1, kind: Unknown, metadata: {name: unknown}}",
		"{apiVersion: example.com/v1, kind: Brought, metadata: {name: brought}}",
		"{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: crd}, spec: {group: example.com, scope: Cluster, names: {kind: Brought}}}",
		"{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Secret, metadata: {name: in-list}}]}",
		"{apiVersion: v1, kind: ConfigMapList, items: null}",
		"{apiVersion: v1, kind: Pod, metadata: {generateName: pod-}}", "{apiVersion: v1, kind: Pod, metadata: {generateName: pod-}}",
	)
	result, diags := arrange(&Application{Code: "web-a", Namespace: "web-a", ClusterKinds: []string{"example.com/Permitted"}}, in)
	if len(diags)+len(result.Warnings) > 0 {
		t.Fatal(diags, result.Warnings)
	}
	got := map[string]int{}
	for _, o := range result.Objects {
		if in := text(metadata(o.Value().(map[string]any)), "namespace"); in != o.Namespace {
			t.Errorf("%s: namespace %q in the object, %q beside it", o.Name, in, o.Namespace)
		}
		got[o.Namespace+"/"+o.Name]++
	}
	want := map[string]int{"web-a/plain": 1, "other/elsewhere": 1, "/role": 1, "/permitted": 1, "web-a/unknown": 1, "/brought": 1, "/crd": 1, "web-a/in-list": 1, "web-a/pod-": 2}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

func TestArrangeRepeated(t *testing.T) {
	in := manifestsOf(t,
		"{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {is: first}}", configMap("b", ""),
		"{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: web-a}, data: {is: last}}")
	result, diags := arrange(&Application{Code: "web-a", Namespace: "web-a"}, in)
	if len(diags) > 0 || len(result.Objects) != 2 {
		t.Fatal(diags, result.Objects)
	}
	if got := result.Objects[0].Value().(map[string]any)["data"]; !cmp.Equal(got, map[string]any{"is": "last"}) {
		t.Errorf("kept %v", got)
	}
	want := diag.List{{Pos: in[2].pos, Path: "web-a", Code: "repeated-object", Message: "ConfigMap web-a/a occurs twice: Argo CD applies the last one", Hint: "keep one of the two"}}
	if d := cmp.Diff(want, result.Warnings); d != "" {
		t.Error(d)
	}
}

func TestArrangeProblems(t *testing.T) {
	for in, want := range map[string]string{
		"{a: b}":                         "expected a Kubernetes object: it has neither apiVersion nor kind",
		"{apiVersion: v1}":               "the object has no kind",
		"{kind: Secret}":                 "the Secret has no apiVersion",
		"{apiVersion: v1, kind: Secret}": "the Secret has no name",
		"{apiVersion: v1, kind: Secret, metadata: {name: 3}}":                        "the Secret has no name",
		"{apiVersion: v1, kind: Secret, metadata: name}":                             "the metadata of the Secret: expected a mapping",
		"{apiVersion: v1, kind: Secret, metadata: {name: a, labels: {b: 1}}}":        `labels["b"] of the Secret a: expected text; quote it`,
		"{apiVersion: v1, kind: Secret, metadata: {name: a, annotations: [b]}}":      "the annotations of the Secret a: expected a mapping",
		"{apiVersion: v1, kind: List, items: [a]}":                                   "items[0]: expected a Kubernetes object",
		"{apiVersion: v1, kind: List, items: [{kind: Secret, metadata: {name: a}}]}": "the Secret has no apiVersion",
	} {
		_, diags := arrange(&Application{Code: "web-a"}, manifestsOf(t, in))
		if len(diags) != 1 || diags[0].Message != want || diags[0].Pos.Line != 1 {
			t.Errorf("%s: got %v, want %q", in, diags, want)
		}
	}
	if _, diags := arrange(&Application{Code: "web-a", Path: "deploy/a"}, nil); len(diags) != 1 || diags[0].Code != "empty-source" {
		t.Errorf("nothing: %v", diags)
	}
}

// TestClusterKinds compares the list with the markers in the sources of Kubernetes' API.
func TestClusterKinds(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/api", "k8s.io/apiextensions-apiserver").Output()
	if err != nil {
		t.Fatal(err)
	}
	groupName := regexp.MustCompile(`GroupName = "(.*)"`)
	listed := strings.Fields(clusterKinds)
	found := 0
	for dir := range strings.Lines(string(out)) {
		files, err := filepath.Glob(filepath.Join(strings.TrimSpace(dir), "*", "*", "types.go"))
		more, _ := filepath.Glob(filepath.Join(strings.TrimSpace(dir), "pkg", "apis", "*", "*", "types.go"))
		if files = append(files, more...); err != nil || len(files) == 0 {
			t.Fatal(dir, files, err)
		}
		for _, file := range files {
			group := groupIn(t, filepath.Join(filepath.Dir(file), "register.go"), groupName)
			for _, kind := range nonNamespaced(t, file) {
				found++
				if !slices.Contains(listed, qualified(group, kind)) {
					t.Errorf("clusterKinds lacks %s", qualified(group, kind))
				}
			}
		}
	}
	if found < 30 {
		t.Errorf("found only %d kinds in the sources", found)
	}
}

func groupIn(t *testing.T, file string, name *regexp.Regexp) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	m := name.FindSubmatch(data)
	if m == nil {
		t.Fatalf("%s has no GroupName", file)
	}
	return string(m[1])
}

// marked is a type whose comment says that it has no namespace.
var marked = regexp.MustCompile(`(?s)\+genclient:nonNamespaced\n.*?\ntype (\w+) struct`)

func nonNamespaced(t *testing.T, file string) []string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range marked.FindAllSubmatch(data, -1) {
		out = append(out, string(m[1]))
	}
	return out
}
