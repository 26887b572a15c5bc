package render

import (
	"maps"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const podSecurity = "pod-security.kubernetes.io/"

// namespace is the Namespace with its Pod Security labels. One that holds state is neither pruned nor deleted without
// confirmation: everything in it would go with it.
func namespace(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	if !n.Managed {
		return nil
	}
	id := identity{Kind: k, Name: n.Name, Origin: n.Origin, Sync: catalog.Sync{Wave: catalog.NamespaceWave}}
	return []object.Object{id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
		maps.Copy(m.Labels, n.Labels)
		maps.Copy(m.Annotations, n.Annotations)
		podSecurityLabels(m.Labels, n.PodSecurity)
		if n.Guarded {
			m.Annotations[syncOptions] = confirm
		}
		return &corev1.Namespace{TypeMeta: t, ObjectMeta: m}
	})}
}

func podSecurityLabels(labels map[string]string, levels catalog.PodSecurity) {
	for mode, level := range map[string]string{"enforce": levels.Enforce, "audit": levels.Audit, "warn": levels.Warn} {
		if level != "" {
			labels[podSecurity+mode] = level
			labels[podSecurity+mode+"-version"] = levels.Version
		}
	}
}
