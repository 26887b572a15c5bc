package routes

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/bounds"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/muxer"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// StreamRoute is an IngressRouteTCP or IngressRouteUDP, as far as it can be read.
type StreamRoute struct {
	*deployed.Object
	UDP         bool
	EntryPoints []string
	TLS         bool
	Routes      []streamRule
}

type streamRule struct {
	Match       string          `json:"match"`
	Middlewares []reference     `json:"middlewares"`
	Services    []streamService `json:"services"`
}

type streamService struct {
	Name      string             `json:"name"`
	Namespace string             `json:"namespace"`
	Port      intstr.IntOrString `json:"port"`
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
				if namespace := cmp.Or(b.Namespace, s.Namespace); in.lacksService(namespace, b.Name) && !in.operated(namespace) {
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
		missing := slices.ContainsFunc(r.Services, func(b streamService) bool {
			return in.lacksService(cmp.Or(b.Namespace, s.Namespace), b.Name)
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
