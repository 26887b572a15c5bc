package lint

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/bounds"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/render/object"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// router is one rule that Traefik reads: a route of the list, or one of an IngressRoute that an application deploys.
type router struct {
	own    *catalog.Route // nil for one that an application deploys
	object *Object        // the IngressRoute; nil for one of the list
	index  int            // among the routes of the IngressRoute

	namespace, name string // of the IngressRoute
	entryPoints     []string
	tls             bool
	text            string    // of the rule
	rule            matchRule // nil when it was not understood
	scopes          []scope   // as in rule; also nil when Traefik would not accept it
	priority        int
	middlewares     []catalog.Middleware
	services        []backend
	tooLarge        string // why the rule was not read, if it was not
	known           string // its key
	pos             *diag.Position
	place           int // among all routers
}

// backend is a port of a Service.
type backend struct {
	namespace, name string
	port            intstr.IntOrString
}

// ingressRoute is what is read of one.
type ingressRoute struct {
	*Object
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

// ingressRoutes are the IngressRoutes that applications deploy, as far as they can be read. Those for another Traefik are left out, and
// those below another one, which has the entry points.
func (in *Input) ingressRoutes() []ingressRoute { return in.ingresses.get(in.readIngressRoutes) }

func (in *Input) readIngressRoutes() []ingressRoute {
	var out []ingressRoute
	for _, o := range in.Kind("IngressRoute") {
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
		class := cmp.Or(r.Spec.IngressClassName, r.Metadata.Annotations["kubernetes.io/ingress.class"])
		if class == "" || class == "traefik" {
			out = append(out, ingressRoute{o, r.Spec.EntryPoints, r.Spec.TLS, r.Spec.Routes})
		}
	}
	return out
}

// decode reads an object into a struct of which only the names of the fields matter.
func decode(o *Object, into any) bool {
	data, err := json.Marshal(o.Content())
	return err == nil && json.Unmarshal(data, into) == nil
}

func ofTraefik(o *Object) bool { return strings.HasPrefix(o.APIVersion, "traefik.io/") }

// routers are all of them, those of the list first. The list is not to be changed.
func (in *Input) routers() []*router {
	return in.allRouters.get(func() []*router {
		out := in.readRouters()
		for i, r := range out {
			r.place = i
		}
		return out
	})
}

func (in *Input) readRouters() []*router {
	var out []*router
	for n, a := range in.applications() {
		for i := range a.Routes {
			out = append(out, ownRouter(n.Name, &a.Routes[i]))
		}
	}
	for _, o := range in.ingressRoutes() {
		for i, rule := range o.Routes {
			if rule.Match != "" && (rule.Kind == "" || rule.Kind == "Rule") { // Traefik leaves out the others
				out = append(out, broughtRouter(&o, i))
			}
		}
	}
	return out
}

// ownRouter is what render makes of a route of the list.
func ownRouter(namespace string, in *catalog.Route) *router {
	r := &router{own: in, namespace: namespace, name: in.Host, entryPoints: in.Exposure.EntryPoints, text: "Host(`" + in.Host + "`)"}
	if in.Path != "" {
		r.name = object.Name(in.Host + in.Path)
		r.text += " && (Path(`" + in.Path + "`) || PathPrefix(`" + in.Path + "/`))"
	}
	if in.Auth.Middleware != nil {
		r.middlewares = []catalog.Middleware{*in.Auth.Middleware}
	}
	port := intstr.FromInt32(int32(in.Port.Number))
	if in.Port.Name != "" {
		port = intstr.FromString(in.Port.Name)
	}
	r.services = []backend{{namespace, in.Service, port}}
	r.understand(in.Priority)
	return r
}

func broughtRouter(o *ingressRoute, i int) *router {
	rule := &o.Routes[i]
	r := &router{object: o.Object, index: i, namespace: o.Namespace, name: o.Name, entryPoints: o.EntryPoints, tls: o.TLS != nil, text: rule.Match}
	for _, m := range rule.Middlewares {
		r.middlewares = append(r.middlewares, catalog.Middleware{Name: m.Name, Namespace: cmp.Or(m.Namespace, o.Namespace)})
	}
	for _, s := range rule.Services {
		b := backend{cmp.Or(s.Namespace, o.Namespace), s.Name, s.Port}
		if s.Kind != "" && s.Kind != "Service" {
			b = backend{} // keeps the places of the others
		}
		r.services = append(r.services, b)
	}
	if rule.Syntax != "" && rule.Syntax != "v3" {
		r.priority = cmp.Or(rule.Priority, len(rule.Match))
		return r
	}
	r.understand(rule.Priority)
	return r
}

func (r *router) understand(priority int) {
	r.priority = cmp.Or(priority, len(r.text))
	if r.tooLarge = bounds.TraefikRule.Exceeded(r.text); r.tooLarge != "" {
		return
	}
	if r.rule, r.tooLarge = parseMatch(r.text); r.tooLarge != "" {
		return
	}
	r.scopes = r.rule.scopes()
}

// at is where a field of the rule is, such as match; for a route of the list, the route.
func (r *router) at(in *Input, fields ...string) catalog.Place {
	if r.own != nil {
		return r.own.Place
	}
	return in.field(r.object, append([]string{"spec", "routes", strconv.Itoa(r.index)}, fields...)...)
}

func (r *router) String() string {
	if r.own != nil {
		return "the route of " + r.own.Host + r.own.Path
	}
	return diag.Beginning("IngressRoute "+r.name+" of "+r.namespace, 3*longestName)
}

// key is the same for routers of which Traefik keeps only one: a router's name is made of these, with what is not a letter or digit
// replaced (pkg/provider/kubernetes/crd/kubernetes.go, makeID; pkg/provider/configuration.go, Normalize).
func (r *router) key() string {
	if r.known != "" {
		return r.known
	}
	words := strings.FieldsFunc(r.namespace+"-"+r.name, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsNumber(c) })
	r.known = strings.Join(words, "-") + " " + r.text
	return r.known
}

