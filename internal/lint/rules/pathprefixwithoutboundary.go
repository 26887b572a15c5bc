package rules

import (
	"strings"

	"github.com/hippotion/roster/internal/lint"
)

var pathPrefixWithoutBoundary = lint.Rule{
	Name:     "path-prefix-without-boundary",
	Severity: lint.Info,
	Summary:  "a prefix of a path also matches longer words",
	Doc: `Traefik compares the argument of ` + "`PathPrefix`" + ` as text: with ` + "`/api`" + `, it also matches
` + "`/apix`" + ` and ` + "`/api-internal`" + `. To match a path and what is below it, write two matchers, as roster does for ` + "`path`" + ` in the list. So does
Traefik itself for an HTTPRoute; for an Ingress only with ` + "`providers.kubernetesIngress.strictPrefixMatching`" + `, although a prefix is one of whole words there.`,
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
      match: Host(` + "`photos.home.example`" + `) && PathPrefix(` + "`/api`" + `)
      services: [{name: photos, port: 80}]
`,
	Mend: []string{`      match: Host(` + "`photos.home.example`" + `) && PathPrefix(` + "`/api`" + `)`, `      match: Host(` + "`photos.home.example`" + `) && (Path(` + "`/api`" + `) || PathPrefix(` + "`/api/`" + `))`},
	Check: func(in *lint.Context, report lint.Report) {
		for _, r := range in.Routes.Routers() {
			if r.Own != nil && r.Kind == "IngressRoute" || r.Server != "" {
				continue
			}
			for _, s := range r.Scopes {
				for _, m := range s.Conjunction {
					if m.Name == "PathPrefix" && !m.Not && !strings.HasSuffix(m.Args[0], "/") {
						hint := "(Path(`" + m.Args[0] + "`) || PathPrefix(`" + m.Args[0] + "/`))"
						if r.Kind == "Ingress" {
							hint = "set providers.kubernetesIngress.strictPrefixMatching for Traefik"
						}
						report(r.At("match"), hint, "PathPrefix(`%s`) also matches %sx", m.Args[0], m.Args[0])
					}
				}
			}
		}
	},
}
