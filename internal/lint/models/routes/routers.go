// Package routes is the way of a request from outside, through Traefik, to a Service: of the routes that the list declares, and of those that
// applications bring; and which hosts applications call.
package routes

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/bounds"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/gateways"
	"github.com/hippotion/roster/internal/lint/models/once"
	"github.com/hippotion/roster/internal/lint/models/places"
	"github.com/hippotion/roster/internal/lint/models/secrets"
	"github.com/hippotion/roster/internal/lint/models/traefik"
	"github.com/hippotion/roster/internal/muxer"
	"github.com/hippotion/roster/render"
	"k8s.io/apimachinery/pkg/runtime"
)

// Model is the routes of all namespaces.
type Model struct {
	deployed *deployed.Model
	places   *places.Model
	traefik  *traefik.Model
	secrets  *secrets.Model
	gateways *gateways.Model

	ingresses     once.Value[*ingressRoutes]
	allRouters    once.Value[[]*Router]
	named         once.Value[map[string][]*Router] // by the hosts that they name
	contest       once.Value[*Contest]
	verdicts      once.Value[*verdicts]
	accesses      map[*deployed.Object]access // of Middlewares
	atEntryPoints map[*traefik.EntryPoint]access
	exposed       once.Value[*exposed]
	services      once.Value[map[string]map[string]*Service]
	operators     once.Value[map[string]bool] // the namespaces in which an operator may make Services
	routedHosts   once.Value[map[string]*owners]
	ofGateways    once.Value[[]*gatewayRoute]
	listeners     once.Value[map[*gateways.Listener]bool] // whether each takes routes
	followed      once.Value[map[[3]string]string]
	streams       once.Value[[]*GatewayStream]
	ofIngresses   once.Value[[]*ingress]
	classByItself once.Value[string] // of Ingresses without one
	policies      once.Value[map[policyTarget][]*deployed.Object]
	middlewaresBy once.Value[map[string][]*deployed.Object]
	callsOf       map[*deployed.Object][]Call
}

// New is the routes of what is deployed.
func New(d *deployed.Model, p *places.Model, t *traefik.Model, s *secrets.Model) *Model {
	return &Model{deployed: d, places: p, traefik: t, secrets: s, gateways: gateways.New(d)}
}

// Router is one rule that Traefik, or another implementation, reads: a route of the list, or one of an IngressRoute, an Ingress, an HTTPRoute
// or a GRPCRoute that an application deploys.
type Router struct {
	Own    *catalog.Route   // nil for one that an application deploys
	Object *deployed.Object // the IngressRoute, or what else it is of; nil for one of the list
	Index  int              // among the routes of the IngressRoute, or the rules
	Kind   string           // of the object

	Namespace, Name string   // of the object
	Server          string   // who answers, if it is not Traefik
	EntryPoints     []string // of Traefik; or else one, which names a Gateway and a port, or a class of Ingresses
	TLS             bool
	Syntax          muxer.Syntax
	Text            string              // of the rule
	Rule            *muxer.Rule         // nil when it was not read
	Invalid         error               // why Traefik does not accept it
	Scopes          []Scope             // of its alternatives, without those that no request matches
	Never           []muxer.Conjunction // those
	Priority        int
	Middlewares     []catalog.Middleware
	Redirect        string             // to which scheme a filter redirects all requests; empty when none does
	Guards          []string           // what asks for a login, or keeps somebody out, besides middlewares
	Unclear         []string           // what may do so, and is not known here
	Unsure          string             // why it is not known for certain what the router answers for, or when; empty when it is
	Listener        *gateways.Listener // of a route of the Gateway API; nil when it is not known
	services        []backend
	source          *deployed.Object // the object, also when roster renders it
	base, matchAt   []string         // where the rule is in the object, and what it matches, below that
	order           int              // among the routers of the object, of which the first wins
	Refused         bool             // whether its listener does not let it in
	Gateway         string           // of a route of the Gateway API: NAMESPACE/NAME
	TooLarge        string           // why the rule was not read, if it was not
	known           string           // its key
	pos             *diag.Position
	ports           func(namespace string) map[string]*Service
	places          *places.Model
	Place           int // among all routers
}

