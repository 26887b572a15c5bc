package importing

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/lazy"
	"github.com/hippotion/roster/internal/listtext"
)

// The rules that a list can say: a host, and a path of it. What roster writes for a path also keeps /apix from matching /api.
var (
	hostRule   = lazy.Regexp("^Host\\(`([^`]+)`\\)$")
	pathRule   = lazy.Regexp("^Host\\(`([^`]+)`\\) *&& *\\(Path\\(`([^`]+)`\\) *\\|\\| *PathPrefix\\(`([^`]+)/`\\)\\)$")
	prefixRule = lazy.Regexp("^Host\\(`([^`]+)`\\) *&& *PathPrefix\\(`([^`]+)`\\)$")
)

// matched is the host and the path of a rule; narrower says that roster's rule for them matches less.
func matched(rule string) (host, path string, narrower, ok bool) {
	rule = strings.TrimSpace(rule)
	if m := hostRule().FindStringSubmatch(rule); m != nil {
		return m[1], "", false, true
	}
	if m := pathRule().FindStringSubmatch(rule); m != nil && m[2] == m[3] {
		return m[1], m[2], false, true
	}
	if m := prefixRule().FindStringSubmatch(rule); m != nil {
		path := strings.TrimRight(m[2], "/")
		return m[1], path, path != "", true
	}
	return "", "", false, false
}

// ingressRoutes puts IngressRoutes under applications, one host with its path after the other.
func (w *work) ingressRoutes(objects []*Object) {
	for _, o := range objects {
		if reason := w.ingressRoute(o); reason != "" {
			w.out(o, NotExpressed, reason)
		}
	}
}

func (w *work) ingressRoute(o *Object) (problem string) {
	e := w.entries[o.Namespace]
	spec := mapping(o.Value, "spec")
	entryPoints := texts(spec, "entryPoints")
	switch {
	case e == nil || len(e.apps) == 0:
		return "a list has routes under an application, and its namespace has none in the list"
	case spec["tls"] != nil && len(mapping(spec, "tls")) > 0:
		return "tls: a list leaves certificates to the entry points"
	case len(entryPoints) == 0:
		return "it has no entryPoints, so it is on all that Traefik has by default: a list names them"
	}
	var parts []*part
	var became *app
	for i, r := range list(spec, "routes") {
		route, _ := r.(map[string]any)
		p, a, reason := w.route(o, e, route)
		if reason != "" {
			return fmt.Sprintf("routes[%d]: %s", i, reason)
		}
		parts, became = append(parts, p), a
		put(&p.fields, "expose", w.exposure(entryPoints))
	}
	if len(parts) == 0 {
		return "it has no routes"
	}
	became.ingress = append(became.ingress, parts...)
	w.took(o, o.Namespace+".applications."+became.code+".ingress")
	if len(parts) > 1 {
		w.took(o, "", fmt.Sprintf("roster has one object for each host and path: it becomes %d", len(parts)))
	}
	return ""
}

// route is one route of an IngressRoute.
func (w *work) route(o *Object, e *entry, route map[string]any) (_ *part, _ *app, problem string) {
	host, path, narrower, ok := matched(text(route, "match"))
	services, middlewares := list(route, "services"), list(route, "middlewares")
	if narrower {
		w.took(o, "", "PathPrefix(`"+path+"`) also matches what only begins like it, such as "+path+"x: roster's rule does not")
	}
	switch {
	case !ok:
		return nil, nil, "match: a list has a Host, and a PathPrefix with it: the rule is another one"
	case len(services) != 1:
		return nil, nil, "services: a list has one Service for each host and path"
	case len(middlewares) > 1:
		return nil, nil, "middlewares: a list has one, which asks for a login"
	}
	service, _ := services[0].(map[string]any)
	if namespace, kind := text(service, "namespace"), text(service, "kind"); namespace != "" && namespace != o.Namespace || kind != "" && kind != "Service" {
		return nil, nil, "services: a list has Services of the own namespace"
	}
	p := &part{of: []*Object{o}}
	put(&p.fields, "host", host)
	put(&p.fields, "path", path)
	put(&p.fields, "service", text(service, "name"))
	put(&p.fields, "port", whole(service["port"]))
	put(&p.fields, "priority", whole(route["priority"]))
	auth := "none"
	if len(middlewares) == 1 {
		m, _ := middlewares[0].(map[string]any)
		namespace := text(m, "namespace")
		if namespace == "" {
			namespace = o.Namespace
		}
		if text(m, "name") != identityHeaders || len(w.platform.headers) == 0 {
			auth = w.middleware(namespace, text(m, "name"))
		}
	}
	put(&p.fields, "auth", auth)
	return p, e.holder(text(service, "name"), o.Name), ""
}

// exposure is the name of an exposure with these entry points, which is made of their names.
func (w *work) exposure(entryPoints []string) string {
	key := strings.Join(entryPoints, ",")
	if name := w.platform.exposures[key]; name != "" {
		return name
	}
	name := strings.Join(entryPoints, "-")
	w.platform.exposures[key] = name
	put(&w.platform.expose, name, entryPoints)
	return name
}

// middleware is the name of an auth with this Middleware: that of the Middleware, and of its namespace where two have the same.
func (w *work) middleware(namespace, name string) string {
	key := namespace + "/" + name
	if known := w.platform.middlewares[key]; known != "" {
		return known
	}
	called := name
	if get(w.platform.auth, called) != nil || slices.Contains([]string{"none", "app"}, called) {
		called = namespace + "-" + name
	}
	w.platform.middlewares[key] = called
	put(&w.platform.auth, called, listtext.Map{{Key: "name", Value: name}, {Key: "namespace", Value: namespace}})
	return called
}

// settleRoute writes out what Traefik has as defaults.
func settleRoute(read, rendered map[string]any) (notes []string) {
	spec := mapping(read, "spec")
	if tls, there := spec["tls"]; there && empty(tls) {
		notes = append(notes, "tls: {} is left out")
	}
	for _, r := range list(spec, "routes") {
		route, _ := r.(map[string]any)
		if route == nil {
			continue
		}
		if route["kind"] == nil {
			route["kind"] = "Rule"
		}
		for _, m := range list(route, "middlewares") {
			if one, _ := m.(map[string]any); one != nil && one["namespace"] == nil {
				one["namespace"] = mapping(read, "metadata")["namespace"]
			}
		}
		if empty(route["middlewares"]) {
			delete(route, "middlewares")
		}
		for _, s := range list(route, "services") {
			if one, _ := s.(map[string]any); one != nil {
				delete(one, "kind")
				delete(one, "namespace")
			}
		}
		if host, path, _, ok := matched(text(route, "match")); ok && path == "" {
			route["match"] = "Host(`" + host + "`)"
		} else if ok && pathRule().MatchString(text(route, "match")) {
			route["match"] = "Host(`" + host + "`) && (Path(`" + path + "`) || PathPrefix(`" + path + "/`))"
		}
	}
	return notes
}

// sameRoute reports whether a rendered route is one of those of an object.
func sameRoute(read, rendered map[string]any) bool {
	key := func(r any) string {
		m, _ := r.(map[string]any)
		host, path, _, _ := matched(text(m, "match"))
		return host + path
	}
	for _, to := range list(mapping(rendered, "spec"), "routes") {
		return slices.ContainsFunc(list(mapping(read, "spec"), "routes"), func(from any) bool { return key(from) == key(to) })
	}
	return false
}
