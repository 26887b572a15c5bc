package reach

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/network"
	"github.com/hippotion/roster/internal/verdict"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// place is what an end of a question means.
type place struct {
	text    string // as it was asked
	ends    []*network.End
	port    asked
	service *corev1.Service // nil when it is none
}

// port is one that a flow is on; the number is 0 for any.
type port struct {
	protocol string
	number   uint16
}

func (p port) String() string { return fmt.Sprintf("%d/%s", p.number, p.protocol) }

// asked is the port of a question: a number, a name or nothing.
type asked struct {
	protocol string // empty when there is no port
	said     bool   // whether the protocol is that of the question, and not the default
	number   uint16
	name     string
}

func (a asked) given() bool { return a.number != 0 || a.name != "" || a.protocol != "" }

func (a asked) String() string {
	protocol := a.protocol
	if protocol == "" {
		protocol = "TCP"
	}
	switch {
	case a.name != "":
		return a.name + "/" + protocol
	case a.number != 0:
		return port{protocol, a.number}.String()
	}
	return protocol
}

var protocols = []string{"TCP", "UDP", "SCTP", "ICMP", "ICMPV6"}

// entities are Cilium's reserved ones that a question may name, and what is understood by them.
var entities = map[string]string{"host": "host", "remote-node": "remote-node", "kube-apiserver": "kube-apiserver", "world": "world", "internet": "world",
	"ingress": "ingress", "health": "health", "init": "init", "unmanaged": "unmanaged"}

// Entities are the names of Cilium's reserved ones that a question may have.
func Entities() []string { return slices.Sorted(maps.Keys(entities)) }

// find finds the end that a text means. Only the target of a question has a port.
func (r *Reach) find(text string, target bool) (*place, error) {
	name, p, err := split(text)
	if err != nil {
		return nil, err
	}
	if p.given() && !target {
		return nil, fmt.Errorf("%s: only the target of a question has a port", quoted(text))
	}
	out := &place{text: name, port: p}
	if err := r.resolve(out, name, target); err != nil {
		return nil, err
	}
	return out, nil
}

// split cuts the port off a text: NAME:80, NAME:53/UDP, NAME:http, [2001:db8::1]:443.
func split(text string) (name string, p asked, err error) {
	if _, err := netip.ParseAddr(text); err == nil {
		return text, p, nil
	}
	name, rest, err := beforePort(text)
	if err != nil {
		return "", p, err
	}
	if rest == "" {
		if strings.HasSuffix(text, ":") {
			return "", p, fmt.Errorf("%s: expected a port after the colon, such as 8080, 53/UDP or http", quoted(text))
		}
		return name, p, nil
	}
	number, protocol, found := strings.Cut(rest, "/")
	p.protocol = "TCP"
	if found {
		p.protocol, p.said = strings.ToUpper(protocol), true
	}
	if !slices.Contains(protocols, p.protocol) {
		return "", p, fmt.Errorf("%s: expected a protocol of TCP, UDP, SCTP, ICMP and ICMPv6, found %s", quoted(text), quoted(protocol))
	}
	n, err := strconv.Atoi(number)
	switch {
	case err == nil && n >= 1 && n <= 65535:
		p.number = uint16(n)
	case err == nil || number == "":
		return "", p, fmt.Errorf("%s: expected a port from 1 to 65535, found %s", quoted(text), quoted(number))
	default:
		p.name = number
	}
	return name, p, nil
}

// beforePort cuts a text at the colon before its port.
func beforePort(text string) (name, rest string, err error) {
	if address, bracketed := strings.CutPrefix(text, "["); bracketed {
		name, rest, found := strings.Cut(address, "]")
		switch {
		case !found:
			return "", "", fmt.Errorf("%s: expected a ] after the address", quoted(text))
		case rest != "" && rest[0] != ':':
			return "", "", fmt.Errorf("%s: expected a colon and a port after the ], found %s", quoted(text), quoted(rest))
		}
		return name, strings.TrimPrefix(rest, ":"), nil
	}
	kind := ""
	for prefix := range prefixes {
		if strings.HasPrefix(text, prefix) {
			kind = prefix
		}
	}
	name, rest, _ = strings.Cut(strings.TrimPrefix(text, kind), ":")
	return kind + name, rest, nil
}

