package render

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// clusterRole lets the account that Argo CD impersonates create the cluster-scoped kinds that the entry lists. Without impersonation, the
// AppProject alone permits them.
func clusterRole(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	if !hasClusterRole(n) {
		return nil
	}
	id := identity{Kind: k, Name: clusterRoleName(n), Origin: n.Origin, Sync: guardSync}
	return []object.Object{id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
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
	})}
}

func hasClusterRole(n *catalog.Namespace) bool {
	return n.Impersonation != nil && len(n.Project.ClusterResources) > 0
}

func clusterRoleName(n *catalog.Namespace) string {
	return object.Name(n.Impersonation.ServiceAccount + "-" + n.Name)
}

// resource is the plural by which RBAC knows a kind. Kubernetes itself guesses this way when it cannot ask an API server.
func resource(c catalog.ClusterResource) string {
	plural, _ := meta.UnsafeGuessKindToResource(schema.GroupVersionKind{Group: c.Group, Kind: c.Kind})
	return plural.Resource
}
