package lint

import (
	"cmp"
	"slices"

	"github.com/hippotion/roster/catalog"
)

var brokenRuleFailsOpen = Rule{
	Name:     "broken-rule-fails-open",
	Severity: Error,
	Summary:  "where Traefik drops a rule, another one answers without a login",
	Doc: `Traefik drops a rule whose Middleware or Service is missing or not allowed, and keeps the others. If a broader
rule for the same host has no login, a protected path is then open to all, or is answered by the wrong backend (observed with
Traefik 3.7). There is another finding about what is missing. This one is separate, so that nobody waives the other one as a 404
that does no harm, as in the bad example. Fix the rule; or put the login on the broad rule, and exempt the paths
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
		settings, dropped := in.traefik(), in.dropped()
		if len(dropped) == 0 {
			return
		}
		answering := in.answering(&settings)
		for _, r := range in.routers() {
			if !dropped[r] {
				continue
			}
			instead, where := in.instead(r, answering)
			if instead == nil {
				continue
			}
			hint, login := "fix the rule; until then, put a login on the other one", ", without a login"
			if instead.own != nil && instead.own.Auth.Name == "app" {
				login = ", with no login but the application's own"
			}
			if len(r.middlewares) == 0 { // it has none to lose
				hint, login = "fix the rule", ", which leads elsewhere"
			}
			report(r.at(in, "match"), hint, "Traefik drops this rule, so that %s answers for %s%s", instead, where, login)
		}
	},
}

// answering are the routers that Traefik does not drop, that are for a host: those with precedence come first.
func (in *Input) answering(t *traefik) *routerIndex {
	x := newRouterIndex(t)
	for _, r := range slices.SortedStableFunc(slices.Values(in.routers()), func(a, b *router) int { return cmp.Compare(b.priority, a.priority) }) {
		for i := range r.scopes {
			if s := &r.scopes[i]; s.host != "" && !in.dropped()[r] {
				x.add(0, s, r, r)
			}
		}
	}
	return x
}

// instead is a router that answers for the host of r when r is dropped, and keeps nobody out; and an address for which it answers.
func (in *Input) instead(r *router, answering *routerIndex) (*router, *scope) {
	for i := range r.scopes {
		where := &r.scopes[i]
		var answers *router
		for _, c := range answering.crowds(0, where, r, false) {
			if other := c.first[0]; answers == nil || other.priority > answers.priority ||
				other.priority == answers.priority && other.place < answers.place {
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

// open reports whether a router is known to keep nobody out.
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
