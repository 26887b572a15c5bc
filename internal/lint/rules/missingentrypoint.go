package rules

import (
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/routes"
)

var missingEntryPoint = lint.Rule{
	Name:     "missing-entrypoint",
	Severity: lint.Error,
	Summary:  "an IngressRoute has some entry points of an exposure, but not the others",
	Doc: `An exposure has several entry points when requests for the same host arrive by several ways, such as through a tunnel and
directly from the LAN. An IngressRoute that lacks one of them answers on one way, and with 404 on the other. Name all entry
points of the exposure or, better, let roster render the route: ` + "`ingress`" + ` in the list.`,
	Bad: `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
ingress:
  expose: {public: [tunnel, websecure], lan: [websecure]}
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
  entryPoints: [tunnel]
  routes:
    - {kind: Rule, match: 'Host(` + "`photos.home.example`" + `)', services: [{name: photos, port: 80}]} # it has its own login
`,
	Mend: []string{`  entryPoints: [tunnel]`, `  entryPoints: [tunnel, websecure]`},
	Check: func(in *lint.Context, report lint.Report) {
		if len(in.Failed) > 0 { // any application may deploy the other half of a route
			return
		}
		of := map[*deployed.Object][]*routes.Router{}
		for _, r := range in.Routes.Routers() {
			of[r.Object] = append(of[r.Object], r)
		}
		exposures, settings := exposuresOf(in), in.Traefik.Settings()
		for _, o := range in.Routes.IngressRoutes() {
			name, missing := exposures.missing(settings.OrDefaults(o.EntryPoints))
			missing = slices.DeleteFunc(missing, func(e string) bool {
				// A route with tls is often written twice, once for each kind of entry point.
				return settings.Lacks(e, false) || in.Routes.Contest().Answered(of[o.Object], func(r *routes.Router) bool { return slices.Contains(r.EntryPoints, e) })
			})
			if len(missing) > 0 {
				report(in.Places.Field(o.Object, "spec", "entryPoints"), "add "+strings.Join(missing, ", "),
					"the exposure %s has %s as well: there, IngressRoute %s answers nothing",
					name, strings.Join(missing, ", "), o.Name)
			}
		}
	},
}

// exposures are those of the platform, by the entry points that they have.
type exposures struct {
	entryPoints map[string][]string // by name, each once
	with        map[string][]string // the names, in order, by entry point
}

func exposuresOf(in *lint.Context) exposures {
	out := exposures{map[string][]string{}, map[string][]string{}}
	for _, name := range slices.Sorted(maps.Keys(in.Platform.Expose)) {
		seen := map[string]bool{}
		for _, e := range in.Platform.Expose[name] {
			if !seen[e] {
				out.entryPoints[name], out.with[e] = append(out.entryPoints[name], e), append(out.with[e], name)
			}
			seen[e] = true
		}
	}
	return out
}

// missing are the entry points that others lack of an exposure: of the only one that has all of theirs, and more.
func (x exposures) missing(have []string) (exposure string, missing []string) {
	if len(have) == 0 {
		return "", nil
	}
	has := map[string]bool{}
	for _, e := range have {
		has[e] = true
	}
	for _, name := range x.with[have[0]] {
		all, shared := x.entryPoints[name], 0
		var more []string
		for _, e := range all {
			if has[e] {
				shared++
			} else {
				more = append(more, e)
			}
		}
		switch {
		case shared < len(has):
		case len(more) == 0 || exposure != "": // it is an exposure, or part of two
			return "", nil
		default:
			exposure, missing = name, more
		}
	}
	return exposure, missing
}
