// Package hubble reads flows that Cilium's Hubble has seen, from the JSON that it prints and exports: one object a line (`hubble observe -o json`, and
// -o jsonpb), whether wrapped as {"flow": …} or not, or a list of them, in the spelling of the protocol (drop_reason_desc) or that of JSON
// (dropReasonDesc). A log is text that somebody else has written: what is too large, or is no flow, is refused with its line.
//
// It does not know what a flow means for policies.
package hubble

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"github.com/hippotion/roster/internal/diag"
)

// The most that is read: bytes of one flow, and flows of a log.
const (
	MaxBytes = 1 << 20
	MaxFlows = 20_000_000
)

// Flow is one event of a log.
type Flow struct {
	Verdict    string // FORWARDED, DROPPED, REDIRECTED, AUDIT, ERROR, TRACED, TRANSLATED, or another word
	Reason     string // of DROPPED: POLICY_DENIED, POLICY_DENY, or another word; empty when it is not said
	From, To   End
	Protocol   string // TCP, UDP, SCTP, ICMP, ICMPV6; empty when it is another one, or is not said
	SourcePort uint16
	Port       uint16 // of To; for ICMP the type of the message
	// Later says that the packet is TCP and not the first one of its connection: which end has opened that cannot be known from it.
	Later bool
	Reply *bool // nil when it is not known
	Names []string
	L7    bool // seen by a proxy
	// Query is the name that is looked up, and Answer the addresses in a response, which goes from the server to the client.
	Query  string
	Answer []netip.Addr
	// Verdicts says that the event is the decision of a policy: a drop by policy has an event of its own besides.
	Verdicts bool
	Time     time.Time
}

// End is an end of a flow.
type End struct {
	Namespace string
	Pod       string
	Labels    []string // k8s:app=x, reserved:host
	Workloads []Workload
	Identity  uint32
	IP        netip.Addr // invalid when it is not known
}

// Workload is what has made a pod.
type Workload struct{ Name, Kind string }

// Log is what is known of a log as a whole.
type Log struct {
	Flows       int
	Lost        uint64 // events that Hubble could not keep
	First, Last time.Time
	Cut         bool // the last flow is cut off, and is left out
}

// Read calls each for the flows of a log, in order.
func Read(r io.Reader, each func(*Flow) error) (*Log, error) {
	in := &window{in: bufio.NewReader(r), most: MaxBytes}
	d := json.NewDecoder(in)
	out := &Log{}
	list := in.isList()
	if list {
		_, _ = d.Token() // the [ that was seen
	}
	for n := 0; ; n++ {
		if list && !d.More() {
			break
		}
		var one record
		err := d.Decode(&one)
		if errors.Is(err, io.EOF) && !list {
			return out, nil
		}
		if cut := errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF); cut && n > 0 {
			out.Cut = true
			return out, nil
		}
		if err == nil && n >= MaxFlows {
			err = fmt.Errorf("there are more than %s flows\n  hint: ask Hubble for fewer, such as with --verdict DROPPED or --since 1h", diag.Thousands(MaxFlows))
		}
		if err == nil {
			err = one.add(out, each)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", in.line(), message(err))
		}
		in.advance(d.InputOffset())
	}
	if _, err := d.Token(); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			out.Cut = true
			return out, nil
		}
		return nil, fmt.Errorf("line %d: %w", in.line(), message(err))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("line %d: expected nothing after the list of flows", in.line())
	}
	return out, nil
}

// message is a mistake in the words of the one who has written the text.
func message(err error) error {
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &kind) && kind.Field == "":
		return fmt.Errorf("expected a flow as hubble observe -o json prints it, found a JSON %s", diag.Beginning(kind.Value, 50))
	case errors.As(err, &kind):
		return fmt.Errorf("%s: expected %s, found a JSON %s", kind.Field, expected(kind), diag.Beginning(kind.Value, 50))
	case errors.As(err, &syntax):
		return fmt.Errorf("expected JSON as hubble observe -o json prints it: %w", syntax)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("expected a flow, found the end of the text")
	}
	return err
}

func expected(err *json.UnmarshalTypeError) string {
	switch err.Type.Kind().String() {
	case "uint16":
		return "a number from 0 to 65535"
	case "uint32", "uint64", "int":
		return "a number"
	case "bool":
		return "true or false"
	case "slice":
		return "a list"
	case "string":
		return "a text"
	}
	return "an object"
}

var errTooLong = fmt.Errorf("a flow has more than %s bytes", diag.Thousands(MaxBytes))

// window is a text as far as it was read since the last flow, which is bounded.
type window struct {
	in    *bufio.Reader
	most  int
	text  []byte
	base  int64 // the offset of text
	lines int   // before text
}

