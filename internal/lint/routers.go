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
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/render/object"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// router is one rule that Traefik reads: a route of the list, or one of an IngressRoute that an application brings.
type router struct {
	own    *catalog.Route // nil for one that an application brings
	object *Object        // the IngressRoute; nil for one of the list
	index  int            // among the routes of the IngressRoute

	namespace, name string // of the IngressRoute
	entryPoints     []string
	tls             bool
	text            string    // of the rule
	rule            matchRule // nil when it was not understood
	scopes          []scope   // as in rule; nil as well when Traefik would not take it
	priority        int
	middlewares     []catalog.Middleware
	services        []backend
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

// ingressRoutes are the IngressRoutes that applications bring, as far as they can be read. Those for another Traefik are left
// out, and those below another one, which has the entry points.
func (in *Input) ingressRoutes() []ingressRoute {
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

// routers are all of them, those of the list first.
func (in *Input) routers() []*router {
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
	r := &router{own: in, namespace: namespace, name: in.Host, entryPoints: in.EntryPoints, text: "Host(`" + in.Host + "`)"}
	if in.Path != "" {
		r.name = object.Name(in.Host + in.Path)
		r.text += " && (Path(`" + in.Path + "`) || PathPrefix(`" + in.Path + "/`))"
	}
	if in.Auth != nil {
		r.middlewares = []catalog.Middleware{*in.Auth}
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
	r.rule = parseMatch(r.text)
	r.scopes = r.rule.scopes()
}

// at is where a field of the rule stands, such as match; for a route of the list, the route.
func (r *router) at(in *Input, fields ...string) catalog.Place {
	if r.own != nil {
		return in.at(r.own.Place)
	}
	return in.field(r.object, append([]string{"spec", "routes", strconv.Itoa(r.index)}, fields...)...)
}

func (r *router) String() string {
	if r.own != nil {
		return "the route of " + r.own.Host + r.own.Path
	}
	return "IngressRoute " + r.name + " of " + r.namespace
}

// key is the same for routers of which Traefik keeps only one: a router's name is made of these, with what is no letter or
// digit replaced (pkg/provider/kubernetes/crd/kubernetes.go, makeID; pkg/provider/configuration.go, Normalize).
func (r *router) key() string {
	words := strings.FieldsFunc(r.namespace+"-"+r.name, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsNumber(c) })
	return strings.Join(words, "-") + " " + r.text
}

// meets says whether some request could come to both: they share an entry point, and there it is with TLS for both or none.
func (r *router) meets(other *router, t *traefik) bool {
	if len(r.entryPoints) == 0 || len(other.entryPoints) == 0 {
		return r.tls == other.tls
	}
	return slices.ContainsFunc(r.entryPoints, func(e string) bool {
		return slices.Contains(other.entryPoints, e) && (r.tls == other.tls || t.encrypts(e))
	})
}

// dropped are the routers that Traefik drops, with the faults.
func (in *Input) dropped(routers []*router, t *traefik) map[*router][]fault {
	out := map[*router][]fault{}
	for _, r := range routers {
		if faults := slices.Concat(in.missingMiddlewares(r), in.foreign(r, t), in.missingServices(r)); len(faults) > 0 {
			out[r] = faults
		}
	}
	return out
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

// known says whether all that is in a namespace of the list is known.
func (in *Input) known(namespace string) bool {
	n := in.Entry(namespace)
	return n != nil && len(n.Applications) > 0 && in.renderedHere(n)
}

// middleware is the one of that name; nil when no application brings it.
func (in *Input) middleware(m catalog.Middleware) *Object {
	for _, o := range in.Kind("Middleware") {
		if ofTraefik(o) && o.Namespace == m.Namespace && o.Name == m.Name {
			return o
		}
	}
	return nil
}

// chained are the middlewares that a chain refers to.
func chained(o *Object) []catalog.Middleware {
	var m struct {
		Spec struct {
			Chain struct {
				Middlewares []struct{ Name, Namespace string }
			}
		}
	}
	if !decode(o, &m) {
		return nil
	}
	var out []catalog.Middleware
	for _, c := range m.Spec.Chain.Middlewares {
		out = append(out, catalog.Middleware{Name: c.Name, Namespace: cmp.Or(c.Namespace, o.Namespace)})
	}
	return out
}

// missingMiddlewares are the faults of a router that refers to what no application brings. A name with @ is that of another
// provider.
func (in *Input) missingMiddlewares(r *router) []fault {
	var out []fault
	missing := func(m catalog.Middleware) bool {
		return m.Name != "" && !strings.Contains(m.Name, "@") && in.known(m.Namespace) && in.middleware(m) == nil
	}
	hint := func(m catalog.Middleware) string {
		var names []string
		for _, o := range in.Kind("Middleware") {
			if ofTraefik(o) && o.Namespace == m.Namespace {
				names = append(names, o.Name)
			}
		}
		return diag.DidYouMean(m.Name, names)
	}
	seen := map[*Object]bool{}
	var follow func(o *Object)
	follow = func(o *Object) {
		if o == nil || seen[o] {
			return
		}
		seen[o] = true
		for i, m := range chained(o) {
			if missing(m) {
				out = append(out, fault{o, []string{"spec", "chain", "middlewares", strconv.Itoa(i), "name"}, hint(m),
					fmt.Sprintf("no application brings Middleware %s of namespace %s: Traefik drops the rules that go through this chain", m.Name, m.Namespace)})
			}
			follow(in.middleware(m))
		}
	}
	for i, m := range r.middlewares {
		if missing(m) {
			out = append(out, fault{nil, []string{"middlewares", strconv.Itoa(i), "name"}, hint(m),
				fmt.Sprintf("no application brings Middleware %s of namespace %s: Traefik drops the rule", m.Name, m.Namespace)})
		}
		follow(in.middleware(m))
	}
	return out
}

// foreign are the faults of a router that refers to another namespace, when Traefik is seen not to allow it.
func (in *Input) foreign(r *router, t *traefik) []fault {
	if !t.known || t.crossNamespace {
		return nil
	}
	var out []fault
	add := func(fields []string, what, namespace string) {
		out = append(out, fault{nil, fields, "set providers.kubernetesCRD.allowCrossNamespace for Traefik, or bring it in namespace " + r.namespace,
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