// prefixes say what a name means, where several things have it.
var prefixes = map[string]bool{"entity:": true, "namespace:": true, "app:": true}

// resolve finds the ends that a name means.
func (r *Reach) resolve(out *place, name string, target bool) error {
	net := r.in.Network
	kind, bare, found := strings.Cut(name, ":")
	if !found || !prefixes[kind+":"] {
		kind, bare = "", name
	}
	entry := r.in.Deployed.Entry(bare)
	entity, isEntity := entities[bare]
	switch {
	case kind == "entity":
		if !isEntity {
			return fmt.Errorf("there is no entity %s%s", quoted(bare), hinted(diag.DidYouMean(bare, slices.Collect(maps.Keys(entities)))))
		}
		out.ends = []*network.End{r.entity(entity, target)}
		return nil
	case kind == "app":
		return r.application(out, bare)
	case kind == "namespace" || entry != nil && !isEntity:
		r.namespace(out, bare)
		return nil
	case entry != nil:
		return fmt.Errorf("%s is a namespace and an entity of Cilium: write namespace:%s or entity:%s", quoted(bare), bare, bare)
	case isEntity:
		out.ends = []*network.End{r.entity(entity, target)}
		return nil
	}
	if address, err := netip.ParseAddr(bare); err == nil {
		return r.address(out, address)
	}
	if namespace, rest, ok := strings.Cut(bare, "/"); ok {
		return r.within(out, namespace, rest)
	}
	if service, namespace, ok := serviceName(bare); ok {
		return r.service(out, namespace, service)
	}
	if len(net.Namespace(bare).Pods) > 0 || len(net.Described(bare)) > 0 || catalog.MadeByKubernetes(bare) {
		r.namespace(out, bare)
		return nil
	}
	if r.codes()[bare] {
		return r.application(out, bare)
	}
	if service, namespace, ok := strings.Cut(bare, "."); ok && slices.Contains(r.namespaces(), namespace) {
		return r.service(out, namespace, service) // pods may leave the rest of its name out
	}
	if hostName(bare) != "" {
		out.ends = []*network.End{{Name: bare, Endpoint: verdict.Endpoint{FQDN: strings.ToLower(bare)}}}
		return nil
	}
	var known []string
	for i := range r.in.Platform.Namespaces {
		known = append(known, r.in.Platform.Namespaces[i].Name)
	}
	known = append(known, slices.Collect(maps.Keys(r.codes()))...)
	known = append(known, slices.Collect(maps.Keys(entities))...)
	slices.Sort(known)
	known = slices.Compact(known)
	return fmt.Errorf("%s is no namespace, application, entity, address or name with a dot%s", quoted(bare), hinted(diag.DidYouMean(bare, known)))
}

func hinted(hint string) string {
	if hint == "" {
		return ""
	}
	return "\n  hint: " + hint
}

func (r *Reach) codes() map[string]bool {
	out := map[string]bool{}
	for _, a := range r.in.Deployed.Applications() {
		out[a.Code] = true
	}
	return out
}

// entity is one of Cilium's; the API server is another one as the target of a question than as its source.
func (r *Reach) entity(name string, target bool) *network.End {
	switch {
	case name == "kube-apiserver" && target:
		return r.in.Network.APIServerAt()
	case name == "kube-apiserver":
		return r.in.Network.APIServer()
	}
	return r.in.Network.Entity(name)
}

// namespace means all pods of a namespace, also those that are not known.
func (r *Reach) namespace(out *place, name string) {
	n := r.in.Network.Namespace(name)
	out.ends = append(out.ends, n.Pods...)
	switch described := r.in.Network.Described(name); {
	case n.Others != nil && len(described) > 0:
		out.ends = append(out.ends, described...)
	case n.Others != nil:
		out.ends = append(out.ends, n.Others)
	}
	if len(out.ends) == 0 {
		// No application deploys a pod: what runs there later is meant.
		out.ends = append(out.ends, r.in.Network.PodsWith(name, nil))
	}
}

