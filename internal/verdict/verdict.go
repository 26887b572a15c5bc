// Package verdict answers one question offline: may this endpoint talk to that
// one? The answer is Cilium's own. Policies go through the translation that the
// Cilium agent applies to a CiliumNetworkPolicy, and its policy engine
// (v1.19, default settings on Kubernetes, one cluster named "default") computes
// the same map that it would load into the kernel.
//
// The package does not read manifests, does not know which pods exist, and does
// not judge what is above layer 4: an HTTP request that a proxy would refuse is
// allowed here, with [Decision.Proxy] saying that a proxy decides. It is the
// only package that uses the engine, whose offline use upstream keeps for tests.
//
// Not supported, and rejected by [New] rather than judged wrongly: toServices,
// fromGroups and toGroups, CIDR groups (all need objects of a cluster),
// authentication, and nodeSelector (host firewall).
package verdict

import (
	"net/netip"

	corev1 "k8s.io/api/core/v1"
)

// Endpoint is one end of a flow: a pod, a reserved entity, or an address or a
// name outside the cluster. Exactly one of Namespace, Entity, and IP or FQDN
// is set.
type Endpoint struct {
	// Namespace makes the endpoint a pod; the five fields after it belong to it.
	Namespace       string
	NamespaceLabels map[string]string // selected by k8s:io.cilium.k8s.namespace.labels.<key>
	Labels          map[string]string // pod labels; those that Cilium keeps out of identities match nothing here too
	ServiceAccount  string            // selected by k8s:io.cilium.k8s.policy.serviceaccount
	Ports           []corev1.ContainerPort

	// Entity is host (the node that the pod at the other end runs on),
	// remote-node, kube-apiserver (on another node, hence a remote-node too),
	// world (an IPv4 address that no policy names), world-ipv6, health, ingress
	// (Cilium's own, never another ingress controller), init or unmanaged.
	//
	// An API server on the pod's own node is host and kube-apiserver at once:
	// Cilium permits what either of the two is permitted, unless one is denied.
	Entity string

	// IP is an address outside the cluster. Pods and nodes are never selected by
	// their address, so an address of the cluster must not be given here.
	IP netip.Addr

	// FQDN is a name outside the cluster, with or without its IP. As the target
	// of a pod it is selected by toFQDNs once Cilium has seen the pod look it
	// up; see [Verdict.Learned].
	FQDN string
}

// Flow is traffic from one endpoint to another, at its first packet: replies
// need no permission of their own.
type Flow struct {
	From, To Endpoint
	Protocol string // TCP (when empty), UDP, SCTP, ICMP or ICMPv6
	Port     uint16 // the port of To, a pod's own and not its Service's; for ICMP the message type (8: echo request)
}

// Verdict is the decision of the policies at both ends.
type Verdict struct {
	Egress  Decision // at From
	Ingress Decision // at To

	// Learned is set when To is an FQDN whose addresses Cilium learns from the
	// lookups of From: an egress rule of From sends its DNS traffic through the
	// proxy and permits the name. Without it no toFQDNs applies to From. (On a
	// real node, lookups of other pods count too, but should not be relied on.)
	Learned bool
}

// Allowed reports whether both ends permit the flow.
func (v Verdict) Allowed() bool { return v.Egress.Allowed && v.Ingress.Allowed }

// Decision is that of the policies at one end.
type Decision struct {
	Allowed  bool
	Enforced bool     // some policy covers this direction of this endpoint; else everything is allowed
	Proxy    string   // the proxy that judges the content of allowed traffic: dns, http or tls; else empty
	Policies []string // sorted namespace/name of policies that allowed or denied; none when it is the default
}
