package loop

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hippotion/roster/test/loop/argo"
	"github.com/hippotion/roster/test/loop/cluster"
	"github.com/hippotion/roster/test/loop/repo"
	"github.com/hippotion/roster/test/loop/world"

	"sigs.k8s.io/yaml"
)

// TestGuards proves that no key of the list can make a guarded Namespace or Application go without confirmation: it writes all of those
// that could into an entry, with what is permitted, and looks at what happens over several syncs, and when the entry is removed. That
// there is something to guard against is shown first, with an object that roster refuses to render.
func TestGuards(t *testing.T) {
	log := filepath.Join(t.TempDir(), "audit.log")
	l := &trial{start(t, options{apiServerFlags: []string{"--audit-policy-file", filepath.Join("testdata", "team", "audit.yaml"), "--audit-log-path", log}}), t}
	l.cluster.InstallCRDs(l, "ciliumnetworkpolicies.cilium.io")
	l.populate(world.Options{Log: l.Logf})
	l.hookDeletesNamespace(log)

	l.everyKey()
	revision := l.push(l.list(), trialURL)
	l.bootstrap()
	l.argo.WaitSynced(l, patience, root, revision)
	l.healthy("web-site") // and its pods are there
	bare := l.live()
	l.deploy("guards")
	for _, code := range []string{"web-guards-chart", "web-guards-base"} {
		l.healthy(code)
	}
	l.patch("web-guards-folder", `{"operation": {"sync": {"syncOptions": ["Replace=true", "Force=true"]}}}`) // nobody else syncs it
	l.healthy("web-guards-folder")
	with := l.guarded()
	if len(with) != 6 {
		t.Fatalf("guarded are %v", slices.Sorted(maps.Keys(with)))
	}

	// A sync in which the guarded objects change.
	files := l.list("guards")
	text := files["applications.yml"].Data
	files["applications.yml"].Data = []byte(strings.ReplaceAll(string(text), "team: house", "team: garden"))
	revision = l.push(files, trialURL)
	l.argo.Refresh(l, root, false)
	l.argo.WaitSynced(l, patience, root, revision)
	l.must(l.compare(l.rendered()))
	l.must(l.guarded().differs(with))
	l.step("changed, and the same objects")

	revision = l.push(l.list(), trialURL)
	l.argo.Refresh(l, root, false)
	l.waits(l.live())
	l.must(l.guarded().differs(with))
	if deleted := l.deletions(log, "web-guards"); len(deleted) > 0 {
		t.Fatalf("deleted without confirmation: %v", deleted)
	}
	l.confirm()
	l.argo.WaitSynced(l, patience, root, revision)
	cluster.Eventually(l, patience, "everything is gone", func() error {
		return errors.Join(l.absent("v1", "Namespace", "", "web-guards")(), l.absent(argoAPI, "Application", argo.Namespace, "web-guards-chart")())
	})
	l.back(bare)
	if deleted := l.deletions(log, "web-guards"); len(deleted) < 4 { // or else the log would prove nothing
		t.Errorf("the log has these deletions only: %v", deleted)
	}
	l.step("confirmed, and gone")
}

// hookDeletesNamespace shows that Argo CD deletes a Namespace that is a hook before each sync, though it is to ask for confirmation.
func (l *trial) hookDeletesNamespace(log string) {
	const url = "https://" + trialHost + "/danger.git"
	r := repo.New(l)
	l.must(l.remote.Git(url, r.Dir))
	namespace := []byte(`apiVersion: v1
kind: Namespace
metadata:
  name: web-danger
  annotations:
    argocd.argoproj.io/hook: PreSync
    argocd.argoproj.io/hook-delete-policy: BeforeHookCreation
    argocd.argoproj.io/sync-options: Prune=confirm,Delete=confirm
`)
	commit := func(text string) string {
		return r.Commit(l, map[string][]byte{"namespace.yaml": namespace,
			"other.yaml": []byte("{apiVersion: v1, kind: ConfigMap, metadata: {name: danger, namespace: default}, data: {text: " + text + "}}\n")})
	}
	revision := commit("one")
	app := `{"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "danger", "namespace": "argocd"}, "spec": {"project": "default",
		"source": {"repoURL": "` + url + `", "path": ".", "targetRevision": "main"}, "destination": {"server": "https://kubernetes.default.svc", "namespace": "default"},
		"syncPolicy": {"automated": {}}}}`
	_, err := l.cluster.Apply(l.Context(), []byte(app))
	l.must(err)
	l.argo.WaitSynced(l, patience, "danger", revision)
	was, err := l.cluster.Get(l.Context(), "v1", "Namespace", "", "web-danger")
	l.must(err)
	revision = commit("two")
	l.argo.Refresh(l, "danger", false)
	cluster.Eventually(l, patience, "the Namespace is another one", func() error {
		now, err := l.cluster.Get(l.Context(), "v1", "Namespace", "", "web-danger")
		if err == nil && (now.GetUID() == was.GetUID() || now.GetDeletionTimestamp() != nil) {
			err = errors.New("it is the same")
		}
		return err
	})
	l.argo.WaitSynced(l, patience, "danger", revision)
	danger, err := l.argo.App(l.Context(), "danger")
	l.must(err)
	if approved := danger.GetAnnotations()["argocd.argoproj.io/deletion-approved"]; approved != "" {
		l.Fatalf("somebody has confirmed it at %s", approved)
	}
	if deleted := l.deletions(log, "web-danger"); len(deleted) == 0 {
		l.Fatal("the log does not have the deletion")
	}
	l.must(l.cluster.Delete(l.Context(), argoAPI, "Application", argo.Namespace, "danger"))
	l.must(l.cluster.Delete(l.Context(), "v1", "ConfigMap", "default", "danger"))
	l.must(l.cluster.Delete(l.Context(), "v1", "Namespace", "", "web-danger"))
	cluster.Eventually(l, patience, "the Namespace is gone", l.absent("v1", "Namespace", "", "web-danger"))
	l.step("a Namespace that is a hook was deleted by a sync")
}

