package verdict

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	k8sconst "github.com/cilium/cilium/pkg/k8s/apis/cilium.io"
	slimmetav1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/apis/meta/v1"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/policy/api"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// kubernetes reads a NetworkPolicy of Kubernetes as Cilium does (pkg/k8s/network_policy.go, ParseNetworkPolicy, which is in a package with the
// clients of a cluster).
func (j *Judge) kubernetes(number int, p *Policy) {
	spec := p.Kubernetes
	subject := j.selector(podSelector(p.Namespace, &spec.PodSelector))
	var out []*rule
	has := func(t networkingv1.PolicyType) bool { return slices.Contains(spec.PolicyTypes, t) }
	add := func(ingress bool, i int, from []networkingv1.NetworkPolicyPeer, ports []networkingv1.NetworkPolicyPort) error {
		r := &rule{ref: Ref{number, 0, map[bool]string{true: "ingress", false: "egress"}[ingress], i}, subject: subject, ingress: ingress, closes: true}
		r.everybody = len(from) == 0
		for i := range from {
			j.kubernetesPeer(r, p.Namespace, &from[i])
		}
		toPorts, err := kubernetesPorts(ports)
		if err != nil {
			return err
		}
		r.on(toPorts, nil)
		out = append(out, r)
		return nil
	}
	for i, in := range spec.Ingress {
		if err := add(true, i, in.From, in.Ports); err != nil {
			j.refuse(number, err)
			return
		}
	}
	if len(spec.Ingress) == 0 && (has(networkingv1.PolicyTypeIngress) || !has(networkingv1.PolicyTypeEgress)) {
		out = append(out, &rule{ref: Ref{number, 0, "ingress", 0}, subject: subject, ingress: true, closes: true})
	}
	for i, e := range spec.Egress {
		if err := add(false, i, e.To, e.Ports); err != nil {
			j.refuse(number, err)
			return
		}
	}
	if len(spec.Egress) == 0 && has(networkingv1.PolicyTypeEgress) {
		out = append(out, &rule{ref: Ref{number, 0, "egress", 0}, subject: subject, closes: true})
	}
	for _, r := range out {
		j.add(p.Namespace, r)
	}
}

// kubernetesPeer adds a peer to a rule. What Cilium does to one that is just an ipBlock is done here too: as the source of traffic, it stands for
// the pods of the namespace as well.
func (j *Judge) kubernetesPeer(r *rule, namespace string, peer *networkingv1.NetworkPolicyPeer) {
	if r.ingress || peer.NamespaceSelector != nil || peer.PodSelector != nil {
		r.selectors = append(r.selectors, j.selector(j.peerSelector(namespace, peer)))
	}
	if peer.IPBlock != nil {
		out := cidr{prefix: prefix(peer.IPBlock.CIDR)}
		for _, e := range peer.IPBlock.Except {
			out.except = append(out.except, prefix(e))
		}
		r.cidrs = append(r.cidrs, out)
	}
}

// peerSelector selects pods of this cluster, unless the selector itself names another one.
func (j *Judge) peerSelector(namespace string, peer *networkingv1.NetworkPolicyPeer) api.EndpointSelector {
	pods := slim(peer.PodSelector)
	anywhere := func(r slimmetav1.LabelSelectorRequirement) bool { return r.Key == k8sconst.PolicyLabelCluster }
	if pods.MatchLabels[k8sconst.PolicyLabelCluster] == "" && !slices.ContainsFunc(pods.MatchExpressions, anywhere) {
		pods.MatchLabels[k8sconst.PolicyLabelCluster] = j.cluster
	}
	if peer.NamespaceSelector == nil {
		pods.MatchLabels[k8sconst.PodNamespaceLabel] = namespace
		return api.NewESFromK8sLabelSelector(labels.LabelSourceK8sKeyPrefix, pods)
	}
	of := slim(peer.NamespaceSelector)
	namespaces := &slimmetav1.LabelSelector{MatchLabels: map[string]slimmetav1.MatchLabelsValue{}}
	for key, value := range of.MatchLabels {
		namespaces.MatchLabels[namespaceLabel(key)] = value
	}
	for _, e := range of.MatchExpressions {
		e.Key = namespaceLabel(e.Key)
		namespaces.MatchExpressions = append(namespaces.MatchExpressions, e)
	}
	if len(namespaces.MatchLabels)+len(namespaces.MatchExpressions) == 0 {
		namespaces.MatchExpressions = []slimmetav1.LabelSelectorRequirement{{Key: k8sconst.PodNamespaceLabel, Operator: slimmetav1.LabelSelectorOpExists}}
	}
	return api.NewESFromK8sLabelSelector(labels.LabelSourceK8sKeyPrefix, namespaces, pods)
}

func namespaceLabel(key string) string {
	return k8sconst.PodNamespaceMetaLabels + labels.PathDelimiter + key
}

// podSelector selects pods of a namespace.
func podSelector(namespace string, s *metav1.LabelSelector) api.EndpointSelector {
	out := slim(s)
	out.MatchLabels[k8sconst.PodNamespaceLabel] = namespace
	return api.NewESFromK8sLabelSelector(labels.LabelSourceK8sKeyPrefix, out)
}

// slim is a copy of a selector, in the form that Cilium has it in; an empty one of nil.
func slim(s *metav1.LabelSelector) *slimmetav1.LabelSelector {
	out := &slimmetav1.LabelSelector{MatchLabels: map[string]slimmetav1.MatchLabelsValue{}}
	if s == nil {
		return out
	}
	maps.Copy(out.MatchLabels, s.MatchLabels)
	for _, e := range s.MatchExpressions {
		out.MatchExpressions = append(out.MatchExpressions,
			slimmetav1.LabelSelectorRequirement{Key: e.Key, Operator: slimmetav1.LabelSelectorOperator(e.Operator), Values: slices.Clone(e.Values)})
	}
	return out
}

// kubernetesPorts reads ports. Cilium trusts the API server to have refused numbers that are none; so they are refused here.
func kubernetesPorts(ports []networkingv1.NetworkPolicyPort) (api.PortRules, error) {
	var out api.PortRules
	for _, p := range ports {
		to := api.PortProtocol{Port: "0", Protocol: api.ProtoTCP}
		if p.Protocol != nil {
			protocol := strings.ToUpper(string(*p.Protocol))
			if !slices.Contains(transport, protocol) {
				return nil, fmt.Errorf("unknown protocol %q", *p.Protocol)
			}
			to.Protocol = api.L4Proto(protocol)
		}
		if p.Port != nil {
			to.Port = p.Port.String()
		}
		numbered := p.Port != nil && p.Port.Type == intstr.Int
		if numbered && (p.Port.IntVal < 1 || p.Port.IntVal > 65535) {
			return nil, fmt.Errorf("port %d is not from 1 to 65535", p.Port.IntVal)
		}
		if p.EndPort != nil {
			if to.EndPort = *p.EndPort; !numbered || to.EndPort < p.Port.IntVal || to.EndPort > 65535 {
				return nil, fmt.Errorf("endPort %d does not follow a port, which has to be a number", to.EndPort)
			}
		}
		out = append(out, api.PortRule{Ports: []api.PortProtocol{to}})
	}
	return out, nil
}
