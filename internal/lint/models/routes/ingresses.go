package routes

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/muxer"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// ingress is an Ingress of Kubernetes.
type ingress struct {
	*deployed.Object
	own         []*catalog.Route
	annotations map[string]string
	class       string
	server      string // what answers, if it is not Traefik
	fallback    *ingressBackend
	rules       []ruleOfIngress
	tls         []tlsOfIngress
}

type ruleOfIngress struct {
	Host string `json:"host"`
	HTTP *struct {
		Paths []pathOfIngress `json:"paths"`
	} `json:"http"`
}

type pathOfIngress struct {
	Path     string         `json:"path"`
	PathType string         `json:"pathType"`
	Backend  ingressBackend `json:"backend"`
}

type ingressBackend struct {
	Resource any `json:"resource"`
	Service  *struct {
		Name string `json:"name"`
		Port struct {
			Name   string `json:"name"`
			Number int32  `json:"number"`
		} `json:"port"`
	} `json:"service"`
}

type tlsOfIngress struct {
	Hosts      []string `json:"hosts"`
	SecretName string   `json:"secretName"`
}

// router is the annotation of a router's option (pkg/provider/kubernetes/ingress/annotations.go): its name is read in any case.
func (in *ingress) option(name string) string {
	if text, ok := in.annotations[routerOptions+name]; ok {
		return text
	}
	for _, key := range sortedKeys(in.annotations) {
		if strings.EqualFold(key, routerOptions+name) {
			return in.annotations[key]
		}
	}
	return ""
}

const routerOptions = "traefik.ingress.kubernetes.io/router."

// hasOption reports whether an option, or something below it, is set: "false" is nothing.
func (in *ingress) hasOption(name string) bool {
	for key, value := range in.annotations {
		if lower := strings.ToLower(key); lower == routerOptions+name && !strings.EqualFold(value, "false") || strings.HasPrefix(lower, routerOptions+name+".") {
			return true
		}
	}
	return false
}

// readIngresses are the Ingresses of which it is known who reads them, if anybody does.
func (in *Model) readIngresses() []*ingress {
	return in.ofIngresses.Get(func() []*ingress {
		var out []*ingress
		for _, o := range in.deployed.All("Ingress") {
			if r := in.readIngress(o); r != nil {
				out = append(out, r)
			}
		}
		return out
	})
}

func (in *Model) readIngress(o *deployed.Object) *ingress {
	var r struct {
		Metadata struct {
			Annotations map[string]string `json:"annotations"`
		} `json:"metadata"`
		Spec struct {
			Class    *string         `json:"ingressClassName"`
			Fallback *ingressBackend `json:"defaultBackend"`
			Rules    []ruleOfIngress `json:"rules"`
			TLS      []tlsOfIngress  `json:"tls"`
		} `json:"spec"`
	}
	if deployed.GroupOf(o) != "networking.k8s.io" || !decode(o.Content(), &r) {
		return nil
	}
	out := &ingress{Object: o, annotations: r.Metadata.Annotations, fallback: r.Spec.Fallback, rules: r.Spec.Rules, tls: r.Spec.TLS}
	if o.Application == nil {
		var hosts []string
		for i := range out.rules {
			hosts = append(hosts, out.rules[i].Host)
		}
		if out.own = in.ownOf(o.Namespace, hosts); out.own == nil {
			return nil
		}
	}
	out.class = out.annotations["kubernetes.io/ingress.class"]
	if r.Spec.Class != nil {
		out.class = *r.Spec.Class
	}
	if out.class == "" {
		out.class = in.defaultClass()
	}
	annotated := r.Spec.Class == nil && out.class != "" && out.class == out.annotations["kubernetes.io/ingress.class"]
	server, known := in.readBy(out.class)
	switch {
	case annotated && in.traefik.Settings().ReadsIngresses(out.class): // by the annotation, whosever the class is
	case !known:
		return nil
	default:
		out.server = server
	}
	return out
}

// readBy is who reads the Ingresses of a class: Traefik, if it is empty. Nobody known does when it is not known.
func (in *Model) readBy(class string) (server string, known bool) {
	settings := in.traefik.Settings()
	switch controller := in.controllerOf(class); {
	case controller == traefikIngress && (settings.ReadsIngresses(class) || settings.ReadsIngresses("traefik")):
		return "", true
	case controller == "" && settings.ReadsIngresses(class):
		return "", true
	case controller == traefikIngress || class == "":
		return "", false
	}
	return ingressesOf(class), true
}