// ingressRoutes are those that applications deploy.
type ingressRoutes struct {
	roots    []ingressRoute
	children []ingressRoute // those below another one, which has the entry points
	unread   []ingressRoute // those that no Traefik reads, as they are of no class
}

// ingressRoute is what is read of one.
type ingressRoute struct {
	*deployed.Object
	EntryPoints []string
	TLS         *tlsOfRoute
	ParentRefs  []reference
	Routes      []ingressRule
}

type tlsOfRoute struct {
	SecretName string     `json:"secretName"`
	Options    *reference `json:"options"`
}

// reference is a name as it stands in an object.
type reference struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
}

type ingressRule struct {
	Kind        string      `json:"kind"`
	Match       string      `json:"match"`
	Syntax      string      `json:"syntax"`
	Priority    int         `json:"priority"`
	Middlewares []reference `json:"middlewares"`
	Services    []backend   `json:"services"`
}

// isRule reports whether Traefik makes a router of it.
func (r *ingressRule) isRule() bool { return r.Match != "" && (r.Kind == "" || r.Kind == "Rule") }

// IngressRoutes are the IngressRoutes that applications deploy, as far as they can be read. Those for another Traefik are left out, and
// those below another one, which has the entry points.
func (in *Model) IngressRoutes() []ingressRoute { return in.ingresses.Get(in.readIngressRoutes).roots }

func (in *Model) readIngressRoutes() *ingressRoutes {
	out, settings := &ingressRoutes{}, in.traefik.Settings()
	for _, o := range in.deployed.Kind("IngressRoute") {
		var r struct {
			Metadata struct {
				Annotations map[string]string `json:"annotations"`
			} `json:"metadata"`
			Spec struct {
				IngressClassName *string       `json:"ingressClassName"`
				EntryPoints      []string      `json:"entryPoints"`
				TLS              *tlsOfRoute   `json:"tls"`
				ParentRefs       []reference   `json:"parentRefs"`
				Routes           []ingressRule `json:"routes"`
			} `json:"spec"`
		}
		if !ofTraefik(o) || !decode(o.Content(), &r) {
			continue
		}
		class := classOf(r.Spec.IngressClassName, r.Metadata.Annotations)
		route := ingressRoute{o, r.Spec.EntryPoints, r.Spec.TLS, r.Spec.ParentRefs, r.Spec.Routes}
		switch {
		case !settings.Reads(class):
			if class == "" {
				out.unread = append(out.unread, route)
			}
		case len(route.ParentRefs) > 0:
			out.children = append(out.children, route)
		default:
			out.roots = append(out.roots, route)
		}
	}
	return out
}

// classOf is the class of an IngressRoute (pkg/provider/kubernetes/crd/kubernetes.go, getIngressClassName).
func classOf(field *string, annotations map[string]string) string {
	if field != nil {
		return *field
	}
	return annotations["kubernetes.io/ingress.class"]
}

// decode reads a value into a struct, by its tags: as the API server does, it tells large letters from small ones.
func decode(v map[string]any, into any) bool {
	return runtime.DefaultUnstructuredConverter.FromUnstructured(v, into) == nil
}

func ofTraefik(o *deployed.Object) bool { return strings.HasPrefix(o.APIVersion, "traefik.io/") }

// Routers are all of them, those of the list first. The list is not to be changed.
func (in *Model) Routers() []*Router {
	return in.allRouters.Get(func() []*Router {
		out := in.readRouters()
		for i, r := range out {
			r.Place, r.ports = i, in.ServicesOf
		}
		return out
	})
}

