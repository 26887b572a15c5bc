package rules_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ofGateways are the rules about routes of all kinds.
var ofGateways = append(strings.Fields("broken-listener listener-refuses-route missing-reference-grant served-twice unknown-entrypoint shadowed-route random-route path-on-every-host path-prefix-without-boundary "+
	"public-without-auth host-of-another-entry colliding-router-names rule-matches-nothing invalid-rule old-rule-syntax"), drops...)

// gatewayCase is the Gateway of sys-gateway, by its class and listeners, and what web-photos deploys beside its Service; and what is found.
type gatewayCase struct {
	name, class, listeners, objects string
	want                            []string
}

const (
	anyListener = "{name: http, protocol: HTTP, port: 8000, allowedRoutes: {namespaces: {from: All}}}"
	traefikPod  = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: traefik}
spec:
  selector: {matchLabels: {app.kubernetes.io/name: traefik}}
  template:
    metadata: {labels: {app.kubernetes.io/name: traefik}}
    spec:
      containers:
        - name: traefik
          image: traefik:v3.7.13
          args: [--providers.kubernetescrd, --providers.kubernetesgateway, --providers.kubernetesingress, '--entrypoints.web.address=:8000', '--entrypoints.websecure.address=:8443', '--entrypoints.websecure.http.tls=true']
