package hubble_test

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hippotion/roster/internal/hubble"
)

// all reads a log, and returns its flows with it.
func all(text string) ([]hubble.Flow, *hubble.Log, error) {
	var out []hubble.Flow
	log, err := hubble.Read(strings.NewReader(text), func(f *hubble.Flow) error {
		out = append(out, *f)
		return nil
	})
	return out, log, err
}

const one = `{"flow":{"time":"2026-11-30T10:00:00.5Z","verdict":"DROPPED","drop_reason":133,"IP":{"source":"10.42.0.9","destination":"203.0.113.7"},` +
	`"l4":{"TCP":{"source_port":40000,"destination_port":443,"flags":{"SYN":true}}},"source":{"ID":1,"identity":40000,"namespace":"web-a",` +
	`"labels":["k8s:app=a"],"pod_name":"a-1","workloads":[{"name":"a","kind":"Deployment"}]},"destination":{"identity":2,"labels":["reserved:world"]},` +
	`"Type":"L3_L4","event_type":{"type":5},"traffic_direction":"EGRESS","drop_reason_desc":"POLICY_DENIED","destination_names":["api.example.com"],` +
	`"Summary":"TCP Flags: SYN"},"node_name":"n1","time":"2026-11-30T10:00:00.5Z"}`

// TestSpellings: each form in which Hubble writes a flow is the same flow.
func TestSpellings(t *testing.T) {
	bare := strings.TrimSuffix(strings.TrimPrefix(one, `{"flow":`), `,"node_name":"n1","time":"2026-11-30T10:00:00.5Z"}`)
	camel := strings.NewReplacer("drop_reason_desc", "dropReasonDesc", "drop_reason", "dropReason", "source_port", "sourcePort", "destination_port", "destinationPort",
		"pod_name", "podName", "event_type", "eventType", "destination_names", "destinationNames", "node_name", "nodeName").Replace(one)
	want, log, err := all(one)
	if err != nil || len(want) != 1 || log.Flows != 1 || !log.First.Equal(time.Date(2026, 11, 30, 10, 0, 0, 5e8, time.UTC)) || log.Last != log.First || log.Cut || log.Lost != 0 {
		t.Fatal(want, log, err)
	}
	f := want[0]
	if f.Verdict != "DROPPED" || f.Reason != "POLICY_DENIED" || f.Protocol != "TCP" || f.Port != 443 || f.SourcePort != 40000 || f.Later || f.Reply != nil || f.L7 || !f.Verdicts {
		t.Errorf("%+v", f)
	}
	if from := f.From; from.Namespace != "web-a" || from.Pod != "a-1" || from.Identity != 40000 || from.IP.String() != "10.42.0.9" || from.Workloads[0] != (hubble.Workload{Name: "a", Kind: "Deployment"}) {
		t.Errorf("%+v", from)
	}
	if f.To.IP.String() != "203.0.113.7" || f.To.Labels[0] != "reserved:world" || f.Names[0] != "api.example.com" {
		t.Errorf("%+v %v", f.To, f.Names)
	}
	for name, text := range map[string]string{
		"bare": bare, "camel case": camel, "list": "[" + one + "]", "list over lines": "\n [\n" + one + "\n]\n", "over lines": strings.ReplaceAll(one, ",", ",\n  "),
		"number of the reason": strings.Replace(one, `"drop_reason_desc":"POLICY_DENIED",`, "", 1), "blank lines": "\r\n\n" + one + "\r\n\r\n",
		"other events": `{"node_status":{}}` + "\n" + one + `{"agent_event":{"type":"X"}}`,
	} {
		got, _, err := all(text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
}

// TestFields: what a flow is, apart from its spelling.
func TestFields(t *testing.T) {
	for _, test := range []struct {
		text string
		is   func(*hubble.Flow) bool
	}{
		{`{"verdict":"DROPPED","l4":{"TCP":{"destination_port":1,"flags":{"SYN":true,"ACK":true}}}}`, func(f *hubble.Flow) bool { return f.Later }},
		{`{"verdict":"DROPPED","l4":{"TCP":{"destination_port":1,"flags":{"ACK":true}}}}`, func(f *hubble.Flow) bool { return f.Later }},
		{`{"verdict":"DROPPED","l4":{"TCP":{"destination_port":1}}}`, func(f *hubble.Flow) bool { return !f.Later }},
		{`{"verdict":"DROPPED","l4":{"UDP":{"destination_port":53}}}`, func(f *hubble.Flow) bool { return f.Protocol == "UDP" && f.Port == 53 && !f.Later }},
		{`{"verdict":"DROPPED","l4":{"SCTP":{"destination_port":9}}}`, func(f *hubble.Flow) bool { return f.Protocol == "SCTP" && f.Port == 9 }},
		{`{"verdict":"DROPPED","l4":{"ICMPv4":{"type":8}}}`, func(f *hubble.Flow) bool { return f.Protocol == "ICMP" && f.Port == 8 }},
		{`{"verdict":"DROPPED","l4":{"ICMPv6":{"type":128}}}`, func(f *hubble.Flow) bool { return f.Protocol == "ICMPV6" && f.Port == 128 }},
		{`{"verdict":"DROPPED","l4":{"VRRP":{"type":1}}}`, func(f *hubble.Flow) bool { return f.Protocol == "" }},
		{`{"verdict":"DROPPED","drop_reason":181}`, func(f *hubble.Flow) bool { return f.Reason == "POLICY_DENY" }},
		{`{"verdict":"DROPPED","drop_reason":134}`, func(f *hubble.Flow) bool { return f.Reason == "reason 134" }},
		{`{"verdict":"DROPPED","event_type":{"type":1,"sub_type":133}}`, func(f *hubble.Flow) bool { return f.Reason == "POLICY_DENIED" && !f.Verdicts }},
		{`{"verdict":"FORWARDED","eventType":{"type":4,"subType":133}}`, func(f *hubble.Flow) bool { return f.Reason == "" }},
		{`{"verdict":"FORWARDED","is_reply":false}`, func(f *hubble.Flow) bool { return f.Reply != nil && !*f.Reply }},
		{`{"verdict":"FORWARDED","isReply":true}`, func(f *hubble.Flow) bool { return f.Reply != nil && *f.Reply }},
		{`{"verdict":"FORWARDED","reply":true}`, func(f *hubble.Flow) bool { return f.Reply != nil && *f.Reply }},
		{`{"verdict":"FORWARDED","reply":false}`, func(f *hubble.Flow) bool { return f.Reply == nil }},
		{`{"verdict":"FORWARDED","Type":"L7"}`, func(f *hubble.Flow) bool { return f.L7 }},
		{`{"verdict":"FORWARDED","l7":{"type":"RESPONSE","dns":{"query":"a.b.","ips":["::ffff:192.0.2.1","x","2001:db8::1"]}}}`, func(f *hubble.Flow) bool {
			return f.L7 && f.Query == "a.b." && fmt.Sprint(f.Answer) == "[192.0.2.1 2001:db8::1]"
		}},
		{`{"verdict":"FORWARDED","l7":{"type":"REQUEST","dns":{"query":"a.b.","ips":["192.0.2.1"]}}}`, func(f *hubble.Flow) bool { return f.Query == "a.b." && f.Answer == nil }},
		{`{"verdict":"DROPPED","IP":{"source":"::ffff:192.0.2.1","destination":"fe80::1%eth0"}}`, func(f *hubble.Flow) bool {
			return f.From.IP.String() == "192.0.2.1" && f.To.IP.String() == "fe80::1"
		}},
		{`{"source":null,"destination":{}}`, func(f *hubble.Flow) bool { return !f.From.IP.IsValid() }},
	} {
		got, _, err := all(test.text)
		if err != nil || len(got) != 1 || !test.is(&got[0]) {
			t.Errorf("%s: %+v %v", test.text, got, err)
		}
	}
}

func TestLogs(t *testing.T) {
	for _, test := range []struct {
		name, text string
		flows      int
		lost       uint64
		cut        bool
	}{
		{name: "empty"},
		{name: "blank", text: " \n\n"},
		{name: "an empty list", text: "[]"},
		{name: "cut off", text: one + "\n" + one[:100], flows: 1, cut: true},
		{name: "a list cut off in a flow", text: "[" + one + ",\n" + one[:100], flows: 1, cut: true},
		{name: "a list cut off after a flow", text: "[" + one, flows: 1, cut: true},
		{name: "a list cut off after a comma", text: "[" + one + ",", flows: 1, cut: true},
		{name: "lost", text: `{"lost_events":{"num_events_lost":"7"}}` + one + `{"lostEvents":{"numEventsLost":5}}{"lost_events":{}}`, flows: 1, lost: 13},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, log, err := all(test.text)
			if err != nil || log.Flows != test.flows || log.Lost != test.lost || log.Cut != test.cut {
				t.Errorf("%+v %v", log, err)
			}
		})
	}
}

