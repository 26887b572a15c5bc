package rules

import (
	"strconv"

	"github.com/hippotion/roster/internal/lint"
)

var tcpRouteTakesHTTP = lint.Rule{
	Name:     "tcp-route-takes-http",
	Severity: lint.Error,
	Summary:  "an IngressRouteTCP takes all plain connections of an entry point, also those to hosts",
	Doc: `On an entry point, Traefik asks its TCP routes before HTTP is read, and ` + "HostSNI(`*`)" + ` without ` + "`tls`" + ` matches every connection
that is not TLS: no host on the entry point answers plain HTTP any more, and no redirection of the entry point does (pkg/server/router/tcp,
ServeTCP). With ` + "`tls`" + `, also with passthrough, the hosts on the entry point come first. Give the route an entry point of its own.`,
	Bad: entryPointExample + `-- applications.yml --
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
        - {host: photos, service: photos, port: 80, expose: public, auth: app}
    - {applicationCode: web-photos-route, path: route}
-- route/route.yaml --
apiVersion: traefik.io/v1alpha1
kind: IngressRouteTCP
metadata: {name: sync}
spec:
  entryPoints: [tunnel]
  routes:
    - {match: 'HostSNI(` + "`*`" + `)', services: [{name: sync, port: 9000}]}
`,
	Mend: []string{`  tunnel: {port: 7080}`, `  tunnel: {port: 7080}
  sync: {port: 9000}`, `  entryPoints: [tunnel]`, `  entryPoints: [sync]`},
	Check: func(in *lint.Context, report lint.Report) {
		settings := in.Traefik.Settings()
		stream := in.Routes.StreamRoutes()
		if len(stream) == 0 {
			return
		}
		plain := withoutTLS(in, func(name string) bool { return !settings.Encrypts(name) })
		for i := range stream {
			s := &stream[i]
			taking := in.Routes.TakesAll(s)
			if taking < 0 {
				continue
			}
			for _, name := range settings.OrDefaults(s.EntryPoints) {
				var lost string
				switch e := settings.EntryPoint(name); {
				case e == nil && (settings.EntryPointsKnown || name != "web" && name != "http"), e != nil && (e.TLS || e.UDP): // it is not known to be plain
				case e != nil && e.Redirect.To != "":
					lost = "the redirection to " + e.Redirect.Scheme
				case plain[name] != nil:
					lost = plain[name].String()
				}
				if lost != "" {
					report(in.Places.Field(s.Object, "spec", "routes", strconv.Itoa(taking), "match"), "give it an entry point of its own",
						"%s takes all connections without TLS on %s: there, HTTP never reaches %s", s.Title(), name, lost)
				}
			}
		}
	},
}
