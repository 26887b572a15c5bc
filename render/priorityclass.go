package render

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// priorityClass has every field that the API server fills in.
type priorityClass struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Value             int    `json:"value"`
	GlobalDefault     bool   `json:"globalDefault,omitempty"`
	Description       string `json:"description,omitempty"`
	PreemptionPolicy  string `json:"preemptionPolicy"`
}

// priorityClasses are those of the platform.
func priorityClasses(k kind, p *catalog.Platform) []object.Object {
	var out []object.Object
	for _, c := range p.PriorityClasses {
		id := identity{Kind: k, Name: c.Name, Origin: c.Origin, Sync: guardSync}
		out = append(out, id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
			policy := "PreemptLowerPriority"
			if !c.Preempts {
				policy = "Never"
			}
			return &priorityClass{TypeMeta: t, ObjectMeta: m, Value: c.Value, GlobalDefault: c.Global, Description: c.Description, PreemptionPolicy: policy}
		}))
	}
	return out
}