// application means the pods that an application deploys.
func (r *Reach) application(out *place, code string) error {
	for n, a := range r.in.Deployed.Applications() {
		if a.Code != code {
			continue
		}
		for _, in := range r.in.Network.Namespaces() {
			for _, e := range in.Pods {
				if e.Pods.Application == a {
					out.ends = append(out.ends, e)
				}
			}
		}
		if len(out.ends) == 0 || r.in.Deployed.Unseen(a) || r.in.Deployed.Faulty(a) {
			out.ends = append(out.ends, r.in.Network.PodsWith(n.Name, nil))
		}
		return nil
	}
	return fmt.Errorf("there is no application %s%s", quoted(code), hinted(diag.DidYouMean(code, slices.Collect(maps.Keys(r.codes())))))
}

// within means a workload, a Service or pods with labels of a namespace.
func (r *Reach) within(out *place, namespace, rest string) error {
	n := r.in.Network.Namespace(namespace)
	if n.Entry == nil && len(n.Pods) == 0 && !strings.Contains(rest, "=") {
		return fmt.Errorf("there is no namespace %s%s", quoted(namespace), hinted(diag.DidYouMean(namespace, r.namespaces())))
	}
	if strings.Contains(rest, "=") {
		labels := map[string]string{}
		for pair := range strings.SplitSeq(rest, ",") {
			key, value, ok := strings.Cut(pair, "=")
			if !ok || key == "" {
				return fmt.Errorf("%s: expected labels as key=value, found %s", quoted(rest), quoted(pair))
			}
			labels[key] = value
		}
		ends := r.in.Network.Selected(namespace, labels)
		if len(ends) == 0 || ends[0].Unknown() {
			ends = []*network.End{r.in.Network.Having(namespace, labels)}
		}
		out.ends = ends
		return nil
	}
	var names []string
	for _, e := range n.Pods {
		if names = append(names, e.Pods.Object.Name); e.Pods.Object.Name == rest {
			out.ends = append(out.ends, e)
		}
	}
	if len(out.ends) > 0 {
		return nil
	}
	if r.in.Deployed.Named(deployed.ID{Kind: "Service", Namespace: namespace, Name: rest}) != nil {
		return r.service(out, namespace, rest)
	}
	if n.Others != nil {
		return fmt.Errorf("no workload and no Service %s of %s is known: %s\n  hint: give the labels of the pods: %s/app=%s", quoted(rest), namespace, n.Why, namespace, rest)
	}
	return fmt.Errorf("there is no workload and no Service %s in %s%s", quoted(rest), namespace, hinted(diag.DidYouMean(rest, names)))
}

func (r *Reach) namespaces() []string {
	var out []string
	for _, n := range r.in.Network.Namespaces() {
		out = append(out, n.Name)
	}
	return out
}

// serviceName reads the name of a Service, as pods know it.
func serviceName(name string) (service, namespace string, ok bool) {
	for _, suffix := range []string{".svc.cluster.local", ".svc"} {
		if bare, found := strings.CutSuffix(strings.TrimSuffix(name, "."), suffix); found {
			service, namespace, ok = strings.Cut(bare, ".")
			return service, namespace, ok && !strings.Contains(namespace, ".")
		}
	}
	return "", "", false
}

// service means the pods behind a Service; its ports are the Service's.
func (r *Reach) service(out *place, namespace, name string) error {
	o := r.in.Deployed.Named(deployed.ID{Kind: "Service", Namespace: namespace, Name: name})
	if o == nil {
		n := r.in.Network.Namespace(namespace)
		if n.Others == nil {
			return fmt.Errorf("there is no Service %s in %s", quoted(name), namespace)
		}
		return fmt.Errorf("no Service %s of %s is known: %s\n  hint: give the labels of the pods, and their own port: %s/app=%s:8080", quoted(name), namespace, n.Why, namespace, name)
	}
	var s corev1.Service
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Content(), &s); err != nil {
		return fmt.Errorf("the Service %s of %s cannot be read: %w", name, namespace, err)
	}
	if s.Spec.Type == corev1.ServiceTypeExternalName {
		out.ends = []*network.End{{Name: s.Spec.ExternalName, Endpoint: verdict.Endpoint{FQDN: strings.ToLower(s.Spec.ExternalName)}}}
		return nil
	}
	if len(s.Spec.Selector) == 0 {
		return fmt.Errorf("the Service %s of %s has no selector: which pods or addresses it leads to is not known", name, namespace)
	}
	ends := r.in.Network.Selected(namespace, s.Spec.Selector)
	if len(ends) == 0 {
		return fmt.Errorf("the Service %s of %s selects no pods", name, namespace)
	}
	out.ends, out.service = ends, &s
	return nil
}

