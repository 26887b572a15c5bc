package catalog

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/syntax"
	"k8s.io/apimachinery/pkg/api/validation/path"
	"k8s.io/apimachinery/pkg/util/validation"
)

// clusterRoles are the roles for people that every cluster has.
var clusterRoles = []string{"admin", "edit", "view"}

// accessesOf is who has which role in the namespace: people, and the jobs of CI pipelines.
func (s *settings) accessesOf(e *entry) []Access {
	var out []Access
	seen := map[Access]*syntax.Node{}
	add := func(at *syntax.Node, key string, a Access) {
		if first := seen[a]; first != nil {
			at.ReportWith(first, "first here", "duplicate-access", "remove one of them", "this access is given twice")
			return
		}
		seen[a] = at
		a.Origin = origin(e.Namespace.V, key, a.Role, a.Subject)
		out = append(out, a)
	}
	for i := range e.Access {
		if in := &e.Access[i]; in.Node != nil {
			if a, ok := accessOf(e, in); ok {
				add(in.Node, "access", a)
			}
		}
	}
	for i := range e.CI {
		if in := &e.CI[i]; in.Node != nil {
			if a, ok := s.identity(in); ok {
				add(in.Node, "ci", a)
			}
		}
	}
	for _, i := range s.identities {
		if seen[i] == nil { // or the entry says the same
			i.Origin = Origin(PlatformFile + "#ci/" + i.Role + "/" + i.Subject)
			out = append(out, i)
		}
	}
	return out
}

func accessOf(e *entry, in *accessInput) (a Access, ok bool) {
	who, ok := oneOf(in.Node, []string{"group", "user", "serviceAccount"}, in.Group, in.User, in.ServiceAccount)
	role, roleOK := oneOf(in.Node, []string{"role", "clusterRole"}, in.Role, in.ClusterRole)
	if !ok || !roleOK {
		return a, false
	}
	switch {
	case in.Group.IsSet():
		a.SubjectKind, a.Subject = "Group", in.Group.V
	case in.User.IsSet():
		a.SubjectKind, a.Subject = "User", in.User.V
	default:
		a.SubjectKind, a.SubjectNamespace, a.Subject = "ServiceAccount", e.Namespace.V, in.ServiceAccount.V
		if namespace, name, found := strings.Cut(in.ServiceAccount.V, "/"); found {
			a.SubjectNamespace, a.Subject = namespace, name
		}
		if e.Namespace.V == "" { // reported
			return a, false
		}
		if validation.IsDNS1123Subdomain(a.Subject) != nil || validation.IsDNS1123Label(a.SubjectNamespace) != nil {
			who.Report("bad-name", "", "expected the name of a service account, or NAMESPACE/NAME, found %s", syntax.Quote(who.V))
			return a, false
		}
	}
	if !filled(who, "a name") {
		return a, false
	}
	return a, a.bind(role, in.ClusterRole)
}

// bind sets the role, and reports whether it can be one.
func (a *Access) bind(role, clusterRole text) bool {
	a.RoleKind, a.Role = "Role", role.V
	if clusterRole.IsSet() || slices.Contains(clusterRoles, a.Role) {
		a.RoleKind = "ClusterRole"
	}
	if errs := path.IsValidPathSegmentName(a.Role); errs != nil || a.Role == "" {
		role.Report("bad-name", "view, edit, admin, or a Role of the namespace", "expected the name of a role, found %s", syntax.Quote(a.Role))
		return false
	}
	return true
}

// present lists the values that are set.
func present(values ...text) []text {
	return slices.DeleteFunc(values, func(t text) bool { return !t.IsSet() })
}
