package rules

import (
	"fmt"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/routes"
)

var crossNamespaceMiddleware = lint.Rule{
	Name:     "cross-namespace-middleware",
	Severity: lint.Error,
	Summary:  "a route refers to another namespace, which Traefik does not allow",
	Doc: `Unless ` + "`providers.kubernetesCRD.allowCrossNamespace`" + ` is set, Traefik drops each rule that leads to another namespace, with a line in its log
(Traefik: pkg/provider/kubernetes/crd/kubernetes_http.go): by a Middleware, a Service, a TLSOption or a parent, in the rule itself, in a
chain, in an error page or in a TraefikService; and by any name with ` + "`@kubernetescrd`" + `. With
` + "`crossProviderNamespaces`" + `, only the namespaces of that list may write names with @ at all. The login of
` + "`ingress.auth`" + ` is in a namespace of its own, so with roster the setting belongs in the values of Traefik's chart. This is
found only when Traefik is in the list, with values that are in this repository, or can be rendered.`,
	Bad: `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: traefik
  networkPolicies: ingress-controller
  applications:
    - applicationCode: traefik
      chart: traefik
      repoURL: https://traefik.github.io/charts
      version: 41.3.0
      valueFiles: [traefik.yml]
- namespace: web-photos
  networkPolicies: web-app-internal
  applications:
    - {applicationCode: web-photos, repoURL: 'https://git.example/photos.git', path: deploy}
    - {applicationCode: web-photos-route, path: route}
-- traefik.yml --
providers:
  kubernetesIngress: {enabled: false}
-- route/route.yaml --
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: photos}
spec:
  entryPoints: [websecure]
  routes:
    - kind: Rule
      match: Host(` + "`photos.home.example`" + `)
      middlewares: [{name: login, namespace: traefik}]
      services: [{name: photos, port: 80}]
`,
	Mend: []string{`  kubernetesIngress: {enabled: false}`, `  kubernetesIngress: {enabled: false}
  kubernetesCRD: {allowCrossNamespace: true}`},
	Check: func(in *lint.Context, report lint.Report) {
		own := reportBrought(in.Routes.Faults(routes.CrossNamespace), report)
		if len(own) > 0 { // the list does not decide where the middleware is: Traefik has to change
			first := own[0].Router
			m := first.Middlewares[0]
			routes := fmt.Sprintf("the route of %s goes", first.Own.Host+first.Own.Path)
			if len(own) > 1 {
				routes = fmt.Sprintf("%d routes of the list go", len(own))
			}
			report(in.Traefik.Settings().At, "set providers.kubernetesCRD.allowCrossNamespace among its values",
				"%s through a Middleware of another namespace, such as %s of %s, which Traefik does not allow: it drops them", routes, m.Name, m.Namespace)
		}
	},
}
