package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"
	"unsafe"

	"github.com/rs/zerolog/log"
	"github.com/traefik/paerser/cli"
	"github.com/traefik/traefik/v3/cmd"
	tcli "github.com/traefik/traefik/v3/pkg/cli"
	"github.com/traefik/traefik/v3/pkg/config/dynamic"
	"github.com/traefik/traefik/v3/pkg/config/runtime"
	"github.com/traefik/traefik/v3/pkg/config/static"
	"github.com/traefik/traefik/v3/pkg/middlewares/requestdecorator"
	"github.com/traefik/traefik/v3/pkg/observability/logs"
	"github.com/traefik/traefik/v3/pkg/observability/metrics"
	"github.com/traefik/traefik/v3/pkg/provider/acme"
	"github.com/traefik/traefik/v3/pkg/provider/kubernetes/crd"
	"github.com/traefik/traefik/v3/pkg/provider/kubernetes/gateway"
	"github.com/traefik/traefik/v3/pkg/provider/kubernetes/ingress"
	"github.com/traefik/traefik/v3/pkg/provider/traefik"
	"github.com/traefik/traefik/v3/pkg/proxy/httputil"
	"github.com/traefik/traefik/v3/pkg/safe"
	"github.com/traefik/traefik/v3/pkg/server"
	"github.com/traefik/traefik/v3/pkg/server/middleware"
	tcprouter "github.com/traefik/traefik/v3/pkg/server/router/tcp"
	"github.com/traefik/traefik/v3/pkg/server/service"
	"github.com/traefik/traefik/v3/pkg/tcp"
	"github.com/traefik/traefik/v3/pkg/tls"
	"github.com/traefik/traefik/v3/pkg/types"
	"k8s.io/apimachinery/pkg/labels"
	gateclientset "sigs.k8s.io/gateway-api/pkg/client/clientset/versioned"
)

// instance is one Traefik: what setupServer of cmd/traefik makes of a static configuration, without listeners, and without a
// network behind it. Like a Traefik that runs, it is given one configuration after the other.
type instance struct {
	static             *static.Configuration
	defaultEntryPoints []string
	entryPoints        map[string]*entryPoint
	// The providers are nil when they are not enabled.
	crd             *crd.Provider
	gateway         *gateway.Provider
	ingress         *ingress.Provider
	selector        labels.Selector // of the objects that crd reads
	ingressSelector labels.Selector
	statuses        gateclientset.Interface

	pool       *safe.Pool
	tls        *tls.Manager
	transports *service.TransportManager
	dialers    *tcp.DialerManager
	factory    *server.RouterFactory
	book       *logbook
	hellos     hellos
}

// entryPoint is its two servers: of plain connections, and of those that TLS was taken off.
type entryPoint struct{ plain, tls *httpServer }

