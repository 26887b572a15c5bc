package rules

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/routes"
)

var tlsBesidePlain = lint.Rule{
	Name:     "tls-beside-plain-entrypoint",
	Severity: lint.Error,
	Summary:  "an IngressRoute with tls answers with 404 on its plain entry point",
	Doc: `Traefik serves a route that has ` + "`tls`" + `, even an empty one, with TLS only, on all its entry points: the handlers for
plain HTTP leave it out (Traefik: pkg/config/runtime/runtime_http.go). A tunnel, or any other client that sends plain HTTP, gets 404.
Remove ` + "`tls`" + `, and turn TLS on at the entry point that should have it (` + "`ports.websecure.http.tls`" + ` of Traefik's chart, which
is its default): each entry point then serves the route in its own way. Or write one IngressRoute for each kind of entry
point. Entry points have TLS if their names or Traefik's settings say so. There is no finding where requests never get that far: the
plain entry point redirects to HTTPS, or another route without ` + "`tls`" + ` answers for the same there, such as one that redirects. An entry point of
Traefik's whose routes all have ` + "`tls`" + ` may be for HTTPS, unless its name is web or http, or ` + "`ingress.expose`" + ` names it: roster's routes have none.`,
	Bad: `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
ingress:
  expose: {public: [tunnel, websecure], lan: [websecure]}
-- applications.yml --
- namespace: web-photos
  networkPolicies: web-app-internal
  applications:
    - {applicationCode: web-photos, repoURL: 'https://git.example/photos.git', path: deploy}
    - {applicationCode: web-photos-route, path: route}
-- route/route.yaml --
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: photos}
spec:
  entryPoints: [tunnel, websecure]
  tls: {}
  routes:
    - {kind: Rule, match: 'Host(` + "`photos.home.example`" + `)', services: [{name: photos, port: 80}]} # it has its own login
`,
	Good: `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
ingress:
  expose: {public: [tunnel, websecure], lan: [websecure]}
-- applications.yml --
- namespace: web-photos
  networkPolicies: web-app-internal
  applications:
    - {applicationCode: web-photos, repoURL: 'https://git.example/photos.git', path: deploy}
    - {applicationCode: web-photos-route, path: route}
-- route/route.yaml --
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: photos}
spec:
  entryPoints: [tunnel, websecure]
  routes:
    - {kind: Rule, match: 'Host(` + "`photos.home.example`" + `)', services: [{name: photos, port: 80}]} # it has its own login
`,
	Check: func(in *lint.Context, report lint.Report) {
		settings := in.Traefik.Settings()
		if settings.Failed {
			return
		}
		of, forHTTP := map[*deployed.Object][]*routes.Router{}, map[string]bool{"web": true, "http": true}
		for _, r := range in.Routes.Routers() {
			of[r.Object] = append(of[r.Object], r)
			for _, name := range r.EntryPoints {
				forHTTP[name] = forHTTP[name] || !r.TLS
			}
		}
		for _, names := range in.Platform.Expose {
			for _, name := range names {
				forHTTP[name] = true
			}
		}
		for _, o := range in.Routes.IngressRoutes() {
			if o.TLS == nil {
				continue
			}
			plain := slices.DeleteFunc(slices.Clone(o.EntryPoints), func(name string) bool {
				e := settings.EntryPoint(name)
				redirected := e != nil && e.Redirect.Scheme == "https" // whatever its priority: the route is not there
				if settings.ForHTTPS(name) || settings.Lacks(name, false) || redirected || e != nil && !forHTTP[name] {
					return true
				}
				// Or routers without TLS answer there for the same.
				contest, door := in.Routes.Contest(), routes.Door{EntryPoint: name}
				return contest.Answered(of[o.Object], func(r *routes.Router) bool { return contest.Serves(r, door) })
			})
			// For a single entry point, only the name counts.
			if len(plain) == 1 && len(o.EntryPoints) == 1 && plain[0] != "web" && plain[0] != "http" || len(plain) == 0 {
				continue
			}
			report(in.Places.Field(o.Object, "spec", "tls"), "remove tls, and let the entry points decide; or write an IngressRoute for each kind",
				"with tls, IngressRoute %s answers to plain HTTP with 404 on %s", o.Name, strings.Join(plain, ", "))
		}
	},
}
