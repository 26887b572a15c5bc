package rules

import (
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/routes"
	"github.com/hippotion/roster/internal/muxer"
)

var undecidedRoute = lint.Rule{
	Name:     "undecided-route",
	Severity: lint.Info,
	Summary:  "whether any request reaches a route is not known",
	Doc: `Whether routes with higher priorities answer for all that a route is for is decided exactly, also for regular expressions, networks and
headers, but not always: headers that Traefik sets itself, such as ` + "`X-Forwarded-Proto`" + `, depend on where a request comes from; a very large expression is not searched;
and in a list with thousands of routes for one host, or with thousands of patterns, not all are compared. Then ` + "`shadowed-route`" + ` and ` + "`random-route`" + ` say nothing, and
this says that they do not.`,
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
      match: Host(` + "`photos.home.example`" + `) && Header(` + "`X-Forwarded-Proto`" + `, ` + "`https`" + `)
      services: [{name: photos, port: 80}]
    - kind: Rule
      match: Host(` + "`photos.home.example`" + `)
      services: [{name: other, port: 80}]
`,
	Mend: []string{` && Header(` + "`X-Forwarded-Proto`" + `, ` + "`https`" + `)`, ` && Header(` + "`X-Version`" + `, ` + "`2`" + `)`},
	Check: func(in *lint.Context, report lint.Report) {
		dropped, contest := in.Routes.Dropped(), in.Routes.Contest()
		for _, r := range in.Routes.Routers() {
			if !dropped[r] && undecided(contest, r) {
				report(r.At("match"), "", "whether any request reaches %s is not known: others have a higher priority, and whether they answer for all of it could not be decided", r)
			}
		}
		if all := in.Routes.Routers(); contest.Exhausted() {
			report(all[0].At("match"), "", "there are too many routes for one host, or too many patterns, to compare all of them with each other: some may be shadowed, or random")
		}
	},
}

// undecided reports whether it is not known, of one of a router's doors, that some request reaches it there, and not that none does.
func undecided(contest *routes.Contest, r *routes.Router) bool {
	for _, d := range contest.Doors(r) {
		if _, found := contest.Reach(r, d); found == muxer.Unknown {
			return true
		}
	}
	return false
}
