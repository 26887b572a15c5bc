// Package routes is the way of a request from outside, through Traefik, to a Service: of the routes that the list declares, and of those that
// applications bring; and which hosts applications call.
package routes

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/bounds"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/once"
	"github.com/hippotion/roster/internal/lint/models/places"
	"github.com/hippotion/roster/internal/lint/models/traefik"
	"github.com/hippotion/roster/internal/muxer"
	"github.com/hippotion/roster/render/object"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Model is the routes of all namespaces.
type Model struct {
	deployed *deployed.Model
	places   *places.Model
	traefik  *traefik.Model

	ingresses       once.Value[[]ingressRoute]
	allRouters      once.Value[[]*Router]
	contest         once.Value[*Contest]
	allDropped      once.Value[map[*Router]bool]
	chains          map[*deployed.Object][]catalog.Middleware
	ofRoster        once.Value[*deployed.Object]            // stands for the Middlewares that roster renders: all are the same
	middlewareNames once.Value[map[string][]string]         // by namespace
	byTraefiksName  once.Value[map[string]*deployed.Object] // the middlewares, as an entry point names them
	atEntryPoints   map[*traefik.EntryPoint]before
	broken          once.Value[map[*deployed.Object]bool] // the middlewares that lead to one that is missing
	services        once.Value[map[string]map[string]*Service]
	operators       once.Value[map[string]bool] // the namespaces in which an operator may make Services
	routedHosts     once.Value[map[string]*owners]
	callsOf         map[*deployed.Object][]Call
}

// New is the routes of what is deployed.
func New(d *deployed.Model, p *places.Model, t *traefik.Model) *Model {
	return &Model{deployed: d, places: p, traefik: t}
}

// Router is one rule that Traefik reads: a route of the list, or one of an IngressRoute that an application deploys.
type Router struct {
	Own    *catalog.Route   // nil for one that an application deploys
	Object *deployed.Object // the IngressRoute; nil for one of the list
	index  int              // among the routes of the IngressRoute

	Namespace, Name string // of the IngressRoute
	EntryPoints     []string
	TLS             bool
	Syntax          muxer.Syntax
	Text            string              // of the rule
	Rule            *muxer.Rule         // nil when it was not read
	Invalid         error               // why Traefik does not accept it
	Scopes          []Scope             // of its alternatives, without those that no request matches
	Never           []muxer.Conjunction // those
	Priority        int
	Middlewares     []catalog.Middleware
	services        []backend
	TooLarge        string // why the rule was not read, if it was not
	known           string // its key
	pos             *diag.Position
	places          *places.Model
	Place           int // among all routers
}

// backend is a port of a Service.
type backend struct {
	namespace, name string
	port            intstr.IntOrString
}

// ingressRoute is what is read of one.
type ingressRoute struct {
	*deployed.Object
	EntryPoints []string
	TLS         *struct{}
	Routes      []ingressRule
}

type ingressRule struct {
	Kind, Match, Syntax string
	Priority            int
	Middlewares         []struct{ Name, Namespace string }
	Services            []struct {
		Kind, Name, Namespace string
		Port                  intstr.IntOrString
	}
}

// IngressRoutes are the IngressRoutes that applications deploy, as far as they can be read. Those for another Traefik are left out, and
// those below another one, which has the entry points.
func (in *Model) IngressRoutes() []ingressRoute { return in.ingresses.Get(in.readIngressRoutes) }

func (in *Model) readIngressRoutes() []ingressRoute {
	var out []ingressRoute
	for _, o := range in.deployed.Kind("IngressRoute") {
		var r struct {
			Metadata struct{ Annotations map[string]string }
			Spec     struct {
				IngressClassName string
				EntryPoints      []string
				TLS              *struct{}
				ParentRefs       []any
				Routes           []ingressRule
			}
		}
		if !ofTraefik(o) || !decode(o, &r) || len(r.Spec.ParentRefs) > 0 {
			continue
		}
		if forUs(r.Spec.IngressClassName, r.Metadata.Annotations) {
			out = append(out, ingressRoute{o, r.Spec.EntryPoints, r.Spec.TLS, r.Spec.Routes})
		}
	}
	return out
}

