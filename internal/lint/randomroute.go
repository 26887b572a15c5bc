package lint

import "slices"

var randomRoute = Rule{
	Name:     "random-route",
	Severity: Error,
	Summary:  "two routes answer for the same requests, and which one is random",
	Doc: `Traefik asks the rule with the higher priority first: the given one, or the length of the rule. Of two rules that match and have
the same, either may win, anew at each reload, and not the same one on each entry point (observed with Traefik 3.7). It does not
matter that they are in different namespaces. Remove one of them, or give one a priority.`,
	Bad: `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-photos
  networkPolicies: web-app-internal
  applications:
    - applicationCode: web-photos
      repoURL: https://git.example/photos.git
      path: deploy
      ingress:
        - {host: photos, service: photos, port: 80, auth: app}
    - {applicationCode: web-photos-route, path: route}
-- route/route.yaml --
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {name: maintenance}
spec:
  entryPoints: [websecure]
  routes:
    - kind: Rule
      match: Host(` + "`photos.home.example`" + `)
      services: [{name: sorry, port: 80}]
`,
	Mend: []string{`      match: Host(` + "`photos.home.example`" + `)`, `      match: Host(` + "`photos.home.example`" + `)
      priority: 1000`},
	Check: func(in *Input, report Report) {
		settings, routers := in.traefik(), in.routers()
		// The later one is reported, and those of the list come before those that applications bring.
		slices.SortStableFunc(routers, func(a, b *router) int {
			switch {
			case a.own != nil && b.own == nil:
				return -1
			case a.own == nil && b.own != nil:
				return 1
			}
			return a.at(in, "match").Pos.Compare(b.at(in, "match").Pos)
		})
		for _, pair := range rivals(routers) {
			first, second := pair[0], pair[1]
			if first.priority != second.priority || !first.meets(second, &settings) || !settings.safeNaming && first.key() == second.key() {
				continue
			}
			if where := common(first, second); where != nil {
				report(second.at(in, "match"), "remove one of them, or give one a priority",
					"%s answers for %s as well, with the same priority of %d: which one wins is random", first, where, second.priority)
			}
		}
	},
}

// rivals are the pairs of routers that may answer for the same host, each in the order of routers.
func rivals(routers []*router) [][2]*router {
	byHost := map[string][]int{} // with those for any host under ""
	for i, r := range routers {
		for _, s := range r.scopes {
			if of := byHost[s.host]; len(of) == 0 || of[len(of)-1] != i {
				byHost[s.host] = append(of, i)
			}
		}
	}
	var out [][2]*router
	for j, second := range routers {
		var others []int
		for _, s := range second.scopes {
			others = append(others, byHost[s.host]...)
			if s.host != "" {
				others = append(others, byHost[""]...)
			}
		}
		slices.Sort(others)
		for _, i := range slices.Compact(others) {
			if i < j {
				out = append(out, [2]*router{routers[i], second})
			}
		}
	}
	return out
}

// common is an address for which both answer; nil when none is known.
func common(a, b *router) *scope {
	for i := range a.scopes {
		for j := range b.scopes {
			x, y := &a.scopes[i], &b.scopes[j]
			if x.covers(y) {
				return y
			}
			if y.covers(x) {
				return x
			}
		}
	}
	return nil
}
