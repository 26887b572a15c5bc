package catalog

import (
	"cmp"
	"net/netip"
	"slices"
	"time"
)

// The types of this file are what a route says, for all kinds of routes alike. The words are HTTPRoute's, of the Gateway API, where it has one.

// Route is one element of an application's ingress: what requests it is for, and what becomes of them.
type Route struct {
	Origin   Origin
	Place    Place
	Exposure Exposure
	Auth     Auth
	Protocol Protocol

	// Host is the first of Hosts: empty for TCP and UDP, where connections name none. A * in a host stands for any characters of one part.
	Host     string
	Hosts    []string
	Path     string // of a prefix without a slash at the end; empty for all paths
	PathType PathType
	Methods  []string
	Headers  []Matcher // all of them have to match, as those of Query
	Query    []Matcher
	Priority int // 0: by the length of the rule

	// Middlewares are of Traefik: those that requests go through after the login's.
	Middlewares     []Middleware
	Redirect        *Redirect // nil when requests go to Backends
	Rewrite         *Rewrite
	RequestHeaders  HeaderChange
	ResponseHeaders HeaderChange
	Timeouts        Timeouts

	Backends []Backend // at least one, unless there is a Redirect
	Sticky   *Sticky
	TLS      *RouteTLS // nil when the entry points or listeners decide

	Labels, Annotations map[string]string // of the route's object
	SharedWith          []string          // the namespaces whose applications may answer for parts of the host, in order
}

// RouteKind is which objects routes become.
type RouteKind string

// The kinds of routes.
const (
	TraefikRoutes RouteKind = "traefik" // IngressRoute and its siblings
	GatewayRoutes RouteKind = "gateway" // HTTPRoute and its siblings
	IngressRoutes RouteKind = "ingress" // Kubernetes' own Ingress
)

// Kind is which object the route becomes.
func (r *Route) Kind() RouteKind { return r.Exposure.Kind }

// Protocol is what is spoken on a route. TLS is told apart by its name of a server, and otherwise passed on as it is or, with RouteTLS, decrypted.
type Protocol string

// The protocols.
const (
	HTTP Protocol = "HTTP"
	TLS  Protocol = "TLS"
	TCP  Protocol = "TCP"
	UDP  Protocol = "UDP"
)

// PathType is how Path is compared.
type PathType string

// The types of paths.
const (
	PathPrefix PathType = "PathPrefix" // this path, and all below it
	PathExact  PathType = "Exact"
	PathRegex  PathType = "RegularExpression"
)

// Matcher is a header, or a parameter of the query, that a request must have.
type Matcher struct {
	Name, Value string
	Regex       bool // whether Value is a regular expression
}

func (m Matcher) key() string {
	if m.Regex {
		return "~" + m.Name + "\x01" + m.Value
	}
	return "=" + m.Name + "\x01" + m.Value
}

// ServicePort is a Service's port by its name or, when Name is empty, by its number.
type ServicePort struct {
	Number int
	Name   string
}

// Backend is where requests go: a Service of a namespace, or an address outside of the cluster.
type Backend struct {
	Place     Place
	Namespace string // of the Service
	Service   string // for an address, the one that roster renders in the namespace of the route
	Port      ServicePort
	Address   netip.Addr // of what is outside of the cluster; the zero Addr for a Service
	Transport Protocol   // TCP or UDP
	Scheme    string     // http, https or h2c; empty where nobody says it
	TLS       *BackendTLS
	Weight    int // among several: 1 unless the list says another
}

// Outside reports whether the backend is an address outside of the cluster.
func (b *Backend) Outside() bool { return b.Address.IsValid() }

// BackendTLS is how the certificate of a backend is checked.
type BackendTLS struct {
	Hostname string // that the certificate must be for
	CA       string // a ConfigMap of the backend's namespace with ca.crt; empty for the authorities that the controller knows
	Insecure string // why it is not checked at all; empty when it is
}

// Exposure is from where a route can be reached.
type Exposure struct {
	Name        string
	Kind        RouteKind
	EntryPoints []string // of Traefik
	Class       string   // of the IngressClass; may be empty
	Gateways    []Gateway
}

// Auth is who asks the users of a route for a login.
type Auth struct {
	Name       string      // one of the platform's; app when the application does, and none when nobody does
	Middleware *Middleware // of the platform's; nil for app and none, and where another kind of controller asks
	Login      Login       // what the Gateway of a route does
}

// Asks reports whether the platform asks, and not the application or nobody.
func (a *Auth) Asks() bool { return a.Name != "" && a.Name != "app" && a.Name != "none" }

// Middleware is a Traefik Middleware.
type Middleware struct{ Name, Namespace string }

// Redirect is where requests are sent instead. What is empty stays as it is in the request.
type Redirect struct {
	Scheme, Host string
	Port         int
	Path         string // the whole path
	Prefix       string // in place of the prefix that matched; / removes it
	Permanent    bool
}