func (in *Model) readRouters() []*Router {
	var out []*Router
	others := slices.Concat(in.gatewayRouters(), in.ingressRouters())
	otherwise := map[*catalog.Route]bool{} // the routes that roster renders as something else than an IngressRoute
	for _, r := range others {
		if r.Own != nil {
			otherwise[r.Own] = true
			out = append(out, r)
		}
	}
	for n, a := range in.deployed.Applications() {
		for i := range a.Routes {
			if !otherwise[&a.Routes[i]] && a.Routes[i].Kind() == catalog.TraefikRoutes {
				out = append(out, ownRouters(n, &a.Routes[i], in.traefik.Settings())...)
			}
		}
	}
	out = append(out, in.brought(in.IngressRoutes())...)
	for _, r := range others {
		if r.Own == nil {
			out = append(out, r)
		}
	}
	for _, r := range out {
		if r.Server == "" {
			r.EntryPoints = in.traefik.Settings().OrDefaults(r.EntryPoints)
		}
	}
	return out
}

// brought are the routers of IngressRoutes.
func (in *Model) brought(all []ingressRoute) []*Router {
	var out []*Router
	for _, o := range all {
		for i, rule := range o.Routes {
			if rule.isRule() { // Traefik leaves out the others
				r := broughtRouter(&o, i, in.traefik.Settings())
				r.places = in.places
				out = append(out, r)
			}
		}
	}
	return out
}

// children are the routers below others. They share the hosts and entry points of those, which Routers has.
func (in *Model) children() []*Router {
	return in.brought(in.ingresses.Get(in.readIngressRoutes).children)
}

// ownRouters are what render makes of a route of the list: one for each of its hosts.
func ownRouters(n *catalog.Namespace, in *catalog.Route, t *traefik.Settings) []*Router {
	var out []*Router
	for i, rule := range render.TraefikRules(n, in) {
		r := &Router{Own: in, Kind: "IngressRoute", Index: i, Namespace: n.Name, Name: rule.Object, EntryPoints: in.Exposure.EntryPoints, TLS: rule.TLS, Text: rule.Match, Middlewares: rule.Middlewares}
		for _, s := range rule.Services {
			b := backend{Kind: s.Kind, Name: s.Name, Port: s.Port, Scheme: s.Scheme, ServersTransport: s.ServersTransport}
			if s.Outside { // no application deploys the Service, and no pod is behind it
				b = backend{Kind: "TraefikService", Name: "noop@internal"}
			}
			if s.Namespace != n.Name {
				b.Namespace = s.Namespace
			}
			r.services = append(r.services, b)
		}
		r.understand(rule.Priority, muxer.SyntaxOf(t.RuleSyntax("")))
		out = append(out, r)
	}
	return out
}

func broughtRouter(o *ingressRoute, i int, t *traefik.Settings) *Router {
	rule := &o.Routes[i]
	r := &Router{Object: o.Object, Kind: "IngressRoute", source: o.Object, Index: i, Namespace: o.Namespace, Name: o.Name, EntryPoints: o.EntryPoints, TLS: o.TLS != nil, Text: rule.Match}
	for _, m := range rule.Middlewares {
		r.Middlewares = append(r.Middlewares, catalog.Middleware{Name: m.Name, Namespace: cmp.Or(m.Namespace, o.Namespace)})
	}
	r.services = rule.Services
	r.understand(rule.Priority, muxer.SyntaxOf(t.RuleSyntax(rule.Syntax)))
	return r
}

func (r *Router) understand(priority int, syntax muxer.Syntax) {
	r.Syntax = syntax
	if r.Priority == 0 {
		r.Priority = cmp.Or(priority, len(r.Text))
	}
	if r.TooLarge = bounds.TraefikRule.Exceeded(r.Text); r.TooLarge != "" {
		return
	}
	rule, err := muxer.Parse(r.Text, syntax)
	switch {
	case errors.Is(err, muxer.ErrTooLarge):
		r.TooLarge = err.Error()
		return
	case err != nil:
		r.Invalid = err
		return
	}
	r.Rule = rule
	solver := muxer.NewSolver(mostStepsOfRule)
	for _, c := range rule.Alternatives {
		if _, found := solver.Find(c); found == muxer.No {
			r.Never = append(r.Never, c)
		} else {
			r.Scopes = append(r.Scopes, scopeOf(c))
		}
	}
}

