package catalog

import (
	"cmp"
	"maps"
	"math"
	"path"
	"slices"
	"strconv"
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
	hosts    map[string]*syntax.Node // by name and path

	domainMissing bool // reported
}

// route resolves one host name of an application.
func (r *routes) route(in *ingressInput, from Origin) Route {
	out := Route{Place: place(in.Node), Host: r.host(in.Host), Path: strings.TrimRight(in.Path.V, "/"), Priority: in.Priority.V, Service: in.Service.V}
	out.Origin = from + "/ingress/" + Origin(out.Host+out.Path)
	// Traefik cleans the path of a request before it looks for a rule.
	if in.Path.IsSet() && (!strings.HasPrefix(in.Path.V, "/") || strings.ContainsAny(in.Path.V, "`(){}*?#% ") || strings.ContainsFunc(in.Path.V, notPrinted) ||
		out.Path != "" && path.Clean(out.Path) != out.Path) {
		in.Path.Report("bad-path", "", "expected a path prefix such as /api, found %s", syntax.Quote(in.Path.V))
	}
	if in.Priority.IsSet() && (in.Priority.V < 1 || in.Priority.V > MaxPriority) {
		in.Priority.Report("bad-priority", "leave it out to let longer rules win", "expected a priority from 1 to %d, found %d", MaxPriority, in.Priority.V)
	}
	if in.Service.IsSet() && validation.IsDNS1035Label(in.Service.V) != nil {
		badName(in.Service, `the name of a Service (lower-case letters, digits and "-", a letter first)`, validation.IsDNS1035Label)
	}
	out.Port = servicePort(in.Port)
	if out.Host != "" {
		address := out.Host + out.Path
		if first := r.hosts[address]; first != nil {
			in.Host.ReportWith(first, "first here", "duplicate-host", "give one of them a path, or remove it",
				"%s is routed twice: which one answers would be random", address)
		} else {
			r.hosts[address] = in.Host.Node
		}
	}
	out.Exposure, out.Auth = r.settings.exposureOf(in), r.settings.authOf(in)
	for _, name := range in.SharedWith {
		if name.IsSet() && r.names.entries[name.V] == nil {
			r.names.unknownNamespace(name.Node, name.V, "remove it: a host is routed on one cluster")
		}
		out.SharedWith = append(out.SharedWith, name.V)
	}
	slices.Sort(out.SharedWith)
	return out
}

// leadsSomewhere reports a host without a Service or its port. Where those of a catalog application lead is unknown when its values do not fit.
func (in *ingressInput) leadsSomewhere(of *app) {
	hint := ""
	if b := of.builtin; b != nil {
		if b.values == nil {
			return
		}
		hint = b.unled
	}
	if in.Port.Node == nil && !in.Flawed("port") {
		in.Report("missing-field", cmp.Or(hint, "write it like this: port: 80"), `missing "port"`)
	}
	if !in.Service.IsSet() && !in.Flawed("service") {
		in.Report("missing-field", cmp.Or(hint, "write it like this: service: web-whoami"), `missing "service"`)
	}
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
	return Exposure{Name: name, EntryPoints: s.exposure(at, name)}
}

// host is the whole host name.
func (r *routes) host(in text) string {
	if !in.IsSet() {
		return ""
	}
	if strings.ContainsAny(in.V, ".:/") {
		if !hostname(in) {
			return ""
		}
		return in.V
	}
	if !dnsLabel(in) {
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
	if isHostname(r.settings.in.Domain.V) && !isHostname(host) {
		in.Report("bad-host", "", "expected at most %d characters together with the domain, found %d", validation.DNS1123SubdomainMaxLength, len(host))
	}
	return host
}

func servicePort(t syntax.Text) ServicePort {
	if t.Node == nil {
		return ServicePort{}
	}
	if n, err := strconv.Atoi(t.V); err == nil && strconv.Itoa(n) == t.V && n >= 1 && n <= 65535 {
		return ServicePort{Number: n}
	}
	if validation.IsValidPortName(t.V) != nil {
		t.Report("bad-port", "", "expected the Service's port, from 1 to 65535, or its name, found %s", syntax.Quote(t.V))
	}
	return ServicePort{Name: t.V}
}

// authOf is who asks the users of a route for a login: one of the platform's middlewares, unless the entry says none or app.
func (s *settings) authOf(in *ingressInput) Auth {
	out := Auth{Name: in.Auth.Or(s.defaultAuth)}
	switch {
	case in.Auth.IsSet():
		out.Middleware = s.middleware(in.Auth)
	case s.defaultAuth == "none" || s.defaultAuth == "app":
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
