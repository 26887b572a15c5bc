package lint

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// backedService is a Service with a selector, and the pods that it selects: all of them are known.
type backedService struct {
	*Object
	corev1.Service
	pods *selection
	in   *inventory
}

// backedServices are the Services whose pods are known. Where a custom resource, a role or something else may add pods, or change their
// labels as Vault and Patroni do, they are unknown.
func (in *Input) backedServices() []backedService {
	var out []backedService
	inventories, indices := in.inventories(), map[string]*podIndex{}
	for _, o := range in.Kind("Service") {
		v := inventories[o.Namespace]
		if o.APIVersion != "v1" || v == nil || !v.complete || v.podMaker || v.may("pods", "update", "patch") {
			continue
		}
		s := backedService{Object: o, in: v}
		if runtime.DefaultUnstructuredConverter.FromUnstructured(o.Content(), &s.Service) != nil ||
			len(s.Spec.Selector) == 0 || s.Spec.Type == corev1.ServiceTypeExternalName || shared(&s.Service) {
			continue
		}
		if indices[o.Namespace] == nil {
			indices[o.Namespace] = newPodIndex(v.pods)
		}
		if s.pods = indices[o.Namespace].selected(s.Spec.Selector); s.pods != nil {
			out = append(out, s)
		}
	}
	return out
}

// shared reports whether a Service may lead to pods of other clusters: an annotation for Cilium's cluster mesh.
func shared(s *corev1.Service) bool {
	for _, key := range []string{"service.cilium.io/global", "io.cilium/global-service"} {
		if strings.EqualFold(s.Annotations[key], "true") {
			return true
		}
	}
	return false
}
