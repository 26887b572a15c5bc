package world

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/hippotion/roster/test/loop/cluster"
	"github.com/hippotion/roster/test/loop/sandbox"
	"github.com/hippotion/roster/test/loop/tools"
)

func TestMain(m *testing.M) { os.Exit(sandbox.Main(m, nil, tools.Prepare)) }

// homelab is what roster makes of the example, in an order in which objects can be made.
func homelab(t *testing.T) []*unstructured.Unstructured {
	t.Helper()
	files, err := filepath.Glob("../../../golden/homelab/*/*.yaml")
	check(t, err)
	var out []*unstructured.Unstructured
	for _, file := range files {
		text, err := os.ReadFile(file)
		check(t, err)
		text, err = yaml.YAMLToJSON(text)
		check(t, err)
		o := &unstructured.Unstructured{}
		check(t, o.UnmarshalJSON(text))
		if group := o.GroupVersionKind().Group; group != "argoproj.io" && group != "cilium.io" && group != "traefik.io" && group != "monitoring.coreos.com" && group != "policies.kyverno.io" {
			out = append(out, o)
		}
	}
	first := func(o *unstructured.Unstructured) int {
		return slices.Index([]string{"ServiceAccount", "Namespace"}, o.GetKind())
	}
	slices.SortStableFunc(out, func(a, b *unstructured.Unstructured) int { return cmp.Compare(first(b), first(a)) })
	return out
}

// thing is a CRD that no chart contains.
const thing = `{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "things.house.example"},
	"spec": {"group": "house.example", "scope": "Namespaced", "names": {"plural": "things", "kind": "Thing"}, "versions": [
		{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object"}}}]}}`

const daemonSet = `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: everywhere, namespace: default}
spec:
  selector: {matchLabels: {app: everywhere}}
  template:
    metadata: {labels: {app: everywhere}}
    spec:
      initContainers: [{name: first, image: first}, {name: beside, image: beside, restartPolicy: Always}]
      containers: [{name: main, image: main}]
`

// TestHomelab deploys the workloads of the example, before there are CRDs, and looks at each until it is healthy.
func TestHomelab(t *testing.T) {
	c := cluster.Start(t, cluster.Options{Controllers: "*,-persistentvolume-binder-controller,-persistentvolume-expander-controller"})
	var crd unstructured.Unstructured
	check(t, crd.UnmarshalJSON([]byte(thing)))
	stop, err := Run(t.Context(), c.Config, Options{
		Operators:  []Operator{{Namespace: "default", ConfigMap: "operator", CRDs: []unstructured.Unstructured{crd}}},
		Properties: map[string][]string{"web-brew-buddy/postgres": {"username", "password", "database"}},
		Log:        t.Logf,
	})
	check(t, err)
	t.Cleanup(stop)
	start := time.Now()
	var later []*unstructured.Unstructured
	everything := homelab(t)
	_, err = c.Kubectl(t.Context(), nil, "create", "namespace", "argocd")
	check(t, err)
	for _, o := range everything {
		if group := o.GroupVersionKind().Group; group == "external-secrets.io" || group == "cert-manager.io" {
			later = append(later, o)
			continue
		}
		apply(t, c, o)
	}
	t.Logf("%s: workloads", time.Since(start))
	c.InstallCRDs(t, "external-secrets.io", "cert-manager.io")
	for _, o := range later {
		apply(t, c, o)
	}
	t.Logf("%s: all of %d objects", time.Since(start), len(everything))
	cluster.Eventually(t, time.Minute, "all is healthy", func() error {
		var ill []error
		for _, o := range everything {
			live, err := get(t, c, o)
			if err == nil {
				err = healthy(live)
			}
			if err != nil {
				ill = append(ill, fmt.Errorf("%s %s/%s: %w", o.GetKind(), o.GetNamespace(), o.GetName(), err))
			}
		}
		return errors.Join(ill...)
	})
	t.Logf("%s: healthy", time.Since(start))

	t.Run("a job", func(t *testing.T) {
		_, err := c.Kubectl(t.Context(), nil, "create", "job", "--namespace=sys-gardener", "--from=cronjob/gardener", "now")
		check(t, err)
		_, err = c.Kubectl(t.Context(), nil, "wait", "--namespace=sys-gardener", "--for=condition=Complete", "--timeout=30s", "job/now")
		check(t, err)
	})
	t.Run("a DaemonSet", func(t *testing.T) {
		_, err := c.Apply(t.Context(), []byte(daemonSet))
		check(t, err)
		_, err = c.Kubectl(t.Context(), nil, "rollout", "status", "daemonset/everywhere", "--timeout=30s")
		check(t, err)
	})
	t.Run("an operator", func(t *testing.T) {
		_, err := c.Kubectl(t.Context(), nil, "create", "configmap", "operator")
		check(t, err)
		cluster.Eventually(t, 10*time.Second, "its CRD is there", func() error {
			_, err := c.Mapping("house.example/v1", "Thing")
			return err
		})
	})
	t.Run("the CRD comes again", func(t *testing.T) {
		_, err := c.Kubectl(t.Context(), nil, "delete", "crd", "externalsecrets.external-secrets.io", "--timeout=30s")
		check(t, err)
		c.InstallCRDs(t, "externalsecrets.external-secrets.io")
		var wanted *unstructured.Unstructured
		for _, o := range later {
			if o.GetKind() == "ExternalSecret" && o.GetNamespace() == "web-ntfy" {
				wanted = o
			}
		}
		cluster.Eventually(t, 10*time.Second, "it is served", func() error {
			_, err := c.List(t.Context(), wanted.GetAPIVersion(), wanted.GetKind(), "", metav1.ListOptions{})
			return err
		})
		apply(t, c, wanted)
		cluster.Eventually(t, 10*time.Second, "the Secret belongs to the new ExternalSecret", func() error {
			owner, err := get(t, c, wanted)
			if err != nil {
				return err
			}
			secret, err := c.Get(t.Context(), "v1", "Secret", owner.GetNamespace(), owner.GetName())
			if err != nil {
				return err
			}
			if of := secret.GetOwnerReferences(); len(of) != 1 || of[0].UID != owner.GetUID() {
				return fmt.Errorf("it belongs to %v", of)
			}
			return healthy(owner)
		})
	})
	t.Run("all can be deleted", func(t *testing.T) {
		_, err := c.Kubectl(t.Context(), nil, "delete", "namespace", "web-ntfy", "web-brew-buddy", "web-media", "sys-traefik", "--timeout=60s")
		check(t, err)
	})
	t.Run("the node stays ready", func(t *testing.T) {
		time.Sleep(time.Until(start.Add(50 * time.Second))) // it has 40 s without a heartbeat
		node, err := c.Client.CoreV1().Nodes().Get(t.Context(), Node, metav1.GetOptions{})
		check(t, err)
		if len(node.Spec.Taints) > 0 {
			t.Errorf("it has taints: %v", node.Spec.Taints)
		}
	})
}

