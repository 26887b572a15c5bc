package kinds

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diff"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
)

// rbacGrant is that a binding lets somebody do what a role permits, in a namespace or, when that is empty, everywhere.
type rbacGrant struct {
	subject, namespace string
	binding, role      diff.ID
}

// rbacSide is the roles and bindings of one side.
type rbacSide struct {
	roles     map[diff.ID]*rbacv1.ClusterRole
	order     []diff.ID // of the roles
	by        map[string][]rbacGrant
	ofRole    map[diff.ID][]rbacGrant
	resolved  map[diff.ID]permissions
	partsOf   map[diff.ID][]diff.ID
	deployers map[string]string // accounts that do not count, by namespace
	left      int               // how many roles may still be looked at for what others are made of
}

// newRBACSide reads the roles and bindings of a side. Those that roster itself gives to the account as which Argo CD is to sync an entry count only where the
// entry has one on the other side as well: without, Argo CD syncs with its own rights, which are more, or there is no entry.
func newRBACSide(cluster, other *diff.Cluster) *rbacSide {
	s := &rbacSide{deployers: deployersWithout(cluster, other), roles: map[diff.ID]*rbacv1.ClusterRole{}, by: map[string][]rbacGrant{}, ofRole: map[diff.ID][]rbacGrant{}, resolved: map[diff.ID]permissions{}, partsOf: map[diff.ID][]diff.ID{}, left: maxRuleComparisons}
	for _, o := range cluster.Objects {
		switch {
		case o.ID.Group != rbacv1.GroupName:
		case o.Kind == "Role" || o.Kind == "ClusterRole":
			var role rbacv1.ClusterRole
			if runtime.DefaultUnstructuredConverter.FromUnstructured(o.Content(), &role) == nil && s.roles[o.ID] == nil {
				s.roles[o.ID], s.order = &role, append(s.order, o.ID)
			}
		case strings.HasSuffix(o.Kind, "Binding"):
			s.bind(o)
		}
	}
	return s
}

func (s *rbacSide) bind(o *diff.Object) {
	var binding rbacv1.ClusterRoleBinding
	if runtime.DefaultUnstructuredConverter.FromUnstructured(o.Content(), &binding) != nil {
		return
	}
	role := diff.ID{Group: rbacv1.GroupName, Kind: binding.RoleRef.Kind, Name: binding.RoleRef.Name}
	if role.Kind == "Role" {
		role.Namespace = o.Namespace
	}
	for _, subject := range binding.Subjects {
		if o.Deployed == nil && subject.Kind == rbacv1.ServiceAccountKind && s.deployers[subject.Namespace] == subject.Name {
			continue
		}
		g := rbacGrant{subjectText(subject, o.Namespace), o.Namespace, o.ID, role}
		s.by[g.subject] = append(s.by[g.subject], g)
		s.ofRole[role] = append(s.ofRole[role], g)
	}
}

// deployersWithout are the accounts, by namespace, of entries that have none on another side.
func deployersWithout(cluster, other *diff.Cluster) map[string]string {
	out := map[string]string{}
	each := func(c *diff.Cluster, do func(n *catalog.Namespace)) {
		if c.Context == nil {
			return
		}
		for i := range c.Context.Platform.Namespaces {
			if n := &c.Context.Platform.Namespaces[i]; n.Impersonation != nil {
				do(n)
			}
		}
	}
	each(cluster, func(n *catalog.Namespace) { out[n.Name] = n.Impersonation.ServiceAccount })
	each(other, func(n *catalog.Namespace) { delete(out, n.Name) })
	return out
}

func subjectText(s rbacv1.Subject, namespace string) string {
	if s.Kind == rbacv1.ServiceAccountKind {
		return s.Kind + " " + cmp.Or(s.Namespace, namespace) + "/" + s.Name
	}
	return s.Kind + " " + s.Name
}

// resolve is what a role permits.
func (s *rbacSide) resolve(id diff.ID) permissions {
	if out, known := s.resolved[id]; known {
		return out
	}
	role := s.roles[id]
	var out permissions
	switch {
	case role == nil && id.Kind == "ClusterRole" && id.Name == "cluster-admin":
		out.rules = []rbacv1.PolicyRule{everythingRule}
	case role == nil, role.AggregationRule != nil && s.left < 0:
		out.unknown = []diff.ID{id}
	case role.AggregationRule == nil:
		out.rules = role.Rules
	default: // its own rules are replaced
		for _, part := range s.parts(id) {
			out.rules = append(out.rules, s.roles[part].Rules...)
		}
	}
	s.resolved[id] = out
	return out
}

// parts are the roles that another one is made of.
func (s *rbacSide) parts(id diff.ID) []diff.ID {
	role := s.roles[id]
	if role == nil || role.AggregationRule == nil {
		return nil
	}
	out, known := s.partsOf[id]
	if s.left -= len(s.order); known || s.left < 0 {
		return out
	}
	var selectors []labels.Selector
	for i := range role.AggregationRule.ClusterRoleSelectors {
		if sel, err := metav1.LabelSelectorAsSelector(&role.AggregationRule.ClusterRoleSelectors[i]); err == nil {
			selectors = append(selectors, sel)
		}
	}
	for _, other := range s.order {
		of := s.roles[other]
		if other.Kind == "ClusterRole" && of.AggregationRule == nil &&
			slices.ContainsFunc(selectors, func(sel labels.Selector) bool { return sel.Matches(labels.Set(of.Labels)) }) {
			out = append(out, other)
		}
	}
	s.partsOf[id] = out
	return out
}

// at is what somebody may do in a namespace, or everywhere; what is permitted everywhere is permitted in each namespace, too.
func (s *rbacSide) at(subject, namespace string) (here, all permissions) {
	for _, g := range s.by[subject] {
		of := s.resolve(g.role)
		if g.namespace == namespace {
			here.add(of, namespace != "")
		}
		if g.namespace == namespace || g.namespace == "" {
			all.add(of, namespace != "")
		}
	}
	return here, all
}
