package lint

import (
	"maps"
	"slices"
)

var pathOnEveryHost = Rule{
	Name:     "path-on-every-host",
	Severity: Warning,
	Summary:  "a rule without a host takes its path on every host",
	Doc: `A rule without ` + "`Host`" + ` matches on all hosts of its entry points. Where its priority is higher, by a number or because it is longer,
it takes the path away from the other applications; elsewhere it answers for hosts that nobody has thought of. Add the host. A
route that is to catch what is left says so with a priority below all others, such as 1, and is not reported; nor is one on an
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
	Check: func(in *Input, report Report) {
		settings, routers := in.traefik(), in.routers()
		for _, r := range routers {
			// Who restricts a rule by something else, such as the client's address, has thought of all hosts.
			i := slices.IndexFunc(r.scopes, func(s scope) bool { return !s.named && s.rest == "" })
			if r.own != nil || i < 0 {
				continue
			}
			others := slices.DeleteFunc(slices.Clone(routers), func(other *router) bool { return other == r || !r.meets(other, &settings) })
			last := !slices.ContainsFunc(others, func(other *router) bool { return other.priority <= r.priority })
			if len(others) > 0 && last && r.priority != len(r.text) || len(others) == 0 && !in.exposed(r) {
				continue
			}
			report(r.at(in, "match"), "add Host(`…`) &&", "the rule has no host: it answers for %s on every host", r.scopes[i].String())
		}
	},
}

// exposed says whether a router is on an entry point of an exposure, or on all that there are.
func (in *Input) exposed(r *router) bool {
	return len(r.entryPoints) == 0 || slices.ContainsFunc(r.entryPoints, func(e string) bool {
		for all := range maps.Values(in.Platform.Expose) {
			if slices.Contains(all, e) {
				return true
			}
		}
		return false
	})
}
