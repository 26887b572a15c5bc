package rules

import (
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/routes"
)

var brokenService = lint.Rule{
	Name:     "broken-service",
	Severity: lint.Error,
	Summary:  "a route leads to a Service that Traefik finds and cannot use",
	Doc: `Traefik drops such a rule, with all its services, and reports it in its log only. An ExternalName needs
` + "`providers.kubernetesCRD.allowExternalNameServices`" + `; healthCheck is for an ExternalName only, as pods have a readinessProbe; nativeLB needs a
Service with an address. A TraefikService has to be of a kind, must not lead back to itself and, as a failover, has to say when to change
over. Whether Traefik allows an ExternalName is known only when Traefik is in the list, with values that are in this repository, or can be
rendered.`,
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
kind: IngressRoute
metadata: {name: photos}
spec:
  entryPoints: [websecure]
  routes:
    - kind: Rule
      match: Host(` + "`photos.home.example`" + `)
      services:
        - name: photos
          port: 80
          healthCheck: {path: /healthz}
`,
	Mend: []string{`          healthCheck: {path: /healthz}`, `          scheme: http`},
	Check: func(in *lint.Context, report lint.Report) {
		reportAll(in.Routes.Faults(routes.BrokenService), report)
	},
}
