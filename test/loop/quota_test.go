package loop

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/hippotion/roster/test/loop/cluster"
	"github.com/hippotion/roster/test/loop/tools"
)

// room is a namespace of the list, and what is to fit into it.
type room struct {
	Name     string
	Settings string // of the entry
	Pod      string // the spec of the pods of a Deployment, without the image of its containers
	Pods     int    // how many there are at once
	Rule     string // of lint, when they do not fit
	Refused  string // what the API server says of the last one then
}

// TestQuota has a real API server admit pods to namespaces with the quotas and limits of a list: it refuses those that lint says it would. And it
// keeps what roster renders as it is, so that Argo CD has no difference to show.
func TestQuota(t *testing.T) {
	var rooms []room
	text, err := os.ReadFile(filepath.Join("testdata", "quota", "rooms.yml"))
	if err == nil {
		err = yaml.UnmarshalStrict(text, &rooms)
	}
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	said := writeRooms(t, dir, rooms)
	for _, r := range rooms {
		if rules := strings.Join(said[r.Name], " "); rules != r.Rule {
			t.Errorf("%s: lint reports %q, want %q", r.Name, rules, r.Rule)
		}
	}
	c := cluster.Start(t, cluster.Options{Controllers: "serviceaccount-controller,resourcequota-controller"})
	l := &loop{T: t, cluster: c, dir: dir}
	var limits []unstructured.Unstructured
	for _, o := range l.rendered() {
		if slices.Contains([]string{"Namespace", "PriorityClass", "ResourceQuota", "LimitRange"}, o.GetKind()) {
			limits = append(limits, o)
		}
	}
	applyAll(t, c, limits)
	l.must(l.compare(limits))
	l.counted(limits)
	// The API server learns of all quotas, and of all limits, in their order: those of a namespace that comes after all others are the last.
	last, err := decode([]byte(`
{apiVersion: v1, kind: Namespace, metadata: {name: last}}
---
{apiVersion: v1, kind: LimitRange, metadata: {name: last, namespace: last}, spec: {limits: [{type: Container, max: {memory: 1Gi}}]}}
---
{apiVersion: v1, kind: ResourceQuota, metadata: {name: last, namespace: last}, spec: {hard: {pods: 0}}}
`))
	l.must(err)
	applyAll(t, c, last)
	l.counted(last)
	cluster.Eventually(t, 2*time.Minute, "quotas and limits are in force", func() error {
		big := l.admit("last", `{containers: [{name: app, resources: {limits: {memory: 2Gi}}}]}`)
		small := l.admit("last", `{containers: [{name: app}]}`)
		if big == nil || !strings.Contains(big.Error(), "maximum memory") || small == nil || !strings.Contains(small.Error(), "exceeded quota") {
			return fmt.Errorf("%w, %w", big, small)
		}
		return nil
	})
	for _, r := range rooms {
		t.Run(r.Name, func(t *testing.T) {
			var err error
			for i := range r.Pods {
				if err != nil {
					t.Fatalf("pod %d is refused: %v", i, err)
				}
				err = l.on(t).admit(r.Name, r.Pod)
			}
			switch {
			case r.Rule == "" && err != nil:
				t.Errorf("its last pod is refused: %v", err)
			case r.Rule != "" && (err == nil || !strings.Contains(err.Error(), r.Refused)):
				t.Errorf("its last pod ends with: %v", err)
			}
		})
	}
}

// on is the loop in another test.
func (l *loop) on(t *testing.T) *loop {
	other := *l
	other.T = t
	return &other
}

