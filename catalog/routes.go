package catalog

import (
	"cmp"
	"maps"
	"math"
	"net/netip"
	"slices"
	"strings"
	"unicode"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
	"k8s.io/apimachinery/pkg/util/validation"
)

// MaxPriority is the highest that Traefik leaves to users (traefik pkg/server/router/router.go, maxUserPriority).
const MaxPriority = math.MaxInt - 1000

func notPrinted(r rune) bool { return !unicode.IsPrint(r) }

// routes are the hosts of a cluster.
type routes struct {
	settings *settings
	names    *names
	hosts    map[string]*syntax.Node // by name and path, and by what else tells routes apart

	issuers       map[string]*syntax.Node // by the Secret that they make, and their own name
	certificates  map[string]BackendTLS   // of Services behind Gateways
	domainMissing bool                    // reported
}

// exposed resolves one element of an application's ingress: there is a route for each exposure, and so one of each kind at most.
func (r *routes) exposed(in *ingressInput, of *app, from Origin) []Route {
	all := present(in.ExposedBy...)
	if len(all) == 0 {
		return []Route{r.route(in, of, from)}
	}
	var out []Route
	for _, name := range all {
		one := *in
		one.Expose = name
		e := r.settings.exposure(nil, name.V)
		if i := slices.IndexFunc(out, func(known Route) bool { return known.Kind() == e.Kind && r.settings.has(name.V) }); i >= 0 {
			name.Report("same-kind", "define an exposure in "+PlatformFile+" with "+e.many()+" of both, and name that", "%s and %s are both of kind %s: a host has one route of each kind",
				out[i].Exposure.Name, name.V, e.Kind)
			continue
		}
		out = append(out, r.route(&one, of, from))
	}
	return out
}

// route resolves one element of an application's ingress for one exposure.
func (r *routes) route(in *ingressInput, of *app, from Origin) Route {
	s := r.settings
	in.namespace = of.entry.Namespace.V
	out := Route{Place: place(in.Node), Protocol: Protocol(in.Protocol.Or(string(HTTP))), Priority: in.Priority.V}
	out.Path, out.PathType = in.Path.resolved()
	out.Methods, out.Headers, out.Query = in.Match.resolved()
	out.Hosts = r.hostsOf(in, out.Protocol)
	if len(out.Hosts) > 0 {
		out.Host = out.Hosts[0]
	}
	if in.Priority.IsSet() && (in.Priority.V < 1 || in.Priority.V > MaxPriority) {
		in.Priority.Report("bad-priority", "leave it out to let longer rules win", "expected a priority from 1 to %d, found %d", MaxPriority, in.Priority.V)
	}
	out.Exposure = s.exposureOf(in)
	out.Backends = r.backendsOf(in, of)
	if in.Sticky != nil && in.Sticky.Enabled.Or(true) {
		out.Sticky = &Sticky{Cookie: in.Sticky.Cookie.V}
		cookieName(in.Sticky.Cookie)
	}
	out.Redirect, out.Rewrite = in.redirectOf(&out), in.rewriteOf(&out)
	out.RequestHeaders, out.ResponseHeaders = in.RequestHeaders.resolved(), in.ResponseHeaders.resolved()
	out.Timeouts = in.Timeouts.resolved()
	out.TLS = in.tlsOf(&out)
	out.Labels, out.Annotations = labelsOf(in.Labels), routeAnnotations(in.Annotations)
	out.Origin = from + "/ingress/" + Origin(cmp.Or(out.Host, strings.ToLower(string(out.Protocol))+"/"+out.Exposure.Name)+out.Path)
	out.Auth, out.Middlewares = s.authOf(in, &out), s.middlewaresOf(in)
	s.loginOf(in, &out)
	s.gatewayHeaders(in, &out)
	s.identityKept(in.RequestHeaders)
	in.sayable(&out)
	r.distinct(in, &out)
	r.oneIssuer(in, &out, of.entry.Namespace.V)
	r.oneCertificate(in, &out)
	for _, name := range in.SharedWith {
		if name.IsSet() && r.names.entries[name.V] == nil {
			r.names.unknownNamespace(name.Node, name.V, "remove it: a host is routed on one cluster")
		}
		out.SharedWith = append(out.SharedWith, name.V)
	}
	slices.Sort(out.SharedWith)
	return out
}

