package routes

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/bounds"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/traefik"
	"github.com/hippotion/roster/internal/muxer"
)

// harmless are the fields of middlewares that keep nobody out.
var harmless = []string{"addPrefix", "buffering", "circuitBreaker", "compress", "contentType", "encodedCharacters", "errors", "grpcWeb",
	"headers", "inFlightReq", "rateLimit", "replacePath", "replacePathRegex", "retry", "stripPrefix", "stripPrefixRegex"}

// Open reports whether the middlewares of a router are known, and keep nobody out.
func (in *Model) Open(r *Router) bool {
	return !slices.ContainsFunc(r.Middlewares, func(m catalog.Middleware) bool { return in.mayKeepOut(in.Middleware(m)) })
}

// mayKeepOut reports whether a middleware, which is nil when it is unknown, may refuse or redirect a request.
func (in *Model) mayKeepOut(o *deployed.Object) bool {
	if o == nil {
		return true
	}
	for field := range specOf(o) {
		if !slices.Contains(harmless, field) {
			return true
		}
	}
	return false
}

func specOf(o *deployed.Object) map[string]any {
	spec, _ := o.Content()["spec"].(map[string]any)
	return spec
}

// before is what the middlewares of an entry point do, which are before those of all routes.
type before struct{ asks, denies bool }

// Asks reports whether a middleware of an entry point itself may keep somebody out.
func (in *Model) Asks(e *traefik.EntryPoint) bool { return in.beforeAll(e).asks }

// DeniesEncoded reports whether a router, or its entry point, has a middleware that may refuse encoded characters, or is unknown.
func (in *Model) DeniesEncoded(r *Router, e *traefik.EntryPoint) bool {
	return in.beforeAll(e).denies || slices.ContainsFunc(r.Middlewares, func(m catalog.Middleware) bool { return denies(in.Middleware(m)) })
}

func denies(o *deployed.Object) bool { return o == nil || specOf(o)["encodedCharacters"] != nil }

func (in *Model) beforeAll(e *traefik.EntryPoint) before {
	out, known := in.atEntryPoints[e]
	if known {
		return out
	}
	for _, name := range strings.Split(e.Middlewares, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		var o *deployed.Object // nil also when another provider has it
		if name, ours := strings.CutSuffix(name, "@kubernetescrd"); ours {
			o = in.byTraefiksName.Get(in.nameAsTraefik)[name]
		}
		out = before{out.asks || in.mayKeepOut(o), out.denies || denies(o)}
	}
	if in.atEntryPoints == nil {
		in.atEntryPoints = map[*traefik.EntryPoint]before{}
	}
	in.atEntryPoints[e] = out
	return out
}

// nameAsTraefik are the middlewares by the names that an entry point has for them.
func (in *Model) nameAsTraefik() map[string]*deployed.Object {
	out := map[string]*deployed.Object{}
	for _, o := range in.deployed.Kind("Middleware") {
		if ofTraefik(o) {
			out[o.Namespace+"-"+o.Name] = o
		}
	}
	return out
}

// SameService reports whether two routers lead to a common Service.
func (r *Router) SameService(other *Router) bool {
	return slices.ContainsFunc(r.services, func(b backend) bool {
		return slices.ContainsFunc(other.services, func(o backend) bool {
			return o.Name == b.Name && cmp.Or(o.Namespace, other.Namespace) == cmp.Or(b.Namespace, r.Namespace)
		})
	})
}

// nowhere reports whether a router is on no entry point that Traefik has: it disables such a router (pkg/config/runtime,
// GetRoutersByEntryPoints).
func (r *Router) nowhere(t *traefik.Settings) bool {
	return len(r.EntryPoints) > 0 && !slices.ContainsFunc(r.EntryPoints, func(e string) bool { return !t.Lacks(e, false) })
}

// StreamRoute is an IngressRouteTCP or IngressRouteUDP, as far as it can be read.
type StreamRoute struct {
	*deployed.Object
	UDP         bool
	EntryPoints []string
	TLS         bool
	Routes      []streamRule
}

type streamRule struct {
	Match       string      `json:"match"`
	Middlewares []reference `json:"middlewares"`
	Services    []reference `json:"services"`
}

// StreamRoutes are the IngressRouteTCPs and IngressRouteUDPs that applications deploy, without those for another Traefik.
func (in *Model) StreamRoutes() []StreamRoute {
	var out []StreamRoute
	for _, o := range in.deployed.Kind("IngressRouteTCP", "IngressRouteUDP") {
		var r struct {
			Metadata struct {
				Annotations map[string]string `json:"annotations"`
			} `json:"metadata"`
			Spec struct {
				IngressClassName *string      `json:"ingressClassName"`
				EntryPoints      []string     `json:"entryPoints"`
				TLS              *struct{}    `json:"tls"`
				Routes           []streamRule `json:"routes"`
			} `json:"spec"`
		}
		if ofTraefik(o) && decode(o.Content(), &r) && in.traefik.Settings().Reads(classOf(r.Spec.IngressClassName, r.Metadata.Annotations)) {
			out = append(out, StreamRoute{o, o.Kind == "IngressRouteUDP", r.Spec.EntryPoints, r.Spec.TLS != nil, r.Spec.Routes})
		}
	}
	return out
}

// MissingStream is a Service that a rule of an IngressRouteTCP or IngressRouteUDP leads to, and that there surely is not. Traefik leaves it
// out, and does not build a rule that is left with none (pkg/provider/kubernetes/crd/kubernetes_tcp.go, kubernetes_udp.go).
type MissingStream struct {
	*deployed.Object
	Rule, Service   int
	Namespace, Name string
	Alone           bool // whether the rule leads nowhere else
}

// MissingStreams are the missing Services of all IngressRouteTCPs and IngressRouteUDPs.
func (in *Model) MissingStreams() []MissingStream {
	var out []MissingStream
	for _, s := range in.StreamRoutes() {
		for i, r := range s.Routes {
			for j, b := range r.Services {
				namespace := cmp.Or(b.Namespace, s.Namespace)
				if in.known(namespace) && !in.operated(namespace) && in.ServicesOf(namespace)[b.Name] == nil {
					out = append(out, MissingStream{s.Object, i, j, namespace, b.Name, len(r.Services) == 1})
				}
			}
		}
	}
	return out
}

// TakesAll is the first rule of an IngressRouteTCP that takes all connections without TLS; -1 when there is none that Traefik surely has.
// A rule with a missing Service or middleware is dropped.
func (in *Model) TakesAll(s *StreamRoute) int {
	if s.UDP || s.TLS {
		return -1
	}
	return slices.IndexFunc(s.Routes, func(r streamRule) bool {
		calls := muxer.Calls(r.Match)
		all := len(calls) == 1 && len(calls[0].Args) == 1 && anySNI(calls[0].Name, calls[0].Args[0]) && !strings.ContainsAny(r.Match, "!&")
		missing := slices.ContainsFunc(r.Services, func(b reference) bool {
			namespace := cmp.Or(b.Namespace, s.Namespace)
			return in.known(namespace) && in.ServicesOf(namespace)[b.Name] == nil
		})
		return all && len(r.Services) > 0 && !missing && len(r.Middlewares) == 0
	})
}

// anySNI reports whether a matcher of an IngressRouteTCP matches a connection that names no host, as one without TLS does (pkg/muxer/tcp).
func anySNI(name, arg string) bool {
	if strings.EqualFold(name, "HostSNIRegexp") {
		r, _ := bounds.Regexp(arg)
		return r != nil && r.MatchString("")
	}
	return strings.EqualFold(name, "HostSNI") && arg == "*"
}
