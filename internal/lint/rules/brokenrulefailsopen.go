package rules

import (
	"slices"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/routes"
	"github.com/hippotion/roster/internal/muxer"
)

var brokenRuleFailsOpen = lint.Rule{
	Name:     "broken-rule-fails-open",
	Severity: lint.Error,
	Summary:  "where Traefik drops a rule, another one answers without a login",
	Doc: `Traefik drops a rule whose Middleware or Service is missing or not allowed, and keeps the others. If a broader
rule for the same host has no login, a protected path is then open to all, or is answered by the wrong backend (observed with
Traefik 3.7). There is another finding about what is missing. This one is separate, so that nobody waives the other one as a 404
that does no harm, as in the bad example. Fix the rule; or put the login on the broad rule, and exempt the paths
that need none.`,
	Bad: `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: sys-login
  networkPolicies: web-app-internal
  applications:
    - {applicationCode: sys-login, path: login}
- namespace: web-photos
  networkPolicies: web-app-internal
  applications:
    - {applicationCode: web-photos, repoURL: 'https://git.example/photos.git', path: deploy}
    - {applicationCode: web-photos-route, path: route}
-- login/login.yaml --
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: login}
spec:
  forwardAuth: {address: 'http://proxy.sys-login.svc.cluster.local'}
---
apiVersion: v1
kind: Service
metadata: {name: proxy}
spec:
  ports: [{port: 80}]
-- route/route.yaml --
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: photos}
spec:
  entryPoints: [websecure]
  routes:
    - kind: Rule
      match: Host(` + "`photos.home.example`" + `)
      services: [{name: photos, port: 80}]
    - kind: Rule
      match: Host(` + "`photos.home.example`" + `) && (Path(` + "`/admin`" + `) || PathPrefix(` + "`/admin/`" + `))
      middlewares:
        - {name: login-v2, namespace: sys-login} # lint:ignore missing-middleware its name changes this week
      services: [{name: photos, port: 80}]
`,
	Mend: []string{`        - {name: login-v2, namespace: sys-login} # lint:ignore missing-middleware its name changes this week`, `        - {name: login, namespace: sys-login}`},
	Check: func(in *lint.Context, report lint.Report) {
		dropped := in.Routes.Dropped()
		if len(dropped) == 0 {
			return
		}
		for _, r := range in.Routes.Routers() {
			if !dropped[r] {
				continue
			}
			instead, where := instead(in, r)
			if instead == nil {
				continue
			}
			hint, login := "fix the rule; until then, put a login on the other one", ", without a login"
			if instead.Own != nil && instead.Own.Auth.Name == "app" {
				login = ", with no login but the application's own"
			}
			if in.Routes.Open(r) { // it has none to lose
				hint, login = "fix the rule", ", which leads elsewhere"
			}
			report(r.At("match"), hint, "%s drops this rule, so that %s answers for %s%s", r.ServedBy(), instead, where, login)
		}
	},
}

// instead is a router that answers for requests of r when r is dropped, and keeps nobody out; and what it answers for.
func instead(in *lint.Context, r *routes.Router) (*routes.Router, string) {
	open := func(other *routes.Router) bool {
		return !asksEverywhere(in, other) && in.Routes.Open(other) && (!in.Routes.Open(r) || !other.LeadsWhere(r)) // else nothing is lost
	}
	if other, request := in.Routes.Contest().Instead(r, open); other != nil {
		return other, request.String()
	}
	if r.Invalid != nil {
		for _, host := range muxer.Hosts(r.Text) {
			if other := in.Routes.Contest().InsteadOf(r, host); other != nil && open(other) {
				return other, host
			}
		}
	}
	return nil, ""
}

// asksEverywhere reports whether all entry points of a router ask for a login themselves.
func asksEverywhere(in *lint.Context, r *routes.Router) bool {
	return len(r.EntryPoints) > 0 && !slices.ContainsFunc(r.EntryPoints, func(name string) bool {
		e := in.Traefik.Settings().EntryPoint(name)
		return e == nil || !in.Routes.Asks(e)
	})
}
