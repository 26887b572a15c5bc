package cilium

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/cilium/cilium/pkg/fqdn/dns"
	ipcachetypes "github.com/cilium/cilium/pkg/ipcache/types"
	"github.com/cilium/cilium/pkg/k8s"
	k8sconst "github.com/cilium/cilium/pkg/k8s/apis/cilium.io"
	ciliumv2 "github.com/cilium/cilium/pkg/k8s/apis/cilium.io/v2"
	slimnetworkingv1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/api/networking/v1"
	slimmetav1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/apis/meta/v1"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/policy/api"
	policytypes "github.com/cilium/cilium/pkg/policy/types"
	policyutils "github.com/cilium/cilium/pkg/policy/utils"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hippotion/roster/internal/verdict"
)

// parsed is a Policy in the form of Cilium's engine.
type parsed struct {
	kind            ipcachetypes.ResourceKind
	namespace, name string
	entries         policytypes.PolicyEntries
}

func parse(cluster string, policies []verdict.Policy) ([]parsed, []name, error) {
	var out []parsed
	var names []name
	var errs []error
	seen := map[string]bool{}
	for _, p := range policies {
		add, of, err := translate(cluster, p)
		id := fmt.Sprint(add.kind, p)
		if err == nil && seen[id] {
			err = errors.New("given twice")
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("policy %s: %w", p, err))
			continue
		}
		seen[id] = true
		names = append(names, of...)
		out = append(out, add)
	}
	return out, names, errors.Join(errs...)
}

// translate does to the policy what the agent does.
func translate(cluster string, p verdict.Policy) (parsed, []name, error) {
	out := parsed{kind: ipcachetypes.ResourceKindCNP, namespace: p.Namespace, name: p.Name}
	if p.Kubernetes != nil {
		out.kind = ipcachetypes.ResourceKindNetpol
		var spec slimnetworkingv1.NetworkPolicySpec
		text, err := json.Marshal(p.Kubernetes)
		if err == nil {
			err = json.Unmarshal(text, &spec)
		}
		if err != nil {
			return out, nil, err
		}
		object := &slimnetworkingv1.NetworkPolicy{ObjectMeta: slimmetav1.ObjectMeta{Namespace: p.Namespace, Name: p.Name}, Spec: spec}
		out.entries, err = k8s.ParseNetworkPolicy(quiet, cluster, object)
		return out, nil, err
	}
	if p.Namespace == "" {
		out.kind = ipcachetypes.ResourceKindCCNP
	}
	object := ciliumv2.CiliumNetworkPolicy{
		ObjectMeta: metav1.ObjectMeta{Namespace: p.Namespace, Name: p.Name},
		Spec:       p.Rule.DeepCopy(), // Parse edits it
	}
	for _, r := range p.Specs {
		object.Specs = append(object.Specs, r.DeepCopy())
	}
	rules, err := object.Parse(quiet, cluster)
	for _, r := range append(slices.Clone(p.Specs), p.Rule) {
		if err == nil && r != nil {
			err = unsupported(r)
		}
	}
	if err != nil {
		return out, nil, err
	}
	var names []name
	for _, rule := range rules {
		names = append(names, toFQDNs(rule)...)
		expandCluster(cluster, rule)
	}
	out.entries = policyutils.RulesToPolicyEntries(rules)
	return out, names, nil
}

