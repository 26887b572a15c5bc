package routes

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Lead is a port of a Service that requests go on to.
type Lead struct {
	Namespace, Name string
	Port            intstr.IntOrString
}

// Everything is all routers that Traefik keeps, also those below others.
func (in *Model) Everything() []*Router {
	dropped := in.Dropped()
	return slices.DeleteFunc(slices.Concat(in.Routers(), in.children()), func(r *Router) bool { return dropped[r] })
}

// Leads are the Services that a router leads to, through TraefikServices as well.
func (in *Model) Leads(r *Router) []Lead {
	return in.leads(nil, r.services, r.Namespace, map[*deployed.Object]bool{})
}

func (in *Model) leads(out []Lead, list []backend, parent string, seen map[*deployed.Object]bool) []Lead {
	for i := range list {
		b := &list[i]
		namespace := cmp.Or(b.Namespace, parent)
		switch {
		case b.Weight != nil && *b.Weight == 0 || strings.Contains(b.Name, "@"):
		case b.Kind == "" || b.Kind == "Service":
			out = append(out, Lead{namespace, b.Name, b.Port})
		case b.Kind == "TraefikService":
			o := in.deployed.Named(deployed.ID{Group: "traefik.io", Kind: b.Kind, Namespace: namespace, Name: b.Name})
			if o == nil || seen[o] {
				continue
			}
			seen[o] = true
			for _, l := range leadsOf(o) {
				out = in.leads(out, l.list, namespace, seen)
			}
		}
	}
	return out
}

// StreamLeads are the Services that the rules of an IngressRouteTCP or IngressRouteUDP lead to.
func (s *StreamRoute) StreamLeads() []Lead {
	var out []Lead
	for _, r := range s.Routes {
		for _, b := range r.Services {
			out = append(out, Lead{cmp.Or(b.Namespace, s.Namespace), b.Name, b.Port})
		}
	}
	return out
}

// Asked are the middlewares that ask somebody else about each request of a router, or for an error page: those of its entry points, and those in
// chains, as well.
func (in *Model) Asked(r *Router) []*deployed.Object {
	var out []*deployed.Object
	seen := map[*deployed.Object]bool{}
	var add func(o *deployed.Object)
	add = func(o *deployed.Object) {
		if o == nil || seen[o] {
			return
		}
		seen[o] = true
		spec := specOf(o)
		if spec["forwardAuth"] != nil || spec["errors"] != nil {
			out = append(out, o)
		}
		for _, m := range in.Chained(o) {
			add(in.called(m))
		}
	}
	for _, name := range r.EntryPoints {
		if e := in.traefik.Settings().EntryPoint(name); e != nil {
			for _, o := range in.AtEntryPoint(e.Through()) {
				add(o)
			}
		}
	}
	for _, m := range r.Middlewares {
		add(in.called(m))
	}
	return out
}

// called is the middleware of a name, which may be one as Traefik has it.
func (in *Model) called(m catalog.Middleware) *deployed.Object {
	if local, own := strings.CutSuffix(m.Name, ownProvider); own {
		return in.verdicts.Get(in.judge).by.find("Middleware", []string{local}, "", "")
	}
	return in.Middleware(m)
}

// ErrorPages is the Service that a middleware gets error pages from, if it does.
func (in *Model) ErrorPages(o *deployed.Object) []Lead {
	b, ok := backendAt(o, "spec", "errors", "service")
	if !ok || b.Name == "" {
		return nil
	}
	return in.leads(nil, []backend{b}, o.Namespace, map[*deployed.Object]bool{})
}