// mostStepsOfRule bounds the search for requests that match a rule.
const mostStepsOfRule = 1_000_000

// At is where a field of the rule is, such as match; for a route of the list, the route.
func (r *Router) At(fields ...string) catalog.Place {
	if r.Own != nil {
		return r.Own.Place
	}
	if r.base == nil {
		return r.places.Field(r.Object, append([]string{"spec", "routes", strconv.Itoa(r.Index)}, fields...)...)
	}
	if len(fields) > 0 && fields[0] == "match" {
		fields = r.matchAt
	}
	return r.places.Field(r.Object, slices.Concat(r.base, fields)...)
}

func (r *Router) String() string {
	if r.Own != nil {
		return "the route of " + r.Own.Host + r.Own.Path
	}
	return diag.Beginning(r.Kind+" "+r.Name+" of "+r.Namespace, 3*deployed.LongestName)
}

// SameGuards reports whether the same middlewares and policies are before two routers.
func (r *Router) SameGuards(other *Router) bool {
	return slices.Equal(r.Middlewares, other.Middlewares) && r.Redirect == other.Redirect && slices.Equal(r.Guards, other.Guards) && slices.Equal(r.Unclear, other.Unclear)
}

// Moves reports whether two routers are of different kinds, and do the same with requests: one is about to take the place of the other.
func (r *Router) Moves(other *Router) bool {
	return r.Kind != other.Kind && r.LeadsWhere(other) && r.SameGuards(other)
}

// ServedBy is who answers, in messages.
func (r *Router) ServedBy() string { return cmp.Or(r.Server, "Traefik") }

// AnyScheme reports whether nobody knows here if requests come to the router over TLS: its listener is not in the list, or it is an Ingress of another
// controller than Traefik, which has entry points for both.
func (r *Router) AnyScheme() bool { return r.Server != "" && r.Listener == nil }

// LeadsWhere reports whether both lead to the same Services.
func (r *Router) LeadsWhere(other *Router) bool {
	return slices.EqualFunc(r.services, other.services, func(a, b backend) bool {
		namespace := cmp.Or(a.Namespace, r.Namespace)
		if (a.Kind == "TraefikService") != (b.Kind == "TraefikService") || a.Name != b.Name || namespace != cmp.Or(b.Namespace, other.Namespace) {
			return false
		}
		return a.Port == b.Port || r.Kind != other.Kind && r.ports != nil && r.ports(namespace)[a.Name].same(a.Port, b.Port) // a Gateway knows ports by number only
	})
}

// Key is the same for routers of which Traefik keeps only one: a router's name is made of these, with what is not a letter or digit
// replaced (pkg/provider/kubernetes/crd/kubernetes.go, makeID; pkg/provider/configuration.go, Normalize).
func (r *Router) Key() string {
	if r.known == "" {
		r.known = normalized(r.Namespace, r.Name) + " " + r.Text
	}
	return r.known
}

// Match is where the rule is.
func (r *Router) Match() diag.Position {
	if r.pos == nil {
		pos := r.At("match").Pos
		r.pos = &pos
	}
	return *r.pos
}

// Middleware is the one of that name; nil when no application deploys it, and roster does not render it.
func (in *Model) Middleware(m catalog.Middleware) *deployed.Object {
	id := deployed.ID{Group: "traefik.io", Kind: "Middleware", Namespace: m.Namespace, Name: m.Name}
	if o := in.deployed.Named(id); o != nil {
		return o
	}
	return in.deployed.Rendered(id)
}