// TestSpan: the events of several nodes are not in order.
func TestSpan(t *testing.T) {
	var text string
	for _, minute := range []int{5, 3, 9, 4} {
		text += fmt.Sprintf(`{"verdict":"FORWARDED","time":"2026-11-30T10:%02d:00Z"}`+"\n", minute)
	}
	_, log, err := all(text)
	if err != nil || log.First.Minute() != 3 || log.Last.Minute() != 9 {
		t.Error(log, err)
	}
}

func TestRefuses(t *testing.T) {
	long := `{"verdict":"` + strings.Repeat("x", hubble.MaxBytes) + `"}`
	for _, test := range []struct{ name, text, want string }{
		{"no JSON", one + "\nNov 30 10:00:00.000: web-a/a-1:4000 (ID:1) -> web-b/b:80", "line 2: expected JSON as hubble observe -o json prints it: invalid character 'N' looking for beginning of value"},
		{"a number", "\n\n7", "line 3: expected a flow as hubble observe -o json prints it, found a JSON number"},
		{"another object", one + one + `{"a":1}`, "line 1: expected a flow as hubble observe -o json prints it: the object has no flow, and no verdict, source and destination"},
		{"an object in a list", "[" + one + ",\n" + one + ",\n\n{}]", "line 4: expected a flow"},
		{"the wrong type", one + "\n" + `{"flow":{"source":{"labels":"x"}}}`, "line 2: flow.source.labels: expected a list, found a JSON string"},
		{"a port that is none", `{"flow":{"l4":{"TCP":{"destination_port":70000}}}}`, "line 1: flow.l4.TCP.destination_port: expected a number from 0 to 65535, found a JSON number 70000"},
		{"a text for an object", `{"flow":"x"}`, "line 1: flow: expected an object, found a JSON string"},
		{"a number for a text", `{"flow":{"verdict":2}}`, "line 1: flow.verdict: expected a text, found a JSON number"},
		{"no address", `{"flow":{"verdict":"DROPPED","IP":{"source":"10.42.0"}}}`, `line 1: IP.source: expected an address, found "10.42.0"`},
		{"no time", `{"flow":{"verdict":"DROPPED","time":"\u001b[2Jyesterday"}}`, `line 1: time: expected one such as 2006-01-02T15:04:05Z, found "\x1b[2Jyesterday"`},
		{"events that are no number", `{"lost_events":{"num_events_lost":-1}}`, "line 1: lost_events.num_events_lost: expected a number of events"},
		{"the first flow cut off", one[:100], "line 1: expected a flow, found the end of the text"},
		{"text after a list", "[" + one + "]\n" + one, "line 1: expected nothing after the list of flows"},
		{"a list that is not closed", "[" + one + "}", "line 1: expected JSON"},
		{"a long flow", one + "\n" + long, "line 2: a flow has more than 1,048,576 bytes"},
		{"a long blank", strings.Repeat(" ", 2*hubble.MaxBytes) + one, "line 1: a flow has more than 1,048,576 bytes"},
		{"a long list of blanks", "[" + strings.Repeat("\n", 2*hubble.MaxBytes), "a flow has more than 1,048,576 bytes"},
		{"deep", `{"flow":{"extensions":` + strings.Repeat("[", 20_000), "line 1: expected JSON as hubble observe -o json prints it: invalid character '[' exceeded max depth"},
		{"a long number", `{"flow":{"drop_reason":` + strings.Repeat("9", 1000) + `}}`, "line 1: flow.drop_reason: expected a number, found a JSON number " + strings.Repeat("9", 43) + "…"},
		{"UTF-16", "\xff\xfe{\x00", "line 1: expected JSON as hubble observe -o json prints it: invalid character"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := all(test.text)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v\nwant %s", err, test.want)
			}
		})
	}
}

