package render

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// serviceAccounts are the namespace's default account, so that pods that name none get no token, and the account that
// Argo CD syncs as when it impersonates. Applications have accounts of their own when they need them.
func serviceAccounts(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	out := []object.Object{serviceAccount(k, n, "default", n.AutomountServiceAccountToken)}
	if n.Impersonation != nil {
		out = append(out, serviceAccount(k, n, n.Impersonation.ServiceAccount, false))
	}
	return out
}

func serviceAccount(k kind, n *catalog.Namespace, name string, automount bool) object.Object {
	id := identity{Kind: k, Namespace: n.Name, Name: name, Origin: n.Origin, Sync: guardSync}
	return id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
		return &corev1.ServiceAccount{TypeMeta: t, ObjectMeta: m, AutomountServiceAccountToken: &automount}
	})
}
