package intents

import (
	"cmp"
	"net/url"
	"strconv"

	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/network"
	"github.com/hippotion/roster/internal/lint/models/routes"
	"github.com/hippotion/roster/internal/verdict"
	"k8s.io/apimachinery/pkg/util/intstr"
)

type object = deployed.Object

// Webhooks are the ways from the API server to what it calls: webhooks that admit and convert objects, and APIs that others serve.
func (in *Model) Webhooks() []Intent {
	var out []Intent
	for _, o := range in.deployed.Kind("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration") {
		list, _ := deployed.FieldAt(o, "webhooks").([]any)
		for i := range list {
			out = append(out, in.called(o, "webhooks", strconv.Itoa(i), "clientConfig")...)
		}
	}
	for _, o := range in.deployed.Kind("CustomResourceDefinition") {
		if deployed.StringAt(o, "spec", "conversion", "strategy") == "Webhook" {
			out = append(out, in.called(o, "spec", "conversion", "webhook", "clientConfig")...)
		}
	}
	for _, o := range in.deployed.Kind("APIService") {
		out = append(out, in.called(o, "spec")...)
	}
	return out
}

// called are the ways to the service, or the url, at a field.
func (in *Model) called(o *object, fields ...string) []Intent {
	at := func(field string) []string { return append(fields[:len(fields):len(fields)], field) }
	service := deployed.FieldAt(o, at("service")...)
	name, _ := deployed.Member(service, "name").(string)
	namespace, _ := deployed.Member(service, "namespace").(string)
	port, _ := deployed.Member(service, "port").(int64)
	l := routes.Lead{Namespace: namespace, Name: name, Port: intstr.FromInt32(int32(cmp.Or(port, 443)))}
	where := at("service")
	if name == "" {
		u, err := url.Parse(deployed.StringAt(o, at("url")...))
		if err != nil || u.Host == "" {
			return nil
		}
		var inside bool
		if l, inside = in.service(u.Hostname(), ""); !inside {
			return nil
		}
		l.Port, where = portOf(u), at("url")
	}
	var out []Intent
	for _, i := range (Intent{Protocol: "TCP", Asks: o.Title(), AtTo: true}).to(in.behind(l)) {
		i.From, i.Permit = in.callers(&i)
		if len(i.Permit) == 0 {
			continue
		}
		i.At = in.places.Field(o, where...)
		out = append(out, i)
	}
	return out
}

// callers is the API server as it comes to pods: from another node, as itself and, with tunnel routing, with the address of that node (see
// network.APIServer). It returns the first that is refused, and the flows for all that are. On a single node it comes as the pods' own node, which
// Cilium lets in for the kubelet's sake.
func (in *Model) callers(i *Intent) (from []*network.End, permit []Flow) {
	if len(in.deployed.Platform.Nodes) == 1 || len(in.deployed.Platform.Names.APIServerOutside) > 0 { // one outside may come through a tunnel of its own
		return nil, nil
	}
	var ports []string
	if i.Port != 0 {
		ports = []string{strconv.Itoa(int(i.Port))}
	}
	for _, e := range []*network.End{in.entity("kube-apiserver", "kube-apiserver"), in.entity("remote-node", "the API server of another node, as remote-node with tunnel routing,")} {
		i.From = []*network.End{e}
		if in.refusedBy(i) == nil {
			continue
		}
		if from == nil {
			from = i.From
		}
		permit = append(permit, Flow{Peer: "entity: " + e.Entity, Ports: ports})
	}
	return from, permit
}

// entity is an entity with a name for messages.
func (in *Model) entity(entity, name string) *network.End {
	return in.once(name, func(name string) *network.End {
		return &network.End{Name: name, Endpoint: verdict.Endpoint{Entity: entity}}
	})
}

// once is an end that is no pod: the same for the same name, so that what is asked about it is judged once.
func (in *Model) once(name string, end func(name string) *network.End) *network.End {
	key := "\x00\x00" + name
	if in.outside[key] == nil {
		in.outside[key] = []*network.End{end(name)}
	}
	return in.outside[key][0]
}
