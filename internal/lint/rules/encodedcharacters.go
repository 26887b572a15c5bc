package rules

import (
	"strings"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/routes"
)

var encodedCharacters = lint.Rule{
	Name:     "encoded-characters",
	Severity: lint.Warning,
	Summary:  "a path without a login leads to the rest of its backend, by encoded slashes",
	Doc: `For Traefik, /webhook/..%2frest is below /webhook. Many backends decode it, and answer for /rest, for which nobody was asked to
log in. With ` + "`encodedCharacters`" + ` of the entry point, Traefik refuses such a path with 400. It has these options since
3.6.4, and since 3.6.7 they allow everything unless they are set. There is one finding for each entry point with a path that has no
login, unless the whole backend is open there; and none if Traefik's version is unknown.`,
	Bad: entryPointExample + `-- applications.yml --
- namespace: sys-traefik
  networkPolicies: ingress-controller
  applications:
    - {applicationCode: sys-traefik, chart: traefik, repoURL: 'https://traefik.github.io/charts', version: 41.3.0, valueFiles: [traefik.yml, websecure.yml]}
- namespace: web-photos
  networkPolicies: web-app-internal
  applications:
    - applicationCode: web-photos
      repoURL: https://git.example/photos.git
      path: deploy
      ingress:
        - {host: photos, path: /hook, service: photos, port: 80, expose: lan, auth: none}
-- websecure.yml --
ports:
  websecure:
    port: 8443
`,
	Mend: []string{`    port: 8443`, `    port: 8443
    http: {encodedCharacters: {allowEncodedSlash: false, allowEncodedBackSlash: false}}`},
	Check: func(in *lint.Context, report lint.Report) {
		settings := in.Traefik.Settings()
		if !settings.Version.AtLeast(3, 6, 4) {
			return
		}
		first, count := map[string]string{}, map[string]int{}
		for _, r := range in.Routes.Routers() {
			if !opens(in, r) || r.Own != nil && r.Own.Auth.Name != "none" || in.Routes.Dropped()[r] {
				continue
			}
			for _, d := range in.Routes.Contest().Doors(r) {
				e := settings.EntryPoint(d.EntryPoint)
				if e == nil || e.ToHTTPS(r.Priority) || in.Routes.Asks(e) || in.Routes.DeniesEncoded(r, e) || len(settings.PassesEncoded(e)) == 0 {
					continue
				}
				if path := narrowed(in, r, d); path != "" {
					if count[e.Name]++; first[e.Name] == "" {
						first[e.Name] = path
					}
				}
			}
		}
		for _, name := range settings.EntryPoints(false) {
			if count[name] == 0 {
				continue
			}
			var options []string
			for _, option := range settings.PassesEncoded(settings.EntryPoint(name)) {
				options = append(options, option+": false")
			}
			report(settings.Place(name, "encodedCharacters"), "set http.encodedCharacters of the entry point: {"+strings.Join(options, ", ")+"}",
				"entry point %s lets encoded slashes through: %s/..%%2f, which asks for no login, may lead to all of its backend%s", name, first[name], likeMore(count[name]))
		}
	},
}

// opens reports whether a router asks nobody for a login, as far as Traefik is concerned.
func opens(in *lint.Context, r *routes.Router) bool {
	if r.Own != nil {
		return r.Own.Auth.Middleware == nil
	}
	return in.Routes.Open(r)
}

// narrowed is an address of an open router from which a login, or the lack of any other route, keeps away the rest of its backend; empty
// when there is none. For a router that an application brings, only a login counts.
func narrowed(in *lint.Context, r *routes.Router, d routes.Door) string {
	for i := range r.Scopes {
		s := &r.Scopes[i]
		if s.Path == "" || s.Exact || isChallenge(s) {
			continue
		}
		open, asking := false, false
		for _, other := range in.Routes.Contest().Around(r, s, d) {
			if other.SameService(r) {
				open, asking = open || opens(in, other), asking || !opens(in, other)
			}
		}
		if !open && (r.Own != nil || asking) {
			return strings.TrimSuffix(s.String(), "/")
		}
	}
	return ""
}
