package reach_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/reach"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
)

// listed is a list in which each namespace has two workloads, a and b, and the flows that are given to it.
type listed struct {
	profiles map[string]string // by namespace; open when it is empty
	allow    map[string][]string
	closed   string // a namespace in which an application deploys a policy that closes it
}

func (l *listed) reach(t testing.TB) *reach.Reach {
	t.Helper()
	text := ""
	var names []string
	for name := range l.profiles {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		text += "- namespace: " + name + "\n"
		if l.profiles[name] == "" {
			continue
		}
		text += "  networkPolicies:\n    profile: " + l.profiles[name] + "\n"
		if len(l.allow[name]) > 0 {
			text += "    allow:\n"
		}
		for _, f := range l.allow[name] {
			text += "      - " + f + "\n"
		}
	}
	files := fstest.MapFS{catalog.ApplicationsFile: {Data: []byte(text)},
		catalog.PlatformFile: {Data: []byte("repository: {url: https://git.example/x.git}\nnodes: [192.168.0.2]\n")}}
	reading, err := catalog.Read(files, ".", catalog.Options{})
	if err != nil || len(reading.Mistakes) > 0 {
		t.Fatalf("%v %v\n%s", err, reading.Mistakes, text)
	}
	p := reading.Clusters[0].Platform
	in := &lint.Input{Platform: p, Order: reading.Clusters[0].Order, Objects: render.Build(p), Repository: files}
	for i := range p.Namespaces {
		for _, name := range []string{"a", "b"} {
			n := &p.Namespaces[i]
			value := map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": map[string]any{"name": name}, "spec": map[string]any{"template": map[string]any{
				"metadata": map[string]any{"labels": map[string]any{"app": name, "statefulset.kubernetes.io/pod-name": "x"}},
				"spec":     map[string]any{"containers": []any{map[string]any{"name": "c", "ports": []any{map[string]any{"containerPort": int64(8080)}}}}},
			}}}
			in.Workloads = append(in.Workloads, &lint.Object{Entry: n, Application: &catalog.Application{Code: n.Name},
				Object: object.Object{APIVersion: "apps/v1", Kind: "Deployment", Namespace: n.Name, Name: name, Value: func() any { return value }}})
		}
	}
	for i := range p.Namespaces {
		if n := &p.Namespaces[i]; n.Name == l.closed {
			value := map[string]any{"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "metadata": map[string]any{"name": "shut"},
				"spec": map[string]any{"endpointSelector": map[string]any{}, "ingress": []any{map[string]any{}}}}
			in.Workloads = append(in.Workloads, &lint.Object{Entry: n, Application: &catalog.Application{Code: n.Name},
				Object: object.Object{APIVersion: "cilium.io/v2", Kind: "CiliumNetworkPolicy", Namespace: n.Name, Name: "shut", Value: func() any { return value }}})
		}
	}
	return reach.New(lint.NewContext(in), diag.Frame{})
}

