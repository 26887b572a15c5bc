package rules

import (
	"slices"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
)

var publicWithoutAuth = lint.Rule{
	Name:     "public-without-auth",
	Severity: lint.Error,
	Summary:  "a host is open to everybody outside, and no comment says why",
	Doc: `With ` + "`auth: none`" + ` on an exposure that reaches further than ` + "`lan`" + `, anyone who finds the host may use it: names of
hosts are in the public certificate logs and are found within minutes. There are good reasons for it, such as a webhook
that checks a token of its own. Write the reason in a comment after the route or above it, so that later readers can
tell it from a mistake. If the application has its own login, write ` + "`auth: app`" + `.`,
	Bad: `
-- platform.yml --
domain: home.example
ingress:
  expose: {public: [tunnel, websecure], lan: [websecure]}
-- applications.yml --
- namespace: web-status
  networkPolicies: web-app-internal
  applications:
    - applicationCode: web-status
      repoURL: https://git.example/status.git
      path: deploy
      ingress:
        - {host: status, service: status, port: 80, expose: public, auth: none}
`,
	Mend: []string{`        - {host: status, service: status, port: 80, expose: public, auth: none}`, `        - {host: status, service: status, port: 80, expose: public, auth: none} # static pages, and nothing to change`},
	Check: func(in *lint.Context, report lint.Report) {
		for _, r := range in.Routes.Routers() {
			if r.Own == nil || r.Own.Auth.Name != "none" || !public(in, r.Own) || in.Places.Explained(r.At()) {
				continue
			}
			report(r.At(), "write the reason in a comment after it, or set auth", "everybody has access to %s (%s)", r.Own.Host+r.Own.Path, r.Own.Exposure.Name)
		}
	},
}

// public reports whether a route has an entry point that the exposure lan does not have.
func public(in *lint.Context, r *catalog.Route) bool {
	lan := in.Platform.Expose["lan"]
	return slices.ContainsFunc(r.Exposure.EntryPoints, func(e string) bool { return !slices.Contains(lan, e) })
}
