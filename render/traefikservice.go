package render

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type traefikService struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              traefikServiceSpec `json:"spec"`
}

type traefikServiceSpec struct {
	Weighted weightedServices `json:"weighted"`
}

type weightedServices struct {
	Services []serviceRef `json:"services"`
	Sticky   *sticky      `json:"sticky"`
}

// traefikServices are several Services among which a cookie keeps the choice.
func traefikServices(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	var out []object.Object
	eachRoute(n, catalog.TraefikRoutes, func(in *catalog.Route, sync catalog.Sync) {
		if !weighted(in) {
			return
		}
		id := identity{Kind: k, Namespace: n.Name, Name: partName(in, "weighted"), Origin: in.Origin, Sync: sync}
		out = append(out, id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
			return &traefikService{TypeMeta: t, ObjectMeta: m, Spec: traefikServiceSpec{weightedServices{backendServices(n, in), stickyOf(in, false)}}}
		}))
	})
	return out
}
