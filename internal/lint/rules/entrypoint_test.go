package rules_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// entryPointRules are the rules that these tests are about.
var entryPointRules = strings.Fields(`encoded-characters https-entrypoint-without-tls missing-entrypoint no-entrypoints old-traefik-group public-without-auth
	missing-middleware tcp-route-takes-http tls-beside-plain-entrypoint unknown-entrypoint unknown-kind`)

const traefikPlatform = `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
ingress:
  controller: {namespace: sys-traefik}
  expose: {public: [tunnel, websecure], lan: [websecure]}
  auth: {login: {name: login, namespace: sys-login}}
-- applications.yml --
`

// traefikChart is Traefik's chart with values, which nobody has fetched.
func traefikChart(values string, more ...string) string {
	return "- namespace: sys-traefik\n  networkPolicies: ingress-controller\n  applications:\n" +
		"    - {applicationCode: sys-traefik, chart: traefik, repoURL: 'https://traefik.github.io/charts', version: 41.3.0, values: {" + values + "}" + strings.Join(more, "") + "}\n"
}

// traefikPods is a Traefik that is rendered here: what is in its container, and other objects.
func traefikPods(container string) string {
	return here("sys-traefik") + "%s-- sys-traefik/traefik.yaml --\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: traefik}\n" +
		"spec:\n  template:\n    spec: {" + "containers: [{name: traefik, image: 'traefik:v3.7.13', " + container + "}]"
}

