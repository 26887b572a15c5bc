package render

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type middleware struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              middlewareSpec `json:"spec"`
}

// middlewareSpec has one of them.
type middlewareSpec struct {
	Chain            *chain             `json:"chain,omitempty"`
	Headers          *middlewareHeaders `json:"headers,omitempty"`
	RedirectScheme   *redirectScheme    `json:"redirectScheme,omitempty"`
	RedirectRegex    *regexReplacement  `json:"redirectRegex,omitempty"`
	AddPrefix        *addPrefix         `json:"addPrefix,omitempty"`
	StripPrefix      *stripPrefix       `json:"stripPrefix,omitempty"`
	ReplacePath      *replacePath       `json:"replacePath,omitempty"`
	ReplacePathRegex *regexReplacement  `json:"replacePathRegex,omitempty"`
}

// middlewareHeaders are set or, when they are empty, removed (traefik pkg/middlewares/headers/header.go).
type middlewareHeaders struct {
	CustomRequestHeaders  map[string]string `json:"customRequestHeaders,omitempty"`
	CustomResponseHeaders map[string]string `json:"customResponseHeaders,omitempty"`
}

type redirectScheme struct {
	Scheme    string `json:"scheme"`
	Port      string `json:"port,omitempty"`
	Permanent bool   `json:"permanent,omitempty"`
}

type regexReplacement struct {
	Regex       string `json:"regex"`
	Replacement string `json:"replacement"`
	Permanent   bool   `json:"permanent,omitempty"`
}

type addPrefix struct {
	Prefix string `json:"prefix"`
}

type stripPrefix struct {
	Prefixes []string `json:"prefixes"`
}

type replacePath struct {
	Path string `json:"path"`
}

// middlewares are those of routes, and one that removes the headers of the platform's logins where no login runs. They are in the namespace of their
// routes: from another one, Traefik would have to allow it, and all these routes would wait for one Application.
func middlewares(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	var out []object.Object
	if n.RemovesByMiddleware() {
		id := identity{Kind: k, Namespace: n.Name, Name: catalog.IdentityMiddleware, Origin: catalog.PlatformFile + "#ingress/identityHeaders", Sync: n.IdentitySync}
		out = append(out, id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
			removed := map[string]string{}
			for _, header := range n.IdentityHeaders {
				removed[header] = ""
			}
			return &middleware{TypeMeta: t, ObjectMeta: m, Spec: middlewareSpec{Headers: &middlewareHeaders{CustomRequestHeaders: removed}}}
		}))
	}
	for _, kind := range []catalog.RouteKind{catalog.TraefikRoutes, catalog.IngressRoutes} {
		eachRoute(n, kind, func(in *catalog.Route, sync catalog.Sync) {
			for _, own := range ownMiddlewares(in) {
				id := identity{Kind: k, Namespace: n.Name, Name: own.name, Origin: in.Origin, Sync: sync}
				out = append(out, id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
					return &middleware{TypeMeta: t, ObjectMeta: m, Spec: own.spec}
				}))
			}
		})
	}
	return append(out, chains(k, n)...)
}

// ownMiddleware is one that a route needs for what it says itself.
type ownMiddleware struct {
	name string
	spec middlewareSpec
}

// ownMiddlewares are those of a route, in the order in which requests go through them. Headers come last: the host that they set is for the backend.
func ownMiddlewares(in *catalog.Route) []ownMiddleware {
	var out []ownMiddleware
	add := func(part string, spec middlewareSpec) { out = append(out, ownMiddleware{partName(in, part), spec}) }
	if in.Redirect != nil {
		add("redirect", redirectSpec(in))
	}
	if w := in.Rewrite; w != nil && w.Path+w.Prefix != "" {
		add("rewrite", rewriteSpec(in))
	}
	if headers := changedHeaders(in); headers != nil {
		add("headers", middlewareSpec{Headers: headers})
	}
	return out
}

func changedHeaders(in *catalog.Route) *middlewareHeaders {
	out := middlewareHeaders{CustomRequestHeaders: changes(in.RequestHeaders), CustomResponseHeaders: changes(in.ResponseHeaders)}
	if in.Rewrite != nil && in.Rewrite.Host != "" {
		out.CustomRequestHeaders["Host"] = in.Rewrite.Host
	}
	if len(out.CustomRequestHeaders)+len(out.CustomResponseHeaders) == 0 {
		return nil
	}
	return &out
}

func changes(h catalog.HeaderChange) map[string]string {
	out := map[string]string{}
	for _, s := range h.Set {
		out[s.Name] = s.Value
	}
	for _, name := range h.Remove {
		out[name] = ""
	}
	return out
}

// rewriteSpec replaces the path, or its prefix.
func rewriteSpec(in *catalog.Route) middlewareSpec {
	to := in.Rewrite
	switch {
	case to.Path != "":
		return middlewareSpec{ReplacePath: &replacePath{to.Path}}
	case to.Prefix == "/":
		return middlewareSpec{StripPrefix: &stripPrefix{[]string{in.Path}}}
	case in.Path == "":
		return middlewareSpec{AddPrefix: &addPrefix{strings.TrimRight(to.Prefix, "/")}}
	}
	return middlewareSpec{ReplacePathRegex: &regexReplacement{Regex: "^" + regexp.QuoteMeta(in.Path) + "(/.*)?$", Replacement: strings.TrimRight(to.Prefix, "/") + "${1}"}}
}

// The parts of a URL: scheme, host, port, path and query.
const (
	anyScheme = "^(https?)://"
	anyHost   = `(\[[^]/]*\]|[^:/?]*)`
	anyPort   = "(:[0-9]+)?"
	anyQuery  = `(\?.*)?$`
)

// redirectSpec sends requests elsewhere. A port stays with its host and scheme.
func redirectSpec(in *catalog.Route) middlewareSpec {
	to := in.Redirect
	port := ""
	if to.Port != 0 {
		port = strconv.Itoa(to.Port)
	}
	if to.Host+to.Path+to.Prefix == "" && to.Scheme != "" {
		return middlewareSpec{RedirectScheme: &redirectScheme{to.Scheme, port, to.Permanent}}
	}
	replacement := func(set, kept string) string {
		if set == "" {
			return kept
		}
		return set
	}
	path, newPath := "([^?]*)", "${4}"
	switch {
	case to.Path != "":
		newPath = to.Path
	case to.Prefix != "":
		path, newPath = regexp.QuoteMeta(in.Path)+"(/[^?]*)?", strings.TrimRight(to.Prefix, "/")+"${4}"
	}
	newPort := "${3}"
	switch {
	case port != "":
		newPort = ":" + port
	case to.Host+to.Scheme != "":
		newPort = ""
	}
	return middlewareSpec{RedirectRegex: &regexReplacement{
		Regex:       anyScheme + anyHost + anyPort + path + anyQuery,
		Replacement: replacement(to.Scheme, "${1}") + "://" + replacement(to.Host, "${2}") + newPort + newPath + "${5}",
		Permanent:   to.Permanent,
	}}
}
