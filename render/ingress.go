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
		id := identity{Kind: k, Namespace: n.Name, Name: routeName(in), Origin: in.Origin, Sync: catalog.Sync{Wave: sync.Wave}}
		out = append(out, id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
			m = annotated(m, in)
			for key, value := range traefikAnnotations(n, in) {
				m.Annotations[key] = value
			}
			return &ingress{TypeMeta: t, ObjectMeta: m, Spec: specOfIngress(in)}
		}))
	})
	return out
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
func traefikAnnotations(n *catalog.Namespace, in *catalog.Route) map[string]string {
	const router = "traefik.ingress.kubernetes.io/router."
	out := map[string]string{}
	if len(in.Exposure.EntryPoints) == 0 {
		return out
	}
	out[router+"entrypoints"] = strings.Join(in.Exposure.EntryPoints, ",")
	if in.Priority != 0 {
		out[router+"priority"] = strconv.Itoa(in.Priority)
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

// namedByTraefik is the name that Traefik gives a Middleware (Normalize of pkg/provider): what is no letter and no number becomes one hyphen.
func namedByTraefik(namespace, name string) string {
	return strings.Join(strings.FieldsFunc(namespace+"-"+name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }), "-") + "@kubernetescrd"
}
