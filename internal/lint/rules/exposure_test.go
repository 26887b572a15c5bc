package rules_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// exposure are the rules that these tests are about.
var exposure = strings.Fields(`broken-rule-fails-open colliding-router-names cross-namespace-middleware missing-entrypoint missing-middleware
	deprecated-rule-syntax missing-service no-entrypoints old-rule-syntax outside-address-from-inside path-on-every-host path-prefix-without-boundary
	public-address-from-inside public-without-auth random-route tls-beside-plain-entrypoint`)

const exposurePlatform = `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
ingress:
  expose: {public: [tunnel, websecure], lan: [websecure]}
  auth: {login: {name: login, namespace: sys-login}}
`

// elsewhere are applications in other repositories, of which nothing is known; the second argument is what is added to each.
func elsewhere(namespace string, more ...string) string {
	return fmt.Sprintf("- namespace: %s\n  networkPolicies: web-app-internal\n  applications:\n    - {applicationCode: %s, repoURL: 'https://git.example/a.git', path: deploy%s}\n",
		namespace, namespace, strings.Join(more, ""))
}

// here is an entry with one application, all of which is in the repository.
func here(namespace string, more ...string) string {
	return fmt.Sprintf("- namespace: %s\n  networkPolicies: web-app-internal\n  applications:\n    - {applicationCode: %s, path: %s%s}\n",
		namespace, namespace, namespace, strings.Join(more, ""))
}

func brought(name, spec string, rules ...string) string {
	text := "---\napiVersion: traefik.io/v1alpha1\nkind: IngressRoute\nmetadata: {name: " + name + "}\nspec:\n  " + strings.ReplaceAll(spec, "\n", "\n  ") + "\n  routes:\n"
	for _, r := range rules {
		text += "    - {" + r + "}\n"
	}
	return text
}

const photos = "match: 'Host(`photos.home.example`)', services: [{name: photos, port: 80}]"

