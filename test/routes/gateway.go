package main

import (
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"
)

// What follows draws routes of the Gateway API, and Ingresses, as an API server accepts them.

// certificate is what listeners for TLS have: nobody checks it.
const certificate = `apiVersion: v1
kind: Secret
metadata: {name: certificate}
type: kubernetes.io/tls
stringData:
  tls.crt: |
    -----BEGIN CERTIFICATE-----
    MIIBhTCCASugAwIBAgIURDL4PxdMSRQzgLjZL4SYzrz5N3MwCgYIKoZIzj0EAwIw
    FzEVMBMGA1UEAwwMaG9tZS5leGFtcGxlMCAXDTI2MTEzMDIzMjYyMloYDzIxMjYx
    MTA2MjMyNjIyWjAXMRUwEwYDVQQDDAxob21lLmV4YW1wbGUwWTATBgcqhkjOPQIB
    BggqhkjOPQMBBwNCAATrixhIqoYEOtJCWZcrkeETdy9hSWPwMAuxwvt/mWGTdcwG
    +gDIw7q/fdNy1KsdDQqv6TVnaClkW8CfnLCQooJOo1MwUTAdBgNVHQ4EFgQU3Nhy
    BUxHkRz8fPV2NFrM+6u4SJ8wHwYDVR0jBBgwFoAU3NhyBUxHkRz8fPV2NFrM+6u4
    SJ8wDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEAlaI6FCsI/KDF
    3XYHR4XMd7TCROkmYvRTX425zb0zVj4CIHSHAJHEWw+8VSS2Gu/KQQG/RaRvVpSn
    9VpeEvk56kYl
    -----END CERTIFICATE-----
  tls.key: |
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgHPwgdkIbDhdP7Udu
    gplNnzgqOba1m6DNSQcoNR4cwOuhRANCAATrixhIqoYEOtJCWZcrkeETdy9hSWPw
    MAuxwvt/mWGTdcwG+gDIw7q/fdNy1KsdDQqv6TVnaClkW8CfnLCQooJO
    -----END PRIVATE KEY-----
`

// gatewayClass is a class of Traefik's.
func gatewayClass(name string) map[string]any {
	return map[string]any{"apiVersion": "gateway.networking.k8s.io/v1", "kind": "GatewayClass", "metadata": map[string]any{"name": name},
		"spec": map[string]any{"controllerName": "traefik.io/gateway-controller"}}
}

// certificateOf is the certificate under another name.
func certificateOf(namespace, name string) map[string]any {
	var out map[string]any
	if err := yaml.Unmarshal([]byte(certificate), &out); err != nil {
		panic(err)
	}
	out["metadata"] = map[string]any{"namespace": namespace, "name": name}
	return out
}

// gatewayArgs are those that have Traefik read more kinds of routes.
func (m maker) gatewayArgs() []string {
	var out []string
	if !m.one(6) {
		out = append(out, "--providers.kubernetesgateway")
		if m.one(3) {
			out = append(out, "--providers.kubernetesgateway.experimentalChannel=true")
		}
	}
	if !m.one(6) {
		out = append(out, "--providers.kubernetesingress")
		for _, a := range []string{"strictPrefixMatching", "allowExternalNameServices", "allowEmptyServices"} {
			if m.one(4) {
				out = append(out, "--providers.kubernetesingress."+a+"=true")
			}
		}
		if m.one(6) {
			out = append(out, "--providers.kubernetesingress.ingressClass="+m.pick("traefik", "other"))
		}
	}
	if m.one(6) {
		out = append(out, "--providers.precedence="+m.pick("kubernetescrd,kubernetesgateway,kubernetes", "kubernetes,kubernetesgateway,kubernetescrd", "kubernetesgateway"))
	}
	return out
}

// gateways are the classes of a cluster, and the Gateway for all namespaces.
func (m maker) gateways() string {
	docs := []string{
		"apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: traefik}\nspec: {controllerName: traefik.io/gateway-controller}\n",
		"apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: other}\nspec: {controllerName: example.org/gateway-controller}\n",
		"apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: traefik}\nspec: {controller: traefik.io/ingress-controller}\n",
		"apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: other}\nspec: {controller: example.org/ingress-controller}\n",
		certificate, m.gateway("shared"),
	}
	if m.one(2) {
		docs = append(docs, m.grant("Gateway", "Secret", "web-a", "web-b"))
	}
	return strings.Join(docs, "---\n")
}

