package loop

import (
	"context"
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
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/hippotion/roster/test/loop/cluster"
	"github.com/hippotion/roster/test/loop/tools"
)

// guarded is a request of the table in test/guardrails, and what roster says of it, by the binding whose policy it does not fit.
type guarded struct {
	Name, Resource, Subresource, Namespace string
	Object, Old                            map[string]any
	Said                                   map[string]string
}

// told is appended to the name of a binding, for one that only warns: of what is refused, the API server says one reason.
const told = "-told"

// TestAdmission has a real API server judge the guardrails' table by the policies that roster renders: it refuses and warns of what roster's own
// engine says, with the same words.
func TestAdmission(t *testing.T) {
	var table struct {
		Files    map[string]string
		Requests []guarded
	}
	out, err := exec.Command(tools.Program("guardrails"), "table").Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &table); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range table.Files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roster := func(args ...string) []byte {
		out, err := exec.Command(tools.Program("roster"), append(args, dir)...).Output()
		if err != nil {
			t.Fatal(args, err)
		}
		return out
	}
	// Nothing makes ServiceAccounts here.
	c := cluster.Start(t, cluster.Options{APIServerFlags: []string{"--disable-admission-plugins=ServiceAccount"}})
	applyKinds(t, c, append(roster("render"), "\n---\n{apiVersion: v1, kind: Namespace, metadata: {name: other}}\n"...), "Namespace")
	g := newGuard(t, c)
	for i, r := range table.Requests {
		complete(r.Object)
		if r.Old != nil { // there before the policies are
			complete(r.Old)
			name := fmt.Sprintf("there-%d", i)
			for _, o := range []map[string]any{r.Old, r.Object} {
				(&unstructured.Unstructured{Object: o}).SetName(name)
			}
			if _, err := g.resource(r).Create(t.Context(), &unstructured.Unstructured{Object: r.Old}, metav1.CreateOptions{}); err != nil {
				t.Fatalf("%s: %v", r.Name, err)
			}
		}
	}
	g.enforce(roster("render", "--app", "sys-guardrails"))
	for _, r := range table.Requests {
		if strings.HasSuffix(r.Name, ", everything") { // which all bindings of its namespace have something to say about
			cluster.Eventually(t, 2*time.Minute, "the policies are in force", func() error { return g.hold(r) })
		}
	}
	denied := 0
	for _, r := range table.Requests {
		if err := g.hold(r); err != nil {
			t.Errorf("%s: %v", r.Name, err)
		}
		if len(r.Said) > 0 && r.Namespace == "shop" {
			denied++
		}
	}
	t.Logf("%d requests, of which %d are refused", len(table.Requests), denied)
}

// guard asks the API server.
type guard struct {
	*testing.T
	cluster *cluster.Cluster
	client  dynamic.Interface
	said    map[string]string // the warnings of the last request, by binding
}

func newGuard(t *testing.T, c *cluster.Cluster) *guard {
	t.Helper()
	g := &guard{T: t, cluster: c}
	config := rest.CopyConfig(c.Config)
	config.WarningHandlerWithContext = g
	var err error
	if g.client, err = dynamic.NewForConfig(config); err != nil {
		t.Fatal(err)
	}
	return g
}

// HandleWarningHeaderWithContext keeps what a binding says.
func (g *guard) HandleWarningHeaderWithContext(_ context.Context, _ int, _, text string) {
	const prefix = "Validation failed for ValidatingAdmissionPolicy '"
	if rest, ok := strings.CutPrefix(text, prefix); ok {
		_, rest, _ = strings.Cut(rest, "' with binding '")
		binding, message, _ := strings.Cut(rest, "': ")
		g.said[strings.TrimSuffix(binding, told)] = message
	}
}

func (g *guard) resource(r guarded) dynamic.ResourceInterface {
	o := unstructured.Unstructured{Object: r.Object}
	return g.client.Resource(o.GroupVersionKind().GroupVersion().WithResource(r.Resource)).Namespace(r.Namespace)
}

// enforce applies policies and their bindings, which the API server keeps as they are rendered, and beside each binding that refuses one that warns.
func (g *guard) enforce(rendered []byte) {
	g.Helper()
	objects, err := decode(rendered)
	if err != nil {
		g.Fatal(err)
	}
	if len(objects) == 0 {
		g.Fatal("there are no policies")
	}
	var all []unstructured.Unstructured
	for _, o := range objects {
		all = append(all, o)
		actions, _, _ := unstructured.NestedStringSlice(o.Object, "spec", "validationActions")
		if slices.Contains(actions, "Deny") {
			beside := *o.DeepCopy()
			beside.SetName(o.GetName() + told)
			if err := unstructured.SetNestedStringSlice(beside.Object, []string{"Warn"}, "spec", "validationActions"); err != nil {
				g.Fatal(err)
			}
			all = append(all, beside)
		}
	}
	applyAll(g.T, g.cluster, all)
	l := &loop{T: g.T, cluster: g.cluster}
	if err := l.compare(objects); err != nil {
		g.Error(err)
	}
}

