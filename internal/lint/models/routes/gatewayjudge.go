package routes

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/gateways"
	"github.com/hippotion/roster/internal/lint/models/secrets"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// part is what routers of one object need, and others of it do not: a listener of a Gateway, or a rule of a route.
type part struct {
	object *deployed.Object
	index  int
}

// partOf is a part as a subject.
func (j *judge) partOf(o *deployed.Object, index int) *subject {
	at := part{o, index}
	s := j.parts[at]
	if s == nil {
		s = &subject{judge: j, object: o, part: true}
		j.parts[at] = s
		j.ordered = append(j.ordered, s)
	}
	return s
}

// needs notes that the subject needs a part.
func (s *subject) needsPart(of *subject) {
	of.users = append(of.users, s)
	s.needs = append(s.needs, need{of: of})
}

// judgeGateways judges what the routers of the Gateway API need, before the routers themselves.
func (j *judge) judgeGateways() {
	for _, g := range j.gateways.Gateways() {
		for _, l := range g.Listeners {
			j.partOf(g.Object, l.Index).listener(l)
		}
	}
	for _, o := range j.gatewayRoutes() {
		s := j.of(o.Object)
		j.own(o.Object, o.own)
		s.attachments(o.parents, o.attachments)
		for i := range o.rules {
			rule := j.partOf(o.Object, i)
			rule.rule(o, i)
		}
	}
}

// attachments are the listeners that a route names, of whatever kind.
func (s *subject) attachments(parents []gateways.Parent, all []gateways.Attachment) {
	if len(parents) == 0 {
		s.wrong(IgnoredRoute, []string{"spec", "parentRefs"}, "name a Gateway in parentRefs", "%s names no Gateway: nothing serves it", s.object.Title())
	}
	for i := range all {
		a := &all[i]
		at := append([]string{"spec", "parentRefs", strconv.Itoa(a.Parent)}, a.At...)
		switch a.Refused {
		case gateways.NoGateway, gateways.NoListener:
			s.wrong(UnknownListener, at, a.Hint, "%s: no request reaches %s there", a.Says, s.object.Title())
		case gateways.Forbidden:
			s.wrong(RefusedRoute, at, a.Hint, "%s: no request reaches %s there", a.Says, s.object.Title())
		case gateways.OtherHosts:
			s.wrong(RefusedRoute, []string{"spec", "hostnames"}, a.Hint, "%s: no request reaches %s there", a.Says, s.object.Title())
		}
	}
}

// gatewayRouter is what becomes of one router.
func (s *subject) gatewayRouter() {
	r := s.router
	s.dropped = r.Refused || r.Invalid != nil && r.Server == ""
	if r.Server == "" { // others answer with an error when the rule lacks something
		s.needsPart(s.partOf(r.source, r.Index))
	}
	if l := r.Listener; l != nil {
		s.needsPart(s.partOf(l.Object, l.Index))
	}
	if s.encrypted(r) {
		s.need(s.defaultTLS())
	}
}

// rule is what all routers of a rule need: its filters and its backends. Without a backend, requests are answered with 500, and so they are with a
// filter that is not known; a middleware that Traefik does not have makes it drop the rule.
func (s *subject) rule(o *gatewayRoute, i int) {
	for _, by := range o.servers() {
		before := len(s.faults)
		var middlewares [][]string // where they are named
		for k := range o.rules[i].Filters {
			at := []string{"spec", "rules", strconv.Itoa(i), "filters", strconv.Itoa(k)}
			if s.gatewayFilter(o, &o.rules[i].Filters[k], at, by) {
				middlewares = append(middlewares, append(at, "extensionRef"))
			}
		}
		by.refuses = by.traefik && len(s.faults) > before
		for _, at := range middlewares {
			if !by.refuses {
				s.need(s.refer(name{"Middleware", MissingMiddleware, s.object.Namespace, "", deployed.StringAt(s.object, append(at, "name")...)}, at, "name"), at...)
			}
		}
		for k := range o.rules[i].BackendRefs {
			s.gatewayBackend(o.Kind, &o.rules[i].BackendRefs[k], []string{"spec", "rules", strconv.Itoa(i), "backendRefs", strconv.Itoa(k)}, by)
		}
	}
}

