package lint

import (
	"maps"
	"slices"
	"strings"
)

var missingEntryPoint = Rule{
	Name:     "missing-entrypoint",
	Severity: Error,
	Summary:  "an IngressRoute has some entry points of an exposure, and not the others",
	Doc: `An exposure has several entry points when requests for the same host come on several ways, such as through a tunnel and
straight from the house. An IngressRoute that lacks one of them answers on one way, and with 404 on the other. Name all entry
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
    - {kind: Rule, match: 'Host(` + "`photos.home.example`" + `)', services: [{name: photos, port: 80}]}
`,
	Mend: []string{`  entryPoints: [tunnel]`, `  entryPoints: [tunnel, websecure]`},
	Check: func(in *Input, report Report) {
		routers := in.routers()
		for _, o := range in.ingressRoutes() {
			name, missing := in.missingEntryPoints(o.EntryPoints)
			missing = slices.DeleteFunc(missing, func(e string) bool { return answersElsewhere(o.Object, e, routers) })
			if len(missing) > 0 {
				report(in.field(o.Object, "spec", "entryPoints"), "add "+strings.Join(missing, ", "),
					"the exposure %s has %s as well: there, IngressRoute %s answers nothing",
					name, strings.Join(missing, ", "), o.Name)
			}
		}
	},
}

// missingEntryPoints are those that others lack of an exposure: of the only one that has all of theirs, and more.
func (in *Input) missingEntryPoints(have []string) (exposure string, missing []string) {
	if len(have) == 0 {
		return "", nil
	}
	lacking := func(a, b []string) []string { // what b has and a has not
		return slices.DeleteFunc(slices.Clone(b), func(e string) bool { return slices.Contains(a, e) })
	}
	for _, name := range slices.Sorted(maps.Keys(in.Platform.Expose)) {
		all := in.Platform.Expose[name]
		switch more := lacking(have, all); {
		case len(lacking(all, have)) > 0:
		case len(more) == 0 || exposure != "": // it is an exposure, or part of two
			return "", nil
		default:
			exposure, missing = name, more
		}
	}
	return exposure, missing
}

// answersElsewhere says whether other routers answer on an entry point for all addresses of an IngressRoute. A route with tls
// is often written twice, once for each kind of entry point.
func answersElsewhere(o *Object, entryPoint string, routers []*router) bool {
	for _, r := range routers {
		if r.object != o {
			continue
		}
		for _, s := range r.scopes {
			if !slices.ContainsFunc(routers, func(other *router) bool {
				return slices.Contains(other.entryPoints, entryPoint) && slices.ContainsFunc(other.scopes, func(b scope) bool { return b.covers(&s) })
			}) {
				return false
			}
		}
		if r.scopes == nil {
			return false
		}
	}
	return true
}
