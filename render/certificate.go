package render

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type certificate struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              certificateSpec `json:"spec"`
}

type certificateSpec struct {
	SecretName string    `json:"secretName"`
	DNSNames   []string  `json:"dnsNames"`
	IssuerRef  issuerRef `json:"issuerRef"`
}

type issuerRef struct {
	Group string `json:"group"`
	Kind  string `json:"kind"`
	Name  string `json:"name"`
}

// certificates are what cert-manager is asked for. An annotation of an Ingress would do as well, but no other kind of route has one.
func certificates(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	var out []object.Object
	for _, c := range n.Certificates() {
		id := identity{Kind: k, Namespace: n.Name, Name: c.SecretName, Origin: c.Origin, Sync: c.Sync}
		out = append(out, id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
			return &certificate{TypeMeta: t, ObjectMeta: m, Spec: certificateSpec{SecretName: c.SecretName, DNSNames: c.Hosts,
				IssuerRef: issuerRef{"cert-manager.io", c.IssuerKind, c.Issuer}}}
		}))
	}
	return out
}