// address means one outside of the cluster, or a node.
func (r *Reach) address(out *place, address netip.Addr) error {
	address = address.Unmap().WithZone("") // no policy knows the zone
	for _, n := range r.in.Platform.Nodes {
		if n.Address == address {
			out.ends = []*network.End{network.Node(address.String() + " (a node)")}
			return nil
		}
	}
	for _, p := range r.in.Platform.PodCIDRs {
		if p.Contains(address) {
			return fmt.Errorf("%s is the address of a pod: policies know pods by their labels\n  hint: name the namespace, or NAMESPACE/WORKLOAD", address)
		}
	}
	end := &network.End{Name: address.String(), Endpoint: verdict.Endpoint{IP: address}}
	if r.in.Network.IsAPIServer(address) {
		end.Name, end.APIServer = end.Name+" (the API server)", true
	}
	out.ends = []*network.End{end}
	return nil
}

// portsOf are the ports that a question is about, at one of the ends; none when that end does not listen on the port.
func (p *place) portsOf(to *network.End) []port {
	if p.service != nil {
		return p.behind(to)
	}
	listens := listening(to)
	switch {
	case p.port.number != 0:
		want := port{p.port.protocol, p.port.number}
		if len(listens) > 0 && len(p.ends) > 1 && !slices.Contains(listens, want) && p.some(want) {
			return nil // another end listens on it
		}
		return []port{want}
	case p.port.name != "":
		if to.Pods == nil {
			return nil
		}
		var out []port
		for _, c := range to.Pods.NamedPorts() {
			if c.Name == p.port.name && (!p.port.said || string(deployed.ProtocolOf(c.Protocol)) == p.port.protocol) {
				out = append(out, port{string(deployed.ProtocolOf(c.Protocol)), uint16(c.ContainerPort)})
			}
		}
		return out
	case len(listens) > 0:
		return listens
	}
	return []port{{}}
}

// some reports whether one of the ends declares a port.
func (p *place) some(want port) bool {
	return slices.ContainsFunc(p.ends, func(e *network.End) bool { return slices.Contains(listening(e), want) })
}

// listening are the ports that the containers of an end declare.
func listening(e *network.End) []port {
	if e.Pods == nil {
		return nil
	}
	var out []port
	for _, c := range e.Pods.Spec.Containers {
		for _, p := range c.Ports {
			one := port{string(deployed.ProtocolOf(p.Protocol)), uint16(p.ContainerPort)}
			if p.ContainerPort > 0 && p.ContainerPort <= 65535 && !slices.Contains(out, one) {
				out = append(out, one)
			}
		}
	}
	return out
}

// behind are the pods' ports behind the ports of a Service.
func (p *place) behind(to *network.End) []port {
	var out []port
	for _, s := range p.service.Spec.Ports {
		protocol := string(deployed.ProtocolOf(s.Protocol))
		named := p.port.name != "" && p.port.name == s.Name && (!p.port.said || p.port.protocol == protocol)
		numbered := p.port.number != 0 && int32(p.port.number) == s.Port && p.port.protocol == protocol
		if p.port.given() && !named && !numbered {
			continue
		}
		if number, ok := targetPort(&s, to); ok {
			out = append(out, port{protocol, number})
		}
	}
	return out
}

// targetPort is the pods' port behind a port of a Service.
func targetPort(s *corev1.ServicePort, to *network.End) (uint16, bool) {
	number := s.TargetPort.IntVal
	switch {
	case s.TargetPort.Type == intstr.Int && number == 0:
		number = s.Port
	case s.TargetPort.Type == intstr.String && to.Pods == nil:
		return 0, false
	case s.TargetPort.Type == intstr.String:
		number = to.Pods.PortNamed(s.TargetPort.StrVal, s.Protocol)
	}
	return uint16(number), number > 0 && number <= 65535
}

// quoted is a text of the question in a message.
func quoted(text string) string { return strconv.Quote(diag.Beginning(text, 100)) }
