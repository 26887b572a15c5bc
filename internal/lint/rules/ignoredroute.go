package rules

import (
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/routes"
)

var ignoredRoute = lint.Rule{
	Name:     "ignored-route",
	Severity: lint.Error,
	Summary:  "Traefik leaves out an IngressRoute, or a rule of one",
	Doc: `A rule needs a match and, unless another IngressRoute has this one as its parent, services. Its priority must not be among those that
Traefik keeps for itself. An IngressRoute with ` + "`parentRefs`" + ` must not have tls or entry points, and one above it has to be without parents. With
` + "`providers.kubernetesCRD.ingressClass`" + `, Traefik reads only IngressRoutes of that class. All else is left out, with a line in Traefik's log.`,
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
kind: IngressRoute
metadata: {name: photos}
spec:
  entryPoints: [websecure]
  routes:
    - kind: Rule
      match: Host(` + "`photos.home.example`" + `)
      services: []
`,
	Mend: []string{`      services: []`, `      services: [{name: photos, port: 80}]`},
	Check: func(in *lint.Context, report lint.Report) {
		own := reportBrought(in.Routes.Faults(routes.IgnoredRoute), report)
		if len(own) > 0 { // the list has no classes: Traefik has to change
			report(in.Traefik.Settings().At, own[0].Hint, "%s: it leaves out %s%s", "Traefik reads only IngressRoutes of a class, and those of the list have none", own[0].Router, likeMore(len(own)))
		}
	},
}
