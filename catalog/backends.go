package catalog

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/syntax"
	"github.com/hippotion/roster/profiles"
	"k8s.io/apimachinery/pkg/util/validation"
)

// maxWeight is HTTPRoute's.
const maxWeight = 1_000_000

// backendsOf are where the requests of a route go: what its own keys say, or those that it lists.
func (r *routes) backendsOf(in *ingressInput, of *app) []Backend {
	own := present(in.Service, in.Address, text{Node: in.Port.Node}, in.Scheme)
	if in.BackendTLS != nil {
		own = append(own, text{Node: in.BackendTLS.Node})
	}
	listed := in.Backends != nil
	switch {
	case in.Redirect != nil:
		if listed {
			own = append(own, text{Node: in.backendsAt()})
		}
		for _, t := range own {
			if of.builtin == nil || t.Node != of.Catalog.Node {
				t.Report("no-effect", "remove it, or redirect", "this has no effect: all requests are redirected")
			}
		}
		return nil
	case !listed:
		single := backendInput{Node: in.Node, Service: in.Service, Address: in.Address, Port: in.Port, Scheme: in.Scheme, BackendTLS: in.BackendTLS}
		if !in.Address.IsSet() {
			in.leadsSomewhere(of)
		}
		return []Backend{r.backend(&single, in, of)}
	}
	for _, t := range own {
		if of.builtin == nil || t.Node != of.Catalog.Node {
			t.Report("no-effect", "move it into an element of backends", "this has no effect: backends says where requests go")
		}
	}
	if len(in.Backends) == 0 && !in.Flawed("backends") {
		in.Report("missing-field", "write it like this: backends: [{service: web-whoami, port: 80}]", "expected at least one backend, found none")
	}
	var out []Backend
	total := 0
	for i := range in.Backends {
		if in.Backends[i].Node != nil {
			out = append(out, r.backend(&in.Backends[i], in, of))
			total += out[len(out)-1].Weight
		}
	}
	if len(out) > 0 && total == 0 {
		in.Backends[0].Report("bad-weight", "give one of them a weight of at least 1", "no backend has a weight: no request would be answered")
	}
	return out
}

// backendsAt is the place of the list of backends.
func (in *ingressInput) backendsAt() *syntax.Node {
	for i := range in.Backends {
		if in.Backends[i].Node != nil {
			return in.Backends[i].Node
		}
	}
	return in.Node
}

// leadsSomewhere reports a host without a Service or its port. Where those of a catalog application lead is unknown when its values do not fit.
func (in *ingressInput) leadsSomewhere(of *app) {
	hint := ""
	if b := of.builtin; b != nil {
		if b.values == nil {
			return
		}
		hint = b.unled
	}
	if in.Port.Node == nil && !in.Flawed("port") {
		in.Report("missing-field", cmp.Or(hint, "write it like this: port: 80"), `missing "port"`)
	}
	if !in.Service.IsSet() && !in.Flawed("service") {
		in.Report("missing-field", cmp.Or(hint, "write it like this: service: web-whoami"), `missing "service"`)
	}
}

// backend resolves one place that requests go to.
func (r *routes) backend(in *backendInput, of *ingressInput, app *app) Backend {
	own := app.entry.Namespace.V
	out := Backend{Place: place(in.Node), Namespace: own, Port: servicePort(in.Port), Scheme: in.Scheme.V, Weight: in.Weight.Or(1), Transport: TCP}
	if Protocol(of.Protocol.V) == UDP {
		out.Transport = UDP
	}
	if in.Weight.IsSet() && (in.Weight.V < 0 || in.Weight.V > maxWeight) {
		in.Weight.Report("bad-weight", "", "expected a weight from 0 to %d, found %d", maxWeight, in.Weight.V)
	}
	switch {
	case in.Address.IsSet() && in.Service.IsSet() && in.Service.Node != app.Catalog.Node:
		in.Address.Report("bad-choice", "keep one of them, and remove the other", "expected one of service and address, found both")
	case in.Address.IsSet():
		r.outside(in, of, &out)
	case in.Service.IsSet():
		r.service(in.Service, &out)
	case in.Node != of.Node && !in.Flawed("service", "address"):
		in.Report("missing-field", "write one of them, such as service: web-whoami", "expected one of service and address, found none")
	}
	in.encryption(of, &out)
	return out
}

