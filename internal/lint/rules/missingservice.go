package rules

import (
	"maps"
	"strconv"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/routes"
)

var missingService = lint.Rule{
	Name:     "missing-service",
	Severity: lint.Error,
	Summary:  "a route leads to a missing Service, port, TraefikService or ServersTransport",
	Doc: `Traefik drops such a rule, with a line in its log: the host answers with 404, or another rule that matches answers in its place. A rule of
an IngressRouteTCP or IngressRouteUDP with several Services goes on with the others.
The port is that of the Service, not that of the pods, and a number in quotes is a name. What a TraefikService or an error page leads to
counts as well, and so does the address of a forwardAuth inside the cluster, without which all requests are answered with 500. Only
namespaces where roster can render everything are checked; a Service is not reported where an operator may create it.`,
	Bad: `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-photos
  podSecurity: restricted
  networkPolicies: web-app-internal
  applications:
    - applicationCode: web-photos
      path: photos
      ingress:
        - {host: photos, service: photos, port: 8080, auth: app}
-- photos/photos.yaml --
apiVersion: v1
kind: Service
metadata: {name: photos}
spec:
  selector: {app.kubernetes.io/name: photos}
  ports: [{name: http, port: 80, targetPort: 8080}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: photos}
spec:
  selector: {matchLabels: {app.kubernetes.io/name: photos}}
  template:
    metadata: {labels: {app.kubernetes.io/name: photos}}
    spec:
      automountServiceAccountToken: false
      securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: photos
          image: registry.example/photos:1.2.3
          ports: [{name: http, containerPort: 8080}]
          readinessProbe: {httpGet: {path: /, port: http}}
          resources:
            requests: {cpu: 10m, memory: 32Mi}
            limits: {memory: 64Mi}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
`,
	Mend: []string{`        - {host: photos, service: photos, port: 8080, auth: app}`, `        - {host: photos, service: photos, port: 80, auth: app}`},
	Check: func(in *lint.Context, report lint.Report) {
		reportAll(in.Routes.Faults(routes.MissingService), report)
		for _, m := range in.Routes.MissingStreams() {
			what := "leaves it out"
			if m.Alone {
				what = "drops the rule"
			}
			services := in.Routes.ServicesOf(m.Namespace)
			report(in.Places.Field(m.Object, "spec", "routes", strconv.Itoa(m.Rule), "services", strconv.Itoa(m.Service), "name"),
				in.Deployed.DidYouMean(m.Name, len(services), maps.Keys(services)), "no application deploys Service %s of namespace %s: Traefik %s", m.Name, m.Namespace, what)
		}
	},
}
