package rules

import (
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/routes"
)

var brokenListener = lint.Rule{
	Name:     "broken-listener",
	Severity: lint.Error,
	Summary:  "a Gateway has a listener that takes no routes",
	Doc: `Two listeners of a Gateway must not have the same port, protocol and hostname. Traefik takes no routes at a listener for HTTPS or TLS without
` + "`tls`" + ` or, unless it passes connections through, without a certificate; at one for HTTP or TCP with ` + "`tls`" + `; for HTTPS that is passed through; for UDP; and for
TCP without ` + "`providers.kubernetesGateway.experimentalChannel`" + ` (Traefik 3.7: pkg/provider/kubernetes/gateway/kubernetes.go, loadGatewayListeners). The Gateway's status
says so, and all routes of the listener answer nothing there.`,
	Bad: `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: sys-gateway
  networkPolicies: web-app-internal
  applications: [{applicationCode: sys-gateway, path: gateway}]
-- gateway/gateway.yaml --
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: home}
spec:
  gatewayClassName: traefik
  listeners:
    - {name: https, protocol: HTTPS, port: 8443, tls: {mode: Passthrough}}
`,
	Mend: []string{`protocol: HTTPS`, `protocol: TLS`},
	Check: func(in *lint.Context, report lint.Report) {
		reportAll(in.Routes.Faults(routes.BrokenListener), report)
	},
}