// ingressesOf is what messages call the controller of a class.
func ingressesOf(class string) string { return "IngressClass " + class }

const traefikIngress = "traefik.io/ingress-controller"

// controllerOf is that of an IngressClass; empty when it is not known.
func (in *Model) controllerOf(class string) string {
	o := in.deployed.Named(deployed.ID{Group: "networking.k8s.io", Kind: "IngressClass", Name: class})
	if o == nil {
		return ""
	}
	return deployed.StringAt(o, "spec", "controller")
}

// defaultClass is the one that the API server sets for Ingresses without one; empty when none is known.
func (in *Model) defaultClass() string {
	return in.classByItself.Get(func() string {
		for _, o := range in.deployed.Kind("IngressClass") {
			if text, _ := deployed.ValueOf(o, "metadata", "annotations", "ingressclass.kubernetes.io/is-default-class"); text == "true" {
				return o.Name
			}
		}
		return ""
	})
}

// ingressRouters are the routers of Ingresses.
func (in *Model) ingressRouters() []*Router {
	var out []*Router
	for _, o := range in.readIngresses() {
		var keys []string
		first := len(out)
		for i := range o.rules {
			if o.rules[i].HTTP == nil {
				continue
			}
			for k := range o.rules[i].HTTP.Paths {
				r := in.ingressRouter(o, o.rules[i].Host, &o.rules[i].HTTP.Paths[k])
				r.Index = len(keys)
				r.base = []string{"spec", "rules", strconv.Itoa(i), "http", "paths", strconv.Itoa(k)}
				r.matchAt, r.order = []string{"path"}, len(keys)
				if o.rules[i].HTTP.Paths[k].Path == "" {
					r.matchAt = []string{}
				}
				r.known = "Ingress " + strings.TrimPrefix(normalized(o.Namespace, o.Name+"-"+o.rules[i].Host+o.rules[i].HTTP.Paths[k].Path), "-")
				keys = append(keys, r.known)
				out = append(out, r)
			}
		}
		if len(o.rules) == 0 && o.fallback != nil {
			r := in.ingressRouter(o, "", &pathOfIngress{Path: "/", PathType: "Prefix", Backend: *o.fallback})
			r.base, r.matchAt, r.known = []string{"spec", "defaultBackend"}, []string{}, "Ingress default-router"
			r.Priority = lowest
			if o.server != "" {
				r.known = "Ingress default-router of " + o.server
			}
			out = append(out, r)
		}
		for i, key := range keys { // Traefik adds a digest of the rule to those that one Ingress has twice
			if slices.Index(keys, key) != i || slices.Contains(keys[i+1:], key) {
				out[first+i].known += " " + out[first+i].Text
			}
		}
	}
	return out
}

// lowest is the priority of the default backend.
const lowest = -1 << 31

// ingressRouter is the router of one path (pkg/provider/kubernetes/ingress/kubernetes.go, loadRouter).
func (in *Model) ingressRouter(o *ingress, host string, p *pathOfIngress) *Router {
	r := &Router{Kind: "Ingress", Namespace: o.Namespace, Name: o.Name, places: in.places, source: o.Object, Server: o.server}
	if o.Application != nil {
		r.Object = o.Object
	}
	for _, own := range o.own {
		if r.Own == nil || own.Host == host && own.Path == strings.TrimSuffix(p.Path, "/") {
			r.Own = own
		}
	}
	if s := p.Backend.Service; s != nil {
		port := intstr.FromInt32(s.Port.Number)
		if s.Port.Name != "" {
			port = intstr.FromString(s.Port.Name)
		}
		r.services = []backend{{Name: s.Name, Port: port}}
	}
	if o.server != "" {
		in.byAnother(r, o, host, p)
		return r
	}
	r.TLS = o.hasOption("tls")
	for name := range strings.SplitSeq(o.option("entrypoints"), ",") {
		if name = strings.TrimSpace(name); name != "" {
			r.EntryPoints = append(r.EntryPoints, name)
		}
	}
	for name := range strings.SplitSeq(o.option("middlewares"), ",") {
		if name = strings.TrimSpace(name); name != "" {
			r.Middlewares = append(r.Middlewares, in.middlewareNamed(name))
		}
	}
	syntax := muxer.SyntaxOf(in.traefik.Settings().RuleSyntax(o.option("rulesyntax")))
	var rules []string
	switch {
	case host == "":
	case syntax == muxer.V2 && strings.HasPrefix(host, "*."):
		rules = append(rules, fmt.Sprintf("HostRegexp(%q)", strings.Replace(host, "*.", "{subdomain:[a-zA-Z0-9-]+}.", 1)))
	default:
		rules = append(rules, fmt.Sprintf("Host(%q)", host))
	}
	if p.Path != "" {
		rules = append(rules, in.pathOf(o, p))
	}
	r.Text = strings.Join(rules, " && ")
	priority, _ := strconv.Atoi(o.option("priority"))
	r.understand(priority, syntax)
	return r
}

