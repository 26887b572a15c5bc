package rules

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/routes"
)

var missingMiddleware = lint.Rule{
	Name:     "missing-middleware",
	Severity: lint.Error,
	Summary:  "a route goes through a Middleware that no application deploys",
	Doc: `Traefik drops a rule when one of its middlewares is missing, also in the middle of a chain, and reports it in its log
only. The host answers with 404, or another rule that matches answers in its place. Of an entry point that has such a middleware for all
(` + "`http.middlewares`" + `), it drops all routes. Only namespaces where roster can render everything are checked.`,
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
      middlewares: [{name: logins, namespace: sys-login}]
      services: [{name: photos, port: 80}]
`,
	Mend: []string{`      middlewares: [{name: logins, namespace: sys-login}]`, `      middlewares: [{name: login, namespace: sys-login}]`},
	Check: func(in *lint.Context, report lint.Report) {
		own := map[catalog.Middleware][]*routes.Router{} // the routes of the list whose middleware is missing
		for _, f := range reportBrought(in.Routes.Faults(routes.MissingMiddleware), report) {
			r := f.Router
			own[r.Middlewares[0]] = append(own[r.Middlewares[0]], r)
		}
		for m, routers := range own { // once for each Middleware: it is one fault; findings are sorted in the end
			first := routers[0]
			for _, r := range routers {
				if r.Own.Place.Pos.Compare(first.Own.Place.Pos) < 0 {
					first = r
				}
			}
			report(first.At(), "deploy it with an application of namespace "+m.Namespace+", or change ingress.auth of platform.yml",
				"no application deploys Middleware %s of namespace %s: Traefik drops the route of %s%s", m.Name, m.Namespace, first.Own.Host+first.Own.Path, likeMore(len(routers)))
		}
	},
}
