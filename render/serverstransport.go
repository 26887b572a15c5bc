package render

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type serversTransport struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              serversTransportSpec `json:"spec"`
}

type serversTransportSpec struct {
	ServerName         string              `json:"serverName,omitempty"`
	InsecureSkipVerify bool                `json:"insecureSkipVerify,omitempty"`
	RootCAs            []rootCA            `json:"rootCAs,omitempty"`
	ForwardingTimeouts *forwardingTimeouts `json:"forwardingTimeouts,omitempty"`
}

type rootCA struct {
	ConfigMap string `json:"configMap"`
}

type forwardingTimeouts struct {
	ResponseHeaderTimeout string `json:"responseHeaderTimeout"`
}

// ReasonAnnotation says why a certificate is not checked.
const ReasonAnnotation = "roster.hippotion.github.io/reason"

// ownTransport reports whether a backend needs a ServersTransport.
func ownTransport(in *catalog.Route, b *catalog.Backend) bool {
	return in.Protocol == catalog.HTTP && (b.TLS != nil || in.Timeouts.Backend > 0)
}

// serversTransports say how backends are called. Traefik looks for one in the namespace of the Service (kubernetes_http.go, buildServersLB).
func serversTransports(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	var out []object.Object
	eachRoute(n, catalog.TraefikRoutes, func(in *catalog.Route, sync catalog.Sync) {
		for i := range in.Backends {
			b := &in.Backends[i]
			if !ownTransport(in, b) {
				continue
			}
			id := identity{Kind: k, Namespace: b.Namespace, Name: transportName(in, i), Origin: in.Origin, Sync: sync}
			out = append(out, id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
				if b.TLS != nil && b.TLS.Insecure != "" {
					m.Annotations[ReasonAnnotation] = b.TLS.Insecure
				}
				return &serversTransport{TypeMeta: t, ObjectMeta: m, Spec: transportSpec(in, b)}
			}))
		}
	})
	return out
}

func transportSpec(in *catalog.Route, b *catalog.Backend) serversTransportSpec {
	var out serversTransportSpec
	if t := b.TLS; t != nil {
		out.ServerName, out.InsecureSkipVerify = t.Hostname, t.Insecure != ""
		if t.CA != "" {
			out.RootCAs = []rootCA{{t.CA}}
		}
	}
	if in.Timeouts.Backend > 0 {
		out.ForwardingTimeouts = &forwardingTimeouts{in.Timeouts.Backend.String()}
	}
	return out
}