// writeRooms writes a list with rooms, and returns which rules lint reports for each.
func writeRooms(t *testing.T, dir string, rooms []room) map[string][]string {
	t.Helper()
	var list strings.Builder
	files := map[string]string{"platform.yml": `
repository: {url: https://git.example/house.git}
priorityClasses: {critical: 1000, usual: {value: 10, globalDefault: true}}
`}
	for _, r := range rooms {
		fmt.Fprintf(&list, "- namespace: %s\n  networkPolicies: isolated\n", r.Name)
		for _, line := range strings.Split(strings.TrimSpace(r.Settings), "\n") {
			fmt.Fprintln(&list, " ", line)
		}
		fmt.Fprintf(&list, "  applications: [{applicationCode: %s, path: deploy/%s}]\n", r.Name, r.Name)
		pod := withImages(t, r.Pod)
		deployment := map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": map[string]any{"name": "app"}, "spec": map[string]any{
			"replicas": r.Pods, "strategy": map[string]any{"type": "Recreate"}, "selector": map[string]any{"matchLabels": map[string]any{"app": "app"}},
			"template": map[string]any{"metadata": map[string]any{"labels": map[string]any{"app": "app"}}, "spec": pod},
		}}
		text, err := yaml.Marshal(deployment)
		if err != nil {
			t.Fatal(err)
		}
		files["deploy/"+r.Name+"/app.yaml"] = string(text)
	}
	files["applications.yml"] = list.String()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return linted(t, dir, rooms)
}

// linted are the rules about room that lint reports for each namespace.
func linted(t *testing.T, dir string, rooms []room) map[string][]string {
	t.Helper()
	c := exec.Command(tools.Program("roster"), "lint", "--format", "json", dir)
	out, err := c.Output()
	var report struct {
		Findings []struct{ Rule, Message, File, Path string }
	}
	if jsonErr := json.Unmarshal(out, &report); jsonErr != nil {
		t.Fatal(errors.Join(err, jsonErr))
	}
	said := map[string][]string{}
	for _, f := range report.Findings {
		if !slices.Contains([]string{"quota-exceeded", "quota-without-request", "limit-range-refuses"}, f.Rule) {
			continue
		}
		for _, r := range rooms {
			about := strings.Contains(f.File, "deploy/"+r.Name+"/") || strings.Contains(f.Message, " of "+r.Name+" permits ")
			if about && !slices.Contains(said[r.Name], f.Rule) {
				said[r.Name] = append(said[r.Name], f.Rule)
			}
		}
	}
	return said
}

// counted waits until the controller has counted what is there: before, a quota refuses nothing.
func (l *loop) counted(objects []unstructured.Unstructured) {
	l.Helper()
	for _, o := range objects {
		switch o.GetKind() {
		case "Namespace":
			cluster.Eventually(l, 2*time.Minute, "the namespace has a ServiceAccount", func() error {
				_, err := l.cluster.Client.CoreV1().ServiceAccounts(o.GetName()).Get(l.Context(), "default", metav1.GetOptions{})
				return err
			})
		case "ResourceQuota":
			want, _, _ := unstructured.NestedMap(o.Object, "spec", "hard")
			cluster.Eventually(l, 2*time.Minute, "the quota is counted", func() error {
				got, err := l.cluster.Get(l.Context(), "v1", "ResourceQuota", o.GetNamespace(), o.GetName())
				if err != nil {
					return err
				}
				hard, _, _ := unstructured.NestedMap(got.Object, "status", "hard")
				return holds(hard, want, "")
			})
		}
	}
}

// admit makes a pod.
func (l *loop) admit(namespace, spec string) error {
	l.Helper()
	r, err := l.cluster.Resource("v1", "Pod", namespace)
	l.must(err)
	pod := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"generateName": "app-"}, "spec": withImages(l.T, spec)}}
	_, err = r.Create(l.Context(), pod, metav1.CreateOptions{})
	return err
}

// withImages is the spec of a pod, whose containers get an image.
func withImages(t *testing.T, text string) map[string]any {
	t.Helper()
	var spec map[string]any
	if err := yaml.Unmarshal([]byte(text), &spec); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"initContainers", "containers"} {
		list, _ := spec[key].([]any)
		for _, c := range list {
			c.(map[string]any)["image"] = "registry.example/app:1"
		}
	}
	return spec
}
