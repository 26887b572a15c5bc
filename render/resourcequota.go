package render

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// resourceQuota has texts for quantities: they are in the form in which Kubernetes stores them.
type resourceQuota struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              quotaSpec `json:"spec"`
}

type quotaSpec struct {
	Hard          map[string]string `json:"hard"`
	Scopes        []string          `json:"scopes,omitempty"`
	ScopeSelector *scopeSelector    `json:"scopeSelector,omitempty"`
}

type scopeSelector struct {
	MatchExpressions []scopeExpression `json:"matchExpressions"`
}

type scopeExpression struct {
	ScopeName string   `json:"scopeName"`
	Operator  string   `json:"operator"`
	Values    []string `json:"values"`
}

// resourceQuotas are those of a namespace.
func resourceQuotas(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	var out []object.Object
	for i := range n.Quotas {
		q := &n.Quotas[i]
		id := identity{Kind: k, Namespace: n.Name, Name: q.Name, Origin: q.Origin, Sync: guardSync}
		out = append(out, id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
			spec := quotaSpec{Hard: q.Hard, Scopes: q.Scopes}
			if len(q.PriorityClasses) > 0 {
				spec.ScopeSelector = &scopeSelector{[]scopeExpression{{"PriorityClass", "In", q.PriorityClasses}}}
			}
			return &resourceQuota{TypeMeta: t, ObjectMeta: m, Spec: spec}
		}))
	}
	return out
}
