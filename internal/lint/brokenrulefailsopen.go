package lint

import (
	"slices"

	"github.com/hippotion/roster/catalog"
)

var brokenRuleFailsOpen = Rule{
	Name:     "broken-rule-fails-open",
	Severity: Error,
	Summary:  "where Traefik drops a rule, another one answers, and asks for no login",
	Doc: `Traefik drops a rule of which a Middleware or a Service is missing or not allowed, and goes on with the others. If a broader
rule for the same host has no login, a protected path is then open to all, or is answered by the wrong backend (observed with
Traefik 3.7). This comes with a finding about what is missing. It is one of its own, so that nobody waives the first as a 404
that does no harm, as in the bad example. Mend the rule; or put the login on the broad rule, and leave out the paths
that need none.`,
	Bad: `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: sys-login
  networkPolicies: web-app-internal
  applications:
    - {applicationCode: sys-login, path: login}
- namespace: web-photos
  networkPolicies: web-app-internal
  applications:
    - {applicationCode: web-photos, repoURL: 'https://git.example/photos.git', path: deploy}
    - {applicationCode: web-photos-route, path: route}
-- login/login.yaml --
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: login}
spec:
  forwardAuth: {address: 'http://proxy.sys-login.svc.cluster.local'}
-- route/route.yaml --
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: photos}
spec:
  entryPoints: [websecure]
  routes:
    - kind: Rule
      match: Host(` + "`photos.home.example`" + `)
      services: [{name: photos, port: 80}]
    - kind: Rule
      match: Host(` + "`photos.home.example`" + `) && (Path(` + "`/admin`" + `) || PathPrefix(` + "`/admin/`" + `))
      middlewares:
        - {name: login-v2, namespace: sys-login} # lint:ignore missing-middleware its name changes this week
      services: [{name: photos, port: 80}]
`,
	Mend: []string{`        - {name: login-v2, namespace: sys-login} # lint:ignore missing-middleware its name changes this week`, `        - {name: login, namespace: sys-login}`},
	Check: func(in *Input, report Report) {
		settings, routers := in.traefik(), in.routers()
		dropped := in.dropped(routers, &settings)
		for _, r := range routers {
			if len(dropped[r]) == 0 {
				continue
			}
			instead, where := in.instead(r, routers, dropped, &settings)
			if instead == nil {
				continue
			}
			hint, login := "mend the rule; until then, put a login on the other one", ", without a login"
			if instead.own != nil && instead.own.AuthName == "app" {
				login = ", with no login but the application's own"
			}
			if len(r.middlewares) == 0 { // it has none to lose
				hint, login = "mend the rule", ", which leads elsewhere"
			}
			report(r.at(in, "match"), hint, "Traefik drops this rule, so that %s answers for %s%s", instead, where, login)
		}
	},
}

// instead is a router that answers for the host of r when r is dropped, and keeps nobody out; and an address for which it does.
func (in *Input) instead(r *router, routers []*router, dropped map[*router][]fault, t *traefik) (*router, *scope) {
	for i := range r.scopes {
		where := &r.scopes[i]
		var answers *router
		for _, other := range routers {
			covers := func(b scope) bool { return b.host != "" && b.covers(where) }
			if other != r && len(dropped[other]) == 0 && r.meets(other, t) && slices.ContainsFunc(other.scopes, covers) &&
				(answers == nil || other.priority > answers.priority) {
				answers = other
			}
		}
		if answers != nil && in.open(answers) {
			return answers, where
		}
	}
	return nil, nil
}

// harmless are the fields of middlewares that keep nobody out.
var harmless = []string{"addPrefix", "buffering", "circuitBreaker", "compress", "contentType", "encodedCharacters", "errors", "grpcWeb",
	"headers", "inFlightReq", "rateLimit", "replacePath", "replacePathRegex", "retry", "stripPrefix", "stripPrefixRegex"}

// open says whether a router is known to keep nobody out.
func (in *Input) open(r *router) bool {
	return !slices.ContainsFunc(r.middlewares, func(m catalog.Middleware) bool {
		o := in.middleware(m)
		if o == nil {
			return true
		}
		spec, _ := o.Content()["spec"].(map[string]any)
		for field := range spec {
			if !slices.Contains(harmless, field) {
				return true
			}
		}
		return false
	})
}
