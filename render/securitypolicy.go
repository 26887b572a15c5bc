package render

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const envoyGroup = "gateway.envoyproxy.io"

type securityPolicy struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              securityPolicySpec `json:"spec"`
}

type securityPolicySpec struct {
	TargetRefs []localRef   `json:"targetRefs"`
	ExtAuth    *extAuthSpec `json:"extAuth,omitempty"`
	OIDC       *oidcSpec    `json:"oidc,omitempty"`
	BasicAuth  *basicSpec   `json:"basicAuth,omitempty"`
	APIKeys    *apiKeysSpec `json:"apiKeyAuth,omitempty"`
}

type basicSpec struct {
	Users secretRef `json:"users"`
}

type apiKeysSpec struct {
	Credentials []secretRef  `json:"credentialRefs"`
	From        []apiKeyFrom `json:"extractFrom"`
	Sanitize    bool         `json:"sanitize,omitempty"`
}

// apiKeyFrom has one of them: each element is tried.
type apiKeyFrom struct {
	Headers []string `json:"headers,omitempty"`
	Params  []string `json:"params,omitempty"`
	Cookies []string `json:"cookies,omitempty"`
}

type extAuthSpec struct {
	HeadersToExtAuth []string      `json:"headersToExtAuth,omitempty"`
	FailOpen         bool          `json:"failOpen"`
	HTTP             *extAuthByURL `json:"http,omitempty"`
	GRPC             *extAuthCalls `json:"grpc,omitempty"`
}

type extAuthCalls struct {
	BackendRefs []backendRef `json:"backendRefs"`
}

type extAuthByURL struct {
	BackendRefs      []backendRef `json:"backendRefs"`
	Path             string       `json:"path,omitempty"`
	PathOverride     string       `json:"pathOverride,omitempty"`
	HeadersToBackend []string     `json:"headersToBackend,omitempty"`
}

type oidcSpec struct {
	Provider           oidcProvider `json:"provider"`
	ClientID           string       `json:"clientID,omitempty"`
	ClientIDRef        *secretRef   `json:"clientIDRef,omitempty"`
	ClientSecret       secretRef    `json:"clientSecret"`
	RedirectURL        string       `json:"redirectURL,omitempty"`
	LogoutPath         string       `json:"logoutPath,omitempty"`
	CookieDomain       string       `json:"cookieDomain,omitempty"`
	Scopes             []string     `json:"scopes,omitempty"`
	ForwardAccessToken bool         `json:"forwardAccessToken,omitempty"`
	RefreshToken       bool         `json:"refreshToken"` // the default
}

type oidcProvider struct {
	Issuer string `json:"issuer"`
}

// secretRef is a Secret. Without a namespace, it is one of the object's.
type secretRef struct {
	Group     string `json:"group"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
}

// securityPolicies have Envoy Gateway ask for a login: one for each route, in its namespace, since that of another one reaches no route.
func securityPolicies(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	var out []object.Object
	attached(n, catalog.EnvoyGateway, func(in *catalog.Route, sync catalog.Sync) {
		login := in.Auth.Login
		if login == (catalog.Login{Middleware: login.Middleware}) {
			return
		}
		id := identity{Kind: k, Namespace: n.Name, Name: routeName(in), Origin: in.Origin, Sync: sync}
		out = append(out, id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
			spec := securityPolicySpec{TargetRefs: []localRef{{gatewayGroup, "HTTPRoute", routeName(in)}}, ExtAuth: extAuthOf(n, login.ExtAuth), OIDC: oidcOf(n, login.OIDC),
				APIKeys: apiKeysOf(n, login.APIKeys)}
			if users := login.BasicAuth; users != nil {
				spec.BasicAuth = &basicSpec{secretOf(n, *users)}
			}
			return &securityPolicy{TypeMeta: t, ObjectMeta: m, Spec: spec}
		}))
	})
	return out
}

func extAuthOf(n *catalog.Namespace, in *catalog.ExtAuth) *extAuthSpec {
	if in == nil {
		return nil
	}
	asked := []backendRef{{Kind: "Service", Namespace: elsewhere(n, in.Namespace), Name: in.Service, Port: in.Port, Weight: 1}}
	out := &extAuthSpec{HeadersToExtAuth: in.SendHeaders}
	if in.GRPC {
		out.GRPC = &extAuthCalls{asked}
	} else {
		out.HTTP = &extAuthByURL{BackendRefs: asked, Path: in.Path, PathOverride: in.PathOverride, HeadersToBackend: in.ReturnHeaders}
	}
	return out
}

func oidcOf(n *catalog.Namespace, in *catalog.OIDC) *oidcSpec {
	if in == nil {
		return nil
	}
	out := &oidcSpec{Provider: oidcProvider{in.Issuer}, ClientID: in.ClientID, ClientSecret: secretOf(n, in.ClientSecret),
		RedirectURL: in.RedirectURL, LogoutPath: in.LogoutPath, CookieDomain: in.CookieDomain, Scopes: in.Scopes, ForwardAccessToken: in.ForwardAccessToken, RefreshToken: true}
	if in.ClientIDRef != nil {
		id := secretOf(n, *in.ClientIDRef)
		out.ClientIDRef = &id
	}
	return out
}

func apiKeysOf(n *catalog.Namespace, in *catalog.APIKeys) *apiKeysSpec {
	if in == nil {
		return nil
	}
	out := &apiKeysSpec{Sanitize: in.Sanitize}
	for _, s := range in.Secrets {
		out.Credentials = append(out.Credentials, secretOf(n, s))
	}
	for _, from := range []apiKeyFrom{{Headers: in.Headers}, {Params: in.Params}, {Cookies: in.Cookies}} {
		if len(from.Headers)+len(from.Params)+len(from.Cookies) > 0 {
			out.From = append(out.From, from)
		}
	}
	return out
}

func secretOf(n *catalog.Namespace, in catalog.SecretName) secretRef {
	return secretRef{Kind: "Secret", Namespace: elsewhere(n, in.Namespace), Name: in.Name}
}

// elsewhere is a namespace, or empty when it is that of the list's entry itself.
func elsewhere(n *catalog.Namespace, namespace string) string {
	if namespace == n.Name {
		return ""
	}
	return namespace
}
