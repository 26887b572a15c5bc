package render

import (
	"cmp"

	"github.com/hippotion/roster/catalog"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// TraefikRule is a rule of the IngressRoute that a route becomes, for those who judge what Traefik makes of it.
type TraefikRule struct {
	Object      string // the name of the IngressRoute
	Match       string
	Priority    int // 0: by the length of the rule
	TLS         bool
	Middlewares []catalog.Middleware
	Services    []TraefikTarget
}

// TraefikTarget is a Service of a rule.
type TraefikTarget struct {
	Kind, Namespace, Name    string
	Port                     intstr.IntOrString
	Scheme, ServersTransport string
	Outside                  bool // whether roster itself renders the Service, for an address outside of the cluster
}

// TraefikRules are the rules of a route for HTTP, one for each of its hosts; none for another kind of route.
func TraefikRules(n *catalog.Namespace, in *catalog.Route) []TraefikRule {
	if in.Kind() != catalog.TraefikRoutes || in.Protocol != catalog.HTTP {
		return nil
	}
	out := make([]TraefikRule, len(in.Hosts))
	for i, host := range in.Hosts {
		r := rule(n, in, host)
		out[i] = TraefikRule{Object: routeName(in), Match: r.Match, Priority: r.Priority, TLS: ownTLS(in) != nil}
		for _, m := range r.Middlewares {
			out[i].Middlewares = append(out[i].Middlewares, catalog.Middleware{Name: m.Name, Namespace: m.Namespace})
		}
		if weighted(in) { // through the TraefikService
			r.Services = backendServices(n, in)
		}
		for j, s := range r.Services {
			t := TraefikTarget{Kind: s.Kind, Namespace: cmp.Or(s.Namespace, n.Name), Name: s.Name, Scheme: s.Scheme, ServersTransport: s.ServersTransport}
			if s.Port != nil {
				t.Port = *s.Port
			}
			t.Outside = in.Redirect == nil && in.Backends[j].Outside()
			out[i].Services = append(out[i].Services, t)
		}
	}
	return out
}
