package kinds

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/routes"
	"github.com/hippotion/roster/internal/muxer"
	"github.com/hippotion/roster/render/object"
)

// addresses are the hosts and paths that the routes of one side are for, and who answers there.
type addresses struct {
	*lint.Context
	claims map[string][]claim // by the text of the address
	owners map[*catalog.Route]*catalog.Application
}

// claim is an alternative of a router's rule.
type claim struct {
	*routes.Router
	scope *routes.Scope
}

// answer is a router that requests for an address reach behind a door.
type answer struct {
	*routes.Router
	door    routes.Door
	request *muxer.Request // one of them; nil when none is known
}

// longestRule is how much of a rule is an address, when host and path do not say it.
const longestRule = 200

func newAddresses(in *lint.Context) *addresses {
	out := &addresses{in, map[string][]claim{}, map[*catalog.Route]*catalog.Application{}}
	if in == nil { // the cluster is not on this side
		return out
	}
	for _, a := range in.Deployed.Applications() {
		for i := range a.Routes {
			out.owners[&a.Routes[i]] = a
		}
	}
	dropped := in.Routes.Dropped()
	for _, r := range in.Routes.Routers() {
		if dropped[r] {
			continue
		}
		for i := range r.Scopes {
			at := addressOf(r, &r.Scopes[i])
			out.claims[at] = append(out.claims[at], claim{r, &r.Scopes[i]})
		}
	}
	return out
}

// addressOf is the address of an alternative, as people write it.
func addressOf(r *routes.Router, s *routes.Scope) string {
	switch {
	case r.Own != nil:
		return r.Own.Host + r.Own.Path
	case !s.Plain:
		return diag.Beginning(s.Conjunction.String(), longestRule)
	case s.Host == "" && s.Path == "":
		return "any host"
	case s.Host == "":
		return s.Path + " of any host"
	case s.Path == "/":
		return s.Host + s.Path
	}
	return s.Host + strings.TrimSuffix(s.Path, "/")
}

// answers are the routers for an address that requests reach. Unsure says that it is not known of one.
func (a *addresses) answers(at string) (out []answer, unsure bool) {
	for _, c := range a.claims[at] {
		for _, d := range a.Routes.Contest().Doors(c.Router) {
			if slices.ContainsFunc(out, func(o answer) bool { return o.Router == c.Router && o.door == d }) {
				continue
			}
			request, found := a.Routes.Contest().ReachAt(c.Router, c.scope, d)
			switch {
			case found == muxer.No || a.redirects(c.Router, d):
				continue
			case found == muxer.Unknown:
				unsure = true
			case request == nil && c.scope.Host != "" && c.scope.Plain:
				request = &muxer.Request{Host: c.scope.Host, Path: cmp.Or(c.scope.Path, "/"), Method: "GET"}
			}
			out = append(out, answer{c.Router, d, request})
		}
	}
	return out, unsure
}

// instead are the routers that answer for requests which, on the other side, others answer. What is for any host does not count: it takes nobody's
// place, and nobody takes its.
func (a *addresses) instead(others []answer) []answer {
	var out []answer
	if a.Context == nil {
		return nil
	}
	for _, o := range others {
		if o.request == nil || o.request.Host == "" {
			continue
		}
		for _, d := range []routes.Door{{EntryPoint: o.door.EntryPoint, TLS: true}, {EntryPoint: o.door.EntryPoint}} {
			for _, r := range a.Routes.Contest().Answering(o.request, d) {
				named := slices.ContainsFunc(r.Scopes, func(s routes.Scope) bool { return s.Host == o.request.Host })
				if one := (answer{r, d, o.request}); named && !a.redirects(r, d) && !slices.Contains(out, one) {
					out = append(out, one)
				}
			}
		}
	}
	return out
}

// redirects reports whether a router only leads to HTTPS.
func (a *addresses) redirects(r *routes.Router, d routes.Door) bool {
	return !d.TLS && r.Redirect == "https" || !d.TLS && slices.ContainsFunc(a.through(r), func(m middleware) bool {
		return m.kinds["redirectScheme"] != nil
	})
}

// middleware is one that requests go through, with those in chains; without kinds when it is not known.
type middleware struct {
	catalog.Middleware
	kinds map[string]any
}

// mostMiddlewares bounds chains of chains.
const mostMiddlewares = 100

// through are the middlewares of a router, in order, those in chains in their place.
func (a *addresses) through(r *routes.Router) []middleware {
	var out []middleware
	next := slices.Clone(r.Middlewares)
	for len(next) > 0 && len(out) < mostMiddlewares {
		m := middleware{Middleware: next[0]}
		next = next[1:]
		if o := a.Routes.Middleware(m.Middleware); o != nil {
			m.kinds, _ = o.Content()["spec"].(map[string]any)
			if m.kinds["chain"] != nil && len(next) < mostMiddlewares {
				next = append(a.Routes.Chained(o), next...)
				continue
			}
		}
		out = append(out, m)
	}
	return out
}

// application is that of a router, by code, and its namespace.
func (a *addresses) application(r *routes.Router) (code, namespace string) {
	if r.Own == nil {
		return r.Object.Application.Code, r.Namespace
	}
	return a.owners[r.Own].Code, r.Namespace
}

// groups are those of the kinds of routes.
var groups = map[string]string{"IngressRoute": "traefik.io", "Ingress": "networking.k8s.io", "HTTPRoute": "gateway.networking.k8s.io", "GRPCRoute": "gateway.networking.k8s.io"}

// objectOf is the object of a router.
func objectOf(r *routes.Router) diff.ID {
	name := r.Name
	if r.Own != nil && r.Own.Path != "" && r.Kind == "IngressRoute" {
		name = object.Name(r.Own.Host + r.Own.Path)
	}
	return diff.ID{Group: groups[r.Kind], Kind: r.Kind, Namespace: r.Namespace, Name: name}
}
