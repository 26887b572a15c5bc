package render

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// clusterRoles let the account that Argo CD impersonates create the cluster-scoped kinds that the entry lists. Without
// impersonation, the AppProject alone permits them.
func clusterRoles(_ *catalog.Platform, n *catalog.Namespace) []object.Object {
	if n.Impersonation == nil || len(n.Project.ClusterResources) == 0 {
		return nil
	}
	account := n.Impersonation.ServiceAccount
	id := identity{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: "ClusterRole", Name: object.Name(account + "-" + n.Name), Origin: n.Origin, Sync: guards}
	role := id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
		o := &rbacv1.ClusterRole{TypeMeta: t, ObjectMeta: m}
		for _, c := range n.Project.ClusterResources {
			verbs := []string{"get", "list", "watch", "create", "update", "patch", "delete"}
			if c == (catalog.ClusterResource{Group: rbacv1.GroupName, Kind: "ClusterRole"}) {
				// Without these verbs, Kubernetes lets nobody write or bind a role with more rights than their own. The entry permits its applications to
				// create any, as they may without impersonation.
				verbs = append(verbs, "escalate", "bind")
			}
			o.Rules = append(o.Rules, rbacv1.PolicyRule{APIGroups: []string{c.Group}, Resources: []string{resource(c)}, Verbs: verbs})
		}
		return o
	})
	id.Kind = "ClusterRoleBinding"
	binding := id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
		return &rbacv1.ClusterRoleBinding{TypeMeta: t, ObjectMeta: m,
			RoleRef:  rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: id.Name},
			Subjects: []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: account, Namespace: n.Name}}}
	})
	return []object.Object{role, binding}
}

// resource is the plural by which RBAC knows a kind. Kubernetes itself guesses this way when it cannot ask an API server.
func resource(c catalog.ClusterResource) string {
	plural, _ := meta.UnsafeGuessKindToResource(schema.GroupVersionKind{Group: c.Group, Kind: c.Kind})
	return plural.Resource
}