// Rewrite is what is changed in a request before the backend gets it. What is empty stays as it is.
type Rewrite struct {
	Host   string
	Path   string // the whole path
	Prefix string // in place of the prefix that matched; / removes it
}

// HeaderChange is what becomes of headers. Each list is in the order of names.
type HeaderChange struct {
	Set, Add []Header
	Remove   []string
}

// Empty reports whether nothing is changed.
func (h HeaderChange) Empty() bool { return len(h.Set)+len(h.Add)+len(h.Remove) == 0 }

// Header is a header with its value.
type Header struct{ Name, Value string }

// Timeouts are how long a request may take; 0 when nobody says it.
type Timeouts struct {
	Request time.Duration // all of it
	Backend time.Duration // the backend's part
}

// Sticky is that a visitor stays with one pod, by a cookie.
type Sticky struct{ Cookie string }

// RouteTLS is the certificate of a route's hosts.
type RouteTLS struct {
	SecretName string
	// Issuer is the one of cert-manager that makes it; empty when the Secret comes from elsewhere.
	Issuer, IssuerKind string
	CertResolver       string // of Traefik, in place of a Secret
}

// Inside is the first Service of the cluster that a route for HTTP leads to; nil when it leads elsewhere.
func (r *Route) Inside() *Backend {
	if i := slices.IndexFunc(r.Backends, func(b Backend) bool { return !b.Outside() }); i >= 0 && r.Protocol == HTTP {
		return &r.Backends[i]
	}
	return nil
}

// PassedOn reports whether TLS connections go to the backend as they are.
func (r *Route) PassedOn() bool { return r.Protocol == TLS && r.TLS == nil }

// Key tells routes of one host apart: path, and all that is compared besides. It is empty for a route of a whole host.
func (r *Route) Key() string {
	out := r.Path
	if r.PathType != PathPrefix {
		out += "\x00" + string(r.PathType)
	}
	if r.Protocol != HTTP {
		out += "\x00" + string(r.Protocol)
	}
	for _, m := range r.Methods {
		out += "\x00" + m
	}
	for _, m := range r.Headers {
		out += "\x00header" + m.key()
	}
	for _, m := range r.Query {
		out += "\x00query" + m.key()
	}
	return out
}

// Middlewares are those of the platform that the requests on a route of the namespace go through: first the login or, where there is none, the one
// that removes the headers of a login; then those that the route names.
func (n *Namespace) Middlewares(r *Route) []Middleware {
	switch {
	case r.Auth.Middleware != nil:
		return append([]Middleware{*r.Auth.Middleware}, r.Middlewares...)
	case r.Protocol == HTTP && len(n.IdentityHeaders) > 0:
		return append([]Middleware{{Name: IdentityMiddleware, Namespace: n.Name}}, r.Middlewares...)
	}
	return r.Middlewares
}

// OutsideService is the Service that leads to an address outside of the cluster, and who is the first to need it.
type OutsideService struct {
	Backend
	Origin Origin
	Wave   Wave
}

// Outside are the Services of the namespace that lead to addresses outside of the cluster, by name.
func (n *Namespace) Outside() []OutsideService {
	var out []OutsideService
	for i := range n.Applications {
		a := &n.Applications[i]
		for _, r := range a.Routes {
			for _, b := range r.Backends {
				if b.Outside() {
					out = append(out, OutsideService{b, r.Origin, a.RouteSync.Wave})
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b OutsideService) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Wave, b.Wave), cmp.Compare(a.Origin, b.Origin))
	})
	return slices.CompactFunc(out, func(a, b OutsideService) bool { return a.Service == b.Service })
}

// Certificate is one that cert-manager makes: for the hosts of all routes of a namespace that name its Secret.
type Certificate struct {
	RouteTLS
	Hosts  []string // in order
	Origin Origin
	Sync   Sync
}

// Certificates are those of the namespace, by the names of their Secrets.
func (n *Namespace) Certificates() []Certificate {
	var out []Certificate
	places := map[string]int{}
	for i := range n.Applications {
		a := &n.Applications[i]
		for j := range a.Routes {
			r := &a.Routes[j]
			if r.TLS == nil || r.TLS.Issuer == "" {
				continue
			}
			at, known := places[r.TLS.SecretName]
			if !known {
				at = len(out)
				places[r.TLS.SecretName] = at
				out = append(out, Certificate{RouteTLS: *r.TLS, Origin: r.Origin, Sync: Sync{a.RouteSync.Wave, a.CertificatesLate}})
			}
			out[at].Hosts = append(out[at].Hosts, r.Hosts...)
			out[at].Sync.Wave = min(out[at].Sync.Wave, a.RouteSync.Wave)
		}
	}
	for i := range out {
		out[i].Hosts = set(out[i].Hosts)
	}
	slices.SortFunc(out, func(a, b Certificate) int { return cmp.Compare(a.SecretName, b.SecretName) })
	return out
}