// server is an implementation that reads a route.
type server struct {
	name    string
	traefik bool
	refuses bool // whether a filter has it answer a rule with 500: then it looks up nothing else of the rule
}

// servers are those by which a route is judged. One whose Gateway is not known does what the Gateway API says, as all do.
func (o *gatewayRoute) servers() []server { return serversOf(o.attachments) }

// serversOf is one of those that read a route, since one finding is enough: Traefik, if it is among them, as it drops rules that others answer.
func serversOf(all []gateways.Attachment) []server {
	var out []server
	for i := range all {
		one := server{name: "the Gateway"}
		if l := all[i].Listener; l != nil {
			one = server{name: l.Server(), traefik: l.ByTraefik()}
		}
		if all[i].Refused <= gateways.NotKnown && (len(out) == 0 || one.traefik && !out[0].traefik) {
			out = []server{one}
		}
	}
	return out
}

// filtersOf are those that Traefik knows (pkg/provider/kubernetes/gateway, loadMiddlewares and loadGRPCMiddlewares).
var filtersOf = map[string][]string{
	"HTTPRoute": {"RequestRedirect", "RequestHeaderModifier", "ResponseHeaderModifier", "ExtensionRef", "URLRewrite"},
	"GRPCRoute": {"RequestHeaderModifier", "ExtensionRef"},
}

// gatewayFilter judges a filter, and reports whether it is a Middleware that is to be looked up.
func (s *subject) gatewayFilter(o *gatewayRoute, f *gatewayFilter, at []string, by server) bool {
	e := f.Extension
	switch {
	case !by.traefik && f.Type == "ExtensionRef" && e != nil && e.Group == "gateway.envoyproxy.io":
		s.envoyFilter(e, at, by)
	case !by.traefik:
	case !slices.Contains(filtersOf[o.Kind], f.Type):
		s.wrong(BrokenMiddleware, append(at, "type"), "Traefik has "+strings.Join(filtersOf[o.Kind], ", "), "Traefik does not know the filter %s of an %s: it answers with 500", f.Type, o.Kind)
	case f.Type == "URLRewrite" && (f.Rewrite == nil || f.Rewrite.Hostname == "" && f.Rewrite.Path == nil):
		s.wrong(BrokenMiddleware, at, "", "the filter URLRewrite rewrites nothing: Traefik answers with 500")
	case f.Type != "ExtensionRef" || e == nil:
	case e.Group != "traefik.io" || e.Kind != "Middleware":
		s.wrong(BrokenMiddleware, append(at, "extensionRef", "kind"), "write group: traefik.io and kind: Middleware", "Traefik does not know the filter %s of the group %s: it answers with 500", e.Kind, e.Group)
	case !s.settings.ReadsIngressRoutes():
		s.wrong(BrokenMiddleware, append(at, "extensionRef"), "set providers.kubernetesCRD for Traefik", "Traefik reads no Middlewares without its provider kubernetesCRD: it answers with 500")
	default:
		return true
	}
	return false
}

// envoyFilter is a filter of Envoy Gateway, which is in the namespace of the route.
func (s *subject) envoyFilter(e *extension, at []string, by server) {
	id := deployed.ID{Group: e.Group, Kind: e.Kind, Namespace: s.object.Namespace, Name: e.Name}
	if s.deployed.Named(id) == nil && !s.deployed.Rosters(id) && s.known(s.object.Namespace) {
		s.wrong(MissingMiddleware, append(at, "extensionRef", "name"), "", "no application deploys %s %s of namespace %s: %s answers with 500", e.Kind, e.Name, s.object.Namespace, by.name)
	}
}

