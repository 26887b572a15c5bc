package routes

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/places"
	"github.com/hippotion/roster/internal/lint/models/secrets"
	"github.com/hippotion/roster/internal/lint/models/traefik"
	"github.com/hippotion/roster/render"
	"golang.org/x/tools/txtar"
)

// TestOwnRouters compares the routers of the list with what is rendered from it.
func TestOwnRouters(t *testing.T) {
	files, err := txtar.FS(txtar.Parse([]byte(`-- platform.yml --
domain: home.example
ingress: {auth: {login: {name: login, namespace: b}}, identityHeaders: [X-Auth-Request-User]}
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
	objects := render.Build(platform)
	for _, o := range objects {
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
		in := model(&deployed.Input{Platform: platform, Workloads: []*deployed.Object{{Object: o}}})
		want = append(want, broughtRouter(&in.IngressRoutes()[0], 0, &traefik.Settings{}))
	}
	in := model(&deployed.Input{Platform: platform, Objects: objects})
	got := in.Routers()
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
			if g.Priority != w.Priority || !reflect.DeepEqual(g.services[0], w.services[0]) || !slices.Equal(g.Middlewares, w.Middlewares) || len(g.Middlewares) != 1 || g.EntryPoints[0] != w.EntryPoints[0] || g.Scopes == nil {
				t.Errorf("%+v, and rendered %+v", g, w)
			}
		}
		if !found {
			t.Errorf("%s is rendered", w)
		}
		rosters := w.Middlewares[0].Name == catalog.IdentityMiddleware
		switch o := in.Middleware(w.Middlewares[0]); {
		case rosters != (o != nil):
			t.Errorf("%v is known: %t", w.Middlewares[0], o != nil)
		case rosters && o.Content()["spec"].(map[string]any)["headers"] == nil:
			t.Errorf("%v is %v", w.Middlewares[0], o.Content())
		}
	}
	if got := in.Middleware(catalog.Middleware{Name: catalog.IdentityMiddleware, Namespace: "b"}); got != nil {
		t.Errorf("there is one in namespace b: %v", got)
	}
}

func model(in *deployed.Input) *Model {
	d := deployed.New(in)
	p := places.New(d)
	return New(d, p, traefik.New(d, p), secrets.New(d, p))
}