func TestEntryPoints(t *testing.T) {
	const (
		tunnel  = "ports: {tunnel: {port: 7080}}"
		closed  = "encodedCharacters: {allowEncodedSlash: false, allowEncodedBackSlash: false}"
		refused = "ports: {tunnel: {port: 7080, http: {" + closed + "}}, websecure: {http: {" + closed + "}}}"
		hook    = "{host: a, path: /hook, service: a, port: 80, expose: lan, auth: none}"
	)
	route := "-- route/route.yaml --\n"
	at := func(names string) string { return "entryPoints: [" + names + "]" }
	// list is a platform with a Traefik, an application with routes and, when there are objects, one that brings them.
	list := func(traefik, ingress string, objects ...string) string {
		out := traefikPlatform
		entry := elsewhere("web", ", ingress: ["+ingress+"]")
		if len(objects) > 0 {
			entry += "    - {applicationCode: route, path: route}\n"
		}
		if strings.Contains(traefik, "%s") {
			out += fmt.Sprintf(traefik, entry)
		} else {
			out += traefik + entry
		}
		if len(objects) > 0 {
			out += route + strings.Join(objects, "")
		}
		return out
	}
	args := func(more string) string {
		return traefikPods("args: [--providers.kubernetescrd, --entryPoints.tunnel.address=:7080, --entryPoints.websecure.address=:8443, --entryPoints.websecure.http.tls"+more+"]") + "}\n"
	}
	const open = "match: 'Host(`photos.home.example`)', services: [{name: photos, port: 80}]"
	tcp := func(spec, match string) string {
		return "---\napiVersion: traefik.io/v1alpha1\nkind: IngressRouteTCP\nmetadata: {name: sync}\nspec:\n  " + strings.ReplaceAll(spec, "\n", "\n  ") +
			"\n  routes: [{match: '" + match + "', services: [{name: sync, port: 9000}]}]\n"
	}
	redirect := "---\napiVersion: traefik.io/v1alpha1\nkind: Middleware\nmetadata: {name: https}\nspec: {redirectScheme: {scheme: https}}\n"
	lan := "{host: a, service: a, port: 80, expose: lan, auth: app}"

	for _, test := range []struct {
		name, folder string
		want         []string
	}{
		{"an exposure that Traefik lacks", list(traefikChart(tunnel), "", brought("a", at("websecure"), photos)), nil},
		{"an exposure with an entry point that Traefik lacks", list(traefikChart("ports: {tunel: {port: 7080}}"), lan),
			[]string{`platform.yml:5:21 unknown-entrypoint: the exposure public names entry point tunnel, which Traefik does not have: at the one that is meant, its hosts are 404 (did you mean "tunel"?)`}},
		{"names of another case", list(traefikChart(strings.Replace(tunnel, "tunnel", "Tunnel", 1)), lan),
			[]string{`platform.yml:5:21 unknown-entrypoint: the exposure public names entry point tunnel, which Traefik does not have: at the one that is meant, its hosts are 404 (did you mean "Tunnel"?)`}},
		{"an exposure nobody has written", strings.Replace(list(traefikChart("ports: {websecure: null}"), lan), "  expose: {public: [tunnel, websecure], lan: [websecure]}\n", "", 1),
			[]string{"applications.yml:4:7 unknown-entrypoint: the exposure lan, which platform.yml does not define, names entry point websecure, which Traefik does not have: at the one that is meant, its hosts are 404 (known: metrics, traefik, web)"}},
		{"routes that Traefik has no entry point for", list(traefikChart("ports: {tunnel: {port: 7080}, dns: {port: 53, protocol: UDP}}"), "", brought("a", at("webscure, websecure, dns"), photos)+
			tcp(at("dns"), "HostSNI(`*`)")+strings.ReplaceAll(tcp(at("dns, web"), ""), "TCP", "UDP")),
			[]string{"route/route.yaml:6:17 unknown-entrypoint: IngressRoute a names entry point webscure, which Traefik does not have: it answers nothing there (did you mean \"websecure\"?)",
				"route/route.yaml:6:38 unknown-entrypoint: IngressRoute a names entry point dns, which is for UDP: it answers nothing there (known: metrics, traefik, tunnel, web, websecure)",
				"route/route.yaml:14:17 unknown-entrypoint: IngressRouteTCP sync names entry point dns, which is for UDP: it answers nothing there (known: metrics, traefik, tunnel, web, websecure)",
				"route/route.yaml:21:22 unknown-entrypoint: IngressRouteUDP sync names entry point web, which is not for UDP: it answers nothing there (known: dns)"}},
		{"of another Traefik", list(traefikChart(tunnel), "", brought("a", "ingressClassName: other\n"+at("webscure"), photos)), nil},
		{"Traefik is not where the policies say", strings.Replace(list(traefikChart(""), lan), "controller: {namespace: sys-traefik}", "controller: {namespace: web}", 1), nil},
		{"a value file that is not there", list(traefikChart("", ", valueFiles: [two.yml]"), lan) + "-- two.yml --\na: 1\n---\nb: 1\n", nil},
		{"a list in a parameter", list(traefikChart("", ", helm: {parameters: {'additionalArguments[0]': --entryPoints.tunnel.address=:1}}"), lan), nil},
		{"an entry point in a parameter", list(traefikChart("", ", helm: {parameters: {ports.tunnel.port: '7080'}}"), lan), nil},
		{"an entry point in an argument", list(traefikChart("additionalArguments: ['--entrypoints.tunnel.address=:1']"), lan), nil},
		{"an old chart", strings.Replace(list(traefikChart(""), lan), "41.3.0", "10.0.0", 1), nil},
		{"any chart", strings.Replace(list(traefikChart(""), lan), "41.3.0", "'*'", 1), nil},
		{"something beside it is not seen", strings.Replace(list(traefikChart(""), lan), "- namespace: web\n", "    - {applicationCode: sys-traefik-more, repoURL: 'https://git.example/a.git', path: deploy}\n- namespace: web\n", 1), nil},

		{"arguments of pods", list(args(""), lan), nil},
		{"arguments of pods that lack one", strings.Replace(list(args(""), lan), "[tunnel,", "[tunnels,", 1),
			[]string{`platform.yml:5:21 unknown-entrypoint: the exposure public names entry point tunnels, which Traefik does not have: at the one that is meant, its hosts are 404 (did you mean "tunnel"?)`}},
		{"a variable in an argument", strings.Replace(list(args(", --entryPoints.$(NAME).address=:1"), lan), "[tunnel,", "[tunnels,", 1), nil},
		{"a configuration file", list(traefikPods("volumeMounts: [{name: c, mountPath: /etc/traefik}]")+
			", volumes: [{name: c, configMap: {name: c}}]}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  traefik.yml: |\n    providers: {kubernetesCRD: {}}\n    entryPoints: {Tunnel: {address: ':1'}, websecure: {}}\n", lan),
			[]string{`platform.yml:5:21 unknown-entrypoint: the exposure public names entry point tunnel, which Traefik does not have: at the one that is meant, its hosts are 404 (did you mean "Tunnel"?)`}},
		{"a configuration file that an argument names", list(traefikPods("args: [--configFile=/config/t.yaml, --entryPoints.tunnel.address=:1], volumeMounts: [{name: c, mountPath: /config/t.yaml, subPath: a.yaml}]")+
			", volumes: [{name: c, configMap: {name: c, items: [{key: b, path: a.yaml}]}}]}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  b: |\n    providers: {kubernetesCRD: {}}\n    entryPoints: {websecure: {}}\n", lan),
			[]string{`platform.yml:5:21 unknown-entrypoint: the exposure public names entry point tunnel, which Traefik does not have: at the one that is meant, its hosts are 404 (known: websecure)`}},
		{"a configuration file that nobody sees", list(traefikPods("args: [--providers.kubernetescrd, --configFile=/config/t.yaml]")+"}\n", lan), nil},
		{"a Secret where the configuration file would be", list(traefikPods("args: [--providers.kubernetescrd], volumeMounts: [{name: c, mountPath: /etc/traefik}]")+", volumes: [{name: c, secret: {secretName: c}}]}\n", lan), nil},
		{"a volume beside it", list(traefikPods("args: [--providers.kubernetescrd, --entryPoints.websecure.address=:1], volumeMounts: [{name: c, mountPath: /etc/traefik/dynamic}]")+", volumes: [{name: c, secret: {secretName: c}}]}\n", lan),
			[]string{`platform.yml:5:21 unknown-entrypoint: the exposure public names entry point tunnel, which Traefik does not have: at the one that is meant, its hosts are 404 (known: websecure)`}},
		{"variables", list(traefikPods("env: [{name: TRAEFIK_PROVIDERS_KUBERNETESCRD, value: 'true'}, {name: TRAEFIK_ENTRYPOINTS_WEBSECURE_ADDRESS, value: ':1'}]")+"}\n", lan),
			[]string{`platform.yml:5:21 unknown-entrypoint: the exposure public names entry point tunnel, which Traefik does not have: at the one that is meant, its hosts are 404 (known: websecure)`}},
		{"variables from elsewhere", list(traefikPods("envFrom: [{secretRef: {name: a}}], env: [{name: TRAEFIK_PROVIDERS_KUBERNETESCRD, value: 'true'}]")+"}\n", lan), nil},
		{"two Traefiks", strings.Replace(list(args("")+"---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: more}\nspec: {template: {spec: {containers: [{name: t, args: [--providers.kubernetescrd, --entryPoints.more.address=:1]}]}}}\n", ""),
			"[tunnel,", "[tunnel, more, less,", 1),
			[]string{`platform.yml:5:35 unknown-entrypoint: the exposure public names entry point less, which Traefik does not have: at the one that is meant, its hosts are 404 (known: more, tunnel, websecure)`}},
		{"another Traefik, for a class", strings.Replace(list(args("")+"---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: more}\nspec: {template: {spec: {containers: [{name: t, args: [--providers.kubernetescrd.ingressclass=b, --entryPoints.more.address=:1]}]}}}\n", ""),
			"[tunnel,", "[tunnel, more,", 1),
			[]string{`platform.yml:5:29 unknown-entrypoint: the exposure public names entry point more, which Traefik does not have: at the one that is meant, its hosts are 404 (known: tunnel, websecure)`}},

		{"no TLS for HTTPS", list(traefikChart("ports: {tunnel: {port: 7080}, websecure: {http: {tls: {enabled: false}}}}"), lan+", "+strings.Replace(lan, "host: a", "host: b", 1)),
			[]string{"applications.yml:4:7 https-entrypoint-without-tls: entry point websecure has no TLS: HTTPS to the route of a.home.example and 1 more is answered with 404, and plain HTTP by the application"}},
		{"the routes have TLS", list(traefikChart("ports: {tunnel: {port: 7080}, websecure: {http: {tls: {enabled: false}}}}"), "", brought("a", at("websecure")+"\ntls: {}", photos)), nil},
		{"a name that may be anything", list(traefikChart("ports: {tunnel: {port: 7080}, websecure: {port: 9000, http: {tls: {enabled: false}}}}"), lan), nil},

		{"tls, and web redirects", list(traefikChart("ports: {tunnel: {port: 7080}, web: {http: {redirections: {entryPoint: {to: websecure, scheme: https}}}}}"), "",
			brought("a", at("web, websecure")+"\ntls: {}", open)), nil},
		{"tls, and web redirects after other routes", list(traefikChart("ports: {tunnel: {port: 7080}, web: {http: {redirections: {entryPoint: {to: websecure, scheme: https, priority: 10}}}}}"), "",
			brought("a", at("web, websecure")+"\ntls: {}", open)), nil},
		{"tls, and web does not redirect", list(traefikChart(tunnel), "", brought("a", at("web, websecure")+"\ntls: {}", open)),
			[]string{"route/route.yaml:7:3 tls-beside-plain-entrypoint: with tls, IngressRoute a answers to plain HTTP with 404 on web"}},
		{"tls, and a route for all hosts redirects", list(traefikChart(tunnel), "", brought("a", at("web, websecure")+"\ntls: {}", open)+
			brought("b", at("web"), "match: 'HostRegexp(`^.+$`)', priority: 1, middlewares: [{name: https}], services: [{name: noop@internal, kind: TraefikService}]")+redirect), nil},
		{"tls, and a route for all hosts with tls redirects nothing", list(traefikChart(tunnel), "", brought("a", at("web, websecure")+"\ntls: {}", open)+
			brought("b", at("web, websecure")+"\ntls: {}", "match: 'HostRegexp(`^.+$`)', priority: 1, middlewares: [{name: https}], services: [{name: noop@internal, kind: TraefikService}]")+redirect),
			[]string{"route/route.yaml:7:3 tls-beside-plain-entrypoint: with tls, IngressRoute a answers to plain HTTP with 404 on web",
				"route/route.yaml:16:3 tls-beside-plain-entrypoint: with tls, IngressRoute b answers to plain HTTP with 404 on web"}},
		{"tls, and a route for the host redirects", list(traefikChart(tunnel), "", brought("a", at("web, websecure")+"\ntls: {}", open)+
			brought("b", at("web"), "match: 'Host(`photos.home.example`)', middlewares: [{name: https}], services: [{name: photos, port: 80}]")+redirect), nil},
		{"tls at entry points of which only the routes have it", list(traefikChart("ports: {tunnel: {port: 7080}, websecure: {http: {tls: {enabled: false}}}}"), "", brought("a", at("web, websecure")+"\ntls: {}", open)),
			[]string{"route/route.yaml:7:3 tls-beside-plain-entrypoint: with tls, IngressRoute a answers to plain HTTP with 404 on web"}},

		{"tls at an entry point that may be for HTTPS", list(traefikChart("ports: {tunnel: {port: 7080}, photos: {port: 9000}}"), "", brought("a", at("photos, websecure")+"\ntls: {}", open)), nil},
		{"tls at an entry point that another route has for HTTP", list(traefikChart("ports: {tunnel: {port: 7080}, photos: {port: 9000}}"), "", brought("a", at("photos, websecure")+"\ntls: {}", open)+
			brought("b", at("photos"), strings.Replace(open, "photos.home", "b.home", 1))),
			[]string{"route/route.yaml:7:3 tls-beside-plain-entrypoint: with tls, IngressRoute a answers to plain HTTP with 404 on photos"}},
		{"tls at an entry point of an exposure", list(traefikChart(tunnel), "", brought("a", at("tunnel, websecure")+"\ntls: {}", "match: 'Host(`photos.home.example`)', middlewares: [{name: x@file}], services: [{name: photos, port: 80}]")),
			[]string{"route/route.yaml:7:3 tls-beside-plain-entrypoint: with tls, IngressRoute a answers to plain HTTP with 404 on tunnel"}},

		{"no entry points", list(traefikChart(tunnel), "", brought("a", "ingressClassName: traefik", "match: 'Host(`photos.home.example`)', middlewares: [{name: x@file}], services: [{name: photos, port: 80}]")),
			[]string{"route/route.yaml:5:1 no-entrypoints: IngressRoute a names no entry points: it is on metrics, tunnel, web, websecure"}},
		{"no entry points, and two defaults", list(traefikChart("ports: {tunnel: {port: 7080, asDefault: true}, web: {asDefault: true}}"), "", brought("a", "ingressClassName: traefik", open+" } # why \n    - {"+strings.Replace(open, "photos", "b", 1))),
			[]string{"route/route.yaml:5:1 no-entrypoints: IngressRoute a names no entry points: it is on tunnel, web",
				"route/route.yaml:9:7 public-without-auth: everybody has access to b.home.example by IngressRoute a of web (public)"}},
		{"no entry points, and one default", list(traefikChart("ports: {tunnel: {port: 7080}, websecure: {asDefault: true}}"), "", brought("a", "ingressClassName: traefik", open)), nil},
		{"no entry points, and the default is not enough", list(traefikChart("ports: {tunnel: {port: 7080, asDefault: true}}"), "", brought("a", "ingressClassName: traefik",
			"match: 'Host(`photos.home.example`)', middlewares: [{name: x@file}], services: [{name: photos, port: 80}]")),
			[]string{"route/route.yaml:5:1 missing-entrypoint: the exposure public has websecure as well: there, IngressRoute a answers nothing"}},

		{"a middleware of an entry point", list(args(", --entryPoints.tunnel.http.middlewares=sys-traefik-gone@kubernetescrd"), "", brought("a", at("tunnel"), open)+brought("b", at("tunnel, websecure"), open)),
			[]string{"applications.yml:4:7 missing-middleware: no application deploys a Middleware that Traefik calls sys-traefik-gone@kubernetescrd: Traefik drops all routes of entry point tunnel"}},
		{"a middleware of an entry point that is there", list(args(", --entryPoints.tunnel.http.middlewares=sys-traefik-there@kubernetescrd,x@file")+"---\napiVersion: traefik.io/v1alpha1\nkind: Middleware\nmetadata: {name: there}\nspec: {headers: {frameDeny: true}}\n", "", brought("a", at("tunnel"), open)),
			[]string{"route/route.yaml:6:3 missing-entrypoint: the exposure public has websecure as well: there, IngressRoute a answers nothing",
				"route/route.yaml:8:7 public-without-auth: everybody has access to photos.home.example by IngressRoute a of web (public)"}},
		{"TCP before HTTP", list(traefikChart(tunnel), strings.Replace(lan, "lan", "public", 1), tcp(at("tunnel"), "HostSNI(`*`)")),
			[]string{"route/route.yaml:7:13 tcp-route-takes-http: IngressRouteTCP sync takes all connections without TLS on tunnel: there, HTTP never reaches the route of a.home.example"}},
		{"TCP of some names", list(traefikChart(tunnel), strings.Replace(lan, "lan", "public", 1), tcp(at("tunnel"), "HostSNIRegexp(`.`)")), nil},
		{"TCP of any name, or none", list(traefikChart(tunnel), strings.Replace(lan, "lan", "public", 1), tcp(at("tunnel"), "HostSNIRegexp(`^.*$`)")),
			[]string{"route/route.yaml:7:13 tcp-route-takes-http: IngressRouteTCP sync takes all connections without TLS on tunnel: there, HTTP never reaches the route of a.home.example"}},
		{"TCP before a redirection", list(traefikChart("ports: {tunnel: {port: 7080}, web: {http: {redirections: {entryPoint: {to: websecure}}}}}"), "", tcp(at("web"), "hostsni(`*`)")),
			[]string{"route/route.yaml:7:13 tcp-route-takes-http: IngressRouteTCP sync takes all connections without TLS on web: there, HTTP never reaches the redirection to https"}},
		{"TCP beside HTTP", list(traefikChart(tunnel), strings.Replace(lan, "lan", "public", 1), tcp(at("tunnel")+"\ntls: {passthrough: true}", "HostSNI(`*`)"),
			strings.ReplaceAll(tcp(at("websecure"), "HostSNI(`*`)"), "sync", "b"), strings.ReplaceAll(tcp(at("metrics"), "HostSNI(`*`)"), "sync", "c"),
			strings.ReplaceAll(tcp(at("tunnel"), "HostSNI(`*`) && ClientIP(`10.0.0.0/8`)"), "sync", "d"), strings.ReplaceAll(tcp(at("tunnel"), "!HostSNI(`*`)"), "sync", "e"), strings.ReplaceAll(tcp(at("tunnel"), "HostSNI(`a`)"), "sync", "f")), nil},

		{"open routes of applications", list(traefikChart(tunnel), "", brought("a", at("tunnel, websecure"), open,
			"match: 'Host(`b.home.example`)', middlewares: [{name: x, namespace: far}], services: [{name: photos, port: 80}]",
			"match: 'Host(`c.home.example`)', middlewares: [{name: https}], services: [{name: photos, port: 80}]",
			"match: 'PathPrefix(`/.well-known/acme-challenge/`)', services: [{name: photos, port: 80}]",
			strings.Replace(open, "photos", "d", 1)+"} # why\n    - {"+strings.Replace(open, "photos", "e", 1))+brought("b", at("websecure"), open)+redirect),
			[]string{"route/route.yaml:8:7 public-without-auth: everybody has access to photos.home.example by IngressRoute a of web (public)",
				"route/route.yaml:13:7 public-without-auth: everybody has access to e.home.example by IngressRoute a of web (public)"}},
		{"open, and another route with a login takes all of it", list(traefikChart("providers: {kubernetesCRD: {allowCrossNamespace: true}}, "+tunnel), "", brought("a", at("tunnel, websecure"), open)+brought("b", at("tunnel, websecure"),
			"match: 'Host(`photos.home.example`)', priority: 99, middlewares: [{name: x, namespace: far}], services: [{name: photos, port: 80}]")), nil},
		{"open, and nobody knows what is public", strings.Replace(list(traefikChart(tunnel), "", brought("a", at("tunnel"), open)), "  expose: {public: [tunnel, websecure], lan: [websecure]}\n", "", 1), nil},
		{"open, and the entry point asks", list(traefikChart("ports: {tunnel: {port: 7080, http: {middlewares: [web-ask@kubernetescrd]}}}"), "", brought("a", at("tunnel, websecure"), open)+
			"---\napiVersion: traefik.io/v1alpha1\nkind: Middleware\nmetadata: {name: ask}\nspec: {basicAuth: {secret: a}}\n"), nil},
		{"open, and the entry point asks nothing", list(traefikChart("ports: {tunnel: {port: 7080, http: {middlewares: [web-ask@kubernetescrd]}}}"), "", brought("a", at("tunnel, websecure"), open)+
			"---\napiVersion: traefik.io/v1alpha1\nkind: Middleware\nmetadata: {name: ask}\nspec: {headers: {}}\n"),
			[]string{"route/route.yaml:8:7 public-without-auth: everybody has access to photos.home.example by IngressRoute a of web (public)"}},

		{"encoded slashes", list(traefikChart(tunnel), hook),
			[]string{"applications.yml:4:7 encoded-characters: entry point websecure lets encoded slashes through: a.home.example/hook/..%2f, which asks for no login, may lead to all of its backend (set http.encodedCharacters of the entry point: {allowEncodedSlash: false, allowEncodedBackSlash: false})"}},
		{"encoded slashes of several paths", list(traefikChart("ports: {tunnel: {port: 7080}, websecure: {http: {encodedCharacters: {allowEncodedSlash: false}}}}"), hook+", "+strings.Replace(hook, "/hook", "/b", 1)),
			[]string{"applications.yml:4:7 encoded-characters: entry point websecure lets encoded slashes through: a.home.example/b/..%2f, which asks for no login, may lead to all of its backend, like 1 more (set http.encodedCharacters of the entry point: {allowEncodedBackSlash: false})"}},
		{"encoded slashes are refused", list(traefikChart(refused), hook), nil},
		{"encoded slashes are refused by arguments", list(traefikChart("ports: {tunnel: {port: 7080}}, additionalArguments: [--entryPoints.websecure.http.encodedCharacters.allowEncodedSlash=false, --entrypoints.websecure.http.encodedcharacters.allowencodedbackslash=false]"), hook), nil},
		{"encoded slashes, of an older Traefik", strings.Replace(list(traefikChart(tunnel), hook), "41.3.0", "37.3.0", 1), nil},
		{"encoded slashes, of one that refuses them by itself", strings.Replace(list(traefikChart(tunnel), hook), "41.3.0", "38.0.2", 1), nil},
		{"encoded slashes, of an image that says nothing", list(traefikChart("image: {tag: latest}, "+tunnel), hook), nil},
		{"the whole host is open", list(traefikChart(tunnel), hook+", {host: a, service: a, port: 80, expose: lan, auth: app}"), nil},
		{"the host has a login", list(traefikChart(tunnel), hook+", {host: a, service: a, port: 80, expose: lan, auth: login}"),
			[]string{"applications.yml:4:7 encoded-characters: entry point websecure lets encoded slashes through: a.home.example/hook/..%2f, which asks for no login, may lead to all of its backend (set http.encodedCharacters of the entry point: {allowEncodedSlash: false, allowEncodedBackSlash: false})"}},
		{"routes of applications, with a login beside", list(traefikChart("providers: {kubernetesCRD: {allowCrossNamespace: true}}, "+tunnel), "", brought("a", at("websecure"),
			"match: 'Host(`photos.home.example`)', middlewares: [{name: x, namespace: far}], services: [{name: photos, port: 80}]",
			"match: 'Host(`photos.home.example`) && PathPrefix(`/hook/`)', services: [{name: photos, port: 80}]")),
			[]string{"applications.yml:4:7 encoded-characters: entry point websecure lets encoded slashes through: photos.home.example/hook/..%2f, which asks for no login, may lead to all of its backend (set http.encodedCharacters of the entry point: {allowEncodedSlash: false, allowEncodedBackSlash: false})"}},
		{"routes of applications, with another backend", list(traefikChart("providers: {kubernetesCRD: {allowCrossNamespace: true}}, "+tunnel), "", brought("a", at("websecure"),
			"match: 'Host(`photos.home.example`)', middlewares: [{name: x, namespace: far}], services: [{name: other, port: 80}]",
			"match: 'Host(`photos.home.example`) && PathPrefix(`/hook/`)', services: [{name: photos, port: 80}]")), nil},

		{"the old group", list(traefikChart(tunnel), "", strings.ReplaceAll(brought("a", at("websecure"), open)+redirect, "traefik.io", "traefik.containo.us")),
			[]string{"route/route.yaml:2:1 old-traefik-group: IngressRoute a is in the group traefik.containo.us, which Traefik 3 does not read: it has no effect",
				"route/route.yaml:10:1 old-traefik-group: Middleware https is in the group traefik.containo.us, which Traefik 3 does not read: it has no effect"}},
		{"the old group, and an old Traefik", strings.Replace(list(traefikChart(tunnel), "", strings.ReplaceAll(brought("a", at("websecure"), open), "traefik.io", "traefik.containo.us")), "41.3.0", "27.0.2", 1), nil},
		{"the old group, and an older chart", strings.Replace(list(traefikChart(tunnel), "", strings.ReplaceAll(brought("a", at("websecure"), open), "traefik.io", "traefik.containo.us")), "41.3.0", "10.24.0", 1), nil},
		{"the old group, and a Traefik 2 that moves", list(traefikPods("image: 'traefik:v2.0', args: [--providers.kubernetescrd, --entryPoints.tunnel.address=:1, --entryPoints.websecure.address=:8443]")+"}\n", "", strings.ReplaceAll(brought("a", at("websecure"), open), "traefik.io", "traefik.containo.us")), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, f := range run(t, test.folder, false).Findings {
				if slices.Contains(entryPointRules, f.Code) {
					line := f.Pos.String() + " " + f.Code + ": " + f.Message
					if f.Hint != "" && (f.Code == "unknown-entrypoint" || f.Code == "encoded-characters") {
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