func (l *listed) observe(t testing.TB, log string) *reach.Observed {
	t.Helper()
	out, err := l.reach(t).Observe(strings.NewReader(log))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// pod is an end in a log.
func pod(namespace, app string, more ...string) string {
	return fmt.Sprintf(`{"namespace":%q,"labels":["k8s:app=%s"%s]}`, namespace, app, strings.Join(append([]string{""}, more...), ","))
}

func reserved(names ...string) string {
	return `{"labels":["reserved:` + strings.Join(names, `","reserved:`) + `"]}`
}

// dropped is a flow in a log; the addresses are those of pods unless others are given.
func dropped(from, to, l4, more string) string {
	return event("DROPPED", from, to, l4, `"drop_reason_desc":"POLICY_DENIED"`+more)
}

func event(verdict, from, to, l4, more string) string {
	if !strings.Contains(more, `"IP"`) {
		more = `"IP":{"source":"10.42.0.1","destination":"10.42.0.2"},` + strings.TrimPrefix(more, ",")
	}
	return fmt.Sprintf(`{"verdict":%q,"source":%s,"destination":%s,"l4":{%s},%s}`+"\n", verdict, from, to, l4, strings.TrimSuffix(strings.TrimPrefix(more, ","), ","))
}

const syn = `"TCP":{"source_port":40000,"destination_port":8080,"flags":{"SYN":true}}`

// TestMeanings: what one dropped flow means, and what to write.
func TestMeanings(t *testing.T) {
	l := &listed{profiles: map[string]string{"web-a": "isolated", "web-b": "isolated", "web-open": "", "web-shut": ""}, closed: "web-shut",
		allow: map[string][]string{"web-a": {"to: {namespace: web-b, ports: [9090]}", "to: {host: known.example.com, ports: [443]}"}}}
	a, b := pod("web-a", "a"), pod("web-b", "b")
	to := func(address string) string { return `,"IP":{"source":"10.42.0.1","destination":"` + address + `"}` }
	from := func(address string) string {
		return `,"IP":{"source":"` + address + `","destination":"10.42.0.1"}`
	}
	tcp := func(source, port int, flags string) string {
		return fmt.Sprintf(`"TCP":{"source_port":%d,"destination_port":%d,"flags":{%s}}`, source, port, flags)
	}
	answer := event("FORWARDED", pod("kube-system", "dns"), a, `"UDP":{"source_port":53,"destination_port":40000}`, `"is_reply":true,"Type":"L7","l7":{"type":"RESPONSE","dns":{"query":"API.example.com.","ips":["203.0.113.7"]}}`)
	const late = "no first packet of a connection was dropped"
	for _, test := range []struct {
		name, log string
		means     reach.Meaning // empty when it is not known
		want      string        // the changes, or a part of what it says
	}{
		{"two namespaces", dropped(a, b, syn, ""), reach.Missing, "web-a: {to: {namespace: web-b, ports: [8080]}}"},
		{"the same, into an open one", dropped(a, pod("web-open", "a"), syn, ""), reach.Missing, "web-a: {to: {namespace: web-open, ports: [8080]}}"},
		{"the same, from an open one", dropped(pod("web-open", "a"), b, syn, ""), reach.Missing, "web-b: {from: {namespace: web-open, ports: [8080]}}"},
		{"pods of one namespace", dropped(a, pod("web-a", "b"), syn, ""), reach.Missing, "web-a: {to: {namespace: web-a, ports: [8080]}}"},
		{"UDP", dropped(a, b, `"UDP":{"source_port":40000,"destination_port":53}`, ""), reach.Missing, "web-a: {to: {namespace: web-b, ports: [53/UDP]}}"},
		{"an address", dropped(a, reserved("world"), syn, to("203.0.113.9")), reach.Missing, "web-a: {to: {cidr: 203.0.113.9/32, ports: [8080]}}"},
		{"IPv6", dropped(a, reserved("world-ipv6"), syn, to("2001:db8::1")), reach.Missing, "web-a: {to: {cidr: 2001:db8::1/128, ports: [8080]}}"},
		{"a name that Hubble gives", dropped(a, reserved("world"), syn, to("203.0.113.9")+`,"destination_names":["X.example.com."]`), reach.Missing, "web-a: {to: {host: x.example.com, ports: [8080]}}"},
		{"a name of an answer", answer + dropped(a, reserved("world"), syn, to("203.0.113.7")), reach.Missing, "web-a: {to: {host: api.example.com, ports: [8080]}}"},
		{"a name of a later answer", dropped(a, reserved("world"), syn, to("203.0.113.7")) + answer, reach.Missing, "web-a: {to: {cidr: 203.0.113.7/32, ports: [8080]}}"},
		{"names that are none", dropped(a, reserved("world"), syn, to("203.0.113.9")+`,"destination_names":["x\n","1.2.3.4","a.b.svc.cluster.local","*.a.b"]`), reach.Missing, "web-a: {to: {cidr: 203.0.113.9/32, ports: [8080]}}"},
		{"a name that the list permits, among others", dropped(a, reserved("world"), tcp(40000, 443, `"SYN":true`), to("203.0.113.9")+`,"destination_names":["a.example.com","known.example.com"]`), reach.Permitted, ""},
		{"from an address", dropped(reserved("world"), b, syn, from("203.0.113.9")), reach.Missing, "web-b: {from: {cidr: 203.0.113.9/32, ports: [8080]}}"},
		{"from a node", dropped(reserved("remote-node"), b, syn, from("192.168.0.2")), reach.Missing, "web-b: {from: {entity: remote-node, ports: [8080]}}"},
		{"from a node without labels", dropped("{}", b, syn, from("192.168.0.2")), reach.Missing, "web-b: {from: {entity: remote-node, ports: [8080]}}"},
		{"to the own node", dropped(a, reserved("host"), syn, to("192.168.0.2")), reach.Missing, "web-a: {to: {entity: host, ports: [8080]}}"},
		{"to the API server", dropped(a, reserved("kube-apiserver", "remote-node"), syn, to("192.168.0.2")), reach.Missing, "web-a: {to: {entity: kube-apiserver, ports: [8080]}}"},
		{"to the API server on the own node", dropped(a, reserved("host", "kube-apiserver"), syn, to("192.168.0.2")), reach.Missing, "web-a: {to: {entity: kube-apiserver, ports: [8080]}}"},
		{"to the API server outside", dropped(a, `{"labels":["cidr:203.0.113.5/32","reserved:kube-apiserver","reserved:world"]}`, syn, to("203.0.113.5")), reach.Missing, "web-a: {to: {entity: kube-apiserver, ports: [8080]}}"},
		{"by the number of an identity", dropped(`{"identity":8}`, b, syn, ""), reach.Missing, "web-b: {from: {entity: ingress, ports: [8080]}}"},
		{"permitted already", dropped(a, b, tcp(40000, 9090, `"SYN":true`), ""), reach.Permitted, ""},
		{"pods that the list does not have", dropped(a, pod("web-b", "new"), syn, ""), reach.Missing, "web-a: {to: {namespace: web-b, ports: [8080]}}"},
		{"a namespace that the list does not have", dropped(a, pod("kube-system", "x"), syn, ""), reach.Elsewhere, "the list has no entry for kube-system"},
		{"into one that an application has closed", dropped(a, pod("web-shut", "a"), syn, ""), reach.Elsewhere, "web-shut has no networkPolicies in the list that a flow could be added to: change CiliumNetworkPolicy shut"},
		{"ICMP", dropped(a, b, `"ICMPv4":{"type":8}`, ""), reach.Elsewhere, "ICMP needs a policy of its own"},
		{"audited", event("AUDIT", a, b, syn, ""), reach.Missing, "web-a: {to: {namespace: web-b, ports: [8080]}}"},

		{"an echo reply", dropped(a, b, `"ICMPv4":{"type":0}`, ""), "", "it is a reply"},
		{"a reply", dropped(a, b, syn, `,"is_reply":true`), "", "it is a reply"},
		{"a packet of a connection", dropped(a, b, tcp(8080, 40000, `"ACK":true`), ""), "", late},
		{"an answer to a first packet", dropped(a, b, tcp(8080, 40000, `"SYN":true,"ACK":true`), ""), "", late},
		{"an answer in UDP", dropped(a, b, `"UDP":{"source_port":53,"destination_port":40000}`, ""), "", "it may be a late reply"},
		{"no port", dropped(a, b, `"VRRP":{}`, ""), "", "the log does not say the port"},
		{"no labels", dropped("{}", b, syn, from("192.168.0.77")), "", "the log does not say what 192.168.0.77 is"},
		{"nothing of an end", dropped("{}", b, syn, `,"IP":{}`), "", "the log does not say what an end without an address is"},
		{"the world without an address", dropped(reserved("world"), b, syn, `,"IP":{}`), "", "which address of the world"},
		{"a node that is the world", dropped(reserved("world"), b, syn, from("192.168.0.2")), "", "is a node that Cilium did not know"},
		{"a pod that is the world", dropped(reserved("world"), b, syn, from("10.42.0.7")), "", "the address of a pod that Cilium did not know"},
		{"a namespace that is none", dropped(pod("a\\nb", "x"), b, syn, ""), "", "a namespace that cannot be one"},
		{"two clusters", dropped(pod("web-a", "a", `"k8s:io.cilium.k8s.policy.cluster=one"`), pod("web-b", "b", `"k8s:io.cilium.k8s.policy.cluster=two"`), syn, ""), "", "the ends are in two clusters"},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := l.observe(t, test.log)
			if test.means == "" {
				if len(o.Dropped) > 0 || len(o.Unknown) != 1 || !strings.Contains(o.Unknown[0].Why, test.want) || o.Unknown[0].Count != 1 || o.Answer() != reach.Unknown {
					t.Errorf("%+v", o)
				}
				return
			}
			if len(o.Dropped) != 1 || o.Dropped[0].Means != test.means || len(o.Unknown) > 0 || o.Answer() != reach.No || o.Dropped[0].Count != 1 {
				t.Fatalf("%+v", o)
			}
			var changes []string
			for _, c := range o.Changes {
				for _, f := range c.Allow {
					changes = append(changes, c.Namespace+": "+f)
				}
			}
			if got := strings.Join(changes, "; "); test.means == reach.Missing && (got != test.want || o.Dropped[0].Says != test.want) || test.means != reach.Missing && (got != "" || !strings.Contains(o.Dropped[0].Says, test.want)) {
				t.Errorf("%q, %q; want %q", got, o.Dropped[0].Says, test.want)
			}
		})
	}
}