// forUs reports whether the Traefik of the list, which has no class of its own, answers for a class.
func forUs(class string, annotations map[string]string) bool {
	class = cmp.Or(class, annotations["kubernetes.io/ingress.class"])
	return class == "" || class == "traefik"
}

// decode reads an object into a struct of which only the names of the fields matter.
func decode(o *deployed.Object, into any) bool {
	data, err := json.Marshal(o.Content())
	return err == nil && json.Unmarshal(data, into) == nil
}

func ofTraefik(o *deployed.Object) bool { return strings.HasPrefix(o.APIVersion, "traefik.io/") }

// Routers are all of them, those of the list first. The list is not to be changed.
func (in *Model) Routers() []*Router {
	return in.allRouters.Get(func() []*Router {
		out := in.readRouters()
		for i, r := range out {
			r.Place = i
		}
		return out
	})
}

func (in *Model) readRouters() []*Router {
	var out []*Router
	for n, a := range in.deployed.Applications() {
		for i := range a.Routes {
			out = append(out, ownRouter(n, &a.Routes[i]))
		}
	}
	for _, o := range in.IngressRoutes() {
		for i, rule := range o.Routes {
			if rule.Match != "" && (rule.Kind == "" || rule.Kind == "Rule") { // Traefik leaves out the others
				out = append(out, broughtRouter(&o, i))
			}
		}
	}
	for _, r := range out {
		r.places = in.places
		if len(r.EntryPoints) == 0 {
			r.EntryPoints = in.traefik.Settings().Defaults()
		}
	}
	return out
}

// ownRouter is what render makes of a route of the list.
func ownRouter(n *catalog.Namespace, in *catalog.Route) *Router {
	r := &Router{Own: in, Namespace: n.Name, Name: in.Host, EntryPoints: in.Exposure.EntryPoints, Text: "Host(`" + in.Host + "`)", Middlewares: n.Middlewares(in)}
	if in.Path != "" {
		r.Name = object.Name(in.Host + in.Path)
		r.Text += " && (Path(`" + in.Path + "`) || PathPrefix(`" + in.Path + "/`))"
	}
	port := intstr.FromInt32(int32(in.Port.Number))
	if in.Port.Name != "" {
		port = intstr.FromString(in.Port.Name)
	}
	r.services = []backend{{n.Name, in.Service, port}}
	r.understand(in.Priority, muxer.V3)
	return r
}

func broughtRouter(o *ingressRoute, i int) *Router {
	rule := &o.Routes[i]
	r := &Router{Object: o.Object, index: i, Namespace: o.Namespace, Name: o.Name, EntryPoints: o.EntryPoints, TLS: o.TLS != nil, Text: rule.Match}
	for _, m := range rule.Middlewares {
		r.Middlewares = append(r.Middlewares, catalog.Middleware{Name: m.Name, Namespace: cmp.Or(m.Namespace, o.Namespace)})
	}
	for _, s := range rule.Services {
		b := backend{cmp.Or(s.Namespace, o.Namespace), s.Name, s.Port}
		if s.Kind != "" && s.Kind != "Service" {
			b = backend{} // keeps the places of the others
		}
		r.services = append(r.services, b)
	}
	r.understand(rule.Priority, muxer.SyntaxOf(rule.Syntax))
	return r
}

func (r *Router) understand(priority int, syntax muxer.Syntax) {
	r.Syntax = syntax
	r.Priority = cmp.Or(priority, len(r.Text))
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
	return r.places.Field(r.Object, append([]string{"spec", "routes", strconv.Itoa(r.index)}, fields...)...)
}

func (r *Router) String() string {
	if r.Own != nil {
		return "the route of " + r.Own.Host + r.Own.Path
	}
	return diag.Beginning("IngressRoute "+r.Name+" of "+r.Namespace, 3*deployed.LongestName)
}