// endless is a text without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = "{\"a\":"[i%5]
	}
	return len(p), nil
}

// TestEnds: a text without an end is refused, and what each says ends the log.
func TestEnds(t *testing.T) {
	if _, err := hubble.Read(endless{}, func(*hubble.Flow) error { return nil }); err == nil {
		t.Error("a text without an end was read")
	}
	_, err := hubble.Read(strings.NewReader(one+"\n"+one), func(*hubble.Flow) error { return io.ErrClosedPipe })
	if !errors.Is(err, io.ErrClosedPipe) || !strings.HasPrefix(err.Error(), "line 1: ") {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{one, "[" + one + "," + one + "]", one + "\n" + one[:50], `{"lost_events":{"num_events_lost":"7"}}`, `[{}`, "\n{\"flow\":[]}", `{"flow":null}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n := 0
		log, err := hubble.Read(strings.NewReader(text), func(*hubble.Flow) error { n++; return nil })
		switch {
		case err == nil && log.Flows != n:
			t.Errorf("%d flows, and %d were passed on", log.Flows, n)
		case err != nil:
			var line int
			if _, scan := fmt.Sscanf(err.Error(), "line %d: ", &line); scan != nil || line < 1 || line > strings.Count(text, "\n")+1 {
				t.Errorf("%v: not a line of the text", err)
			}
		}
	})
}
