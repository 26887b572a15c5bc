package rules

import (
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/routes"
)

var listenerRefusesRoute = lint.Rule{
	Name:     "listener-refuses-route",
	Severity: lint.Error,
	Summary:  "a route names a listener that does not let it in",
	Doc: `A listener of a Gateway lets in the routes of its own namespace only, unless its ` + "`allowedRoutes.namespaces`" + ` says otherwise; of the
kinds that its protocol and ` + "`allowedRoutes.kinds`" + ` permit; and only with a hostname that fits its own. The route has a condition that says so, and no
request reaches it. A parentRef without ` + "`sectionName`" + ` means all listeners of the Gateway: one that lets the route in is enough. Where the labels of a
namespace are not known, as the list does not manage it, a selector is not judged. ` + "`unknown-entrypoint`" + ` is about a Gateway or a listener that there is not.`,
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
    - {applicationCode: web-photos, repoURL: 'https://git.example/photos.git', path: deploy}
    - {applicationCode: web-photos-route, path: route}
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
      allowedRoutes: {namespaces: {from: Same}}
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
  rules: [{backendRefs: [{name: photos, port: 80}]}]
`,
	Mend: []string{`      allowedRoutes: {namespaces: {from: Same}}`, `      allowedRoutes: {namespaces: {from: All}}`},
	Check: func(in *lint.Context, report lint.Report) {
		reportOnce(in.Routes.Faults(routes.RefusedRoute), report)
	},
}