// match is where the rule is.
func (r *router) match(in *Input) diag.Position {
	if r.pos == nil {
		pos := r.at(in, "match").Pos
		r.pos = &pos
	}
	return *r.pos
}

// meets reports whether some request could reach both: they share an entry point, and there both or neither have TLS.
func (r *router) meets(other *router, t *traefik) bool {
	if len(r.entryPoints) == 0 || len(other.entryPoints) == 0 {
		return r.tls == other.tls
	}
	return slices.ContainsFunc(r.entryPoints, func(e string) bool {
		return slices.Contains(other.entryPoints, e) && (r.tls == other.tls || t.encrypts(e))
	})
}

// dropped are the routers that Traefik drops.
func (in *Input) dropped() map[*router]bool {
	return in.allDropped.get(func() map[*router]bool {
		out, settings, broken := map[*router]bool{}, in.traefik(), in.brokenChains()
		for _, r := range in.routers() {
			through := slices.ContainsFunc(r.middlewares, func(m catalog.Middleware) bool { return broken[in.middleware(m)] })
			if through || len(in.missingMiddlewares(r)) > 0 || len(in.foreign(r, &settings)) > 0 || len(in.missingServices(r)) > 0 {
				out[r] = true
			}
		}
		return out
	})
}

// fault is why Traefik drops a router.
type fault struct {
	object        *Object // where it is; nil for the router itself
	fields        []string
	hint, message string
}

func (f *fault) at(in *Input, r *router) catalog.Place {
	if f.object != nil {
		return in.field(f.object, f.fields...)
	}
	return r.at(in, f.fields...)
}

// known reports whether all that is in a namespace of the list is known.
func (in *Input) known(namespace string) bool {
	n := in.Entry(namespace)
	return n != nil && len(n.Applications) > 0 && in.renderedHere(n)
}

// middleware is the one of that name; nil when no application deploys it.
func (in *Input) middleware(m catalog.Middleware) *Object {
	return in.named(objectName{"traefik.io", "Middleware", m.Namespace, m.Name})
}

