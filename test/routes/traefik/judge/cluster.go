package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/traefik/traefik/v3/pkg/provider/kubernetes/crd/traefikio/v1alpha1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	gatev1 "sigs.k8s.io/gateway-api/apis/v1"
	gatev1alpha2 "sigs.k8s.io/gateway-api/apis/v1alpha2"
	gatev1beta1 "sigs.k8s.io/gateway-api/apis/v1beta1"
	kjson "sigs.k8s.io/json"
)

// cluster is a crd.Client, and an ingress.Client, over given objects: each provider has one of its own. What an API server and the controllers of Kubernetes would add, it adds: defaults
// of Services, an address for each, and the EndpointSlice of each Service with a selector and none in the input, with one
// endpoint that is ready. A named targetPort, which only a pod could tell, is the port of the Service there.
type cluster struct {
	namespaces []string // that are watched; all when empty
	selector   labels.Selector

	routes        []*v1alpha1.IngressRoute
	routesTCP     []*v1alpha1.IngressRouteTCP
	routesUDP     []*v1alpha1.IngressRouteUDP
	middlewares   []*v1alpha1.Middleware
	middlewareTCP []*v1alpha1.MiddlewareTCP
	services      []*v1alpha1.TraefikService
	transports    []*v1alpha1.ServersTransport
	transportsTCP []*v1alpha1.ServersTransportTCP
	tlsOptions    []*v1alpha1.TLSOption
	tlsStores     []*v1alpha1.TLSStore
	nodes         []*corev1.Node

	gateway   gatewayObjects
	ingresses []*netv1.Ingress
	classes   []*netv1.IngressClass

	kubeServices map[name]*corev1.Service
	secrets      map[name]*corev1.Secret
	configMaps   map[name]*corev1.ConfigMap
	slices       map[name][]*discoveryv1.EndpointSlice

	addresses map[string]string // of Services and of endpoints that were made up: whose they are
}

type name struct{ namespace, name string }

func (n name) String() string { return n.namespace + "/" + n.name }

func newCluster(objects []json.RawMessage, namespaces []string, selector labels.Selector) (*cluster, error) {
	c := &cluster{
		namespaces: namespaces, selector: selector,
		kubeServices: map[name]*corev1.Service{}, secrets: map[name]*corev1.Secret{}, configMaps: map[name]*corev1.ConfigMap{},
		slices: map[name][]*discoveryv1.EndpointSlice{}, addresses: map[string]string{},
	}
	for i, data := range objects {
		if err := c.add(data); err != nil {
			return nil, fmt.Errorf("object %d: %w", i, err)
		}
	}
	c.complete()
	return c, nil
}