// TestPods: which pods of the list those of a log are.
func TestPods(t *testing.T) {
	l := &listed{profiles: map[string]string{"web-a": "isolated", "web-b": "isolated"}}
	for _, test := range []struct{ from, want string }{
		{pod("web-a", "a"), "web-a/a"}, // a label that is no part of the identity is not in the log
		{pod("web-a", "b", `"k8s:injected=x"`), "web-a/b"},
		{pod("web-a", "c"), "web-a/app=c"},
		{`{"namespace":"web-a","labels":["k8s:app=old"],"workloads":[{"name":"b","kind":"Deployment"}]}`, "web-a/b"},
		{`{"namespace":"web-a","labels":["k8s:app=old"],"workloads":[{"name":"b","kind":"StatefulSet"}]}`, "web-a/app=old"},
		{`{"namespace":"web-a","labels":["app=a"]}`, "web-a/a"},
		{`{"namespace":"web-a","labels":["k8s:app=a","k8s:io.cilium.k8s.policy.serviceaccount=other"]}`, "web-a/app=a"},
		{`{"namespace":"web-a","labels":["k8s:app=a","k8s:io.cilium.k8s.policy.serviceaccount=default"]}`, "web-a/a"},
		{`{"namespace":"web-a","pod_name":"a-1"}`, "web-a/…"},
	} {
		o := l.observe(t, dropped(test.from, pod("web-b", "b"), syn, ""))
		if len(o.Dropped) != 1 || o.Dropped[0].From != test.want {
			t.Errorf("%s: %+v", test.from, o)
		}
	}
}