// chained are the middlewares that a chain refers to.
func (in *Input) chained(o *Object) []catalog.Middleware {
	if out, ok := in.chains[o]; ok {
		return out
	}
	if in.chains == nil {
		in.chains = map[*Object][]catalog.Middleware{}
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
func (in *Input) isMissing(m catalog.Middleware) bool {
	return m.Name != "" && !strings.Contains(m.Name, "@") && in.known(m.Namespace) && in.middleware(m) == nil
}

// likeMiddleware is the hint for a middleware that is missing.
func (in *Input) likeMiddleware(m catalog.Middleware) string {
	names := in.middlewareNames.get(func() map[string][]string {
		out := map[string][]string{}
		for _, o := range in.Kind("Middleware") {
			if ofTraefik(o) {
				out[o.Namespace] = append(out[o.Namespace], o.Name)
			}
		}
		return out
	})[m.Namespace]
	return in.didYouMean(m.Name, len(names), slices.Values(names))
}

// missingMiddlewares are the faults of a router that refers to what no application deploys, without those of chains.
func (in *Input) missingMiddlewares(r *router) []fault {
	var out []fault
	for i, m := range r.middlewares {
		if in.isMissing(m) {
			out = append(out, fault{nil, []string{"middlewares", strconv.Itoa(i), "name"}, in.likeMiddleware(m),
				fmt.Sprintf("no application deploys Middleware %s of namespace %s: Traefik drops the rule", m.Name, m.Namespace)})
		}
	}
	return out
}

// chainFaults are the faults of the chains that routers go through, each once.
func (in *Input) chainFaults() []fault {
	var out []fault
	seen := map[*Object]bool{}
	var next []*Object
	visit := func(m catalog.Middleware) {
		if o := in.middleware(m); o != nil && !seen[o] {
			seen[o] = true
			next = append(next, o)
		}
	}
	for _, r := range in.routers() {
		for _, m := range r.middlewares {
			visit(m)
		}
	}
	for len(next) > 0 {
		o := next[0]
		next = next[1:]
		for i, m := range in.chained(o) {
			if in.isMissing(m) {
				out = append(out, fault{o, []string{"spec", "chain", "middlewares", strconv.Itoa(i), "name"}, in.likeMiddleware(m),
					fmt.Sprintf("no application deploys Middleware %s of namespace %s: Traefik drops the rules that go through this chain", m.Name, m.Namespace)})
			}
			visit(m)
		}
	}
	return out
}

// brokenChains are the middlewares that lead to one that is missing.
func (in *Input) brokenChains() map[*Object]bool {
	return in.broken.get(func() map[*Object]bool {
		out, users := map[*Object]bool{}, map[*Object][]*Object{}
		var next []*Object
		for _, o := range in.Kind("Middleware") {
			if !ofTraefik(o) {
				continue
			}
			for _, m := range in.chained(o) {
				if in.isMissing(m) && !out[o] {
					out[o] = true
					next = append(next, o)
				} else if through := in.middleware(m); through != nil {
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

// foreign are the faults of a router that refers to another namespace, when Traefik is known not to allow it.
func (in *Input) foreign(r *router, t *traefik) []fault {
	if !t.known || t.failed || t.crossNamespace {
		return nil
	}
	var out []fault
	add := func(fields []string, what, namespace string) {
		out = append(out, fault{nil, fields, "set providers.kubernetesCRD.allowCrossNamespace for Traefik, or deploy it in namespace " + r.namespace,
			fmt.Sprintf("%s is in namespace %s, which Traefik does not allow: it drops the rule", what, namespace)})
	}
	for i, m := range r.middlewares {
		if m.Namespace != r.namespace && !strings.Contains(m.Name, "@") {
			add([]string{"middlewares", strconv.Itoa(i), "namespace"}, "Middleware "+m.Name, m.Namespace)
		}
	}
	for i, s := range r.services {
		if s.namespace != "" && s.namespace != r.namespace && !strings.Contains(s.name, "@") {
			add([]string{"services", strconv.Itoa(i), "namespace"}, "Service "+s.name, s.namespace)
		}
	}
	return out
}
