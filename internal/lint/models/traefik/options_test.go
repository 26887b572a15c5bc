package traefik

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/lint/models/places"
	"github.com/hippotion/roster/internal/syntax"
	"go.yaml.in/yaml/v3"
)

// described are entry points in a line each.
func described(o *options) string {
	var out []string
	all := o.entryPoints()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		e := all[name]
		line := e.Name + " " + e.Address
		for _, flag := range []struct {
			text string
			on   bool
		}{{" udp", e.UDP}, {" tls", e.TLS}, {" default", e.AsDefault}} {
			if flag.on {
				line += flag.text
			}
		}
		if e.Redirect.To != "" {
			line += fmt.Sprintf(" to %s %s", e.Redirect.Scheme, e.Redirect.To)
			if !e.ToHTTPS(1000) {
				line += " sometimes"
			}
		}
		if e.Middlewares != "" {
			line += " through " + e.Middlewares
		}
		if e.EncodedSlash+e.EncodedBackSlash != "" {
			line += " encoded " + e.EncodedSlash + " " + e.EncodedBackSlash
		}
		out = append(out, line)
	}
	if o.unclear {
		out = append(out, "unclear")
	}
	return strings.Join(out, "; ")
}

// TestArguments reads arguments as Traefik does: the results are those of its parser (paerser 0.2.2).
func TestArguments(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"", "http :80"},
		{"--ping", "http :80; traefik :8080"},
		{"--ping --ping.manualRouting=true", "http :80"},
		{"--ping.entryPoint=web --entryPoints.web.address=:80", "web :80"},
		{"--api.insecure=true --entryPoints.web.address=:80/tcp", "traefik :8080; web :80"},
		{"--api.insecure=false --metrics.prometheus.entryPoint=traefik", "http :80; traefik :8080"},
		{"--entryPoints.webSecure.address=:8443 --entrypoints.websecure.http.tls=true", "webSecure :8443 tls"},
		{"--entrypoints.websecure.http.tls --entryPoints.webSecure.address=:8443", "webSecure :8443 tls"},
		{"--entrypoints.a.http.tls=false -entrypoints.a.asdefault --entrypoints.b=true", "a  default; b "},
		{"--entrypoints.a.http.tls.options=foo", "a  tls"},
		{"--entryPoints.a.address=:1 --entryPoints.A.address=:2/UDP", "a :2 udp"},
		{"--entrypoints.a.http.middlewares=a@b,c --entrypoints.a.http.middlewares=d", "a  through a@b,c,d"},
		{"--entrypoints.a.http.encodedCharacters.allowEncodedSlash=false", "a  encoded false "},
		{"--entrypoints.a.http.redirections.entrypoint.to=b --entrypoints.b.address=:2", "a  to https b; b :2"},
		{"--entrypoints.a.http.redirections.entrypoint.to=:443 --entrypoints.a.http.redirections.entrypoint.scheme=http", "a  to http :443 sometimes"},
		{"--entrypoints.a.http.redirections.entrypoint.to=:443 --entrypoints.a.http.redirections.entrypoint.priority=10", "a  to https :443 sometimes"},
		{"--entrypoints.a.http.redirections.entrypoint.to=elsewhere", "a "},
		{"--entrypoints.a.address :80", "a true; unclear"},
		{"--entrypoints.a.address=:$(PORT)", "a :$(PORT); unclear"},
	} {
		if got := described(argumentsOf(strings.Fields(test.args))); got != test.want {
			t.Errorf("%s\n\t%s\nwant\t%s", test.args, got, test.want)
		}
	}
}

func parsed(t *testing.T, text string) *yaml.Node {
	t.Helper()
	documents, err := syntax.Documents([]byte(text))
	if err != nil || len(documents) != 1 {
		t.Fatal(err, text)
	}
	return documents[0]
}

