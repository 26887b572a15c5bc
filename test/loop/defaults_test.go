package loop

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hippotion/roster/test/loop/argo"
	"github.com/hippotion/roster/test/loop/cluster"
	"github.com/hippotion/roster/test/loop/repo"
	"github.com/hippotion/roster/test/loop/tools"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

// rendering is what roster renders for one Application, and how that syncs.
type rendering struct {
	name        string
	objects     []unstructured.Unstructured
	application unstructured.Unstructured
	elsewhere   bool // another test deploys it
}

// renderings are those of all examples.
type renderings struct {
	*loop
	all      []rendering
	possible map[schema.GroupKind]bool // what roster can render: what the project of a root permits
	settings map[string]string         // argocd-cm
}

// TestDefaults has Argo CD apply what the examples render, for each of their clusters, and what the catalog's applications deploy: all of it is
// Synced, and stays it when it is compared again, since no API server and no CRD adds something that Argo CD takes for a difference. Each kind
// that roster can render is among it.
func TestDefaults(t *testing.T) {
	examples := renderings{&loop{T: t}, nil, map[schema.GroupKind]bool{}, map[string]string{
		"resource.customizations": "\"*/*\":\n  health.lua: return {status = \"Healthy\"}\n", // nobody makes it healthy, and a wave would wait
	}}
	examples.render()
	l := start(t, options{settings: examples.settings, env: []string{"ARGOCD_SYNC_WAVE_DELAY=0"}})
	var all []unstructured.Unstructured
	files := map[string][]byte{}
	for _, r := range examples.all {
		if r.elsewhere {
			continue
		}
		all = append(all, r.objects...)
		for i, o := range r.objects {
			if o.GetKind() == "Application" { // what it deploys is not here
				o = *o.DeepCopy()
				annotations := o.GetAnnotations()
				annotations["argocd.argoproj.io/skip-reconcile"] = "true"
				o.SetAnnotations(annotations)
			}
			text, err := yaml.Marshal(o.Object)
			l.must(err)
			files[fmt.Sprintf("%s/%d.yaml", r.name, i)] = text
		}
	}
	l.installKinds(all)
	l.step("CRDs are there")
	git := repo.New(t)
	l.must(l.remote.Git(trialURL, git.Dir))
	revision := git.Commit(t, files)
	for _, r := range examples.all {
		if !r.elsewhere {
			t.Run(r.name, func(t *testing.T) { l.on(t).keeps(r, revision) })
		}
		for _, o := range r.objects {
			delete(examples.possible, o.GroupVersionKind().GroupKind())
		}
	}
	for kind := range examples.possible {
		t.Errorf("no example has a %s", kind)
	}
}

// keeps has Argo CD deploy a rendering, and compare it again.
func (l *loop) keeps(r rendering, revision string) {
	l.Helper()
	l.provide(r.objects)
	spec := map[string]any{
		"project":     "default",
		"destination": map[string]any{"server": "https://kubernetes.default.svc", "namespace": argo.Namespace},
		"source":      map[string]any{"repoURL": trialURL, "path": r.name, "targetRevision": "main"},
		"syncPolicy":  map[string]any{"automated": map[string]any{}},
	}
	for _, field := range [][]string{{"syncPolicy", "syncOptions"}, {"ignoreDifferences"}} {
		if value, found, _ := unstructured.NestedSlice(r.application.Object, append([]string{"spec"}, field...)...); found {
			l.must(unstructured.SetNestedSlice(spec, value, field...))
		}
	}
	app, err := json.Marshal(object(argoAPI, "Application", argo.Namespace, r.name, spec))
	l.must(err)
	_, err = l.cluster.Apply(l.Context(), app)
	l.must(err)
	cluster.Eventually(l, patience, "it is deployed", func() error {
		s, err := l.argo.Status(l.Context(), r.name)
		if err == nil && (s.OperationState.Phase != "Succeeded" || s.OperationState.SyncResult.Revision != revision) {
			err = fmt.Errorf("its status is %+v", s.OperationState)
		}
		return err
	})
	began := l.operation(r.name)
	l.argo.Refresh(l, r.name, true)
	s, err := l.argo.Status(l.Context(), r.name)
	l.must(err)
	for _, resource := range s.Resources {
		if resource.Status != "Synced" {
			l.Errorf("%s %s/%s is %s", resource.Kind, resource.Namespace, resource.Name, resource.Status)
		}
	}
	if len(s.Resources) != len(r.objects) {
		l.Errorf("Argo CD knows %d objects, want %d", len(s.Resources), len(r.objects))
	}
	if s.Sync.Status != "Synced" || l.operation(r.name) != began {
		l.Errorf("it is %s, and was synced at %s and at %s: %v", s.Sync.Status, began, l.operation(r.name), s.Conditions)
	}
	// Workloads are left to Argo CD, which knows the defaults of Kubernetes' own kinds.
	workload := func(o unstructured.Unstructured) bool {
		return o.GetLabels()["app.kubernetes.io/managed-by"] != "roster"
	}
	if err := l.compare(slices.DeleteFunc(slices.Clone(r.objects), workload)); err != nil {
		l.Error(err)
	}
	l.must(l.cluster.Delete(l.Context(), argoAPI, "Application", argo.Namespace, r.name)) // what it has deployed stays, and the next one may take it over
	cluster.Eventually(l, patience, "the Application is gone", func() error {
		if _, err := l.argo.App(l.Context(), r.name); !apierrors.IsNotFound(err) {
			return errors.Join(err, errors.New("it is there"))
		}
		return nil
	})
	l.step(fmt.Sprintf("%d objects", len(r.objects)))
}

