package render_test

import (
	"encoding/json"
	"testing"
)

// TestRouteKinds has what a route becomes as an Ingress and as an HTTPRoute, in the parts that say which requests it answers and what is done with them.
func TestRouteKinds(t *testing.T) {
	const (
		ingress = "kind: ingress, class: traefik, expose: {lan: [websecure]}, auth: {login: {name: login, namespace: auth}}"
		nginx   = "kind: ingress, class: nginx"
		gateway = "kind: gateway, gateway: {name: home, namespace: gw, implementation: traefik}, expose: {lan: [websecure]}, identityHeaders: [X-User]"
		envoy   = "kind: gateway, gateway: {name: home, namespace: gw, implementation: envoy-gateway}"
		to      = "service: a, port: 80}"
	)
	for _, c := range []struct {
		settings, ingress, kind string
		fields                  []any
		want                    string
	}{
		{ingress, "{host: a, path: /x, " + to, "Ingress", []any{"metadata", "annotations", "traefik.ingress.kubernetes.io/router.entrypoints"}, `"websecure"`},
		{ingress, "{host: a, priority: 7, " + to, "Ingress", []any{"metadata", "annotations", "traefik.ingress.kubernetes.io/router.priority"}, `"7"`},
		{ingress, "{host: a, " + to, "Ingress", []any{"metadata", "annotations", "traefik.ingress.kubernetes.io/router.priority"}, `null`},
		{ingress, "{host: a, path: /x, " + to, "Ingress", []any{"metadata", "annotations", "traefik.ingress.kubernetes.io/router.priority"}, `"304"`}, // both rules win over that of the host
		{ingress, "{hosts: [a, b], path: {exact: /x}, " + to, "Ingress", []any{"metadata", "annotations", "traefik.ingress.kubernetes.io/router.priority"}, `"305"`},
		{ingress, "{host: '*.home.example', path: /x, " + to, "Ingress", []any{"metadata", "annotations", "traefik.ingress.kubernetes.io/router.priority"}, `"3"`},
		{ingress, "{hosts: ['*.home.example', z], path: /x, " + to, "Ingress", []any{"spec", "rules", 0, "host"}, `"z.home.example"`}, // the last of two
		{ingress, "{hosts: ['*.home.example', z], path: /x, " + to, "Ingress", []any{"metadata", "annotations", "traefik.ingress.kubernetes.io/router.priority"}, `"304"`},
		{nginx, "{hosts: ['*.home.example', a], path: /x, " + to, "Ingress", []any{"spec", "rules", 1, "host"}, `"a.home.example"`},
		{ingress, "{host: a, auth: login, " + to, "Ingress", []any{"metadata", "annotations", "traefik.ingress.kubernetes.io/router.middlewares"}, `"auth-login@kubernetescrd"`},
		{ingress, "{host: a, " + to, "Ingress", []any{"metadata", "annotations", "traefik.ingress.kubernetes.io/router.middlewares"}, `null`},
		{nginx, "{host: a, " + to, "Ingress", []any{"metadata", "annotations", "traefik.ingress.kubernetes.io/router.entrypoints"}, `null`},
		{nginx, "{host: a, " + to, "Ingress", []any{"spec", "ingressClassName"}, `"nginx"`},
		{nginx, "{hosts: [a, b], tls: a-tls, " + to, "Ingress", []any{"spec", "tls"}, `[{"hosts":["a.home.example","b.home.example"],"secretName":"a-tls"}]`},
		{nginx, "{hosts: [a, b], " + to, "Ingress", []any{"spec", "rules", 1, "host"}, `"b.home.example"`},
		{nginx, "{host: a, service: a, port: http}", "Ingress", []any{"spec", "rules", 0, "http", "paths", 0, "backend", "service", "port"}, `{"name":"http"}`},
		{gateway, "{host: a, path: /x, " + to, "HTTPRoute", []any{"spec", "rules", 0, "matches"}, `[{"path":{"type":"PathPrefix","value":"/x"}}]`},
		{gateway, "{host: a, path: {regex: '/v[0-9]+'}, " + to, "HTTPRoute", []any{"spec", "rules", 0, "matches", 0, "path"}, `{"type":"RegularExpression","value":"^(?:/v[0-9]+)$"}`},
		{gateway, "{host: a, match: {methods: [GET, POST]}, rewrite: {prefix: /y}, path: /x, " + to, "HTTPRoute", []any{"spec", "rules", 1, "matches"}, `[{"method":"POST","path":{"type":"PathPrefix","value":"/x"}}]`},
		{gateway, "{host: a, " + to, "HTTPRoute", []any{"spec", "rules", 0, "filters"}, `[{"requestHeaderModifier":{"remove":["X-User"]},"type":"RequestHeaderModifier"}]`},
		{gateway, "{host: a, redirect: b.home.example}", "HTTPRoute", []any{"spec", "rules", 0, "backendRefs"}, `null`},
		{envoy, "{host: a, timeouts: {request: 90s}, " + to, "HTTPRoute", []any{"spec", "rules", 0, "timeouts"}, `{"request":"1m30s"}`},
	} {
		t.Run(c.ingress, func(t *testing.T) {
			var at any = builtFor(t, c.settings, c.ingress)[c.kind]
			for _, f := range c.fields {
				switch f := f.(type) {
				case string:
					of, _ := at.(map[string]any)
					at = of[f]
				case int:
					at = at.([]any)[f]
				}
			}
			got, err := json.Marshal(at)
			if err != nil || string(got) != c.want {
				t.Errorf("%v: %s, want %s (%v)", c.fields, got, c.want, err)
			}
		})
	}
}
