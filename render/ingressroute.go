package render

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

type ingressRoute struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              ingressRouteSpec `json:"spec"`
}

// ingressRouteSpec has no tls on purpose. Traefik serves a route with tls on its TLS entry points only, so that the plain
// one behind the tunnel would answer 404; without it, each entry point's own http.tls decides
// (traefik pkg/config/runtime/runtime_http.go and pkg/server/aggregator.go).
type ingressRouteSpec struct {
	EntryPoints []string `json:"entryPoints"`
	Routes      []route  `json:"routes"`
}

type route struct {
	Kind        string          `json:"kind"`
	Match       string          `json:"match"`
	Priority    int             `json:"priority,omitempty"`
	Middlewares []middlewareRef `json:"middlewares,omitempty"`
	Services    []serviceRef    `json:"services"`
}

type middlewareRef struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
}

type serviceRef struct {
	Name string             `json:"name"`
	Port intstr.IntOrString `json:"port"`
}

func ingressRoutes(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	var out []object.Object
	for i := range n.Applications {
		a := &n.Applications[i]
		for j := range a.Routes {
			out = append(out, ingressRouteOf(k, n, &a.Routes[j], a.RouteSync))
		}
	}
	return out
}

func ingressRouteOf(k kind, n *catalog.Namespace, in *catalog.Route, sync catalog.Sync) object.Object {
	id := identity{Kind: k, Namespace: n.Name, Name: routeName(in), Origin: in.Origin, Sync: sync}
	return id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
		return &ingressRoute{TypeMeta: t, ObjectMeta: m, Spec: ingressRouteSpec{EntryPoints: in.Exposure.EntryPoints, Routes: []route{rule(n, in)}}}
	})
}

func rule(n *catalog.Namespace, in *catalog.Route) route {
	r := route{Kind: "Rule", Match: match(in), Priority: in.Priority,
		Services: []serviceRef{{Name: in.Service, Port: intstr.FromInt32(int32(in.Port.Number))}}}
	if in.Port.Name != "" {
		r.Services[0].Port = intstr.FromString(in.Port.Name)
	}
	for _, m := range n.Middlewares(in) {
		r.Middlewares = append(r.Middlewares, middlewareRef{Name: m.Name, Namespace: m.Namespace})
	}
	return r
}

// match is the rule of a route. PathPrefix(`/api`) alone would also match /apix.
func match(in *catalog.Route) string {
	host := "Host(`" + in.Host + "`)"
	if in.Path == "" {
		return host
	}
	return host + " && (Path(`" + in.Path + "`) || PathPrefix(`" + in.Path + "/`))"
}

// routeName is the host, which no two routes without a path share. A path goes into a digest.
func routeName(in *catalog.Route) string {
	if in.Path == "" {
		return in.Host
	}
	return object.Name(in.Host + in.Path)
}