// LeadsWhere reports whether both lead to the same Services.
func (r *Router) LeadsWhere(other *Router) bool { return slices.Equal(r.services, other.services) }

// Key is the same for routers of which Traefik keeps only one: a router's name is made of these, with what is not a letter or digit
// replaced (pkg/provider/kubernetes/crd/kubernetes.go, makeID; pkg/provider/configuration.go, Normalize).
func (r *Router) Key() string {
	if r.known != "" {
		return r.known
	}
	words := strings.FieldsFunc(r.Namespace+"-"+r.Name, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsNumber(c) })
	r.known = strings.Join(words, "-") + " " + r.Text
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

// Dropped are the routers that Traefik drops.
func (in *Model) Dropped() map[*Router]bool {
	return in.allDropped.Get(func() map[*Router]bool {
		out, settings, broken := map[*Router]bool{}, in.traefik.Settings(), in.brokenChains()
		for _, r := range in.Routers() {
			through := slices.ContainsFunc(r.Middlewares, func(m catalog.Middleware) bool { return broken[in.Middleware(m)] })
			if r.Invalid != nil || through || r.nowhere(settings) || len(in.MissingMiddlewares(r)) > 0 || len(in.Foreign(r, settings)) > 0 || len(in.MissingServices(r)) > 0 {
				out[r] = true
			}
		}
		return out
	})
}

// Fault is why Traefik drops a router.
type Fault struct {
	of            func(fields ...string) catalog.Place // the router, or a chain
	fields        []string
	Hint, Message string
}

// At is where it is.
func (f *Fault) At() catalog.Place { return f.of(f.fields...) }

// known reports whether all that is in a namespace of the list is known.
func (in *Model) known(namespace string) bool {
	n := in.deployed.Entry(namespace)
	return n != nil && len(n.Applications) > 0 && in.deployed.RenderedHere(n)
}

// Middleware is the one of that name; nil when no application deploys it, and roster does not render it.
func (in *Model) Middleware(m catalog.Middleware) *deployed.Object {
	id := deployed.ID{Group: "traefik.io", Kind: "Middleware", Namespace: m.Namespace, Name: m.Name}
	if o := in.deployed.Named(id); o != nil || !in.deployed.Rosters(id) {
		return o
	}
	return in.ofRoster.Get(func() *deployed.Object {
		content := map[string]any{"spec": map[string]any{"headers": map[string]any{}}} // which ones it removes, no rule asks
		return &deployed.Object{Object: object.Object{APIVersion: "traefik.io/v1alpha1", Kind: "Middleware", Name: m.Name, Value: func() any { return content }}}
	})
}

// chained are the middlewares that a chain refers to.
func (in *Model) chained(o *deployed.Object) []catalog.Middleware {
	if out, ok := in.chains[o]; ok {
		return out
	}
	if in.chains == nil {
		in.chains = map[*deployed.Object][]catalog.Middleware{}
	}
	var m struct {
		Spec struct {
			Chain struct {
				Middlewares []struct{ Name, Namespace string }
			}
		}
	}
	var out []catalog.Middleware
	if decode(o, &m) {
		for _, c := range m.Spec.Chain.Middlewares {
			out = append(out, catalog.Middleware{Name: c.Name, Namespace: cmp.Or(c.Namespace, o.Namespace)})
		}
	}
	in.chains[o] = out
	return out
}

// isMissing reports whether a middleware is certainly missing. A name with @ is that of another provider.
func (in *Model) isMissing(m catalog.Middleware) bool {
	return m.Name != "" && !strings.Contains(m.Name, "@") && in.known(m.Namespace) && in.Middleware(m) == nil
}

