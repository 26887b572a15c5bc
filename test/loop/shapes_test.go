package loop

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// shape is routes as people write them, and what happens to a request for /admin of a.example on web, or to the one that is named.
type shape struct {
	Name    string         `json:"name"`
	Objects string         `json:"objects"`
	Route   map[string]any `json:"route"`
	Args    []string       `json:"args"`
	Ask     *visit         `json:"ask"`
	Want    string         `json:"want"`
}

// shapes are objects that are wrong, or not what they seem: see testdata/routes/shapes.yaml.
func (r *routes) shapes() {
	data, err := os.ReadFile("testdata/routes/shapes.yaml")
	r.must(err)
	var texts []json.RawMessage
	r.must(yaml.Unmarshal(data, &texts))
	entryPoints := []entryPoint{{name: "web"}, {name: "websecure", tls: true}}
	var all []map[string]any
	objects := make([][]map[string]any, len(texts))
	shapes := make([]shape, len(texts))
	for i, text := range texts {
		namespace, s := fmt.Sprintf("shape-%d", i), &shapes[i]
		r.must(yaml.UnmarshalStrict(bytes.ReplaceAll(text, []byte("NAMESPACE"), []byte(namespace)), s))
		of := append(backend(namespace, "app", 1000+2*i, int64(80)), backend(namespace, "admin", 1001+2*i, int64(80))...)
		of = append(of, object(traefikAPI, "Middleware", namespace, "login", map[string]any{"forwardAuth": map[string]any{
			"address": "http://" + routesLogin + "/" + namespace, "authResponseHeaders": []any{"X-Auth-Request-User"},
		}}))
		own, err := decode([]byte(s.Objects))
		r.must(err)
		if s.Route != nil {
			open := map[string]any{"kind": "Rule", "match": "Host(`a.example`)", "services": []any{map[string]any{"name": "app", "port": int64(80)}}}
			for name, route := range map[string]map[string]any{"open": open, "admin": s.Route} {
				of = append(of, object(traefikAPI, "IngressRoute", namespace, name, map[string]any{"entryPoints": []any{"web"}, "routes": []any{route}}))
			}
		}
		for _, o := range own {
			if o.GetNamespace() == "" && o.GetKind() != "GatewayClass" {
				o.SetNamespace(namespace)
			}
			of = append(of, o.Object)
		}
		of = append(of, r.gateway(namespace, of)...)
		of = append(of, probes(namespace, of, firstPort+len(entryPoints))...)
		objects[i] = of
		all = append(all, of...)
	}
	r.apply(all)
	for i, s := range shapes {
		r.Run(s.Name, func(t *testing.T) {
			p := r.on(t).platform(objects[i], namespacesOf(objects[i]), entryPoints, s.Args...)
			if s.Want == "chance" {
				p.repeat = 40
			}
			requests := []visit{{EntryPoint: "web", Host: "a.example", Target: "/admin"}}
			if s.Ask != nil {
				requests[0] = *s.Ask
			}
			for _, host := range []string{"a.example", "b.a.example", "other.example"} {
				for _, target := range []string{"/", "/admin", "/admin/x?y=1", "/adminx", "/..%2fadmin"} {
					requests = append(requests, visit{EntryPoint: "web", Host: host, Target: target}, visit{EntryPoint: "websecure", TLS: true, Host: host, Target: target})
				}
			}
			requests = append(requests, visit{EntryPoint: "web", TLS: true, Host: "a.example", Target: "/"}, visit{EntryPoint: "websecure", Host: "a.example", Target: "/"})
			if got := p.compare(requests, false)[0].brief(); got != s.Want && s.Want != "chance" {
				t.Errorf("%s: %s, want %s", requests[0], got, s.Want)
			}
			p.compare(requests, true)
		})
	}
}

// gateway is what routes of the Gateway API among some objects attach to, unless there is a Gateway: listeners for both entry points. Each has a
// certificate in any case.
func (r *routes) gateway(namespace string, objects []map[string]any) []map[string]any {
	if !slices.Contains(providers(objects), gatewayProvider) {
		return nil
	}
	out := []map[string]any{r.certificate(namespace, "certificate", "a.example")}
	if slices.ContainsFunc(objects, func(o map[string]any) bool { return (&unstructured.Unstructured{Object: o}).GetKind() == "Gateway" }) {
		return out
	}
	return append(out, object(gatewayAPI, "Gateway", namespace, "gateway", map[string]any{
		"gatewayClassName": "traefik",
		"listeners": []any{
			map[string]any{"name": "web", "protocol": "HTTP", "port": int64(firstPort)},
			map[string]any{"name": "websecure", "protocol": "HTTPS", "port": int64(firstPort + 1), "tls": map[string]any{"certificateRefs": []any{map[string]any{"name": "certificate"}}}},
		},
	}))
}
