package cluster

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/hippotion/roster/test/loop/tools"
)

// crdFiles are where the CRDs of a group are in the module of its project.
func crdFiles(group string) (pattern string, err error) {
	argo, err := tools.ArgoCD()
	if err != nil {
		return "", err
	}
	for _, g := range []struct{ group, module, pattern string }{
		{"argoproj.io", argo, "manifests/crds/*-crd.yaml"},
		{"cert-manager.io", "github.com/cert-manager/cert-manager", "deploy/crds/cert-manager.io_*.yaml"},
		{"cilium.io", "github.com/cilium/cilium", "pkg/k8s/apis/cilium.io/client/crds/v2*/*.yaml"},
		{"external-secrets.io", "github.com/external-secrets/external-secrets", "config/crds/bases/external-secrets.io_*.yaml"},
		{"gateway.envoyproxy.io", "github.com/envoyproxy/gateway", "charts/gateway-helm/charts/crds/crds/generated/gateway.envoyproxy.io_*.yaml"},
		{"gateway.networking.k8s.io", "sigs.k8s.io/gateway-api", "config/crd/experimental/gateway.networking.k8s.io_*.yaml"},
		{"generators.external-secrets.io", "github.com/external-secrets/external-secrets", "config/crds/bases/generators.external-secrets.io_*.yaml"},
		{"monitoring.coreos.com", "github.com/prometheus-operator/prometheus-operator", "example/prometheus-operator-crd/*.yaml"},
		{"policies.kyverno.io", "github.com/kyverno/kyverno", "config/crds/policies.kyverno.io/*.yaml"},
		{"traefik.io", "github.com/traefik/traefik/v3", "docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml"},
		{"velero.io", "github.com/vmware-tanzu/velero", "config/crd/v1/bases/velero.io_*.yaml"},
		{"volsync.backube", "github.com/backube/volsync", "config/crd/bases/volsync.backube_*.yaml"},
	} {
		if g.group == group {
			return filepath.Join(tools.Module(g.module), filepath.FromSlash(g.pattern)), nil
		}
	}
	return "", fmt.Errorf("no module is known for the group %q", group)
}

// InstallCRDs installs CRDs, each named as in the cluster, or by its group for all of that: every one costs the apiserver
// memory. It returns when objects of them can be made.
func (c *Cluster) InstallCRDs(t testing.TB, names ...string) {
	t.Helper()
	list := &unstructured.UnstructuredList{Object: map[string]any{"apiVersion": "v1", "kind": "List"}}
	for _, name := range names {
		crds, err := CRDs(name)
		if err != nil {
			t.Fatalf("CRDs of %s: %v", name, err)
		}
		list.Items = append(list.Items, crds...)
	}
	manifest, err := json.Marshal(list)
	must(t, err)
	_, err = c.Apply(t.Context(), manifest)
	must(t, err)
	for _, crd := range list.Items {
		c.waitForCRD(t, crd.GetName())
	}
}

func (c *Cluster) waitForCRD(t testing.TB, name string) {
	t.Helper()
	Eventually(t, 30*time.Second, "the CRD "+name+" is established", func() error {
		crd, err := c.Get(t.Context(), "apiextensions.k8s.io/v1", "CustomResourceDefinition", "", name)
		if err != nil {
			return err
		}
		conditions, _, err := unstructured.NestedSlice(crd.Object, "status", "conditions")
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(conditions, func(c any) bool {
			condition, _ := c.(map[string]any)
			return condition["type"] == "Established" && condition["status"] == "True"
		}) {
			return fmt.Errorf("its conditions are %v", conditions)
		}
		return nil
	})
}

// CRDs are the CRDs of a group, or the one with the name.
func CRDs(name string) ([]unstructured.Unstructured, error) {
	pattern, err := crdFiles(name)
	if err != nil {
		_, group, _ := strings.Cut(name, ".")
		if pattern, err = crdFiles(group); err != nil {
			return nil, err
		}
	}
	files, err := filepath.Glob(pattern)
	if err != nil {
		return nil, err
	}
	var found []unstructured.Unstructured
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(data), 4096)
		for {
			var crd unstructured.Unstructured
			if err := decoder.Decode(&crd); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, fmt.Errorf("reading %s: %w", file, err)
			}
			group, _, _ := unstructured.NestedString(crd.Object, "spec", "group")
			if crd.GetKind() == "CustomResourceDefinition" && (name == group || name == crd.GetName()) {
				found = append(found, crd)
			}
		}
	}
	if found == nil {
		return nil, fmt.Errorf("there is none in %s", pattern)
	}
	return found, nil
}
