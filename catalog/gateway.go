package catalog

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/lazy"
	"github.com/hippotion/roster/internal/syntax"
	"github.com/hippotion/roster/profiles"
)

// gatewayInput is a Gateway, which others than roster deploy. Of an exposure, it has what ingress.gateway says of one where it does not say it itself.
type gatewayInput struct {
	*syntax.Node   `example:"{name: home, namespace: sys-gateway, implementation: envoy-gateway}"`
	Name           text      `yaml:"name,name" example:"home"`
	Namespace      text      `yaml:"namespace" example:"sys-gateway"`
	Implementation text      `yaml:"implementation" enum:"cilium,envoy-gateway,istio,kgateway,nginx,traefik,other"` // what answers for it
	Listeners      []text    `yaml:"listeners,one" example:"[https]"`                                               // all of the Gateway when absent
	Ports          []number  `yaml:"ports" example:"[443]"`                                                         // all listeners on these, in place of their names
	Pods           podsInput `yaml:"pods"`
}

// podsInput are the pods that send requests on, where roster does not know them by the implementation.
type podsInput struct {
	*syntax.Node `example:"{namespace: envoy-gateway-system, podLabels: {app.kubernetes.io/name: envoy}}"`
	podsSettings
}

// check reports what is wrong in what is written of a Gateway, by itself.
func (in *gatewayInput) check() {
	optionalSubdomain(in.Name)
	optionalLabel(in.Namespace)
	for _, l := range in.Listeners {
		optionalSubdomain(l)
	}
	for _, p := range in.Ports {
		portOr(p, 0)
	}
	optionalLabel(in.Pods.Namespace)
	podLabels(in.Pods.PodLabels)
}

// Implementation is what answers for a Gateway.
type Implementation string

// The implementations that roster knows. Of another one it knows no pods, no logins and no limits.
const (
	CiliumGateway Implementation = "cilium"
	EnvoyGateway  Implementation = "envoy-gateway"
	IstioGateway  Implementation = "istio"
	KGateway      Implementation = "kgateway"
	NginxGateway  Implementation = "nginx"
	TraefikProxy  Implementation = "traefik"
	OtherGateway  Implementation = "other"
)

// titles are what messages call the implementations.
func (i Implementation) title() string {
	return map[Implementation]string{CiliumGateway: "Cilium", EnvoyGateway: "Envoy Gateway", IstioGateway: "Istio", KGateway: "kgateway", NginxGateway: "NGINX Gateway Fabric",
		TraefikProxy: "Traefik", OtherGateway: "this implementation of the Gateway API"}[i]
}

// Gateway is what routes are attached to: a Gateway, or some of its listeners.
type Gateway struct {
	Name, Namespace string
	Listeners       []string // by name; all when these and Ports are empty
	Ports           []int
	Implementation  Implementation
	Controller      profiles.Controller // what sends requests on to pods
}

// Doors are what there is of a Gateway to be reached by, each under a name of its own.
func (g *Gateway) Doors() []string {
	whole := g.Namespace + "/" + g.Name
	var out []string
	for _, l := range g.Listeners {
		out = append(out, whole+"/"+l)
	}
	for _, p := range g.Ports {
		out = append(out, whole+":"+strconv.Itoa(p))
	}
	if out == nil {
		return []string{whole}
	}
	return out
}

// gateway resolves a Gateway of an exposure. What it does not say is that of ingress.gateway.
func (s *settings) gateway(in *gatewayInput, listeners []text, at *syntax.Node) (Gateway, bool) {
	usual := &s.in.Ingress.Gateway
	name, namespace, of := either(in.Name, usual.Name), either(in.Namespace, usual.Namespace), either(in.Implementation, usual.Implementation)
	if in.Listeners != nil || in.Ports != nil || listeners != nil {
		listeners = append(slices.Clone(in.Listeners), listeners...)
	} else {
		listeners = usual.Listeners
	}
	if in.Node != nil {
		at = in.Node
	}
	out := Gateway{Name: name.V, Namespace: namespace.V, Implementation: Implementation(of.V)}
	for _, l := range listeners {
		if l.IsSet() && !slices.Contains(out.Listeners, l.V) {
			out.Listeners = append(out.Listeners, l.V)
		}
	}
	ports := in.Ports
	if in.Ports == nil && len(listeners) == 0 {
		ports = usual.Ports
	}
	for _, p := range ports {
		if p.IsSet() && !slices.Contains(out.Ports, p.V) {
			out.Ports = append(out.Ports, p.V)
		}
	}
	for _, missing := range []struct {
		of  text
		key string
	}{{name, "name"}, {namespace, "namespace"}, {of, "implementation"}} {
		if !missing.of.IsSet() && !s.flawed("ingress.gateway") && !s.flawed("ingress.expose") {
			at.Report("missing-value", "write it for all exposures in "+PlatformFile+": ingress: {gateway: {name: home, namespace: sys-gateway, implementation: envoy-gateway}}",
				"the %s of the Gateway is not said", missing.key)
			return out, false
		}
	}
	var known bool
	out.Controller, known = s.behind(&out, &in.Pods, &usual.Pods)
	if !known && !s.flawed("ingress.gateway") && !s.flawed("ingress.expose") {
		at.Report("missing-value", "write pods: {namespace: NAMESPACE, podLabels: {KEY: VALUE}}: those that network policies have to admit", "roster does not know which pods answer for this Gateway")
	}
	return out, known
}

// either is a text or, where it is not set, another one.
func either(in, otherwise text) text {
	if in.IsSet() {
		return in
	}
	return otherwise
}

