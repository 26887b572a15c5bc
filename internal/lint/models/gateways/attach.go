package gateways

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/lint/models/deployed"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Parent is a parentRef of a route.
type Parent struct {
	Group       *string `json:"group"`
	Kind        *string `json:"kind"`
	Namespace   string  `json:"namespace"`
	Name        string  `json:"name"`
	SectionName string  `json:"sectionName"`
	Port        *int32  `json:"port"`
}

// Route is what a route of the Gateway API says of where it is.
type Route struct {
	Kind, Namespace string
	Parents         []Parent
	Hostnames       []string
}

// Attachment is a listener that a route names, in a parentRef. Without a listener, the parentRef is wrong as a whole, or leads to what is not known.
type Attachment struct {
	Parent    int
	Listener  *Listener
	Hostnames []string // those that both have; the route's own when it is refused
	Refused   Refusal
	Says      string   // why it is refused
	Hint      string   // what to write
	At        []string // the field of the parentRef, or of the route, that is wrong
}

// Refusal is whether a listener refuses a route.
type Refusal int

const (
	Admitted   Refusal = iota
	NotKnown           // the Gateway, or the labels of the namespace, are not known
	NoGateway          // there is no such Gateway
	NoListener         // or no such listener
	Forbidden          // the listener lets no such route in
	OtherHosts         // no hostname of the route fits
)

// Attach are the listeners that a route names. Each listener occurs once.
func (in *Model) Attach(r *Route) []Attachment {
	var out []Attachment
	seen := map[*Listener]bool{}
	for i := range r.Parents[:min(len(r.Parents), mostParents)] {
		p := &r.Parents[i]
		for _, a := range in.attach(r, p) {
			if a.Listener != nil && seen[a.Listener] {
				continue
			}
			seen[a.Listener] = a.Listener != nil
			a.Parent = i
			out = append(out, a)
		}
	}
	return out
}

func (in *Model) attach(r *Route, p *Parent) []Attachment {
	group, kind := Group, "Gateway"
	if p.Group != nil {
		group = *p.Group
	}
	if p.Kind != nil {
		kind = *p.Kind
	}
	if group != Group || kind != "Gateway" { // a Service, of a mesh, or a ListenerSet
		return []Attachment{{Refused: NotKnown}}
	}
	namespace := cmp.Or(p.Namespace, r.Namespace)
	g := in.Gateway(namespace, p.Name)
	if g == nil {
		n := in.deployed.Entry(namespace)
		if n == nil || len(n.Applications) == 0 || !in.deployed.RenderedHere(n) {
			return []Attachment{{Refused: NotKnown}}
		}
		hint := in.elsewhere(p.Name, namespace)
		return []Attachment{{Refused: NoGateway, Says: fmt.Sprintf("no application deploys Gateway %s of namespace %s", p.Name, namespace), Hint: hint, At: []string{"name"}}}
	}
	var out, refused []Attachment
	for _, l := range g.Listeners {
		if p.SectionName != "" && p.SectionName != l.Name || p.Port != nil && *p.Port != l.Port {
			continue
		}
		a := in.admit(l, r, p.SectionName != "")
		if a.Refused > NotKnown {
			refused = append(refused, a)
			continue
		}
		out = append(out, a)
	}
	switch {
	case len(out) > 0: // without a section, one listener is enough
		return out
	case len(refused) > 0:
		return []Attachment{slices.MaxFunc(refused, func(a, b Attachment) int { return cmp.Compare(a.Refused, b.Refused) })}
	}
	return []Attachment{g.noListener(p)}
}

// elsewhere is where a Gateway of that name is.
func (in *Model) elsewhere(name, namespace string) string {
	for _, g := range in.Gateways() {
		if g.Name == name {
			return "write namespace: " + g.Namespace + ": there is one of that name"
		}
	}
	var names []string
	for _, g := range in.Gateways() {
		if g.Namespace == namespace {
			names = append(names, g.Name)
		}
	}
	return in.deployed.DidYouMean(name, len(names), slices.Values(names))
}

func (g *Gateway) noListener(p *Parent) Attachment {
	var all []string
	for _, l := range g.Listeners {
		all = append(all, fmt.Sprintf("%s (%d)", l.Name, l.Port))
	}
	a := Attachment{Refused: NoListener, At: []string{"sectionName"}, Hint: "it has " + strings.Join(all[:min(len(all), 10)], ", ")}
	switch {
	case len(all) == 0:
		a.Hint, a.At, a.Says = "", []string{"name"}, g.Where()+" has no listeners"
	case p.Port != nil && p.SectionName == "":
		a.At, a.Says = []string{"port"}, g.Where()+" has no listener on port "+strconv.Itoa(int(*p.Port))
	case p.Port != nil:
		a.Says = g.Where() + " has no listener " + p.SectionName + " on port " + strconv.Itoa(int(*p.Port))
	default:
		a.Says = g.Where() + " has no listener " + p.SectionName
	}
	return a
}

