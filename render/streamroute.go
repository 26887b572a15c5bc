package render

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// streamRoute is a TLSRoute, TCPRoute or UDPRoute.
type streamRoute struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              streamRouteSpec `json:"spec"`
}

type streamRouteSpec struct {
	ParentRefs []parentRef  `json:"parentRefs"`
	Hostnames  []string     `json:"hostnames,omitempty"` // of TLSRoute
	Rules      []streamRule `json:"rules"`
}

type streamRule struct {
	BackendRefs []backendRef `json:"backendRefs"`
}

// streamRoutes are those of a protocol, in the version that the cluster serves.
func streamRoutes(of catalog.Protocol) func(kind, *catalog.Platform, *catalog.Namespace) []object.Object {
	return func(k kind, p *catalog.Platform, n *catalog.Namespace) []object.Object {
		k.APIVersion = gatewayGroup + "/" + p.GatewayAPI.Version(of)
		var out []object.Object
		eachRoute(n, catalog.GatewayRoutes, func(in *catalog.Route, sync catalog.Sync) {
			if in.Protocol != of {
				return
			}
			id := identity{Kind: k, Namespace: n.Name, Name: routeName(in), Origin: in.Origin, Sync: sync}
			out = append(out, id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
				spec := streamRouteSpec{ParentRefs: parentRefs(in), Hostnames: in.Hosts, Rules: []streamRule{{backendRefs(n, in)}}}
				return &streamRoute{TypeMeta: t, ObjectMeta: annotated(m, in), Spec: spec}
			}))
		})
		return out
	}
}
