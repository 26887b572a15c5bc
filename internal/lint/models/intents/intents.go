// Package intents is what the list and the workloads ask for: who has to reach whom for a route, a store, a lookup or a call that they name, and
// whether the network policies at both ends permit it. It reports what is certainly refused, with the flow that the list lacks; what is not known
// to be asked for, or not known to be refused, is none of its business.
package intents

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/alerts"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/network"
	"github.com/hippotion/roster/internal/lint/models/once"
	"github.com/hippotion/roster/internal/lint/models/places"
	"github.com/hippotion/roster/internal/lint/models/pods"
	"github.com/hippotion/roster/internal/lint/models/routes"
	"github.com/hippotion/roster/internal/verdict"
)

// Model is the intents of a cluster.
type Model struct {
	deployed *deployed.Model
	places   *places.Model
	network  *network.Model
	routes   *routes.Model
	alerts   *alerts.Model

	selected map[string][]*network.End // by namespace and labels
	outside  map[string][]*network.End // by the namespace that looks out
	verdicts map[question]verdict.Verdict
	known    map[string]knowledge

	hosts       once.Value[map[string]bool]
	byNamespace once.Value[map[string][]int]
	scraped     once.Value[[]scrape]
	metrics     once.Value[map[deployed.ID]catalog.Place] // where metrics are written, by the namespace and the name of what roster renders from them
}

// New is the intents of what is deployed.
func New(d *deployed.Model, p *places.Model, n *network.Model, r *routes.Model, a *alerts.Model) *Model {
	return &Model{deployed: d, places: p, network: n, routes: r, alerts: a, selected: map[string][]*network.End{}, outside: map[string][]*network.End{},
		verdicts: map[question]verdict.Verdict{}, known: map[string]knowledge{}}
}

// Intent is traffic that something asks for.
type Intent struct {
	From []*network.End // who sends it: one of these, of which it is not known which
	To   []*network.End // who answers: all of these do, or one of them when Any is set
	Any  bool
	// Every says that each of From sends it, as all nodes do.
	Every    bool
	Protocol string // TCP or UDP
	Port     uint16 // the pods' own; 0 when it is not known
	// Not are ports that it certainly is not, when Port is not known.
	Not  verdict.Ports
	Asks string // what asks for it
	At   catalog.Place
	// AtTo says that it is the receiver's entry that should permit it, if either can.
	AtTo bool
	// Permit is the flows that permit it, when these are not the obvious ones: at the entry of a namespace.
	Permit []Flow
}

// question is one that is judged once.
type question struct {
	from, to *network.End
	protocol string
	port     uint16
}

// Flow is one of networkPolicies.allow.
type Flow struct {
	To    bool   // else from
	Own   string // the podLabels of the entry's own pods, as YAML; empty for all
	Peer  string // such as namespace: web-a
	Ports []string
}

// String is the flow as YAML in one line.
func (f Flow) String() string {
	word, own, ports := "from", "", ""
	if f.To {
		word = "to"
	}
	if f.Own != "" {
		own = "podLabels: " + f.Own + ", "
	}
	if len(f.Ports) > 0 {
		ports = ", ports: [" + strings.Join(f.Ports, ", ") + "]"
	}
	return "{" + own + word + ": {" + f.Peer + ports + "}}"
}

// Refusal is one or more intents that the policies refuse for the same reason, and what to write.
type Refusal struct {
	At      catalog.Place
	Message string
	Hint    string
	// Entry is the one whose networkPolicies lack Flows; nil when the list alone cannot permit it.
	Entry *catalog.Namespace
	Flows []Flow
}

// refused is an intent with an example of ends between which it is refused.
type refused struct {
	*Intent
	from, to *network.End
	verdict  verdict.Verdict
	sure     string // how sure it is: empty, or a limitation
}

// Refused are the intents that are refused. Those that the same flows would permit, and which the same policies refuse, are one.
func (in *Model) Refused(all []Intent) []Refusal {
	var out []Refusal
	type key struct{ at, flows, text string }
	groups := map[key]int{}
	more, last := map[int]int{}, map[int]string{}
	for i := range all {
		r := in.refusedBy(&all[i])
		if r == nil {
			continue
		}
		refusal := in.refusal(r)
		withoutPorts := ""
		for _, f := range refusal.Flows {
			f.Ports = nil
			withoutPorts += f.String()
		}
		k := key{fmt.Sprint(refusal.At), withoutPorts, refusal.Hint}
		if refusal.Entry != nil {
			k.text = ""
		}
		n, again := groups[k]
		if !again {
			groups[k] = len(out)
			out = append(out, refusal)
			last[len(out)-1] = r.Asks
			continue
		}
		if r.Asks != last[n] {
			more[n]++
			last[n] = r.Asks
		}
		for j := range refusal.Flows {
			out[n].Flows[j].Ports = union(out[n].Flows[j].Ports, refusal.Flows[j].Ports)
		}
	}
	for i := range out {
		r := &out[i]
		if more[i] > 0 {
			r.Message += fmt.Sprintf("; so it is for %d more", more[i])
		}
		if r.Entry != nil {
			r.Hint = network.Allowing(r.Entry, texts(r.Flows)...) + r.Hint
		}
	}
	return out
}

