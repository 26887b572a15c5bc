package render_test

import (
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render"
	"sigs.k8s.io/yaml"
)

// built are the objects of a list with one application, whose ingress has one element.
func built(t *testing.T, ingress string) map[string]map[string]any {
	t.Helper()
	return builtFor(t, "expose: {lan: [websecure], public: [tunnel, websecure]}", ingress)
}

// builtFor are the objects of such a list, with what platform.yml says of routes.
func builtFor(t *testing.T, settings, ingress string) map[string]map[string]any {
	t.Helper()
	root := fstest.MapFS{
		"applications.yml": {Data: []byte("- namespace: web-a\n  applications:\n    - applicationCode: web-a\n      path: a\n      ingress:\n        - " + ingress + "\n")},
		"platform.yml":     {Data: []byte("domain: home.example\nrepository: {url: https://git.example/house.git}\ningress: {" + settings + ", defaults: {auth: app}}\n")},
		"a/a.yml":          {Data: []byte("{}\n")},
	}
	p, diags, err := catalog.Load(root, ".", catalog.Options{})
	if err != nil || len(diags) > 0 {
		t.Fatal(err, diags)
	}
	out := map[string]map[string]any{}
	for _, o := range render.Build(p) {
		text, err := yaml.Marshal(o.Value())
		var spec map[string]any
		if err != nil || yaml.Unmarshal(text, &spec) != nil {
			t.Fatal(err)
		}
		out[o.Kind] = spec
	}
	return out
}

// TestRedirects follows redirections as Traefik's middleware does: by its regular expression, of the whole URL.
func TestRedirects(t *testing.T) {
	for _, c := range []struct{ ingress, from, to string }{
		{"{host: a.home.example, redirect: b.home.example}", "http://a.home.example:8080/x?q=1", "http://b.home.example/x?q=1"},
		{"{host: a.home.example, redirect: {host: b.home.example, scheme: https, port: 8443}}", "http://a.home.example/", "https://b.home.example:8443/"},
		{"{host: a.home.example, path: /old, redirect: {prefix: /new}}", "https://a.home.example/old/x?q=1", "https://a.home.example/new/x?q=1"},
		{"{host: a.home.example, path: /old, redirect: {prefix: /}}", "https://a.home.example/old", "https://a.home.example"},
		{"{host: a.home.example, path: /old, redirect: {path: /new}}", "https://a.home.example:8443/old/x?q=1", "https://a.home.example:8443/new?q=1"},
		{"{host: a.home.example, redirect: {prefix: /new}}", "https://a.home.example/x", "https://a.home.example/new/x"},
	} {
		m := built(t, c.ingress)["Middleware"]["spec"].(map[string]any)["redirectRegex"].(map[string]any)
		if got := regexp.MustCompile(m["regex"].(string)).ReplaceAllString(c.from, m["replacement"].(string)); got != c.to {
			t.Errorf("%s: %s leads to %s", c.ingress, c.from, got)
		}
	}
}

// TestRuleOrder: a host with a * comes after each that is written out, and one that says more before one that says less; an exact path before
// the prefixes that it begins with.
func TestRuleOrder(t *testing.T) {
	priority := func(ingress string) int {
		rule := built(t, ingress)["IngressRoute"]["spec"].(map[string]any)["routes"].([]any)[0].(map[string]any)
		if p, set := rule["priority"].(float64); set {
			return int(p)
		}
		return len(rule["match"].(string))
	}
	last := 0
	for _, host := range []string{"host: '*.home.example'", "host: 'pr-*.home.example'", "host: 'pr-*.home.example', path: /api", "host: a.home.example", "host: a.home.example, path: /api", "host: a.home.example, path: {exact: /api}", "host: a.home.example, path: {exact: /api/x}"} {
		p := priority("{" + host + ", service: a, port: 80}")
		if p <= last {
			t.Errorf("%s has the priority %d, after %d", host, p, last)
		}
		last = p
	}
}

// TestCertificates: a route has a certificate of its own only where no plain entry point can be among its own.
func TestCertificates(t *testing.T) {
	for expose, own := range map[string]bool{"lan": true, "public": false} {
		root := built(t, "{host: z.home.example, service: a, port: 80, expose: "+expose+", tls: a-tls}")
		spec := root["IngressRoute"]["spec"].(map[string]any)
		if name := root["IngressRoute"]["metadata"].(map[string]any)["name"].(string); own != (spec["tls"] != nil && name == "z.home.example") {
			t.Errorf("%s: %v", expose, spec)
		} else if !own && (strings.HasPrefix(name, "certificate-") || spec["tls"] != nil) {
			t.Errorf("%s: %s is the last, with %v", expose, name, spec)
		}
	}
}
