package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"unsafe"

	"github.com/traefik/traefik/v3/pkg/provider/kubernetes/gateway"
	"github.com/traefik/traefik/v3/pkg/provider/kubernetes/k8s"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	kinformers "k8s.io/client-go/informers"
	kclientset "k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	gatev1 "sigs.k8s.io/gateway-api/apis/v1"
	gatev1alpha2 "sigs.k8s.io/gateway-api/apis/v1alpha2"
	gatev1beta1 "sigs.k8s.io/gateway-api/apis/v1beta1"
	gateclientset "sigs.k8s.io/gateway-api/pkg/client/clientset/versioned"
	gateinformers "sigs.k8s.io/gateway-api/pkg/client/informers/externalversions"
)

// gatewayObjects are those of the Gateway API, with what an API server adds to them.
type gatewayObjects struct {
	classes   []*gatev1.GatewayClass
	gateways  []*gatev1.Gateway
	http      []*gatev1.HTTPRoute
	grpc      []*gatev1.GRPCRoute
	tls       []*gatev1.TLSRoute
	tcp       []*gatev1alpha2.TCPRoute
	grants    []*gatev1beta1.ReferenceGrant
	policies  []*gatev1.BackendTLSPolicy
	namespace []*corev1.Namespace
}

// gatewayClient has the layout of gateway.clientWrapper: the provider has no interface for what it reads from.
type gatewayClient struct {
	csGateway gateclientset.Interface
	csKube    kclientset.Interface

	factoryNamespace    kinformers.SharedInformerFactory
	factoryGatewayClass gateinformers.SharedInformerFactory
	factoriesGateway    map[string]gateinformers.SharedInformerFactory
	factoriesKube       map[string]kinformers.SharedInformerFactory
	factoriesSecret     map[string]kinformers.SharedInformerFactory

	isNamespaceAll    bool
	watchedNamespaces []string

	labelSelector       string
	experimentalChannel bool
}

// give has the provider read from a client. It returns an error when Traefik's has another layout.
func (g *gatewayClient) give(p *gateway.Provider) error {
	field := reflect.ValueOf(p).Elem().FieldByName("client")
	theirs, ours := field.Type().Elem(), reflect.TypeFor[gatewayClient]()
	if theirs.NumField() != ours.NumField() {
		return fmt.Errorf("%s has %d fields, not %d", theirs, theirs.NumField(), ours.NumField())
	}
	for i := range ours.NumField() {
		if a, b := theirs.Field(i), ours.Field(i); a.Name != b.Name || a.Type != b.Type || a.Offset != b.Offset {
			return fmt.Errorf("%s has the field %s, not %s", theirs, a.Name, b.Name)
		}
	}
	*(*unsafe.Pointer)(field.Addr().UnsafePointer()) = unsafe.Pointer(g)
	return nil
}

// newGatewayClient is a client whose informers have all objects, and never start.
func newGatewayClient(c *cluster, p *gateway.Provider, to gateclientset.Interface) (*gatewayClient, error) {
	g := &gatewayClient{
		csGateway: to, factoryNamespace: kinformers.NewSharedInformerFactory(nil, 0), factoryGatewayClass: gateinformers.NewSharedInformerFactory(to, 0),
		factoriesGateway: map[string]gateinformers.SharedInformerFactory{}, factoriesKube: map[string]kinformers.SharedInformerFactory{}, factoriesSecret: map[string]kinformers.SharedInformerFactory{},
		watchedNamespaces: p.Namespaces, isNamespaceAll: len(p.Namespaces) == 0, labelSelector: p.LabelSelector, experimentalChannel: p.ExperimentalChannel,
	}
	if g.isNamespaceAll {
		g.watchedNamespaces = []string{metav1.NamespaceAll}
	}
	selector, err := labels.Parse(p.LabelSelector)
	if err != nil {
		return nil, fmt.Errorf("invalid label selector: %q", p.LabelSelector)
	}
	namespaces := g.factoryNamespace.Core().V1().Namespaces().Informer().GetIndexer()
	for _, n := range c.gateway.namespace {
		put(namespaces, n)
	}
	classes := g.factoryGatewayClass.Gateway().V1().GatewayClasses().Informer().GetIndexer()
	for _, o := range c.gateway.classes {
		if selector.Matches(labels.Set(o.Labels)) {
			put(classes, o)
		}
	}
	for _, namespace := range g.watchedNamespaces {
		if err := g.watch(namespace, c); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// watch makes the informers of a namespace, or of all.
func (g *gatewayClient) watch(namespace string, c *cluster) error {
	of := gateinformers.NewSharedInformerFactoryWithOptions(g.csGateway, 0, gateinformers.WithNamespace(namespace))
	kube, secrets := kinformers.NewSharedInformerFactory(nil, 0), kinformers.NewSharedInformerFactory(nil, 0)
	g.factoriesGateway[namespace], g.factoriesKube[namespace], g.factoriesSecret[namespace] = of, kube, secrets
	v1 := of.Gateway().V1()
	fill(v1.Gateways().Informer(), namespace, c.gateway.gateways)
	fill(v1.HTTPRoutes().Informer(), namespace, c.gateway.http)
	fill(v1.GRPCRoutes().Informer(), namespace, c.gateway.grpc)
	fill(v1.TLSRoutes().Informer(), namespace, c.gateway.tls)
	fill(v1.BackendTLSPolicies().Informer(), namespace, c.gateway.policies)
	fill(of.Gateway().V1beta1().ReferenceGrants().Informer(), namespace, c.gateway.grants)
	if g.experimentalChannel {
		fill(of.Gateway().V1alpha2().TCPRoutes().Informer(), namespace, c.gateway.tcp)
	}
	fill(kube.Core().V1().Services().Informer(), namespace, values(c.kubeServices))
	fill(kube.Core().V1().ConfigMaps().Informer(), namespace, values(c.configMaps))
	fill(secrets.Core().V1().Secrets().Informer(), namespace, values(c.secrets))
	slices := kube.Discovery().V1().EndpointSlices().Informer()
	if err := slices.AddIndexers(k8s.EndpointSliceByServiceNameIndexers); err != nil {
		return err
	}
	for _, all := range c.slices {
		fill(slices, namespace, all)
	}
	return nil
}

func values[T any](from map[name]T) []T {
	var out []T
	for _, o := range from {
		out = append(out, o)
	}
	return out
}

func fill[T metav1.Object](informer cache.SharedIndexInformer, namespace string, objects []T) {
	for _, o := range objects {
		if namespace == metav1.NamespaceAll || namespace == o.GetNamespace() {
			put(informer.GetIndexer(), o)
		}
	}
}

// put cannot fail: the objects have names.
func put(to cache.Indexer, o any) {
	if err := to.Add(o); err != nil {
		panic(err)
	}
}

// statuses is an API server that takes each status that is written, and keeps none.
type statuses struct{}

func (statuses) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	answer := response(req, http.StatusOK)
	answer.Header.Set("Content-Type", "application/json")
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return answer, nil
}

func newStatuses() (gateclientset.Interface, error) {
	return gateclientset.NewForConfig(&rest.Config{Host: "http://statuses", Transport: statuses{}, QPS: -1, ContentConfig: rest.ContentConfig{ContentType: "application/json"}})
}
