package rules

import (
	"cmp"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/routes"
)

var randomRoute = lint.Rule{
	Name:     "random-route",
	Severity: lint.Error,
	Summary:  "two routes answer for the same requests, and which one is random",
	Doc: `Traefik tries the rule with the higher priority first: the given one, or the length of the rule. Of two rules that match and have
the same, either may win, anew at each reload, and not the same one on each entry point (observed with Traefik 3.7). It does not
matter that they are in different namespaces. Another implementation of the Gateway API takes the older one of two HTTPRoutes, which nobody sees in them. Remove one of them, or write a longer rule for a part of the requests; a priority makes the other one dead (` + "`" + `shadowed-route` + "`" + `).`,
	Bad: `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-photos
  networkPolicies: web-app-internal
  applications:
    - applicationCode: web-photos
      repoURL: https://git.example/photos.git
      path: deploy
      ingress:
        - {host: photos, service: photos, port: 80, auth: app}
    - {applicationCode: web-photos-route, path: route}
-- route/route.yaml --
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: maintenance}
spec:
  entryPoints: [websecure]
  routes:
    - kind: Rule
      match: Host(` + "`photos.home.example`" + `)
      services: [{name: sorry, port: 80}]
`,
	Mend: []string{`      match: Host(` + "`photos.home.example`" + `)`, `      match: Host(` + "`photos.home.example`" + `) && PathPrefix(` + "`/maintenance/`" + `)`},
	Check: func(in *lint.Context, report lint.Report) {
		// The later one is reported, and those of the list come before those that applications deploy.
		rivals := in.Routes.Contest().Rivals(func(a, b *routes.Router) int {
			switch {
			case a.Own != nil && b.Own == nil:
				return -1
			case a.Own == nil && b.Own != nil:
				return 1
			}
			return cmp.Or(a.Match().Compare(b.Match()), cmp.Compare(a.Place, b.Place))
		})
		for second, r := range rivals { // findings are sorted in the end
			if r.Count == 1 && second.Moves(r.First) { // it takes the other one's place
				continue
			}
			more := ""
			if r.Count > 1 {
				more = " (and others)"
			}
			if second.Server != "" {
				report(second.At("match"), "remove one of them, or make one more specific",
					"%s%s answers for %s as well, and has the same place in the order of %s: the older one wins, whichever that is", r.First, more, r.Request, standard[second.Kind])
				continue
			}
			hint := "remove one of them, or give one a priority"
			if second.Kind != "IngressRoute" {
				hint = "remove one of them, or make one more specific"
			}
			report(second.At("match"), hint,
				"%s%s answers for %s as well, with the same priority of %d: which one wins is random", r.First, more, r.Request, second.Priority)
		}
	},
}