// refusal is how requests are answered that cannot be passed on.
func refusal(kind string) string {
	switch kind {
	case "GRPCRoute":
		return "answers with UNAVAILABLE"
	case "HTTPRoute":
		return "answers with 500"
	}
	return "closes the connections"
}

// gatewayBackend is what an implementation does with a backendRef (Traefik: loadService and getBackendAddresses).
func (s *subject) gatewayBackend(kind string, b *gatewayBackend, at []string, by server) {
	field := func(name string) []string { return append(slices.Clone(at), name) }
	namespace := cmp.Or(b.Namespace, s.object.Namespace)
	bad := func(c Cause, field []string, hint, format string, args ...any) {
		s.wrong(c, field, hint, "%s: %s %s", fmt.Sprintf(format, args...), by.name, refusal(kind))
	}
	if s.gateways.Lacks(gateways.Reference{FromKind: kind, FromNamespace: s.object.Namespace, Group: b.Group, Kind: cmp.Or(b.Kind, "Service"), Namespace: namespace, Name: b.Name}) {
		bad(MissingGrant, field("namespace"), "deploy a ReferenceGrant in namespace "+namespace+", from "+kind+" of "+s.object.Namespace+" to "+cmp.Or(b.Kind, "Service"),
			"no ReferenceGrant of namespace %s permits an %s of %s to lead to %s %s", namespace, kind, s.object.Namespace, cmp.Or(b.Kind, "Service"), b.Name)
		return
	}
	switch {
	case b.isService():
		s.gatewayService(namespace, b, field, by, bad)
	case !by.traefik:
	case b.Group != "traefik.io" || b.Kind != "TraefikService":
		bad(BrokenService, field("kind"), "write kind: Service", "Traefik leads to no %s of the group %q", b.Kind, b.Group)
	case !by.refuses && !strings.Contains(b.Name, "@"):
		s.need(s.refer(name{"TraefikService", MissingService, s.object.Namespace, b.Namespace, b.Name}, at, "name"), at...)
	}
}

func (s *subject) gatewayService(namespace string, b *gatewayBackend, field func(string) []string, by server, bad func(Cause, []string, string, string, ...any)) {
	services := s.ServicesOf(namespace)
	k, ok := services[b.Name]
	port := intstr.FromInt32(b.Port)
	switch {
	case b.Port == 0:
		bad(MissingService, field("port"), "add port", "no port of Service %s is named", b.Name)
	case !ok && s.known(namespace) && !s.operated(namespace):
		bad(MissingService, field("name"), s.deployed.DidYouMean(b.Name, len(services), maps.Keys(services)), "no application deploys Service %s of namespace %s", b.Name, namespace)
	case !ok:
	case k.Spec.Type == corev1.ServiceTypeExternalName && by.traefik:
		bad(BrokenService, field("name"), "", "Service %s is an ExternalName, which Traefik's provider of the Gateway API does not support", b.Name)
	case !k.has(port) && s.known(namespace):
		bad(MissingService, field("port"), k.portHint(port), "Service %s has no port %s", b.Name, portText(port))
	}
}