// oneCertificate reports Services of routes of Gateways whose certificate is described in two ways, or in none that the cluster knows: a BackendTLSPolicy is
// for all of a Service.
func (r *routes) oneCertificate(in *ingressInput, out *Route) {
	for _, b := range out.Backends {
		if out.Kind() != GatewayRoutes || b.TLS == nil {
			continue
		}
		if r.settings.gatewayAPI.Minor < finalBackendTLSRoute {
			in.Report("unsaid", "install a release from 1.4 on", "the Gateway API has no BackendTLSPolicy in 1.%d", r.settings.gatewayAPI.Minor)
		}
		key := b.Namespace + "/" + b.Service
		if first, known := r.certificates[key]; known && first != *b.TLS {
			in.Report("bad-choice", "write the same backendTLS for all routes to the Service", "the certificate of the Service %s is described in two ways", syntax.Quote(key))
		}
		r.certificates[key] = *b.TLS
	}
}

// distinct reports what is routed twice.
func (r *routes) distinct(in *ingressInput, out *Route) {
	once := func(at *syntax.Node, key, what, hint string) {
		if first := r.hosts[key]; first != nil {
			at.ReportWith(first, "first here", "duplicate-host", hint, "%s is routed twice: which one answers would be random", what)
			return
		}
		r.hosts[key] = at
	}
	if out.Protocol == TCP || out.Protocol == UDP {
		for _, door := range out.Exposure.doors() {
			once(in.Node, string(out.Kind())+" "+string(out.Protocol)+" "+door, "the "+strings.TrimPrefix(strings.TrimPrefix(out.Exposure.one(), "an "), "a ")+" "+syntax.Quote(door), "expose one of them with another one: "+string(out.Protocol)+" connections name no host")
		}
		return
	}
	for i, t := range in.hosts() {
		if i < len(out.Hosts) && out.Hosts[i] != "" {
			once(t.Node, string(out.Kind())+" "+out.Hosts[i]+out.Key(), out.Hosts[i]+out.Path, "give one of them a path, or remove it")
		}
	}
}

// oneIssuer reports a Secret that two issuers would make.
func (r *routes) oneIssuer(in *ingressInput, out *Route, namespace string) {
	if out.TLS == nil || out.TLS.Issuer == "" {
		return
	}
	if r.issuers == nil {
		r.issuers = map[string]*syntax.Node{}
	}
	key := namespace + "/" + out.TLS.SecretName
	first := r.issuers[key]
	if first == nil {
		r.issuers[key], r.issuers[key+" "+out.TLS.IssuerKind+"/"+out.TLS.Issuer] = in.TLS.Node, in.TLS.Node
		return
	}
	if r.issuers[key+" "+out.TLS.IssuerKind+"/"+out.TLS.Issuer] == nil {
		in.TLS.ReportWith(first, "first here", "duplicate-secret", "name the same issuer, or another secretName", "two issuers would make the Secret %s", syntax.Quote(out.TLS.SecretName))
	}
}

// hosts are the hosts as they are written: host, or hosts.
func (in *ingressInput) hosts() []text {
	if in.Host.IsSet() {
		return []text{in.Host}
	}
	return present(in.Hosts...)
}

// hostsOf are the whole names of the hosts; a wrong one is empty.
func (r *routes) hostsOf(in *ingressInput, p Protocol) []string {
	names := in.hosts()
	switch {
	case in.Host.IsSet() && in.Hosts != nil:
		in.hostsAt().Report("bad-choice", "list all names under hosts, and remove host", "expected one of host and hosts, found both")
	case p == TCP || p == UDP:
		if len(names) > 0 {
			names[0].Report("no-effect", "remove it; for TLS connections, which name their server, write protocol: TLS", "%s connections name no host", p)
		}
		return nil
	case len(names) == 0 && !in.Flawed("host", "hosts"):
		in.Report("missing-field", "write it like this: host: whoami", `missing "host"`)
	}
	out := make([]string, len(names))
	for i, t := range names {
		out[i] = r.host(t)
	}
	return out
}