func (c *cluster) add(data json.RawMessage) error {
	var typ metav1.TypeMeta
	if err := json.Unmarshal(data, &typ); err != nil {
		return err
	}
	group, version, ok := strings.Cut(typ.APIVersion, "/")
	if !ok {
		group, version = "", group
	}
	var err error
	switch {
	case group == v1alpha1.GroupName && version == "v1alpha1":
		switch typ.Kind {
		case "IngressRoute":
			err = custom(c, data, &c.routes)
		case "IngressRouteTCP":
			err = custom(c, data, &c.routesTCP)
		case "IngressRouteUDP":
			err = custom(c, data, &c.routesUDP)
		case "Middleware":
			err = custom(c, data, &c.middlewares)
		case "MiddlewareTCP":
			err = custom(c, data, &c.middlewareTCP)
		case "TraefikService":
			err = custom(c, data, &c.services)
		case "ServersTransport":
			err = custom(c, data, &c.transports)
		case "ServersTransportTCP":
			err = custom(c, data, &c.transportsTCP)
		case "TLSOption":
			err = custom(c, data, &c.tlsOptions)
		case "TLSStore":
			err = custom(c, data, &c.tlsStores)
		}
	case group == gatev1.GroupName:
		err = c.addGateway(typ.Kind, data)
	case group == "networking.k8s.io" && version == "v1":
		switch typ.Kind {
		case "Ingress":
			err = custom(c, data, &c.ingresses)
		case "IngressClass":
			err = anywhere(data, &c.classes)
		}
	case group == "" && version == "v1":
		switch typ.Kind {
		case "Namespace":
			err = anywhere(data, &c.gateway.namespace)
		case "Service":
			err = core(c, data, c.kubeServices)
		case "Secret":
			err = core(c, data, c.secrets)
		case "ConfigMap":
			err = core(c, data, c.configMaps)
		case "Node":
			node := &corev1.Node{}
			err = kjson.UnmarshalCaseSensitivePreserveInts(data, node)
			c.nodes = append(c.nodes, node)
		}
	case group == "discovery.k8s.io" && version == "v1" && typ.Kind == "EndpointSlice":
		slice := &discoveryv1.EndpointSlice{}
		if err = kjson.UnmarshalCaseSensitivePreserveInts(data, slice); err == nil {
			of := name{namespaceOf(slice), slice.Labels[discoveryv1.LabelServiceName]}
			c.slices[of] = append(c.slices[of], slice)
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", typ.Kind, err)
	}
	return nil
}

// addGateway adds an object of the Gateway API, of whatever version: those that are served at once have the same fields.
func (c *cluster) addGateway(kind string, data json.RawMessage) error {
	g := &c.gateway
	switch kind {
	case "GatewayClass":
		return anywhere(data, &g.classes)
	case "Gateway":
		return with(data, &g.gateways, defaultGateway)
	case "HTTPRoute":
		return with(data, &g.http, defaultHTTPRoute)
	case "GRPCRoute":
		return with(data, &g.grpc, defaultGRPCRoute)
	case "TLSRoute":
		return with(data, &g.tls, func(r *gatev1.TLSRoute) {
			defaultParents(r.Spec.ParentRefs)
			for i := range r.Spec.Rules {
				defaultBackends(r.Spec.Rules[i].BackendRefs)
			}
		})
	case "TCPRoute":
		return with(data, &g.tcp, func(r *gatev1alpha2.TCPRoute) {
			defaultParents(r.Spec.ParentRefs)
			for i := range r.Spec.Rules {
				defaultBackends(r.Spec.Rules[i].BackendRefs)
			}
		})
	case "ReferenceGrant":
		return with(data, &g.grants, func(*gatev1beta1.ReferenceGrant) {})
	case "BackendTLSPolicy":
		return with(data, &g.policies, func(*gatev1.BackendTLSPolicy) {})
	}
	return nil
}

// with adds an object of a namespace, and what an API server adds to it.
func with[T any, P interface {
	*T
	metav1.Object
}](data json.RawMessage, to *[]P, defaults func(P)) error {
	o := P(new(T))
	if err := kjson.UnmarshalCaseSensitivePreserveInts(data, o); err != nil {
		return err
	}
	o.SetNamespace(namespaceOf(o))
	defaults(o)
	*to = append(*to, o)
	return nil
}

// anywhere adds an object that is in no namespace.
func anywhere[T any](data json.RawMessage, to *[]*T) error {
	o := new(T)
	if err := kjson.UnmarshalCaseSensitivePreserveInts(data, o); err != nil {
		return err
	}
	*to = append(*to, o)
	return nil
}

// custom adds an object of Traefik's own to a list, if Traefik's informers would see it.
func custom[T any, P interface {
	*T
	metav1.Object
}](c *cluster, data json.RawMessage, to *[]P) error {
	o := P(new(T))
	if err := kjson.UnmarshalCaseSensitivePreserveInts(data, o); err != nil {
		return err
	}
	o.SetNamespace(namespaceOf(o))
	if c.watches(o.GetNamespace()) && c.selector.Matches(labels.Set(o.GetLabels())) {
		*to = append(*to, o)
	}
	return nil
}

func core[T any, P interface {
	*T
	metav1.Object
}](c *cluster, data json.RawMessage, to map[name]P) error {
	o := P(new(T))
	if err := kjson.UnmarshalCaseSensitivePreserveInts(data, o); err != nil {
		return err
	}
	o.SetNamespace(namespaceOf(o))
	to[name{o.GetNamespace(), o.GetName()}] = o
	return nil
}

func namespaceOf(o metav1.Object) string {
	if o.GetNamespace() == "" {
		return metav1.NamespaceDefault
	}
	return o.GetNamespace()
}

func (c *cluster) complete() {
	for _, n := range c.gateway.namespace {
		if n.Labels == nil {
			n.Labels = map[string]string{}
		}
		n.Labels[corev1.LabelMetadataName] = n.Name
	}
	for n, s := range c.secrets {
		if s.Labels["owner"] == "helm" { // Traefik does not look at what Helm keeps its releases in
			delete(c.secrets, n)
			continue
		}
		for key, value := range s.StringData {
			if s.Data == nil {
				s.Data = map[string][]byte{}
			}
			s.Data[key] = []byte(value)
		}
	}
	var names []name
	for n := range c.kubeServices {
		names = append(names, n)
	}
	slices.SortFunc(names, func(a, b name) int { return strings.Compare(a.String(), b.String()) })
	address, endpoint := netip.MustParseAddr("10.96.0.1"), netip.MustParseAddr("10.244.0.1")
	nodePort := int32(30000)
	for _, n := range names {
		s := c.kubeServices[n]
		if s.Spec.Type == "" {
			s.Spec.Type = corev1.ServiceTypeClusterIP
		}
		external := s.Spec.Type == corev1.ServiceTypeExternalName
		if s.Spec.ClusterIP == "" && !external {
			s.Spec.ClusterIP = address.String()
			address = address.Next()
		}
		if s.Spec.ClusterIP != "" && s.Spec.ClusterIP != corev1.ClusterIPNone {
			c.addresses[s.Spec.ClusterIP] = n.String()
		}
		for i := range s.Spec.Ports {
			p := &s.Spec.Ports[i]
			if p.Protocol == "" {
				p.Protocol = corev1.ProtocolTCP
			}
			if p.TargetPort == (intstr.IntOrString{}) {
				p.TargetPort = intstr.FromInt32(p.Port)
			}
			if p.NodePort == 0 && (s.Spec.Type == corev1.ServiceTypeNodePort || s.Spec.Type == corev1.ServiceTypeLoadBalancer) {
				p.NodePort = nodePort
				nodePort++
			}
		}
		if len(c.slices[n]) > 0 || external || len(s.Spec.Selector) == 0 {
			continue
		}
		c.slices[n] = []*discoveryv1.EndpointSlice{sliceFor(s, endpoint.String())}
		c.addresses[endpoint.String()] = n.String()
		endpoint = endpoint.Next()
	}
}

func sliceFor(s *corev1.Service, address string) *discoveryv1.EndpointSlice {
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Namespace: s.Namespace, Name: s.Name + "-1", Labels: map[string]string{discoveryv1.LabelServiceName: s.Name}},
		AddressType: discoveryv1.AddressTypeIPv4,
		Endpoints: []discoveryv1.Endpoint{{
			Addresses:  []string{address},
			Conditions: discoveryv1.EndpointConditions{Ready: new(true), Serving: new(true), Terminating: new(false)},
		}},
	}
	for _, p := range s.Spec.Ports {
		port := p.TargetPort.IntVal
		if p.TargetPort.Type == intstr.String {
			port = p.Port
		}
		slice.Ports = append(slice.Ports, discoveryv1.EndpointPort{Name: new(p.Name), Port: new(port), Protocol: new(p.Protocol)})
	}
	return slice
}