// likeMiddleware is the hint for a middleware that is missing.
func (in *Model) likeMiddleware(m catalog.Middleware) string {
	names := in.middlewareNames.Get(func() map[string][]string {
		out := map[string][]string{}
		for _, o := range in.deployed.Kind("Middleware") {
			if ofTraefik(o) {
				out[o.Namespace] = append(out[o.Namespace], o.Name)
			}
		}
		return out
	})[m.Namespace]
	return in.deployed.DidYouMean(m.Name, len(names), slices.Values(names))
}

// MissingMiddlewares are the faults of a router that refers to what no application deploys, without those of chains.
func (in *Model) MissingMiddlewares(r *Router) []Fault {
	var out []Fault
	for i, m := range r.Middlewares {
		if in.isMissing(m) {
			out = append(out, Fault{r.At, []string{"middlewares", strconv.Itoa(i), "name"}, in.likeMiddleware(m),
				fmt.Sprintf("no application deploys Middleware %s of namespace %s: Traefik drops the rule", m.Name, m.Namespace)})
		}
	}
	return out
}

// ChainFaults are the faults of the chains that routers go through, each once.
func (in *Model) ChainFaults() []Fault {
	var out []Fault
	seen := map[*deployed.Object]bool{}
	var next []*deployed.Object
	visit := func(m catalog.Middleware) {
		if o := in.Middleware(m); o != nil && !seen[o] {
			seen[o] = true
			next = append(next, o)
		}
	}
	for _, r := range in.Routers() {
		for _, m := range r.Middlewares {
			visit(m)
		}
	}
	for len(next) > 0 {
		o := next[0]
		next = next[1:]
		for i, m := range in.chained(o) {
			if in.isMissing(m) {
				at := func(fields ...string) catalog.Place { return in.places.Field(o, fields...) }
				out = append(out, Fault{at, []string{"spec", "chain", "middlewares", strconv.Itoa(i), "name"}, in.likeMiddleware(m),
					fmt.Sprintf("no application deploys Middleware %s of namespace %s: Traefik drops the rules that go through this chain", m.Name, m.Namespace)})
			}
			visit(m)
		}
	}
	return out
}

// brokenChains are the middlewares that lead to one that is missing.
func (in *Model) brokenChains() map[*deployed.Object]bool {
	return in.broken.Get(func() map[*deployed.Object]bool {
		out, users := map[*deployed.Object]bool{}, map[*deployed.Object][]*deployed.Object{}
		var next []*deployed.Object
		for _, o := range in.deployed.Kind("Middleware") {
			if !ofTraefik(o) {
				continue
			}
			for _, m := range in.chained(o) {
				if in.isMissing(m) && !out[o] {
					out[o] = true
					next = append(next, o)
				} else if through := in.Middleware(m); through != nil {
					users[through] = append(users[through], o)
				}
			}
		}
		for len(next) > 0 {
			o := next[0]
			next = next[1:]
			for _, user := range users[o] {
				if !out[user] {
					out[user] = true
					next = append(next, user)
				}
			}
		}
		return out
	})
}

// Foreign are the faults of a router that refers to another namespace, when Traefik is known not to allow it.
func (in *Model) Foreign(r *Router, t *traefik.Settings) []Fault {
	if !t.Known || t.Failed || t.AllowCrossNamespace {
		return nil
	}
	var out []Fault
	add := func(fields []string, what, namespace string) {
		out = append(out, Fault{r.At, fields, "set providers.kubernetesCRD.allowCrossNamespace for Traefik, or deploy it in namespace " + r.Namespace,
			fmt.Sprintf("%s is in namespace %s, which Traefik does not allow: it drops the rule", what, namespace)})
	}
	for i, m := range r.Middlewares {
		if m.Namespace != r.Namespace && !strings.Contains(m.Name, "@") {
			add([]string{"middlewares", strconv.Itoa(i), "namespace"}, "Middleware "+m.Name, m.Namespace)
		}
	}
	for i, s := range r.services {
		if s.namespace != "" && s.namespace != r.Namespace && !strings.Contains(s.name, "@") {
			add([]string{"services", strconv.Itoa(i), "namespace"}, "Service "+s.name, s.namespace)
		}
	}
	return out
}
