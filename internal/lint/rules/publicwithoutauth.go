package rules

import (
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/routes"
)

var publicWithoutAuth = lint.Rule{
	Name:     "public-without-auth",
	Severity: lint.Error,
	Summary:  "a host is open to everybody outside, and no comment says why",
	Doc: `With ` + "`auth: none`" + ` on an exposure that reaches further than ` + "`lan`" + `, anyone who finds the host may use it: names of
hosts are in the public certificate logs and are found within minutes. There are good reasons for it, such as a webhook
that checks a token of its own. Write the reason in a comment after the route or above it, so that later readers can
tell it from a mistake. If the application has its own login, write ` + "`auth: app`" + `.

The same goes for an IngressRoute, an Ingress, an HTTPRoute or a GRPCRoute that an application brings, on an entry point or a listener of such an exposure,
without a middleware, a filter or a policy that may keep somebody out: the comment belongs to its route, or to its entryPoints or parentRefs. Routes that redirect and those for ACME challenges are not meant.`,
	Bad: `
-- platform.yml --
domain: home.example
ingress:
  expose: {public: [tunnel, websecure], lan: [websecure]}
-- applications.yml --
- namespace: web-status
  networkPolicies: web-app-internal
  applications:
    - applicationCode: web-status
      repoURL: https://git.example/status.git
      path: deploy
      ingress:
        - {host: status, service: status, port: 80, expose: public, auth: none}
`,
	Mend: []string{`        - {host: status, service: status, port: 80, expose: public, auth: none}`, `        - {host: status, service: status, port: 80, expose: public, auth: none} # static pages, and nothing to change`},
	Check: func(in *lint.Context, report lint.Report) {
		settings := in.Traefik.Settings()
		beyond := beyondLAN(in)
		for _, r := range in.Routes.Routers() {
			if r.Own != nil {
				if r.Own.Auth.Name == "none" && r.Own.Redirect == nil && public(in, r.Own) && !in.Places.Explained(r.At()) {
					report(r.At(), "write the reason in a comment after it, or set auth", "everybody has access to %s (%s)", r.Own.Host+r.Own.Path, r.Own.Exposure.Name)
				}
				continue
			}
			entrances := r.Entrances()
			i := slices.IndexFunc(entrances, func(name string) bool {
				e := settings.EntryPoint(name)
				return beyond[name] != "" && (r.Gateway != "" || !settings.Lacks(name, false)) && (e == nil || !e.ToHTTPS(r.Priority) && !in.Routes.Asks(e))
			})
			if i < 0 || r.Scopes == nil || challenges(r) || in.Routes.Dropped()[r] || !in.Routes.Open(r) ||
				in.Places.Explained(r.At()) || in.Places.Explained(in.Places.Field(r.Object, "spec", entrancesAt[r.Kind])) {
				continue
			}
			if s := in.Routes.Contest().Shadow(r); s != nil && s.All { // others answer in its place
				continue
			}
			report(r.At(), "write the reason in a comment after it, or add a middleware that asks for a login",
				"everybody has access to %s by %s (%s)", &r.Scopes[0], r, beyond[entrances[i]])
		}
	},
}

// entrancesAt are the fields that say where a route is reached.
var entrancesAt = map[string]string{"IngressRoute": "entryPoints", "HTTPRoute": "parentRefs", "GRPCRoute": "parentRefs", "Ingress": "ingressClassName"}

// public reports whether a route has an entry point that the exposure lan does not have.
func public(in *lint.Context, r *catalog.Route) bool {
	lan := in.Platform.Expose["lan"]
	return slices.ContainsFunc(r.Exposure.EntryPoints, func(e string) bool { return !slices.Contains(lan, e) })
}

// beyondLAN are the entry points of exposures that reach further than lan, and an exposure of each. Nothing is known of entry points that no
// exposure has, and if there is no lan.
func beyondLAN(in *lint.Context) map[string]string {
	out := map[string]string{}
	lan, ok := in.Platform.Expose["lan"]
	for _, name := range slices.Sorted(maps.Keys(in.Platform.Expose)) {
		for _, e := range in.Platform.Expose[name] {
			if ok && out[e] == "" {
				out[e] = name
			}
		}
	}
	for _, e := range lan {
		delete(out, e)
	}
	return out
}

// isChallenge reports whether a scope is for ACME challenges.
func isChallenge(s *routes.Scope) bool {
	return strings.HasPrefix(s.Path, "/.well-known/acme-challenge")
}

// challenges reports whether a router is for ACME challenges only.
func challenges(r *routes.Router) bool {
	return !slices.ContainsFunc(r.Scopes, func(s routes.Scope) bool { return !isChallenge(&s) })
}