func newInstance(args []string, book *logbook) (*instance, error) {
	config := cmd.NewTraefikConfiguration()
	command := &cli.Command{Configuration: config}
	// Files and the environment of this process say nothing about a platform.
	for _, loader := range []cli.ResourceLoader{&tcli.DeprecationLoader{}, &tcli.FlagLoader{}} {
		if _, err := loader.Load(args, command); err != nil {
			return nil, err
		}
	}
	in := &instance{static: &config.Configuration, book: book, entryPoints: map[string]*entryPoint{}, selector: labels.Everything(), ingressSelector: labels.Everything(), hellos: hellos{}}
	in.static.SetEffectiveConfiguration()
	if err := in.static.ValidateConfiguration(); err != nil {
		return nil, err
	}
	if in.static.HostResolver != nil && in.static.HostResolver.CnameFlattening {
		return nil, errors.New("hostResolver.cnameFlattening asks DNS, and the judge has no network")
	}
	if in.crd = in.static.Providers.KubernetesCRD; in.crd != nil {
		var err error
		if in.selector, err = labels.Parse(in.crd.LabelSelector); err != nil {
			return nil, fmt.Errorf("invalid label selector: %q", in.crd.LabelSelector) // as crd.Provider says it
		}
		if err := in.crd.Init(); err != nil {
			return nil, err
		}
	}
	if err := in.others(); err != nil {
		return nil, err
	}
	in.defaultEntryPoints = defaultEntryPoints(in.static)
	for name, ep := range in.static.EntryPoints {
		protocol, err := ep.GetProtocol()
		if err != nil {
			return nil, fmt.Errorf("entryPoint %s: %w", name, err)
		}
		if protocol != "tcp" {
			continue
		}
		decorator := requestdecorator.New(in.static.HostResolver)
		e := &entryPoint{}
		if e.plain, err = newHTTPServer(context.Background(), noListener{}, ep, true, decorator); err != nil {
			return nil, fmt.Errorf("entryPoint %s: %w", name, err)
		}
		in.entryPoints[name] = e
		if e.tls, err = newHTTPServer(context.Background(), noListener{}, ep, false, decorator); err != nil {
			return nil, fmt.Errorf("entryPoint %s: %w", name, err)
		}
	}

	in.pool = safe.NewPool(context.Background())
	in.tls = tls.NewManager(nil) // of the static configuration only what asks servers for the state of certificates
	in.transports = service.NewTransportManager(nil)
	in.dialers = tcp.NewDialerManager(nil)
	// What observes needs no place here: it changes no answer.
	blind := *in.static
	blind.AccessLog, blind.Metrics, blind.Tracing = nil, nil, nil
	observability := middleware.NewObservabilityMgr(blind, metrics.NewMultiRegistry(nil), nil, nil, nil, nil)
	var challenge http.Handler
	for _, resolver := range in.static.CertificatesResolvers {
		if resolver.ACME != nil && resolver.ACME.HTTPChallenge != nil {
			challenge = acme.NewChallengeHTTP()
		}
	}
	proxies := httputil.NewProxyBuilder(in.transports, nil)
	managers := service.NewManagerFactory(*in.static, in.pool, observability, in.transports, proxies, challenge, in.tls)
	var err error
	in.factory, err = server.NewRouterFactory(*in.static, managers, in.tls, observability, nil, in.dialers)
	return in, err
}

// others sets up the providers of the Gateway API and of Ingresses.
func (in *instance) others() (err error) {
	if in.gateway = in.static.Providers.KubernetesGateway; in.gateway != nil {
		if in.statuses, err = newStatuses(); err != nil {
			return err
		}
	}
	if in.ingress = in.static.Providers.KubernetesIngress; in.ingress != nil {
		if in.ingressSelector, err = labels.Parse(in.ingress.LabelSelector); err != nil {
			return fmt.Errorf("invalid ingress label selector: %q", in.ingress.LabelSelector) // as ingress.Provider says it
		}
	}
	return nil
}

// clusters are the objects as each provider sees them.
type clusters struct{ crd, gateway, ingress *cluster }