// hostsAt is the place of the first of hosts, or of the element.
func (in *ingressInput) hostsAt() *syntax.Node {
	if names := present(in.Hosts...); len(names) > 0 {
		return names[0].Node
	}
	return in.Node
}

// exposureOf is from where a route can be reached: as the entry says, or by default.
func (s *settings) exposureOf(in *ingressInput) Exposure {
	at := in.Node
	switch {
	case in.Expose.IsSet():
		at = in.Expose.Node
	case s.in.Ingress.Defaults.Expose.IsSet(), in.Flawed("expose"), s.flawed("ingress.defaults"):
		at = nil // reported there
	}
	name := in.Expose.Or(s.defaultExpose)
	return s.exposure(at, name)
}

// host is the whole host name.
func (r *routes) host(in text) string {
	if !in.IsSet() {
		return ""
	}
	pattern := strings.Contains(in.V, "*")
	switch {
	case pattern && !hostPatternFits(in):
		return ""
	case strings.ContainsAny(in.V, ".:/"):
		if !pattern && !hostname(in) {
			return ""
		}
		return in.V
	case !pattern && !dnsLabel(in):
		return ""
	}
	if !r.settings.in.Domain.IsSet() {
		if !r.domainMissing && !r.settings.flawed("domain") { // once
			in.Report("missing-value", "set domain in "+PlatformFile+", or write whole host names", "the host %q has no domain", in.V)
		}
		r.domainMissing = true
		return ""
	}
	host := in.V + "." + r.settings.in.Domain.V
	if isHostname(r.settings.in.Domain.V) && !isHostname(strings.ReplaceAll(host, "*", "x")) {
		in.Report("bad-host", "", "expected at most %d characters together with the domain, found %d", validation.DNS1123SubdomainMaxLength, len(host))
	}
	return host
}

// hostPatternFits checks a host with a *: it stands for characters of the first part, so that somebody owns the rest.
func hostPatternFits(in text) bool {
	first, rest, dotted := strings.Cut(in.V, ".")
	if strings.Count(in.V, "*") == 1 && strings.Contains(first, "*") && isHostname(strings.Replace(first, "*", "x", 1)) && (!dotted || isHostname(rest)) {
		return true
	}
	in.Report("bad-host", "write it like this: host: '*.apps.home.example', or 'pr-*.home.example'",
		"expected one * in the first part of the name, where it stands for any characters of that part, found %s", shown(in.V))
	return false
}

// authOf is who asks the users of a route for a login: one of the platform's middlewares, unless the entry says none or app.
func (s *settings) authOf(in *ingressInput, r *Route) Auth {
	out := Auth{Name: in.Auth.Or(s.defaultAuth)}
	switch {
	case in.Auth.IsSet():
		out.Middleware = s.middleware(in.Auth)
	case r.Redirect != nil: // there is nothing to guard, and who follows it logs in where it leads to
		return Auth{Name: "none"}
	case s.defaultAuth == "none" || s.defaultAuth == "app":
	case r.Protocol != HTTP && !in.Flawed("auth", "protocol"):
		in.Report("missing-value", "write auth: app when what answers asks for a login itself; or auth: none",
			"nothing would guard this: no login of the platform can be asked for over %s", r.Protocol)
	case s.defaultAuth != "":
		m := s.auth[s.defaultAuth]
		out.Middleware = &m
	case in.Flawed("auth") || s.flawed("ingress.auth") || s.flawed("ingress.defaults"): // it may be there
	case len(s.auth) == 0:
		in.Report("missing-value", "set ingress.auth in "+PlatformFile+"; or auth: app when the application asks for a login itself; or auth: none",
			"nothing would guard this host")
	default:
		in.Report("missing-value", "set auth here, or ingress.defaults.auth in "+PlatformFile+"; "+diag.OneOf("known: ", slices.Collect(maps.Keys(s.auth))),
			"the platform has several kinds of auth")
	}
	if out.Middleware != nil && r.Protocol != HTTP && in.Auth.IsSet() {
		in.Auth.Report("no-effect", "write auth: app when what answers asks for a login itself; or auth: none", "no login of the platform can be asked for over %s", r.Protocol)
	}
	return out
}

