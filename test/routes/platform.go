package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing/fstest"
)

// platform is a repository with a Traefik, routes of the list, and routes that applications bring.
type platform struct {
	seed  uint64
	args  []string // of Traefik
	files fstest.MapFS
}

// maker draws from a seed.
type maker struct{ *rand.Rand }

// pick is one of some texts.
func (m maker) pick(all ...string) string { return all[m.IntN(len(all))] }

// one reports whether something happens that happens once in n times.
func (m maker) one(n int) bool { return m.IntN(n) == 0 }

func newPlatform(seed uint64) *platform {
	m := maker{rand.New(rand.NewPCG(seed, 15))}
	p := &platform{seed: seed, files: fstest.MapFS{}}
	further := maker{rand.New(rand.NewPCG(seed, 19))} // drawn apart, so that the rest stays as it is
	p.args = append(m.args(), further.gatewayArgs()...)
	p.write("platform.yml", "domain: home.example\nrepository: {url: https://git.example/home.git}\ningress:\n  controller: {namespace: sys-traefik, podLabels: {app: traefik}}\n"+
		"  expose: {public: [tunnel, websecure], lan: [websecure]}\n  auth: {login: {name: login, namespace: web-a}}\n")
	var list strings.Builder
	list.WriteString("- namespace: sys-traefik\n  networkPolicies: ingress-controller\n  applications: [{applicationCode: traefik, path: traefik}]\n")
	var quoted []string
	for _, a := range p.args {
		quoted = append(quoted, fmt.Sprintf("%q", a))
	}
	p.write("traefik/traefik.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: traefik}\nspec:\n  selector: {matchLabels: {app: traefik}}\n  template:\n"+
		"    metadata: {labels: {app: traefik}}\n    spec: {containers: [{name: traefik, image: 'docker.io/traefik:v3.7.13', args: ["+strings.Join(quoted, ", ")+"]}]}\n")
	p.write("traefik/gateways.yaml", further.gateways())
	seen := map[string]bool{}
	for _, namespace := range []string{"web-a", "web-b"} {
		fmt.Fprintf(&list, "- namespace: %s\n  networkPolicies: web-app\n  applications:\n    - applicationCode: %s\n      path: %s\n", namespace, namespace, namespace)
		if routes := m.own(seen); len(routes) > 0 {
			list.WriteString("      ingress:\n        - " + strings.Join(routes, "\n        - ") + "\n")
		}
		p.write(namespace+"/objects.yaml", strings.Join(append([]string{m.objects()}, further.more(namespace, map[string]string{"web-a": "web-b", "web-b": "web-a"}[namespace])...), "---\n"))
	}
	p.write("applications.yml", list.String())
	return p
}

func (p *platform) write(name, text string) { p.files[name] = &fstest.MapFile{Data: []byte(text)} }

// String is the files of the platform.
func (p *platform) String() string {
	var out strings.Builder
	for _, name := range []string{"traefik/traefik.yaml", "traefik/gateways.yaml", "applications.yml", "web-a/objects.yaml", "web-b/objects.yaml"} {
		fmt.Fprintf(&out, "-- %s --\n%s", name, p.files[name].Data)
	}
	return out.String()
}

func (m maker) args() []string {
	out := []string{"--entryPoints.web.address=:8000/tcp", "--entryPoints.websecure.address=:8443/tcp", "--entryPoints.tunnel.address=:8082/tcp",
		"--providers.kubernetescrd", "--providers.kubernetescrd.allowemptyservices=" + m.pick("true", "false")}
	for _, a := range []string{"allowcrossnamespace", "allowexternalnameservices", "safenaming"} {
		if m.one(2) {
			out = append(out, "--providers.kubernetescrd."+a+"=true")
		}
	}
	if !m.one(8) {
		out = append(out, "--entryPoints.websecure.http.tls=true")
	}
	if m.one(3) {
		out = append(out, "--entryPoints.web.http.redirections.entryPoint.to=websecure", "--entryPoints.web.http.redirections.entryPoint.scheme=https")
	}
	if m.one(5) {
		out = append(out, "--entryPoints."+m.pick("web", "websecure", "tunnel")+".asDefault=true")
	}
	return out
}

