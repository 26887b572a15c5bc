package main

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/traefik/traefik/v3/pkg/config/dynamic"
	"github.com/traefik/traefik/v3/pkg/provider"
	"github.com/traefik/traefik/v3/pkg/provider/kubernetes/crd"
	"github.com/traefik/traefik/v3/pkg/provider/kubernetes/gateway"
	"github.com/traefik/traefik/v3/pkg/provider/kubernetes/ingress"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// lister finds the routes that Traefik's routers were made of.
type lister struct {
	*built
	found   map[string][]Router // what Traefik has, by provider, kind, and the name that the provider gave
	said    []entry
	routers []Router
}

// list is every route of the objects, with the routers that there are for it.
func (b *built) list(c *clusters, said []entry) []Router {
	l := &lister{built: b, found: map[string][]Router{}, said: said, routers: []Router{}}
	for key, r := range b.info.Routers {
		l.has(key, Router{Kind: "http", EntryPoints: r.EntryPoints, Priority: r.Priority, Status: r.Status, Errors: r.Err, Rule: r.Rule})
	}
	for key, r := range b.info.TCPRouters {
		l.has(key, Router{Kind: "tcp", EntryPoints: r.EntryPoints, Priority: r.Priority, Status: r.Status, Errors: r.Err, Rule: r.Rule})
	}
	for key, r := range b.info.UDPRouters {
		l.has(key, Router{Kind: "udp", EntryPoints: r.EntryPoints, Status: r.Status, Errors: r.Err})
	}
	if b.instance.crd != nil {
		l.ingressRoutes(c.crd)
	}
	if b.instance.gateway != nil {
		l.gatewayRoutes(&c.gateway.gateway)
	}
	if b.instance.ingress != nil {
		for _, o := range c.ingress.ingresses {
			l.ingress(o)
		}
	}
	slices.SortFunc(l.routers, func(x, y Router) int {
		return strings.Compare(fmt.Sprintf("%s %s %s %s %6d %s", x.Object, x.Kind, x.Namespace, x.Name, x.Index, x.Key), fmt.Sprintf("%s %s %s %s %6d %s", y.Object, y.Kind, y.Namespace, y.Name, y.Index, y.Key))
	})
	return l.routers
}

func (l *lister) has(key string, r Router) {
	of, from, ok := strings.Cut(key, "@")
	if !ok || l.configs[from] == nil {
		return
	}
	r.Key = key
	name := from + r.Kind + l.original(of, r.Kind, l.configs[from])
	l.found[name] = append(l.found[name], r)
}

// add adds the routers of a route, or that there is none.
func (l *lister) add(r Router, has []Router, object string) {
	if len(has) == 0 {
		r.Status = "dropped"
		for _, e := range l.said {
			if e.text(object) == r.Name && e.text("namespace") == r.Namespace && e.text("level") == "error" {
				r.Errors = append(r.Errors, e.said())
			}
		}
		has = []Router{r}
	}
	for _, h := range has {
		h.Object, h.Namespace, h.Name, h.Index = r.Object, r.Namespace, r.Name, r.Index
		if r.Rule != "" {
			h.Rule = r.Rule
		}
		h.EntryPoints, h.Errors = sorted(h.EntryPoints), sorted(h.Errors)
		l.routers = append(l.routers, h)
	}
}

func (l *lister) ingressRoutes(c *cluster) {
	names := naming{safe: l.instance.crd.SafeNaming != nil && *l.instance.crd.SafeNaming}
	route := func(r Router, key string, err error) {
		var has []Router
		if err == nil {
			has = l.found[crd.ProviderName+r.Kind+key]
		}
		l.add(r, has, "ingress")
	}
	for _, o := range c.routes {
		for i, r := range o.Spec.Routes {
			key, err := httpRouterName(names, o.Namespace, o.Name, i, r.Match)
			route(Router{Object: "IngressRoute", Namespace: o.Namespace, Name: o.Name, Index: i, Rule: r.Match, Kind: "http", EntryPoints: o.Spec.EntryPoints, Priority: r.Priority}, key, err)
		}
	}
	for _, o := range c.routesTCP {
		for i, r := range o.Spec.Routes {
			key, err := tcpRouterName(names, o.Namespace, o.Name, i, r.Match)
			route(Router{Object: "IngressRouteTCP", Namespace: o.Namespace, Name: o.Name, Index: i, Rule: r.Match, Kind: "tcp", EntryPoints: o.Spec.EntryPoints, Priority: r.Priority}, key, err)
		}
	}
	for _, o := range c.routesUDP {
		for i := range o.Spec.Routes {
			route(Router{Object: "IngressRouteUDP", Namespace: o.Namespace, Name: o.Name, Index: i, Kind: "udp", EntryPoints: o.Spec.EntryPoints}, udpRouterName(names, o.Namespace, o.Name, i), nil)
		}
	}
}

