package render

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// roleBindings give people, CI and Argo CD's impersonated account their roles in the namespace; the last one also where else the
// applications deploy to.
func roleBindings(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	var out []object.Object
	for _, a := range n.Access {
		subject := rbacv1.Subject{Kind: a.SubjectKind, Name: a.Subject, Namespace: a.SubjectNamespace}
		if a.SubjectKind != rbacv1.ServiceAccountKind {
			subject.APIGroup = rbacv1.GroupName
		}
		role := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: a.RoleKind, Name: a.Role}
		out = append(out, roleBinding(k, n.Name, accessName(a), a.Origin, role, subject))
	}
	if i := n.Impersonation; i != nil {
		role := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: i.ClusterRole}
		account := rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Name: i.ServiceAccount, Namespace: n.Name}
		out = append(out, roleBinding(k, n.Name, i.ServiceAccount, n.Origin, role, account))
		for _, d := range n.Project.Destinations {
			out = append(out, roleBinding(k, d.Namespace, object.Name(i.ServiceAccount+"-"+n.Name), n.Origin, role, account))
		}
	}
	return out
}

func roleBinding(k kind, namespace, name string, origin catalog.Origin, role rbacv1.RoleRef, subject rbacv1.Subject) object.Object {
	id := identity{Kind: k, Namespace: namespace, Name: name, Origin: origin, Sync: guardSync}
	return id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
		return &rbacv1.RoleBinding{TypeMeta: t, ObjectMeta: m, RoleRef: role, Subjects: []rbacv1.Subject{subject}}
	})
}

// accessName is who may do what. Roles and subjects that the name alone distinguishes need no digest.
func accessName(a catalog.Access) string {
	name := "access-" + a.Role + "-" + strings.ToLower(a.SubjectKind) + "-" + a.Subject
	if a.SubjectKind == rbacv1.ServiceAccountKind {
		name = "access-" + a.Role + "-serviceaccount-" + a.SubjectNamespace + "-" + a.Subject
	}
	wellKnown := a.RoleKind == "ClusterRole" && slices.Contains([]string{"view", "edit", "admin"}, a.Role)
	if wellKnown && a.SubjectKind != rbacv1.ServiceAccountKind {
		return object.Name(name)
	}
	return object.Name(name) + "-" + object.Digest(strings.Join([]string{a.RoleKind, a.Role, a.SubjectKind, a.SubjectNamespace, a.Subject}, "\x00"))
}