// isList reports whether the text begins with a list.
func (w *window) isList() bool {
	for n := 1; n <= w.in.Size(); n++ {
		start, err := w.in.Peek(n)
		if err != nil {
			return false
		}
		if c := start[n-1]; !strings.ContainsRune(" \t\r\n", rune(c)) {
			return c == '['
		}
	}
	return false
}

// Read is for the decoder, which may be a buffer ahead of the flow that it reads.
func (w *window) Read(p []byte) (int, error) {
	if len(w.text) > w.most {
		return 0, errTooLong
	}
	n, err := w.in.Read(p[:min(len(p), w.most+1-len(w.text))])
	w.text = append(w.text, p[:n]...)
	return n, err
}

// advance forgets what comes before an offset.
func (w *window) advance(to int64) {
	n := to - w.base
	w.lines += bytes.Count(w.text[:n], []byte("\n"))
	w.text, w.base = w.text[n:], to
}

// line is that on which the next flow begins.
func (w *window) line() int {
	blank := len(w.text) - len(bytes.TrimLeft(w.text, " \t\r\n,["))
	return w.lines + bytes.Count(w.text[:blank], []byte("\n")) + 1
}

// The shapes of the JSON; the second of two fields has the spelling of JSON.
type (
	record struct {
		Flow  *flow `json:"flow"`
		Lost  *lost `json:"lost_events"`
		Lost2 *lost `json:"lostEvents"`
		// What else a line of Hubble may be.
		NodeStatus  *struct{} `json:"node_status"`
		NodeStatus2 *struct{} `json:"nodeStatus"`
		AgentEvent  *struct{} `json:"agent_event"`
		AgentEvent2 *struct{} `json:"agentEvent"`
		DebugEvent  *struct{} `json:"debug_event"`
		DebugEvent2 *struct{} `json:"debugEvent"`

		flow
	}
	lost struct {
		Events  json.Number `json:"num_events_lost"`
		Events2 json.Number `json:"numEventsLost"`
	}
	flow struct {
		Time        string   `json:"time"`
		Verdict     string   `json:"verdict"`
		Number      uint32   `json:"drop_reason"`
		Number2     uint32   `json:"dropReason"`
		Reason      string   `json:"drop_reason_desc"`
		Reason2     string   `json:"dropReasonDesc"`
		Type        string   `json:"Type"`
		IP          *ip      `json:"IP"`
		L4          *l4      `json:"l4"`
		L7          *l7      `json:"l7"`
		Source      *end     `json:"source"`
		Destination *end     `json:"destination"`
		Names       []string `json:"destination_names"`
		Names2      []string `json:"destinationNames"`
		Reply       bool     `json:"reply"` // what older versions have: false may mean that it is not known
		IsReply     *bool    `json:"is_reply"`
		IsReply2    *bool    `json:"isReply"`
		Event       *event   `json:"event_type"`
		Event2      *event   `json:"eventType"`
	}
	ip struct {
		Source      string `json:"source"`
		Destination string `json:"destination"`
	}
	l4 struct {
		TCP, UDP, SCTP *ports
		ICMPv4, ICMPv6 *struct {
			Type uint16 `json:"type"`
		}
	}
	ports struct {
		Source       uint16 `json:"source_port"`
		Source2      uint16 `json:"sourcePort"`
		Destination  uint16 `json:"destination_port"`
		Destination2 uint16 `json:"destinationPort"`
		Flags        *struct{ SYN, ACK bool }
	}
	l7 struct {
		Type string `json:"type"`
		DNS  *struct {
			Query string   `json:"query"`
			IPs   []string `json:"ips"`
		} `json:"dns"`
	}
	end struct {
		Identity  uint32     `json:"identity"`
		Namespace string     `json:"namespace"`
		Labels    []string   `json:"labels"`
		Pod       string     `json:"pod_name"`
		Pod2      string     `json:"podName"`
		Workloads []Workload `json:"workloads"`
	}
	event struct {
		Type int    `json:"type"`
		Sub  uint32 `json:"sub_type"`
		Sub2 uint32 `json:"subType"`
	}
)

// The types of events that are drops and decisions of policies: MessageTypeDrop and MessageTypePolicyVerdict of Cilium's monitor.
const (
	dropEvent    = 1
	verdictEvent = 5
)

