package render

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// guard is what is removed first when a guarded entry is removed, and waits for confirmation. Argo CD prunes wave by wave, from the last
// one of those that are to be pruned (gitops-engine pkg/sync, getSyncTasks), and nothing of a wave in which something is not
// confirmed. The Namespace is in the first wave: without this object, its policies would be gone before anyone is asked. The
// Applications are not enough: an entry may have none, and those of a namespace that is renamed stay.
func guard(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	if !n.Guarded {
		return nil
	}
	id := identity{Kind: k, Namespace: n.Name, Name: "roster-guard", Origin: n.Origin, Sync: catalog.Sync{Wave: n.GuardWave}}
	return []object.Object{id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
		m.Annotations[syncOptions] = confirm
		return &corev1.ConfigMap{TypeMeta: t, ObjectMeta: m,
			Data: map[string]string{"about": "When the entry " + n.Name + " is removed from " + catalog.ApplicationsFile + ", Argo CD asks before it prunes this, and after this the rest."}}
	})}
}