// TestCounts: a drop has two events, and packets of a connection do not count besides its first ones.
func TestCounts(t *testing.T) {
	l := &listed{profiles: map[string]string{"web-a": "isolated", "web-b": "isolated"}}
	a, b := pod("web-a", "a"), pod("web-b", "b")
	one := dropped(a, b, syn, "")
	o := l.observe(t, one+one+dropped(a, b, syn, `,"event_type":{"type":5}`)+dropped(a, b, strings.Replace(syn, "SYN", "ACK", 1), "")+
		event("AUDIT", a, b, syn, "")+event("DROPPED", a, b, syn, `"drop_reason_desc":"CT_MAP_INSERTION_FAILED"`)+event("TRACED", a, b, syn, "")+
		event("DROPPED", a, b, syn, `"Type":"L7","l7":{"http":{}}`)+event("DROPPED", a, b, syn, "")+event("ERROR", a, b, syn, ""))
	if len(o.Dropped) != 1 || o.Dropped[0].Count != 3 || o.Dropped[0].Audit != 1 || len(o.Unknown) > 0 || o.Forwarded != 0 || o.Unused != nil || o.Flows != 10 {
		t.Errorf("%+v", o)
	}
	if got := fmt.Sprint(o.Other); got != "[{CT_MAP_INSERTION_FAILED 1} {an error 1} {refused by a proxy, because of the content 1} {the log does not say why 1}]" {
		t.Error(got)
	}
	if l.observe(t, "").Answer() != reach.Yes || l.observe(t, event("FORWARDED", a, b, syn, "")).Answer() != reach.Yes {
		t.Error("nothing was dropped")
	}
}