func applyAll(t *testing.T, c *cluster.Cluster, objects []unstructured.Unstructured) {
	t.Helper()
	var manifest []byte
	for _, o := range objects {
		text, err := yaml.Marshal(o.Object)
		if err != nil {
			t.Fatal(err)
		}
		manifest = append(append(manifest, "---\n"...), text...)
	}
	if _, err := c.Apply(t.Context(), manifest); err != nil {
		t.Fatal(err)
	}
}

// hold says where the API server and roster differ.
func (g *guard) hold(r guarded) error {
	g.said = map[string]string{}
	err := g.send(r)
	if strings.HasSuffix(r.Name, ", no image") || strings.HasSuffix(r.Name, ", no containers") {
		if !apierrors.IsInvalid(err) { // before any policy is asked
			return fmt.Errorf("no API server takes it, and this one says: %w", err)
		}
		return nil
	}
	if diff := cmp.Diff(r.Said, g.said); diff != "" {
		return fmt.Errorf("roster (-) and the API server (+) disagree: %s (%w)", diff, err)
	}
	var reasons []string
	for binding, message := range r.Said {
		if policy, ok := strings.CutSuffix(binding, "-enforce"); ok {
			reasons = append(reasons, fmt.Sprintf("ValidatingAdmissionPolicy '%s' with binding '%s' denied request: %s", policy, binding, message))
		}
	}
	switch {
	case len(reasons) == 0:
		return err
	case err == nil:
		return errors.New("it is not refused")
	case !slices.ContainsFunc(reasons, func(reason string) bool { return strings.Contains(err.Error(), reason) }):
		return fmt.Errorf("it is refused for another reason: %w", err)
	}
	return nil
}

// send sends a request that changes nothing.
func (g *guard) send(r guarded) error {
	dry := []string{metav1.DryRunAll}
	if r.Old == nil {
		_, err := g.resource(r).Create(g.Context(), &unstructured.Unstructured{Object: r.Object}, metav1.CreateOptions{DryRun: dry})
		return err
	}
	patch, err := json.Marshal(map[string]any{"metadata": metadataChange(r), "spec": r.Object["spec"]})
	if err != nil {
		return err
	}
	var of []string
	if r.Subresource != "" {
		of = []string{r.Subresource}
	}
	name := (&unstructured.Unstructured{Object: r.Object}).GetName()
	_, err = g.resource(r).Patch(g.Context(), name, types.StrategicMergePatchType, patch, metav1.PatchOptions{DryRun: dry}, of...)
	return err
}

// metadataChange are the labels and annotations that an object gets and loses.
func metadataChange(r guarded) map[string]any {
	out := map[string]any{}
	for _, key := range []string{"labels", "annotations"} {
		before, _, _ := unstructured.NestedMap(r.Old, "metadata", key)
		after, _, _ := unstructured.NestedMap(r.Object, "metadata", key)
		change := maps.Clone(after)
		for name := range before {
			if _, still := after[name]; !still {
				if change == nil {
					change = map[string]any{}
				}
				change[name] = nil
			}
		}
		if change != nil {
			out[key] = change
		}
	}
	return out
}

// complete adds what every API server wants of an object, and no guardrail looks at.
func complete(object map[string]any) {
	o := &unstructured.Unstructured{Object: object}
	if o.GetName() == "" && o.GetGenerateName() == "" {
		o.SetGenerateName("app-")
	}
	if owners, _, _ := unstructured.NestedSlice(object, "metadata", "ownerReferences"); len(owners) > 0 {
		for _, owner := range owners {
			owner.(map[string]any)["apiVersion"], owner.(map[string]any)["uid"] = "apps/v1", "7d0b4a3e-0000-4000-8000-000000000000"
		}
		object["metadata"].(map[string]any)["ownerReferences"] = owners
	}
	spec, _ := object["spec"].(map[string]any)
	template, _ := spec["template"].(map[string]any)
	if o.GetKind() == "CronJob" {
		if spec["schedule"] == nil {
			spec["schedule"] = "@daily"
		}
		template = spec["jobTemplate"].(map[string]any)["spec"].(map[string]any)["template"].(map[string]any)
	}
	if template == nil {
		return
	}
	labels := map[string]any{"table": "guardrails"}
	switch o.GetKind() {
	case "Job", "CronJob":
		template["spec"].(map[string]any)["restartPolicy"] = "Never"
		return
	case "ReplicationController":
		spec["selector"] = labels
	default:
		spec["selector"] = map[string]any{"matchLabels": labels}
	}
	if o.GetKind() == "StatefulSet" {
		spec["serviceName"] = "app"
	}
	metadata, _ := template["metadata"].(map[string]any)
	if metadata == nil {
		metadata = map[string]any{}
		template["metadata"] = metadata
	}
	all, _ := metadata["labels"].(map[string]any)
	if all == nil {
		all = map[string]any{}
		metadata["labels"] = all
	}
	maps.Copy(all, labels)
}
