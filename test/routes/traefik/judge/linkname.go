package main

import (
	"context"
	"net"
	"net/http"
	_ "unsafe" // for go:linkname

	"github.com/traefik/traefik/v3/pkg/config/dynamic"
	"github.com/traefik/traefik/v3/pkg/config/static"
	"github.com/traefik/traefik/v3/pkg/middlewares"
	"github.com/traefik/traefik/v3/pkg/middlewares/requestdecorator"
	"github.com/traefik/traefik/v3/pkg/provider/kubernetes/crd"
	"github.com/traefik/traefik/v3/pkg/provider/kubernetes/gateway"
	"github.com/traefik/traefik/v3/pkg/provider/kubernetes/ingress"
	_ "github.com/traefik/traefik/v3/pkg/server" // its functions are called below
)

// What follows are functions of Traefik that it does not export, in the order in which a configuration passes through them.

//go:linkname loadConfigurationFromCRD github.com/traefik/traefik/v3/pkg/provider/kubernetes/crd.(*Provider).loadConfigurationFromCRD
func loadConfigurationFromCRD(p *crd.Provider, ctx context.Context, client crd.Client) *dynamic.Configuration

//go:linkname loadConfigurationFromGateways github.com/traefik/traefik/v3/pkg/provider/kubernetes/gateway.(*Provider).loadConfigurationFromGateways
func loadConfigurationFromGateways(p *gateway.Provider, ctx context.Context) *dynamic.Configuration

//go:linkname makeRouterName github.com/traefik/traefik/v3/pkg/provider/kubernetes/gateway.makeRouterName
func makeRouterName(kind, rule, namespace, name, gatewayNamespace, gatewayName, epName string, ruleIndex int) string

//go:linkname loadConfigurationFromIngresses github.com/traefik/traefik/v3/pkg/provider/kubernetes/ingress.(*Provider).loadConfigurationFromIngresses
func loadConfigurationFromIngresses(p *ingress.Provider, ctx context.Context, client ingress.Client) *dynamic.Configuration

// naming is crd.nameBuilder.
type naming struct{ safe bool }

//go:linkname httpRouterName github.com/traefik/traefik/v3/pkg/provider/kubernetes/crd.nameBuilder.httpRouter
func httpRouterName(n naming, namespace, ingressName string, routeIndex int, rule string) (string, error)

//go:linkname tcpRouterName github.com/traefik/traefik/v3/pkg/provider/kubernetes/crd.nameBuilder.tcpRouter
func tcpRouterName(n naming, namespace, ingressName string, routeIndex int, rule string) (string, error)

//go:linkname udpRouterName github.com/traefik/traefik/v3/pkg/provider/kubernetes/crd.nameBuilder.udpRouter
func udpRouterName(n naming, namespace, ingressName string, routeIndex int) string

//go:linkname isEmptyConfiguration github.com/traefik/traefik/v3/pkg/server.isEmptyConfiguration
func isEmptyConfiguration(conf *dynamic.Configuration) bool

//go:linkname mergeConfiguration github.com/traefik/traefik/v3/pkg/server.mergeConfiguration
func mergeConfiguration(configurations dynamic.Configurations, defaultEntryPoints []string) dynamic.Configuration

//go:linkname applyModel github.com/traefik/traefik/v3/pkg/server.applyModel
func applyModel(cfg dynamic.Configuration) dynamic.Configuration

//go:linkname resolveHTTPTLSOptions github.com/traefik/traefik/v3/pkg/server.resolveHTTPTLSOptions
func resolveHTTPTLSOptions(routers map[string]*dynamic.Router, strictTLSOptions bool) map[string]*dynamic.Router

// httpServer has the layout of server.httpServer.
type httpServer struct {
	Server interface {
		Shutdown(ctx context.Context) error
		Close() error
		Serve(listener net.Listener) error
	}
	Forwarder *struct{}
	Switcher  *middlewares.HTTPHandlerSwitcher
}

// server has the handler with all that an entry point does before it knows routers.
func (s *httpServer) server() *http.Server { return any(s.Server).(*http.Server) }

//go:linkname newHTTPServer github.com/traefik/traefik/v3/pkg/server.newHTTPServer
func newHTTPServer(ctx context.Context, ln net.Listener, configuration *static.EntryPoint, withH2c bool, reqDecorator *requestdecorator.RequestDecorator) (*httpServer, error)
