package routes

import (
	"cmp"
	"slices"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/traefik"
)

// harmless are the fields of middlewares that keep nobody out.
var harmless = []string{"addPrefix", "buffering", "circuitBreaker", "compress", "contentType", "encodedCharacters", "errors", "grpcWeb",
	"headers", "inFlightReq", "rateLimit", "replacePath", "replacePathRegex", "retry", "stripPrefix", "stripPrefixRegex"}

// guards are the kinds of middlewares that keep somebody out: until there is a login, or for good.
var guards = []string{"forwardAuth", "basicAuth", "digestAuth", "ipAllowList", "ipWhiteList"}

// access is what a middleware does with those who come, by what is deployed: a chain does what those in it do.
type access struct {
	mayKeepOut    bool // or redirect
	keepsOut      bool // for certain
	deniesEncoded bool // whether it may refuse encoded characters
}

// accessOf is that of a middleware; nil stands for one that is unknown, and may do everything.
func (in *Model) accessOf(o *deployed.Object) access {
	unknown := access{mayKeepOut: true, deniesEncoded: true}
	if o == nil {
		return unknown
	}
	out, known := in.accesses[o]
	if known {
		return out
	}
	if in.accesses == nil {
		in.accesses = map[*deployed.Object]access{}
	}
	in.accesses[o] = unknown // for a chain that leads back to itself
	for field := range specOf(o) {
		if field == "chain" {
			out = out.and(in.through(in.Chained(o)))
			continue
		}
		out = out.and(access{mayKeepOut: !slices.Contains(harmless, field), keepsOut: slices.Contains(guards, field), deniesEncoded: field == "encodedCharacters"})
	}
	in.accesses[o] = out
	return out
}

// and is what two middlewares do, one after the other.
func (a access) and(b access) access {
	return access{a.mayKeepOut || b.mayKeepOut, a.keepsOut || b.keepsOut, a.deniesEncoded || b.deniesEncoded}
}

// through is what several middlewares do.
func (in *Model) through(all []catalog.Middleware) access {
	var out access
	for _, m := range all {
		out = out.and(in.accessOf(in.called(m)))
	}
	return out
}

// Open reports whether the middlewares of a router are known, and keep nobody out.
func (in *Model) Open(r *Router) bool {
	return r.Redirect == "" && len(r.Guards) == 0 && len(r.Unclear) == 0 && !in.through(r.Middlewares).mayKeepOut
}

// Guarded reports whether something surely keeps somebody out of a router.
func (in *Model) Guarded(r *Router) bool {
	return len(r.Guards) > 0 || in.through(r.Middlewares).keepsOut
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
func (in *Model) Harmless(o *deployed.Object) bool { return !in.accessOf(o).mayKeepOut }

func specOf(o *deployed.Object) map[string]any {
	spec, _ := o.Content()["spec"].(map[string]any)
	return spec
}

// Asks reports whether a middleware of an entry point itself may keep somebody out.
func (in *Model) Asks(e *traefik.EntryPoint) bool { return in.beforeAll(e).mayKeepOut }

// DeniesEncoded reports whether a router, or its entry point, has a middleware that may refuse encoded characters, or is unknown.
func (in *Model) DeniesEncoded(r *Router, e *traefik.EntryPoint) bool {
	return in.beforeAll(e).and(in.through(r.Middlewares)).deniesEncoded
}

// beforeAll is what the middlewares of an entry point do, which are before those of all routes.
func (in *Model) beforeAll(e *traefik.EntryPoint) access {
	out, known := in.atEntryPoints[e]
	if known {
		return out
	}
	for _, o := range in.AtEntryPoint(e.Through()) {
		out = out.and(in.accessOf(o))
	}
	if in.atEntryPoints == nil {
		in.atEntryPoints = map[*traefik.EntryPoint]access{}
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