// TestFile reads a configuration file, which keeps the spelling of names.
func TestFile(t *testing.T) {
	for _, test := range []struct{ file, want string }{
		{"entryPoints: {webSecure: {address: ':443', http: {tls: {}}}, B: {}}", "B ; webSecure :443 tls"},
		{"entrypoints: {a: {asDefault: true, http: {tls: {options: x}, middlewares: [a@x, b]}}}", "a  tls default through a@x,b"},
		{"entryPoints: {a: {http: {tls: false}}}", "a "},
		{"entryPoints: {a: &a {address: ':1'}, b: *a}", "a :1; unclear"},
		{"entryPoints: {a: {<<: {address: ':1'}}}", "a ; unclear"},
		{"a: " + strings.Repeat("{a: ", 40) + "b" + strings.Repeat("}", 40), "http :80; unclear"},
	} {
		if got := described(fileOf(parsed(t, test.file))); got != test.want {
			t.Errorf("%s\n\t%s\nwant\t%s", test.file, got, test.want)
		}
	}
}

// TestChart is what versions of Traefik's chart make of values (traefik/templates/_podtemplate.tpl of each).
func TestChart(t *testing.T) {
	const rest = "metrics :9100; traefik :8080; web :8000; websecure :8443"
	for _, test := range []struct{ version, first, second, want string }{
		{"41.3.0", "{}", "{}", rest + " tls"},
		{"38.0.2", "{}", "{}", rest + " tls"},
		{"41.3.0", "ports: {websecure: {http: {tls: {enabled: false}}}}", "{}", rest},
		{"41.3.0", "ports: {websecure: {http: {tls: {enabled: false}}}}", "ports: {websecure: {http: {tls: {enabled: true}}}}", rest + " tls"},
		{"41.3.0", "ports: {websecure: {tls: {enabled: false}}}", "{}", rest + " tls"},
		{"38.0.2", "ports: {websecure: {tls: {enabled: false}}}", "{}", rest},
		{"38.0.2", "ports: {websecure: {http: {tls: {enabled: false}}}}", "{}", rest + " tls"},
		{"41.3.0", "ports: {web: null, metrics: {}, tunnel: {port: 7080}, dns: {port: 53, protocol: UDP}, hub: {port: 1, uplink: true}}", "{}",
			"dns :53 udp; metrics :9100; traefik :8080; tunnel :7080; websecure :8443 tls"},
		{"41.3.0", "ports: {tunnel: {port: 7080}}", "ports: {tunnel: null}", rest + " tls"},
		{"41.3.0", "ports: {tunnel: {port: 7080}}", "ports: 1", "http :80; traefik :8080"},
		{"41.3.0", "ports: {websecure: {asDefault: true, http: {middlewares: [a-b@kubernetescrd]}}}", "{}", rest + " tls default through a-b@kubernetescrd"},
		{"41.3.0", "ports: {web: {http: {redirections: {entryPoint: {to: websecure}}}}}", "{}",
			"metrics :9100; traefik :8080; web :8000 to https :443; websecure :8443 tls"},
		{"38.0.2", "ports: {web: {redirections: {entryPoint: {to: websecure}}}}", "{}",
			"metrics :9100; traefik :8080; web :8000 to https :443; websecure :8443 tls"},
		{"41.3.0", "ports: {web: {redirections: {entryPoint: {to: websecure}}}}", "{}", rest + " tls"},
		{"33.0.0", "ports: {web: {redirectTo: {port: websecure, priority: 10}}}", "{}",
			"metrics :9100; traefik :8080; web :8000 to https :443 sometimes; websecure :8443 tls"},
		{"41.3.0", "ports: {web: {http: {encodedCharacters: {allowEncodedSlash: false}}}}", "{}",
			"metrics :9100; traefik :8080; web :8000 encoded false ; websecure :8443 tls"},
		{"41.3.0", "additionalArguments: [--entryPoints.more.address=:1]", "{}", "metrics :9100; more :1; traefik :8080; web :8000; websecure :8443 tls"},
	} {
		v := &values{keys: &places.Keys{}, layers: []layer{{root: places.NodeOf(defaults)}, {root: parsed(t, test.first)}, {root: parsed(t, test.second)}}}
		o := argumentsOf(append(v.arguments(versionOf(test.version)), "--ping"))
		if got := described(o); got != test.want {
			t.Errorf("%s %s %s\n\t%s\nwant\t%s", test.version, test.first, test.second, got, test.want)
		}
	}
}

