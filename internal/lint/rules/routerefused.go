package rules

import (
	"github.com/hippotion/roster/internal/lint"
)

var routeRefused = lint.Rule{
	Name:     "route-refused",
	Severity: lint.Error,
	Fixable:  true,
	Summary:  "network policies refuse the ingress controller what a route leads to",
	Doc: `A route leads from the ingress controller's pods through a Service to pods, on a port of their own: the policies of both namespaces have to permit
that. Where they do not, every request waits until the ingress controller gives up, and is answered with 502 or 504. The profiles
` + "`web-app`, `web-app-internal`, `media-server` and `monitoring`" + ` let the ingress controller in on all ports, and the others do not: choose one of
them, or add the flow. It is judged for routes of the list, and for the IngressRoutes and Ingresses of Traefik's that applications bring. Pods that are
not known, because a chart was not fetched for example, count when none of the namespace can be reached.`,
	Bad: `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
ingress: {controller: {namespace: sys-traefik}}
-- applications.yml --
- namespace: sys-traefik
  networkPolicies: ingress-controller
- namespace: web-claw
  networkPolicies: operator
  applications:
    - applicationCode: web-claw
      path: claw
      ingress:
        - {host: claw, service: claw, port: 80, auth: app}
-- claw/claw.yaml --
apiVersion: v1
kind: Service
metadata: {name: claw}
spec:
  selector: {app: claw}
  ports: [{name: http, port: 80, targetPort: 18789}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: claw}
spec:
  selector: {matchLabels: {app: claw}}
  template:
    metadata: {labels: {app: claw}}
    spec:
      containers: [{name: claw, image: registry.example/claw:1.2.3}]
`,
	Mend: []string{`  networkPolicies: operator`, `  networkPolicies: {profile: operator, allow: [{from: {namespace: sys-traefik, ports: [18789]}}]}`},
	Find: func(in *lint.Context, add func(lint.Finding)) { refusals(in, in.Intents.Routes(), add) },
}
