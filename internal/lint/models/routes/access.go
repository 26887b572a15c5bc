package routes

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/traefik"
)

// harmless are the fields of middlewares that keep nobody out.
var harmless = []string{"addPrefix", "buffering", "circuitBreaker", "compress", "contentType", "encodedCharacters", "errors", "grpcWeb",
	"headers", "inFlightReq", "rateLimit", "replacePath", "replacePathRegex", "retry", "stripPrefix", "stripPrefixRegex"}

// Open reports whether the middlewares of a router are known, and keep nobody out.
func (in *Model) Open(r *Router) bool {
	return r.Redirect == "" && len(r.Guards) == 0 && len(r.Unclear) == 0 && !slices.ContainsFunc(r.Middlewares, func(m catalog.Middleware) bool { return in.mayKeepOut(in.Middleware(m)) })
}

// guards are the kinds of middlewares that keep somebody out: until there is a login, or for good.
var guards = []string{"forwardAuth", "basicAuth", "digestAuth", "ipAllowList", "ipWhiteList"}

// Guarded reports whether something surely keeps somebody out of a router.
func (in *Model) Guarded(r *Router) bool {
	return len(r.Guards) > 0 || slices.ContainsFunc(r.Middlewares, func(m catalog.Middleware) bool {
		o := in.Middleware(m)
		return o != nil && slices.ContainsFunc(guards, func(kind string) bool { return specOf(o)[kind] != nil })
	})
}

// Followed reports whether requests for an object that is not Traefik's own are followed: it is an Ingress, an HTTPRoute or a GRPCRoute, and who reads it is
// known. If it is not followed for a reason of its own, that is why.
func (in *Model) Followed(kind, namespace, name string) (why string, followed bool) {
	all := in.followed.Get(func() map[[3]string]string {
		out := map[[3]string]string{} // why each is not followed, if it is not
		for _, o := range in.gatewayRoutes() {
			out[[3]string{o.Kind, o.Namespace, o.Name}] = ""
		}
		for _, o := range in.readIngresses() {
			out[[3]string{o.Kind, o.Namespace, o.Name}] = ""
		}
		for _, r := range in.Routers() {
			if at := [3]string{r.Kind, r.Namespace, r.Name}; r.Kind != "IngressRoute" {
				out[at] = cmp.Or(out[at], r.Unsure)
			}
		}
		return out
	})
	why, followed = all[[3]string{kind, namespace, name}]
	return why, followed && why == ""
}

// Leads reports whether a router leads to a Service that is named.
func (r *Router) Leads() bool { return len(r.services) > 0 }

// Harmless reports whether a middleware is known, which is not nil then, and keeps nobody out.
func (in *Model) Harmless(o *deployed.Object) bool { return !in.mayKeepOut(o) }

// mayKeepOut reports whether a middleware, which is nil when it is unknown, may refuse or redirect a request.
func (in *Model) mayKeepOut(o *deployed.Object) bool {
	if o == nil {
		return true
	}
	for field := range specOf(o) {
		if !slices.Contains(harmless, field) {
			return true
		}
	}
	return false
}

func specOf(o *deployed.Object) map[string]any {
	spec, _ := o.Content()["spec"].(map[string]any)
	return spec
}

// before is what the middlewares of an entry point do, which are before those of all routes.
type before struct{ asks, denies bool }

// Asks reports whether a middleware of an entry point itself may keep somebody out.
func (in *Model) Asks(e *traefik.EntryPoint) bool { return in.beforeAll(e).asks }

// DeniesEncoded reports whether a router, or its entry point, has a middleware that may refuse encoded characters, or is unknown.
func (in *Model) DeniesEncoded(r *Router, e *traefik.EntryPoint) bool {
	return in.beforeAll(e).denies || slices.ContainsFunc(r.Middlewares, func(m catalog.Middleware) bool { return denies(in.Middleware(m)) })
}

func denies(o *deployed.Object) bool { return o == nil || specOf(o)["encodedCharacters"] != nil }

func (in *Model) beforeAll(e *traefik.EntryPoint) before {
	out, known := in.atEntryPoints[e]
	if known {
		return out
	}
	for _, name := range e.Through() {
		var o *deployed.Object // nil also when another provider has it
		if local, own := strings.CutSuffix(name, ownProvider); own {
			o = in.verdicts.Get(in.judge).by.find("Middleware", []string{local}, "", "")
		}
		out = before{out.asks || in.mayKeepOut(o), out.denies || denies(o)}
	}
	if in.atEntryPoints == nil {
		in.atEntryPoints = map[*traefik.EntryPoint]before{}
	}
	in.atEntryPoints[e] = out
	return out
}

// SameService reports whether two routers lead to a common Service.
func (r *Router) SameService(other *Router) bool {
	return slices.ContainsFunc(r.services, func(b backend) bool {
		return slices.ContainsFunc(other.services, func(o backend) bool {
			return o.Name == b.Name && cmp.Or(o.Namespace, other.Namespace) == cmp.Or(b.Namespace, r.Namespace)
		})
	})
}

// nowhere reports whether a router is on no entry point that Traefik has: it disables such a router (pkg/config/runtime,
// GetRoutersByEntryPoints).
func (r *Router) nowhere(t *traefik.Settings) bool {
	return r.Server == "" && len(r.EntryPoints) > 0 && !slices.ContainsFunc(r.EntryPoints, func(e string) bool { return !t.Lacks(e, false) })
}