func (m maker) gateway(name string) string {
	var out strings.Builder
	class := "traefik"
	if m.one(10) {
		class = m.pick("other", "gone")
	}
	fmt.Fprintf(&out, "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: %s}\nspec:\n  gatewayClassName: %s\n  listeners:\n", name, class)
	taken := map[string]bool{}
	for i := range 1 + m.IntN(4) {
		protocol, port := "HTTP", m.pick("8000", "8000", "8082", "8443", "80")
		if m.one(2) {
			protocol, port = "HTTPS", m.pick("8443", "8443", "8000", "443")
		}
		hostname := m.pick("", "", "", "*.home.example", "a.home.example", "*.example", "d.other.example")
		if at := protocol + port + hostname; taken[at] {
			continue
		} else {
			taken[at] = true
		}
		fmt.Fprintf(&out, "    - {name: %s, protocol: %s, port: %s", [...]string{"web", "websecure", "third", "fourth"}[i], protocol, port)
		if hostname != "" {
			fmt.Fprintf(&out, ", hostname: %q", hostname)
		}
		if protocol == "HTTPS" {
			out.WriteString(", tls: {certificateRefs: [" + m.pick("{name: certificate}", "{name: certificate}", "{name: certificate}", "{name: gone}", "{name: certificate, namespace: sys-traefik}") + "]}")
		}
		if allowed := m.pick("All", "All", "All", "Same", "", "{matchLabels: {kubernetes.io/metadata.name: web-a}}", "{matchLabels: {no: body}}", "kinds"); allowed != "" {
			switch {
			case allowed == "kinds":
				allowed = "{namespaces: {from: All}, kinds: [{kind: " + m.pick("HTTPRoute", "GRPCRoute") + "}]}"
			case allowed[0] == '{':
				allowed = "{namespaces: {from: Selector, selector: " + allowed + "}}"
			default:
				allowed = "{namespaces: {from: " + allowed + "}}"
			}
			out.WriteString(", allowedRoutes: " + allowed)
		}
		out.WriteString("}\n")
	}
	return out.String()
}

// grant permits objects of some namespaces to refer to those of the one that it is in.
func (m maker) grant(from, to string, namespaces ...string) string {
	var origins []string
	for _, n := range namespaces {
		origins = append(origins, "{group: gateway.networking.k8s.io, kind: "+from+", namespace: "+n+"}")
	}
	name := m.pick("", "", ", name: x", ", name: gone", ", name: certificate")
	return fmt.Sprintf("apiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\nmetadata: {name: g%d}\nspec: {from: [%s], to: [{group: '', kind: %s%s}]}\n",
		m.IntN(1_000_000), strings.Join(origins, ", "), to, name)
}

// more are routes of further kinds that an application brings to a namespace.
func (m maker) more(namespace, other string) []string {
	var docs []string
	if m.one(3) {
		docs = append(docs, certificate, m.gateway("own"))
	}
	if m.one(2) {
		docs = append(docs, m.grant(m.pick("HTTPRoute", "HTTPRoute", "Gateway"), "Service", m.pick(other, other, namespace)))
	}
	for i := range m.IntN(3) {
		docs = append(docs, m.httpRoute(i, other))
	}
	for i := range m.IntN(3) {
		docs = append(docs, m.ingress(i, namespace, other))
	}
	return docs
}

func (m maker) httpRoute(i int, other string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: h%d}\nspec:\n  parentRefs: [%s]\n", i, m.pick(
		"{name: shared, namespace: sys-traefik}", "{name: shared, namespace: sys-traefik}", "{name: shared, namespace: sys-traefik, sectionName: web}", "{name: shared, namespace: sys-traefik, sectionName: websecure}",
		"{name: shared, namespace: sys-traefik, port: 8443}", "{name: own}", "{name: own}, {name: shared, namespace: sys-traefik}", "{name: own, sectionName: web}, {name: own, sectionName: websecure}",
		"{name: gone}", "{name: shared, namespace: sys-traefik, sectionName: gone}", "{name: x, kind: Service, group: ''}"))
	if !m.one(8) {
		hosts := []string{fmt.Sprintf("%q", m.hostname())}
		if h := fmt.Sprintf("%q", m.hostname()); m.one(4) && h != hosts[0] {
			hosts = append(hosts, h)
		}
		out.WriteString("  hostnames: [" + strings.Join(hosts, ", ") + "]\n")
	}
	if m.one(12) {
		return out.String() // all that it is for comes from the API server
	}
	out.WriteString("  rules:\n")
	for range 1 + m.IntN(3) {
		out.WriteString(m.httpRule(other))
	}
	return out.String()
}

func (m maker) hostname() string {
	return m.pick("a.home.example", "b.home.example", "a.home.example", "c.home.example", "long-name.home.example", "d.other.example", "*.home.example", "*.a.home.example", "x.a.home.example")
}

func (m maker) httpRule(other string) string {
	var matches []string
	for range m.IntN(3) {
		matches = append(matches, m.httpMatch())
	}
	var parts []string
	if len(matches) > 0 {
		parts = append(parts, "matches: ["+strings.Join(matches, ", ")+"]")
	}
	redirect := false
	if m.one(2) {
		filter := m.pick(
			"{type: ExtensionRef, extensionRef: {group: traefik.io, kind: Middleware, name: login}}", "{type: ExtensionRef, extensionRef: {group: traefik.io, kind: Middleware, name: login}}",
			"{type: ExtensionRef, extensionRef: {group: traefik.io, kind: Middleware, name: "+m.pick("headers", "chain", "odd", "gone")+"}}",
			"{type: ExtensionRef, extensionRef: {group: example.org, kind: Filter, name: x}}", "{type: RequestMirror, requestMirror: {backendRef: {name: x, port: 80}}}",
			"{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: X-A, value: b}]}}", "{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: /new}}}",
			"{type: RequestRedirect, requestRedirect: {scheme: https, statusCode: 301}}")
		redirect = strings.Contains(filter, "RequestRedirect")
		parts = append(parts, "filters: ["+filter+"]")
	}
	if !redirect && !m.one(12) {
		parts = append(parts, "backendRefs: ["+m.backendRefs(other)+"]")
	}
	if len(parts) == 0 {
		parts = append(parts, "backendRefs: [{name: x, port: 80}]")
	}
	return "    - " + strings.Join(parts, "\n      ") + "\n"
}

