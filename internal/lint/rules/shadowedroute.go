package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/routes"
)

var shadowedRoute = lint.Rule{
	Name:     "shadowed-route",
	Severity: lint.Error,
	Summary:  "no request reaches a route, because another one comes first",
	Doc: `Of all rules that match a request, Traefik takes the one with the highest priority: its ` + "`priority`" + `, or else the length of its rule.
A route is dead when others with higher priorities answer for all that it is for, at the same entry points. If it has a login, and they have
none, nobody is asked to log in: that is also reported when it is so at only some of its entry points. A number is often meant to be high, and is lower than the length of a rule. Raise the
priority of the narrow route, or remove that of the broad one: without numbers, the longer rule wins, and of two routes of the list for one host that
is the one with the longer path.
A Gateway or an Ingress controller that is not Traefik's goes by the order of the standard. Two routes of different kinds that lead to the same place, with the same
login, are a move from one kind to the other, and no finding.`,
	Bad: `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
ingress:
  auth: {login: {name: login, namespace: sys-login}}
-- applications.yml --
- namespace: web-photos
  networkPolicies: web-app-internal
  applications:
    - applicationCode: web-photos
      repoURL: https://git.example/photos.git
      path: deploy
      ingress:
        - {host: photos, service: photos, port: 80, auth: app}
        - {host: photos, path: /admin, service: photos, port: 80, auth: login, priority: 10}
`,
	Mend: []string{", auth: login, priority: 10}", ", auth: login}"},
	Check: func(in *lint.Context, report lint.Report) {
		dropped, contest := in.Routes.Dropped(), in.Routes.Contest()
		for _, r := range in.Routes.Routers() {
			if dropped[r] {
				continue
			}
			s := contest.Shadow(r)
			if s == nil || !slices.ContainsFunc(s.By, func(by *routes.Router) bool { return !by.Moves(r) }) {
				continue
			}
			guarded, login := !in.Routes.Open(r), ""
			if guarded && in.Routes.Open(s.By[0]) && !asksEverywhere(in, s.By[0]) && !redirects(in, s.By[0]) {
				login = ", without its login"
			}
			if !s.All && login == "" {
				continue
			}
			where := ""
			if !s.All {
				where = " at " + doorNames(s.Doors)
			}
			others := ""
			if len(s.By) > 1 {
				others = fmt.Sprintf(", with %d more,", len(s.By)-1)
			}
			hint := fmt.Sprintf("give it a priority above %d, or remove it", s.By[0].Priority)
			if r.Kind != "IngressRoute" || r.Server != "" {
				hint = "make it more specific, or remove it"
			}
			if r.Own != nil && r.Own.Priority != 0 && r.Priority < len(r.Text) {
				hint = "remove its priority: " + hint
			}
			by := s.By[0].String()
			if r.Object != nil && s.By[0].Object == r.Object {
				by = "its rule " + diag.Beginning(s.By[0].Text, mostOfRule)
			}
			order := fmt.Sprintf("with the priority %d, which is higher than %d", s.By[0].Priority, r.Priority)
			if r.Server != "" {
				order = "and comes first in the order of " + standard[r.Kind]
			}
			report(r.At("match"), hint, "no request reaches %s%s: %s%s answers for all of it%s, %s", r, where, by, others, login, order)
		}
	},
}

// standard is who says in which order routes are tried, when Traefik does not.
var standard = map[string]string{"HTTPRoute": "the Gateway API", "GRPCRoute": "the Gateway API", "Ingress": "Ingresses"}

// mostOfRule is how much of a rule messages quote, in bytes.
const mostOfRule = 200

func doorNames(doors []routes.Door) string {
	var names []string
	for _, d := range doors {
		names = append(names, d.EntryPoint)
	}
	return strings.Join(names, ", ")
}

// redirects reports whether a router only sends visitors elsewhere.
func redirects(in *lint.Context, r *routes.Router) bool {
	if r.Redirect != "" {
		return true
	}
	for _, m := range r.Middlewares {
		if o := in.Routes.Middleware(m); o != nil {
			if deployed.FieldAt(o, "spec", "redirectScheme") != nil || deployed.FieldAt(o, "spec", "redirectRegex") != nil {
				return true
			}
		}
	}
	return false
}
