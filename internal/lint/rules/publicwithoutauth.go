package rules

import (
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

An exposure reaches further than ` + "`lan`" + ` when it names an entry point, a listener of a Gateway or an IngressClass that ` + "`lan`" + ` does not name: also one that is only there while hosts move from
one kind of route to another. A listener of Traefik's whose entry point ` + "`lan`" + ` has is near, where the Gateway is in the list. A login that certainly keeps nobody out, such as a Middleware that only changes
headers, or one that the controller does not read, is none.

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
		for _, r := range in.Routes.Routers() {
			if r.Own != nil {
				publicOwn(in, r, report)
				continue
			}
			i := slices.IndexFunc(r.EntryPoints, func(name string) bool { return in.Routes.BeyondLAN(r, name) != "" && letsIn(in, r, name) })
			if i < 0 || r.Scopes == nil || challenges(r) || in.Routes.Dropped()[r] || !in.Routes.Open(r) ||
				in.Places.Explained(r.At()) || in.Places.Explained(in.Places.Field(r.Object, "spec", entrancesAt[r.Kind])) {
				continue
			}
			if s := in.Routes.Contest().Shadow(r); s != nil && s.All { // others answer in its place
				continue
			}
			hint := "write the reason in a comment after it, or add a middleware that asks for a login"
			if r.Server != "" {
				hint = "write the reason in a comment after it, or add what makes " + r.Server + " ask for a login"
			}
			report(r.At(), hint, "everybody has access to %s by %s (%s)", &r.Scopes[0], r, in.Routes.BeyondLAN(r, r.EntryPoints[i]))
		}
	},
}

// entrancesAt are the fields that say where a route is reached.
var entrancesAt = map[string]string{"IngressRoute": "entryPoints", "HTTPRoute": "parentRefs", "GRPCRoute": "parentRefs", "Ingress": "ingressClassName"}

// publicOwn judges a route of the list, by its exposure.
func publicOwn(in *lint.Context, r *routes.Router, report lint.Report) {
	own := r.Own
	if own.Redirect != nil || !in.Routes.LeadsBeyondLAN(&own.Exposure) || in.Routes.Guarded(r) || in.Places.Explained(r.At()) {
		return
	}
	address := own.Host + own.Path
	switch {
	case own.Auth.Name == "none":
		report(r.At(), "write the reason in a comment after it, or set auth", "everybody has access to %s (%s)", address, own.Exposure.Name)
	case own.Auth.Asks() && in.Routes.Open(r) && !in.Routes.Dropped()[r] && slices.ContainsFunc(r.EntryPoints, func(name string) bool { return letsIn(in, r, name) }):
		report(r.At(), "look at what the login is in "+catalog.PlatformFile, "everybody has access to %s (%s): the login %s keeps nobody out, as %s reads it", address, own.Exposure.Name, own.Auth.Name, r.ServedBy())
	}
}

// letsIn reports whether requests reach a router by an entry point that itself keeps nobody out.
func letsIn(in *lint.Context, r *routes.Router, entryPoint string) bool {
	settings := in.Traefik.Settings()
	e := settings.EntryPoint(entryPoint)
	return r.Server != "" || !settings.Lacks(entryPoint, false) && (e == nil || !e.ToHTTPS(r.Priority) && !in.Routes.Asks(e))
}

// isChallenge reports whether a scope is for ACME challenges.
func isChallenge(s *routes.Scope) bool {
	return strings.HasPrefix(s.Path, "/.well-known/acme-challenge")
}

// challenges reports whether a router is for ACME challenges only.
func challenges(r *routes.Router) bool {
	return !slices.ContainsFunc(r.Scopes, func(s routes.Scope) bool { return !isChallenge(&s) })
}
