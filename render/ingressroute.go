package render

import (
	"strconv"
	"strings"

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

// ingressRouteSpec has no tls where a plain entry point may be among the entry points. Traefik serves a route with tls on its TLS entry points
// only, so that the plain one behind the tunnel would answer 404; without it, each entry point's own http.tls decides
// (traefik pkg/config/runtime/runtime_http.go and pkg/server/aggregator.go).
type ingressRouteSpec struct {
	EntryPoints []string  `json:"entryPoints"`
	Routes      []route   `json:"routes"`
	TLS         *routeTLS `json:"tls,omitempty"`
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
	Kind             string              `json:"kind,omitempty"`
	Name             string              `json:"name"`
	Namespace        string              `json:"namespace,omitempty"`
	Port             *intstr.IntOrString `json:"port,omitempty"`
	Scheme           string              `json:"scheme,omitempty"`
	Weight           *int                `json:"weight,omitempty"`
	ServersTransport string              `json:"serversTransport,omitempty"`
	Sticky           *sticky             `json:"sticky,omitempty"`
}

// sticky is a cookie that no script can read.
type sticky struct {
	Cookie stickyCookie `json:"cookie"`
}

type stickyCookie struct {
	Name     string `json:"name,omitempty"`
	HTTPOnly bool   `json:"httpOnly"`
}

type routeTLS struct {
	SecretName   string `json:"secretName,omitempty"`
	CertResolver string `json:"certResolver,omitempty"`
	Passthrough  bool   `json:"passthrough,omitempty"`
}

func ingressRoutes(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	var out []object.Object
	eachRoute(n, catalog.TraefikRoutes, func(in *catalog.Route, sync catalog.Sync) {
		if in.Protocol == catalog.HTTP {
			out = append(out, ingressRouteOf(k, n, in, sync))
		}
	})
	return append(out, certificateLoaders(k, n)...)
}

// eachRoute calls do for all routes of a kind.
func eachRoute(n *catalog.Namespace, kind catalog.RouteKind, do func(*catalog.Route, catalog.Sync)) {
	for i := range n.Applications {
		a := &n.Applications[i]
		for j := range a.Routes {
			if a.Routes[j].Kind() == kind {
				do(&a.Routes[j], a.RouteSync)
			}
		}
	}
}

func ingressRouteOf(k kind, n *catalog.Namespace, in *catalog.Route, sync catalog.Sync) object.Object {
	id := identity{Kind: k, Namespace: n.Name, Name: routeName(in), Origin: in.Origin, Sync: sync}
	return id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
		spec := ingressRouteSpec{EntryPoints: in.Exposure.EntryPoints, TLS: ownTLS(in)}
		for _, host := range in.Hosts {
			spec.Routes = append(spec.Routes, rule(n, in, host))
		}
		return &ingressRoute{TypeMeta: t, ObjectMeta: annotated(m, in), Spec: spec}
	})
}

// annotated is metadata with the labels and annotations of a route.
func annotated(m metav1.ObjectMeta, in *catalog.Route) metav1.ObjectMeta {
	for key, value := range in.Labels {
		m.Labels[key] = value
	}
	for key, value := range in.Annotations {
		m.Annotations[key] = value
	}
	return m
}

// rule is the one of a host. Hosts have one each: the longer a rule, the more it weighs, and several names say nothing of how narrow it is.
func rule(n *catalog.Namespace, in *catalog.Route, host string) route {
	r := route{Kind: "Rule", Match: match(in, host), Priority: priority(in, host), Services: services(n, in)}
	for _, m := range n.Middlewares(in) {
		r.Middlewares = append(r.Middlewares, middlewareRef{Name: m.Name, Namespace: m.Namespace})
	}
	for _, own := range ownMiddlewares(in) {
		r.Middlewares = append(r.Middlewares, middlewareRef{Name: own.name, Namespace: n.Name})
	}
	return r
}

// services are where a route leads to.
func services(n *catalog.Namespace, in *catalog.Route) []serviceRef {
	switch {
	case in.Redirect != nil: // a router without a service is not served
		return []serviceRef{{Kind: "TraefikService", Name: "noop@internal"}}
	case weighted(in):
		return []serviceRef{{Kind: "TraefikService", Name: partName(in, "weighted")}}
	}
	return backendServices(n, in)
}