// service is a Service of the route's own namespace, or NAMESPACE/NAME.
func (r *routes) service(t text, out *Backend) {
	namespace, name, other := strings.Cut(t.V, "/")
	if !other {
		out.Service = t.V
		if validation.IsDNS1035Label(t.V) != nil {
			badName(t, `the name of a Service (lower-case letters, digits and "-", a letter first)`, validation.IsDNS1035Label)
		}
		return
	}
	out.Service = name
	switch {
	case validation.IsDNS1123Label(namespace) != nil || validation.IsDNS1035Label(name) != nil:
		t.Report("bad-name", "write it like this: service: web-whoami, or service: NAMESPACE/NAME", "expected the name of a Service, found %s", shown(t.V))
	case r.names.entries[namespace] == nil && !MadeByKubernetes(namespace):
		r.names.unknownNamespace(t.Node, namespace, "a route leads to Services of its own cluster only")
	}
	out.Namespace = namespace
}

// outside is an address outside of the cluster: it gets a Service, which is named after it.
func (r *routes) outside(in *backendInput, of *ingressInput, out *Backend) {
	a, ok := r.settings.outsideAddress(in.Address)
	switch {
	case in.Port.Node == nil && in.Node != of.Node: // reported when it was read
		ok = false
	case in.Port.Node == nil && !of.Flawed("port"):
		in.Report("missing-field", "write it like this: port: 8006", `missing "port"`)
		ok = false
	case out.Port.Name != "":
		in.Port.Report("bad-port", "", "expected the number of a port: outside of the cluster, ports have no names, found %s", syntax.Quote(out.Port.Name))
		ok = false
	}
	if !ok {
		return
	}
	out.Address = a
	out.Service = outsideService(a, out.Port.Number, out.Transport)
	if out.Scheme == "" && in.BackendTLS == nil && out.Port.Number == 443 && out.Transport == TCP {
		in.Port.Report("missing-value", "write backendTLS: nas.home.example, the name in its certificate; or scheme: http", "port 443 is that of HTTPS: it is unclear what is spoken there")
	}
}

// outsideService names the Service of an address and port.
func outsideService(a netip.Addr, port int, transport Protocol) string {
	name := "lan-" + strings.NewReplacer(".", "-", ":", "-").Replace(a.String()) + "-" + strconv.Itoa(port)
	if transport == UDP {
		name += "-udp"
	}
	return name
}

