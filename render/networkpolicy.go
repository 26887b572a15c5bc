package render

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	slimmetav1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/apis/meta/v1"
	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ciliumNetworkPolicy is cilium.io/v2 CiliumNetworkPolicy without its status. Cilium's own type would link its client.
type ciliumNetworkPolicy struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              *api.Rule `json:"spec"`
}

// forms let an encoder write Cilium's selectors without their own JSON encoding, which would take most of the time of a policy. Only a
// sanitized selector has another encoding than its labels, and its text is cached.
var forms = map[reflect.Type]object.Form{reflect.TypeFor[api.EndpointSelector](): func(pointer any) (any, bool) {
	s := pointer.(*api.EndpointSelector)
	if s.LabelSelector == nil {
		return slimmetav1.LabelSelector{}, true
	}
	return s.LabelSelector, s.CachedString() == ""
}}

// ciliumNetworkPolicies are the policies of a namespace in a cluster with Cilium.
func ciliumNetworkPolicies(k kind, p *catalog.Platform, n *catalog.Namespace) []object.Object {
	if p.Plain != nil {
		return nil
	}
	var out []object.Object
	eachPolicy(p, n, func(name string, origin catalog.Origin, rule func() *api.Rule) {
		id := identity{Kind: k, Namespace: n.Name, Name: name, Origin: origin, Sync: n.PolicySync}
		out = append(out, id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
			return &ciliumNetworkPolicy{TypeMeta: t, ObjectMeta: m, Spec: rule()}
		}))
	})
	return out
}

// networkPolicies are the same policies, with the same names, as Kubernetes has them. One that would only add to what is open is none.
func networkPolicies(k kind, p *catalog.Platform, n *catalog.Namespace) []object.Object {
	if p.Plain == nil {
		return nil
	}
	var out []object.Object
	closing := p.Closing(n)
	eachPolicy(p, n, func(name string, origin catalog.Origin, rule func() *api.Rule) {
		r := rule()
		spec, _ := p.Plain.Policy(r, closing) // what cannot be said was reported
		if spec == nil {
			return
		}
		id := identity{Kind: k, Namespace: n.Name, Name: name, Origin: origin, Sync: n.PolicySync}
		out = append(out, id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
			if r.Description != "" {
				m.Annotations[describedBy] = r.Description
			}
			return &networkingv1.NetworkPolicy{TypeMeta: t, ObjectMeta: m, Spec: *spec}
		}))
	})
	return out
}

// describedBy is the annotation for texts, as a NetworkPolicy has no field for one (kubernetes.io/docs/reference/labels-annotations-taints).
const describedBy = "kubernetes.io/description"

// eachPolicy calls do for those of the profile and, one for each peer, those of the permitted flows.
func eachPolicy(p *catalog.Platform, n *catalog.Namespace, do func(name string, origin catalog.Origin, rule func() *api.Rule)) {
	for _, policy := range n.Policies {
		do(policy.Name, catalog.Origin(policy.Origin+"#policies/"+policy.Name), func() *api.Rule { return policy.Rule })
	}
	if len(n.Flows) == 0 {
		return
	}
	byName := map[string][]catalog.Flow{}
	for _, f := range n.Flows {
		name := FlowPolicy(f)
		byName[name] = append(byName[name], f)
	}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		flows := byName[name]
		do(name, flows[0].Origin, func() *api.Rule { return p.FlowRule(flows) })
	}
}

// baselines are the names of the policies for the flows of platform.yml, which all namespaces share: there is one for each direction.
var baselines = map[catalog.Cause]string{catalog.WithinNamespace: "within-namespace", catalog.Scrapes: "scrapes", catalog.APIClients: "api-server"}

// FlowPolicy names the policy that permits a flow: flows with the same peer and the same pods share one. The kinds of peers cannot be confused:
// only a namespace has no dot. Those of platform.yml are named after its keys.
func FlowPolicy(f catalog.Flow) string {
	name := map[catalog.Direction]string{catalog.Egress: "allow-to-", catalog.Ingress: "allow-from-"}[f.Direction]
	switch {
	case f.Cause.Baseline():
		return name + "baseline." + baselines[f.Cause]
	case f.Peer.Namespace != "":
		name += f.Peer.Namespace
	case f.Peer.Entity != "":
		name += "entity." + f.Peer.Entity
	case f.Peer.Host != "":
		name += "host." + f.Peer.Host
	default:
		name += "cidr." + strings.NewReplacer("/", "-", ":", "-").Replace(f.Peer.CIDR)
	}
	details := []string{catalog.LabelText(f.PodLabels), catalog.LabelText(f.Peer.PodLabels), strings.Join(f.Peer.Except, ",")}
	if strings.Contains(f.Peer.CIDR, ":") { // the name has no colons
		details = append(details, f.Peer.CIDR)
	}
	if f.Peer.Cluster != "" {
		details = append(details, f.Peer.Cluster)
	}
	if strings.Join(details, "") == "" {
		return object.Name(name)
	}
	return object.Name(name) + "-" + object.Digest(strings.Join(details, "\x00"))
}