// weighted reports whether the choice among several Services is one that a cookie has to keep: that is for a TraefikService to say.
func weighted(in *catalog.Route) bool { return in.Sticky != nil && len(in.Backends) > 1 }

// backendServices are the Services of a route.
func backendServices(n *catalog.Namespace, in *catalog.Route) []serviceRef {
	out := make([]serviceRef, len(in.Backends))
	for i := range in.Backends {
		b := &in.Backends[i]
		s := serviceRef{Name: b.Service, Port: portRef(b.Port), Scheme: b.Scheme}
		if b.Namespace != n.Name {
			s.Namespace = b.Namespace
		}
		if len(in.Backends) > 1 {
			s.Weight = &b.Weight
		}
		if ownTransport(in, b) {
			s.ServersTransport = transportName(in, i)
		}
		if in.Sticky != nil {
			s.Sticky = stickyOf(in, len(in.Backends) > 1)
		}
		out[i] = s
	}
	return out
}

// stickyOf is the cookie of a route. Where another one keeps the choice of a Service, that of the pods has a name of its own.
func stickyOf(in *catalog.Route, ofPods bool) *sticky {
	name := in.Sticky.Cookie
	if name != "" && ofPods {
		name += "-pod"
	}
	return &sticky{stickyCookie{Name: name, HTTPOnly: true}}
}

func portRef(p catalog.ServicePort) *intstr.IntOrString {
	out := intstr.FromInt32(int32(p.Number))
	if p.Name != "" {
		out = intstr.FromString(p.Name)
	}
	return &out
}

// ownTLS is the certificate that an IngressRoute names itself: where it has one entry point, which has to be one with TLS.
func ownTLS(in *catalog.Route) *routeTLS {
	if in.TLS == nil || len(in.Exposure.EntryPoints) != 1 {
		return nil
	}
	return &routeTLS{SecretName: in.TLS.SecretName, CertResolver: in.TLS.CertResolver}
}

// certificateLoaders are IngressRoutes without a route. With several entry points, one of which may be plain, the routes have no tls of their own.
// But Traefik has all certificates that any IngressRoute names, and chooses by the name of the server (kubernetes_http.go, getTLSHTTP).
func certificateLoaders(k kind, n *catalog.Namespace) []object.Object {
	var out []object.Object
	loaded := map[string]bool{}
	eachRoute(n, catalog.TraefikRoutes, func(in *catalog.Route, sync catalog.Sync) {
		if in.Protocol != catalog.HTTP || in.TLS == nil || len(in.Exposure.EntryPoints) == 1 || loaded[in.TLS.SecretName] {
			return
		}
		loaded[in.TLS.SecretName] = true
		id := identity{Kind: k, Namespace: n.Name, Name: object.Name("certificate-" + in.TLS.SecretName), Origin: in.Origin, Sync: sync}
		out = append(out, id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
			spec := ingressRouteSpec{EntryPoints: in.Exposure.EntryPoints, Routes: []route{}, TLS: &routeTLS{SecretName: in.TLS.SecretName}}
			return &ingressRoute{TypeMeta: t, ObjectMeta: m, Spec: spec}
		}))
	})
	return out
}

// routeName is the host, which no two routes without a path share. All else goes into a digest.
func routeName(in *catalog.Route) string {
	if in.Host != "" && in.Key() == "" && !strings.Contains(in.Host, "*") {
		return in.Host
	}
	return routeText(in)
}

// routeText is a name that tells a route from all others.
func routeText(in *catalog.Route) string {
	if in.Host == "" { // of TCP and UDP there is one for an entry point
		return object.Name(strings.ToLower(string(in.Protocol)) + "-" + in.Exposure.Name)
	}
	name := object.Name(in.Host + in.Path)
	if key := in.Key(); key != in.Path {
		name += "-" + object.Digest(in.Host+key)
	}
	return name
}

// partName names an object that belongs to a route.
func partName(in *catalog.Route, part string) string { return routeText(in) + "-" + part }

// transportName names the ServersTransport of a backend.
func transportName(in *catalog.Route, backend int) string {
	name := partName(in, "backend")
	if backend > 0 {
		name += "-" + strconv.Itoa(backend+1)
	}
	return name
}