// encryption is the scheme, and how the certificate of the backend is checked. A controller calls pods by their addresses, which are in no
// certificate: so there is no https without a word about that.
func (in *backendInput) encryption(of *ingressInput, out *Backend) {
	t := in.BackendTLS
	if p := Protocol(of.Protocol.V); p == TLS || p == TCP || p == UDP {
		for _, v := range present(in.Scheme) {
			v.Report("no-effect", "remove it", "connections are passed on as they are with protocol: %s", p)
		}
		if t != nil {
			t.Report("no-effect", "remove it", "connections are passed on as they are with protocol: %s", p)
		}
		return
	}
	if t == nil {
		switch {
		case out.Scheme == "https" && !in.Flawed("backendTLS"):
			in.Scheme.Report("missing-value", "write backendTLS: nas.home.example, the name in its certificate; or backendTLS: {insecure: WHY} when nobody checks it",
				"the certificate of the backend cannot be checked: pods are called by their addresses, which are in no certificate")
		case out.Scheme == "" && out.Outside():
			out.Scheme = "http"
		}
		return
	}
	if in.Scheme.IsSet() && out.Scheme != "https" {
		in.Scheme.Report("no-effect", "write scheme: https, or remove backendTLS", "backendTLS has no effect on %s", out.Scheme)
	}
	out.Scheme, out.TLS = "https", &BackendTLS{Hostname: t.Hostname.V, CA: t.CA.V, Insecure: strings.TrimSpace(t.Insecure.V)}
	filled(t.Insecure, "why nobody checks the certificate")
	optionalSubdomain(t.CA)
	if t.Hostname.IsSet() {
		hostname(t.Hostname)
	}
	checked := present(t.Hostname, t.CA)
	switch {
	case t.Insecure.IsSet() && len(checked) > 0:
		t.Insecure.Report("bad-choice", "remove insecure, or the others", "the certificate is either checked or not")
	case !t.Insecure.IsSet() && !t.Hostname.IsSet() && !t.Flawed("hostname", "insecure"):
		t.Report("missing-field", "write hostname: nas.home.example", "expected the name in the backend's certificate: pods are called by their addresses, which are in no certificate")
	}
}

func servicePort(t syntax.Text) ServicePort {
	if t.Node == nil {
		return ServicePort{}
	}
	if n, err := strconv.Atoi(t.V); err == nil && strconv.Itoa(n) == t.V && n >= 1 && n <= 65535 {
		return ServicePort{Number: n}
	}
	if validation.IsValidPortName(t.V) != nil {
		t.Report("bad-port", "", "expected the Service's port, from 1 to 65535, or its name, found %s", syntax.Quote(t.V))
	}
	return ServicePort{Name: t.V}
}

// routedOutside permits the ingress controllers what routes to addresses outside of the cluster need, where policies of the list are about their pods.
func (f *flows) routedOutside(entries []*entry, s *settings) {
	for _, c := range s.controllers() {
		if in := f.names.entries[c.Namespace]; in == nil || in.NetworkPolicies == nil || c.On == profiles.OnHost || c.On == profiles.OnCilium {
			continue
		}
		for _, e := range entries {
			for _, a := range e.apps {
				for i := range a.Ingress {
					in := &a.Ingress[i]
					for _, b := range append([]backendInput{{Node: in.Node, Address: in.Address, Port: in.Port}}, in.Backends...) {
						f.routedTo(s, &b, routedFrom{c.Pods, Protocol(in.Protocol.V), origin(e.Namespace.V, "applications", a.ApplicationCode.V, "ingress")})
					}
				}
			}
		}
	}
}

// routedFrom is a controller, and the route by which it calls.
type routedFrom struct {
	profiles.Pods
	protocol Protocol
	origin   Origin
}

// routedTo permits one of them. What is wrong with it is reported where the route is resolved.
func (f *flows) routedTo(s *settings, b *backendInput, from routedFrom) {
	address, err := netip.ParseAddr(b.Address.V)
	port, portErr := strconv.Atoi(b.Port.V)
	if !b.Address.IsSet() || err != nil || portErr != nil {
		return
	}
	peers := []Peer{{CIDR: netip.PrefixFrom(address, address.BitLen()).String()}}
	if slices.ContainsFunc(s.nodes, func(n Node) bool { return n.Address == address }) { // for Cilium, a node is no address
		peers = []Peer{{Entity: "host"}, {Entity: "remote-node"}}
	}
	protocol := string(TCP)
	if from.protocol == UDP {
		protocol = string(UDP)
	}
	in := from.Namespace
	for _, peer := range peers {
		f.of[in] = append(f.of[in], Flow{Origin: from.origin + "/" + Origin(address.String()), Cause: Routed, OfPeer: true, Place: place(b.Address.Node), Direction: Egress,
			PodLabels: from.PodLabels, Peer: peer, Ports: []Port{{Name: strconv.Itoa(port), Protocol: protocol}}})
	}
}
