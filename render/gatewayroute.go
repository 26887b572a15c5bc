package render

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// What the schemas of the Gateway API have defaults for is written out: otherwise Argo CD finds in the cluster what it has not applied, for ever.

const gatewayGroup = "gateway.networking.k8s.io"

// parentRef is a Gateway, one of its listeners, or all of a port.
type parentRef struct {
	Group       string `json:"group"`
	Kind        string `json:"kind"`
	Namespace   string `json:"namespace"`
	Name        string `json:"name"`
	SectionName string `json:"sectionName,omitempty"`
	Port        int    `json:"port,omitempty"`
}

type httpRoute struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              httpRouteSpec `json:"spec"`
}

type httpRouteSpec struct {
	ParentRefs []parentRef `json:"parentRefs"`
	Hostnames  []string    `json:"hostnames"`
	Rules      []httpRule  `json:"rules"`
}

type httpRule struct {
	Matches     []httpMatch   `json:"matches"`
	Filters     []httpFilter  `json:"filters,omitempty"`
	BackendRefs []backendRef  `json:"backendRefs,omitempty"`
	Timeouts    *httpTimeouts `json:"timeouts,omitempty"`
}

type httpMatch struct {
	Path        typedValue   `json:"path"`
	Headers     []namedValue `json:"headers,omitempty"`
	QueryParams []namedValue `json:"queryParams,omitempty"`
	Method      string       `json:"method,omitempty"`
}

type typedValue struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

type namedValue struct {
	Type  string `json:"type"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

type httpTimeouts struct {
	Request        string `json:"request,omitempty"`
	BackendRequest string `json:"backendRequest,omitempty"`
}

// backendRef is a Service. Without a namespace, it is one of the route's.
type backendRef struct {
	Group     string `json:"group"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	Port      int    `json:"port"`
	Weight    int    `json:"weight"`
}

func httpRoutes(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	var out []object.Object
	eachRoute(n, catalog.GatewayRoutes, func(in *catalog.Route, sync catalog.Sync) {
		if in.Protocol != catalog.HTTP {
			return
		}
		id := identity{Kind: k, Namespace: n.Name, Name: routeName(in), Origin: in.Origin, Sync: sync}
		out = append(out, id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
			spec := httpRouteSpec{ParentRefs: parentRefs(in), Hostnames: in.Hosts, Rules: httpRules(n, in)}
			return &httpRoute{TypeMeta: t, ObjectMeta: annotated(m, in), Spec: spec}
		}))
	})
	return out
}

// parentRefs are what a route is attached to.
func parentRefs(in *catalog.Route) []parentRef {
	var out []parentRef
	for _, g := range in.Exposure.Gateways {
		whole := parentRef{Group: gatewayGroup, Kind: "Gateway", Namespace: g.Namespace, Name: g.Name}
		for _, l := range g.Listeners {
			part := whole
			part.SectionName = l
			out = append(out, part)
		}
		for _, p := range g.Ports {
			part := whole
			part.Port = p
			out = append(out, part)
		}
		if len(g.Listeners)+len(g.Ports) == 0 {
			out = append(out, whole)
		}
	}
	return out
}

// httpRules is one rule for all that matches. A rule that replaces a prefix may have one match (the schema of HTTPRoute): then there is one for each.
func httpRules(n *catalog.Namespace, in *catalog.Route) []httpRule {
	rule := httpRule{Matches: httpMatches(in), Filters: httpFilters(n, in), Timeouts: timeoutsOf(in.Timeouts)}
	if in.Redirect == nil {
		rule.BackendRefs = backendRefs(n, in)
	}
	if len(rule.Matches) == 1 || !replacesPrefix(in) {
		return []httpRule{rule}
	}
	var out []httpRule
	for i := range rule.Matches {
		one := rule
		one.Matches = rule.Matches[i : i+1]
		out = append(out, one)
	}
	return out
}

func replacesPrefix(in *catalog.Route) bool {
	return in.Redirect != nil && in.Redirect.Prefix != "" || in.Rewrite != nil && in.Rewrite.Prefix != ""
}

// httpMatches are those of a route: one for each method.
func httpMatches(in *catalog.Route) []httpMatch {
	path := typedValue{string(in.PathType), in.Path}
	switch {
	case in.PathType == catalog.PathRegex: // Traefik looks for a part of the path that matches, and Envoy compares all of it
		path.Value = whole(in.Path)
	case in.Path == "":
		path.Value = "/"
	}
	match := httpMatch{Path: path, Headers: namedValues(in.Headers), QueryParams: namedValues(in.Query)}
	if len(in.Methods) == 0 {
		return []httpMatch{match}
	}
	var out []httpMatch
	for _, method := range in.Methods {
		one := match
		one.Method = method
		out = append(out, one)
	}
	return out
}

func namedValues(in []catalog.Matcher) []namedValue {
	var out []namedValue
	for _, m := range in {
		v := namedValue{Type: "Exact", Name: m.Name, Value: m.Value}
		if m.Regex {
			v.Type, v.Value = string(catalog.PathRegex), whole(m.Value)
		}
		out = append(out, v)
	}
	return out
}

// backendRefs are the Services of a route.
func backendRefs(n *catalog.Namespace, in *catalog.Route) []backendRef {
	out := make([]backendRef, len(in.Backends))
	for i, b := range in.Backends {
		out[i] = backendRef{Kind: "Service", Name: b.Service, Port: b.Port.Number, Weight: b.Weight}
		if b.Namespace != n.Name {
			out[i].Namespace = b.Namespace
		}
	}
	return out
}

func timeoutsOf(in catalog.Timeouts) *httpTimeouts {
	if in == (catalog.Timeouts{}) {
		return nil
	}
	return &httpTimeouts{Request: gatewayDuration(in.Request), BackendRequest: gatewayDuration(in.Backend)}
}

// gatewayDuration is a time as the Gateway API writes it (GEP-2257): whole numbers of at most five digits. It is empty for none.
func gatewayDuration(d time.Duration) string {
	if d == 0 {
		return ""
	}
	var b strings.Builder
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}, {time.Millisecond, "ms"}} {
		if n := d / unit.of; n > 0 {
			b.WriteString(strconv.Itoa(int(n)) + unit.name)
			d -= n * unit.of
		}
	}
	return b.String()
}

// attached calls do for all routes of a namespace that Gateways of an implementation answer for.
func attached(n *catalog.Namespace, to catalog.Implementation, do func(*catalog.Route, catalog.Sync)) {
	eachRoute(n, catalog.GatewayRoutes, func(in *catalog.Route, sync catalog.Sync) {
		if slices.ContainsFunc(in.Exposure.Gateways, func(g catalog.Gateway) bool { return g.Implementation == to }) {
			do(in, sync)
		}
	})
}
