package render

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type backendTLSPolicy struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              backendTLSPolicySpec `json:"spec"`
}

type backendTLSPolicySpec struct {
	TargetRefs []localRef        `json:"targetRefs"`
	Validation backendValidation `json:"validation"`
}

type backendValidation struct {
	CACertificateRefs       []localRef `json:"caCertificateRefs,omitempty"`
	WellKnownCACertificates string     `json:"wellKnownCACertificates,omitempty"`
	Hostname                string     `json:"hostname"`
}

// backendTLSPolicies have Gateways speak HTTPS with Services, and say whose certificate these have: there is one for each Service.
func backendTLSPolicies(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	var out []object.Object
	known := map[string]bool{}
	eachRoute(n, catalog.GatewayRoutes, func(in *catalog.Route, sync catalog.Sync) {
		for _, b := range in.Backends {
			if b.TLS == nil || known[b.Service] {
				continue
			}
			known[b.Service] = true
			id := identity{Kind: k, Namespace: n.Name, Name: b.Service, Origin: in.Origin, Sync: sync}
			out = append(out, id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
				spec := backendTLSPolicySpec{TargetRefs: []localRef{{Kind: "Service", Name: b.Service}}, Validation: backendValidation{Hostname: b.TLS.Hostname}}
				if b.TLS.CA == "" {
					spec.Validation.WellKnownCACertificates = "System"
				} else {
					spec.Validation.CACertificateRefs = []localRef{{Kind: "ConfigMap", Name: b.TLS.CA}}
				}
				return &backendTLSPolicy{TypeMeta: t, ObjectMeta: m, Spec: spec}
			}))
		}
	})
	return out
}