// gatewayNameLabel is the label of the Gateway API for what an implementation makes for a Gateway (GEP-1762).
const gatewayNameLabel = "gateway.networking.k8s.io/gateway-name"

// behind is what sends requests of a Gateway on to pods, unless platform.yml says it: where the implementation runs it, and with which labels.
func (s *settings) behind(g *Gateway, own, usual *podsInput) (profiles.Controller, bool) {
	out := profiles.Controller{Pods: profiles.Pods{Namespace: g.Namespace, PodLabels: map[string]string{gatewayNameLabel: g.Name}}}
	known := true
	switch g.Implementation {
	case CiliumGateway: // its proxy is on each node, under an identity of its own
		return profiles.Controller{Pods: out.Pods, On: profiles.OnCilium}, true
	case TraefikProxy:
		out = profiles.Controller{Pods: s.controller, On: s.in.Ingress.Controller.Network.V}
	case EnvoyGateway: // internal/gatewayapi/helpers.go, GatewayOwnerLabels
		out.Pods = profiles.Pods{Namespace: "envoy-gateway-system", PodLabels: map[string]string{
			"gateway.envoyproxy.io/owning-gateway-name": g.Name, "gateway.envoyproxy.io/owning-gateway-namespace": g.Namespace}}
	case OtherGateway:
		known = false
	}
	for _, in := range []*podsInput{usual, own} {
		out.Namespace = in.Namespace.Or(out.Namespace)
		if in.PodLabels.Node != nil {
			out.PodLabels, known = map[string]string{}, true
			for _, label := range in.PodLabels.Items {
				out.PodLabels[label.Key] = label.Value.V
			}
		}
	}
	return out, known
}

// controllers are what sends requests on to pods, each once: Traefik, or whatever ingress.controller describes, first, where an exposure has it.
func (s *settings) controllers() []profiles.Controller {
	described := profiles.Controller{Pods: s.controller, On: s.in.Ingress.Controller.Network.V}
	var out []profiles.Controller
	for _, name := range slices.Sorted(maps.Keys(s.exposed)) {
		e := s.exposed[name]
		if e.Kind != GatewayRoutes {
			out = slices.Insert(out, 0, described)
		}
		for _, g := range e.Gateways {
			out = append(out, g.Controller)
		}
	}
	if len(out) == 0 {
		return []profiles.Controller{described}
	}
	var distinct []profiles.Controller
	for _, c := range out {
		if !slices.ContainsFunc(distinct, func(d profiles.Controller) bool { return sameController(&c, &d) }) {
			distinct = append(distinct, c)
		}
	}
	return distinct
}

// ControllerOf is what stands behind a Gateway of an exposure, by its NAMESPACE/NAME; nil for another Gateway.
func (p *Platform) ControllerOf(gateway string) *profiles.Controller {
	for _, name := range slices.Sorted(maps.Keys(p.Exposures)) {
		for i := range p.Exposures[name].Gateways {
			if g := &p.Exposures[name].Gateways[i]; g.Namespace+"/"+g.Name == gateway {
				return &g.Controller
			}
		}
	}
	return nil
}

// sameController reports whether two of them are the same for Cilium.
func sameController(a, b *profiles.Controller) bool {
	if a.On != b.On && (a.On == profiles.OnCilium || b.On == profiles.OnCilium || a.On == profiles.OnHost || b.On == profiles.OnHost) {
		return false
	}
	return a.On == profiles.OnCilium || a.On == profiles.OnHost || a.Namespace == b.Namespace && maps.Equal(a.PodLabels, b.PodLabels)
}

// The releases of the Gateway API since which kinds have their final version.
const (
	newestGatewayAPI     = 6 // of 1.x
	finalTLSRoute        = 5
	finalStreamRoutes    = 6 // TCPRoute and UDPRoute
	finalBackendTLSRoute = 4 // BackendTLSPolicy
)

var gatewayAPIShape = lazy.Regexp(`^v?1\.([0-9]{1,3})(\.[0-9]{1,4})?$`)

// gatewayAPIOf is the minor version of the Gateway API's release; the newest that roster knows when it is not set, or wrong.
func gatewayAPIOf(in *syntax.Text) int {
	if in.Node == nil {
		return newestGatewayAPI
	}
	found := gatewayAPIShape().FindStringSubmatch(in.V)
	if found == nil {
		in.Report("bad-version", fmt.Sprintf(`write the release whose CRDs the cluster has, such as "1.%d"`, newestGatewayAPI), "expected a release of the Gateway API, found %s", shown(in.V))
		return newestGatewayAPI
	}
	minor, _ := strconv.Atoi(found[1])
	return minor
}

// GatewayAPI is which versions of kinds a cluster serves.
type GatewayAPI struct {
	Minor int // of the release of the Gateway API: 5 for 1.5
}

// Version is the one of a kind of route that is rendered: the final one, or the last one before it.
func (a GatewayAPI) Version(p Protocol) string {
	if p == TLS && a.Minor < finalTLSRoute || (p == TCP || p == UDP) && a.Minor < finalStreamRoutes {
		return "v1alpha2"
	}
	return "v1"
}

// oneImplementation reports an exposure whose Gateways have several: their logins and limits differ.
func oneImplementation(gateways []Gateway, at *syntax.Node) {
	for i := range gateways {
		if a, b := gateways[0].Implementation, gateways[i].Implementation; cmp.Compare(a, b) != 0 {
			at.Report("bad-choice", "define an exposure for each, and list both in the route: expose: [one, other]", "the Gateways of one exposure have several implementations: %s",
				strings.Join([]string{a.title(), b.title()}, ", "))
			return
		}
	}
}