// own are routes of the list, of which no two have the same address.
func (m maker) own(seen map[string]bool) []string {
	var out []string
	for range m.IntN(3) {
		host, path := m.pick("a", "b", "c"), m.pick("", "", "/x", "/x/y", "/admin")
		if seen[host+path] {
			continue
		}
		seen[host+path] = true
		route := "{host: " + host + ", service: " + m.pick("x", "x", "x", "outside", "gone") + ", port: 80, expose: " + m.pick("public", "lan") + ", auth: " + m.pick("login", "app", "none")
		if path != "" {
			route += ", path: " + path
		}
		if m.one(4) {
			route += fmt.Sprintf(", priority: %d", m.priority())
		}
		out = append(out, route+"} # a reason")
	}
	return out
}

func (m maker) priority() int {
	return []int{1, 7, 10, 20, 22, 30, 1000, 5000}[m.IntN(8)]
}

// objects are what an application brings: IngressRoutes, and what they may refer to.
func (m maker) objects() string {
	docs := []string{
		"apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {selector: {app: x}, ports: [{name: http, port: 80}]}\n",
		"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {selector: {matchLabels: {app: x}}, template: {metadata: {labels: {app: x}}, spec: {containers: [{name: x, image: 'x:1', ports: [{containerPort: 80}]}]}}}\n",
		"apiVersion: v1\nkind: Service\nmetadata: {name: outside}\nspec: {type: ExternalName, externalName: y.example, ports: [{port: 80}]}\n",
		"apiVersion: v1\nkind: Service\nmetadata: {name: headless}\nspec: {clusterIP: None, selector: {app: x}, ports: [{name: http, port: 80}]}\n",
		"apiVersion: v1\nkind: Secret\nmetadata: {name: users}\nstringData: {users: 'a:$2y$05$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'}\n",
	}
	middleware := func(name, spec string) {
		docs = append(docs, "apiVersion: traefik.io/v1alpha1\nkind: Middleware\nmetadata: {name: "+name+"}\nspec: {"+spec+"}\n")
	}
	middleware("login", "forwardAuth: {address: 'http://login.example/auth'}")
	middleware("headers", "headers: {customRequestHeaders: {X-A: b}}")
	middleware("chain", "chain: {middlewares: [{name: "+m.pick("login", "headers", "gone", "odd")+"}]}")
	middleware("odd", m.pick(
		"basicAuth: {secret: users}", "basicAuth: {secret: gone}", "addPrefix: {}", "addPrefix: {prefix: /a}", "stripPrefix: {prefixes: [/a]}, headers: {}", "ipAllowList: {sourceRange: [10.0.0.0/33]}",
		"ipAllowList: {sourceRange: [10.0.0.0/8]}", "chain: {middlewares: [{name: odd}]}", "chain: {middlewares: [{name: chain}]}", "redirectRegex: {regex: '(', replacement: x}",
		"replacePathRegex: {regex: '^/a', replacement: /b}", "errors: {status: ['500'], service: {name: "+m.pick("x", "gone")+", port: 80}, query: /}", "circuitBreaker: {expression: 'Nonsense() > 1'}",
		"forwardAuth: {address: ''}", "compress: {}", "rateLimit: {average: 100000, burst: 100000}", "redirectScheme: {scheme: https}", "stripPrefixRegex: {regex: ['[']}"))
	if m.one(3) {
		docs = append(docs, "apiVersion: traefik.io/v1alpha1\nkind: TraefikService\nmetadata: {name: weighted}\nspec: {weighted: {services: [{name: "+m.pick("x", "gone", "outside")+", port: 80}]}}\n")
	}
	for i := range 1 + m.IntN(3) {
		docs = append(docs, m.ingressRoute(i))
	}
	return strings.Join(docs, "---\n")
}

