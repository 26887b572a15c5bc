package catalog

import (
	"maps"
	"slices"

	"github.com/hippotion/roster/catalog/apps/builtin"
	"github.com/hippotion/roster/internal/syntax"
)

// written makes the input that the user could have written at a place.
type written struct{ *syntax.Node }

func (w written) text(s string) text { return text{V: s, Node: w.Node} }

func (w written) labels(labels map[string]string) syntax.Map[text] {
	var out syntax.Map[text]
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		out.Items = append(out.Items, syntax.Item[text]{Key: key, At: w.Node, Node: w.Node, Value: w.text(labels[key])})
		out.Node = w.Node
	}
	return out
}

func (w written) peer(p builtin.Peer) *peerInput {
	out := &peerInput{Node: w.Node, PodLabels: w.labels(p.PodLabels)}
	if p.Namespace != "" {
		out.Namespace = w.text(p.Namespace)
	}
	if p.Host != "" {
		out.Host = w.text(p.Host)
	}
	if p.CIDR != "" {
		out.CIDR = w.text(p.CIDR)
	}
	for _, port := range p.Ports {
		out.Ports = append(out.Ports, syntax.Text{V: port, Node: w.Node})
	}
	return out
}

func (w written) secret(s builtin.Secret, path string) secretInput {
	out := secretInput{Node: w.Node, Name: w.text(s.Name)}
	if s.Below != "" {
		path += "/" + s.Below
	}
	if s.All {
		out.DataFrom = []dataFromInput{{Node: w.Node, Extract: &extractInput{Node: w.Node, Key: w.text(path)}}}
	}
	out.Data.Node = w.Node
	for _, key := range slices.Sorted(maps.Keys(s.Data)) {
		out.Data.Items = append(out.Data.Items, syntax.Item[secretDataInput]{Key: key, At: w.Node, Node: w.Node, Value: secretDataInput{Node: w.Node, Ref: w.text(path + "#" + s.Data[key])}})
	}
	return out
}

// backend is hosts with where they lead. They are copies, since the list itself stays as it was written. Of another Service, no port is known.
func (w written) backend(hosts []ingressInput, b builtin.Backend) []ingressInput {
	hosts = slices.Clone(hosts)
	for i := range hosts {
		in := &hosts[i]
		if b.Service == "" || in.Node == nil || in.Flawed("service", "port") {
			continue
		}
		if !in.Service.IsSet() {
			in.Service = w.text(b.Service)
		}
		if in.Port.Node == nil && in.Service.V == b.Service {
			in.Port, in.portNumber = syntax.Text{V: b.Port, Node: w.Node}, b.Number
		}
	}
	return hosts
}
