package loop

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hippotion/roster/test/loop/cluster"
	"github.com/hippotion/roster/test/loop/tools"

	"sigs.k8s.io/yaml"
)

// routeKinds are those of ingress.kind, with what else platform.yml says of each.
var routeKinds = []struct{ name, settings string }{
	{"traefik", "  expose: {both: [web, websecure], lan: [websecure]}"},
	{"gateway", "  gateway: {name: gateway, namespace: gateway-gateway, implementation: traefik}\n  expose: {both: [web, websecure], lan: [websecure]}"},
	{"ingress", "  class: traefik\n  expose: {both: [web, websecure], lan: [websecure]}"},
}

// TestRouteKinds has the real Traefik serve what one list is rendered to, once for each kind of routes: all answer alike. Like TestRoutes,
// it needs ROUTES=1.
func TestRouteKinds(t *testing.T) {
	if !tools.Routes() {
		t.Skip("make routes runs it")
	}
	r := &routes{T: t, cluster: cluster.Start(t, cluster.Options{})}
	r.cluster.InstallCRDs(t, "traefik.io", gatewayGroup)
	r.apply([]map[string]any{gatewayClass(), ingressClass()})
	r.serve()
	for _, kind := range routeKinds {
		t.Run(kind.name, func(t *testing.T) { r.on(t).kind(kind.name, kind.settings) })
	}
}

// row is a request, and what happens to it with some kinds of routes: see testdata/routes/kinds/requests.yml.
type row struct {
	Host, At, Method, Target, Want string
	Login                          bool
	Headers                        map[string][]string
	Gets                           map[string]string
	Kinds                          []string
}

// kind serves the list with routes of a kind.
func (r *routes) kind(name, settings string) {
	objects, services := r.listOf(name, settings)
	entryPoints := []entryPoint{{name: "web"}, {name: "websecure", tls: true}}
	objects = append(objects, probes(name+"-web", objects, firstPort+len(entryPoints))...)
	r.apply(objects)
	p := r.platform(objects, namespacesOf(objects), entryPoints, "--providers.kubernetescrd.allowCrossNamespace=true")
	for _, row := range rows(r.T) {
		if row.Kinds != nil && !slices.Contains(row.Kinds, name) {
			continue
		}
		for _, ep := range entryPoints {
			if row.At != "" && row.At != ep.name {
				continue
			}
			q := visit{EntryPoint: ep.name, TLS: ep.tls, Host: row.Host + ".home.example", Method: row.Method, Target: "/", Headers: row.Headers}
			if row.Target != "" {
				q.Target = row.Target
			}
			a, err := p.send(q, row.Login)
			r.must(err)
			if got := inShort(a, services); got != row.Want {
				r.Errorf("%s %s %v: %s, want %s", q.Method, q, q.Headers, got, row.Want)
			}
			if row.Login && a.Headers.Get("X-Auth-Request-User") != "alice" {
				r.Errorf("%s: the backend does not get the user: %v", q, a.Headers)
			}
			for header, want := range row.Gets {
				if got := a.Headers.Get(header); got != want {
					r.Errorf("%s: the backend gets %s: %q, want %q", q, header, got, want)
				}
			}
		}
	}
	if name != "ingress" {
		p.weighted(services)
	}
}

// weighted checks that of four requests three go to the backend with the weight 3: Traefik takes turns.
func (p *platform) weighted(services map[string]string) {
	p.Helper()
	found := map[string]int{}
	for range 40 {
		a, err := p.send(visit{EntryPoint: "web", Host: "weighted.home.example", Target: "/"}, false)
		p.must(err)
		found[services[a.Backend]]++
	}
	if found["app"] < 25 || found["admin"] < 5 || found["app"]+found["admin"] != 40 {
		p.Errorf("weighted backends get %v of 40 requests, want 30 for app and 10 for admin", found)
	}
}