`
)

func httpRoute(name, rest string) string {
	return "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: " + name + "}\nspec: {parentRefs: [{name: home, namespace: sys-traefik}], hostnames: [photos.home.example], rules: [{" + rest + "}]}\n"
}

// turns is a TraefikService that leads to a Service that there is not.
const turns = "---\napiVersion: traefik.io/v1alpha1\nkind: TraefikService\nmetadata: {name: turns}\nspec: {weighted: {services: [{name: gone, port: 80}]}}\n"

// atOther is a route at a Gateway of another class as well, which it names first.
func atOther(route string) string {
	return "---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: other}\nspec: {gatewayClassName: other, listeners: [{name: http, protocol: HTTP, port: 80}]}\n" +
		strings.Replace(route, "parentRefs: [", "parentRefs: [{name: other}, ", 1)
}

func TestGateways(t *testing.T) {
	const photos, backend = "photos.home.example", "backendRefs: [{name: photos, port: 80}]"
	for _, c := range []gatewayCase{
		{name: "fine", objects: httpRoute("a", backend)},
		{name: "no Gateway", objects: strings.Replace(httpRoute("a", backend), "name: home,", "name: hoem,", 1), want: []string{
			"unknown-entrypoint: no application deploys Gateway hoem of namespace sys-traefik: no request reaches HTTPRoute a there"}},
		{name: "no listener", objects: strings.Replace(httpRoute("a", backend), "namespace: sys-traefik", "namespace: sys-traefik, sectionName: https", 1), want: []string{
			"unknown-entrypoint: Gateway home of sys-traefik has no listener https: no request reaches HTTPRoute a there"}},
		{name: "no port of a listener", objects: strings.Replace(httpRoute("a", backend), "namespace: sys-traefik", "namespace: sys-traefik, port: 443", 1), want: []string{
			"unknown-entrypoint: Gateway home of sys-traefik has no listener on port 443: no request reaches HTTPRoute a there"}},
		{name: "an unknown Gateway", objects: strings.Replace(httpRoute("a", backend), "namespace: sys-traefik", "namespace: sys-far", 1)},
		{name: "another namespace", listeners: "{name: http, protocol: HTTP, port: 8000}", objects: httpRoute("a", backend), want: []string{
			"listener-refuses-route: listener http of Gateway home of sys-traefik lets no routes of namespace web-photos in: no request reaches HTTPRoute a there"}},
		{name: "a selector", listeners: "{name: http, protocol: HTTP, port: 8000, allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {team: house}}}}}", objects: httpRoute("a", backend), want: []string{
			"listener-refuses-route: listener http of Gateway home of sys-traefik lets no routes of namespace web-photos in: no request reaches HTTPRoute a there"}},
		{name: "a selector that fits", listeners: "{name: http, protocol: HTTP, port: 8000, allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {kubernetes.io/metadata.name: web-photos}}}}}", objects: httpRoute("a", backend)},
		{name: "one of two listeners", listeners: "{name: own, protocol: HTTP, port: 8001, hostname: own.example}, " + anyListener, class: "envoy", objects: httpRoute("a", backend)},
		{name: "another kind", class: "envoy", listeners: "{name: http, protocol: HTTP, port: 80, allowedRoutes: {namespaces: {from: All}, kinds: [{kind: GRPCRoute}]}}", objects: httpRoute("a", backend), want: []string{
			"listener-refuses-route: listener http of Gateway home of sys-traefik takes no HTTPRoute: no request reaches HTTPRoute a there"}},
		{name: "other hosts", listeners: strings.Replace(anyListener, "port", "hostname: '*.other.example', port", 1), objects: httpRoute("a", backend), want: []string{
			"listener-refuses-route: listener http of Gateway home of sys-traefik is for *.other.example, and no hostname of the route fits: no request reaches HTTPRoute a there"}},
		{name: "no entry point", listeners: strings.Replace(anyListener, "8000", "80", 1), objects: httpRoute("a", backend), want: []string{
			"unknown-entrypoint: no entry point of Traefik without TLS has the port 80: Traefik takes no routes at listener http of Gateway home of sys-traefik"}},
		{name: "no certificate", listeners: "{name: https, protocol: HTTPS, port: 8443, tls: {certificateRefs: [{name: gone}]}, allowedRoutes: {namespaces: {from: All}}}", objects: httpRoute("a", backend), want: []string{
			"missing-secret: listener https of Gateway home of sys-traefik needs the Secret gone, which nothing creates: Traefik takes no routes at listener https of Gateway home of sys-traefik"}},
		{name: "UDP", listeners: anyListener + ", {name: dns, protocol: UDP, port: 53}", want: []string{
			"broken-listener: Traefik does not know the protocol UDP: Traefik takes no routes at listener dns of Gateway home of sys-traefik"}},
		{name: "no Service", objects: httpRoute("a", "backendRefs: [{name: photo, port: 80}]"), want: []string{
			"missing-service: no application deploys Service photo of namespace web-photos: Traefik answers with 500"}},
		{name: "no port", objects: httpRoute("a", "backendRefs: [{name: photos, port: 8080}]"), want: []string{
			"missing-service: Service photos has no port 8080: Traefik answers with 500"}},
		{name: "no Middleware", objects: httpRoute("a", "filters: [{type: ExtensionRef, extensionRef: {group: traefik.io, kind: Middleware, name: login}}], "+backend), want: []string{
			"missing-middleware: no application deploys Middleware login of namespace web-photos: Traefik drops the rule"}},
		{name: "no Middleware, at two Gateways", objects: atOther(httpRoute("a", "filters: [{type: ExtensionRef, extensionRef: {group: traefik.io, kind: Middleware, name: login}}], "+backend)), want: []string{
			"missing-middleware: no application deploys Middleware login of namespace web-photos: Traefik drops the rule"}},
		{name: "a filter of another one, at two Gateways", objects: atOther(httpRoute("a", "filters: [{type: RequestMirror, requestMirror: {backendRef: {name: photos, port: 80}}}], "+backend)), want: []string{
			"broken-middleware: Traefik does not know the filter RequestMirror of an HTTPRoute: it answers with 500"}},
		{name: "a TraefikService that leads nowhere, at two Gateways", objects: atOther(httpRoute("a", "backendRefs: [{group: traefik.io, kind: TraefikService, name: turns}]")) + turns, want: []string{
			"missing-service: no application deploys Service gone of namespace web-photos: Traefik drops the rules that lead to it"}},
		{name: "no filter of Traefik's", objects: httpRoute("a", "filters: [{type: RequestMirror, requestMirror: {backendRef: {name: photos, port: 80}}}], "+backend), want: []string{
			"broken-middleware: Traefik does not know the filter RequestMirror of an HTTPRoute: it answers with 500"}},
		{name: "a filter of another one", class: "envoy", objects: httpRoute("a", "filters: [{type: RequestMirror, requestMirror: {backendRef: {name: photos, port: 80}}}], "+backend)},
		{name: "another namespace's Service", objects: httpRoute("a", "backendRefs: [{name: traefik, namespace: sys-traefik, port: 80}]"), want: []string{
			"missing-reference-grant: no ReferenceGrant of namespace sys-traefik permits an HTTPRoute of web-photos to lead to Service traefik: Traefik answers with 500"}},
		{name: "two alike", class: "envoy", objects: httpRoute("a", backend) + httpRoute("b", "backendRefs: [{name: others, port: 80}]") + "---\n" + strings.ReplaceAll(theService, "photos", "others"), want: []string{
			"random-route: HTTPRoute a of web-photos answers for photos.home.example as well, and has the same place in the order of the Gateway API: the older one wins, whichever that is"}},
		{name: "a prefix of elements", objects: httpRoute("a", "matches: [{path: {type: PathPrefix, value: /api}}], "+backend)},
		{name: "a more exact one", class: "envoy", objects: httpRoute("a", backend) + httpRoute("b", "matches: [{path: {value: /x}}], "+backend)},
		{name: "moved", objects: httpRoute("a", backend) + rule("services: [{name: photos, port: http}]") + strings.ReplaceAll(strings.ReplaceAll(rule("services: [{name: photos, port: http}]"), "a.home.example", photos), "websecure", "web")},
		{name: "taken over", objects: httpRoute("a", backend) + strings.ReplaceAll(strings.ReplaceAll(rule("services: [{name: others, port: http}]"), "a.home.example", photos), "websecure", "web") + "---\n" + strings.Replace(theService, "photos", "others", 1), want: []string{
			"shadowed-route: no request reaches HTTPRoute a of web-photos: IngressRoute r of web-photos answers for all of it, with the priority 27, which is higher than 21"}},
		{name: "redirects all hosts", objects: strings.Replace(httpRoute("a", "filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]"), "hostnames: ["+photos+"], ", "", 1)},
		{name: "an Ingress of Traefik's", objects: ingressOf("traefik", "", "80")},
		{name: "an Ingress without its port", objects: ingressOf("traefik", "", "81"), want: []string{"missing-service: Service photos has no port 81: Traefik drops the rule"}},
		{name: "an Ingress without its middleware", objects: ingressOf("traefik", "traefik.ingress.kubernetes.io/router.middlewares: web-photos-login@kubernetescrd", "80"), want: []string{
			"missing-middleware: no application deploys a Middleware that Traefik calls web-photos-login@kubernetescrd: Traefik drops its rules"}},
		{name: "an Ingress on no entry point", objects: ingressOf("traefik", "traefik.ingress.kubernetes.io/router.entrypoints: webscure", "80"), want: []string{
			"unknown-entrypoint: Ingress i names entry point webscure, which Traefik does not have: it answers nothing there"}},
		{name: "an Ingress of nginx without its port", objects: ingressOf("nginx", "", "81"), want: []string{"missing-service: Service photos has no port 81: IngressClass nginx answers with 503"}},
		{name: "a login on one side", objects: httpRoute("a", backend) + ingressOf("nginx", "nginx.ingress.kubernetes.io/auth-url: https://login.example", "80"), want: []string{
			"served-twice: IngressClass nginx answers for photos.home.example as HTTPRoute a of web-photos of Traefik does, and asks for a login"}},
		{name: "a snippet on one side", objects: httpRoute("a", backend) + ingressOf("nginx", "nginx.ingress.kubernetes.io/server-snippet: x", "80")},
	} {
		t.Run(c.name, func(t *testing.T) {
			testGateways(t, &c)
		})
	}
}

func ingressOf(class, annotation, port string) string {
	return "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i, annotations: {" + annotation + "}}\nspec: {ingressClassName: " + class + ", rules: [{host: photos.home.example" +
		", http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: photos, port: {number: " + port + "}}}}]}}]}\n"
}

func testGateways(t *testing.T, c *gatewayCase) {
	class, listeners := "traefik", anyListener
	if c.class != "" {
		class = c.class
	}
	if c.listeners != "" {
		listeners = c.listeners
	}
	folder := `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
