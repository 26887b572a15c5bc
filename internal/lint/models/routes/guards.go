package routes

import (
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/gateways"
	"k8s.io/apimachinery/pkg/runtime"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// policyTarget is what a policy of the Gateway API is attached to.
type policyTarget struct{ kind, namespace, name string }

// attachedPolicies are the objects that name a route or a Gateway as their target, of whatever kind.
func (in *Model) attachedPolicies() map[policyTarget][]*deployed.Object {
	return in.policies.Get(func() map[policyTarget][]*deployed.Object {
		out := map[policyTarget][]*deployed.Object{}
		type target struct {
			Group string `json:"group"`
			Kind  string `json:"kind"`
			Name  string `json:"name"`
		}
		for _, o := range in.policyObjects() {
			var r struct {
				Spec struct {
					One  *target  `json:"targetRef"`
					Many []target `json:"targetRefs"`
				} `json:"spec"`
			}
			if runtime.DefaultUnstructuredConverter.FromUnstructured(o.Content(), &r) != nil {
				continue
			}
			if r.Spec.One != nil {
				r.Spec.Many = append(r.Spec.Many, *r.Spec.One)
			}
			for _, t := range r.Spec.Many {
				at := policyTarget{t.Kind, o.Namespace, t.Name}
				if t.Group == gateways.Group && !slices.Contains(out[at], o) {
					out[at] = append(out[at], o)
				}
			}
		}
		return out
	})
}

// policyObjects are those of a kind whose name ends in Policy, in the groups of implementations of the Gateway API.
func (in *Model) policyObjects() []*deployed.Object {
	var out []*deployed.Object
	kinds := map[string]bool{}
	for i := range in.deployed.Objects {
		if kind := in.deployed.Objects[i].Kind; strings.HasSuffix(kind, "Policy") && strings.Contains(in.deployed.Objects[i].APIVersion, "gateway") {
			kinds[kind] = true
		}
	}
	for _, kind := range sortedKeys(kinds) {
		out = append(out, slices.DeleteFunc(slices.Clone(in.deployed.All(kind)), func(o *deployed.Object) bool { return o.Application != nil })...)
	}
	for _, o := range in.deployed.Workloads {
		if (strings.HasSuffix(o.Kind, "Policy") || o.Kind == "RequestAuthentication") && deployed.IsCustom(o) {
			out = append(out, o)
		}
	}
	return out
}

// harmlessPolicies keep nobody out.
var harmlessPolicies = []string{"BackendTrafficPolicy", "ClientTrafficPolicy", "BackendTLSPolicy", "BackendLBPolicy", "BackendTrafficPolicy", "HealthCheckPolicy", "GCPBackendPolicy", "RetryPolicy", "TLSPolicy", "DNSPolicy", "RateLimitPolicy",
	"UpstreamSettingsPolicy", "ObservabilityPolicy", "ClientSettingsPolicy", "ProxySettingsPolicy"}

// asking are the fields of Envoy Gateway's SecurityPolicy that ask for a login, or refuse somebody.
var asking = []string{"apiKeyAuth", "basicAuth", "extAuth", "jwt", "oidc", "authorization"}

// guard notes what policies keep out of a router: those of its route, and else those of its Gateway.
func (in *Model) guard(r *Router) {
	attached := in.attachedPolicies()
	all := attached[policyTarget{r.Kind, r.Namespace, r.Name}]
	if l := r.Listener; l != nil && !slices.ContainsFunc(all, func(o *deployed.Object) bool { return o.Kind == "SecurityPolicy" }) {
		all = slices.Concat(all, attached[policyTarget{"Gateway", l.Namespace, l.Gateway.Name}])
	}
	for _, o := range all {
		title := o.Title() + " of " + o.Namespace
		switch {
		case slices.Contains(harmlessPolicies, o.Kind):
		case o.Kind != "SecurityPolicy" || deployed.GroupOf(o) != "gateway.envoyproxy.io":
			r.Unclear = append(r.Unclear, title)
		case slices.ContainsFunc(asking, func(f string) bool { return deployed.FieldAt(o, "spec", f) != nil }):
			r.Guards = append(r.Guards, title)
		}
	}
}

// guardedBy notes what annotations say of who is kept out, for another controller than Traefik.
func (in *Model) guardedBy(r *Router, o *ingress) {
	const nginx = "nginx.ingress.kubernetes.io/"
	for _, key := range sortedKeys(o.annotations) {
		name, ofNginx := strings.CutPrefix(key, nginx)
		switch {
		case ofNginx && slices.Contains([]string{"auth-url", "auth-type", "auth-secret", "auth-tls-secret", "whitelist-source-range"}, name):
			r.Guards = append(r.Guards, "the annotation "+key)
		case ofNginx && (strings.HasSuffix(name, "-snippet") || strings.Contains(name, "auth") || strings.Contains(name, "redirect") && name != "ssl-redirect" && name != "force-ssl-redirect"):
			r.Unclear = append(r.Unclear, "the annotation "+key)
		case !ofNginx && strings.Contains(key, "/") && mayGuard(key):
			r.Unclear = append(r.Unclear, "the annotation "+key)
		}
	}
}

// mayGuard reports whether an annotation of a controller that is not known here sounds as if it kept somebody out.
func mayGuard(key string) bool {
	_, name, _ := strings.Cut(strings.ToLower(key), "/")
	return slices.ContainsFunc([]string{"auth", "allow", "deny", "whitelist", "plugins", "middleware", "snippet", "login", "oidc"}, func(word string) bool { return strings.Contains(name, word) })
}
