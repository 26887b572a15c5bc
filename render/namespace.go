package render

import (
	"maps"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const podSecurity = "pod-security.kubernetes.io/"

// namespace is the Namespace with its Pod Security labels. One that holds state is neither pruned nor deleted before
// somebody confirms it: everything in it would go with it.
func namespace(_ *catalog.Platform, n *catalog.Namespace) []object.Object {
	if !n.Managed {
		return nil
	}
	sync := catalog.Sync{Wave: catalog.NamespaceWave}
	o := &corev1.Namespace{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
		ObjectMeta: meta("", n.Name, n.Origin, sync),
	}
	maps.Copy(o.Labels, n.Labels)
	maps.Copy(o.Annotations, n.Annotations)
	for mode, level := range map[string]string{"enforce": n.PodSecurity.Enforce, "audit": n.PodSecurity.Audit, "warn": n.PodSecurity.Warn} {
		if level != "" {
			o.Labels[podSecurity+mode] = level
			o.Labels[podSecurity+mode+"-version"] = n.PodSecurity.Version
		}
	}
	if n.Guarded {
		o.Annotations[syncOptions] = confirm
	}
	return []object.Object{wrap(o.TypeMeta, &o.ObjectMeta, sync, o)}
}
