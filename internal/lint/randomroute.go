package lint

import (
	"fmt"
	"slices"
)

var randomRoute = Rule{
	Name:     "random-route",
	Severity: Error,
	Summary:  "two routes answer for the same requests, and which one is random",
	Doc: `Traefik tries the rule with the higher priority first: the given one, or the length of the rule. Of two rules that match and have
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
		settings := in.traefik()
		// The later one is reported, and those of the list come before those that applications deploy.
		routers := slices.SortedStableFunc(slices.Values(in.routers()), func(a, b *router) int {
			switch {
			case a.own != nil && b.own == nil:
				return -1
			case a.own == nil && b.own != nil:
				return 1
			}
			return a.match(in).Compare(b.match(in))
		})
		rivals := rivalsOf(routers, &settings)
		for _, second := range routers {
			r, ok := rivals[second]
			if !ok {
				continue
			}
			more := ""
			if r.count > 1 {
				more = fmt.Sprintf(" (and %d more)", r.count-1)
			}
			report(second.at(in, "match"), "remove one of them, or give one a priority",
				"%s%s answers for %s as well, with the same priority of %d: which one wins is random", r.first, more, common(r.first, second), second.priority)
		}
	},
}

// rivals are the routers before one that answer for the same requests: the first, and how many there are. Routers of several
// rules are counted for one of them.
type rivals struct {
	first *router
	count int
}

// rivalsOf are the rivals of routers, which are in order. Of routers that Traefik keeps only one of, none is a rival of the other.
//
// Each router is looked up among those before it, which finds the ones that answer for all that it answers for, and among those after it:
// then it is a rival of the broader one.
func rivalsOf(routers []*router, t *traefik) map[*router]rivals {
	key := func(r *router) any {
		if t.safeNaming {
			return r
		}
		return r.key()
	}
	place := map[*router]int{}
	for i, r := range routers {
		place[r] = i
	}
	out := map[*router]rivals{}
	note := func(first, second *router, count int) {
		r, known := out[second]
		if !known || place[first] < place[r.first] {
			r.first = first
		}
		r.count += count
		out[second] = r
	}
	index := newRouterIndex(t)
	enter := func(r *router) {
		for i := range r.scopes {
			index.add(r.priority, &r.scopes[i], r, key(r))
		}
	}
	for _, r := range routers {
		var first *router
		count := 0
		for i := range r.scopes {
			for _, c := range index.crowds(r.priority, &r.scopes[i], r, false) {
				for _, other := range c.first {
					if key(other) != key(r) && (first == nil || place[other] < place[first]) {
						first = other
					}
				}
				count = max(count, c.count-c.keys[key(r)])
			}
		}
		if first != nil {
			note(first, r, count)
		}
		enter(r)
	}
	index = newRouterIndex(t)
	for _, r := range slices.Backward(routers) {
		behind := map[*router]bool{}
		for i := range r.scopes {
			for _, c := range index.crowds(r.priority, &r.scopes[i], r, true) {
				for _, other := range c.last {
					if key(other) != key(r) {
						behind[other] = true
					}
				}
			}
		}
		for other := range behind {
			note(r, other, 1)
		}
		enter(r)
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