func (c *cluster) watches(namespace string) bool {
	return len(c.namespaces) == 0 || slices.Contains(c.namespaces, namespace)
}

func get[T any](c *cluster, kind string, from map[name]*T, namespace, object string) (*T, bool, error) {
	if !c.watches(namespace) {
		return nil, false, fmt.Errorf("failed to get %s %s/%s: namespace is not within watched namespaces", kind, namespace, object)
	}
	o, ok := from[name{namespace, object}]
	return o, ok, nil
}

// WatchAll is never called: the judge loads a configuration itself.
func (c *cluster) WatchAll([]string, <-chan struct{}) (<-chan any, error) { return nil, nil }

func (c *cluster) GetIngressRoutes() []*v1alpha1.IngressRoute               { return c.routes }
func (c *cluster) GetIngressRouteTCPs() []*v1alpha1.IngressRouteTCP         { return c.routesTCP }
func (c *cluster) GetIngressRouteUDPs() []*v1alpha1.IngressRouteUDP         { return c.routesUDP }
func (c *cluster) GetMiddlewares() []*v1alpha1.Middleware                   { return c.middlewares }
func (c *cluster) GetMiddlewareTCPs() []*v1alpha1.MiddlewareTCP             { return c.middlewareTCP }
func (c *cluster) GetTraefikServices() []*v1alpha1.TraefikService           { return c.services }
func (c *cluster) GetTLSOptions() []*v1alpha1.TLSOption                     { return c.tlsOptions }
func (c *cluster) GetTLSStores() []*v1alpha1.TLSStore                       { return c.tlsStores }
func (c *cluster) GetServersTransports() []*v1alpha1.ServersTransport       { return c.transports }
func (c *cluster) GetServersTransportTCPs() []*v1alpha1.ServersTransportTCP { return c.transportsTCP }
func (c *cluster) GetNodes() ([]*corev1.Node, bool, error)                  { return c.nodes, true, nil }

