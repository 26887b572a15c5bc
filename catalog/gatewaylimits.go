package catalog

import (
	"cmp"

	"github.com/hippotion/roster/internal/syntax"
)

// gatewayLimits are what no route of the Gateway API can say.
var gatewayLimits = limits{
	"pattern":          "write '*.apps.home.example': a * of the Gateway API stands for whole parts of a name, and all of them",
	"priority":         "remove it: of the routes of a Gateway, the one with the more exact path answers, then the one with more matchers",
	"sticky":           "deploy what your Gateway has for it, such as Envoy Gateway's BackendTrafficPolicy: it is in no release of HTTPRoute yet",
	"tls.certResolver": "remove it: the listener of the Gateway has the certificate",
}

const (
	// middlewaresElsewhere is for middlewares of a Gateway that is not Traefik's.
	middlewaresElsewhere = "remove it: middlewares are Traefik's; write requestHeaders, responseHeaders, rewrite or redirect for what HTTPRoute has"
	// noTimeouts: Traefik reads no timeouts of routes (pkg/provider/kubernetes/gateway/features.go).
	noTimeouts = "remove it, and set the timeouts of its entry points: Traefik does not read those of an HTTPRoute"
)

// gatewaySayable are the objects of a route of a Gateway, and what they, or who answers for the Gateway, have no way to say.

func (in *ingressInput) gatewaySayable(r *Route) (objects string, cannot []limits) {
	if len(r.Exposure.Gateways) == 0 {
		return "", nil
	}
	of := r.Exposure.Gateways[0].Implementation
	own := limits{}
	if of != TraefikProxy {
		own["middlewares"] = middlewaresElsewhere
	} else {
		own["timeouts"] = noTimeouts
	}
	kind := map[Protocol]string{HTTP: "HTTPRoute", TLS: "TLSRoute", TCP: "TCPRoute", UDP: "UDPRoute"}[r.Protocol]
	if r.Protocol == UDP && of == TraefikProxy {
		in.Protocol.Report("unsaid", "expose it by Traefik's entry points, or with a Service of type LoadBalancer", "%s does not serve %s", of.title(), kind)
	}
	if t := in.TLS; t != nil && !t.CertResolver.IsSet() {
		t.Report("unsaid", "remove it, and name the Secret in the listener of the Gateway: tls: {certificateRefs: [{name: whoami-tls}]}", "the listeners of a Gateway have the certificates, not its routes")
	}
	in.gatewayBackends(r)
	in.gatewayBounds(r)
	return "an " + kind, []limits{gatewayLimits, own}
}

// gatewayBackends reports what cannot be said of the backends of a route of a Gateway.
func (in *ingressInput) gatewayBackends(r *Route) {
	inputs := in.Backends
	if inputs == nil {
		inputs = []backendInput{{Node: in.Node, Service: in.Service, Port: in.Port, Scheme: in.Scheme, BackendTLS: in.BackendTLS}}
	}
	i := 0
	for j := range inputs {
		if inputs[j].Node == nil || i >= len(r.Backends) {
			continue
		}
		inputs[j].gatewayBackend(&r.Backends[i], in)
		i++
	}
}

func (in *backendInput) gatewayBackend(b *Backend, of *ingressInput) {
	if b.Port.Name != "" && of.portNumber > 0 && b.Port.Name == of.Port.V {
		b.Port = ServicePort{Number: of.portNumber}
	}
	if b.Port.Name != "" {
		in.Port.Report("unsaid", "write the number of the Service's port, such as port: 80", "routes of a Gateway know the ports of Services by number, found %s", syntax.Quote(b.Port.Name))
	}
	if b.Scheme == "h2c" {
		in.Scheme.Report("unsaid", "set appProtocol: kubernetes.io/h2c at the port of the Service, and remove it", "routes of a Gateway take the protocol from the Service")
	}
	if b.TLS == nil {
		return
	}
	at := in.BackendTLS.Node
	if b.TLS.Insecure != "" {
		at.Report("unsaid", "write the name in the certificate, and its authority: backendTLS: {hostname: nas.home.example, ca: CONFIGMAP}", "a BackendTLSPolicy always checks the certificate")
	}
	if own := of.namespace; own != "" && cmp.Or(b.Namespace, own) != own {
		at.Report("unsaid", "write the route in the entry of that namespace", "a BackendTLSPolicy is in the namespace of its Service, %s", b.Namespace)
	}
}

// mostInFilter is how many headers a filter of an HTTPRoute sets, adds or removes, and how many names, matchers and backends a route has.
const mostInFilter = 16

// gatewayBounds reports what the schema of HTTPRoute has no room for.
func (in *ingressInput) gatewayBounds(r *Route) {
	if r.Protocol != HTTP {
		return
	}
	report := func(at *syntax.Node, number int, what string) {
		if number > mostInFilter && at != nil {
			at.Report("too-large", "write a second element of ingress for the others", "an HTTPRoute has at most %d %s, found %d", mostInFilter, what, number)
		}
	}
	report(in.hostsAt(), len(r.Hosts), "hosts")
	report(in.backendsAt(), len(r.Backends), "backends")
	if in.Match != nil {
		report(in.Match.Node, max(len(r.Headers), len(r.Query)), "matchers of a kind")
	}
	for _, h := range []struct {
		in *headerChangeInput
		of HeaderChange
	}{{in.RequestHeaders, r.RequestHeaders}, {in.ResponseHeaders, r.ResponseHeaders}} {
		if h.in != nil {
			report(h.in.Node, max(len(h.of.Set), len(h.of.Add), len(h.of.Remove)), "headers to set, add or remove")
		}
	}
}

// gatewayHeaders reports identity headers that a filter has no room for, besides those that a route itself removes.
func (s *settings) gatewayHeaders(in *ingressInput, r *Route) {
	if r.Kind() != GatewayRoutes || r.Auth.Asks() || r.Protocol != HTTP || r.Redirect != nil {
		return
	}
	if n := len(s.identityHeaders) + len(r.RequestHeaders.Remove); n > mostInFilter {
		in.Report("too-large", "name fewer under ingress.identityHeaders in "+PlatformFile+", or remove fewer here", "an HTTPRoute removes at most %d headers, found %d with those of the login", mostInFilter, n)
	}
}
