// Package verdict answers one question offline: may this endpoint talk to that one, and which rules decide? It reads the network policies of a
// cluster as Cilium's agent (v1.19, default settings on Kubernetes) does: Cilium's own code checks and translates each policy, and its types say
// what a selector, an entity, a CIDR or a name means. What is done here is the rest: which rules select an endpoint, and what they permit
// and deny, as sets of ports.
//
// Cilium's engine itself computes the same answers, but it would lengthen each start of roster by a seventh. It judges this package
// instead: see package cilium below this folder, which is for tests, and the comparison of both on random platforms.
//
// The package does not read manifests, does not know which pods exist, and does not judge what is above layer 4: an HTTP request that a proxy
// would refuse is allowed here, with [Decision.Proxy] saying that a proxy decides. What needs objects of a cluster (toServices, CIDR groups, groups
// of cloud providers), authentication, and policies of nodes are not judged: a decision that they may change says so.
package verdict

import (
	"net/netip"
	"strconv"

	"github.com/cilium/cilium/pkg/policy/api"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

// Policy is a CiliumNetworkPolicy, without a namespace a CiliumClusterwideNetworkPolicy, or a NetworkPolicy of Kubernetes.
//
// The rules should be decoded from what will be applied. Empty lists matter (`fromEndpoints: []` selects nothing), and a rule made in Go may
// have some that do not survive marshalling.
type Policy struct {
	Namespace  string
	Name       string
	Rule       *api.Rule                       // the spec; nil when there is none. It is not modified.
	Later      func() *api.Rule                // instead of Rule: called when the policy matters first; nil when it cannot be read
	Specs      []*api.Rule                     // as Rule
	Kubernetes *networkingv1.NetworkPolicySpec // of a NetworkPolicy, which then has no other rules
}

// String is the name of the policy, with its namespace.
func (p Policy) String() string {
	if p.Namespace == "" {
		return p.Name
	}
	return p.Namespace + "/" + p.Name
}

// Endpoint is one end of a flow: a pod, a reserved entity, or an address or a name outside the cluster. Exactly one of Namespace, Entity, and
// IP or FQDN is set.
type Endpoint struct {
	// Namespace makes the endpoint a pod; the seven fields after it belong to it.
	Namespace       string
	NamespaceLabels map[string]string // selected by k8s:io.cilium.k8s.namespace.labels.<key>
	Labels          map[string]string // pod labels; those that Cilium keeps out of identities match nothing here too
	ServiceAccount  string            // selected by k8s:io.cilium.k8s.policy.serviceaccount
	Ports           []corev1.ContainerPort
	Cluster         string // of a cluster mesh, when it is another one
	// NamespaceUnknown says that the namespace may have labels besides NamespaceLabels.
	NamespaceUnknown bool
	// Unknown says that the pod may have any labels, account and ports besides these: it stands for all pods of the namespace that are not known.
	Unknown bool

	// Entity is host (the node that the pod at the other end runs on), remote-node, kube-apiserver (on another node, hence a remote-node too),
	// world (an IPv4 address that no policy names), world-ipv6, health, ingress (Cilium's own, never another ingress controller), init or
	// unmanaged.
	Entity string

	// IP is an address outside the cluster. Pods and nodes are never selected by their address, so an address of the cluster must not be
	// given here.
	IP netip.Addr

	// FQDN is a name outside the cluster, with or without its IP. As the target of a pod it is selected by toFQDNs once Cilium has seen the
	// pod look it up; see [Verdict.Learned].
	FQDN string

	// APIServer makes the host, a remote node, or an address outside the cluster one of the API server as well: Cilium then permits what
	// either of the two is permitted, unless one is denied.
	APIServer bool
}

// Flow is traffic from one endpoint to another, at its first packet: replies need no permission of their own.
type Flow struct {
	From, To Endpoint
	Protocol string // TCP (when empty), UDP, SCTP, ICMP or ICMPv6
	Port     uint16 // the port of To, a pod's own and not its Service's; for ICMP the message type (8: echo request)
}

// Verdict is the decision of the policies at both ends.
type Verdict struct {
	Egress  Decision // at From
	Ingress Decision // at To

	// Learned is set when To is an FQDN whose addresses Cilium learns from the lookups of From: an egress rule of From sends its DNS traffic
	// through the proxy and permits the name. Without it no toFQDNs applies to From. (On a real node, lookups of other pods count too, but
	// should not be relied on.)
	Learned bool
}

// Allowed reports whether both ends permit the flow, by the rules that can be judged.
func (v Verdict) Allowed() bool { return v.Egress.Allowed && v.Ingress.Allowed }

// Sure reports whether what cannot be judged, or is not known, does not matter to what Allowed reports.
func (v Verdict) Sure() bool {
	if v.Allowed() {
		return len(v.Egress.Unsure)+len(v.Ingress.Unsure) == 0
	}
	return !v.Egress.Allowed && len(v.Egress.Unsure) == 0 || !v.Ingress.Allowed && len(v.Ingress.Unsure) == 0
}

// Decision is that of the policies at one end.
type Decision struct {
	Allowed  bool
	Enforced bool     // some policy covers this direction of this endpoint; else everything is allowed
	Proxy    string   // the proxy that judges the content of allowed traffic: dns, http or tls; else empty
	Policies []string // sorted namespace/name of policies that allowed or denied; none when it is the default

	Rules  []Ref // that allow, or that deny; none when it is the default
	Closed []Ref // what closes this direction, when nothing allows and nothing denies: a rule of each policy that does only that, or of all that do
	// Ambiguous are rules that would allow the flow if the names of their ports stood for one port each among the pods of the cluster: Cilium up to
	// 1.19 leaves them out.
	Ambiguous []Ref
	Unsure    []Ref // rules that may change the decision: they are not judged, or would have to know more about an end
}

// Ref is a rule of a policy.
type Ref struct {
	Policy    int    // its place in the list that was given to New
	Spec      int    // the rules of Policy.Specs are counted from 1; 0 is Policy.Rule
	Direction string // ingress, egress, ingressDeny or egressDeny
	Index     int    // in that list
}

// Field is the rule's place in the policy's object: spec or specs, a number after specs, the list and the number in it.
func (r Ref) Field() []string {
	out := []string{"spec", r.Direction, strconv.Itoa(r.Index)}
	if r.Spec > 0 {
		out = append([]string{"specs", strconv.Itoa(r.Spec - 1)}, out[1:]...)
	}
	return out
}

// Skipped is a policy that is not judged, or a part of one.
type Skipped struct {
	Policy  int // its place in the list that was given to New
	Rule    Ref // when Whole is false
	Whole   bool
	Refused bool // by Cilium: nothing of the policy is enforced
	Reason  string
}
