package catalog

import (
	"strings"

	"github.com/hippotion/roster/internal/syntax"
)

// said is a key of a route that is set, with its place.
type said struct {
	key string
	at  *syntax.Node
}

// said are the keys that not all kinds of routes, and not all protocols, can say.
func (in *ingressInput) said() []said {
	var out []said
	add := func(key string, at *syntax.Node) {
		if at != nil {
			out = append(out, said{key, at})
		}
	}
	if p := in.Path; p != nil {
		add("path", p.Node)
		add("path.regex", p.Regex.Node)
	}
	if m := in.Match; m != nil {
		add("match", m.Node)
	}
	for _, t := range in.hosts() {
		if strings.Contains(strings.TrimPrefix(t.V, "*."), "*") {
			add("pattern", t.Node)
		}
	}
	add("priority", in.Priority.Node)
	for _, t := range present(in.Middlewares...) {
		add("middlewares", t.Node)
	}
	if in.Auth.IsSet() && in.Auth.V != "none" && in.Auth.V != "app" {
		add("auth", in.Auth.Node)
	}
	if len(in.Backends) > 1 {
		add("backends", in.backendsAt())
	}
	for _, b := range append([]backendInput{{Node: in.Node, Service: in.Service, Scheme: in.Scheme, BackendTLS: in.BackendTLS}}, in.Backends...) {
		add("scheme", b.Scheme.Node)
		if b.BackendTLS != nil {
			add("backendTLS", b.BackendTLS.Node)
		}
		if strings.Contains(b.Service.V, "/") {
			add("namespace", b.Service.Node)
		}
	}
	if in.Sticky != nil {
		add("sticky", in.Sticky.Node)
	}
	if in.Redirect != nil {
		add("redirect", in.Redirect.Node)
	}
	if in.Rewrite != nil {
		add("rewrite", in.Rewrite.Node)
	}
	for _, h := range []struct {
		key string
		in  *headerChangeInput
	}{{"requestHeaders", in.RequestHeaders}, {"responseHeaders", in.ResponseHeaders}} {
		if h.in != nil {
			add(h.key, h.in.Node)
			add("add", h.in.Add.Node)
		}
	}
	if t := in.Timeouts; t != nil {
		add("timeouts", t.Node)
		add("timeouts.request", t.Request.Node)
	}
	if t := in.TLS; t != nil {
		add("tls.certResolver", t.CertResolver.Node)
	}
	return out
}

// limits are keys that something has no way to say, with what to write.
type limits map[string]string

const (
	byTraefik   = "write annotations for what your controller has; or list entry points of Traefik in ingress.expose, when it is Traefik"
	byOtherKind = "set ingress.kind: traefik in " + PlatformFile + ", which has a way to say it; or write annotations for what your controller has"
)

// traefikLimits are what an IngressRoute cannot say.
var traefikLimits = limits{
	"add":              "write set, which replaces the header",
	"timeouts.request": "write backendRequest: Traefik limits how long it waits for the backend",
}

// ingressLimits are what an Ingress cannot say.
var ingressLimits = limits{
	"path.regex": byOtherKind, "match": byOtherKind, "pattern": byOtherKind, "backends": byOtherKind, "sticky": byOtherKind, "scheme": byOtherKind, "backendTLS": byOtherKind,
	"redirect": byOtherKind, "timeouts": byOtherKind, "tls.certResolver": byOtherKind, "add": "write set, which replaces the header",
	"namespace": "write the route in the entry of that namespace: an Ingress leads to Services of its own namespace",
}

// plainIngressLimits are what it cannot say besides where the controller is not known to be Traefik.
var plainIngressLimits = limits{
	"priority": byTraefik, "middlewares": byTraefik, "rewrite": byTraefik, "requestHeaders": byTraefik, "responseHeaders": byTraefik,
	"auth": "write auth: app or auth: none, and annotations for the login of your controller; or list entry points of Traefik in ingress.expose, when it is Traefik",
}

// streamLimits are what cannot be said of connections in which there are no requests.
var streamLimits = limits{
	"path": "remove it", "match": "remove it", "sticky": "remove it", "redirect": "remove it", "rewrite": "remove it", "requestHeaders": "remove it", "responseHeaders": "remove it", "timeouts": "remove it",
}

// sayable reports what the route's kind, or its protocol, has no way to say: nothing is left out silently.
func (in *ingressInput) sayable(r *Route) {
	objects, cannot := "an IngressRoute", []limits{traefikLimits}
	if r.Kind() == GatewayRoutes {
		objects, cannot = in.gatewaySayable(r)
	}
	if r.Kind() == IngressRoutes {
		objects, cannot = "an Ingress", []limits{ingressLimits}
		if len(r.Exposure.EntryPoints) == 0 {
			cannot = append(cannot, plainIngressLimits)
			if r.Auth.Middleware != nil && !in.Auth.IsSet() {
				in.Report("unsaid", plainIngressLimits["auth"], "an Ingress has no way to say the login %s, which is the default: it is a Middleware of Traefik", r.Auth.Name)
			}
		}
	}
	for _, key := range in.said() {
		if hint, found := streamLimits[key.key]; found && r.Protocol != HTTP {
			key.at.Report("unsaid", hint, "there are no requests in %s connections: %s has no meaning", r.Protocol, key.key)
			continue
		}
		if r.Protocol == UDP && key.key == "middlewares" {
			key.at.Report("unsaid", "remove it", "there are no middlewares for UDP")
			continue
		}
		for _, l := range cannot {
			if hint, found := l[key.key]; found {
				key.at.Report("unsaid", hint, "%s has no way to say this", objects)
			}
		}
	}
	if r.Kind() == IngressRoutes && r.Protocol != HTTP {
		in.Protocol.Report("unsaid", "set ingress.kind: traefik in "+PlatformFile, "an Ingress is for HTTP only")
	}
	if r.Protocol == TCP || r.Protocol == UDP {
		if !in.Expose.IsSet() && !in.Flawed("expose") {
			in.Report("missing-value", "name an exposure of ingress.expose whose entry points are for this alone: expose: NAME", "all connections to an entry point go to one %s route", r.Protocol)
		}
	}
	if t := r.TLS; t != nil && t.CertResolver != "" && r.Kind() != GatewayRoutes && len(r.Exposure.EntryPoints) > 1 {
		in.TLS.CertResolver.Report("unsaid", "name an exposure with one entry point; or set the resolver at the entry point of Traefik: --entryPoints.websecure.http.tls.certResolver",
			"with a resolver, a route is served on entry points with TLS only, and %s has several entry points", r.Exposure.Name)
	}
}
