package kinds

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// waysIn are those that are not routes: Services, and pods on ports of their node.
func waysIn(c *diff.Change, found func(diff.Consequence)) {
	var unknown []string
	for _, p := range c.Pairs {
		if why, other := unfollowed(c, p); other && why == "" {
			unknown = append(unknown, p.ID.String())
		} else if other {
			c.Unjudged("where the requests for " + p.ID.String() + " lead is not certain: " + why)
		}
		before, after := waysOf(p.Before), waysOf(p.After)
		opened, closed := apart(after.open, before.open), apart(before.open, after.open)
		out := diff.Consequence{Word: "public", Weight: diff.Danger, Subject: p.ID.String(), Objects: []diff.ID{p.ID}}
		switch {
		case len(opened) > 0:
			out.Message = fmt.Sprintf("%s can be reached from outside of the cluster now: %s", p.ID, enumerated(opened))
			if after.limited {
				out.Weight = diff.Notice
				out.Details = append(out.Details, "only from the addresses of its loadBalancerSourceRanges")
			}
		case len(closed) > 0:
			out.Word, out.Weight = "not-public", diff.Plain
			out.Message = fmt.Sprintf("%s can no longer be reached from outside of the cluster: %s", p.ID, enumerated(closed))
		case before.limited && !after.limited && len(after.open) > 0:
			out.Message = fmt.Sprintf("%s can be reached from all addresses now: it has no loadBalancerSourceRanges any more", p.ID)
		case after.limited && !before.limited && len(before.open) > 0:
			out.Word, out.Weight = "not-public", diff.Plain
			out.Message = fmt.Sprintf("%s can be reached from the addresses of its loadBalancerSourceRanges only", p.ID)
		default:
			continue
		}
		found(out)
	}
	if len(unknown) > 0 {
		c.Unjudged("where the requests for " + fewOf(unknown, mostAlike) + " lead is not followed here")
	}
}

// unfollowedKinds are those of objects that may open a way in, through which roster follows no request, and followedKinds those through which it does,
// if it is known who reads them.
var (
	unfollowedKinds = []string{
		"TCPRoute.gateway.networking.k8s.io", "TLSRoute.gateway.networking.k8s.io", "UDPRoute.gateway.networking.k8s.io", "IngressRouteTCP.traefik.io", "IngressRouteUDP.traefik.io",
	}
	followedKinds = []string{"Ingress.networking.k8s.io", "GRPCRoute.gateway.networking.k8s.io", "HTTPRoute.gateway.networking.k8s.io"}
)

// unfollowed reports whether such an object is new, or says something else; and why it is not followed, if that is something in particular.
func unfollowed(c *diff.Change, p *diff.Pair) (why string, other bool) {
	if p.After == nil || !isKind(p.After, slices.Concat(unfollowedKinds, followedKinds)...) {
		return "", false
	}
	if p.Before != nil && equal(memberAt(p.Before.Content(), "spec"), memberAt(p.After.Content(), "spec")) &&
		equal(memberAt(p.Before.Content(), "metadata", "annotations"), memberAt(p.After.Content(), "metadata", "annotations")) {
		return "", false
	}
	if isKind(p.After, followedKinds...) && c.After.Context != nil {
		why, followed := c.After.Context.Routes.Followed(p.ID.Kind, p.ID.Namespace, p.ID.Name)
		return why, !followed
	}
	return "", true
}

// ways are those into an object from outside of the cluster.
type ways struct {
	open    map[string]bool
	limited bool // to some addresses
}

// apart is what only the first has, in order.
func apart(a, b map[string]bool) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(a)), func(text string) bool { return b[text] })
}

func waysOf(o *diff.Object) ways {
	out := ways{open: map[string]bool{}}
	switch {
	case o == nil || o.Deployed == nil:
	case o.ID.Kind == "Service" && o.ID.Group == "":
		var s corev1.Service
		if runtime.DefaultUnstructuredConverter.FromUnstructured(o.Deployed.Content(), &s) == nil {
			serviceWays(&out, &s)
		}
	default:
		if p := deployed.PodOf(o.Deployed); p != nil {
			podWays(&out, p)
		}
	}
	return out
}

func serviceWays(out *ways, s *corev1.Service) {
	out.limited = s.Spec.Type == corev1.ServiceTypeLoadBalancer && len(s.Spec.LoadBalancerSourceRanges) > 0
	for _, p := range s.Spec.Ports {
		protocol := deployed.ProtocolOf(p.Protocol)
		if s.Spec.Type == corev1.ServiceTypeLoadBalancer {
			out.open[fmt.Sprintf("by a load balancer on %d/%s", p.Port, protocol)] = true
		}
		if s.Spec.Type == corev1.ServiceTypeNodePort && p.NodePort == 0 {
			out.open[fmt.Sprintf("on a port of each node that leads to %d/%s", p.Port, protocol)] = true
		} else if s.Spec.Type == corev1.ServiceTypeNodePort {
			out.open[fmt.Sprintf("on %d/%s of each node", p.NodePort, protocol)] = true
		}
		for _, ip := range s.Spec.ExternalIPs {
			out.open[fmt.Sprintf("at %s on %d/%s", ip, p.Port, protocol)] = true
		}
	}
}

func podWays(out *ways, p *deployed.Pod) {
	for _, c := range p.Containers() {
		for _, port := range c.Ports {
			switch protocol := deployed.ProtocolOf(port.Protocol); {
			case p.Spec.HostNetwork:
				out.open[fmt.Sprintf("on %d/%s of its node", port.ContainerPort, protocol)] = true
			case port.HostPort != 0:
				out.open[fmt.Sprintf("on %d/%s of its node", port.HostPort, protocol)] = true
			}
		}
	}
}
