package routes

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/places"
	"github.com/hippotion/roster/internal/lint/models/traefik"
	"github.com/hippotion/roster/render"
	"golang.org/x/tools/txtar"
)

// TestScopes reads rules, and shows what each of their alternatives matches.
func TestScopes(t *testing.T) {
	for rule, want := range map[string]string{
		"Host(`a.example`)":                                             "a.example",
		"Host(\"A.example.\")":                                          "a.example",
		"host(`a.example`) && PATHPREFIX(`/`)":                          "a.example",
		"Host(`a`) && (Path(`/x`) || PathPrefix(`/x/`))":                "a =/x, a /x/",
		"(Host(`a`) || Host(`b`)) && PathPrefix(`/x`)":                  "a /x, b /x",
		"!(Host(`a`) || Method(`GET`))":                                 " [!Host(`a`) && !Method(`GET`)]",
		"!(Host(`a`) && Method(`GET`))":                                 " [!Host(`a`)],  [!Method(`GET`)]",
		"Host(`a`) && Host(`b`) || Host(`c`)":                           "c",
		"Host(`*`)":                                                     "",
		"Host(`*.a.example`)":                                           " [Host(`*.a.example`)]",
		"HostRegexp(`^.+\\.example$`) && Query(`a`)":                    " [HostRegexp(`^.+\\.example$`) && Query(`a`)]",
		"Host(`a`) &&\n  PathPrefix(`/x`)":                              "a /x",
		"Host(`a`) && Path(`/x`) && PathPrefix(`/y`) && Method(`POST`)": "a =/x [Method(`POST`) && PathPrefix(`/y`)]",
		"Host(`a`)\n&& PathPrefix(`/x`)":                                "-", // Traefik does not take it, either
		"Host(`a`, `b`)":                                                "-",
		"Host(`a`) && PathPrefix(`x`)":                                  "-",
		"Host(``)":                                                      "-",
		"Host(a)":                                                       "-",
		"Host:a":                                                        "-",
		"a.Host(`a`)":                                                   "-",
		"Hots(`a`)":                                                     "-",
		"Host(`a`) & Host(`b`)":                                         "-",
		"Host(`a`) || true":                                             "-",
		"":                                                              "-",
		strings.Repeat("(Host(`a`) || Host(`b`)) && ", 7) + "Path(`/`)": "-", // too many alternatives
		strings.Repeat("!", 1000) + "Host(`a`)":                         "-", // too deep
	} {
		var got []string
		scopes := understood(rule).scopes()
		for _, s := range scopes {
			text := s.Host
			if s.Path != "" {
				text += " "
				if s.Exact {
					text += "="
				}
				text += s.Path
			}
			if s.Rest != "" {
				text += " [" + s.Rest + "]"
			}
			got = append(got, text)
		}
		if scopes == nil {
			got = []string{"-"}
		}
		if diff := cmp.Diff(want, strings.Join(got, ", ")); diff != "" {
			t.Errorf("%s: %s", rule, diff)
		}
	}
}

// TestCovers compares what rules match.
func TestCovers(t *testing.T) {
	for _, test := range []struct {
		broad, narrow string
		want          bool
	}{
		{"Host(`a`)", "Host(`a`) && Path(`/x`)", true},
		{"Host(`a`)", "Host(`a`) && Method(`GET`)", true},
		{"Host(`a`)", "Host(`b`)", false},
		{"Path(`/x`)", "Host(`b`) && Path(`/x`)", true},
		{"Host(`a`) && PathPrefix(`/x`)", "Host(`a`) && PathPrefix(`/xy`)", true},
		{"Host(`a`) && PathPrefix(`/x/`)", "Host(`a`) && Path(`/x`)", false},
		{"Host(`a`) && PathPrefix(`/x`)", "Host(`a`)", false},
		{"Host(`a`) && Path(`/x`)", "Host(`a`) && PathPrefix(`/x`)", false},
		{"Host(`a`) && Path(`/x`)", "Host(`a`) && Path(`/x`)", true},
		{"Host(`a`) && Method(`GET`)", "Host(`a`)", false},
		{"Host(`a`) && Method(`GET`)", "Host(`a`) && Path(`/x`) && Method(`GET`)", true},
		{"HostRegexp(`a`)", "Host(`a`)", false},
	} {
		broad, narrow := understood(test.broad).scopes(), understood(test.narrow).scopes()
		if got := broad[0].Covers(&narrow[0]); got != test.want {
			t.Errorf("%s covers %s: %v", test.broad, test.narrow, got)
		}
	}
}

// FuzzMatch reads any text. What is understood is small.
func FuzzMatch(f *testing.F) {
	for _, rule := range []string{"Host(`a`) && (Path(`/x`) || !PathPrefix(`/x/`))", "Host:a", "HostRegexp(`{a:b}`)", "((((", "Header(`a`, \"b\")"} {
		f.Add(rule)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rule := understood(text)
		if len(rule) > mostMatchers {
			t.Errorf("%d alternatives", len(rule))
		}
		for _, alternative := range rule {
			if len(alternative) > 8*mostMatchers {
				t.Errorf("%d matchers", len(alternative))
			}
		}
		rule.scopes()
	})
}

// TestOwnRouters compares the routers of the list with what is rendered from it.
func TestOwnRouters(t *testing.T) {
	files, err := txtar.FS(txtar.Parse([]byte(`-- platform.yml --
domain: home.example
ingress: {auth: {login: {name: login, namespace: a}}}
-- applications.yml --
- namespace: a
  applications:
    - applicationCode: a
      repoURL: https://git.example/a.git
      path: deploy
      ingress:
        - {host: a, service: a, port: 80}
        - {host: a, path: /x, service: a, port: http, priority: 7, auth: none}
        - {host: a, path: /x/y_z, service: a, port: http, auth: app}
`)))
	if err != nil {
		t.Fatal(err)
	}
	platform, diags, err := catalog.Load(files, ".", catalog.Options{})
	if err != nil || len(diags) > 0 {
		t.Fatal(err, diags)
	}
	var want []*Router
	for _, o := range render.Build(platform) {
		if o.Kind != "IngressRoute" {
			continue
		}
		data, err := json.Marshal(o.Value())
		if err != nil {
			t.Fatal(err)
		}
		var content map[string]any // as an application would bring it
		if err := json.Unmarshal(data, &content); err != nil {
			t.Fatal(err)
		}
		o.Value = func() any { return content }
		in := model(&deployed.Input{Workloads: []*deployed.Object{{Object: o}}})
		want = append(want, broughtRouter(&in.IngressRoutes()[0], 0))
	}
	got := model(&deployed.Input{Platform: platform}).Routers()
	if len(want) != 3 || len(got) != 3 {
		t.Fatal(want, got)
	}
	for _, w := range want {
		found := false
		for _, g := range got {
			if g.Key() != w.Key() {
				continue
			}
			found = true
			if g.Priority != w.Priority || g.services[0] != w.services[0] || len(g.Middlewares) != len(w.Middlewares) || g.EntryPoints[0] != w.EntryPoints[0] || g.Scopes == nil {
				t.Errorf("%+v, and rendered %+v", g, w)
			}
		}
		if !found {
			t.Errorf("%s is rendered", w)
		}
	}
}

func understood(text string) matchRule {
	rule, _ := ParseMatch(text)
	return rule
}

func model(in *deployed.Input) *Model {
	d := deployed.New(in)
	p := places.New(d)
	return New(d, p, traefik.New(d, p))
}
