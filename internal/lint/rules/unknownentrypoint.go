package rules

import (
	"maps"
	"slices"
	"strconv"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/routes"
	"github.com/hippotion/roster/internal/lint/models/traefik"
)

var unknownEntryPoint = lint.Rule{
	Name:     "unknown-entrypoint",
	Severity: lint.Error,
	Summary:  "an exposure or a route names an entry point, a Gateway or a listener that there is not",
	Doc: `Traefik compares the names of entry points exactly, capital letters included. It logs an error about one that it
does not have, and the route answers nothing there: what comes in at the entry point that was meant gets 404. If it has none of a
route's entry points, it drops the route. The entry points are those of Traefik's arguments, of its configuration file or of the values of
its chart, with the chart's own (metrics, traefik, web and websecure). There is no finding unless all of that is known: Traefik has to be an
application of the list, in the namespace of ` + "`ingress.controller`" + `.

The same goes for a route of the Gateway API whose ` + "`parentRefs`" + ` name a Gateway or a listener that there is not, and for a listener of Traefik's Gateway
whose port no entry point has: that is the port inside of Traefik's pod, such as 8443.`,
	Bad: entryPointExample + `-- applications.yml --
- namespace: sys-traefik
  networkPolicies: ingress-controller
  applications:
    - {applicationCode: sys-traefik, chart: traefik, repoURL: 'https://traefik.github.io/charts', version: 41.3.0, valueFiles: [traefik.yml]}
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
  entryPoints: [webscure]
  routes:
    - {kind: Rule, match: 'Host(` + "`photos.home.example`" + `)', services: [{name: photos, port: 80}]}
`,
	Mend: []string{`  entryPoints: [webscure]`, `  entryPoints: [websecure]`},
	Check: func(in *lint.Context, report lint.Report) {
		reportOnce(in.Routes.Faults(routes.UnknownListener), report)
		settings := in.Traefik.Settings()
		if !settings.EntryPointsKnown {
			return
		}
		for _, exposure := range slices.Sorted(maps.Keys(in.Platform.Expose)) {
			at := in.Platform.ExposeAt[exposure]
			for i, name := range in.Platform.Expose[exposure] {
				if !settings.Lacks(name, false) {
					continue
				}
				place, unsaid := settings.At, ", which "+catalog.PlatformFile+" does not define,"
				if i < len(at) {
					place, unsaid = at[i], ""
				}
				report(place, likeEntryPoint(in, settings, name, false),
					"the exposure %s%s names entry point %s, which Traefik does not have: at the one that is meant, its hosts are 404", exposure, unsaid, name)
			}
		}
		check := func(o *deployed.Object, names []string, udp bool) {
			for i, name := range names {
				if !settings.Lacks(name, udp) {
					continue
				}
				lacks := "which Traefik does not have"
				if !settings.Lacks(name, !udp) {
					lacks = "which is not for UDP"
					if !udp {
						lacks = "which is for UDP"
					}
				}
				report(in.Places.Field(o, "spec", "entryPoints", strconv.Itoa(i)), likeEntryPoint(in, settings, name, udp),
					"%s names entry point %s, %s: it answers nothing there", o.Title(), name, lacks)
			}
		}
		for _, o := range in.Routes.IngressRoutes() {
			check(o.Object, o.EntryPoints, false)
		}
		for _, o := range in.Routes.StreamRoutes() {
			check(o.Object, o.EntryPoints, o.UDP)
		}
		said := map[*deployed.Object]bool{}
		for _, r := range in.Routes.Routers() {
			if r.Kind != "Ingress" || r.Object == nil || r.Server != "" || said[r.Object] {
				continue
			}
			said[r.Object] = true
			for _, name := range r.EntryPoints {
				if settings.Lacks(name, false) {
					report(in.Places.Field(r.Object, "metadata", "annotations"), likeEntryPoint(in, settings, name, false),
						"%s names entry point %s, which Traefik does not have: it answers nothing there", r.Object.Title(), name)
				}
			}
		}
	},
}

// likeEntryPoint is the hint for an entry point that is not there.
func likeEntryPoint(in *lint.Context, t *traefik.Settings, name string, udp bool) string {
	known := t.EntryPoints(udp)
	return in.Deployed.DidYouMean(name, len(known), slices.Values(known))
}

// entryPointExample is a platform whose Traefik is an application of the list, with an entry point for a tunnel.
const entryPointExample = `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
ingress:
  controller: {namespace: sys-traefik}
  expose: {public: [tunnel, websecure], lan: [websecure]}
-- traefik.yml --
ports:
  web:
    http: {redirections: {entryPoint: {to: websecure, scheme: https, permanent: true}}}
  tunnel: {port: 7080}
`
