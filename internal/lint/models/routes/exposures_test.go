package routes

import (
	"slices"
	"strings"
	"testing"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
	"golang.org/x/tools/txtar"
)

// modelOf is the model of a list, with what its first application deploys besides.
func modelOf(t *testing.T, folder string, objects ...map[string]any) *Model {
	t.Helper()
	files, err := txtar.FS(txtar.Parse([]byte(folder)))
	if err != nil {
		t.Fatal(err)
	}
	platform, diags, err := catalog.Load(files, ".", catalog.Options{})
	if err != nil || len(diags) > 0 {
		t.Fatal(err, diags)
	}
	in := &deployed.Input{Platform: platform, Objects: render.Build(platform)}
	for _, content := range objects {
		n := &platform.Namespaces[0]
		metadata := content["metadata"].(map[string]any)
		in.Workloads = append(in.Workloads, &deployed.Object{Entry: n, Application: &n.Applications[0], Object: object.Object{APIVersion: content["apiVersion"].(string), Kind: content["kind"].(string),
			Namespace: n.Name, Name: metadata["name"].(string), Value: func() any { return content }}})
	}
	return model(in)
}

func brings(apiVersion, kind, name string, spec map[string]any) map[string]any {
	return map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"name": name}, "spec": spec}
}

const behindGateway = `-- platform.yml --
domain: home.example
ingress:
  kind: gateway
  gateway: {name: home, namespace: a, implementation: traefik}
  expose: {lan: [https], old: {kind: traefik, entryPoints: [websecure]}}
  auth: {login: {name: login, namespace: a}, plain: {name: plain, namespace: a}}
-- applications.yml --
- namespace: a
  applications: [{applicationCode: a, repoURL: https://git.example/a.git, path: deploy}]
- namespace: b
  applications:
    - applicationCode: b
      repoURL: https://git.example/b.git
      path: deploy
      ingress:
        - {host: guarded, service: b, port: 80, auth: login}
        - {host: unguarded, service: b, port: 80, auth: plain}
        - {host: redirected, redirect: {host: other.example}, expose: old, auth: none}
        - {host: rewritten, service: b, port: 80, expose: old, auth: none, rewrite: {prefix: /x}, requestHeaders: {set: {X-A: b}}}
`

// TestRendered has what the Middlewares do that roster renders: each by what it is, and a chain by what is in it.
func TestRendered(t *testing.T) {
	in := modelOf(t, behindGateway,
		brings("traefik.io/v1alpha1", "Middleware", "login", map[string]any{"forwardAuth": map[string]any{"address": "http://login.a.svc"}}),
		brings("traefik.io/v1alpha1", "Middleware", "plain", map[string]any{"headers": map[string]any{"customRequestHeaders": map[string]any{"a": "b"}}}))
	seen := 0
	for _, r := range in.Routers() {
		want := map[string]struct {
			open, guarded bool
			asked         int
		}{"guarded": {false, true, 1}, "unguarded": {true, false, 0}, "redirected": {false, false, 0}, "rewritten": {true, false, 0}}[strings.TrimSuffix(r.Own.Host, ".home.example")]
		if in.Open(r) != want.open || in.Guarded(r) != want.guarded || len(in.Asked(r)) != want.asked {
			t.Errorf("%s: open %t, guarded %t, asks %v", r, in.Open(r), in.Guarded(r), in.Asked(r))
		}
		seen++
	}
	if seen != 4 {
		t.Errorf("%d routers", seen)
	}
	unknown := modelOf(t, behindGateway, brings("traefik.io/v1alpha1", "Middleware", "login", map[string]any{"plugin": map[string]any{"x": map[string]any{}}}))
	for _, r := range unknown.Routers() { // a plugin, and one that nobody deploys
		if r.Own.Auth.Asks() && (unknown.Open(r) || unknown.Guarded(r)) {
			t.Errorf("%s: what its login does is known", r)
		}
	}
}