func (l *lister) gatewayRoutes(c *gatewayObjects) {
	for _, o := range c.http {
		l.gatewayRoute(c, o, Router{Object: "HTTPRoute", Kind: "http"}, "http_route", len(o.Spec.Rules))
	}
	for _, o := range c.grpc {
		l.gatewayRoute(c, o, Router{Object: "GRPCRoute", Kind: "http"}, "grpc_route", len(o.Spec.Rules))
	}
	for _, o := range c.tls {
		l.gatewayRoute(c, o, Router{Object: "TLSRoute", Kind: "tcp"}, "tls_route", len(o.Spec.Rules))
	}
	for _, o := range c.tcp {
		l.gatewayRoute(c, o, Router{Object: "TCPRoute", Kind: "tcp"}, "tcp_route", len(o.Spec.Rules))
	}
}

// gatewayRoute adds the routers of a route: one for each match of a rule on each entry point of a Gateway. The name of a router of HTTP depends on the rule
// that the provider wrote.
func (l *lister) gatewayRoute(c *gatewayObjects, o metav1.Object, r Router, object string, rules int) {
	r.Namespace, r.Name = o.GetNamespace(), o.GetName()
	for i := range rules {
		r.Index = i
		names := map[string]string{}
		for _, g := range c.gateways {
			for ep := range l.instance.static.EntryPoints {
				for _, rule := range l.rules(r.Kind) {
					names[makeRouterName(strings.ToLower(r.Object), rule, r.Namespace, r.Name, g.Namespace, g.Name, ep, i)] = g.Namespace + "/" + g.Name
				}
			}
		}
		var has []Router
		for name, of := range names {
			for _, h := range l.found[gateway.ProviderName+r.Kind+name] {
				h.Gateway = of
				has = append(has, h)
			}
		}
		l.add(r, has, object)
	}
}

// rules are those that the provider of Gateways wrote and that are part of the names of routers.
func (l *lister) rules(kind string) []string {
	rules := []string{""}
	if conf := l.configs[gateway.ProviderName]; kind == "http" && conf != nil && conf.HTTP != nil {
		for _, r := range conf.HTTP.Routers {
			rules = append(rules, r.Rule)
		}
	}
	return rules
}

// ingress adds the routers of an Ingress, by its rules. One of another Ingress may have the same name as one of its own, and have been put in its place.
func (l *lister) ingress(o *netv1.Ingress) {
	made := l.configs[ingress.ProviderName].HTTP.Routers
	add := func(index int, keys map[string]bool) {
		var has []Router
		for key := range keys {
			if of(made[key], o) {
				has = append(has, l.found[ingress.ProviderName+"http"+key]...)
			}
		}
		l.add(Router{Object: "Ingress", Kind: "http", Namespace: o.Namespace, Name: o.Name, Index: index}, has, "ingress")
	}
	if len(o.Spec.Rules) == 0 && o.Spec.DefaultBackend != nil {
		add(0, map[string]bool{"default-router": true})
	}
	for i, rule := range o.Spec.Rules {
		keys := map[string]bool{}
		for k := range pathsOf(rule) {
			key := strings.TrimPrefix(provider.Normalize(o.Namespace+"-"+o.Name+"-"+rule.Host+rule.HTTP.Paths[k].Path), "-")
			for name, r := range made { // a name that the Ingress has twice is followed by a digest
				if name == key || name == fmt.Sprintf("%s-%.10x", key, sha256.Sum256([]byte(r.Rule))) {
					keys[name] = true
				}
			}
		}
		add(i, keys)
	}
}

func pathsOf(rule netv1.IngressRule) []netv1.HTTPIngressPath {
	if rule.HTTP == nil {
		return nil
	}
	return rule.HTTP.Paths
}

// of reports whether a router was made of an Ingress.
func of(r *dynamic.Router, o *netv1.Ingress) bool {
	if r == nil || r.Observability == nil || r.Observability.Metadata == nil || r.Observability.Metadata.Ingress == nil {
		return false
	}
	from := r.Observability.Metadata.Ingress
	return from.Namespace == o.Namespace && from.IngressName == o.Name
}

// original is the name that a provider gave a router, which Traefik has several of when it has several entry points, or
// options for TLS that conflict on one: those have the entry point's name in front.
func (b *built) original(key, kind string, conf *dynamic.Configuration) string {
	if kind != "http" || conf.HTTP == nil {
		return key
	}
	if _, ok := conf.HTTP.Routers[key]; ok {
		return key
	}
	for ep := range b.instance.static.EntryPoints {
		for _, prefix := range []string{ep + "-conflicted-", ep + "-"} {
			if rest, ok := strings.CutPrefix(key, prefix); ok {
				if of := b.original(rest, kind, conf); of != rest || conf.HTTP.Routers[rest] != nil {
					return of
				}
			}
		}
	}
	return key
}

func sorted(texts []string) []string {
	texts = slices.Clone(texts)
	slices.Sort(texts)
	return append([]string{}, texts...)
}