// render renders all examples.
func (l *renderings) render() {
	l.Helper()
	examples, err := os.ReadDir(example(""))
	l.must(err)
	for _, e := range examples {
		dir, elsewhere := example(e.Name()), slices.Contains([]string{"homelab", "team"}, e.Name()) // TestHomelab, TestTeam
		for _, on := range l.clustersOf(dir) {
			var flags []string
			if on != "" {
				flags = []string{"--cluster", on}
			}
			whole := rendering{strings.TrimSuffix("example-"+e.Name()+"-"+on, "-"), l.printed(append([]string{"render", dir}, flags...)...), l.root(dir), elsewhere}
			l.all = append(l.all, whole)
			for _, o := range whole.objects {
				plugin, _, _ := unstructured.NestedString(o.Object, "spec", "source", "plugin", "name")
				parameters, _, _ := unstructured.NestedSlice(o.Object, "spec", "source", "plugin", "parameters")
				if o.GetKind() != "Application" || plugin != "roster-v1" || len(parameters) != 1 || parameters[0].(map[string]any)["name"] != "application" {
					continue
				}
				app := rendering{whole.name + "-" + o.GetName(), l.printed(append([]string{"render", dir, "--app", o.GetName()}, flags...)...), o, elsewhere}
				l.all = append(l.all, app)
			}
		}
	}
}

// clustersOf are the names of an example's clusters, or one that is empty.
func (l *loop) clustersOf(dir string) []string {
	l.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "platform.yml"))
	l.must(err)
	var platform struct{ Clusters map[string]any }
	l.must(yaml.Unmarshal(text, &platform))
	if len(platform.Clusters) == 0 {
		return []string{""}
	}
	return slices.Sorted(maps.Keys(platform.Clusters))
}

// root is the root Application of an example. What bootstrap prints besides says what the root's project permits, and which kinds Argo CD has
// to leave out.
func (l *renderings) root(dir string) (root unstructured.Unstructured) {
	l.Helper()
	for _, o := range l.printed("bootstrap", "--image", image, dir) {
		switch o.GetKind() {
		case "Application":
			root = o
		case "ConfigMap":
			if kinds, found, _ := unstructured.NestedString(o.Object, "data", "resource.exclusions"); found {
				l.settings["resource.exclusions"] = kinds
			}
		case "AppProject":
			for _, field := range []string{"clusterResourceWhitelist", "namespaceResourceWhitelist"} {
				list, _, err := unstructured.NestedSlice(o.Object, "spec", field)
				l.must(err)
				for _, item := range list {
					item := item.(map[string]any)
					l.possible[schema.GroupKind{Group: item["group"].(string), Kind: item["kind"].(string)}] = true
				}
			}
		}
	}
	if root.Object == nil || len(l.possible) == 0 {
		l.Fatalf("bootstrap prints no root for %s, or one that permits nothing", dir)
	}
	return root
}

// printed are the objects that roster prints for an example.
func (l *loop) printed(args ...string) []unstructured.Unstructured {
	l.Helper()
	out, err := exec.Command(tools.Program("roster"), args...).Output()
	if err != nil {
		l.Fatalf("roster %q: %v", args, err)
	}
	return decoded(l.T, out)
}

// installKinds installs the CRDs of what objects are, of the groups that are not Kubernetes' own.
func (l *loop) installKinds(objects []unstructured.Unstructured) {
	l.Helper()
	names := map[string]bool{}
	for _, o := range objects {
		kind := o.GroupVersionKind()
		if kind.Group == "argoproj.io" || !strings.Contains(kind.Group, ".") || strings.HasSuffix(kind.Group, ".k8s.io") && kind.Group != gatewayGroup {
			continue
		}
		crds, err := cluster.CRDs(kind.Group)
		l.must(err)
		for _, crd := range crds {
			if is, _, _ := unstructured.NestedString(crd.Object, "spec", "names", "kind"); is == kind.Kind {
				names[crd.GetName()] = true
			}
		}
	}
	l.cluster.InstallCRDs(l, slices.Sorted(maps.Keys(names))...)
}
