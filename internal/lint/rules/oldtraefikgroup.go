package rules

import (
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

var oldTraefikGroup = lint.Rule{
	Name:     "old-traefik-group",
	Severity: lint.Error,
	Summary:  "an object is in Traefik's old API group, which Traefik 3 does not read",
	Doc: `Traefik 3 reads the group traefik.io only, and its chart no longer brings the kinds of traefik.containo.us. In a cluster
that still has them, the object is applied and ignored: its hosts get 404, and routes that refer to a Middleware of the old group are
dropped. In others, Argo CD cannot apply it. The fields are the same. There is no finding if Traefik is known to be a 2, which reads this
group, and since 2.10 both; move to the new group before the update.`,
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
apiVersion: traefik.containo.us/v1alpha1
kind: IngressRoute
metadata: {name: photos}
spec:
  entryPoints: [websecure]
  routes:
    - {kind: Rule, match: 'Host(` + "`photos.home.example`" + `)', services: [{name: photos, port: 80}]}
`,
	Mend: []string{`apiVersion: traefik.containo.us/v1alpha1`, `apiVersion: traefik.io/v1alpha1`},
	Check: func(in *lint.Context, report lint.Report) {
		if v := in.Traefik.Settings().Version; v.Within && v.Major == 2 {
			return
		}
		for _, o := range in.Workloads {
			if deployed.GroupOf(o) == deployed.OldTraefikGroup {
				report(in.Places.Field(o, "apiVersion"), "write apiVersion: traefik.io/v1alpha1",
					"%s is in the group %s, which Traefik 3 does not read: it has no effect", o.Title(), deployed.OldTraefikGroup)
			}
		}
	},
}
