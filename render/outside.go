package render

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// What leads to an address outside of the cluster: a Service without a selector, and the EndpointSlice that says where it leads to.

type service struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              serviceSpec `json:"spec"`
}

// serviceSpec has what the API server defaults, so that Argo CD finds no difference.
type serviceSpec struct {
	Type  string        `json:"type"`
	Ports []servicePort `json:"ports"`
}

type servicePort struct {
	Name        string `json:"name"`
	Port        int    `json:"port"`
	Protocol    string `json:"protocol"`
	TargetPort  int    `json:"targetPort"`
	AppProtocol string `json:"appProtocol,omitempty"`
}

type endpointSlice struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	AddressType       string              `json:"addressType"`
	Endpoints         []endpoint          `json:"endpoints"`
	Ports             []endpointSlicePort `json:"ports"`
}

type endpoint struct {
	Addresses  []string           `json:"addresses"`
	Conditions endpointConditions `json:"conditions"`
}

type endpointConditions struct {
	Ready bool `json:"ready"`
}

type endpointSlicePort struct {
	Name     string `json:"name"`
	Port     int    `json:"port"`
	Protocol string `json:"protocol"`
}

// outsidePort is the name of the only port. Traefik compares that of the Service with that of the EndpointSlice, and takes https for a scheme.
const outsidePort = "lan"

func outsideID(k kind, n *catalog.Namespace, o *catalog.OutsideService) identity {
	return identity{Kind: k, Namespace: n.Name, Name: o.Service, Origin: o.Origin, Sync: catalog.Sync{Wave: o.Wave}}
}

func outsideServices(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	var out []object.Object
	for _, o := range n.Outside() {
		out = append(out, outsideID(k, n, &o).object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
			port := servicePort{Name: outsidePort, Port: o.Port.Number, Protocol: string(o.Transport), TargetPort: o.Port.Number}
			if o.Scheme == "h2c" {
				port.AppProtocol = "kubernetes.io/h2c"
			}
			return &service{TypeMeta: t, ObjectMeta: m, Spec: serviceSpec{Type: "ClusterIP", Ports: []servicePort{port}}}
		}))
	}
	return out
}

func endpointSlices(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	var out []object.Object
	for _, o := range n.Outside() {
		out = append(out, outsideID(k, n, &o).object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
			m.Labels["kubernetes.io/service-name"] = o.Service
			m.Labels["endpointslice.kubernetes.io/managed-by"] = "roster" // so that no controller of Kubernetes takes it for its own
			slice := &endpointSlice{TypeMeta: t, ObjectMeta: m, AddressType: "IPv4",
				Endpoints: []endpoint{{[]string{o.Address.String()}, endpointConditions{true}}},
				Ports:     []endpointSlicePort{{outsidePort, o.Port.Number, string(o.Transport)}}}
			if o.Address.Is6() {
				slice.AddressType = "IPv6"
			}
			return slice
		}))
	}
	return out
}
