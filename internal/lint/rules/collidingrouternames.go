package rules

import (
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/routes"
)

var collidingRouterNames = lint.Rule{
	Name:     "colliding-router-names",
	Severity: lint.Warning,
	Summary:  "two routes have the same name in Traefik, which keeps only one of them",
	Doc: `Traefik names a router ` + "`NAMESPACE-NAME-DIGEST`" + `, with a digest of the rule: the IngressRoute ` + "`b-c`" + ` of namespace
` + "`a`" + ` and ` + "`c`" + ` of ` + "`a-b`" + ` have the same name when their rules are the same, and one overwrites the other.
The same goes for two rules of one IngressRoute with the same text. Rename one; or set ` + "`providers.kubernetesCRD.safeNaming`" + `, if your Traefik has it.`,
	Bad: `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web
  networkPolicies: web-app-internal
  applications:
    - {applicationCode: web-photos, repoURL: 'https://git.example/photos.git', path: deploy}
    - {applicationCode: web-photos-route, path: route}
- namespace: web-photos
  networkPolicies: web-app-internal
  applications:
    - {applicationCode: web-photos-upload, repoURL: 'https://git.example/photos.git', path: upload}
    - {applicationCode: web-photos-upload-route, path: upload}
-- route/route.yaml --
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: photos-all, annotations: {roster.hippotion.github.io/shared-with: web-photos}}
spec:
  entryPoints: [websecure]
  routes:
    - kind: Rule
      match: Host(` + "`photos.home.example`" + `)
      services: [{name: photos, port: 80}]
-- upload/route.yaml --
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: all}
spec:
  entryPoints: [upload]
  routes:
    - kind: Rule
      match: Host(` + "`photos.home.example`" + `)
      services: [{name: upload, port: 80}]
`,
	Mend: []string{`metadata: {name: all}`, `metadata: {name: upload}`},
	Check: func(in *lint.Context, report lint.Report) {
		settings := in.Traefik.Settings()
		if settings.Failed {
			return
		}
		first := map[string]*routes.Router{}
		for _, r := range in.Routes.Routers() {
			other := first[r.Key()]
			switch {
			case settings.SafeNaming && r.Kind == "IngressRoute" || r.Server != "": // it has a name that no other one has
			case other == nil:
				first[r.Key()] = r
			case r.Object == nil: // the list has no address twice
			case other.Object == r.Object:
				report(r.At("match"), "remove one of them", "the rule occurs twice in %s %s: Traefik keeps one of the two", r.Kind, r.Name)
			default:
				report(in.Places.Field(r.Object, "metadata", "name"), "rename one of them", "Traefik treats %s and %s as the same, and keeps one of them", r, other)
			}
		}
	},
}
