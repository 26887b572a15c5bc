package render

import (
	"net/http"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// httpFilter is one of them, as its type says.
type httpFilter struct {
	Type                   string        `json:"type"`
	RequestHeaderModifier  *headerFilter `json:"requestHeaderModifier,omitempty"`
	ResponseHeaderModifier *headerFilter `json:"responseHeaderModifier,omitempty"`
	ExtensionRef           *localRef     `json:"extensionRef,omitempty"`
	RequestRedirect        *redirectTo   `json:"requestRedirect,omitempty"`
	URLRewrite             *urlRewrite   `json:"urlRewrite,omitempty"`
}

type localRef struct {
	Group string `json:"group"`
	Kind  string `json:"kind"`
	Name  string `json:"name"`
}

type headerFilter struct {
	Set    []headerValue `json:"set,omitempty"`
	Add    []headerValue `json:"add,omitempty"`
	Remove []string      `json:"remove,omitempty"`
}

type headerValue struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type redirectTo struct {
	Scheme     string        `json:"scheme,omitempty"`
	Hostname   string        `json:"hostname,omitempty"`
	Path       *pathModifier `json:"path,omitempty"`
	Port       int           `json:"port,omitempty"`
	StatusCode int           `json:"statusCode"`
}

type urlRewrite struct {
	Hostname string        `json:"hostname,omitempty"`
	Path     *pathModifier `json:"path,omitempty"`
}

type pathModifier struct {
	Type               string `json:"type"`
	ReplaceFullPath    string `json:"replaceFullPath,omitempty"`
	ReplacePrefixMatch string `json:"replacePrefixMatch,omitempty"`
}

// httpFilters are those of a route, in the order in which requests go through them: the login first.
func httpFilters(n *catalog.Namespace, in *catalog.Route) []httpFilter {
	var out []httpFilter
	for _, m := range gatewayMiddlewares(in) {
		out = append(out, httpFilter{Type: "ExtensionRef", ExtensionRef: &localRef{"traefik.io", "Middleware", localMiddleware(n, m)}})
	}
	request := headerChanges(in.RequestHeaders)
	if !in.Auth.Asks() && in.Redirect == nil {
		request.Remove = withoutSet(n.IdentityHeaders, request)
	}
	if !request.empty() {
		out = append(out, httpFilter{Type: "RequestHeaderModifier", RequestHeaderModifier: &request})
	}
	if response := headerChanges(in.ResponseHeaders); !response.empty() {
		out = append(out, httpFilter{Type: "ResponseHeaderModifier", ResponseHeaderModifier: &response})
	}
	if to := in.Redirect; to != nil {
		code := http.StatusFound
		if to.Permanent {
			code = http.StatusMovedPermanently
		}
		out = append(out, httpFilter{Type: "RequestRedirect", RequestRedirect: &redirectTo{to.Scheme, to.Host, modifier(to.Path, to.Prefix), to.Port, code}})
	} else if to := in.Rewrite; to != nil {
		out = append(out, httpFilter{Type: "URLRewrite", URLRewrite: &urlRewrite{to.Host, modifier(to.Path, to.Prefix)}})
	}
	return out
}

// withoutSet are the headers to remove, with those that a route removes itself: but those that it sets.
func withoutSet(identity []string, in headerFilter) []string {
	out := slices.Clone(in.Remove)
	for _, name := range identity {
		same := func(other string) bool { return strings.EqualFold(name, other) }
		if !slices.ContainsFunc(out, same) && !slices.ContainsFunc(in.Set, func(h headerValue) bool { return same(h.Name) }) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

func (h *headerFilter) empty() bool { return len(h.Set)+len(h.Add)+len(h.Remove) == 0 }

func headerChanges(in catalog.HeaderChange) headerFilter {
	values := func(in []catalog.Header) []headerValue {
		var out []headerValue
		for _, h := range in {
			out = append(out, headerValue(h))
		}
		return out
	}
	return headerFilter{Set: values(in.Set), Add: values(in.Add), Remove: in.Remove}
}

// modifier replaces the whole path, or the prefix that matched; nil for neither.
func modifier(whole, prefix string) *pathModifier {
	switch {
	case whole != "":
		return &pathModifier{Type: "ReplaceFullPath", ReplaceFullPath: whole}
	case prefix != "":
		return &pathModifier{Type: "ReplacePrefixMatch", ReplacePrefixMatch: prefix}
	}
	return nil
}

// gatewayMiddlewares are those of Traefik that requests on a route of a Gateway go through.
func gatewayMiddlewares(in *catalog.Route) []catalog.Middleware {
	if m := in.Auth.Login.Middleware; m != nil {
		return append([]catalog.Middleware{*m}, in.Middlewares...)
	}
	return in.Middlewares
}

// localMiddleware is the name of a Middleware in the namespace of the route: an HTTPRoute can name no other (Traefik: pkg/provider/kubernetes/gateway,
// loadHTTPRouteFilterExtensionRef). For one of another namespace, it is that of a chain of this alone.
func localMiddleware(n *catalog.Namespace, m catalog.Middleware) string {
	if m.Namespace == n.Name {
		return m.Name
	}
	return object.Name("roster-" + m.Namespace + "." + m.Name)
}

type chain struct {
	Middlewares []middlewareRef `json:"middlewares"`
}

// chains lead from the routes of Gateways to Middlewares of other namespaces. Each is applied with the first route that needs it.
func chains(k kind, n *catalog.Namespace) []object.Object {
	first := map[catalog.Middleware]identity{}
	var order []catalog.Middleware
	attached(n, catalog.TraefikProxy, func(in *catalog.Route, sync catalog.Sync) {
		for _, m := range gatewayMiddlewares(in) {
			known, found := first[m]
			switch {
			case m.Namespace == n.Name:
			case !found:
				order = append(order, m)
				first[m] = identity{Kind: k, Namespace: n.Name, Name: localMiddleware(n, m), Origin: in.Origin, Sync: sync}
			case sync.Wave < known.Sync.Wave:
				known.Sync = sync
				first[m] = known
			}
		}
	})
	var out []object.Object
	for _, m := range order {
		out = append(out, first[m].object(func(t metav1.TypeMeta, meta metav1.ObjectMeta) any {
			return &middleware{TypeMeta: t, ObjectMeta: meta, Spec: middlewareSpec{Chain: &chain{[]middlewareRef{{Name: m.Name, Namespace: m.Namespace}}}}}
		}))
	}
	return out
}