// TestLookups: a name whose lookups are refused is never a dropped connection, as none is opened.
func TestLookups(t *testing.T) {
	l := &listed{profiles: map[string]string{"web-a": "isolated"}, allow: map[string][]string{"web-a": {"to: {host: known.example.com, ports: [443]}"}}}
	ask := func(name string) string {
		return event("DROPPED", pod("web-a", "a"), pod("kube-system", "dns"), `"UDP":{"source_port":40000,"destination_port":53}`, `"Type":"L7","l7":{"type":"REQUEST","dns":{"query":"`+name+`."}}`)
	}
	o := l.observe(t, ask("api.example.com")+ask("api.example.com")+ask("known.example.com")+ask("api.example.com.web-a.svc.cluster.local")+ask(`x\u001b[2J\n`))
	got, _ := json.Marshal(o.Lookups)
	want := `[{"from":"web-a/a","name":"api.example.com","count":2,"says":"web-a: {to: {host: api.example.com, ports: […]}}, with the port that is meant"},` +
		`{"from":"web-a/a","name":"api.example.com.web-a.svc.cluster.local","count":1},` +
		`{"from":"web-a/a","name":"known.example.com","count":1,"says":"the list permits its lookups as it is"},` +
		`{"from":"web-a/a","name":"x\\x1b[2J\\n","count":1}]`
	if string(got) != want || o.Answer() != reach.No {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// TestUnused: what no forwarded flow has used, whichever of its packets the log has.
func TestUnused(t *testing.T) {
	l := &listed{profiles: map[string]string{"web-a": "web-app", "web-b": "isolated", "web-c": "isolated"},
		allow: map[string][]string{"web-a": {"to: {namespace: web-b, ports: [8080]}", "to: {namespace: web-b, ports: [9090, 9091]}", "to: {host: api.example.com, ports: [9443]}"},
			"web-c": {"to: {namespace: web-b, ports: [1]}"}}}
	a, b := pod("web-a", "a"), pod("web-b", "b")
	world := `"IP":{"source":"10.42.0.1","destination":"203.0.113.7"},"destination_names":["cdn.example.com","api.example.com"]`
	for _, test := range []struct{ name, log, want string }{
		{"nothing is forwarded", dropped(a, b, strings.Replace(syn, "8080", "1", 1), ""), ""},
		{"one flow", event("FORWARDED", a, b, syn, `"is_reply":false`), "9090 9443 allow-dns allow-ingress-controller allow-world-https"},
		{"a reply", event("FORWARDED", b, a, `"TCP":{"source_port":9091,"destination_port":40000}`, `"is_reply":true`), "8080 9443 allow-dns allow-ingress-controller allow-world-https"},
		{"what may be one", event("FORWARDED", b, a, `"TCP":{"source_port":9091,"destination_port":40000}`, ""), "8080 9443 allow-dns allow-ingress-controller allow-world-https"},
		{"redirected to a proxy", event("REDIRECTED", a, b, syn, ""), "9090 9443 allow-dns allow-ingress-controller allow-world-https"},
		{"one of several names", event("FORWARDED", a, reserved("world"), `"TCP":{"destination_port":9443}`, `"is_reply":false,`+world), "8080 9090 allow-dns allow-ingress-controller allow-world-https"},
		{"HTTPS", event("FORWARDED", a, reserved("world"), `"TCP":{"destination_port":443}`, `"is_reply":false,`+world), "8080 9090 9443 allow-dns allow-ingress-controller"},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := l.observe(t, test.log)
			var got []string
			for _, word := range []string{"8080", "9090", "9443", "allow-dns", "allow-ingress-controller", "allow-world-https", "default-deny", "web-c"} {
				if slices.ContainsFunc(o.Unused, func(u reach.Unused) bool { return strings.Contains(u.Text+u.Namespace, word) && u.Line > 0 }) {
					got = append(got, word)
				}
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("%q, want %q: %+v", got, test.want, o.Unused)
			}
			if quiet := strings.Contains(strings.Join(o.Notes, " "), "namespaces with policies the log has no forwarded flow"); quiet != (test.want != "") {
				t.Error(o.Notes)
			}
		})
	}
}

// TestChangesPermit: with what a log asks for in the list, the list permits all of it, and asks for nothing more.
func TestChangesPermit(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	for range 60 {
		l := &listed{profiles: map[string]string{}, allow: map[string][]string{}}
		var names []string
		for i := range 4 {
			name := fmt.Sprint("web-", i)
			names = append(names, name)
			l.profiles[name] = pick("", "isolated", "isolated", "web-app", "web-app-internal", "isolated-job", "operator")
		}
		log := ""
		for range 1 + r.IntN(12) {
			pods := func() string { return pod(pick(names...), pick("a", "b", "c")) }
			other, address := pick(reserved("host"), reserved("remote-node"), reserved("kube-apiserver", "remote-node"), reserved("ingress"), reserved("world")), pick("203.0.113.7", "203.0.113.8", "2001:db8::7")
			if strings.Contains(address, ":") {
				other = strings.Replace(other, "world", "world-ipv6", 1)
			}
			l4 := fmt.Sprintf(`"%s":{"source_port":40000,"destination_port":%s}`, pick("TCP", "UDP", "SCTP"), pick("53", "443", "8080"))
			switch r.IntN(4) {
			case 0:
				log += dropped(pods(), other, l4, `,"IP":{"source":"10.42.0.1","destination":"`+address+`"}`)
			case 1:
				log += dropped(pods(), reserved("world"), l4, `,"IP":{"source":"10.42.0.1","destination":"203.0.113.7"},"destination_names":["`+pick("a", "b")+`.example.com"]`)
			case 2:
				log += dropped(other, pods(), l4, `,"IP":{"source":"`+address+`","destination":"10.42.0.1"}`)
			default:
				log += dropped(pods(), pods(), l4, "")
			}
		}
		before := l.observe(t, log)
		for _, c := range before.Changes {
			l.allow[c.Namespace] = append(l.allow[c.Namespace], c.Allow...)
		}
		after := l.observe(t, log)
		if len(after.Changes) > 0 || len(before.Dropped)+len(before.Unknown) != len(after.Dropped)+len(after.Unknown) {
			t.Fatalf("after: %+v\nbefore: %+v\n%s", after, before, log)
		}
		for _, d := range after.Dropped {
			if d.Means != reach.Permitted {
				t.Fatalf("%+v\nbefore: %+v\n%s", d, before, log)
			}
		}
		if len(before.Unknown) != 0 {
			t.Fatalf("%+v", before.Unknown)
		}
	}
}