// TestChartOptions are the options that are not about entry points.
func TestChartOptions(t *testing.T) {
	v := &values{keys: &places.Keys{}, layers: []layer{{root: parsed(t, "{providers: {kubernetesCRD: {ingressClass: a, crossProviderNamespaces: [a, b]}}, core: {strictTLSOptions: true}, "+
		"experimental: {plugins: {geo: {moduleName: x}}}, ports: {a: {http: {tls: {enabled: true, options: o}}}}}")}}}
	o := argumentsOf(v.arguments(versionOf("41.3.0")))
	for path, want := range map[string]string{
		"providers.kubernetescrd": "true", "providers.kubernetescrd.ingressclass": "a", "providers.kubernetescrd.crossprovidernamespaces": "a,b",
		"core.stricttlsoptions": "true", "experimental.plugins.geo.modulename": "x", "entrypoints.a.http.tls.options": "o",
	} {
		if got := o.values[path]; got != want {
			t.Errorf("%s is %q, not %q", path, got, want)
		}
	}
}

func TestVersion(t *testing.T) {
	for _, test := range []struct {
		of   Version
		want string
	}{
		{imageVersion("traefik:v3.7.13"), "3.7.13"},
		{imageVersion("docker.io/library/traefik:3.7@sha256:00"), "3.7.0 or newer, but no 4"},
		{imageVersion("rancher/mirrored-library-traefik:2.11.8"), "2.11.8"},
		{imageVersion("registry:5000/traefik"), "unknown"},
		{imageVersion("traefik:latest"), "unknown"},
		{imageVersion("ghcr.io/traefik/traefik-hub:v3.20.1"), "unknown"},
		{chartVersion(versionOf("41.3.0")), "3.7.11"},
		{chartVersion(versionOf("40.2.0")), "3.7.1"},
		{chartVersion(versionOf("28.0.0")), "3.0.0"},
		{chartVersion(versionOf("42.0.0")), "3.7.11 or newer"},
		{imageVersion("traefik:v2"), "2.0.0 or newer, but no 3"},
		{imageVersion("traefik:20240229"), "unknown"},
		{chartVersion(versionOf("10.0.0")), "2.0.0 or newer, but no 3"},
		{chartVersion(versionOf("27.0")), "2.11.0 or newer, but no 3"},
		{chartVersion(versionOf("*")), "unknown"},
		{oldest([]Version{versionOf("3.7.11"), versionOf("3.7.11")}), "3.7.11"},
		{oldest([]Version{versionOf("3.7.11"), versionOf("3.6.2")}), "3.6.2 or newer, but no 4"},
		{oldest([]Version{versionOf("2.11.2"), versionOf("3.6.2")}), "2.11.2 or newer"},
		{oldest([]Version{versionOf("3.7.11"), versionOf("v3.7")}), "3.7.0 or newer, but no 4"},
		{oldest([]Version{versionOf("3.7.11"), {}}), "unknown"},
		{oldest(nil), "unknown"},
	} {
		got := fmt.Sprintf("%d.%d.%d", test.of.Major, test.of.Minor, test.of.Patch)
		switch {
		case test.of.Major == 0:
			got = "unknown"
		case !test.of.Exact:
			got += " or newer"
			if test.of.Within {
				got += fmt.Sprintf(", but no %d", test.of.Major+1)
			}
		}
		if got != test.want {
			t.Errorf("%s, not %s", got, test.want)
		}
	}
	v := versionOf("3.6.7")
	if !v.AtLeast(3, 6, 7) || v.AtLeast(3, 6, 8) || v.AtLeast(3, 7, 0) || !v.AtLeast(2, 11, 50) {
		t.Error("AtLeast")
	}
	for i := range charts[1:] {
		if versionOf(charts[i][0]).compare(versionOf(charts[i+1][0])) >= 0 || versionOf(charts[i][1]).compare(versionOf(charts[i+1][1])) >= 0 {
			t.Errorf("the charts are not in order at %s", charts[i][0])
		}
	}
}
