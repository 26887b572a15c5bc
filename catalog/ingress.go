package catalog

import "github.com/hippotion/roster/internal/syntax"

// ingressInput is one host name, or several, under which something is reached: a Service, or what is outside of the cluster. It is the same for
// all kinds of routes.
type ingressInput struct {
	*syntax.Node `example:"{host: whoami, service: web-whoami, port: 80}"`
	Host         text        `yaml:"host" example:"whoami"`                                                           // a name without dots gets the platform's domain
	Hosts        []text      `yaml:"hosts" example:"[whoami, '*.apps.home.example']"`                                 // several, in place of host
	Service      text        `yaml:"service" example:"web-whoami" empty:"write a value, such as service: web-whoami"` // or NAMESPACE/NAME
	Port         syntax.Text `yaml:"port" example:"80" empty:"write a value, such as port: 80"`                       // the Service's port: a number or its name
	Path         *pathInput  `yaml:"path"`
	Match        *matchInput `yaml:"match"`
	Protocol     text        `yaml:"protocol" enum:"HTTP,TLS,TCP,UDP" example:"TCP"`
	Priority     number      `yaml:"priority" example:"100"`
	ExposedBy    []text      `yaml:"expose,one" example:"lan" flag:"write the name of one of ingress.expose, such as lan or public; for no host, remove it from ingress"`
	Expose       text        // one of them, while the route for it is resolved
	namespace    string      // of the entry
	portNumber   int         // of a port that is named by a catalog application; 0 for others
	Auth         text        `yaml:"auth" example:"oauth" flag:"write none for a host that everybody has access to, or the name of a middleware of ingress.auth"` // one of the platform's, or none, or app: the application has its own
	Middlewares  []text      `yaml:"middlewares" example:"[compress, sys-traefik/rate-limit]"`                                                                    // of ingress.middlewares, or NAMESPACE/NAME

	Address    text             `yaml:"address" example:"192.168.1.10"` // outside of the cluster, in place of service
	Scheme     text             `yaml:"scheme" enum:"http,https,h2c" example:"https"`
	BackendTLS *backendTLSInput `yaml:"backendTLS"`
	Backends   []backendInput   `yaml:"backends"` // several, in place of service
	Sticky     *stickyInput     `yaml:"sticky"`

	Redirect        *redirectInput     `yaml:"redirect"` // in place of service
	Rewrite         *rewriteInput      `yaml:"rewrite"`
	RequestHeaders  *headerChangeInput `yaml:"requestHeaders"`
	ResponseHeaders *headerChangeInput `yaml:"responseHeaders"`
	Timeouts        *timeoutsInput     `yaml:"timeouts"`
	TLS             *routeTLSInput     `yaml:"tls"`
	Labels          syntax.Map[text]   `yaml:"labels" example:"{dns: public}"`                            // of the route's object
	Annotations     syntax.Map[text]   `yaml:"annotations" example:"{gethomepage.dev/enabled: \"true\"}"` // of the route's object

	SharedWith []text `yaml:"sharedWith" example:"[web-reviews]"` // namespaces whose applications may answer for parts of the host
}

// pathInput is which paths of a host are meant: exactly one of them.
type pathInput struct {
	*syntax.Node `example:"/api"`
	Prefix       text `yaml:"prefix,short" example:"/api"` // this path and what is below it
	Exact        text `yaml:"exact" example:"/healthz"`
	Regex        text `yaml:"regex" example:"'/v[0-9]+/users'"` // of the whole path
}

// matchInput is what requests must have besides host and path.
type matchInput struct {
	*syntax.Node `example:"{methods: [GET]}"`
	Methods      []text                   `yaml:"methods" example:"[GET, HEAD]"`
	Headers      syntax.Map[matcherInput] `yaml:"headers" example:"{X-Version: \"2\"}"`
	Query        syntax.Map[matcherInput] `yaml:"query" example:"{version: \"2\"}"`
}