ingress: {controller: {namespace: sys-traefik}}
-- applications.yml --
- namespace: sys-traefik
  networkPolicies: ingress-controller
  applications: [{applicationCode: sys-traefik, path: traefik}]
- namespace: web-photos
  networkPolicies: web-app-internal
  applications: [{applicationCode: web-photos, path: photos}]
-- traefik/traefik.yaml --` + traefikPod + `---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: home}
spec: {gatewayClassName: ` + class + `, listeners: [` + listeners + `]}
-- photos/photos.yaml --
` + theService + c.objects
	var got []string
	for _, f := range run(t, folder, false).Findings {
		if slices.Contains(ofGateways, f.Code) {
			got = append(got, f.Code+": "+f.Message)
		}
	}
	if diff := cmp.Diff(c.want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestOpenToEverybody has routes of all kinds that lead further than lan: those of the list, and those that applications bring, with a login and without.
func TestOpenToEverybody(t *testing.T) {
	const (
		entries = "ingress: {controller: {namespace: sys-traefik}, auth: {login: {name: login, namespace: web-photos}, plain: {name: plain, namespace: web-photos}}, expose: {lan: [websecure], public: [web]}}"
		gateway = "ingress: {kind: gateway, controller: {namespace: sys-traefik}, gateway: {name: home, namespace: sys-traefik, implementation: traefik}, auth: {login: {name: login, namespace: web-photos}, plain: {name: plain, namespace: web-photos}}, expose: {lan: [https], public: [http]}}"
		envoy   = "ingress: {kind: gateway, controller: {namespace: sys-traefik}, gateway: {name: home, namespace: sys-traefik, implementation: envoy-gateway}, auth: {login: {extAuth: {service: web-photos/photos, port: 80}}}, expose: {lan: [https], public: [http]}}"
		ingress = "ingress: {kind: ingress, controller: {namespace: sys-traefik}, expose: {lan: {class: near}, public: {class: far}}}"
		both    = "ingress: {controller: {namespace: sys-traefik}, gateway: {name: home, namespace: sys-traefik, implementation: traefik}, auth: {login: {name: login, namespace: web-photos}, plain: {name: plain, namespace: web-photos}}, expose: {lan: [websecure], public: {kind: gateway, listeners: [http]}}}"
		backend = "backendRefs: [{name: photos, port: 80}]"
		asks    = "filters: [{type: ExtensionRef, extensionRef: {group: traefik.io, kind: Middleware, name: login}}], "
		chained = "filters: [{type: ExtensionRef, extensionRef: {group: traefik.io, kind: Middleware, name: chain}}], "
		lets    = "filters: [{type: ExtensionRef, extensionRef: {group: traefik.io, kind: Middleware, name: plain}}], "
	)
	policy := "---\napiVersion: gateway.envoyproxy.io/v1alpha1\nkind: SecurityPolicy\nmetadata: {name: p}\nspec: {targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: a}], jwt: {providers: []}}\n"
	middlewares := "---\napiVersion: traefik.io/v1alpha1\nkind: Middleware\nmetadata: {name: login}\nspec: {forwardAuth: {address: 'http://photos.web-photos.svc'}}\n" +
		"---\napiVersion: traefik.io/v1alpha1\nkind: Middleware\nmetadata: {name: plain}\nspec: {compress: {}}\n" +
		"---\napiVersion: traefik.io/v1alpha1\nkind: Middleware\nmetadata: {name: chain}\nspec: {chain: {middlewares: [{name: plain}, {name: login}]}}\n"
	far := func(objects string) string {
		return strings.Replace(objects, "namespace: sys-traefik", "namespace: sys-traefik, sectionName: http", 1)
	}
	near := func(objects string) string {
		return strings.Replace(objects, "namespace: sys-traefik", "namespace: sys-traefik, sectionName: https", 1)
	}
	at := func(entryPoint, more string) string {
		return strings.Replace(strings.Replace(rule(more+"services: [{name: photos, port: http}]"), "a.home.example", "photos.home.example", 1), "websecure", entryPoint, 1)
	}
	for _, c := range []struct{ name, platform, class, route, objects, want string }{
		{"an entry point", entries, "traefik", "expose: public, auth: none", "", "everybody has access to own.home.example (public)"},
		{"an entry point of lan", entries, "traefik", "expose: lan, auth: none", "", ""},
		{"a login", entries, "traefik", "expose: public, auth: login", "", ""},
		{"a login that asks nobody", entries, "traefik", "expose: public, auth: plain", "", "everybody has access to own.home.example (public): the login plain keeps nobody out, as Traefik reads it"},
		{"rewritten", entries, "traefik", "expose: public, auth: none, rewrite: {prefix: /x}", "", "everybody has access to own.home.example (public)"},
		{"a middleware that keeps out", entries, "traefik", "expose: public, auth: none, middlewares: [web-photos/login]", "", ""},
		{"redirected", entries, "traefik", "redirect", "", ""},
		{"a listener", gateway, "traefik", "expose: public, auth: none", "", "everybody has access to own.home.example (public)"},
		{"a listener of lan", gateway, "traefik", "expose: lan, auth: none", "", ""},
		{"a login of a listener", gateway, "traefik", "expose: public, auth: login", "", ""},
		{"a login of a listener that asks nobody", gateway, "traefik", "expose: public, auth: plain", "", "everybody has access to own.home.example (public): the login plain keeps nobody out, as Traefik reads it"},
		{"a listener of Envoy", envoy, "envoy", "expose: public, auth: none", "", "everybody has access to own.home.example (public)"},
		{"a login of Envoy", envoy, "envoy", "expose: public, auth: login", "", ""},
		{"a class", ingress, "traefik", "expose: public, auth: none", "", "everybody has access to own.home.example (public)"},
		{"a class of lan", ingress, "traefik", "expose: lan, auth: none", "", ""},
		{"both kinds", both, "traefik", "expose: [lan, public], auth: none", "", "everybody has access to own.home.example (public)"},
		{"both kinds, with a login", both, "traefik", "expose: [lan, public], auth: login", "", ""},

		{"brought", gateway, "traefik", "", far(httpRoute("a", backend)), "everybody has access to photos.home.example by HTTPRoute a of web-photos (public)"},
		{"brought to lan", gateway, "traefik", "", near(httpRoute("a", backend)), ""},
		{"brought with a login", gateway, "traefik", "", far(httpRoute("a", asks+backend)), ""},
		{"brought with a chain", gateway, "traefik", "", far(httpRoute("a", chained+backend)), ""},
		{"brought with no login", gateway, "traefik", "", far(httpRoute("a", lets+backend)), "everybody has access to photos.home.example by HTTPRoute a of web-photos (public)"},
		{"brought to Envoy", envoy, "envoy", "", far(httpRoute("a", backend)), "everybody has access to photos.home.example by HTTPRoute a of web-photos (public)"},
		{"brought to Envoy with a policy", envoy, "envoy", "", far(httpRoute("a", backend)) + policy, ""},
		{"brought to an entry point that is a listener", gateway, "traefik", "", at("web", ""), "everybody has access to photos.home.example by IngressRoute r of web-photos (public)"},
		{"brought to one of lan's", gateway, "traefik", "", at("websecure", ""), ""},
		{"brought to one with a login", gateway, "traefik", "", at("web", "middlewares: [{name: login}], "), ""},
		{"an Ingress", ingress, "traefik", "", ingressOf("far", "", "80"), "everybody has access to photos.home.example by Ingress i of web-photos (public)"},
		{"an Ingress of lan", ingress, "traefik", "", ingressOf("near", "", "80"), ""},
		{"an Ingress with a login", ingress, "traefik", "", ingressOf("far", "nginx.ingress.kubernetes.io/auth-url: https://login.example", "80"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			ingress := ""
			switch c.route {
			case "":
			case "redirect":
				ingress = ", ingress: [{host: own, redirect: {host: other.example}, expose: public, auth: none}]"
			default:
				ingress = ", ingress: [{host: own, service: photos, port: 80, " + c.route + "}]"
			}
			folder := "-- platform.yml --\ndomain: home.example\nrepository: {url: https://git.example/homelab.git}\n" + c.platform + `
-- applications.yml --
- namespace: sys-traefik
  networkPolicies: ingress-controller
  applications: [{applicationCode: sys-traefik, path: traefik}]
- namespace: web-photos
  networkPolicies: web-app-internal
  applications: [{applicationCode: web-photos, path: photos` + ingress + `}]
-- traefik/traefik.yaml --` + traefikPod + `---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: home}
spec: {gatewayClassName: ` + c.class + `, listeners: [` + anyListener + `, {name: https, protocol: HTTPS, port: 8443, tls: {certificateRefs: [{name: home}]}, allowedRoutes: {namespaces: {from: All}}}]}
---
apiVersion: v1
kind: Secret
metadata: {name: home}
type: kubernetes.io/tls
-- photos/photos.yaml --
` + theService + middlewares + c.objects
			var got []string
			for _, f := range run(t, folder, false).Findings {
				if f.Code == "public-without-auth" {
					got = append(got, f.Message)
				}
			}
			if strings.Join(got, "\n") != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
