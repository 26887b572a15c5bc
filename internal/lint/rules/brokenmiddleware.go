package rules

import (
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/routes"
)

var brokenMiddleware = lint.Rule{
	Name:     "broken-middleware",
	Severity: lint.Error,
	Summary:  "a route goes through a Middleware that Traefik cannot build",
	Doc: `A Middleware is of exactly one kind, and each kind has something that it cannot be without: a prefix, an address, a
sourceRange, one header. An expression or a range that cannot be read is as bad, and so is a chain that leads back to itself. The API server
accepts all that; Traefik drops every rule that goes through the Middleware, and reports it in its log only. The hosts answer with 404, or
another rule that matches answers in their place. What Traefik builds and can never pass a request on is reported here as well.`,
	Bad: `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-photos
  networkPolicies: web-app-internal
  applications:
    - {applicationCode: web-photos, repoURL: 'https://git.example/photos.git', path: deploy}
    - {applicationCode: web-photos-route, path: route}
-- route/route.yaml --
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: from-home}
spec:
  ipAllowList: {sourceRange: [192.168.3.0/33]}
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: photos}
spec:
  entryPoints: [websecure]
  routes:
    - kind: Rule
      match: Host(` + "`photos.home.example`" + `)
      middlewares: [{name: from-home}]
      services: [{name: photos, port: 80}]
`,
	Mend: []string{`  ipAllowList: {sourceRange: [192.168.3.0/33]}`, `  ipAllowList: {sourceRange: [192.168.3.0/24]}`},
	Check: func(in *lint.Context, report lint.Report) {
		reportAll(in.Routes.Faults(routes.BrokenMiddleware), report)
	},
}
