package rules

import (
	"cmp"
	"maps"
	"slices"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/routes"
)

var pathOnEveryHost = lint.Rule{
	Name:     "path-on-every-host",
	Severity: lint.Warning,
	Summary:  "a rule without a host takes its path on every host",
	Doc: `A rule without ` + "`Host`" + ` matches on all hosts of its entry points. Where its priority is higher, by a number or because it is longer,
it takes the path away from the other applications; elsewhere it answers for hosts that nobody has considered. Add the host. A
catch-all route has a priority below all others, such as 1, and is not reported; nor is one on an
entry point that nothing else is on.`,
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
      match: Path(` + "`/api`" + `) || PathPrefix(` + "`/api/`" + `)
      services: [{name: photos, port: 80}]
`,
	Mend: []string{`      match: Path(` + "`/api`" + `) || PathPrefix(` + "`/api/`" + `)`, `      match: Host(` + "`photos.home.example`" + `) && (Path(` + "`/api`" + `) || PathPrefix(` + "`/api/`" + `))`},
	Check: func(in *lint.Context, report lint.Report) {
		hosts := exposedEntryPoints(in)
		for _, r := range in.Routes.Routers() {
			// A rule that is restricted by something else, such as the client's address, is meant for all hosts.
			i := slices.IndexFunc(r.Scopes, func(s routes.Scope) bool { return s.Plain && s.Host == "" })
			if r.Own != nil || i < 0 || r.Server != "" || r.Redirect != "" || r.Refused { // a Gateway that is not Traefik's tries the routes of a host first
				continue
			}
			if r.Listener != nil && r.Listener.Hostname != "" {
				continue
			}
			alone, last := in.Routes.Contest().Standing(r)
			exposed := len(r.EntryPoints) == 0 || slices.ContainsFunc(r.EntryPoints, func(e string) bool { return hosts[e] })
			if !alone && last && r.Priority != len(r.Text) || alone && !exposed {
				continue
			}
			hint := map[string]string{"IngressRoute": "add Host(`…`) &&", "Ingress": "add host to the rule"}[r.Kind]
			report(r.At("match"), cmp.Or(hint, "add hostnames"), "the rule has no host: it answers for %s on every host", r.Scopes[i].String())
		}
	},
}

// exposedEntryPoints are those of all exposures.
func exposedEntryPoints(in *lint.Context) map[string]bool {
	out := map[string]bool{}
	for all := range maps.Values(in.Platform.Expose) {
		for _, e := range all {
			out[e] = true
		}
	}
	return out
}
