// Package gateways is the Gateways of the Gateway API that are deployed: whose they are, what their listeners admit, which routes attach to
// them, and which references into other namespaces are granted. It knows no rule of any implementation, and no backend.
package gateways

import (
	"cmp"
	"strings"

	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/once"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Group is that of the Gateway API.
const Group = "gateway.networking.k8s.io"

// Model is all Gateways.
type Model struct {
	deployed *deployed.Model

	gateways   once.Value[map[key]*Gateway]
	grants     once.Value[map[string][]grant] // by the namespace that grants
	namespaces once.Value[map[string]*labelled]
}

// New is the Gateways of what is deployed.
func New(d *deployed.Model) *Model { return &Model{deployed: d} }

type key struct{ namespace, name string }

// Gateway is one, as far as it can be read.
type Gateway struct {
	*deployed.Object
	Class      string
	Controller string // the implementation, by the controllerName of its class; empty when it is not known
	Listeners  []*Listener
}

// Listener is one of a Gateway.
type Listener struct {
	*Gateway
	Index                    int
	Name, Hostname, Protocol string
	Port                     int32
	TLS                      bool   // whether it says anything of TLS
	Mode                     string // of TLS: Terminate or Passthrough
	Certificates             []Certificate
	Twin                     *Listener // an earlier one with the same port, protocol and hostname
	from                     string
	selector                 *metav1.LabelSelector
	kinds                    []kindRef
}

// Certificate is a certificateRef.
type Certificate struct {
	Group     string `json:"group"`
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
}

// socket is what only one listener of a Gateway may have.
type socket struct {
	port               int32
	protocol, hostname string
}

type kindRef struct {
	Group *string `json:"group"`
	Kind  string  `json:"kind"`
}

// The implementations whose ways are known here.
const (
	Traefik = "traefik.io/gateway-controller"
	Envoy   = "gateway.envoyproxy.io/gatewayclass-controller"
	Cilium  = "io.cilium/gateway-controller"
)

// classes are those that an implementation, or its chart, creates itself: nobody else gives one such a name.
var classes = map[string]string{"traefik": Traefik, "cilium": Cilium, "istio": "istio.io/gateway-controller", "nginx": "gateway.nginx.org/nginx-gateway-controller"}

const (
	// mostListeners is how many listeners of a Gateway, and most parents of a route, are looked at: the API server accepts no more.
	mostListeners = 64
	mostParents   = 32
)

// Is reports whether an object is of a kind of the Gateway API.
func Is(o *deployed.Object) bool { return deployed.GroupOf(o) == Group }

// Gateway is the one of a name; nil when none is known.
func (in *Model) Gateway(namespace, name string) *Gateway {
	return in.gateways.Get(in.read)[key{namespace, name}]
}

// Gateways are all of them, in order.
func (in *Model) Gateways() []*Gateway {
	var out []*Gateway
	all := in.gateways.Get(in.read)
	for _, o := range in.deployed.All("Gateway") {
		if g := all[key{o.Namespace, o.Name}]; g != nil && g.Object == o {
			out = append(out, g)
		}
	}
	return out
}

func (in *Model) read() map[key]*Gateway {
	controllers := map[string]string{}
	for _, o := range in.deployed.All("GatewayClass") {
		if Is(o) {
			controllers[o.Name] = deployed.StringAt(o, "spec", "controllerName")
		}
	}
	out := map[key]*Gateway{}
	for _, o := range in.deployed.All("Gateway") {
		at := key{o.Namespace, o.Name}
		if !Is(o) || out[at] != nil {
			continue
		}
		if g := readGateway(o); g != nil {
			g.Controller = cmp.Or(controllers[g.Class], classes[g.Class])
			out[at] = g
		}
	}
	return out
}

func readGateway(o *deployed.Object) *Gateway {
	var r struct {
		Spec struct {
			Class     string `json:"gatewayClassName"`
			Listeners []struct {
				Name     string `json:"name"`
				Hostname string `json:"hostname"`
				Protocol string `json:"protocol"`
				Port     int32  `json:"port"`
				TLS      *struct {
					Mode         string        `json:"mode"`
					Certificates []Certificate `json:"certificateRefs"`
				} `json:"tls"`
				Allowed struct {
					Namespaces struct {
						From     string                `json:"from"`
						Selector *metav1.LabelSelector `json:"selector"`
					} `json:"namespaces"`
					Kinds []kindRef `json:"kinds"`
				} `json:"allowedRoutes"`
			} `json:"listeners"`
		} `json:"spec"`
	}
	if runtime.DefaultUnstructuredConverter.FromUnstructured(o.Content(), &r) != nil {
		return nil
	}
	g := &Gateway{Object: o, Class: r.Spec.Class}
	first := map[socket]*Listener{}
	for i, l := range r.Spec.Listeners {
		if i == mostListeners {
			break
		}
		out := &Listener{Gateway: g, Index: i, Name: l.Name, Hostname: strings.ToLower(l.Hostname), Protocol: l.Protocol, Port: l.Port,
			from: cmp.Or(l.Allowed.Namespaces.From, "Same"), selector: l.Allowed.Namespaces.Selector, kinds: l.Allowed.Kinds}
		if l.TLS != nil {
			out.TLS, out.Mode, out.Certificates = true, cmp.Or(l.TLS.Mode, "Terminate"), l.TLS.Certificates
		}
		at := socket{out.Port, out.Protocol, out.Hostname}
		if out.Twin = first[at]; out.Twin == nil {
			first[at] = out
		}
		g.Listeners = append(g.Listeners, out)
	}
	return g
}

// Title names a listener in messages.
func (l *Listener) Title() string { return "listener " + l.Name + " of " + l.Gateway.Where() }

// Where names a Gateway in messages.
func (g *Gateway) Where() string { return g.Title() + " of " + g.Namespace }

// ByTraefik reports whether a Gateway is Traefik's.
func (g *Gateway) ByTraefik() bool { return g.Controller == Traefik }

// ByCilium reports whether a Gateway is Cilium's, whose proxy has an identity of its own.
func (g *Gateway) ByCilium() bool { return g.Controller == Cilium }

// Server names the implementation in messages.
func (g *Gateway) Server() string {
	switch g.Controller {
	case Traefik:
		return "Traefik"
	case Envoy:
		return "Envoy Gateway"
	case Cilium:
		return "Cilium"
	}
	return g.Where()
}
