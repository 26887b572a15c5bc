package rules

import (
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/routes"
)

var brokenTLSOption = lint.Rule{
	Name:     "broken-tls-option",
	Severity: lint.Error,
	Summary:  "a route has a TLSOption that is missing, or that Traefik cannot use",
	Doc: `Traefik drops the rules of an IngressRoute whose ` + "`tls.options`" + ` name a TLSOption that is not there, or one with a cipher suite, a curve or a
clientAuthType that it does not know, or without the CA that it is to verify clients with. The TLSOption that is called default is for all
IngressRoutes that name none: it is not found by its name, and when it is broken, all those go. When two rules have different options for one
host on one entry point, or a rule with options names no host, Traefik applies the default ones to all of them, and asks no client for a
certificate. A missing TLSOption is reported only where
roster can render everything of its namespace.`,
	Bad: `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-photos
  networkPolicies: web-app-internal
  applications:
    - {applicationCode: web-photos, path: photos}
-- photos/photos.yaml --
apiVersion: v1
kind: Service
metadata: {name: photos}
spec:
  ports: [{name: http, port: 80}]
---
apiVersion: traefik.io/v1alpha1
kind: TLSOption
metadata: {name: modern}
spec: {minVersion: VersionTLS13}
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: photos}
spec:
  entryPoints: [websecure]
  tls: {options: {name: old}}
  routes:
    - kind: Rule
      match: Host(` + "`photos.home.example`" + `)
      services: [{name: photos, port: 80}]
`,
	Mend: []string{`  tls: {options: {name: old}}`, `  tls: {options: {name: modern}}`},
	Check: func(in *lint.Context, report lint.Report) {
		reportAll(in.Routes.Faults(routes.BrokenTLSOption), report)
	},
}
