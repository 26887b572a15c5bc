package rules

import (
	"strings"

	"github.com/hippotion/roster/internal/lint"
)

var noEntryPoints = lint.Rule{
	Name:     "no-entrypoints",
	Severity: lint.Warning,
	Summary:  "an IngressRoute without entry points is on all of them",
	Doc: `Without ` + "`entryPoints`" + `, Traefik puts a route on all of its default entry points: those with ` + "`asDefault`" + ` or, when none has it, all
that are for TCP but ` + "`traefik`" + `. That includes the one for plain HTTP, and the one that a tunnel from the Internet leads to. Name the intended
ones; ` + "`ingress.expose`" + ` of ` + "`platform.yml`" + ` has them. There is no finding if Traefik is known to have one default only.`,
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
  routes:
    - kind: Rule
      match: Host(` + "`photos.home.example`" + `)
      services: [{name: photos, port: 80}]
`,
	Mend: []string{`spec:`, `spec:
  entryPoints: [websecure]`},
	Check: func(in *lint.Context, report lint.Report) {
		defaults := in.Traefik.Settings().Defaults()
		on := "all that Traefik has by default"
		if len(defaults) > 0 {
			on = strings.Join(defaults, ", ")
		}
		for _, o := range in.Routes.IngressRoutes() {
			if len(o.EntryPoints) == 0 && len(o.Routes) > 0 && len(defaults) != 1 {
				report(in.Places.Field(o.Object, "spec", "entryPoints"), "set entryPoints", "IngressRoute %s names no entry points: it is on %s", o.Name, on)
			}
		}
	},
}