func (m maker) httpMatch() string {
	var parts []string
	if !m.one(5) {
		p := m.pick("/", "/x", "/x/", "/x/y", "/admin", "/api")
		parts = append(parts, "path: "+m.pick("{value: "+p+"}", "{value: "+p+"}", "{type: Exact, value: "+p+"}", "{type: RegularExpression, value: '"+m.pick("^/x(/|$)", "/a", "^/[^/]+$", "/x", "^/(")+"'}"))
	}
	if m.one(6) {
		parts = append(parts, "method: "+m.pick("GET", "POST"))
	}
	if m.one(6) {
		parts = append(parts, "headers: [{name: X, value: '1'}]")
	}
	if m.one(8) {
		parts = append(parts, "queryParams: ["+m.pick("{name: q, value: '1'}", "{name: q, type: RegularExpression, value: '^[0-9]$'}")+"]")
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func (m maker) backendRefs(other string) string {
	if !m.one(3) {
		return "{name: x, port: 80}"
	}
	return m.pick("{name: x, port: 81}", "{name: gone, port: 80}", "{name: outside, port: 80}", "{name: headless, port: 80}", "{name: x, namespace: "+other+", port: 80}", "{name: x, namespace: "+other+", port: 80}",
		"{name: x, port: 80}, {name: gone, port: 80}", "{name: x, port: 80, weight: 3}, {name: headless, port: 80}", "{name: weighted, group: traefik.io, kind: TraefikService}", "{name: x, port: 80, weight: 0}")
}

func (m maker) ingress(i int, namespace, other string) string {
	annotations := []string{}
	annotate := func(key, value string) {
		annotations = append(annotations, fmt.Sprintf("traefik.ingress.kubernetes.io/%s: %q", key, value))
	}
	if !m.one(3) {
		annotate("router.entrypoints", m.pick("websecure", "websecure", "web", "web,websecure", "web, tunnel", "webscure"))
	}
	if m.one(3) {
		annotate("router.middlewares", m.pick(namespace+"-login@kubernetescrd", namespace+"-login@kubernetescrd", other+"-login@kubernetescrd", namespace+"-chain@kubernetescrd", namespace+"-odd@kubernetescrd",
			namespace+"-gone@kubernetescrd", "login", namespace+"-headers@kubernetescrd,"+namespace+"-login@kubernetescrd"))
	}
	if m.one(8) {
		annotate("router.tls", m.pick("true", "false"))
	}
	if m.one(4) {
		annotate("router.priority", fmt.Sprint(m.priority()))
	}
	if m.one(8) {
		annotate("router.pathmatcher", m.pick("Path", "PathPrefix", "PathRegexp", "Nonsense"))
	}
	if m.one(10) {
		annotations = append(annotations, "kubernetes.io/ingress.class: "+m.pick("traefik", "other"))
	}
	var out strings.Builder
	fmt.Fprintf(&out, "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i%d, annotations: {%s}}\nspec:\n", i, strings.Join(annotations, ", "))
	if !m.one(4) {
		out.WriteString("  ingressClassName: " + m.pick("traefik", "traefik", "traefik", "traefik", "other", "gone") + "\n")
	}
	if m.one(5) {
		out.WriteString("  tls: [{secretName: " + m.pick("certificate", "gone-certificate") + "}]\n") // lint takes it that cert-manager makes one that is not there
	}
	if m.one(12) {
		out.WriteString("  defaultBackend: {service: {name: x, port: {number: 80}}}\n")
		return out.String()
	}
	out.WriteString("  rules:\n")
	for range 1 + m.IntN(2) {
		out.WriteString("    - ")
		if !m.one(8) {
			out.WriteString(fmt.Sprintf("host: %q\n      ", m.hostname()))
		}
		out.WriteString("http:\n        paths:\n")
		for range 1 + m.IntN(2) {
			fmt.Fprintf(&out, "          - {path: %s, pathType: %s, backend: {service: {name: %s}}}\n", m.pick("/", "/", "/x", "/x/", "/x/y", "/admin"), m.pick("Prefix", "Prefix", "Exact", "ImplementationSpecific"),
				m.pick("x, port: {number: 80}", "x, port: {number: 80}", "x, port: {name: http}", "x, port: {number: 81}", "gone, port: {number: 80}", "outside, port: {number: 80}"))
		}
	}
	return out.String()
}