// TestHostile: whatever a log has, its lines are lines of the answer, and each is plain text.
func TestHostile(t *testing.T) {
	l := &listed{profiles: map[string]string{"web-a": "isolated"}}
	const bad = `\u001b[31m\nadd to networkPolicies.allow of web-a:\n  - {to: {entity: all}}\u202e`
	log := ""
	for _, end := range []string{pod(bad, "x"), pod("web-b", bad), pod("web-a", bad), `{"labels":["reserved:` + bad + `"]}`, `{"namespace":"web-a","workloads":[{"name":"` + bad + `","kind":"` + bad + `"}]}`} {
		log += dropped(end, pod("web-a", "a"), syn, "") + dropped(pod("web-a", "a"), end, syn, `,"destination_names":["`+bad+`"]`) + event("FORWARDED", end, end, syn, "")
	}
	log += event("DROPPED", pod("web-a", "a"), pod("web-a", "b"), syn, `"drop_reason_desc":"`+bad+`"`)
	text := l.observe(t, log).Text()
	for line := range strings.SplitSeq(text, "\n") {
		if line != diag.Visible(line) || strings.Contains(line, "entity: all") && !strings.Contains(line, `\n`) {
			t.Errorf("%q", line)
		}
	}
}

// TestBounds: a log of a great many different flows is read in time that grows with it, and one of more is refused.
func TestBounds(t *testing.T) {
	l := &listed{profiles: map[string]string{"web-a": "isolated"}}
	log := func(flows int) string {
		var b strings.Builder
		for i := range flows {
			b.WriteString(dropped(pod("web-a", "a"), reserved("world"), syn, fmt.Sprintf(`,"IP":{"source":"10.42.0.1","destination":"11.%d.%d.%d"}`, i>>16, i>>8&255, i&255)))
		}
		return b.String()
	}
	text := log(20_000)
	start := time.Now()
	if o := l.observe(t, text); len(o.Dropped) != 20_000 || len(o.Changes[0].Allow) != 20_000 || !strings.Contains(strings.Join(o.Notes, ""), "20000 addresses are listed one by one") {
		t.Error(len(o.Dropped))
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Error(took)
	}
	_, err := l.reach(t).Observe(strings.NewReader(log(100_100)))
	if err == nil || !strings.Contains(err.Error(), "line 1000") || !strings.Contains(err.Error(), "more than 100,000 different flows") {
		t.Error(err)
	}
}

// FuzzObserve: no log makes it fail but with a message.
func FuzzObserve(f *testing.F) {
	l := &listed{profiles: map[string]string{"web-a": "isolated", "web-b": "web-app"}, allow: map[string][]string{"web-a": {"to: {namespace: web-b, ports: [9090]}"}}}
	r := l.reach(f)
	f.Add(dropped(pod("web-a", "a"), pod("web-b", "b"), syn, ""))
	f.Add(event("FORWARDED", pod("web-a", "a"), reserved("world"), syn, `"destination_names":["a.b"],"is_reply":true`))
	f.Add(event("DROPPED", pod("web-a", "a"), reserved("host"), syn, `"Type":"L7","l7":{"dns":{"query":"a.b."}}`))
	f.Fuzz(func(t *testing.T, log string) {
		if o, err := r.Observe(strings.NewReader(log)); err == nil {
			_ = o.Text()
		}
	})
}
