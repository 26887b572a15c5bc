package render

import (
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type ingressRouteTCP struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              ingressRouteTCPSpec `json:"spec"`
}

type ingressRouteTCPSpec struct {
	EntryPoints []string   `json:"entryPoints"`
	Routes      []routeTCP `json:"routes"`
	TLS         *routeTLS  `json:"tls,omitempty"`
}

type routeTCP struct {
	Match       string          `json:"match"`
	Priority    int             `json:"priority,omitempty"`
	Middlewares []middlewareRef `json:"middlewares,omitempty"`
	Services    []serviceRef    `json:"services"`
}

type ingressRouteUDP struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              ingressRouteUDPSpec `json:"spec"`
}

type ingressRouteUDPSpec struct {
	EntryPoints []string   `json:"entryPoints"`
	Routes      []routeUDP `json:"routes"`
}

type routeUDP struct {
	Services []serviceRef `json:"services"`
}

// ingressRoutesTCP are the routes of connections: all of an entry point or, with TLS, those that name one of the hosts.
func ingressRoutesTCP(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	var out []object.Object
	eachRoute(n, catalog.TraefikRoutes, func(in *catalog.Route, sync catalog.Sync) {
		if in.Protocol != catalog.TCP && in.Protocol != catalog.TLS {
			return
		}
		id := identity{Kind: k, Namespace: n.Name, Name: routeName(in), Origin: in.Origin, Sync: sync}
		out = append(out, id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
			return &ingressRouteTCP{TypeMeta: t, ObjectMeta: annotated(m, in), Spec: streamSpec(n, in)}
		}))
	})
	return out
}

func streamSpec(n *catalog.Namespace, in *catalog.Route) ingressRouteTCPSpec {
	spec := ingressRouteTCPSpec{EntryPoints: in.Exposure.EntryPoints}
	add := func(match string, priority int) {
		r := routeTCP{Match: match, Priority: priority, Services: backendServices(n, in)}
		for _, m := range in.Middlewares {
			r.Middlewares = append(r.Middlewares, middlewareRef{Name: m.Name, Namespace: m.Namespace})
		}
		spec.Routes = append(spec.Routes, r)
	}
	if in.Protocol == catalog.TCP {
		add("HostSNI(`*`)", in.Priority)
		return spec
	}
	spec.TLS = &routeTLS{Passthrough: in.PassedOn()}
	if in.TLS != nil {
		spec.TLS.SecretName, spec.TLS.CertResolver = in.TLS.SecretName, in.TLS.CertResolver
	}
	for _, host := range in.Hosts {
		add(serverRule(host), priority(in, host))
	}
	return spec
}

// serverRule is the rule of the name of a server.
func serverRule(host string) string {
	if strings.Contains(host, "*") {
		return "HostSNIRegexp(`" + hostPattern(host) + "`)"
	}
	return "HostSNI(`" + host + "`)"
}

// ingressRoutesUDP are the routes of packets: all of an entry point.
func ingressRoutesUDP(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	var out []object.Object
	eachRoute(n, catalog.TraefikRoutes, func(in *catalog.Route, sync catalog.Sync) {
		if in.Protocol != catalog.UDP {
			return
		}
		id := identity{Kind: k, Namespace: n.Name, Name: routeName(in), Origin: in.Origin, Sync: sync}
		out = append(out, id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
			spec := ingressRouteUDPSpec{EntryPoints: in.Exposure.EntryPoints, Routes: []routeUDP{{backendServices(n, in)}}}
			return &ingressRouteUDP{TypeMeta: t, ObjectMeta: annotated(m, in), Spec: spec}
		}))
	})
	return out
}