// add reads a record, and passes its flow on.
func (in *record) add(out *Log, each func(*Flow) error) error {
	if l := cmp.Or(in.Lost, in.Lost2); l != nil {
		n, err := cmp.Or(l.Events, l.Events2, "1").Int64()
		if err != nil || n < 0 {
			return errors.New("lost_events.num_events_lost: expected a number of events")
		}
		out.Lost += uint64(n)
		return nil
	}
	if cmp.Or(in.NodeStatus, in.NodeStatus2, in.AgentEvent, in.AgentEvent2, in.DebugEvent, in.DebugEvent2) != nil {
		return nil
	}
	f := in.Flow
	if f == nil {
		f = &in.flow
	}
	if f.Verdict == "" && f.Source == nil && f.Destination == nil {
		return errors.New("expected a flow as hubble observe -o json prints it: the object has no flow, and no verdict, source and destination")
	}
	one, err := f.read()
	if err != nil {
		return err
	}
	out.Flows++
	if t := one.Time; !t.IsZero() {
		if out.First.IsZero() || t.Before(out.First) {
			out.First = t
		}
		if t.After(out.Last) {
			out.Last = t
		}
	}
	return each(one)
}

// read is the flow without its spelling.
func (in *flow) read() (*Flow, error) {
	out := &Flow{Verdict: in.Verdict, Reason: cmp.Or(in.Reason, in.Reason2), Names: in.Names, Reply: cmp.Or(in.IsReply, in.IsReply2)}
	if len(out.Names) == 0 {
		out.Names = in.Names2
	}
	if out.Reply == nil && in.Reply {
		out.Reply = &in.Reply
	}
	if number := cmp.Or(in.Number, in.Number2); out.Reason == "" && number != 0 {
		out.Reason = reason(number)
	}
	if e := cmp.Or(in.Event, in.Event2); e != nil {
		out.Verdicts = e.Type == verdictEvent
		if number := cmp.Or(e.Sub, e.Sub2); out.Reason == "" && e.Type == dropEvent && number != 0 {
			out.Reason = reason(number)
		}
	}
	if in.Time != "" {
		var err error
		if out.Time, err = time.Parse(time.RFC3339Nano, in.Time); err != nil {
			return nil, fmt.Errorf("time: expected one such as 2006-01-02T15:04:05Z, found %q", diag.Beginning(in.Time, 50))
		}
	}
	var source, destination string
	if in.IP != nil {
		source, destination = in.IP.Source, in.IP.Destination
	}
	var err error
	if out.From, err = in.Source.read("source", source); err != nil {
		return nil, err
	}
	if out.To, err = in.Destination.read("destination", destination); err != nil {
		return nil, err
	}
	in.L4.read(out)
	out.L7 = in.Type == "L7" || in.L7 != nil
	if in.L7 != nil && in.L7.DNS != nil {
		out.Query = in.L7.DNS.Query
		if in.L7.Type == "RESPONSE" {
			for _, text := range in.L7.DNS.IPs {
				if address, err := netip.ParseAddr(text); err == nil {
					out.Answer = append(out.Answer, address.Unmap())
				}
			}
		}
	}
	return out, nil
}

// reason is the name of the reasons that policies have, for logs that have numbers only.
func reason(number uint32) string {
	switch number {
	case 133:
		return "POLICY_DENIED"
	case 181:
		return "POLICY_DENY"
	}
	return fmt.Sprint("reason ", number)
}

func (in *end) read(word, address string) (End, error) {
	var out End
	if in != nil {
		out = End{Namespace: in.Namespace, Pod: cmp.Or(in.Pod, in.Pod2), Labels: in.Labels, Workloads: in.Workloads, Identity: in.Identity}
	}
	if address != "" {
		var err error
		if out.IP, err = netip.ParseAddr(address); err != nil {
			return out, fmt.Errorf("IP.%s: expected an address, found %q", word, diag.Beginning(address, 50))
		}
		out.IP = out.IP.Unmap().WithZone("")
	}
	return out, nil
}

func (in *l4) read(out *Flow) {
	if in == nil {
		return
	}
	for _, one := range []struct {
		protocol string
		ports    *ports
	}{{"TCP", in.TCP}, {"UDP", in.UDP}, {"SCTP", in.SCTP}} {
		if p := one.ports; p != nil {
			out.Protocol, out.SourcePort, out.Port = one.protocol, cmp.Or(p.Source, p.Source2), cmp.Or(p.Destination, p.Destination2)
			out.Later = p.Flags != nil && (!p.Flags.SYN || p.Flags.ACK)
		}
	}
	switch {
	case in.ICMPv4 != nil:
		out.Protocol, out.Port = "ICMP", in.ICMPv4.Type
	case in.ICMPv6 != nil:
		out.Protocol, out.Port = "ICMPV6", in.ICMPv6.Type
	}
}