func (in *Model) pathOf(o *ingress, p *pathOfIngress) string {
	matcher := "PathPrefix"
	switch p.PathType {
	case "Exact":
		matcher = "Path"
	case "", "ImplementationSpecific":
		matcher = cmp.Or(o.option("pathmatcher"), matcher)
	}
	if strict, _ := in.traefik.Settings().StrictPrefixes(); strict && matcher == "PathPrefix" {
		return elements(p.Path)
	}
	return fmt.Sprintf("%s(%q)", matcher, p.Path)
}

// elements is the rule for a path and all that is below it.
func elements(path string) string {
	if path == "/" {
		return `PathPrefix("/")`
	}
	path = strings.TrimSuffix(path, "/")
	return fmt.Sprintf("(Path(%q) || PathPrefix(%q))", path, path+"/")
}

// byAnother is the router of an Ingress that Traefik does not read, by the rules of Kubernetes: an exact host before a pattern, then the longest path, and
// an exact one before a prefix. A star stands for one label.
func (in *Model) byAnother(r *Router, o *ingress, host string, p *pathOfIngress) {
	r.EntryPoints = []string{o.server}
	r.TLS = slices.ContainsFunc(o.tls, func(t tlsOfIngress) bool {
		return len(t.Hosts) == 0 || slices.Contains(t.Hosts, host) || slices.ContainsFunc(t.Hosts, func(h string) bool {
			_, domain, _ := strings.Cut(host, ".")
			return strings.HasPrefix(h, "*.") && h[2:] == domain
		})
	})
	var rules []string
	rank := 0
	if host != "" {
		rules = append(rules, fmt.Sprintf("Host(%q)", host))
		if rank = 1; !strings.HasPrefix(host, "*.") {
			rank = 2
		}
	}
	path := cmp.Or(p.Path, "/")
	length := 2 * min(len(strings.TrimSuffix(path, "/")), 4000)
	switch p.PathType {
	case "Exact":
		rules, length = append(rules, fmt.Sprintf("Path(%q)", path)), length+1
	case "Prefix":
		rules = append(rules, elements(path))
	default:
		rules = append(rules, elements(path))
		if path != "/" {
			r.Unsure = "what a path of the type ImplementationSpecific matches is up to " + o.server
		}
	}
	r.Text = strings.Join(rules, " && ")
	in.guardedBy(r, o)
	r.understand(1+rank<<13+length, muxer.V3)
}

// middlewareNamed is a middleware as an annotation names it: by the name that Traefik gives it. One that is known has its own name.
func (in *Model) middlewareNamed(text string) catalog.Middleware {
	local, own := strings.CutSuffix(text, ownProvider)
	if !own {
		return catalog.Middleware{Name: text}
	}
	var found *deployed.Object
	for _, o := range in.middlewaresBy.Get(in.indexMiddlewares)[local] {
		if found != nil {
			return catalog.Middleware{Name: text}
		}
		found = o
	}
	if found == nil {
		return catalog.Middleware{Name: text}
	}
	return catalog.Middleware{Name: found.Name, Namespace: found.Namespace}
}

// indexMiddlewares are the Middlewares by the names that Traefik may give them.
func (in *Model) indexMiddlewares() map[string][]*deployed.Object {
	out := map[string][]*deployed.Object{}
	for _, o := range in.deployed.All("Middleware") {
		if ofTraefik(o) {
			name := normalized(o.Namespace, o.Name)
			if in.traefik.Settings().SafeNaming {
				name = o.Namespace + "_" + o.Name
			}
			out[name] = append(out[name], o)
		}
	}
	return out
}