// guarded are the guarded objects of the entry.
func (l *trial) guarded() state {
	l.Helper()
	out := state{}
	for name, identity := range l.live() {
		if name == "Namespace /web-guards" || strings.HasPrefix(name, "Application argocd/web-guards-") {
			out[name] = identity
		}
	}
	return out
}

// deletions are what the audit log has of the deletion of Namespaces and Applications with that beginning of their names.
func (l *trial) deletions(log, prefix string) []string {
	l.Helper()
	text, err := os.ReadFile(log)
	l.must(err)
	var out []string
	for line := range strings.Lines(string(text[:strings.LastIndexByte(string(text), '\n')+1])) { // the next is being written
		var e struct {
			Verb, RequestURI string
			ObjectRef        struct{ Resource, Subresource, Name string }
			ResponseStatus   struct{ Code int }
		}
		l.must(json.Unmarshal([]byte(line), &e))
		if e.Verb == "delete" && e.ResponseStatus.Code < 300 && slices.Contains([]string{"namespaces", "applications"}, e.ObjectRef.Resource) &&
			e.ObjectRef.Subresource == "" && strings.HasPrefix(e.ObjectRef.Name, prefix) && !strings.Contains(e.RequestURI, "dryRun") {
			out = append(out, e.ObjectRef.Resource+"/"+e.ObjectRef.Name)
		}
	}
	return out
}

// leftOut are the keys that the entry does not have.
var leftOut = map[string]string{
	"namespace":       "a name",
	"manageNamespace": "without it there is no Namespace to guard, and labels and annotations are mistakes",
	"applicationCode": "a name",
	"chart":           "the name of a source, like path",
	"version":         "the name of a source, like revision",
	"catalog":         "the name of a source",
	"ingress":         "objects of their own, which nothing guards",
	"secrets":         "objects of their own, which nothing guards",
	"secretStores":    "objects of their own, which nothing guards",
	"pushSecrets":     "objects of their own, which nothing guards",
	"metrics":         "objects of their own, which nothing guards, or annotations of pods",
	"backup":          "objects of their own, which nothing guards",
	"guardrails":      "values of an application of another entry; without it it is a mistake",
	"uses":            "policies and values",
	"cluster":         "a place; without clusters in platform.yml it is a mistake. TestClusters has it",
	"clusters":        "a place, as cluster",
	"perCluster":      "the same keys again, which are read as those of an entry on that cluster; without clusters it is a mistake as well",
}

// everyKey checks that the entry has all keys that the schema knows.
func (l *trial) everyKey() {
	l.Helper()
	files := l.list("guards")
	var list []map[string]any
	l.must(yaml.Unmarshal(files["applications.yml"].Data, &list))
	used := map[string]bool{}
	var note func(v any)
	note = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, value := range v {
				used[key] = true
				note(value)
			}
		case []any:
			for _, value := range v {
				note(value)
			}
		}
	}
	note(any(list[len(list)-1]))

	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "schema", "applications.json"))
	l.must(err)
	var schema struct{ Items map[string]any }
	l.must(json.Unmarshal(text, &schema))
	var keys []string
	var properties func(at map[string]any)
	properties = func(at map[string]any) {
		for _, alternative := range []string{"anyOf", "oneOf"} {
			for _, a := range listOf(at[alternative]) {
				properties(a.(map[string]any))
			}
		}
		if items, ok := at["items"].(map[string]any); ok {
			properties(items)
		}
		object, _ := at["properties"].(map[string]any)
		for key, value := range object {
			keys = append(keys, key)
			if slices.Contains([]string{"applications", "helm", "kustomize", "directory", "project", "roles"}, key) {
				properties(value.(map[string]any))
			}
		}
	}
	properties(schema.Items)
	if len(keys) < 50 {
		l.Fatalf("the schema has the keys %v only", keys)
	}
	for _, key := range keys {
		if reason := leftOut[key]; !used[key] && reason == "" {
			l.Errorf("the entry does not have the key %s", key)
		}
	}
}

func listOf(v any) []any { list, _ := v.([]any); return list }
