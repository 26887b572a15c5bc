package routes

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/gateways"
	"github.com/hippotion/roster/internal/muxer"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// gatewayRoute is an HTTPRoute or a GRPCRoute.
type gatewayRoute struct {
	*deployed.Object
	own         []*catalog.Route // those of the list that it was made from, if roster renders it
	parents     []gateways.Parent
	hostnames   []string
	rules       []gatewayRule
	attachments []gateways.Attachment
}

type gatewayRule struct {
	Matches     []gatewayMatch   `json:"matches"`
	Filters     []gatewayFilter  `json:"filters"`
	BackendRefs []gatewayBackend `json:"backendRefs"`
}

type gatewayMatch struct {
	Path        *typed  `json:"path"`
	Method      any     `json:"method"` // of a GRPCRoute, a mapping
	Headers     []typed `json:"headers"`
	QueryParams []typed `json:"queryParams"`
}

// typed is a text and how it is compared.
type typed struct {
	Type  string `json:"type"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

type gatewayFilter struct {
	Type     string `json:"type"`
	Redirect *struct {
		Scheme string `json:"scheme"`
	} `json:"requestRedirect"`
	Rewrite *struct {
		Hostname string `json:"hostname"`
		Path     any    `json:"path"`
	} `json:"urlRewrite"`
	Extension *extension `json:"extensionRef"`
}

type extension struct {
	Group string `json:"group"`
	Kind  string `json:"kind"`
	Name  string `json:"name"`
}

type gatewayBackend struct {
	Group     string          `json:"group"`
	Kind      string          `json:"kind"`
	Name      string          `json:"name"`
	Namespace string          `json:"namespace"`
	Port      int32           `json:"port"`
	Weight    *int            `json:"weight"`
	Filters   []gatewayFilter `json:"filters"`
}

// isService reports whether a backend is a Service.
func (b *gatewayBackend) isService() bool {
	return b.Group == "" && (b.Kind == "" || b.Kind == "Service")
}

const (
	// mostRules and mostMatches are how many rules of a route, and matches in one, are looked at: the API server accepts no more.
	mostRules   = 64
	mostMatches = 128
	// mostRouters bounds the routers of all HTTPRoutes and GRPCRoutes: each is one for each of its matches and listeners.
	mostRouters = 100_000
)

// gatewayRoutes are the HTTPRoutes and GRPCRoutes, as far as they can be read.
func (in *Model) gatewayRoutes() []*gatewayRoute {
	return in.ofGateways.Get(func() []*gatewayRoute {
		var out []*gatewayRoute
		for _, kind := range []string{"HTTPRoute", "GRPCRoute"} {
			for _, o := range in.deployed.All(kind) {
				if r := in.readGatewayRoute(o); r != nil {
					out = append(out, r)
				}
			}
		}
		return out
	})
}

func (in *Model) readGatewayRoute(o *deployed.Object) *gatewayRoute {
	var r struct {
		Spec struct {
			Parents   []gateways.Parent `json:"parentRefs"`
			Hostnames []string          `json:"hostnames"`
			Rules     []gatewayRule     `json:"rules"`
		} `json:"spec"`
	}
	if !gateways.Is(o) || !decode(o.Content(), &r) {
		return nil
	}
	out := &gatewayRoute{Object: o, parents: r.Spec.Parents, hostnames: r.Spec.Hostnames, rules: r.Spec.Rules}
	if o.Application == nil {
		if out.own = in.ownOf(o.Namespace, r.Spec.Hostnames); out.own == nil {
			return nil
		}
	}
	if _, given := deployed.FieldAt(o, "spec").(map[string]any)["rules"]; !given && o.Kind == "HTTPRoute" {
		out.rules = []gatewayRule{{}}
	}
	out.rules = out.rules[:min(len(out.rules), mostRules)]
	for i := range out.rules {
		rule := &out.rules[i]
		rule.Matches = rule.Matches[:min(len(rule.Matches), mostMatches)]
		_, given := deployed.Member(deployed.FieldAt(o, "spec", "rules", strconv.Itoa(i)), "matches").([]any)
		if len(rule.Matches) == 0 && (!given || o.Kind == "GRPCRoute") { // the API server's own default
			rule.Matches = []gatewayMatch{{}}
		}
	}
	out.attachments = in.gateways.Attach(&gateways.Route{Kind: o.Kind, Namespace: o.Namespace, Parents: out.parents, Hostnames: out.hostnames})
	return out
}

// ownOf are the routes of the list for some hosts in a namespace.
func (in *Model) ownOf(namespace string, hosts []string) []*catalog.Route {
	n := in.deployed.Entry(namespace)
	if n == nil {
		return nil
	}
	var out []*catalog.Route
	for i := range n.Applications {
		for k := range n.Applications[i].Routes {
			if r := &n.Applications[i].Routes[k]; slices.Contains(hosts, r.Host) {
				out = append(out, r)
			}
		}
	}
	return out
}

// gatewayRouters are the routers of HTTPRoutes and GRPCRoutes.
func (in *Model) gatewayRouters() []*Router {
	var out []*Router
	left := mostRouters
	for _, o := range in.gatewayRoutes() {
		namesakes, order := map[string][]*Router{}, []string{}
		for i := range o.attachments {
			for _, r := range in.attached(o, &o.attachments[i], &left) {
				if namesakes[r.known] == nil {
					order = append(order, r.known)
				}
				namesakes[r.known] = append(namesakes[r.known], r)
			}
		}
		for _, name := range order {
			out = append(out, in.kept(namesakes[name]))
		}
	}
	return out
}

// kept is the one of several routers with one name that is there: the listeners of a Gateway at one entry point give Traefik the same names, and each
// that takes the route overwrites what those before it made (pkg/provider/kubernetes/gateway/httproute.go, loadHTTPRoutes).
func (in *Model) kept(all []*Router) *Router {
	var last, sure *Router
	for _, r := range all {
		if r.Refused || r.Listener != nil && !in.takesRoutes(r.Listener) {
			continue
		}
		if last == nil || r.Server == "" {
			last = r
		}
		if r.Unsure == "" {
			sure = r
		}
	}
	switch {
	case last == nil:
		return all[0]
	case sure != nil && sure.TLS == last.TLS: // then it is all the same whether the last one is there
		return sure
	}
	return last
}

// takesRoutes reports whether a listener takes any routes, for all that is known.
func (in *Model) takesRoutes(l *gateways.Listener) bool {
	known := in.listeners.Get(func() map[*gateways.Listener]bool { return map[*gateways.Listener]bool{} })
	takes, ok := known[l]
	if !ok {
		s := &subject{judge: &judge{Model: in, settings: in.traefik.Settings()}, object: l.Object, part: true}
		s.listener(l)
		takes = len(s.faults) == 0
		known[l] = takes
	}
	return takes
}

// attached are the routers of a route at one listener.
func (in *Model) attached(o *gatewayRoute, a *gateways.Attachment, left *int) []*Router {
	var out []*Router
	base := in.atListener(o, a)
	hosts := a.Hostnames
	if a.Listener == nil {
		hosts = o.hostnames
	}
	sets := [][]string{hosts}
	if base.Server != "" && len(hosts) > 1 { // each has a place of its own in the order
		sets = nil
		for _, h := range hosts {
			sets = append(sets, []string{h})
		}
	}
	for i := range o.rules {
		for k := range o.rules[i].Matches {
			for _, hosts := range sets {
				if *left--; *left < 0 {
					return out
				}
				out = append(out, in.gatewayRouter(o, base, i, k, hosts))
			}
		}
	}
	return out
}

// atListener is what all routers of a route at a listener share.
func (in *Model) atListener(o *gatewayRoute, a *gateways.Attachment) Router {
	out := Router{Kind: o.Kind, Namespace: o.Namespace, Name: o.Name, places: in.places, source: o.Object, Refused: a.Refused > gateways.NotKnown, Listener: a.Listener}
	if o.Application != nil {
		out.Object = o.Object
	}
	p := gateways.Parent{}
	if a.Parent < len(o.parents) {
		p = o.parents[a.Parent]
	}
	if a.Listener == nil {
		out.Server = "Gateway " + p.Name + " of " + cmp.Or(p.Namespace, o.Namespace)
		out.Gateway = cmp.Or(p.Namespace, o.Namespace) + "/" + p.Name
		out.EntryPoints = []string{out.Gateway}
		switch {
		case p.SectionName != "":
			out.EntryPoints = []string{out.Gateway + "/" + p.SectionName}
		case p.Port != nil:
			out.EntryPoints = []string{out.Gateway + ":" + strconv.Itoa(int(*p.Port))}
		}
		if a.Refused == gateways.NotKnown {
			out.Unsure = out.Server + " is not known here"
		}
		return out
	}
	l := a.Listener
	out.Gateway = l.Namespace + "/" + l.Gateway.Name
	out.TLS = l.Protocol == "HTTPS" || l.Protocol == "TLS"
	if a.Refused == gateways.NotKnown {
		out.Unsure = "whether " + l.Title() + " lets the routes of namespace " + o.Namespace + " in is not known here"
	}
	if l.ByTraefik() {
		out.EntryPoints = in.entryPointsOf(l)
		return out
	}
	out.Server = l.Server()
	out.EntryPoints = []string{out.Gateway + ":" + strconv.Itoa(int(l.Port))}
	return out
}

// entryPointsOf is the entry point of Traefik that a listener is: the one with its port. Where those of Traefik are not known, it has the port as
// its name (pkg/provider/kubernetes/gateway/kubernetes.go, entryPointName).
func (in *Model) entryPointsOf(l *gateways.Listener) []string {
	t, port := in.traefik.Settings(), strconv.Itoa(int(l.Port))
	for _, name := range t.EntryPoints(false) {
		if e := t.EntryPoint(name); e != nil && e.Port() == port && !(l.Protocol == "HTTP" && e.TLS) {
			return []string{name}
		}
	}
	return []string{":" + port}
}

// gatewayRouter is the router of one match.
func (in *Model) gatewayRouter(o *gatewayRoute, base Router, rule, match int, hosts []string) *Router {
	r := base
	m, of := &o.rules[rule].Matches[match], &o.rules[rule]
	r.Index = rule
	r.base = []string{"spec", "rules", strconv.Itoa(rule)}
	if deployed.FieldAt(o.Object, append(r.base, "matches", strconv.Itoa(match))...) != nil {
		r.matchAt = []string{"matches", strconv.Itoa(match)}
	} else {
		r.matchAt = []string{}
	}
	r.order = rule*mostMatches + match
	traefik := r.Server == ""
	var priority int
	if o.Kind == "GRPCRoute" {
		r.Text, priority = grpcRule(hosts, m)
	} else {
		r.Text, priority = httpRule(hosts, m)
		priority += len(o.rules) - rule
	}
	if !traefik {
		priority = precedence(o.Kind, hosts, m)
		if slices.ContainsFunc(slices.Concat(m.Headers, m.QueryParams), func(t typed) bool { return t.Type == "RegularExpression" }) || m.Path != nil && m.Path.Type == "RegularExpression" {
			r.Unsure = cmp.Or(r.Unsure, "in which order regular expressions are tried is up to "+r.Server)
		}
	}
	for i := range of.BackendRefs {
		b := &of.BackendRefs[i]
		to := backend{Name: b.Name, Namespace: b.Namespace, Port: intstr.FromInt32(b.Port), Weight: b.Weight}
		if b.Group == "traefik.io" && traefik {
			to.Kind = b.Kind
		} else if !b.isService() {
			continue
		}
		r.services = append(r.services, to)
	}
	for i := range of.Filters {
		r.filter(&of.Filters[i])
	}
	in.guard(&r)
	r.Own = ownFor(o.own, hosts, m)
	r.known = strings.Join([]string{o.Kind, o.Namespace, o.Name, strings.Join(r.EntryPoints, " "), fmt.Sprint(r.TLS, " ", r.order), r.Text}, " ")
	if traefik {
		r.known = strings.Join([]string{o.Kind, o.Namespace, o.Name, strings.Join(r.EntryPoints, " "), strconv.Itoa(rule), r.Text}, " ")
		if l := r.Listener; l != nil {
			r.known += " " + l.Gateway.Where()
		}
	}
	r.understand(priority, muxer.V3)
	return &r
}

// ownFor is the route of the list that a match was made from.
func ownFor(own []*catalog.Route, hosts []string, m *gatewayMatch) *catalog.Route {
	path := ""
	if m.Path != nil {
		path = strings.TrimSuffix(m.Path.Value, "/")
	}
	for _, r := range own {
		if r.Path == path && slices.Contains(hosts, r.Host) {
			return r
		}
	}
	if len(own) == 0 {
		return nil
	}
	return own[0]
}

// filter notes what a filter does with requests.
func (r *Router) filter(f *gatewayFilter) {
	switch e := f.Extension; {
	case f.Type == "RequestRedirect" && f.Redirect != nil:
		r.Redirect = cmp.Or(f.Redirect.Scheme, "the same scheme")
	case f.Type == "ExternalAuth":
		r.Guards = append(r.Guards, "the filter ExternalAuth")
	case f.Type != "ExtensionRef" || e == nil:
	case e.Group == "traefik.io" && e.Kind == "Middleware" && (r.Server == "" || r.Object == nil): // roster writes it for Traefik only, also where the Gateway is not known here
		r.Middlewares = append(r.Middlewares, catalog.Middleware{Name: e.Name, Namespace: r.Namespace})
	case e.Group == "gateway.envoyproxy.io" && e.Kind == "HTTPRouteFilter": // it rewrites, or answers itself
	default:
		r.Unclear = append(r.Unclear, e.Kind+" "+e.Name+" of "+r.Namespace)
	}
}
