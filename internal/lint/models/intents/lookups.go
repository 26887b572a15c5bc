package intents

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/network"
	"github.com/hippotion/roster/internal/lint/models/routes"
	"go.yaml.in/yaml/v3"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Lookups are the ways of DNS: from the pods that resolve names to the DNS pods of the cluster, and from these to the servers outside and to
// the API server, which tells them the Services.
func (in *Model) Lookups() []Intent {
	dns := in.deployed.Platform.DNS
	servers := slices.DeleteFunc(slices.Clone(in.said(dns)), func(e *network.End) bool { return e.Node })
	if len(servers) == 0 || in.answersOnNodes() {
		return nil
	}
	own := labelsText(dns.PodLabels)
	port := in.dnsPort(servers)
	ports := []string{strconv.Itoa(int(port)) + "/ANY"}
	var out []Intent
	for _, n := range in.network.Namespaces() {
		if n.Name == dns.Namespace {
			continue
		}
		ends := n.Pods
		if n.Others != nil {
			ends = append(slices.Clip(ends), n.Others)
		}
		for _, e := range ends {
			if e.Node {
				continue
			}
			i := Intent{From: []*network.End{e}, To: servers, Any: true, Protocol: "UDP", Port: port, Asks: "DNS for " + n.Name}
			v, err := in.network.Verdict(e, servers[0], i.Protocol, i.Port)
			switch {
			case err != nil || !v.Egress.Allowed && !in.resolves(n.Entry):
				continue // it is not meant to
			case !v.Ingress.Allowed:
				i.AtTo, i.Permit = true, []Flow{{Own: own, Peer: "entity: cluster", Ports: ports}}
			}
			out = append(out, i)
		}
	}
	for _, e := range servers {
		if up, ok := in.upstream(e); ok {
			up.Permit = []Flow{{To: true, Own: own, Peer: "entity: world", Ports: []string{"53/ANY"}}}
			out = append(out, up)
		}
		if i, ok := in.callsAPIServer(e, "the DNS server of the cluster", catalog.Place{}, own); ok {
			out = append(out, i)
		}
	}
	return out
}

// answersOnNodes reports whether something else than the DNS pods may answer: node-local-dns.
func (in *Model) answersOnNodes() bool {
	if in.deployed.Platform.Names.NodeLocalDNS != "" || len(in.deployed.Kind("CiliumLocalRedirectPolicy")) > 0 {
		return true
	}
	return slices.ContainsFunc(in.deployed.Kind("DaemonSet"), func(o *object) bool {
		return strings.Contains(o.Name, "local-dns") || strings.Contains(o.Name, "nodelocaldns") || strings.Contains(o.Name, "dns-cache")
	})
}

// dnsPort is the port of the DNS pods: that of a Service before them, where one is known, or else that of platform.yml.
func (in *Model) dnsPort(servers []*network.End) uint16 {
	namespace := in.deployed.Platform.DNS.Namespace
	for name, s := range in.routes.ServicesOf(namespace) {
		for _, p := range s.Spec.Ports {
			if p.Port != 53 || len(s.Spec.Selector) == 0 {
				continue
			}
			for _, t := range in.behind(routes.Lead{Namespace: namespace, Name: name, Port: intstr.FromInt32(53)}) {
				if t.port != 0 && slices.Contains(servers, t.ends[0]) {
					return t.port
				}
			}
		}
	}
	return uint16(cmp.Or(in.deployed.Platform.Names.DNSPort, 53))
}

// resolves reports whether the policies of an entry say that its pods look names up.
func (in *Model) resolves(n *catalog.Namespace) bool {
	if n == nil {
		return false
	}
	for _, p := range n.Policies {
		for _, e := range p.Rule.Egress {
			for _, ports := range e.ToPorts {
				if ports.Rules != nil && len(ports.Rules.DNS) > 0 {
					return true
				}
			}
		}
	}
	return slices.ContainsFunc(n.Flows, func(f catalog.Flow) bool { return f.Peer.Host != "" && len(f.PodLabels) == 0 })
}

// upstream is the way from a DNS pod to the servers that answer for the rest of the world. They may be anywhere: only who reaches nobody on any port
// that such servers have is refused.
func (in *Model) upstream(e *network.End) (Intent, bool) {
	i := Intent{From: []*network.End{e}, Any: true, Protocol: "UDP", Port: 53, Asks: "the DNS server of the cluster"}
	i.To = slices.Clip(in.beyond(e.Namespace))
	if v, err := in.network.Verdict(e, i.To[0], i.Protocol, i.Port); err != nil || v.Egress.Allowed {
		return i, false
	}
	i.To = append(i.To, in.entity("host", "host"), in.entity("remote-node", "remote-node"), in.entity("kube-apiserver", "kube-apiserver"))
	for _, n := range in.network.Namespaces() {
		i.To = append(i.To, n.Pods...)
		if n.Others != nil {
			i.To = append(i.To, n.Others)
		}
	}
	for _, to := range i.To {
		for _, q := range []struct {
			protocol string
			port     uint16
		}{{"UDP", 53}, {"TCP", 53}, {"TCP", 853}, {"TCP", 443}} {
			if v, err := in.network.Verdict(e, to, q.protocol, q.port); err != nil || v.Egress.Allowed || len(v.Egress.Unsure) > 0 {
				return i, false
			}
		}
	}
	return i, true
}

// labelsText is labels as YAML in one line.
func labelsText(labels map[string]string) string {
	if len(labels) == 0 {
		return ""
	}
	n := &yaml.Node{}
	if n.Encode(labels) != nil {
		return ""
	}
	n.Style = yaml.FlowStyle
	text, err := yaml.Marshal(n)
	if err != nil {
		return ""
	}
	return strings.ReplaceAll(strings.TrimSpace(string(text)), `"`, "'")
}
