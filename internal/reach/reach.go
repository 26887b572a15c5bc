// Package reach answers who reaches whom: it finds the ends that a question names, has the network's model judge the flows between them, and says
// for each half which policies, which line of the list, of a profile or of a manifest decide, and what to write when nothing permits a flow.
//
// It reads no files, prints nothing and has no flags. What cannot be judged or is not known is an answer of its own, never a guess.
package reach

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/network"
	"github.com/hippotion/roster/internal/verdict"
	"github.com/hippotion/roster/profiles"
)

// Answer is the answer to a question.
type Answer string

// The answers.
const (
	Yes     Answer = "yes"
	No      Answer = "no"
	Partly  Answer = "partly"  // some of the flows, not all
	Unknown Answer = "unknown" // it depends on what is not known, or cannot be judged
)

// Reach answers questions about one cluster.
type Reach struct {
	in    *lint.Context
	frame diag.Frame // how the user sees the files
	stop  func() error
}

// New is for questions about a cluster.
func New(in *lint.Context, frame diag.Frame) *Reach {
	return &Reach{in, frame, func() error { return nil }}
}

// StopWhen has an answer given up with the error of a function, as soon as it has one: policies and logs may be made to take long.
func (r *Reach) StopWhen(stop func() error) { r.stop = stop }

// Result is the answer to one question.
type Result struct {
	From   string   `json:"from"`
	To     string   `json:"to"`
	Answer Answer   `json:"answer"`
	Says   string   `json:"says"`            // the answer in one line
	Flows  []Flow   `json:"flows,omitempty"` // between the ends that the question means
	Ways   []Way    `json:"ways,omitempty"`  // instead of Flows, of a request for a host of the list
	Hint   string   `json:"hint,omitempty"`  // what to write so that the flows are permitted
	Notes  []string `json:"notes,omitempty"` // what is not known, and may change the answer
}

// Flow is traffic between two ends.
type Flow struct {
	From     string `json:"from"`
	To       string `json:"to"`
	Protocol string `json:"protocol,omitempty"`
	Port     uint16 `json:"port,omitempty"`
	// Ports are those that are permitted, when the question names none and those that the target listens on are not known.
	Ports   string `json:"ports,omitempty"`
	Answer  Answer `json:"answer"`
	Egress  *Half  `json:"egress,omitempty"`  // at From; nil when no policies apply there: to nodes and the world
	Ingress *Half  `json:"ingress,omitempty"` // at To, likewise
}

// Half is what the policies at one end of a flow decide.
type Half struct {
	Answer  Answer   `json:"answer"`
	Says    string   `json:"says"`
	Reasons []Reason `json:"reasons,omitempty"`
	Proxy   string   `json:"proxy,omitempty"` // that judges the content of the traffic: dns, http or tls
}