// union is two lists of ports as one; none stands for all.
func union(a, b []string) []string {
	if len(a) == 0 || len(b) == 0 {
		return nil
	}
	for _, p := range b {
		if !slices.Contains(a, p) {
			a = append(slices.Clip(a), p)
		}
	}
	return a
}

func texts(flows []Flow) []string {
	var out []string
	for _, f := range flows {
		out = append(out, f.String())
	}
	return out
}

// refusedBy is the refusal of an intent; nil unless it is sure.
func (in *Model) refusedBy(i *Intent) *refused {
	var first *refused
	for _, to := range i.To {
		var example *refused
		all, some := true, false
		for _, from := range i.From {
			v, no := in.refuses(from, to, i)
			var sure string
			if no {
				sure, no = in.sure(from, to, &v)
			}
			if all, some = all && no, some || no; no && example == nil {
				example = &refused{i, from, to, v, sure}
			}
		}
		switch refusedHere := len(i.From) > 0 && (all || i.Every && some); {
		case refusedHere && !i.Any:
			return example
		case !refusedHere && i.Any:
			return nil
		case refusedHere && first == nil:
			first = example
		}
	}
	return first
}

// refuses reports whether a flow is certainly refused: on its port, or on every port when that is not known.
func (in *Model) refuses(from, to *network.End, i *Intent) (verdict.Verdict, bool) {
	asked := i.Port
	if asked == 0 {
		sure, perhaps, err := in.network.Permitted(from, to)
		if err != nil || len(sure.Or(perhaps).Without(i.Not)[i.Protocol]) > 0 {
			return verdict.Verdict{}, false
		}
		asked = somePort
	}
	q := question{from, to, i.Protocol, asked}
	v, known := in.verdicts[q]
	if !known {
		judged, err := in.network.Verdict(from, to, i.Protocol, asked)
		if err != nil {
			return v, false
		}
		v = judged.Verdict
		in.verdicts[q] = v
	}
	// The name of a port that pods mean different ports by is refused up to Cilium 1.19, and not later.
	return v, v.Sure() && !v.Allowed() && len(v.Egress.Ambiguous)+len(v.Ingress.Ambiguous) == 0
}

// somePort is asked when all are refused: which one is no matter.
const somePort = 80

// knowledge is how much is known of the policies of a namespace.
type knowledge struct {
	enough bool
	sure   string
}

// sure reports whether enough is known of the policies at an end that refuses, and how sure that is.
func (in *Model) sure(from, to *network.End, v *verdict.Verdict) (string, bool) {
	out, enough := "", false
	for _, side := range []struct {
		*network.End
		verdict.Decision
	}{{from, v.Egress}, {to, v.Ingress}} {
		if side.Allowed || len(side.Unsure) > 0 {
			continue
		}
		k := in.knows(side.Namespace)
		if k.enough && (!enough || out != "") {
			out, enough = k.sure, true
		}
	}
	return out, enough
}

// knows is how much is known of the policies of a namespace: nothing when there is one that cannot be read, or an application that cannot be
// rendered and may bring one.
func (in *Model) knows(namespace string) knowledge {
	k, known := in.known[namespace]
	if known {
		return k
	}
	k.enough = !in.network.Unread(namespace)
	n := in.deployed.Entry(namespace)
	if n == nil || !in.deployed.AllOf("cilium.io", "CiliumClusterwideNetworkPolicy") {
		k.sure = asFar
	}
	if n != nil {
		for i := range n.Applications {
			switch a := &n.Applications[i]; {
			case in.deployed.Faulty(a):
				k.enough = false
			case in.deployed.Unseen(a):
				k.sure = asFar
			}
		}
	}
	in.known[namespace] = k
	return k
}

const asFar = ", as far as the list says"

// refusal is what to say of an intent that is refused, and what to write.
func (in *Model) refusal(r *refused) Refusal {
	v := &r.verdict
	port := fmt.Sprintf("port %d", r.Port)
	switch {
	case r.Port == 0:
		port = "any port"
	case slices.ContainsFunc(r.Permit, func(f Flow) bool { return len(f.Ports) == 1 && strings.HasSuffix(f.Ports[0], "/ANY") }):
	case r.Protocol != "TCP":
		port += "/" + r.Protocol
	}
	var why []string
	if !v.Egress.Allowed {
		why = append(why, fmt.Sprintf("%s does not let it out: %s", r.from.Namespace, in.because(&v.Egress, r)))
	}
	if !v.Ingress.Allowed {
		why = append(why, fmt.Sprintf("%s does not let it in: %s", r.to.Namespace, in.because(&v.Ingress, r)))
	}
	at := ""
	if r.At.Pos.Line > 0 {
		at = fmt.Sprintf(" (%s:%d)", r.At.Pos.File, r.At.Pos.Line)
	}
	out := Refusal{Message: fmt.Sprintf("%s%s needs %s to reach %s on %s, and %s%s", r.Asks, at, in.text(r.from), in.text(r.to), port, strings.Join(why, "; and "), r.sure)}
	in.permit(r, &out)
	return out
}

