package profiles

import (
	"slices"
	"strconv"
	"strings"

	"github.com/cilium/cilium/pkg/policy/api"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// transports are what ANY stands for.
var transports = [...]corev1.Protocol{corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP}

// ports are those of a rule: all, and no list, where it has no limit; none, where its lists are empty.
func (p *plainRule) ports(rules api.PortRules, field ...string) (out []networkingv1.NetworkPolicyPort, found bool) {
	for i := range rules {
		at := append(slices.Clone(field), strconv.Itoa(i))
		p.proxies(&rules[i], at)
		for k, port := range rules[i].Ports {
			out = append(out, p.port(port, append(at, "ports", strconv.Itoa(k)))...)
		}
	}
	return out, out != nil || len(rules) == 0
}

// proxies reports what needs a look into the traffic. That all names may be looked up only lets Cilium learn addresses.
func (p *plainRule) proxies(rule *api.PortRule, at []string) {
	beyond := func(found bool, what, field string) {
		if found {
			p.cannot("", what, append(slices.Clone(at), field)...)
		}
	}
	beyond(rule.TerminatingTLS != nil, "TLS", "terminatingTLS")
	beyond(rule.OriginatingTLS != nil, "TLS", "originatingTLS")
	beyond(len(rule.ServerNames) > 0, "names of TLS servers", "serverNames")
	beyond(rule.Listener != nil, "listeners of Envoy", "listener")
	if rule.Rules == nil {
		return
	}
	beyond(len(rule.Rules.HTTP) > 0, "HTTP requests", "rules")
	beyond(len(rule.Rules.Kafka) > 0 || len(rule.Rules.L7) > 0, "requests of a protocol", "rules")
	if !slices.ContainsFunc(rule.Rules.DNS, func(d api.PortRuleDNS) bool { return d.MatchName == "" && d.MatchPattern == "*" }) {
		beyond(len(rule.Rules.DNS) > 0, "which names are looked up", "rules")
	}
}

// port is a port for each protocol.
func (p *plainRule) port(in api.PortProtocol, at []string) []networkingv1.NetworkPolicyPort {
	of := transports[:]
	if protocol := corev1.Protocol(strings.ToUpper(string(in.Protocol))); protocol != "" && protocol != "ANY" {
		if !slices.Contains(of, protocol) {
			p.cannot("", "the protocol "+string(protocol), at...)
			return nil
		}
		of = []corev1.Protocol{protocol}
	}
	var port *intstr.IntOrString
	switch number, err := strconv.Atoi(in.Port); {
	case err != nil && in.Port != "":
		name := intstr.FromString(strings.ToLower(in.Port))
		port = &name
	case number != 0: // 0 is all ports
		n := intstr.FromInt32(int32(number)) //nolint:gosec // checked when the profile is loaded
		port = &n
	}
	var end *int32
	if port != nil && in.EndPort > port.IntVal {
		end = &in.EndPort
	}
	var out []networkingv1.NetworkPolicyPort
	for i := range of {
		protocol := of[i]
		out = append(out, networkingv1.NetworkPolicyPort{Protocol: &protocol, Port: port, EndPort: end})
	}
	return out
}