// admit is what a listener does with a route.
func (in *Model) admit(l *Listener, r *Route, named bool) Attachment {
	a := Attachment{Listener: l, Hostnames: r.Hostnames, At: []string{"name"}}
	if named {
		a.At = []string{"sectionName"}
	}
	if !l.takes(r.Kind) {
		a.Refused, a.Says = Forbidden, fmt.Sprintf("%s takes no %s", l.Title(), r.Kind)
		if len(l.kinds) > 0 && slices.Contains(kindsOf[l.Protocol], r.Kind) {
			a.Hint = "add it to allowedRoutes.kinds of the listener"
		} else {
			a.Hint = "its protocol is " + l.Protocol
		}
		return a
	}
	switch in.lets(l, r.Namespace) {
	case no:
		a.Refused, a.Says = Forbidden, fmt.Sprintf("%s lets no routes of namespace %s in", l.Title(), r.Namespace)
		a.Hint = "set allowedRoutes.namespaces of the listener: {from: All}, or a selector that namespace " + r.Namespace + " fits"
		return a
	case unknown:
		a.Refused = NotKnown
	}
	hostnames, ok := Common(l.Hostname, r.Hostnames)
	if !ok && r.Kind != "TCPRoute" && r.Kind != "UDPRoute" {
		a.Refused, a.Says, a.Hint = OtherHosts, fmt.Sprintf("%s is for %s, and no hostname of the route fits", l.Title(), l.Hostname), ""
		a.At = nil
		return a
	}
	a.Hostnames = hostnames
	return a
}

// kindsOf are the routes for each protocol.
var kindsOf = map[string][]string{
	"HTTP": {"HTTPRoute", "GRPCRoute"}, "HTTPS": {"HTTPRoute", "GRPCRoute"}, "TLS": {"TLSRoute", "TCPRoute"}, "TCP": {"TCPRoute"}, "UDP": {"UDPRoute"},
}

// takes reports whether routes of a kind may attach; of a protocol that is not known, all.
func (l *Listener) takes(kind string) bool {
	if len(l.kinds) > 0 {
		return slices.ContainsFunc(l.kinds, func(k kindRef) bool { return k.Kind == kind && (k.Group == nil || *k.Group == Group) })
	}
	all, known := kindsOf[l.Protocol]
	return !known || slices.Contains(all, kind)
}

// answer is what is known of a question.
type answer int

const (
	no answer = iota
	yes
	unknown
)

// labelled is what is known of the labels of a namespace.
type labelled struct {
	labels map[string]string
	all    bool
}

// lets reports whether a listener lets the routes of a namespace in.
func (in *Model) lets(l *Listener, namespace string) answer {
	switch l.from {
	case "All":
		return yes
	case "Same":
		return map[bool]answer{true: yes, false: no}[namespace == l.Namespace]
	case "Selector":
		selector, err := metav1.LabelSelectorAsSelector(l.selector)
		if err != nil {
			return no
		}
		return in.selects(selector, namespace)
	case "None":
		return no
	}
	return unknown
}

func (in *Model) selects(s labels.Selector, namespace string) answer {
	of := in.namespaces.Get(in.readNamespaces)[namespace]
	if of == nil {
		of = &labelled{labels: map[string]string{corev1.LabelMetadataName: namespace}}
	}
	requirements, selectable := s.Requirements()
	if !selectable {
		return no
	}
	out := yes
	for i := range requirements {
		_, has := of.labels[requirements[i].Key()]
		switch {
		case !has && !of.all:
			out = unknown
		case !requirements[i].Matches(labels.Set(of.labels)):
			return no
		}
	}
	return out
}

// readNamespaces are the labels of the Namespaces that roster renders, and that applications deploy. Of others, only the name is known.
func (in *Model) readNamespaces() map[string]*labelled {
	out := map[string]*labelled{}
	for _, o := range in.deployed.All("Namespace") {
		if o.APIVersion != "v1" {
			continue
		}
		if out[o.Name] == nil {
			out[o.Name] = &labelled{labels: map[string]string{corev1.LabelMetadataName: o.Name}, all: true}
		}
		content, _ := deployed.FieldAt(o, "metadata", "labels").(map[string]any)
		for _, k := range slices.Sorted(maps.Keys(content)) {
			out[o.Name].labels[k], _ = content[k].(string)
		}
	}
	return out
}

// Common are the hostnames that a listener and a route both have. Without any on one side, they are those of the other one.
func Common(listener string, route []string) ([]string, bool) {
	if listener == "" {
		return route, true
	}
	if len(route) == 0 {
		return []string{listener}, true
	}
	var out []string
	for _, h := range route {
		switch h = strings.ToLower(h); {
		case h == listener || within(h, listener):
			out = append(out, h)
		case within(listener, h):
			out = append(out, listener)
		}
	}
	return out, len(out) > 0
}

// within reports whether a pattern such as *.example.org covers a name.
func within(name, pattern string) bool {
	rest, wild := strings.CutPrefix(pattern, "*")
	return wild && strings.HasPrefix(rest, ".") && strings.HasSuffix(name, rest)
}