// listener is what an implementation makes of one: without an entry point, or a certificate, it takes no routes.
func (s *subject) listener(l *gateways.Listener) {
	at := func(fields ...string) []string {
		return append([]string{"spec", "listeners", strconv.Itoa(l.Index)}, fields...)
	}
	dead := func(c Cause, fields []string, hint, format string, args ...any) {
		s.note(c, fields, hint, fmt.Sprintf("%s: %s takes no routes at %s", fmt.Sprintf(format, args...), l.Server(), l.Title()), false)
	}
	if l.Twin != nil {
		dead(BrokenListener, at("port"), "give it another port or hostname", "listener %s has the same port, protocol and hostname", l.Twin.Name)
		return
	}
	if l.ByTraefik() && !s.traefikListener(l, at, dead) {
		return
	}
	if l.Protocol != "HTTPS" && l.Protocol != "TLS" || l.Mode == "Passthrough" {
		return
	}
	for i, c := range l.Certificates {
		at := at("tls", "certificateRefs", strconv.Itoa(i))
		namespace := cmp.Or(c.Namespace, l.Namespace)
		if c.Group != "" || cmp.Or(c.Kind, "Secret") != "Secret" {
			if l.ByTraefik() {
				dead(BrokenListener, append(at, "kind"), "write kind: Secret", "a certificate is no %s", c.Kind)
			}
			continue
		}
		if s.gateways.Lacks(gateways.Reference{FromKind: "Gateway", FromNamespace: l.Namespace, Kind: "Secret", Namespace: namespace, Name: c.Name}) {
			dead(MissingGrant, append(at, "namespace"), "deploy a ReferenceGrant in namespace "+namespace+", from Gateway of "+l.Namespace+" to Secret",
				"no ReferenceGrant of namespace %s permits a Gateway of %s to read the Secret %s", namespace, l.Namespace, c.Name)
			continue
		}
		for _, key := range []string{"tls.crt", "tls.key"} {
			if problem := s.secrets.Missing(namespace, secrets.Need{Secret: c.Name, Key: key}); problem != "" {
				dead(MissingSecret, append(at, "name"), "add it under secrets: of an application of "+namespace, "%s needs %s", l.Title(), problem)
				break
			}
		}
	}
}

// traefikListener reports whether Traefik accepts a listener, but for its certificates (loadGatewayListeners).
func (s *subject) traefikListener(l *gateways.Listener, at func(...string) []string, dead func(Cause, []string, string, string, ...any)) bool {
	t, secure := s.settings, l.Protocol == "HTTPS" || l.Protocol == "TLS"
	switch {
	case !t.ReadsGateways():
		dead(BrokenListener, []string{"spec", "gatewayClassName"}, "set providers.kubernetesGateway for Traefik", "Traefik does not read the objects of the Gateway API")
	case l.Protocol == "TCP" && !t.Experimental():
		dead(BrokenListener, at("protocol"), "set providers.kubernetesGateway.experimentalChannel for Traefik", "Traefik takes TCP only with its option experimentalChannel")
	case !slices.Contains([]string{"HTTP", "HTTPS", "TLS", "TCP"}, l.Protocol):
		dead(BrokenListener, at("protocol"), "", "Traefik does not know the protocol %s", l.Protocol)
	case t.EntryPointsKnown && strings.HasPrefix(s.entryPointsOf(l)[0], ":"):
		var all []string
		for _, name := range t.EntryPoints(false) {
			if e := t.EntryPoint(name); e != nil {
				all = append(all, e.Port()+" ("+name+")")
			}
		}
		what := "no entry point of Traefik has the port " + strconv.Itoa(int(l.Port))
		if l.Protocol == "HTTP" {
			what = "no entry point of Traefik without TLS has the port " + strconv.Itoa(int(l.Port))
		}
		dead(UnknownListener, at("port"), "a listener has the port of an entry point inside of Traefik's pod: "+strings.Join(all[:min(len(all), 10)], ", "), "%s", what)
	case !secure && l.TLS:
		dead(BrokenListener, at("tls"), "remove it, or write protocol: HTTPS", "a listener for %s has no tls", l.Protocol)
	case secure && !l.TLS:
		dead(BrokenListener, at("protocol"), "add tls with certificateRefs", "a listener for %s needs tls", l.Protocol)
	case l.Protocol == "HTTPS" && l.Mode == "Passthrough":
		dead(BrokenListener, at("tls", "mode"), "write protocol: TLS, for TLSRoutes", "HTTPS is not passed through")
	case secure && l.Mode != "Passthrough" && len(l.Certificates) == 0:
		dead(BrokenListener, at("tls"), "add certificateRefs", "the listener has no certificate")
	default:
		return true
	}
	return false
}

// own notes what of the list roster renders an object for.
func (j *judge) own(o *deployed.Object, all []*catalog.Route) {
	if len(all) > 0 {
		j.owned[o] = all[0].Place
	}
}
