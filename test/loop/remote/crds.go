package remote

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/hippotion/roster/test/loop/cluster"
)

// providers is which chart contains the CRDs of a group.
var providers = []struct{ chart, group string }{
	{"cert-manager", "cert-manager.io"},
	{"cilium", "cilium.io"}, // its operator, in fact
	{"external-secrets", "external-secrets.io"},
	{"kyverno", "policies.kyverno.io"},
	{"prometheus-operator-crds", "monitoring.coreos.com"},
	{"traefik", "traefik.io"},
}

// CRDs finds the CRDs of the objects' kinds, by the name of the chart that contains them. Others are left out: each costs the
// API server some 10 MB.
func CRDs(objects []unstructured.Unstructured) (map[string][]unstructured.Unstructured, error) {
	used := map[schema.GroupKind]bool{}
	for _, o := range objects {
		used[o.GroupVersionKind().GroupKind()] = true
	}
	out := map[string][]unstructured.Unstructured{}
	for _, from := range providers {
		crds, err := cluster.CRDs(from.group)
		if err != nil {
			return nil, err
		}
		for _, crd := range crds {
			kind, _, _ := unstructured.NestedString(crd.Object, "spec", "names", "kind")
			if used[schema.GroupKind{Group: from.group, Kind: kind}] {
				out[from.chart] = append(out[from.chart], crd)
			}
		}
	}
	return out, nil
}
