package remote

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/hippotion/roster/test/loop/tools"
)

// crds says where a module has its CRDs, and which chart brings them.
var crds = []struct{ chart, module, files string }{
	{"cert-manager", "github.com/cert-manager/cert-manager", "deploy/crds/*.yaml"},
	{"cilium", "github.com/cilium/cilium", "pkg/k8s/apis/cilium.io/client/crds/v2*/*.yaml"}, // its operator, in fact
	{"external-secrets", "github.com/external-secrets/external-secrets", "config/crds/bases/*_*.yaml"},
	{"kyverno", "github.com/kyverno/kyverno", "config/crds/policies.kyverno.io/*.yaml"},
	{"prometheus-operator-crds", "github.com/prometheus-operator/prometheus-operator", "example/prometheus-operator-crd/*.yaml"},
	{"traefik", "github.com/traefik/traefik/v3", "docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml"},
}

// CRDs finds the CRDs of the objects' kinds, by the name of the chart that brings them. Others are left out: each costs the
// API server some 10 MB.
func CRDs(objects []unstructured.Unstructured) (map[string][]unstructured.Unstructured, error) {
	used := map[schema.GroupKind]bool{}
	for _, o := range objects {
		used[o.GroupVersionKind().GroupKind()] = true
	}
	out := map[string][]unstructured.Unstructured{}
	for _, from := range crds {
		files, err := filepath.Glob(filepath.Join(tools.Module(from.module), filepath.FromSlash(from.files)))
		if err != nil {
			return nil, err
		}
		if len(files) == 0 {
			return nil, fmt.Errorf("%s has no %s", from.module, from.files)
		}
		for _, file := range files {
			all, err := read(file)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			for _, crd := range all {
				group, _, _ := unstructured.NestedString(crd.Object, "spec", "group")
				kind, _, _ := unstructured.NestedString(crd.Object, "spec", "names", "kind")
				if used[schema.GroupKind{Group: group, Kind: kind}] {
					out[from.chart] = append(out[from.chart], crd)
				}
			}
		}
	}
	return out, nil
}

// read reads the objects of a YAML file.
func read(file string) ([]unstructured.Unstructured, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var out []unstructured.Unstructured
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	for {
		var document json.RawMessage
		err := decoder.Decode(&document)
		switch {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, err
		case string(document) == "null": // comments only
			continue
		}
		var o unstructured.Unstructured
		if err := o.UnmarshalJSON(document); err != nil {
			return nil, err
		}
		out = append(out, o)
	}
}