func (in *instance) seen(objects []json.RawMessage) (*clusters, error) {
	c := &clusters{}
	var namespaces []string
	if in.crd != nil {
		namespaces = in.crd.Namespaces
	}
	var err error
	if c.crd, err = newCluster(objects, namespaces, in.selector); err != nil {
		return nil, err
	}
	if in.gateway != nil {
		if c.gateway, err = newCluster(objects, in.gateway.Namespaces, labels.Everything()); err != nil {
			return nil, err
		}
	}
	if in.ingress != nil {
		if c.ingress, err = newCluster(objects, in.ingress.Namespaces, in.ingressSelector); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// close ends what runs for the instance.
func (in *instance) close() {
	if in.factory != nil {
		in.factory.CreateRouters(&runtime.Configuration{}) // ends the health checks of the last configuration
		in.pool.Stop()
	}
	for _, e := range in.entryPoints {
		_ = e.plain.server().Close()
		if e.tls != nil {
			_ = e.tls.server().Close()
		}
	}
}

// defaultEntryPoints is getDefaultsEntrypoints of cmd/traefik: a program's main package cannot be linked to.
func defaultEntryPoints(config *static.Configuration) []string {
	var hasDefinedDefaults bool
	for _, ep := range config.EntryPoints {
		hasDefinedDefaults = hasDefinedDefaults || ep.AsDefault
	}
	var names []string
	for name, ep := range config.EntryPoints {
		if hasDefinedDefaults && !ep.AsDefault {
			continue
		}
		if protocol, _ := ep.GetProtocol(); protocol != "udp" && name != static.DefaultInternalEntryPointName {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// built is what Traefik makes of one configuration.
type built struct {
	instance *instance
	configs  map[string]*dynamic.Configuration // what each provider makes of the objects
	info     *runtime.Configuration            // with the errors of each router
	routers  map[string]*tcprouter.Router
	markers  map[string]string // routers for TCP by the address that stands for each
	forward  *forwarded
	// handshake says that TLS has to be spoken to know what happens: the platform sets options for it.
	handshake bool
}

// build follows applyConfigurations and the listeners of setupServer, in their order.
func (in *instance) build(c *clusters) (*built, error) {
	configs := dynamic.Configurations{}
	messages := make(chan dynamic.Message, 1)
	if err := traefik.New(*in.static).Provide(messages, in.pool); err != nil {
		return nil, err
	}
	message := <-messages
	configs[message.ProviderName] = message.Configuration
	b := &built{instance: in, configs: map[string]*dynamic.Configuration{}, forward: &forwarded{}, handshake: len(c.crd.tlsOptions) > 0}
	if err := b.provide(c); err != nil {
		return nil, err
	}
	for name, conf := range b.configs {
		if !isEmptyConfiguration(conf) {
			configs[name] = conf
		}
	}

	conf := mergeConfiguration(configs.DeepCopy(), in.defaultEntryPoints)
	conf = applyModel(conf)
	if conf.HTTP != nil {
		conf.HTTP.Routers = resolveHTTPTLSOptions(conf.HTTP.Routers, in.static.Core != nil && in.static.Core.StrictTLSOptions)
	}

	certificates(&conf)
	in.tls.UpdateConfigs(context.Background(), conf.TLS.Stores, conf.TLS.Options, conf.TLS.Certificates)
	in.transports.Update(conf.HTTP.ServersTransports)
	cutTransports(in.transports)
	cutDialers(conf.TCP.ServersTransports)
	in.dialers.Update(conf.TCP.ServersTransports)

	marked := conf.DeepCopy() // routers are changed when they are built
	b.info = runtime.NewConfig(conf)
	b.routers, _ = in.factory.CreateRouters(b.info)
	if b.markers = mark(marked.TCP, b.info); len(b.markers) > 0 {
		loud := in.book.mute()
		b.routers, _ = in.factory.CreateRouters(runtime.NewConfig(*marked))
		loud()
	}
	// As TCPEntryPoint.SwitchRouter does.
	for name, rt := range b.routers {
		ep := in.entryPoints[name]
		rt.SetHTTPForwarder(tcp.HandlerFunc(b.forward.plain))
		ep.plain.Switcher.UpdateHandler(orNotFound(rt.GetHTTPHandler()))
		rt.SetHTTPSForwarder(tcp.HandlerFunc(b.forward.tls))
		ep.tls.Switcher.UpdateHandler(orNotFound(rt.GetHTTPSHandler()))
	}
	in.checkResolvers(&conf)
	return b, nil
}

// provide has each provider make a configuration.
func (b *built) provide(c *clusters) error {
	in := b.instance
	logging := func(provider string) context.Context {
		return log.With().Str(logs.ProviderName, provider).Logger().WithContext(context.Background())
	}
	if in.crd != nil {
		b.configs[crd.ProviderName] = loadConfigurationFromCRD(in.crd, logging(crd.ProviderName), c.crd)
	}
	if in.gateway != nil {
		client, err := newGatewayClient(c.gateway, in.gateway, in.statuses)
		if err != nil {
			return err
		}
		if err := client.give(in.gateway); err != nil {
			return err
		}
		b.configs[gateway.ProviderName] = loadConfigurationFromGateways(in.gateway, logging(gateway.ProviderName))
	}
	if in.ingress != nil {
		b.configs[ingress.ProviderName] = loadConfigurationFromIngresses(in.ingress, logging(ingress.ProviderName), c.ingress)
	}
	return nil
}

func orNotFound(h http.Handler) http.Handler {
	if h == nil {
		return http.NotFoundHandler()
	}
	return h
}

// checkResolvers says what a listener of setupServer says.
func (in *instance) checkResolvers(conf *dynamic.Configuration) {
	for name, router := range conf.HTTP.Routers {
		if router.TLS == nil || router.TLS.CertResolver == "" {
			continue
		}
		if r, ok := in.static.CertificatesResolvers[router.TLS.CertResolver]; !ok || r.ACME == nil && r.Tailscale == nil {
			log.Error().Str(logs.RouterName, name).Str("certificateResolver", router.TLS.CertResolver).
				Msg("Router uses a nonexistent certificate resolver")
		}
	}
}

// mark replaces the service of each TCP router that works by one with an address of its own, so that a connection that is
// handed on tells which router took it. It returns the routers by these addresses.
func mark(conf *dynamic.TCPConfiguration, info *runtime.Configuration) map[string]string {
	markers := map[string]string{}
	for name, router := range info.TCPRouters {
		if router.Status == runtime.StatusDisabled {
			continue
		}
		i := len(markers) + 1
		address := fmt.Sprintf("127.%d.%d.%d:1", i>>16&255, i>>8&255, i&255)
		markers[address] = name
		service := fmt.Sprintf("judge-%d@internal", i)
		conf.Routers[name].Service = service
		conf.Services[service] = &dynamic.TCPService{LoadBalancer: &dynamic.TCPServersLoadBalancer{Servers: []dynamic.TCPServer{{Address: address}}}}
	}
	return markers
}

// certificates gives each store without a default certificate the same one: Traefik would make one, which takes 100 ms.
func certificates(conf *dynamic.Configuration) {
	for name, store := range conf.TLS.Stores {
		if store.DefaultCertificate == nil {
			store.DefaultCertificate = defaultCertificate
			conf.TLS.Stores[name] = store
		}
	}
	if _, ok := conf.TLS.Stores[tls.DefaultTLSStoreName]; !ok {
		conf.TLS.Stores[tls.DefaultTLSStoreName] = tls.Store{DefaultCertificate: defaultCertificate}
	}
}

var defaultCertificate = selfSigned()

func selfSigned() *tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().AddDate(1, 0, 0), DNSNames: []string{"TRAEFIK DEFAULT CERT"}}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		panic(err)
	}
	block := func(kind string, der []byte) types.FileOrContent {
		return types.FileOrContent(strings.TrimSpace(string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))))
	}
	return &tls.Certificate{CertFile: block("CERTIFICATE", cert), KeyFile: block("EC PRIVATE KEY", keyDER)}
}

// cutTransports makes every way to a backend end in this process. The field is Traefik's own, and not exported.
func cutTransports(m *service.TransportManager) {
	field := reflect.ValueOf(m).Elem().FieldByName("roundTrippers")
	trippers := *(*map[string]http.RoundTripper)(unsafe.Pointer(field.UnsafeAddr()))
	for name := range trippers {
		trippers[name] = backends{}
	}
}

// cutDialers makes every dial for TCP fail before it asks the network: its time is over when it begins.
func cutDialers(transports map[string]*dynamic.TCPServersTransport) {
	for _, t := range transports {
		t.DialTimeout = -1
	}
}

// noListener is where no connection comes from.
type noListener struct{}

func (noListener) Accept() (net.Conn, error) { return nil, errors.New("the judge does not listen") }
func (noListener) Close() error              { return nil }
func (noListener) Addr() net.Addr            { return &net.TCPAddr{} }
