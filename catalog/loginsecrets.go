package catalog

import (
	"strings"

	"github.com/hippotion/roster/internal/syntax"
)

// apiKeysInput are keys that requests carry.
type apiKeysInput struct {
	*syntax.Node `example:"{secrets: sys-auth/api-keys, headers: X-API-Key}"`
	Secrets      []text `yaml:"secrets,one,required" example:"[sys-auth/api-keys]"` // each with a key for each client: NAMESPACE/NAME, or NAME in the namespace of each route
	Headers      []text `yaml:"headers,one" example:"[X-API-Key]"`
	Params       []text `yaml:"params,one" example:"[api_key]"` // of the query
	Cookies      []text `yaml:"cookies,one" example:"[api_key]"`
	Sanitize     flag   `yaml:"sanitize"` // whether the application does not get the key
}

// SecretName is a Secret for the logins of routes.
type SecretName struct{ Namespace, Name string } // the namespace is empty for that of each route

// APIKeys are keys that requests carry, and where.
type APIKeys struct {
	Secrets                  []SecretName
	Headers, Params, Cookies []string
	Sanitize                 bool
}

// LoginSecret is a Secret that a login needs, and the key in it; empty when every key counts.
type LoginSecret struct {
	SecretName
	Key string
}

// Secrets are those that Envoy Gateway reads for a login (api/v1alpha1, …SecretKey).
func (l *Login) Secrets() []LoginSecret {
	var out []LoginSecret
	if o := l.OIDC; o != nil {
		if o.ClientIDRef != nil {
			out = append(out, LoginSecret{*o.ClientIDRef, "client-id"})
		}
		out = append(out, LoginSecret{o.ClientSecret, "client-secret"})
	}
	if l.BasicAuth != nil {
		out = append(out, LoginSecret{*l.BasicAuth, ".htpasswd"})
	}
	if l.APIKeys != nil {
		for _, s := range l.APIKeys.Secrets {
			out = append(out, LoginSecret{SecretName: s})
		}
	}
	return out
}

// secretNamed is a Secret as NAMESPACE/NAME, or as NAME in the namespace of each route.
func secretNamed(in text) SecretName {
	namespace, name, found := strings.Cut(in.V, "/")
	if !found {
		namespace, name = "", in.V
	}
	if in.IsSet() && (found && !nameable(namespace) || !isHostname(name)) {
		in.Report("bad-name", "", "expected the name of a Secret, or NAMESPACE/NAME, found another text")
	}
	return SecretName{namespace, name}
}

// ofEnvoy are the places of the ways in which Envoy Gateway is to ask.
func (in *authInput) ofEnvoy() []*syntax.Node {
	var out []*syntax.Node
	if in.ExtAuth != nil {
		out = append(out, in.ExtAuth.Node)
	}
	if in.OIDC != nil {
		out = append(out, in.OIDC.Node)
	}
	if in.BasicAuth.IsSet() {
		out = append(out, in.BasicAuth.Node)
	}
	if in.APIKeys != nil {
		out = append(out, in.APIKeys.Node)
	}
	return out
}

func (in *apiKeysInput) resolved() *APIKeys {
	if in == nil {
		return nil
	}
	out := &APIKeys{Headers: headersOf(in.Headers), Params: texts(in.Params), Cookies: texts(in.Cookies), Sanitize: in.Sanitize.Or(false)}
	for _, s := range present(in.Secrets...) {
		out.Secrets = append(out.Secrets, secretNamed(s))
	}
	for _, t := range present(append(in.Params[:len(in.Params):len(in.Params)], in.Cookies...)...) {
		filled(t, "the name of what has the key")
	}
	if len(in.Secrets) == 0 && !in.Flawed("secrets") {
		in.Report("missing-field", "write secrets: [sys-auth/api-keys]", "no Secret has keys: nobody could pass")
	}
	if in.Headers == nil && in.Params == nil && in.Cookies == nil && !in.Flawed() {
		in.Report("missing-field", "write headers: [X-API-Key]", "expected headers, params or cookies: nothing says where requests have the key")
	}
	return out
}