// TestExposure has the edges of the rules about routes: above all what is not a fault.
func TestExposure(t *testing.T) {
	list := "-- applications.yml --\n"
	route := "-- route/route.yaml --\n"
	withRoute := list + "- namespace: web\n  networkPolicies: web-app-internal\n  applications:\n" +
		"    - {applicationCode: web, repoURL: 'https://git.example/a.git', path: deploy}\n    - {applicationCode: route, path: route}\n"
	ownAndRoute := strings.Replace(withRoute, "path: deploy}", "path: deploy, ingress: [{host: photos, service: photos, port: 80, expose: lan, auth: app}]}", 1)
	websecure := "entryPoints: [websecure]"
	middleware := func(name, spec string) string {
		return "---\napiVersion: traefik.io/v1alpha1\nkind: Middleware\nmetadata: {name: " + name + "}\nspec: {" + spec + "}\n"
	}
	stream := func(kind, name, services string) string {
		return "---\napiVersion: traefik.io/v1alpha1\nkind: IngressRoute" + kind + "\nmetadata: {name: " + name + "}\nspec:\n  entryPoints: [" + name + "]\n  routes:\n    - services: [" + services + "]\n      match: HostSNI(`a.example`)\n"
	}
	service := "---\napiVersion: v1\nkind: Service\nmetadata: {name: photos}\nspec: {ports: [{name: http, port: 80, targetPort: 8080}]}\n"
	traefik := func(more string) string {
		return "- namespace: traefik\n  networkPolicies: ingress-controller\n  applications:\n    - {applicationCode: traefik, chart: traefik, repoURL: 'https://traefik.github.io/charts', version: 41.3.0" + more + "}\n"
	}
	foreignRoute := route + brought("a", websecure, "match: 'Host(`photos.home.example`)', middlewares: [{name: x, namespace: far}], services: [{name: photos, port: 80}]")

	for _, test := range []struct {
		name, folder string
		want         []string
	}{
		{"public-without-auth", exposurePlatform + list + `- namespace: web
  networkPolicies: web-app-internal
  applications:
    - applicationCode: web
      repoURL: https://git.example/a.git
      path: deploy
      ingress:
        - {host: a, service: a, port: 80, expose: lan, auth: none}
        - {host: b, service: a, port: 80, expose: public, auth: app}
        - {host: c, service: a, port: 80, expose: public, auth: login}
        - {host: d, service: a, port: 80, expose: public, auth: none} # why
        # why
        - {host: e, service: a, port: 80, expose: public, auth: none}
        - host: f
          service: a
          port: 80
          expose: public
          # why
          auth: none
        - {host: g, service: a, port: 80, expose: public, auth: none}
        - host: h
          service: a
          port: 80
          auth: none
          expose: public
        - {host: i, service: a, port: 80, expose: public, auth: none} # why
`, []string{"applications.yml:20:11 public-without-auth: everybody has access to g.home.example (public)",
			"applications.yml:21:11 public-without-auth: everybody has access to h.home.example (public)"}},
		{"the only default exposure", "-- platform.yml --\ndomain: home.example\n" + list +
			elsewhere("web", ", ingress: [{host: a, service: a, port: 80, auth: none}]"), nil},
		{"no lan", "-- platform.yml --\ndomain: home.example\ningress: {expose: {all: [websecure]}}\n" + list +
			elsewhere("web", ", ingress: [{host: a, service: a, port: 80, expose: all, auth: none}]"),
			[]string{"applications.yml:4:92 public-without-auth: everybody has access to a.home.example (all)"}},

		{"entry points", exposurePlatform + withRoute + route + brought("a", websecure, photos) + brought("b", "entryPoints: [websecure, tunnel] # why",
			"match: 'Host(`b.home.example`)', services: [{name: b, port: 80}]") + brought("c", "entryPoints: [admin]", photos) +
			brought("d", "entryPoints: [tunnel, admin] # why", "match: 'Host(`d.home.example`)', services: [{name: b, port: 80}]") +
			brought("e", "entryPoints: [tunnel] # why", "match: 'Host(`e.home.example`)', services: [{name: b, port: 80}]"),
			[]string{"route/route.yaml:38:3 missing-entrypoint: the exposure public has websecure as well: there, IngressRoute e answers nothing"}},
		{"part of two exposures", strings.Replace(exposurePlatform, "lan: [websecure]", "lan: [websecure], vpn: [tunnel, vpn]", 1) + withRoute + route +
			brought("a", "entryPoints: [tunnel] # why", photos), nil},
		{"written twice, with tls and without", exposurePlatform + withRoute + route + brought("a", "entryPoints: [tunnel] # why", photos) +
			brought("b", websecure+"\ntls: {}", photos), nil},
		{"an own route is on the other one", exposurePlatform + ownAndRoute + route + brought("a", "entryPoints: [tunnel] # why", photos), nil},

		{"tls", exposurePlatform + withRoute + route + brought("a", "entryPoints: [websecure, https-admin]\ntls: {}", photos) +
			brought("b", "entryPoints: [admin]\ntls: {}", photos) +
			brought("c", "entryPoints: [web]\ntls: {secretName: c}", photos) +
			brought("d", "entryPoints: [tunnel, websecure, admin] # why\ntls: {}", "match: 'Host(`d.home.example`)', services: [{name: b, port: 80}]"),
			[]string{"route/route.yaml:25:3 tls-beside-plain-entrypoint: with tls, IngressRoute c answers to plain HTTP with 404 on web",
				"route/route.yaml:34:3 tls-beside-plain-entrypoint: with tls, IngressRoute d answers to plain HTTP with 404 on tunnel, admin"}},
		{"tls where Traefik's values say that the entry point has it", exposurePlatform + withRoute +
			traefik(", values: {ports: {tunnel: {http: {tls: {enabled: true}}}}}") + route + brought("a", "entryPoints: [tunnel, websecure] # why\ntls: {}", photos), nil},

		{"middlewares", exposurePlatform + withRoute + here("known") + here("sys-login") + "-- known/a.yaml --\n" +
			middleware("there", "headers: {frameDeny: true}") + middleware("chain", "chain: {middlewares: [{name: there}, {name: away}, {name: chain}]}") +
			"-- sys-login/login.yaml --\n" + middleware("logins", "forwardAuth: {address: 'http://a'}") + route +
			brought("a", websecure, "match: 'Host(`a.home.example`)', middlewares: [{name: x}, {name: x, namespace: nowhere}, {name: x@file, namespace: known}], services: [{name: a, port: 80}]",
				"match: 'Host(`b.home.example`)', middlewares: [{name: there, namespace: known}, {name: chain, namespace: known}], services: [{name: a, port: 80}]",
				"match: 'Host(`c.home.example`)', middlewares: [{name: there, namespace: known}, {name: they, namespace: known}], services: [{name: a, port: 80}]"),
			[]string{"known/a.yaml:10:46 missing-middleware: no application deploys Middleware away of namespace known: Traefik drops the rules that go through this chain",
				"route/route.yaml:10:89 missing-middleware: no application deploys Middleware they of namespace known: Traefik drops the rule"}},
		{"the login of the list", exposurePlatform + list + here("sys-login") +
			elsewhere("web", ", ingress: [{host: b, service: a, port: 80}, {host: a, service: a, port: 80}, {host: c, service: a, port: 80, auth: app}]") +
			"-- sys-login/login.yaml --\n" + middleware("logins", "forwardAuth: {address: 'http://a'}"),
			[]string{"applications.yml:8:92 missing-middleware: no application deploys Middleware login of namespace sys-login: Traefik drops the route of b.home.example, like 1 more"}},
		{"the login of the list, elsewhere", exposurePlatform + list + elsewhere("sys-login") + elsewhere("web", ", ingress: [{host: b, service: a, port: 80}]"), nil},

		{"another namespace, and no Traefik to see", exposurePlatform + withRoute + foreignRoute, nil},
		{"another namespace, allowed by a value", exposurePlatform + withRoute + traefik(", values: {providers: {kubernetesCRD: {allowCrossNamespace: true}}}") + foreignRoute, nil},
		{"another namespace, allowed by a parameter", exposurePlatform + withRoute +
			traefik(", values: {providers: {kubernetesCRD: {allowCrossNamespace: false}}}, helm: {parameters: {providers.kubernetesCRD.allowCrossNamespace: 'true'}}") + foreignRoute, nil},
		{"another namespace, allowed by an argument", exposurePlatform + withRoute +
			traefik(", values: {additionalArguments: [--providers.kubernetescrd.allowCrossNamespace=true]}") + foreignRoute, nil},
		{"another namespace, not allowed", exposurePlatform + withRoute + traefik("") + foreignRoute + brought("b", websecure,
			"match: 'Host(`b.home.example`)', middlewares: [{name: x}, {name: y@file}], services: [{name: photos, namespace: z, port: 80}]"),
			[]string{"route/route.yaml:8:70 cross-namespace-middleware: Middleware x is in namespace far, which Traefik does not allow: it drops the rule",
				"route/route.yaml:16:109 cross-namespace-middleware: Service photos is in namespace z, which Traefik does not allow: it drops the rule"}},
		{"another namespace, and Traefik is rendered here", exposurePlatform + withRoute + here("traefik") + foreignRoute + "-- traefik/traefik.yaml --\n" + `
apiVersion: apps/v1
kind: Deployment
metadata: {name: traefik}
spec:
  template:
    spec: {containers: [{name: traefik, args: [--providers.kubernetescrd, --entryPoints.websecure.http.tls=true]}]}
`, []string{"route/route.yaml:8:70 cross-namespace-middleware: Middleware x is in namespace far, which Traefik does not allow: it drops the rule"}},
		{"the login is in another namespace", exposurePlatform + list + traefik(", valueFiles: [traefik.yml]") + elsewhere("sys-login") +
			elsewhere("web", ", ingress: [{host: b, service: a, port: 80}, {host: a, service: a, port: 80}]") +
			"-- traefik.yml --\nproviders:\n  kubernetesCRD:\n    enabled: true\n    allowCrossNamespace: false\n",
			[]string{"traefik.yml:4:26 cross-namespace-middleware: 2 routes of the list go through a Middleware of another namespace, such as login of sys-login, which Traefik does not allow: it drops them"}},
		{"the login is in another namespace, and Traefik has no values", exposurePlatform + list + traefik("") + elsewhere("sys-login") +
			elsewhere("web", ", ingress: [{host: b, service: a, port: 80}]"),
			[]string{"applications.yml:4:7 cross-namespace-middleware: the route of b.home.example goes through a Middleware of another namespace, such as login of sys-login, which Traefik does not allow: it drops them"}},
		{"the login is in the same namespace", exposurePlatform + list + traefik("") + elsewhere("sys-login", ", ingress: [{host: b, service: a, port: 80}]"), nil},

		{"services", exposurePlatform + list + here("web", ", ingress: [{host: a, service: photos, port: http, auth: app}, {host: b, service: photos, port: 8080, auth: app}]") +
			"-- web/a.yaml --\n" + service + brought("r", websecure,
			"match: 'Host(`c.home.example`)', services: [{name: photos, port: 80}, {name: api@internal, kind: TraefikService}, {name: x@file, kind: TraefikService}]",
			"match: 'Host(`d.home.example`)', services: [{name: photos, port: '80'}]",
			"match: 'Host(`e.home.example`)', services: [{name: photos}]",
			"match: 'Host(`f.home.example`)', services: [{name: photo, port: 80}]",
			"match: 'Host(`g.home.example`)', services: [{name: outside, port: 443}]",
			"match: 'Host(`h.home.example`)', services: [{name: outside, port: https}]",
			"match: 'Host(`i.home.example`)', services: [{name: x, namespace: nowhere, port: 80}]") +
			"---\napiVersion: v1\nkind: Service\nmetadata: {name: outside}\nspec: {type: ExternalName, externalName: a.example}\n",
			[]string{"applications.yml:4:102 missing-service: Service photos has no port 8080: Traefik drops the rule (write 80: 8080 is the port of the pods)",
				`web/a.yaml:14:67 missing-service: Service photos has no port "80": Traefik drops the rule (remove the quotes: a string is the name of a port)`,
				"web/a.yaml:15:52 missing-service: no port of Service photos is named: Traefik drops the rule (it has 80 (http))",
				`web/a.yaml:16:53 missing-service: no application deploys Service photo of namespace web: Traefik drops the rule (did you mean "photos"?)`,
				`web/a.yaml:18:68 missing-service: Service outside has no port "https": Traefik drops the rule`}},
		{"a Service that an operator may make", exposurePlatform + list + here("web", ", ingress: [{host: a, service: db-rw, port: 80, auth: app}]") +
			"-- web/a.yaml --\napiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: db}\n", nil},
		{"a Service beside what makes Secrets only", exposurePlatform + list + here("web", ", ingress: [{host: a, service: db-rw, port: 80, auth: app}]") +
			"-- web/a.yaml --\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: db}\nspec: {encryptedData: {a: b}}\n",
			[]string{"applications.yml:4:51 missing-service: no application deploys Service db-rw of namespace web: Traefik drops the rule"}},
		{"a Service of an IngressRouteTCP", exposurePlatform + list + here("web") + "-- web/a.yaml --\n" + service + stream("TCP", "a", "{name: photos, port: 80}") +
			stream("UDP", "b", "{name: photo, port: 80}") + stream("TCP", "c", "{name: photos, port: 80}, {name: gone, port: 80}") + stream("TCP", "d", "{name: gone, namespace: elsewhere, port: 80}"),
			[]string{`web/a.yaml:22:19 missing-service: no application deploys Service photo of namespace web: Traefik drops the rule (did you mean "photos"?)`,
				"web/a.yaml:31:45 missing-service: no application deploys Service gone of namespace web: Traefik leaves it out (known: photos)"}},
		{"a Service of what is elsewhere", exposurePlatform + withRoute + route + brought("a", websecure, photos), nil},

		{"the broad rule has a login", exposurePlatform + list + here("web") + "-- web/a.yaml --\n" + service + middleware("ask", "forwardAuth: {address: 'http://a'}") + brought("r", websecure,
			"match: 'Host(`a.home.example`)', middlewares: [{name: ask}], services: [{name: photos, port: 80}]",
			"match: 'PathPrefix(`/`)', priority: 1, services: [{name: photos, port: 80}]", // not the same host: a page that says sorry
			"match: 'Host(`b.home.example`)', services: [{name: photos, port: 80}]",
			"match: 'Host(`a.home.example`) && PathPrefix(`/admin/`)', middlewares: [{name: none}], services: [{name: photos, port: 80}]"),
			[]string{"web/a.yaml:21:81 missing-middleware: no application deploys Middleware none of namespace web: Traefik drops the rule"}},
		{"the broad rule is on another entry point", exposurePlatform + list + here("web") + "-- web/a.yaml --\n" + service + brought("r", websecure, photos) +
			brought("s", "entryPoints: [admin]", "match: 'Host(`photos.home.example`) && PathPrefix(`/admin/`)', middlewares: [{name: none}], services: [{name: photos, port: 80}]"),
			[]string{"web/a.yaml:21:86 missing-middleware: no application deploys Middleware none of namespace web: Traefik drops the rule"}},
		{"the broad rule has middlewares that ask nothing", exposurePlatform + list + here("web") + "-- web/a.yaml --\n" + service + middleware("pretty", "headers: {frameDeny: true}") +
			brought("r", websecure, "match: 'Host(`a.home.example`)', middlewares: [{name: pretty}], services: [{name: photos, port: 80}]",
				"match: 'Host(`a.home.example`) && PathPrefix(`/admin/`)', middlewares: [{name: none}], services: [{name: photos, port: 80}]"),
			[]string{"web/a.yaml:19:8 broken-rule-fails-open: Traefik drops this rule, so that IngressRoute r of web answers for a.home.example/admin/, without a login",
				"web/a.yaml:19:81 missing-middleware: no application deploys Middleware none of namespace web: Traefik drops the rule"}},
		{"a rule between has a login", exposurePlatform + list + here("web") + "-- web/a.yaml --\n" + service + middleware("ask", "forwardAuth: {address: 'http://a'}") + brought("r", websecure,
			photos, "match: 'Host(`photos.home.example`) && PathPrefix(`/ad`)', priority: 500, middlewares: [{name: ask}], services: [{name: photos, port: 80}]",
			"match: 'Host(`photos.home.example`) && PathPrefix(`/admin/`)', priority: 900, middlewares: [{name: none}], services: [{name: photos, port: 80}]"),
			[]string{"web/a.yaml:19:8 path-prefix-without-boundary: PathPrefix(`/ad`) also matches /adx",
				"web/a.yaml:20:101 missing-middleware: no application deploys Middleware none of namespace web: Traefik drops the rule"}},
		{"routes of the list that fail open", exposurePlatform + list + here("sys-login") +
			elsewhere("web", ", ingress: [{host: a, service: a, port: 80, auth: app}, {host: a, path: /metrics, service: a, port: 80}]") +
			"-- sys-login/login.yaml --\n" + middleware("logins", "forwardAuth: {address: 'http://a'}"),
			[]string{"applications.yml:8:136 broken-rule-fails-open: Traefik drops this rule, so that the route of a.home.example answers for a.home.example/metrics, with no login but the application's own",
				"applications.yml:8:136 missing-middleware: no application deploys Middleware login of namespace sys-login: Traefik drops the route of a.home.example/metrics"}},
		{"a rule without a login leads elsewhere", exposurePlatform + list + here("web", ", ingress: [{host: a, service: photos, port: 80, auth: app}, {host: a, path: /api, service: api, port: 80, auth: app}]") +
			"-- web/a.yaml --\n" + service,
			[]string{"applications.yml:4:100 broken-rule-fails-open: Traefik drops this rule, so that the route of a.home.example answers for a.home.example/api, which leads elsewhere",
				`applications.yml:4:100 missing-service: no application deploys Service api of namespace web: Traefik drops the rule (known: photos)`}},

		{"random", exposurePlatform + ownAndRoute + route + brought("a", websecure, photos),
			[]string{"route/route.yaml:8:8 random-route: the route of photos.home.example answers for photos.home.example as well, with the same priority of 27: which one wins is random"}},
		{"random, in two namespaces", exposurePlatform + withRoute + here("other") + route + brought("a", "entryPoints: [tunnel, websecure] # why", photos) +
			"-- other/route.yaml --\n" + brought("b", websecure, "match: 'Host(`photos.home.example`)', services: [{name: x@file, kind: TraefikService}]"),
			[]string{"route/route.yaml:8:8 random-route: IngressRoute b of other answers for photos.home.example as well, with the same priority of 27: which one wins is random"}},
		{"random, by the same number", exposurePlatform + list + elsewhere("web",
			", ingress: [{host: a, service: a, port: 80, auth: app, path: /a, priority: 9}, {host: a, service: a, port: 80, auth: app, priority: 9}]"),
			[]string{"applications.yml:4:159 random-route: the route of a.home.example/a answers for a.home.example/a as well, with the same priority of 9: which one wins is random"}},
		{"not random", exposurePlatform + ownAndRoute + route +
			brought("a", "entryPoints: [admin]", photos) +
			brought("b", websecure, "match: 'Host(`photos.home.example`)', priority: 28, services: [{name: photos, port: 80}]",
				"match: 'Host(`photos.home.example`) && Path(`/a`)', services: [{name: photos, port: 80}]",
				"match: 'Host(`photos.home.example`) && Path(`/b`)', services: [{name: photos, port: 80}]",
				"match: 'Host(`photos.home.example`) && Method(`GET`) && Path(`/c`)', services: [{name: photos, port: 80}]",
				"match: 'Host(`photos.home.example`) && Method(`PUT`) && Path(`/c`)', services: [{name: photos, port: 80}]",
				"match: 'HostRegexp(`photos.hom`)', priority: 27, services: [{name: photos, port: 80}]",
				"match: 'Host(`photos.home.example`) && what', priority: 27, services: [{name: photos, port: 80}]") +
			brought("c", "entryPoints: [web]", photos) + brought("d", "entryPoints: [web]\ntls: {}", photos), nil},

		{"a rule twice", exposurePlatform + withRoute + route + brought("a", websecure, photos, photos),
			[]string{"route/route.yaml:9:8 colliding-router-names: the rule occurs twice in IngressRoute a: Traefik keeps one of the two"}},
		{"safe names", exposurePlatform + withRoute + here("web-b") + traefik(", values: {providers: {kubernetesCRD: {safeNaming: true}}}") + route + brought("b-c", websecure, photos) +
			"-- web-b/route.yaml --\n" + brought("c", "entryPoints: [admin]", "match: 'Host(`photos.home.example`)', services: [{name: x@file, kind: TraefikService}]"), nil},
		{"names that are the same once dots are dashes", exposurePlatform + withRoute + route + brought("a.b", websecure, photos) + brought("a-b", "entryPoints: [admin]", photos),
			[]string{"route/route.yaml:4:12 colliding-router-names: Traefik treats IngressRoute a.b of web and IngressRoute a-b of web as the same, and keeps one of them"}},

		{"on every host", exposurePlatform + ownAndRoute + route +
			brought("a", websecure, "match: 'PathPrefix(`/`)', priority: 1, services: [{name: photos, port: 80}]",
				"match: 'HostRegexp(`.`) && PathPrefix(`/a/`)', services: [{name: photos, port: 80}]",
				"match: 'ClientIP(`10.0.0.0/8`) && PathPrefix(`/b/`)', services: [{name: photos, port: 80}]",
				"match: 'Host(`a.home.example`) || Path(`/c`)', services: [{name: photos, port: 80}]") +
			brought("dashboard", "entryPoints: [traefik]", "match: 'PathPrefix(`/api/`)', services: [{name: api@internal, kind: TraefikService}]"),
			[]string{"route/route.yaml:11:8 path-on-every-host: the rule has no host: it answers for /c on every host",
				"route/route.yaml:11:8 random-route: IngressRoute a of web answers for a.home.example/a/ as well, with the same priority of 36: which one wins is random"}},

		{"no entry points", exposurePlatform + withRoute + route + brought("a", "ingressClassName: other", photos) +
			brought("b", "parentRefs: [{name: a}]", photos) + "---\napiVersion: example.org/v1\nkind: IngressRoute\nmetadata: {name: c}\nspec: {routes: [{}]}\n", nil},
		{"another kind of rule", exposurePlatform + withRoute + route + brought("a", websecure, "syntax: v2, match: 'HostRegexp(`{a:b}`)', services: [{name: photos, port: 80}]",
			"syntax: v3, "+photos),
			[]string{"route/route.yaml:8:8 deprecated-rule-syntax: the rule is written in the syntax v2, which is deprecated"}},
		{"not for a machine", exposurePlatform + withRoute + route + brought("a", websecure, "match: 1"), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, f := range run(t, test.folder, false).Findings {
				if slices.Contains(exposure, f.Code) {
					line := f.Pos.String() + " " + f.Code + ": " + f.Message
					if f.Code == "missing-service" && f.Hint != "" {
						line += " (" + f.Hint + ")"
					}
					got = append(got, line)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestPublicAddress tells calls from addresses for people.
func TestPublicAddress(t *testing.T) {
	got := map[string]string{}
	for _, f := range run(t, exposurePlatform+`-- applications.yml --
- namespace: argocd
  networkPolicies: operator
  applications: [{applicationCode: argocd-more, path: argocd}]
- namespace: web-ai
  networkPolicies: web-app-internal
  applications:
    - {applicationCode: web-ai, path: ai, ingress: [{host: ai, service: ai, port: http, auth: app}, {host: ai, path: /more, service: more, port: 80, auth: app}]}
    - {applicationCode: web-docs, path: docs, ingress: [{host: ai, path: /docs, service: docs, port: 8080, auth: app}, {host: wiki, service: docs, port: 8080, auth: app}]}
- namespace: web-ntfy
  applications: [{applicationCode: web-ntfy, catalog: ntfy}]
- namespace: web-chat
  networkPolicies: web-app-internal
  applications: [{applicationCode: web-chat, path: chat}]
-- argocd/a.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data: {url: https://ai.home.example}
-- ai/a.yaml --
apiVersion: v1
kind: Service
metadata: {name: ai}
spec: {ports: [{name: http, port: 80, targetPort: web}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data: {url: 'https://ai.home.example', docs: 'https://ai.home.example/docs/a'}
-- docs/a.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: docs}
data: {url: 'https://ai.home.example/x'}
-- chat/a.yaml --
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  annotations: {home.example/page: 'https://ai.home.example'}
data:
  MODEL: https://ai.home.example/v1
  DOCUMENTS: http://ai.home.example:8443/docs
  NEAR: https://ai.home.example/docsx
  OIDC_ISSUER_URL: https://ai.home.example
  REDIRECT: https://ai.home.example
  OTHER: https://ai.home.example.org
  file: |
    # https://ai.home.example
    link: https://ai.home.example
    model: https://ai.home.example/v2
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  template:
    spec:
      containers:
        - name: a
          args:
            - --cors=https://ai.home.example
            - --models=https://ai.home.example
          env:
            - {name: AUTH_URL, value: 'https://ai.home.example/env'}
            - {name: BASE_URL, value: 'https://ai.home.example/base'}
            - {name: BUS, value: 'https://ntfy.home.example/env'}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: start}
data:
  page: |
    a: https://ai.home.example
    b: https://wiki.home.example
    c: https://ntfy.home.example
---
apiVersion: monitoring.coreos.com/v1
kind: Probe
metadata: {name: a}
spec: {targets: {staticConfig: {static: ['https://ai.home.example', 'https://ntfy.home.example']}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: probes}
data: {targets: 'blackbox: https://ai.home.example'}
`, false).Findings {
		if strings.HasSuffix(f.Code, "-address-from-inside") {
			got[f.Pos.String()+" "+f.Code] = f.Hint
		}
	}
	ai := "if a pod calls it, call http://ai.web-ai.svc.cluster.local, with the flow to: {namespace: web-ai, ports: [web]}"
	want := map[string]string{
		"chat/a.yaml:7:10 public-address-from-inside":   ai,
		"chat/a.yaml:8:14 public-address-from-inside":   "if a pod calls it, call http://docs.web-ai.svc.cluster.local:8080, with the flow to: {namespace: web-ai, ports: […]}",
		"chat/a.yaml:9:9 public-address-from-inside":    ai,
		"chat/a.yaml:13:9 public-address-from-inside":   ai,
		"chat/a.yaml:28:15 public-address-from-inside":  ai,
		"chat/a.yaml:31:39 public-address-from-inside":  ai,
		"chat/a.yaml:32:34 outside-address-from-inside": "add uses: [web-ntfy], and call http://ntfy.web-ntfy.svc.cluster.local",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
