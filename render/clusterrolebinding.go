package render

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// clusterRoleBinding gives the account its clusterRole.
func clusterRoleBinding(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	if !hasClusterRole(n) {
		return nil
	}
	id := identity{Kind: k, Name: clusterRoleName(n), Origin: n.Origin, Sync: guardSync}
	return []object.Object{id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
		return &rbacv1.ClusterRoleBinding{TypeMeta: t, ObjectMeta: m,
			RoleRef:  rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: id.Name},
			Subjects: []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: n.Impersonation.ServiceAccount, Namespace: n.Name}}}
	})}
}
