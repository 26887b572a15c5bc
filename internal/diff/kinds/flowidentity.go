package kinds

import (
	"strings"

	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/network"
	"github.com/hippotion/roster/internal/verdict"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// serviceAccountKey is the label that Cilium makes of a pod's account.
const serviceAccountKey = "io.cilium.k8s.policy.serviceaccount"

// identityOf is what policies may see of pods, when they select by the labels of some keys only. With others, such as the version of a chart, pods are
// who they were.
func identityOf(e *network.End, keys map[string]bool) verdict.Endpoint {
	out := e.Endpoint
	out.Ports = nil
	out.Labels, out.NamespaceLabels = only(out.Labels, keys), only(out.NamespaceLabels, keys)
	if !keys[serviceAccountKey] {
		out.ServiceAccount = ""
	}
	return out
}

func only(labels map[string]string, keys map[string]bool) map[string]string {
	out := map[string]string{}
	for key, value := range labels {
		if keys[key] {
			out[key] = value
		}
	}
	return out
}

// selectedKeys are the keys of labels by which policies select pods and namespaces, on both sides; and more, where it is not clear what a key is.
func selectedKeys(sides [2]*lint.Context) map[string]bool {
	out := map[string]bool{}
	for _, side := range sides {
		all := side.Network.Policies()
		for i := range all {
			p := &all[i]
			for _, f := range p.Flows {
				for _, labels := range []map[string]string{f.PodLabels, f.Peer.PodLabels} {
					for key := range labels {
						out[key] = true
					}
				}
			}
			if p.Later == nil {
				for _, r := range rulesOf(p) {
					keysOfRule(out, r)
				}
			}
			if p.Kubernetes != nil {
				keysOfKubernetes(out, p.Kubernetes)
			}
		}
	}
	return out
}

// addKey adds a key as Cilium has it: with a source before it, and for namespaces with another prefix.
func addKey(out map[string]bool, key string) {
	out[key] = true
	for _, separator := range []string{".", ":", "namespace.labels."} {
		if _, rest, found := strings.Cut(key, separator); found {
			out[rest] = true
		}
	}
}

func keysOfRule(out map[string]bool, r *api.Rule) {
	add := func(all []api.EndpointSelector) {
		for _, s := range all {
			if s.LabelSelector == nil {
				continue
			}
			for key := range s.MatchLabels {
				addKey(out, key)
			}
			for _, e := range s.MatchExpressions {
				addKey(out, e.Key)
			}
		}
	}
	add([]api.EndpointSelector{r.EndpointSelector})
	for i := range r.Ingress {
		add(r.Ingress[i].FromEndpoints)
	}
	for i := range r.IngressDeny {
		add(r.IngressDeny[i].FromEndpoints)
	}
	for i := range r.Egress {
		add(r.Egress[i].ToEndpoints)
	}
	for i := range r.EgressDeny {
		add(r.EgressDeny[i].ToEndpoints)
	}
}

func keysOfKubernetes(out map[string]bool, p *networkingv1.NetworkPolicySpec) {
	add := func(s *metav1.LabelSelector) {
		if s == nil {
			return
		}
		for key := range s.MatchLabels {
			addKey(out, key)
		}
		for _, e := range s.MatchExpressions {
			addKey(out, e.Key)
		}
	}
	add(&p.PodSelector)
	for _, peer := range kubernetesPeers(p) {
		add(peer.PodSelector)
		add(peer.NamespaceSelector)
	}
}
