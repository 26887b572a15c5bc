package pods

import (
	"strings"

	"github.com/hippotion/roster/internal/lint/models/deployed"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// BackedService is a Service with a selector, and the pods that it selects: all of them are known.
type BackedService struct {
	*deployed.Object
	corev1.Service
	Pods *Selection
	In   *deployed.Inventory
}

// BackedServices are the Services whose pods are known. Where a custom resource, a role or something else may add pods, or change their
// labels as Vault and Patroni do, they are unknown.
func (in *Model) BackedServices() []BackedService {
	var out []BackedService
	inventories, indices := in.deployed.Inventories(), map[string]*index{}
	for _, o := range in.deployed.Kind("Service") {
		v := inventories[o.Namespace]
		if o.APIVersion != "v1" || v == nil || !v.Complete || v.PodMaker || v.May("pods", "update", "patch") {
			continue
		}
		s := BackedService{Object: o, In: v}
		if runtime.DefaultUnstructuredConverter.FromUnstructured(o.Content(), &s.Service) != nil ||
			len(s.Spec.Selector) == 0 || s.Spec.Type == corev1.ServiceTypeExternalName || Shared(&s.Service) {
			continue
		}
		if indices[o.Namespace] == nil {
			indices[o.Namespace] = newIndex(v.Pods)
		}
		if s.Pods = indices[o.Namespace].selected(s.Spec.Selector); s.Pods != nil {
			out = append(out, s)
		}
	}
	return out
}

// Shared reports whether a Service may lead to pods of other clusters: an annotation for Cilium's cluster mesh.
func Shared(s *corev1.Service) bool {
	for _, key := range []string{"service.cilium.io/global", "io.cilium/global-service"} {
		if strings.EqualFold(s.Annotations[key], "true") {
			return true
		}
	}
	return false
}