// Reason is what decides a half.
type Reason struct {
	Text   string `json:"text"`   // what has written the rule
	Policy string `json:"policy"` // its name in the cluster
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// Place is where the reason is written, as the reader sees the file; empty when no file has it.
func (r *Reason) Place() string {
	if r.File == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d:%d", r.File, r.Line, r.Column)
}

// Ask answers whether one end reaches another, or a request a host of the list.
func (r *Reach) Ask(from, to string) (*Result, error) {
	switch q, err := r.request(to); {
	case err != nil:
		return nil, err
	case q != nil:
		return r.way(from, q)
	}
	a, err := r.find(from, false)
	if err != nil {
		return nil, err
	}
	b, err := r.find(to, true)
	if err != nil {
		return nil, err
	}
	if err := r.nowhere(a, b); err != nil {
		return nil, err
	}
	return r.between(a, b)
}

// mostFlows is how many flows one answer has. More are not read by anybody, and each has its reasons.
const mostFlows = 10_000

// between answers about the flows between two places.
func (r *Reach) between(a, b *place) (*Result, error) {
	out := &Result{From: a.text, To: b.text}
	for _, from := range a.ends {
		for _, to := range b.ends {
			for _, p := range b.portsOf(to) {
				if err := r.stop(); err != nil {
					return nil, err
				}
				if len(out.Flows) == mostFlows {
					return nil, fmt.Errorf("%s and %s: there are more than %s flows between their pods\n  hint: name workloads, as NAMESPACE/WORKLOAD, or a port; or ask with --from or --to", quoted(a.text), quoted(b.text), diag.Thousands(mostFlows))
				}
				f, err := r.flow(from, to, p)
				if err != nil {
					return nil, err
				}
				out.Flows = append(out.Flows, *f)
			}
		}
	}
	if len(out.Flows) == 0 {
		return nil, fmt.Errorf("%s: none of its pods listens on %s", b.text, b.port)
	}
	out.Answer = together(out.Flows)
	out.Says = r.sentence(a, b, out)
	out.Notes = r.notes(a, b)
	if out.Answer != Yes {
		asks := r.asks(a, b)
		if out.Hint = r.in.Network.Permit(asks...); len(asks) == 0 && !b.port.given() {
			out.Hint = "name a port, as in TO:443, to see what to write"
		}
	}
	return out, nil
}

// together is the answer that several flows give.
func together(flows []Flow) Answer {
	seen := map[Answer]bool{}
	for _, f := range flows {
		seen[f.Answer] = true
	}
	switch {
	case seen[Partly], seen[Yes] && (seen[No] || seen[Unknown]):
		return Partly
	case seen[Unknown]:
		return Unknown
	case seen[Yes]:
		return Yes
	}
	return No
}

// flow judges traffic between two ends.
func (r *Reach) flow(from, to *network.End, p port) (*Flow, error) {
	out := &Flow{From: from.Name, To: to.Name, Protocol: p.protocol, Port: p.number}
	if p.number == 0 {
		return out, r.anyPort(out, from, to)
	}
	v, err := r.in.Network.Verdict(from, to, p.protocol, p.number)
	if err != nil {
		return nil, err
	}
	out.Egress = r.half(from, to, &v.Egress, false, p)
	out.Ingress = r.half(to, from, &v.Ingress, true, p)
	if out.Egress != nil && to.FQDN != "" && !v.Learned && out.Egress.Answer == No {
		out.Egress.Says += "; its lookups of the name do not pass Cilium's DNS proxy, without which no toFQDNs matches"
	}
	for _, end := range []struct {
		*network.End
		as   verdict.Endpoint
		half *Half // that sees it
	}{{from, v.From, out.Ingress}, {to, v.To, out.Egress}} {
		if end.half != nil && end.half.Answer != Yes && end.as.Entity != end.Entity {
			end.half.Says += fmt.Sprintf(" for %s as %s", end.Name, end.as.Entity)
		}
	}
	out.Answer = answerOf(v.Verdict)
	return out, nil
}

func answerOf(v verdict.Verdict) Answer {
	switch {
	case !v.Sure():
		return Unknown
	case v.Allowed():
		return Yes
	}
	return No
}

// anyPort is the ports on which a flow is permitted.
func (r *Reach) anyPort(out *Flow, from, to *network.End) error {
	sure, perhaps, err := r.in.Network.Permitted(from, to)
	if err != nil {
		return err
	}
	switch {
	case !sure.Empty():
		out.Answer, out.Ports = Yes, sure.String()
	case !perhaps.Empty():
		out.Answer, out.Ports = Unknown, perhaps.String()
	default:
		out.Answer, out.Ports = No, sure.String()
	}
	// The reasons are those of one port: the first that is permitted, or any.
	p := port{"TCP", 1}
	for _, set := range []verdict.Ports{sure, perhaps} {
		if protocol, number, ok := set.First(); ok {
			p = port{protocol, number}
			break
		}
	}
	v, err := r.in.Network.Verdict(from, to, p.protocol, p.number)
	if err != nil {
		return err
	}
	out.Egress, out.Ingress = r.half(from, to, &v.Egress, false, p), r.half(to, from, &v.Ingress, true, p)
	return nil
}

// half says what decides at one end.
func (r *Reach) half(at, other *network.End, d *verdict.Decision, ingress bool, p port) *Half {
	if at.Namespace == "" {
		return nil
	}
	out := &Half{Answer: No, Proxy: d.Proxy}
	if d.Allowed {
		out.Answer = Yes
	}
	because := func(refs []verdict.Ref) string {
		var texts []string
		for _, ref := range refs {
			reason := r.reason(ref, p)
			if !slices.Contains(out.Reasons, reason) {
				out.Reasons = append(out.Reasons, reason)
			}
			texts = append(texts, reason.Text)
		}
		return enumerated(texts)
	}
	switch {
	case len(d.Unsure) > 0:
		says := map[bool]string{true: "permitted, unless it is denied by ", false: "closed, unless it is permitted by "}[d.Allowed]
		out.Answer = Unknown
		out.Says = says + because(d.Unsure) + r.doubt(at, other, d.Unsure)
	case d.Allowed && len(d.Rules) > 0:
		out.Says = "permitted by " + because(d.Rules)
	case d.Allowed && !d.Enforced:
		out.Says = at.Namespace + " is open: no policy applies to this direction"
	case d.Allowed && ingress && other.Entity == "host":
		out.Says = "Cilium always admits the pod's own node"
	case d.Allowed:
		out.Says = "nothing closes this direction of " + at.Namespace
	case len(d.Rules) > 0:
		out.Says = "denied by " + because(d.Rules)
	default:
		out.Says = "closed by " + because(d.Closed) + ", and nothing permits it"
		if len(d.Ambiguous) > 0 {
			out.Says += ": " + because(d.Ambiguous) + " names the port, and pods of the cluster mean different ports by that name, so Cilium up to 1.19 leaves it out"
		}
	}
	if d.Proxy != "" {
		out.Says += fmt.Sprintf("; a proxy decides about the content (%s)", d.Proxy)
	}
	return out
}

// doubt says why rules are not sure.
func (r *Reach) doubt(at, other *network.End, refs []verdict.Ref) string {
	for _, ref := range refs {
		if why := r.in.Network.Judge().Unjudged(ref); why != "" {
			return ": " + why
		}
	}
	var unknown []string
	for _, e := range []*network.End{at, other} {
		if e.Unknown() && !slices.Contains(unknown, e.Namespace) {
			unknown = append(unknown, e.Namespace)
		}
	}
	return ": the labels of the pods of " + strings.Join(unknown, " and ") + " are not known"
}

// reason is what has written a rule.
func (r *Reach) reason(ref verdict.Ref, p port) Reason {
	s := r.in.Network.Source(ref, p.protocol, p.number)
	out := Reason{Text: s.Text, Policy: s.Policy.String()}
	if s.At.Pos.File != "" {
		pos := r.frame.Seen(s.At.Pos)
		out.File, out.Line, out.Column = pos.File, pos.Line, pos.Column
	}
	return out
}

// enumerated joins texts, each once.
func enumerated(texts []string) string {
	var out []string
	for _, t := range texts {
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	const most = 3
	if len(out) > most {
		out = append(out[:most], fmt.Sprintf("%d more", len(out)-most))
	}
	if len(out) < 2 {
		return strings.Join(out, "")
	}
	return strings.Join(out[:len(out)-1], ", ") + " and " + out[len(out)-1]
}

// sentence is the answer in one line.
func (r *Reach) sentence(a, b *place, out *Result) string {
	on := ""
	if b.port.given() {
		on = " on " + b.port.String()
	}
	switch out.Answer {
	case Yes:
		if on == "" {
			on = permittedOn(out.Flows)
		}
		return fmt.Sprintf("%s reaches %s%s", a.text, b.text, on)
	case Partly:
		n := 0
		for _, f := range out.Flows {
			if f.Answer == Yes {
				n++
			}
		}
		return fmt.Sprintf("%s reaches %s%s in part: %d of %d flows are permitted", a.text, b.text, on, n, len(out.Flows))
	case Unknown:
		return fmt.Sprintf("whether %s reaches %s%s depends on what is not known here", a.text, b.text, on)
	}
	for _, f := range out.Flows {
		if f.Egress != nil && f.Egress.Answer == No {
			if f.Ingress != nil && f.Ingress.Answer == No {
				return fmt.Sprintf("%s is not let out to %s%s, and %s does not admit it", a.text, b.text, on, cmp.Or(b.ends[0].Namespace, b.text))
			}
			return fmt.Sprintf("%s is not let out to %s%s", a.text, b.text, on)
		}
	}
	return fmt.Sprintf("%s does not admit %s%s", b.text, a.text, on)
}

func permittedOn(flows []Flow) string {
	var ports []string
	for _, f := range flows {
		text := f.Ports
		if f.Port != 0 {
			text = port{f.Protocol, f.Port}.String()
		}
		if !slices.Contains(ports, text) {
			ports = append(ports, text)
		}
	}
	if len(ports) == 1 && ports[0] == "all" {
		return " on all ports"
	}
	return " on " + strings.Join(ports, ", ")
}

// notes say what is not known about two places.
func (r *Reach) notes(a, b *place) []string {
	var out []string
	for _, p := range []*place{a, b} {
		for _, e := range p.ends {
			if e.Namespace == "" {
				continue
			}
			n := r.in.Network.Namespace(e.Namespace)
			note := ""
			switch {
			case n.Entry == nil:
				note = fmt.Sprintf("%s has no entry in the list: what policies it has is not known", n.Name)
			case n.Why != "" && !r.in.Network.PoliciesKnown(n):
				note = fmt.Sprintf("%s: %s; the policies that it may bring are not known", n.Name, n.Why)
			}
			if note != "" && !slices.Contains(out, note) {
				out = append(out, note)
			}
		}
	}
	if slices.ContainsFunc(a.ends, func(e *network.End) bool { return e.Pods != nil && slices.Contains(b.ends, e) }) {
		out = append(out, "a pod always reaches itself: what is said of one workload with itself is about two of its pods") // cilium bpf/bpf_lxc.c, hairpin_flow
	}
	for _, e := range a.ends {
		if note := r.hidden(e); note != "" && !slices.Contains(out, note) {
			out = append(out, note)
		}
	}
	return out
}

// hidden says that pods do not see the address of somebody outside who comes through a load balancer; empty when they do.
func (r *Reach) hidden(from *network.End) string {
	if !from.IP.IsValid() && from.Entity != "world" {
		return ""
	}
	as := map[string]string{profiles.BehindServiceLB: "pods of ServiceLB in kube-system", profiles.BehindNodes: "nodes"}[r.in.Platform.Names.Clients]
	if as == "" {
		return ""
	}
	return fmt.Sprintf("who comes through a load balancer arrives as %s, which loadBalancer.clients of platform.yml says: no cidr permits that, and entity: world does", as)
}

// asks are the flows between two places, on ports that are known.
func (r *Reach) asks(a, b *place) []network.Ask {
	var asks []network.Ask
	for _, from := range a.ends {
		for _, to := range b.ends {
			for _, p := range b.portsOf(to) {
				if p.number != 0 {
					asks = append(asks, network.Ask{From: from, To: to, Protocol: p.protocol, Port: p.number})
				}
			}
		}
	}
	return asks
}