// matcherInput is the value of a header, or of a parameter of the query.
type matcherInput struct {
	*syntax.Node `example:"\"2\""`
	Exact        text `yaml:"exact,short" example:"\"2\""`
	Regex        text `yaml:"regex" example:"\"[23]\""` // of the whole value
}

// backendInput is one of several places that requests go to.
type backendInput struct {
	*syntax.Node `example:"{service: web-whoami, port: 80}"`
	Service      text             `yaml:"service" example:"web-whoami"` // or NAMESPACE/NAME
	Address      text             `yaml:"address" example:"192.168.1.10"`
	Port         syntax.Text      `yaml:"port,required" example:"80"`
	Scheme       text             `yaml:"scheme" enum:"http,https,h2c" example:"https"`
	BackendTLS   *backendTLSInput `yaml:"backendTLS"`
	Weight       number           `yaml:"weight" example:"90"` // default 1
}

// backendTLSInput is how the certificate of a backend is checked.
type backendTLSInput struct {
	*syntax.Node `example:"nas.home.example"`
	Hostname     text `yaml:"hostname,short" example:"nas.home.example"`                                                                                                                      // that the certificate is for
	CA           text `yaml:"ca" example:"nas-ca"`                                                                                                                                            // a ConfigMap with ca.crt
	Insecure     text `yaml:"insecure" example:"it makes a new certificate by itself" flag:"write why nobody checks the certificate, such as insecure: it makes a new certificate by itself"` // why it is not checked
}

// stickyInput keeps a visitor at one pod.
type stickyInput struct {
	*syntax.Node `example:"true"`
	Enabled      flag `yaml:"enabled,short"`           // default true
	Cookie       text `yaml:"cookie" example:"whoami"` // its name
}

// redirectInput is where requests are sent. What is not set stays as it is.
type redirectInput struct {
	*syntax.Node `example:"{host: www.home.example, permanent: true}"`
	Host         text   `yaml:"host,short" example:"www.home.example"`
	Scheme       text   `yaml:"scheme" enum:"http,https" example:"https"`
	Port         number `yaml:"port" example:"8443"`
	Path         text   `yaml:"path" example:"/new"`   // the whole path
	Prefix       text   `yaml:"prefix" example:"/new"` // in place of the one that matched
	Permanent    flag   `yaml:"permanent"`
}

// rewriteInput is what a backend gets in place of what was requested.
type rewriteInput struct {
	*syntax.Node `example:"{prefix: /}"`
	Host         text `yaml:"host" example:"whoami.internal"`
	Path         text `yaml:"path" example:"/index.html"` // the whole path
	Prefix       text `yaml:"prefix" example:"/"`         // in place of the one that matched
}

// headerChangeInput is what becomes of headers.
type headerChangeInput struct {
	*syntax.Node `example:"{set: {X-Frame-Options: DENY}}"`
	Set          syntax.Map[text] `yaml:"set,hidden" example:"{X-Frame-Options: DENY}"`
	Add          syntax.Map[text] `yaml:"add,hidden" example:"{X-Via: roster}"` // besides those that are there
	Remove       []text           `yaml:"remove" example:"[X-Powered-By]"`
}

// timeoutsInput is how long requests may take.
type timeoutsInput struct {
	*syntax.Node   `example:"{backendRequest: 30s}"`
	Request        text `yaml:"request" example:"60s"`
	BackendRequest text `yaml:"backendRequest" example:"30s"`
}

// routeTLSInput is the certificate of the hosts.
type routeTLSInput struct {
	*syntax.Node `example:"{issuer: letsencrypt}"`
	SecretName   text `yaml:"secretName,short" example:"whoami-tls" flag:"write the name of a Secret, such as tls: whoami-tls; without tls, the entry points have the certificate"`
	Issuer       text `yaml:"issuer" example:"letsencrypt"` // of cert-manager, which makes the Secret
	IssuerKind   text `yaml:"issuerKind" enum:"ClusterIssuer,Issuer"`
	CertResolver text `yaml:"certResolver" example:"letsencrypt"` // of Traefik
}
