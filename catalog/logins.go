package catalog

import (
	"net/url"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/syntax"
	"k8s.io/apimachinery/pkg/util/validation"
)

// authInput is a login of the platform, as each kind of controller has it: a Middleware of Traefik, or what Envoy Gateway asks.
type authInput struct {
	*syntax.Node `example:"{name: oauth, namespace: sys-auth}"`
	Name         text          `yaml:"name" example:"oauth"`         // of a Middleware of Traefik
	Namespace    text          `yaml:"namespace" example:"sys-auth"` // that has it
	ExtAuth      *extAuthInput `yaml:"extAuth"`
	OIDC         *oidcInput    `yaml:"oidc"`
	BasicAuth    text          `yaml:"basicAuth" example:"sys-auth/users"` // a Secret with .htpasswd, as {SHA}: NAMESPACE/NAME, or NAME in the namespace of each route
	APIKeys      *apiKeysInput `yaml:"apiKeys"`
}

// extAuthInput is a Service that Envoy asks whether a request may pass.
type extAuthInput struct {
	*syntax.Node  `example:"{service: sys-auth/oauth2-proxy, port: 4180, pathOverride: /oauth2/auth}"`
	Service       text   `yaml:"service,required" example:"sys-auth/oauth2-proxy"` // NAMESPACE/NAME
	Port          number `yaml:"port,required" example:"4180"`
	Protocol      text   `yaml:"protocol" enum:"http,grpc"`
	Path          text   `yaml:"path" example:"/verify"`                           // that the path of the request is appended to
	PathOverride  text   `yaml:"pathOverride" example:"/oauth2/auth"`              // in place of the path of the request
	SendHeaders   []text `yaml:"sendHeaders" example:"[Cookie, X-Requested-With]"` // of the request, besides Host, Method, Path, Content-Length and Authorization; default Cookie
	ReturnHeaders []text `yaml:"returnHeaders" example:"[X-Auth-Request-User]"`    // of the answer, which applications get
}

// oidcInput is a provider that Envoy itself sends visitors to.
type oidcInput struct {
	*syntax.Node       `example:"{issuer: https://id.home.example, clientID: home, clientSecret: sys-auth/oidc-home}"`
	Issuer             text   `yaml:"issuer,required" example:"https://id.home.example"`
	ClientID           text   `yaml:"clientID" example:"home"`
	ClientIDRef        text   `yaml:"clientIDRef" example:"sys-auth/oidc-home"`           // in its place a Secret with client-id, as in clientSecret
	ClientSecret       text   `yaml:"clientSecret,required" example:"sys-auth/oidc-home"` // a Secret with client-secret: NAMESPACE/NAME, or NAME in the namespace of each route
	RedirectURL        text   `yaml:"redirectURL" example:"https://auth.home.example/oauth2/callback"`
	LogoutPath         text   `yaml:"logoutPath" example:"/logout"`
	CookieDomain       text   `yaml:"cookieDomain" example:"home.example"` // whose hosts share a login
	Scopes             []text `yaml:"scopes" example:"[openid, email]"`
	ForwardAccessToken flag   `yaml:"forwardAccessToken"`
}

// Login is how somebody is asked who they are, in the ways that platform.yml has for it.
type Login struct {
	Middleware *Middleware // of Traefik
	ExtAuth    *ExtAuth    // of Envoy Gateway
	OIDC       *OIDC       // likewise
	BasicAuth  *SecretName // likewise
	APIKeys    *APIKeys    // likewise
}

// ExtAuth is a Service that is asked whether a request may pass.
type ExtAuth struct {
	Namespace, Service         string
	Port                       int
	GRPC                       bool
	Path, PathOverride         string
	SendHeaders, ReturnHeaders []string
}

// OIDC is a provider of logins.
type OIDC struct {
	Issuer, ClientID        string
	ClientIDRef             *SecretName // in place of ClientID
	ClientSecret            SecretName
	RedirectURL, LogoutPath string
	CookieDomain            string
	Scopes                  []string
	ForwardAccessToken      bool
}