// inShort is an answer as the rows have it: the Service and the path that it got, a login that refused, where a redirect leads, or the status.
func inShort(a answer, services map[string]string) string {
	switch {
	case a.Closed:
		return "closed"
	case a.Status == http.StatusOK:
		return services[a.Backend] + " " + a.Path
	case a.Status == http.StatusUnauthorized && a.Login != "":
		return "login"
	case a.Location != "":
		_, to, _ := strings.Cut(a.Location, ":")
		return fmt.Sprint(a.Status, " ", to)
	}
	return fmt.Sprint(a.Status)
}

func rows(t *testing.T) []row {
	t.Helper()
	data, err := os.ReadFile("testdata/routes/kinds/requests.yml")
	if err != nil {
		t.Fatal(err)
	}
	var texts []json.RawMessage
	if err := yaml.Unmarshal(data, &texts); err != nil {
		t.Fatal(err)
	}
	out := make([]row, len(texts))
	for i, text := range texts {
		if err := yaml.UnmarshalStrict(text, &out[i]); err != nil {
			t.Fatalf("row %d: %v", i, err)
		}
	}
	return out
}

// listOf renders the list for a kind of routes, and adds what it refers to: Services, whose names are told by their addresses, the login, and the
// Gateway.
func (r *routes) listOf(name, settings string) (objects []map[string]any, services map[string]string) {
	r.Helper()
	dir := r.TempDir()
	read := func(file string) string {
		data, err := os.ReadFile(filepath.Join("testdata/routes/kinds", file))
		r.must(err)
		return strings.ReplaceAll(strings.ReplaceAll(string(data), "KIND", name), "SETTINGS", settings)
	}
	write := func(file, text string) {
		r.must(os.MkdirAll(filepath.Dir(filepath.Join(dir, file)), 0o755))
		r.must(os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644))
	}
	write("platform.yml", read("platform.yml"))
	list := read("all.yml")
	if name != "ingress" {
		list += read("more.yml")
	}
	write("applications.yml", list)
	for _, folder := range []string{"web", "more", "data"} {
		write(folder+"/nothing.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: nothing}\n")
	}
	out, err := exec.CommandContext(r.Context(), tools.Program("roster"), "render", dir).Output()
	r.must(err)
	rendered, err := decode(out)
	r.must(err)
	for _, o := range rendered {
		switch o.GetKind() {
		case "Namespace", "CiliumNetworkPolicy", "Application", "AppProject", "ServiceAccount", "ConfigMap":
		default:
			objects = append(objects, o.Object)
		}
	}
	services = map[string]string{"http://10.244.99.9:8090": "lan"}
	number := 0x1000 + 0x100*slices.IndexFunc(routeKinds, func(k struct{ name, settings string }) bool { return k.name == name })
	for _, s := range []struct{ namespace, name string }{{"web", "app"}, {"web", "admin"}, {"more", "app"}, {"more", "admin"}, {"more", "other"}, {"data", "data"}} {
		number++
		services[fmt.Sprintf("http://10.244.%d.%d:%d", 1+(number>>8), number&255, backendPort)] = s.name
		objects = append(objects, backend(name+"-"+s.namespace, s.name, number, int64(80))...)
	}
	objects = append(objects, object(traefikAPI, "Middleware", name+"-login", "login", map[string]any{
		"forwardAuth": map[string]any{"address": "http://" + routesLogin + "/", "authResponseHeaders": []any{"X-Auth-Request-User"}},
	}))
	if name == "gateway" {
		objects = append(objects, r.sharedGateway(name+"-gateway")...)
	}
	return objects, services
}

// sharedGateway is a Gateway for the routes of all namespaces, with its certificate.
func (r *routes) sharedGateway(namespace string) []map[string]any {
	all := map[string]any{"namespaces": map[string]any{"from": "All"}}
	return []map[string]any{r.certificate(namespace, "certificate", "*.home.example"), object(gatewayAPI, "Gateway", namespace, "gateway", map[string]any{
		"gatewayClassName": "traefik",
		"listeners": []any{
			map[string]any{"name": "web", "protocol": "HTTP", "port": int64(firstPort), "allowedRoutes": all},
			map[string]any{"name": "websecure", "protocol": "HTTPS", "port": int64(firstPort + 1), "allowedRoutes": all, "tls": map[string]any{"certificateRefs": []any{map[string]any{"name": "certificate"}}}},
		},
	})}
}