func (m maker) ingressRoute(i int) string {
	var out strings.Builder
	fmt.Fprintf(&out, "apiVersion: traefik.io/v1alpha1\nkind: IngressRoute\nmetadata: {name: r%d}\nspec:\n", i)
	if !m.one(8) {
		out.WriteString("  entryPoints: [" + m.pick("websecure", "websecure", "web, websecure", "tunnel, websecure", "web", "webscure", "webscure, websecure") + "]\n")
	}
	if m.one(5) {
		out.WriteString("  tls: {}\n")
	}
	out.WriteString("  routes:\n")
	for range 1 + m.IntN(3) {
		syntax := ""
		rule := m.rule()
		if m.one(12) {
			syntax, rule = "v2", m.pick("Host(`a.home.example`, `b.home.example`)", "HostRegexp(`{s:[a-z]+}.home.example`)", "Host(`a.home.example`) && Path(`/{x}`)", "PathPrefix(`/x`, `/y`)", "Headers(`X`, `1`)")
		}
		fmt.Fprintf(&out, "    - kind: Rule\n      match: %q\n", rule)
		if syntax != "" {
			out.WriteString("      syntax: v2\n")
		}
		if m.one(3) {
			fmt.Fprintf(&out, "      priority: %d\n", m.priority())
		}
		if m.one(2) {
			other := ""
			if m.one(6) {
				other = ", namespace: " + m.pick("web-a", "web-b")
			}
			out.WriteString("      middlewares: [{name: " + m.pick("login", "login", "headers", "chain", "odd", "gone") + other + "}]\n")
		}
		out.WriteString("      services: [" + m.service() + "]\n")
	}
	return out.String()
}

func (m maker) service() string {
	if !m.one(3) {
		return "{name: x, port: 80}"
	}
	return m.pick("{name: x, port: http}", "{name: x, port: 81}", "{name: gone, port: 80}", "{name: outside, port: 80}", "{name: weighted, kind: TraefikService}", "{name: x, port: 80, healthCheck: {path: /}}",
		"{name: headless, port: 80, nativeLB: true}", "{name: x, port: 80, namespace: web-a}", "{name: x, port: 80}, {name: gone, port: 80}", "{name: x, port: 80, scheme: ftp}",
		"{name: x, port: 80, serversTransport: gone}", "{name: x, port: 80, middlewares: [{name: gone}]}", "{name: x, port: '80'}")
}

// rule is a rule: mostly a valid one.
func (m maker) rule() string {
	if m.one(15) {
		return m.pick("Host(`a.home.example`", "Host(`a.home.example) && Path(`/x`)", "Host('a.home.example')", "HostRegex(`a`)", "Host(`a.home.example`) && PathPrefix(`admin`)", "Host(`a.home.example`) AND Path(`/x`)",
			"Host(`a.home.example`)\n&& Path(`/x`)", "Host(`ä.home.example`)", "Host(``)", "HostRegexp(`(`)", "ClientIP(`10.0.0.0/33`)", "HostSNI(`a.home.example`)", "Host(`a.home.example:443`)", "Host(`a`) && Host(`b`)",
			"Host(`a.home.example`, `b.home.example`)")
	}
	var parts []string
	if !m.one(6) {
		parts = append(parts, m.host())
	}
	if m.one(2) || len(parts) == 0 {
		parts = append(parts, m.path())
	}
	if m.one(5) {
		parts = append(parts, m.pick("Method(`GET`)", "Method(`POST`)", "ClientIP(`10.0.0.0/8`)", "ClientIP(`10.0.0.0/16`)", "!ClientIP(`10.0.0.0/8`)", "Header(`X`, `1`)", "HeaderRegexp(`X`, `^[12]$`)", "Query(`q`, `1`)",
			"QueryRegexp(`q`, `^[0-9]$`)", "Query(`q`)"))
	}
	if m.one(8) {
		parts[0] = "!" + parts[0]
	}
	text := strings.Join(parts, " && ")
	if m.one(7) {
		text += " || " + m.host()
	}
	return text
}

func (m maker) host() string {
	if m.one(5) {
		return "(Host(`" + m.name() + "`) || Host(`" + m.name() + "`))"
	}
	return m.pick("Host(`"+m.name()+"`)", "Host(`"+m.name()+"`)", "Host(`"+m.name()+"`)", "Host(`*.home.example`)", "HostRegexp(`"+m.pick("^[ab]\\.home\\.example$", "^.+\\.home\\.example$", "^a", "(?i)^B\\.")+"`)")
}

func (m maker) name() string {
	return m.pick("a.home.example", "b.home.example", "A.home.example", "c.home.example", "long-name.home.example", "d.other.example")
}

func (m maker) path() string {
	p := m.pick("/", "/x", "/x/", "/x/y", "/admin", "/api")
	return m.pick("PathPrefix(`"+p+"`)", "PathPrefix(`"+p+"`)", "Path(`"+p+"`)", "(Path(`"+p+"`) || PathPrefix(`"+p+"/`))", "PathRegexp(`"+m.pick("^/x(/|$)", "^/a", "^/[^/]+$")+"`)", "!PathPrefix(`"+p+"`)")
}