// unsupported finds what would be judged wrongly. Without the objects of a
// cluster, a rule with toServices and toPorts would select any peer.
func unsupported(r *api.Rule) error {
	if r.NodeSelector.LabelSelector != nil {
		return errors.New("nodeSelector is not supported")
	}
	for _, in := range r.Ingress {
		if err := unsupportedPeers("from", in.FromGroups, in.FromCIDRSet, in.Authentication); err != nil {
			return err
		}
	}
	for _, in := range r.IngressDeny {
		if err := unsupportedPeers("from", in.FromGroups, in.FromCIDRSet, nil); err != nil {
			return err
		}
	}
	for _, out := range r.Egress {
		if len(out.ToServices) > 0 {
			return errors.New("toServices is not supported")
		}
		if err := unsupportedPeers("to", out.ToGroups, out.ToCIDRSet, out.Authentication); err != nil {
			return err
		}
	}
	for _, out := range r.EgressDeny {
		if len(out.ToServices) > 0 {
			return errors.New("toServices is not supported")
		}
		if err := unsupportedPeers("to", out.ToGroups, out.ToCIDRSet, nil); err != nil {
			return err
		}
	}
	return nil
}

func unsupportedPeers(direction string, groups []api.Groups, cidrs api.CIDRRuleSlice, auth *api.Authentication) error {
	if len(groups) > 0 {
		return fmt.Errorf("%sGroups is not supported", direction)
	}
	for _, cidr := range cidrs {
		if cidr.CIDRGroupRef != "" || cidr.CIDRGroupSelector.LabelSelector != nil {
			return fmt.Errorf("%sCIDRSet with a CIDR group is not supported", direction)
		}
	}
	if auth != nil && auth.Mode != api.AuthenticationModeDisabled {
		return errors.New("authentication is not supported")
	}
	return nil
}

// expandCluster replaces the entity cluster by what it stands for. Cilium
// keeps that in a global variable which the agent fills in at start; left
// empty, a rule with the entity and toPorts selects any peer, and filling it in
// here would race with code that validates policies elsewhere in the process.
func expandCluster(cluster string, r *api.Rule) {
	for i := range r.Ingress {
		in := &r.Ingress[i]
		in.FromEntities, in.FromEndpoints = expand(cluster, in.FromEntities, in.FromEndpoints)
	}
	for i := range r.IngressDeny {
		in := &r.IngressDeny[i]
		in.FromEntities, in.FromEndpoints = expand(cluster, in.FromEntities, in.FromEndpoints)
	}
	for i := range r.Egress {
		out := &r.Egress[i]
		out.ToEntities, out.ToEndpoints = expand(cluster, out.ToEntities, out.ToEndpoints)
	}
	for i := range r.EgressDeny {
		out := &r.EgressDeny[i]
		out.ToEntities, out.ToEndpoints = expand(cluster, out.ToEntities, out.ToEndpoints)
	}
}

func expand(cluster string, entities api.EntitySlice, endpoints []api.EndpointSelector) (api.EntitySlice, []api.EndpointSelector) {
	var out api.EntitySlice
	for _, entity := range entities {
		if entity != api.EntityCluster {
			out = append(out, entity)
			continue
		}
		out = append(out, api.EntityHost, api.EntityRemoteNode, api.EntityInit, api.EntityIngress,
			api.EntityHealth, api.EntityUnmanaged, api.EntityKubeAPIServer)
		managed := labels.NewLabel(k8sconst.PolicyLabelCluster, cluster, labels.LabelSourceK8s)
		endpoints = append(endpoints, api.NewESFromLabels(managed))
	}
	if len(out) == 0 {
		return entities, endpoints // nil and empty differ
	}
	return out, endpoints
}

// name is a toFQDNs or DNS selector: the pattern, and the label that addresses
// of matching names get.
type name struct {
	label   labels.Label
	pattern *regexp.Regexp
}

func toFQDNs(r *api.Rule) []name {
	var out []name
	for _, rule := range r.Egress {
		for _, selector := range rule.ToFQDNs {
			out = append(out, newName(selector))
		}
	}
	return out
}

func newName(s api.FQDNSelector) name {
	pattern, err := s.ToRegex()
	if err != nil {
		pattern = nil // impossible: Parse has compiled it
	}
	return name{s.IdentityLabel(), pattern}
}

func (n name) matches(fqdn string) bool {
	return n.pattern != nil && n.pattern.MatchString(dns.FQDN(fqdn))
}
