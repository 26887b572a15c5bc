package rules

import (
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/routes"
)

var missingReferenceGrant = lint.Rule{
	Name:     "missing-reference-grant",
	Severity: lint.Error,
	Summary:  "a route or a Gateway refers to another namespace, which does not permit it",
	Doc: `A route of the Gateway API leads to a Service of another namespace, and a listener has a certificate from one, only if a ReferenceGrant of that
namespace permits it: from the kind and the namespace of what refers, to the kind, and perhaps the name, of what is meant. Without it, requests are
answered with 500, and the listener takes no routes. It is judged where roster can render all of the other namespace.`,
	Bad: `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: sys-gateway
  networkPolicies: web-app-internal
  applications: [{applicationCode: sys-gateway, path: gateway}]
- namespace: web-photos
  networkPolicies: web-app-internal
  applications:
    - {applicationCode: web-photos, path: route}
- namespace: web-files
  networkPolicies: web-app-internal
  applications: [{applicationCode: web-files, path: files}]
-- gateway/gateway.yaml --
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: home}
spec:
  gatewayClassName: envoy
  listeners:
    - name: https
      protocol: HTTPS
      port: 443
      hostname: '*.home.example'
      tls: {certificateRefs: [{name: wildcard}]}
      allowedRoutes: {namespaces: {from: All}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: wildcard}
spec:
  secretStoreRef: {kind: ClusterSecretStore, name: vault}
  target: {name: wildcard}
  data: [{secretKey: tls.crt, remoteRef: {key: wildcard, property: crt}}, {secretKey: tls.key, remoteRef: {key: wildcard, property: key}}]
-- route/route.yaml --
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: photos}
spec:
  parentRefs: [{name: home, namespace: sys-gateway}]
  hostnames: [photos.home.example]
  rules: [{backendRefs: [{name: files, namespace: web-files, port: 80}]}]
-- files/files.yaml --
apiVersion: v1
kind: Service
metadata: {name: files}
spec:
  ports: [{port: 80}]
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: photos}
spec:
  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: web-pictures}]
  to: [{group: '', kind: Service, name: files}]
`,
	Mend: []string{`namespace: web-pictures}]`, `namespace: web-photos}]`},
	Check: func(in *lint.Context, report lint.Report) {
		reportOnce(in.Routes.Faults(routes.MissingGrant), report)
	},
}
