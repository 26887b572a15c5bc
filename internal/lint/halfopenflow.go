package lint

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/hippotion/roster/catalog"
)

var halfOpenFlow = Rule{
	Name:     "half-open-flow",
	Severity: Error,
	Summary:  "a policy permits a flow that the policies at the other end do not",
	Doc: `Traffic between two pods passes two policies, the sender's egress and the receiver's ingress, and both have to permit it
(Cilium's documentation, "Endpoints based"). Here one end denies what nothing allows, and nothing there allows this. Write the flow
under ` + "`networkPolicies.allow`" + ` of an entry: roster permits it at both ends. This is reported only when all policies of the other end are
known: not when an application there comes from elsewhere, or deploys a Kubernetes NetworkPolicy.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications:
    - {applicationCode: web-a, path: a}
- namespace: web-db
  networkPolicies: isolated
-- a/policy.yaml --
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: to-db}
spec:
  endpointSelector: {}
  egress:
    - toEndpoints:
        - matchLabels: {k8s:io.kubernetes.pod.namespace: web-db}
      toPorts:
        - ports: [{port: "5432", protocol: TCP}]
`,
	Mend: []string{`- namespace: web-db
  networkPolicies: isolated`, `- namespace: web-db
  networkPolicies: isolated
  applications:
    - {applicationCode: web-db, path: db}`, `        - ports: [{port: "5432", protocol: TCP}]`, `        - ports: [{port: "5432", protocol: TCP}]
-- db/policy.yaml --
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: from-a}
spec:
  endpointSelector: {}
  ingress:
    - fromEndpoints:
        - matchLabels: {k8s:io.kubernetes.pod.namespace: web-a}
      toPorts:
        - ports: [{port: "5432", protocol: TCP}]`},
	Check: func(in *Input, report Report) {
		book := in.policyBook()
		for _, p := range in.ownPolicies() {
			if p.rule == nil || p.namespace == "" {
				continue
			}
			for _, half := range p.halves(catalog.Egress) {
				book.otherEnd(p, &half, catalog.Ingress, report)
			}
			for _, half := range p.halves(catalog.Ingress) {
				book.otherEnd(p, &half, catalog.Egress, report)
			}
		}
	},
}

// half is an ingress or egress rule, as far as it concerns pods.
type half struct {
	field    []string // such as egress, 0, toEndpoints
	pods     []selector
	anyPod   bool // whether the peers are all pods, or unknown
	ports    []portRange
	allPorts bool
}

// portRange is ports of a protocol. What has a name may be any port.
type portRange struct {
	protocol    string
	first, last int
}

// halves are the rules of one direction.
func (p *policy) halves(d catalog.Direction) []half {
	var out []half
	add := func(h half, word string, endpoints []api.EndpointSelector, entities api.EntitySlice, others bool, ports api.PortRules, icmps api.ICMPRules) {
		h.field = []string{string(d), strconv.Itoa(len(out)), word}
		for _, e := range endpoints {
			h.pods = append(h.pods, p.peer(e))
		}
		limited := len(ports)+len(icmps) > 0
		// No peers mean every peer when there are ports, and none when there is nothing.
		h.anyPod = h.anyPod || slices.Contains(entities, api.EntityAll) || slices.Contains(entities, api.EntityCluster) ||
			endpoints == nil && entities == nil && !others && limited
		h.allPorts = !limited
		h.ports = portRanges(ports, icmps)
		out = append(out, h)
	}
	if d == catalog.Ingress {
		for _, r := range p.rule.Ingress {
			add(half{}, "fromEndpoints", r.FromEndpoints, r.FromEntities,
				r.FromCIDR != nil || r.FromCIDRSet != nil || r.FromNodes != nil || r.FromGroups != nil, r.ToPorts, r.ICMPs)
		}
		return out
	}
	for _, r := range p.rule.Egress {
		add(half{anyPod: len(r.ToServices) > 0}, "toEndpoints", r.ToEndpoints, r.ToEntities,
			r.ToCIDR != nil || r.ToCIDRSet != nil || r.ToNodes != nil || r.ToGroups != nil || r.ToFQDNs != nil, r.ToPorts, r.ICMPs)
	}
	return out
}

func portRanges(rules api.PortRules, icmps api.ICMPRules) []portRange {
	var out []portRange
	for _, r := range rules {
		if len(r.Ports) == 0 {
			out = append(out, portRange{anyProtocol, 0, 65535})
		}
		for _, p := range r.Ports {
			protocol := strings.ToUpper(string(p.Protocol))
			if protocol == "" {
				protocol = anyProtocol
			}
			first, err := strconv.Atoi(p.Port)
			if err != nil || first == 0 {
				out = append(out, portRange{protocol, 0, 65535})
				continue
			}
			out = append(out, portRange{protocol, first, max(first, int(p.EndPort))})
		}
	}
	if len(icmps) > 0 {
		out = append(out, portRange{"ICMP", 0, 65535})
	}
	return out
}

// otherEnd reports peers of a half whose own policies do not permit the other half.
func (b *policyBook) otherEnd(p *policy, h *half, back catalog.Direction, report Report) {
	for i, peer := range h.pods {
		namespace := peer.equal[podNamespace]
		if !b.complete(namespace) || !b.denies(namespace, back, peer) {
			continue
		}
		permitted, otherPorts := b.permits(namespace, back, peer, b.subjectOf(p), h)
		if permitted {
			continue
		}
		verb, lets := "lets pods out to", "lets them in"
		if back == catalog.Egress {
			verb, lets = "lets in", "lets them out"
		}
		if otherPorts {
			lets += " on these ports"
		}
		report(p.at(append(slices.Clone(h.field), strconv.Itoa(i))...), b.permitHint(namespace, back),
			"%s %s %s, and no policy of %s %s", p.title, verb, peer.text(), namespace, lets)
	}
}

func (b *policyBook) permitHint(namespace string, back catalog.Direction) string {
	if n := b.in.Entry(namespace); n.Policies == nil {
		return fmt.Sprintf("permit the %s in %s, too", back, namespace)
	}
	return "write the flow under networkPolicies.allow of an entry: it is then permitted at both ends"
}

// denies reports whether the policy makes the pods that it applies to deny what nothing allows.
func (p *policy) denies(d catalog.Direction) bool {
	rules, enabled := len(p.rule.Ingress)+len(p.rule.IngressDeny), p.rule.EnableDefaultDeny.Ingress
	if d == catalog.Egress {
		rules, enabled = len(p.rule.Egress)+len(p.rule.EgressDeny), p.rule.EnableDefaultDeny.Egress
	}
	return p.rule.NodeSelector.LabelSelector == nil && rules > 0 && (enabled == nil || *enabled)
}

// text names pods for messages.
func (s selector) text() string {
	labels := maps.Clone(s.equal)
	delete(labels, podNamespace)
	what := "pods"
	if len(labels) > 0 {
		what += " with " + labelText(labels)
	}
	return what + " of " + s.equal[podNamespace]
}