// login is what an element of ingress.auth says.
func (in *authInput) login() Login {
	var out Login
	if in.Node == nil {
		return out
	}
	optionalLabel(in.Namespace)
	optionalSubdomain(in.Name)
	if in.Name.IsSet() || in.Namespace.IsSet() || len(in.ofEnvoy()) == 0 {
		out.Middleware = &Middleware{Name: in.Name.V, Namespace: in.Namespace.V}
		for _, key := range []struct {
			name string
			of   text
		}{{"name", in.Name}, {"namespace", in.Namespace}} {
			if !key.of.IsSet() && !in.Flawed("name", "namespace", "extAuth", "oidc", "basicAuth", "apiKeys") {
				in.Report("missing-field", "", `missing "%s"`, key.name)
			}
		}
	}
	if ways := in.ofEnvoy(); len(ways) > 1 {
		ways[1].Report("bad-choice", "keep one of them, and remove the others", "expected one of extAuth, oidc, basicAuth and apiKeys, found %d", len(ways))
	}
	out.ExtAuth, out.OIDC, out.APIKeys = in.ExtAuth.resolved(), in.OIDC.resolved(), in.APIKeys.resolved()
	if in.BasicAuth.IsSet() {
		users := secretNamed(in.BasicAuth)
		out.BasicAuth = &users
	}
	return out
}

func (in *extAuthInput) resolved() *ExtAuth {
	if in == nil {
		return nil
	}
	namespace, service, found := strings.Cut(in.Service.V, "/")
	if in.Service.IsSet() && (!found || !nameable(namespace) || !nameable(service)) {
		in.Service.Report("bad-name", "write it like this: service: sys-auth/oauth2-proxy", "expected NAMESPACE/NAME of a Service, found %s", shown(in.Service.V))
	}
	out := &ExtAuth{Namespace: namespace, Service: service, Port: portOr(in.Port, 0), GRPC: in.Protocol.V == "grpc", Path: in.Path.V, PathOverride: in.PathOverride.V,
		SendHeaders: headersOf(in.SendHeaders), ReturnHeaders: headersOf(in.ReturnHeaders)}
	if in.SendHeaders == nil && !out.GRPC { // a login knows its visitors by a cookie, which Envoy sends to nobody by itself
		out.SendHeaders = []string{"cookie"}
	}
	for _, p := range present(in.Path, in.PathOverride) {
		switch {
		case out.GRPC:
			p.Report("no-effect", "remove it", "a path has no effect with protocol: grpc")
		case !isPath(p.V):
			p.Report("bad-path", "", "expected a path such as /oauth2/auth, found %s", syntax.Quote(p.V))
		}
	}
	if in.Path.IsSet() && in.PathOverride.IsSet() {
		in.PathOverride.Report("bad-choice", "keep one of them, and remove the other", "expected one of path and pathOverride, found both")
	}
	if out.GRPC && len(in.ReturnHeaders) > 0 {
		in.ReturnHeaders[0].Report("no-effect", "remove it: the answer itself says what is sent on", "returnHeaders has no effect with protocol: grpc")
	}
	return out
}