func (c *cluster) GetTraefikService(namespace, object string) (*v1alpha1.TraefikService, bool, error) {
	if !c.watches(namespace) {
		return nil, false, fmt.Errorf("failed to get service %s/%s: namespace is not within watched namespaces", namespace, object)
	}
	for _, s := range c.services {
		if s.Namespace == namespace && s.Name == object {
			return s, true, nil
		}
	}
	return nil, false, nil
}

func (c *cluster) GetService(namespace, object string) (*corev1.Service, bool, error) {
	return get(c, "service", c.kubeServices, namespace, object)
}

func (c *cluster) GetSecret(namespace, object string) (*corev1.Secret, bool, error) {
	return get(c, "secret", c.secrets, namespace, object)
}

func (c *cluster) GetConfigMap(namespace, object string) (*corev1.ConfigMap, bool, error) {
	return get(c, "config map", c.configMaps, namespace, object)
}

func (c *cluster) GetEndpointSlicesForService(namespace, service string) ([]*discoveryv1.EndpointSlice, error) {
	if !c.watches(namespace) {
		return nil, fmt.Errorf("failed to get endpointslices for service %s/%s: namespace is not within watched namespaces", namespace, service)
	}
	return c.slices[name{namespace, service}], nil
}

func (c *cluster) GetIngresses() []*netv1.Ingress { return c.ingresses }

// UpdateIngressStatus is for those who look at an Ingress, and not at Traefik.
func (c *cluster) UpdateIngressStatus(*netv1.Ingress, []netv1.IngressLoadBalancerIngress) error {
	return nil
}

// GetIngressClasses are those of Traefik, as its own client has them.
func (c *cluster) GetIngressClasses() ([]*netv1.IngressClass, error) {
	var own []*netv1.IngressClass
	for _, o := range c.classes {
		if o.Spec.Controller == "traefik.io/ingress-controller" {
			own = append(own, o)
		}
	}
	return own, nil
}