// middleware is the one of that name; nil for none and app.
func (s *settings) middleware(name text) *Middleware {
	if name.V == "none" || name.V == "app" {
		return nil
	}
	m, ok := s.auth[name.V]
	if !ok && !s.flawed("ingress.auth") {
		name.Report("unknown-auth", diag.DidYouMean(name.V, append(slices.Collect(maps.Keys(s.auth)), "app", "none")), "there is no auth %s", syntax.Quote(name.V))
	}
	return &m
}

// middlewaresOf are those that a route names.
func (s *settings) middlewaresOf(in *ingressInput) []Middleware {
	var out []Middleware
	for _, t := range present(in.Middlewares...) {
		m, known := s.middlewares[t.V]
		namespace, name, direct := strings.Cut(t.V, "/")
		switch {
		case direct && validation.IsDNS1123Label(namespace) == nil && validation.IsDNS1123Subdomain(name) == nil:
			m = Middleware{Name: name, Namespace: namespace}
		case direct:
			t.Report("bad-name", "", "expected a middleware such as sys-traefik/rate-limit, found %s", shown(t.V))
			continue
		case known, s.flawed("ingress.middlewares"):
		default:
			t.Report("unknown-middleware", cmp.Or(diag.DidYouMean(t.V, slices.Collect(maps.Keys(s.middlewares))), "write NAMESPACE/NAME, such as sys-traefik/rate-limit; or name it under ingress.middlewares in "+PlatformFile),
				"there is no middleware %s in ingress.middlewares", syntax.Quote(t.V))
			continue
		}
		if slices.Contains(out, m) {
			t.Report("used-twice", "remove one of them", "requests already go through the middleware %s", shown(t.V))
			continue
		}
		out = append(out, m)
	}
	return out
}

// cookieName checks the name of a cookie: a token of RFC 6265.
func cookieName(t text) {
	if t.IsSet() && !header().MatchString(t.V) {
		t.Report("bad-name", "", "expected the name of a cookie such as whoami, found %s", shown(t.V))
	}
}

// outsideAddress is the IP address of something outside of the cluster.
func (s *settings) outsideAddress(t text) (netip.Addr, bool) {
	a, err := netip.ParseAddr(t.V)
	if err != nil {
		hint := ""
		if isHostname(hostIn(t.V)) {
			hint = "write its IP address: routes and policies know no names outside of the cluster"
		}
		t.Report("bad-address", hint, "expected an IP address such as 192.168.1.10, found %s", shown(t.V))
		return a, false
	}
	inPods := slices.ContainsFunc(s.podCIDRs, func(p netip.Prefix) bool { return p.Contains(a) })
	switch {
	case a.Is4In6() || a.Zone() != "":
		t.Report("bad-address", "write the address by itself", "expected an IP address such as 192.168.1.10, found %s", shown(t.V))
	case a.IsLoopback() || a.IsUnspecified() || a.IsMulticast() || a.IsLinkLocalUnicast() || a.IsLinkLocalMulticast(), // the API server refuses these (validateNonSpecialIP)
		a.Is4() && (a.As4()[0] == 0 || a.As4()[0] >= 240): // and no machine has one of these (RFC 1122, RFC 1112)
		t.Report("bad-address", "", "expected an address that other machines can reach, found %s", a)
	case inPods:
		t.Report("bad-address", "write the Service that leads to the pod: service: web-whoami", "the addresses of pods, such as %s, change with each of them", a)
	default:
		return a, true
	}
	return a, false
}
