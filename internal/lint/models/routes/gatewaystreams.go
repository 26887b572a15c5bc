package routes

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/gateways"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// GatewayStream is a TLSRoute, TCPRoute or UDPRoute.
type GatewayStream struct {
	*deployed.Object
	Hostnames   []string
	parents     []gateways.Parent
	rules       []gatewayRule
	attachments []gateways.Attachment
}

// GatewayStreams are the TLSRoutes, TCPRoutes and UDPRoutes, as far as they can be read.
func (in *Model) GatewayStreams() []*GatewayStream {
	return in.streams.Get(func() []*GatewayStream {
		var out []*GatewayStream
		for _, kind := range []string{"TLSRoute", "TCPRoute", "UDPRoute"} {
			for _, o := range in.deployed.Kind(kind) {
				var r struct {
					Spec struct {
						Parents   []gateways.Parent `json:"parentRefs"`
						Hostnames []string          `json:"hostnames"`
						Rules     []gatewayRule     `json:"rules"`
					} `json:"spec"`
				}
				if !gateways.Is(o) || !decode(o.Content(), &r) {
					continue
				}
				s := &GatewayStream{Object: o, Hostnames: r.Spec.Hostnames, parents: r.Spec.Parents, rules: r.Spec.Rules[:min(len(r.Spec.Rules), mostRules)]}
				s.attachments = in.gateways.Attach(&gateways.Route{Kind: o.Kind, Namespace: o.Namespace, Parents: s.parents, Hostnames: s.Hostnames})
				out = append(out, s)
			}
		}
		return out
	})
}

// Leads are the Services that a route leads to.
func (s *GatewayStream) Leads() []Lead {
	var out []Lead
	for i := range s.rules {
		out = append(out, leadsTo(s.Namespace, s.rules[i].BackendRefs)...)
	}
	return out
}

func leadsTo(namespace string, all []gatewayBackend) []Lead {
	var out []Lead
	for i := range all {
		b := &all[i]
		if b.isService() && (b.Weight == nil || *b.Weight != 0) {
			out = append(out, Lead{cmp.Or(b.Namespace, namespace), b.Name, intstr.FromInt32(b.Port)})
		}
	}
	return out
}

// ByTraefik reports whether Traefik surely serves a route.
func (s *GatewayStream) ByTraefik() bool {
	for _, by := range serversOf(s.attachments) {
		if by.traefik {
			return true
		}
	}
	return false
}

// judgeStreams judges what leads to no HTTP router.
func (j *judge) judgeStreams() {
	for _, o := range j.GatewayStreams() {
		s := j.of(o.Object)
		s.attachments(o.parents, o.attachments)
		for i := range o.rules {
			part := j.partOf(o.Object, i)
			for _, by := range serversOf(o.attachments) {
				for k := range o.rules[i].BackendRefs {
					part.gatewayBackend(o.Kind, &o.rules[i].BackendRefs[k], []string{"spec", "rules", strconv.Itoa(i), "backendRefs", strconv.Itoa(k)}, by)
				}
			}
		}
		for _, a := range o.attachments {
			if l := a.Listener; l != nil && l.ByTraefik() && o.Kind == "UDPRoute" && !strings.EqualFold(l.Protocol, "TCP") {
				s.wrong(IgnoredRoute, []string{"kind"}, "write an IngressRouteUDP", "Traefik does not read %ss", o.Kind)
				break
			}
		}
	}
}