// healthy returns why an object is not healthy, in the way of Argo CD's checks.
func healthy(o *unstructured.Unstructured) error {
	number := func(fields ...string) int64 {
		n, _, _ := unstructured.NestedInt64(o.Object, fields...)
		return n
	}
	text := func(fields ...string) string {
		s, _, _ := unstructured.NestedString(o.Object, fields...)
		return s
	}
	ok := true
	switch o.GetKind() {
	case "Deployment":
		ok = number("status", "observedGeneration") == o.GetGeneration() && number("status", "availableReplicas") == number("spec", "replicas") && has(o, "Available")
	case "StatefulSet":
		ok = number("status", "observedGeneration") == o.GetGeneration() && number("status", "readyReplicas") == number("spec", "replicas")
	case "PersistentVolumeClaim":
		ok = text("status", "phase") == "Bound"
	case "Service":
		ingress, _, _ := unstructured.NestedSlice(o.Object, "status", "loadBalancer", "ingress")
		ok = text("spec", "type") != "LoadBalancer" || len(ingress) > 0
	case "ExternalSecret", "ClusterSecretStore", "SecretStore", "Certificate", "ClusterIssuer":
		ok = has(o, "Ready")
	case "CronJob":
		_, ok, _ = unstructured.NestedMap(o.Object, "status")
	}
	if !ok {
		return fmt.Errorf("its status is %v", o.Object["status"])
	}
	return nil
}

func get(t *testing.T, c *cluster.Cluster, o *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	return c.Get(t.Context(), o.GetAPIVersion(), o.GetKind(), o.GetNamespace(), o.GetName())
}

func apply(t *testing.T, c *cluster.Cluster, o *unstructured.Unstructured) {
	t.Helper()
	r, err := c.Resource(o.GetAPIVersion(), o.GetKind(), o.GetNamespace())
	check(t, err)
	_, err = r.Apply(t.Context(), o.GetName(), o, metav1.ApplyOptions{FieldManager: "test", Force: true})
	if err != nil {
		text, _ := json.Marshal(o)
		t.Fatalf("%v\n%s", err, text)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
