package render

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type limitRange struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              limitRangeSpec `json:"spec"`
}

type limitRangeSpec struct {
	Limits []limitRangeItem `json:"limits"`
}

type limitRangeItem struct {
	Type           string            `json:"type"`
	Max            map[string]string `json:"max,omitempty"`
	Min            map[string]string `json:"min,omitempty"`
	Default        map[string]string `json:"default,omitempty"`
	DefaultRequest map[string]string `json:"defaultRequest,omitempty"`
	Ratio          map[string]string `json:"maxLimitRequestRatio,omitempty"`
}

// limitsName is the name of a namespace's LimitRange.
const limitsName = "limits"

// limitRanges is the LimitRange of a namespace, with what the API server would fill in.
func limitRanges(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	if n.Limits == nil {
		return nil
	}
	id := identity{Kind: k, Namespace: n.Name, Name: limitsName, Origin: n.Limits.Origin, Sync: guardSync}
	return []object.Object{id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
		out := &limitRange{TypeMeta: t, ObjectMeta: m}
		for _, i := range n.Limits.Items {
			out.Spec.Limits = append(out.Spec.Limits, limitRangeItem(i))
		}
		return out
	})}
}
