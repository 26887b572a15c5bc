package rules

import (
	"cmp"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/routes"
)

var servedTwice = lint.Rule{
	Name:     "served-twice",
	Severity: lint.Warning,
	Summary:  "two controllers serve the same address otherwise: another Service, or without the login",
	Doc: `Traefik and another implementation of the Gateway API, or another Ingress controller, do not know of each other: which of them gets a request for a host is
decided by where its name leads, and by who asks whom. While a host moves from one to the other, both have routes for it. There is a finding when these lead to
different Services, or when one asks for a login and the other one does not: then it depends on the way in who may enter. Where it is not known what a middleware, a
policy or an annotation does, nothing is said.`,
	Bad: `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-photos
  networkPolicies: web-app-internal
  applications:
    - {applicationCode: web-photos, repoURL: 'https://git.example/photos.git', path: deploy}
    - {applicationCode: web-photos-route, path: route}
-- route/route.yaml --
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: photos}
spec:
  entryPoints: [websecure]
  routes:
    - {kind: Rule, match: 'Host(` + "`photos.home.example`" + `)', services: [{name: photos, port: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: photos}
spec:
  ingressClassName: nginx
  rules:
    - host: photos.home.example
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: old-photos, port: {number: 80}}}}]}
`,
	Mend: []string{`{name: old-photos, port`, `{name: photos, port`},
	Check: func(in *lint.Context, report lint.Report) {
		type address struct {
			host, path string
			exact      bool
		}
		dropped := in.Routes.Dropped()
		first := map[address]*routes.Router{}
		said := map[[2]*lint.Object]bool{}
		for _, r := range in.Routes.Routers() {
			if dropped[r] || r.Unsure != "" || r.Redirect != "" {
				continue
			}
			for i := range r.Scopes {
				s := &r.Scopes[i]
				at := address{s.Host, s.Path, s.Exact}
				other := first[at]
				switch {
				case s.Host == "" || !s.Plain:
				case other == nil:
					first[at] = r
				case other.Server == r.Server || r.Object == nil || said[[2]*lint.Object{other.Object, r.Object}]:
				default:
					if what := otherwise(in, other, r); what != "" {
						said[[2]*lint.Object{other.Object, r.Object}] = true
						report(r.At("match"), "let both lead to the same, with the same login, or remove one", "%s answers for %s as %s of %s does, and %s", r.ServedBy(), s, other, cmp.Or(other.Server, "Traefik"), what)
					}
				}
			}
		}
	},
}

// otherwise is what is different between two routers for the same requests; empty when that is nothing, or not known.
func otherwise(in *lint.Context, one, other *routes.Router) string {
	open, otherOpen := in.Routes.Open(one), in.Routes.Open(other)
	switch {
	case !one.LeadsWhere(other) && one.Leads() && other.Leads():
		return "leads elsewhere"
	case open && in.Routes.Guarded(other):
		return "asks for a login"
	case otherOpen && in.Routes.Guarded(one):
		return "asks for no login"
	}
	return ""
}
