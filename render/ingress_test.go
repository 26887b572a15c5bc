package render

import (
	"fmt"
	"testing"

	"github.com/hippotion/roster/catalog"
)

// TestNamedByTraefik has the names that Normalize of Traefik's pkg/provider makes.
func TestNamedByTraefik(t *testing.T) {
	for _, c := range []struct{ namespace, name, want string }{
		{"web-a", "login", "web-a-login@kubernetescrd"},
		{"web-a", "login.v2", "web-a-login-v2@kubernetescrd"},
		{"web-a", "a--b", "web-a-a-b@kubernetescrd"},
		{"sys.auth", "x", "sys-auth-x@kubernetescrd"},
	} {
		if got := namedByTraefik(c.namespace, c.name); got != c.want {
			t.Errorf("%s of %s: %s", c.name, c.namespace, got)
		}
	}
}

// TestPathsOfIngress: a path and what is below it, and not what only begins with its characters.
func TestPathsOfIngress(t *testing.T) {
	for _, c := range []struct {
		route catalog.Route
		want  string
	}{
		{catalog.Route{}, "[Prefix /]"},
		{catalog.Route{Path: "/admin"}, "[Exact /admin Prefix /admin/]"},
		{catalog.Route{Path: "/admin", PathType: catalog.PathExact}, "[Exact /admin]"},
	} {
		var got []string
		for _, p := range pathsOfIngress(&c.route) {
			got = append(got, p.PathType+" "+p.Path)
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v", c.route.Path, got)
		}
	}
}