func (in *oidcInput) resolved() *OIDC {
	if in == nil {
		return nil
	}
	if u, err := url.Parse(in.Issuer.V); in.Issuer.IsSet() && (err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil) {
		in.Issuer.Report("bad-url", "", "expected an URL such as https://id.home.example, found %s", shown(in.Issuer.V))
	}
	if in.ClientID.IsSet() {
		filled(in.ClientID, "the client's name at the provider")
	}
	oneOf(in.Node, []string{"clientID", "clientIDRef"}, in.ClientID, in.ClientIDRef)
	if u, err := url.Parse(in.RedirectURL.V); in.RedirectURL.IsSet() && (err != nil || u.Path == "" || u.Path == "/" || u.User != nil) { // Envoy answers at this path itself
		in.RedirectURL.Report("bad-url", "", "expected an URL with a path, such as https://auth.home.example/oauth2/callback, found %s", shown(in.RedirectURL.V))
	}
	if in.LogoutPath.IsSet() && !isPath(in.LogoutPath.V) {
		in.LogoutPath.Report("bad-path", "", "expected a path such as /logout, found %s", syntax.Quote(in.LogoutPath.V))
	}
	if in.CookieDomain.IsSet() {
		hostname(in.CookieDomain)
	}
	for _, scope := range in.Scopes {
		filled(scope, "a scope such as email")
	}
	out := &OIDC{Issuer: in.Issuer.V, ClientID: in.ClientID.V, ClientSecret: secretNamed(in.ClientSecret), RedirectURL: in.RedirectURL.V, LogoutPath: in.LogoutPath.V,
		CookieDomain: in.CookieDomain.V, Scopes: texts(in.Scopes), ForwardAccessToken: in.ForwardAccessToken.Or(false)}
	if in.ClientIDRef.IsSet() {
		id := secretNamed(in.ClientIDRef)
		out.ClientIDRef = &id
	}
	return out
}

// nameable reports whether a namespace or a Service may have the name.
func nameable(s string) bool { return validation.IsDNS1123Label(s) == nil }

// headersOf are names of headers, in lower case, each once and in order.
func headersOf(in []text) []string {
	var out []string
	for _, h := range present(in...) {
		if headerNamed(h.Node, h.V) {
			out = append(out, strings.ToLower(h.V))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// by is the part of a login that an implementation of the Gateway API has a way for; empty when it has none for what is said.
func (l *Login) by(of Implementation) Login {
	switch {
	case of == TraefikProxy:
		return Login{Middleware: l.Middleware}
	case of == EnvoyGateway:
		return Login{ExtAuth: l.ExtAuth, OIDC: l.OIDC, BasicAuth: l.BasicAuth, APIKeys: l.APIKeys}
	}
	return Login{}
}

// loginOf takes the part of a route's login that its controller has a way for, and reports a login that it has none for.
func (s *settings) loginOf(in *ingressInput, r *Route) {
	login, known := s.logins[r.Auth.Name]
	if !r.Auth.Asks() || !known || s.flawed("ingress.auth") {
		return
	}
	at := in.Node
	if in.Auth.IsSet() {
		at = in.Auth.Node
	}
	key := "write in " + PlatformFile + ": ingress: {auth: {" + r.Auth.Name + ": "
	if r.Kind() != GatewayRoutes {
		if login.Middleware == nil {
			at.Report("unsaid", key+"{name: MIDDLEWARE, namespace: NAMESPACE}}}", "the login %s has no Middleware of Traefik", syntax.Quote(r.Auth.Name))
		}
		return
	}
	r.Auth.Middleware = nil
	if len(r.Exposure.Gateways) == 0 { // which is reported
		return
	}
	of := r.Exposure.Gateways[0].Implementation
	if r.Auth.Login = login.by(of); r.Auth.Login != (Login{}) {
		return
	}
	switch of {
	case TraefikProxy:
		at.Report("unsaid", key+"{name: MIDDLEWARE, namespace: NAMESPACE}}}", "the login %s has no Middleware of Traefik", syntax.Quote(r.Auth.Name))
	case EnvoyGateway:
		at.Report("unsaid", key+"{extAuth: {service: NAMESPACE/NAME, port: PORT}}}}, or oidc, basicAuth or apiKeys", "the login %s says nothing for Envoy Gateway", syntax.Quote(r.Auth.Name))
	default:
		at.Report("unsaid", "write auth: app when the application asks for a login itself; or lead the route to an oauth2-proxy that passes requests on to the application, with auth: app; or name an exposure of Traefik or Envoy Gateway",
			"%s asks nobody for a login: no one would guard this host", of.title())
	}
}
