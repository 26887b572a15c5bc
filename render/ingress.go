package render

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type ingress struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              ingressSpec `json:"spec"`
}

type ingressSpec struct {
	IngressClassName string        `json:"ingressClassName,omitempty"`
	Rules            []ingressRule `json:"rules"`
	TLS              []ingressTLS  `json:"tls,omitempty"`
}

type ingressRule struct {
	Host string          `json:"host"`
	HTTP ingressRuleHTTP `json:"http"`
}

type ingressRuleHTTP struct {
	Paths []ingressPath `json:"paths"`
}

type ingressPath struct {
	Path     string         `json:"path"`
	PathType string         `json:"pathType"`
	Backend  ingressBackend `json:"backend"`
}

type ingressBackend struct {
	Service ingressService `json:"service"`
}

type ingressService struct {
	Name string             `json:"name"`
	Port ingressServicePort `json:"port"`
}

type ingressServicePort struct {
	Name   string `json:"name,omitempty"`
	Number int    `json:"number,omitempty"`
}

type ingressTLS struct {
	Hosts      []string `json:"hosts"`
	SecretName string   `json:"secretName"`
}

// ingresses are the routes of those who stay with Kubernetes' own kind. Argo CD finds one healthy when its controller has written an address into its
// status.
func ingresses(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	var out []object.Object
	eachRoute(n, catalog.IngressRoutes, func(in *catalog.Route, sync catalog.Sync) {
		for _, part := range partsOfIngress(in) {
			id := identity{Kind: k, Namespace: n.Name, Name: routeName(part), Origin: in.Origin, Sync: catalog.Sync{Wave: sync.Wave}}
			out = append(out, id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
				m = annotated(m, in)
				for key, value := range traefikAnnotations(n, in, ingressPriority(part)) {
					m.Annotations[key] = value
				}
				return &ingress{TypeMeta: t, ObjectMeta: m, Spec: specOfIngress(part)}
			}))
		}
	})
	return out
}

// partsOfIngress are a route whole, or its patterns apart from the hosts that are written out: for Traefik they have a lower priority, and an Ingress
// has one for all its hosts.
func partsOfIngress(in *catalog.Route) []*catalog.Route {
	pattern := func(host string) bool { return strings.Contains(host, "*") }
	first, other := *in, *in
	first.Hosts, other.Hosts = nil, nil
	for _, host := range in.Hosts {
		if pattern(host) == pattern(in.Host) {
			first.Hosts = append(first.Hosts, host)
		} else {
			other.Hosts = append(other.Hosts, host)
		}
	}
	if len(other.Hosts) == 0 || len(in.Exposure.EntryPoints) == 0 || in.Priority != 0 {
		return []*catalog.Route{in}
	}
	other.Host = other.Hosts[0]
	return []*catalog.Route{&first, &other}
}

func specOfIngress(in *catalog.Route) ingressSpec {
	spec := ingressSpec{IngressClassName: in.Exposure.Class}
	for _, host := range in.Hosts {
		spec.Rules = append(spec.Rules, ingressRule{Host: host, HTTP: ingressRuleHTTP{pathsOfIngress(in)}})
	}
	if in.TLS != nil {
		spec.TLS = []ingressTLS{{Hosts: in.Hosts, SecretName: in.TLS.SecretName}}
	}
	return spec
}

// pathsOfIngress are the path of a route. Kubernetes says that the prefix /admin is not one of /adminx, but Traefik and others compare characters: with
// the path itself and those below it as two, all controllers do the same.
func pathsOfIngress(in *catalog.Route) []ingressPath {
	var to ingressBackend
	for _, b := range in.Backends {
		to.Service = ingressService{Name: b.Service, Port: ingressServicePort{b.Port.Name, b.Port.Number}}
	}
	switch {
	case in.Path == "":
		return []ingressPath{{"/", "Prefix", to}}
	case in.PathType == catalog.PathExact:
		return []ingressPath{{in.Path, "Exact", to}}
	}
	return []ingressPath{{in.Path, "Exact", to}, {in.Path + "/", "Prefix", to}}
}

// traefikAnnotations are what Traefik reads of an Ingress, where an exposure has entry points: no other controller has any.
func traefikAnnotations(n *catalog.Namespace, in *catalog.Route, priority int) map[string]string {
	const router = "traefik.ingress.kubernetes.io/router."
	out := map[string]string{}
	if len(in.Exposure.EntryPoints) == 0 {
		return out
	}
	out[router+"entrypoints"] = strings.Join(in.Exposure.EntryPoints, ",")
	if priority != 0 {
		out[router+"priority"] = strconv.Itoa(priority)
	}
	var through []string
	for _, m := range n.Middlewares(in) {
		through = append(through, namedByTraefik(m.Namespace, m.Name))
	}
	for _, own := range ownMiddlewares(in) {
		through = append(through, namedByTraefik(n.Name, own.name))
	}
	if len(through) > 0 {
		out[router+"middlewares"] = strings.Join(through, ",")
	}
	return out
}

// longestHost is more than the length of any rule that Traefik makes of a host alone: Host("") && PathPrefix("/") with 253 characters.
const longestHost = 300

// ingressPriority is that of all rules of an Ingress, for all its hosts; 0 for their lengths. By its length, the rule of an exact path, which is half of
// what a prefix becomes, would come after that of the host alone: the route with the path would have another one's login.
func ingressPriority(in *catalog.Route) int {
	switch {
	case in.Priority != 0 || strings.Contains(in.Host, "*"):
		return priority(in, in.Host)
	case in.Path == "":
		return 0
	case in.PathType == catalog.PathExact:
		return longestHost + 2*len(in.Path) + 1
	}
	return longestHost + 2*len(in.Path)
}

// namedByTraefik is the name that Traefik gives a Middleware (Normalize of pkg/provider): what is no letter and no number becomes one hyphen.
func namedByTraefik(namespace, name string) string {
	return strings.Join(strings.FieldsFunc(namespace+"-"+name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }), "-") + "@kubernetescrd"
}
