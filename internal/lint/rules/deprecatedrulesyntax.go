package rules

import (
	"strconv"

	"github.com/hippotion/roster/internal/lint"
)

var deprecatedRuleSyntax = lint.Rule{
	Name:     "deprecated-rule-syntax",
	Severity: lint.Warning,
	Summary:  "a rule is written in the syntax of Traefik 2",
	Doc: `With ` + "`syntax: v2`" + `, Traefik 3 reads a rule as Traefik 2 did. It still does in 3.7, says at each start that this is deprecated, and
the next version will not know it. Write the rule for Traefik 3 (Traefik: migration guide from 2 to 3), and remove ` + "`syntax`" + `. Any other
name than ` + "`v2`" + ` is the same as none.`,
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
      syntax: v2
      match: Host(` + "`photos.home.example`" + `, ` + "`pictures.home.example`" + `)
      services: [{name: photos, port: 80}]
`,
	Mend: []string{`      syntax: v2
      match: Host(` + "`photos.home.example`" + `, ` + "`pictures.home.example`" + `)`, `      match: Host(` + "`photos.home.example`" + `) || Host(` + "`pictures.home.example`" + `)`},
	Check: func(in *lint.Context, report lint.Report) {
		for _, o := range in.Routes.IngressRoutes() {
			for i, rule := range o.Routes {
				if rule.Syntax != "" && rule.Syntax != "v3" {
					report(in.Places.Field(o.Object, "spec", "routes", strconv.Itoa(i), "syntax"), "write the rule for Traefik 3, and remove syntax",
						"the rule is written in the syntax %s, which is deprecated", rule.Syntax)
				}
			}
		}
	},
}