// TestCircle has a chain that leads back to itself.
func TestCircle(t *testing.T) {
	round := brings("traefik.io/v1alpha1", "Middleware", "login", map[string]any{"chain": map[string]any{"middlewares": []any{map[string]any{"name": "login"}}}})
	in := modelOf(t, behindGateway, round)
	if r := in.Routers()[0]; in.Open(r) || in.Guarded(r) {
		t.Errorf("%s is known", r)
	}
}

// TestMissingBehindChain: a login that a chain of roster's leads to, and nobody deploys, is a fault of the route.
func TestMissingBehindChain(t *testing.T) {
	var got []string
	in := modelOf(t, behindGateway, brings("traefik.io/v1alpha1", "Middleware", "plain", map[string]any{"compress": map[string]any{}}),
		brings("gateway.networking.k8s.io/v1", "Gateway", "home", map[string]any{"gatewayClassName": "traefik", "listeners": []any{map[string]any{"name": "https", "port": int64(8000), "protocol": "HTTP",
			"allowedRoutes": map[string]any{"namespaces": map[string]any{"from": "All"}}}}}))
	in.deployed.Platform.Namespaces[0].Applications[0].Workload = &catalog.Workload{} // all that it deploys is known
	for _, f := range in.Faults(MissingMiddleware) {
		got = append(got, f.At().Path+": "+f.Message)
	}
	want := []string{"b.applications[0].ingress[0]: no application deploys Middleware login of namespace a: Traefik drops the rules that go through this chain"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestBeyondLAN has who is reached from further away than lan: by each kind of exposure, and of router.
func TestBeyondLAN(t *testing.T) {
	gateway := func(class string) map[string]any {
		listener := func(name string, port int64) any {
			return map[string]any{"name": name, "port": port, "protocol": "HTTP", "allowedRoutes": map[string]any{"namespaces": map[string]any{"from": "All"}}}
		}
		return brings("gateway.networking.k8s.io/v1", "Gateway", "home", map[string]any{"gatewayClassName": class, "listeners": []any{listener("near", 80), listener("far", 81)}})
	}
	attached := func(parent map[string]any) map[string]any {
		parent["name"] = "home"
		return brings("gateway.networking.k8s.io/v1", "HTTPRoute", "r", map[string]any{"parentRefs": []any{parent}, "hostnames": []any{"r.example"},
			"rules": []any{map[string]any{"backendRefs": []any{map[string]any{"name": "s", "port": int64(80)}}}}})
	}
	ingress := brings("networking.k8s.io/v1", "Ingress", "r", map[string]any{"ingressClassName": "nginx", "rules": []any{map[string]any{"host": "r.example", "http": map[string]any{"paths": []any{
		map[string]any{"path": "/", "pathType": "Prefix", "backend": map[string]any{"service": map[string]any{"name": "s", "port": map[string]any{"number": int64(80)}}}}}}}}})
	at := func(entryPoint string) map[string]any {
		return brings("traefik.io/v1alpha1", "IngressRoute", "r", map[string]any{"entryPoints": []any{entryPoint}, "routes": []any{map[string]any{"kind": "Rule", "match": "Host(`r.example`)", "services": []any{map[string]any{"name": "s", "port": int64(80)}}}}})
	}
	far, near := map[string]any{"sectionName": "far"}, map[string]any{"sectionName": "near"}
	const ofGateway = "kind: gateway, gateway: {name: home, namespace: a, implementation: envoy-gateway}, expose: "
	for _, c := range []struct {
		name, ingress string
		objects       []map[string]any
		want          string // the exposures by which the routers are reached
		leads         string // the exposures that lead further
	}{
		{"entry points", "expose: {lan: [web], public: [web, tunnel]}", []map[string]any{at("tunnel")}, "public", "public"},
		{"entry points of lan", "expose: {lan: [web], public: [web, tunnel]}", []map[string]any{at("web")}, "", "public"},
		{"entry points of nobody", "expose: {lan: [web], public: [web, tunnel]}", []map[string]any{at("admin")}, "", "public"},
		{"no lan", "expose: {public: [tunnel, web], home: [web]}", []map[string]any{at("tunnel")}, "public", "home public"},
		{"no lan, and near", "expose: {public: [tunnel, web], home: [web]}", []map[string]any{at("web")}, "", "home public"},
		{"a listener", ofGateway + "{lan: [near], public: [far]}", []map[string]any{gateway("envoy"), attached(far)}, "public", "public"},
		{"a listener of lan", ofGateway + "{lan: [near], public: [far]}", []map[string]any{gateway("envoy"), attached(near)}, "", "public"},
		{"a listener of a Gateway that is not known", ofGateway + "{lan: [near], public: [far]}", []map[string]any{attached(far)}, "public", "public"},
		{"all of a Gateway", ofGateway + "{lan: [near], public: [far]}", []map[string]any{gateway("envoy"), attached(map[string]any{})}, "public", "public"},
		{"all of a Gateway that is not known", ofGateway + "{lan: [near], public: [far]}", []map[string]any{attached(map[string]any{})}, "public", "public"},
		{"all of a Gateway is public", ofGateway + "{lan: [near], public: {}}", []map[string]any{gateway("envoy"), attached(far)}, "public", "public"},
		{"all of a Gateway is lan", ofGateway + "{lan: {}, public: {gateways: [{name: other}]}, part: [near]}", []map[string]any{gateway("envoy"), attached(map[string]any{})}, "", "public"},
		{"a port", ofGateway + "{lan: [near], public: {gateways: [{ports: [81]}]}}", []map[string]any{gateway("envoy"), attached(far)}, "public", "public"},
		{"a port of lan", ofGateway + "{lan: {gateways: [{ports: [80]}]}, public: {gateways: [{ports: [81]}]}}", []map[string]any{gateway("envoy"), attached(map[string]any{"port": int64(80)})}, "", "public"},
		{"an entry point as a listener", ofGateway + "{lan: [near], public: [far]}", []map[string]any{gateway("traefik"), at(":81")}, "public", "public"},
		{"a listener as an entry point", ofGateway + "{lan: {kind: traefik, entryPoints: [':80']}, public: {kind: traefik, entryPoints: [':81']}}", []map[string]any{gateway("traefik"), attached(far)}, "public", "public"},
		{"a listener that is lan's entry point", ofGateway + "{lan: {kind: traefik, entryPoints: [':81']}, moved: [far]}", []map[string]any{gateway("traefik"), attached(far)}, "", ""},
		{"a listener that is nobody's entry point", ofGateway + "{lan: {kind: traefik, entryPoints: [web]}, moved: [far]}", []map[string]any{gateway("envoy"), attached(far)}, "moved", "moved"},
		{"a class", "kind: ingress, expose: {lan: {class: near}, public: {class: nginx}}", []map[string]any{ingress}, "public", "public"},
		{"a class of lan", "kind: ingress, expose: {lan: {class: nginx}, public: {class: far}}", []map[string]any{ingress}, "", "public"},
		{"a class of Traefik's", "kind: ingress, class: traefik, expose: {lan: [web], public: [tunnel]}", []map[string]any{at("tunnel")}, "public", "public"},
	} {
		in := modelOf(t, "-- platform.yml --\ndomain: home.example\ningress: {"+c.ingress+"}\n-- applications.yml --\n"+
			"- namespace: a\n  applications: [{applicationCode: a, repoURL: https://git.example/a.git, path: deploy}]\n", c.objects...)
		var got, leads []string
		for _, r := range in.Routers() {
			for _, e := range r.EntryPoints {
				if x := in.BeyondLAN(r, e); x != "" {
					got = append(got, x)
				}
			}
		}
		for name, e := range in.deployed.Platform.Exposures {
			if in.LeadsBeyondLAN(&e) {
				leads = append(leads, name)
			}
		}
		slices.Sort(leads)
		if len(in.Routers()) == 0 || strings.Join(got, " ") != c.want || strings.Join(leads, " ") != c.leads {
			t.Errorf("%s: %d routers, reached by %q, want %q; further lead %q, want %q", c.name, len(in.Routers()), got, c.want, leads, c.leads)
		}
	}
}
