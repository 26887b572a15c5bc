package rules

import (
	"github.com/hippotion/roster/internal/lint"
)

var httpsEntryPointWithoutTLS = lint.Rule{
	Name:     "https-entrypoint-without-tls",
	Severity: lint.Error,
	Summary:  "an entry point for HTTPS has no TLS, and neither have routes on it",
	Doc: `Browsers speak HTTPS to this entry point: its name and its port say so. Traefik serves a route with TLS if the
route has ` + "`tls`" + `, or if the entry point has ` + "`http.tls`" + `; roster's routes have none. Without either, it answers HTTPS with 404, with its
own certificate, and plain HTTP on the same port with the application. In Traefik's chart, TLS is on for websecure unless
` + "`ports.websecure.http.tls.enabled`" + ` (` + "`ports.websecure.tls.enabled`" + ` before version 39) is false. If a load balancer decrypts what arrives here,
waive the finding and say so, or give the entry point a name that does.`,
	Bad: entryPointExample + `  websecure:
    http: {tls: {enabled: false}}
-- applications.yml --
- namespace: sys-traefik
  networkPolicies: ingress-controller
  applications:
    - {applicationCode: sys-traefik, chart: traefik, repoURL: 'https://traefik.github.io/charts', version: 41.3.0, valueFiles: [traefik.yml]}
- namespace: web-photos
  networkPolicies: web-app-internal
  applications:
    - applicationCode: web-photos
      repoURL: https://git.example/photos.git
      path: deploy
      ingress:
        - {host: photos, service: photos, port: 80, expose: lan, auth: app}
`,
	Mend: []string{`    http: {tls: {enabled: false}}`, `    http: {tls: {enabled: true}}`},
	Check: func(in *lint.Context, report lint.Report) {
		settings := in.Traefik.Settings()
		plain := withoutTLS(in, func(string) bool { return true })
		for _, name := range settings.EntryPoints(false) {
			e := settings.EntryPoint(name)
			if e == nil || e.TLS || !e.MeantForHTTPS() || plain[name] == nil {
				continue
			}
			report(settings.Place(name, "tls", "enabled"), "set http.tls for the entry point: ports."+name+".http.tls.enabled of Traefik's chart",
				"entry point %s has no TLS: HTTPS to %s is answered with 404, and plain HTTP by the application", name, plain[name])
		}
	},
}