// because is what refuses at one end.
func (in *Model) because(d *verdict.Decision, r *refused) string {
	if len(d.Rules) > 0 {
		return in.network.Source(d.Rules[0], r.Protocol, r.Port).Text + " denies it"
	}
	if len(d.Closed) > 0 {
		return in.network.Source(d.Closed[0], r.Protocol, r.Port).Text + " denies what nothing allows"
	}
	return "nothing allows it"
}

// text names an end in messages.
func (in *Model) text(e *network.End) string {
	switch {
	case e.Name == "kube-apiserver":
		return "the API server"
	case e.Namespace == "" && e.Entity != "" && e.Name == e.Entity:
		return "the " + e.Entity
	case !e.Unknown():
		return e.Name
	case len(e.Labels) == 0:
		return "the pods of " + e.Namespace
	}
	return "the pods of " + e.Namespace + " with " + pods.LabelText(e.Labels)
}

// permit says where the intent can be permitted, and how.
func (in *Model) permit(r *refused, out *Refusal) {
	type side struct {
		*network.End
		*verdict.Decision
		to bool
	}
	sides := []side{{r.from, &r.verdict.Egress, true}, {r.to, &r.verdict.Ingress, false}}
	if r.AtTo {
		slices.Reverse(sides)
	}
	sides = slices.DeleteFunc(sides, func(s side) bool { return s.Decision.Allowed })
	// A deny rule wins over what permits, and an entry without networkPolicies gets no policies from flows.
	beyond := ""
	for _, s := range sides {
		n := in.deployed.Entry(s.Namespace)
		refs, denies := cmp.Or(first(s.Rules), first(s.Closed)), len(s.Rules) > 0
		if refs == nil || !denies && n != nil && n.Policies != nil {
			continue
		}
		source := in.network.Source(*refs, r.Protocol, r.Port)
		how := "permit it in " + source.Text
		if denies {
			how = "take it out of what " + source.Text + " denies: that wins over what is permitted"
		}
		if beyond == "" {
			out.At = source.At
			beyond = how
		} else {
			beyond += "; and " + how
		}
	}
	for _, s := range sides {
		n := in.deployed.Entry(s.Namespace)
		if n == nil || n.Policies == nil || len(s.Rules) > 0 {
			continue
		}
		other := r.from
		if s.to {
			other = r.to
		}
		flows := r.Permit
		if flows == nil {
			flows = in.flows(r, other, s.to)
		}
		out.At = n.PoliciesAt
		if other.Namespace != "" && r.Permit == nil && in.deployed.Entry(other.Namespace) == nil {
			out.Hint = fmt.Sprintf("write an entry for the namespace %s, with manageNamespace: false when it is not the list's, and %s", other.Namespace, network.Allowing(n, texts(flows)...))
			return
		}
		out.Entry, out.Flows = n, flows
		if r.Port == 0 && r.Permit == nil {
			out.Hint = ", with the ports of the pods, which are not known here: ports: […]"
		}
		if beyond != "" {
			out.Hint += "; and " + beyond
		}
		return
	}
	out.Hint = beyond
}

func first(list []verdict.Ref) *verdict.Ref {
	if len(list) == 0 {
		return nil
	}
	return &list[0]
}

// flows are those that permit an intent at one end; the other end is the peer.
func (in *Model) flows(r *refused, other *network.End, to bool) []Flow {
	var ports []string
	if r.Port != 0 {
		ports = []string{network.PortText(r.Protocol, r.Port)}
	}
	var out []Flow
	for _, peer := range in.peers(other) {
		out = append(out, Flow{To: to, Peer: peer, Ports: ports})
	}
	return out
}

// peers are an end as flows have it.
func (in *Model) peers(e *network.End) []string {
	switch {
	case e.Node:
		return []string{"entity: host", "entity: remote-node"}
	case e.Namespace != "":
		return []string{"namespace: " + e.Namespace}
	case e.FQDN != "":
		return []string{"host: " + e.FQDN}
	case e.IP.IsValid():
		return []string{fmt.Sprintf("cidr: '%s/%d'", e.IP, e.IP.BitLen())}
	}
	return []string{"entity: " + e.Entity}
}
