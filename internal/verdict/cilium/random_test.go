package cilium_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"

	"github.com/hippotion/roster/internal/verdict"
	"github.com/hippotion/roster/internal/verdict/cilium"
)

// draw makes random platforms: policies, and endpoints that these speak of.
type draw struct{ *rand.Rand }

func (r draw) of(words ...string) string { return words[r.IntN(len(words))] }

func (r draw) chance(one int) bool { return r.IntN(one) == 0 }

func (r draw) list(most int, one func() string) string {
	var out []string
	for range r.IntN(most + 1) {
		out = append(out, one())
	}
	return "[" + strings.Join(out, ", ") + "]"
}

func (r draw) some(most int, one func() string) string {
	for {
		if out := r.list(most, one); out != "[]" {
			return out
		}
	}
}

const namespaces = 3

func (r draw) namespace() string { return "ns" + strconv.Itoa(r.IntN(namespaces)) }

// selector is a label selector, in any of the forms that people write.
func (r draw) selector(peer bool) string {
	var equal, other []string
	prefix := r.of("", "k8s:", "any:")
	if r.IntN(2) == 0 {
		equal = append(equal, fmt.Sprintf(`"%sapp": %s`, prefix, r.of("a", "b", "c")))
	}
	if r.chance(5) {
		equal = append(equal, fmt.Sprintf(`"%stier": %s`, prefix, r.of("web", "db")))
	}
	if peer && r.IntN(2) == 0 {
		equal = append(equal, fmt.Sprintf(`"%sio.kubernetes.pod.namespace": %s`, r.of("k8s:", "any:", ""), r.namespace()))
	}
	if peer && r.chance(8) {
		equal = append(equal, fmt.Sprintf(`"k8s:io.cilium.k8s.namespace.labels.team": %s`, r.of("red", "blue")))
	}
	if r.chance(10) {
		equal = append(equal, fmt.Sprintf(`"k8s:io.cilium.k8s.policy.cluster": %s`, r.of("default", "away")))
	}
	if r.chance(12) {
		equal = append(equal, fmt.Sprintf(`"k8s:io.cilium.k8s.policy.serviceaccount": %s`, r.of("robot", "other")))
	}
	if r.chance(12) {
		equal = append(equal, `"pod-template-hash": x`)
	}
	if peer && r.chance(10) {
		return fmt.Sprintf(`{matchLabels: {"reserved:%s": ""}}`, r.of("host", "remote-node", "kube-apiserver", "world", "world-ipv4", "ingress", "health", "init", "unmanaged"))
	}
	if r.chance(4) {
		values := ""
		op := r.of("In", "NotIn", "Exists", "DoesNotExist")
		if strings.HasSuffix(op, "In") {
			values = ", values: " + r.some(2, func() string { return r.of("a", "b", "c") })
		}
		other = append(other, fmt.Sprintf(`{key: "%sapp", operator: %s%s}`, prefix, op, values))
	}
	if peer && r.chance(8) {
		other = append(other, fmt.Sprintf(`{key: "k8s:io.kubernetes.pod.namespace", operator: %s}`, r.of("Exists", "DoesNotExist", "In, values: [ns0, ns1]", "NotIn, values: [ns0]")))
	}
	out := "{matchLabels: {" + strings.Join(equal, ", ") + "}"
	if len(other) > 0 {
		out += ", matchExpressions: [" + strings.Join(other, ", ") + "]"
	}
	return out + "}"
}

func (r draw) cidr() string {
	return r.of("0.0.0.0/0", "203.0.113.0/24", "203.0.113.9", "203.0.113.9/32", "192.168.0.0/16", "192.168.0.50/32", `"::/0"`, `"2001:db8::/32"`)
}

func (r draw) entity() string {
	return r.of("all", "world", "cluster", "host", "remote-node", "kube-apiserver", "health", "ingress", "init", "unmanaged", "none")
}

// peers are the peers of a rule, with the key before them; deny says that Cilium has fewer kinds of them there.
func (r draw) peers(word string, deny bool) string {
	switch r.IntN(10) {
	case 0, 1, 2:
		return fmt.Sprintf("%sEndpoints: %s", word, r.list(2, func() string { return r.selector(true) }))
	case 3, 4:
		return fmt.Sprintf("%sEntities: %s", word, r.list(2, r.entity))
	case 5:
		return fmt.Sprintf("%sCIDR: %s", word, r.list(2, r.cidr))
	case 6:
		return fmt.Sprintf("%sCIDRSet: %s", word, r.list(2, func() string {
			return r.of("{cidr: 0.0.0.0/0, except: [192.168.0.0/16]}", "{cidr: 203.0.113.0/24, except: [203.0.113.9/32]}", "{cidr: 10.0.0.0/8}", "{cidr: \"::/0\", except: [\"2001:db8::/32\"]}")
		}))
	case 7:
		if word == "to" && !deny {
			return "toFQDNs: " + r.some(2, func() string {
				return r.of("{matchName: api.example.com}", "{matchPattern: '*.example.com'}", "{matchName: other.example}", "{matchPattern: '*'}")
			})
		}
		return fmt.Sprintf("%sNodes: %s", word, r.list(1, func() string { return r.selector(false) }))
	case 8:
		return fmt.Sprintf("%sEndpoints: [{}]", word)
	}
	return ""
}

func (r draw) port(named bool) string {
	ports := []string{`"80"`, `"443"`, `"53"`, `"8080"`, `"0"`, `"80", endPort: 443`, `"1000", endPort: 9000`}
	if named {
		ports = append(ports, "http", "metrics", "http", "HTTP")
	}
	protocol := r.of("", ", protocol: TCP", ", protocol: UDP", ", protocol: ANY", ", protocol: SCTP")
	return "{port: " + r.of(ports...) + protocol + "}"
}

// rule is a rule of one direction.
func (r draw) rule(ingress, deny bool) string {
	word := map[bool]string{true: "from", false: "to"}[ingress]
	var parts []string
	if peers := r.peers(word, deny); peers != "" {
		parts = append(parts, peers)
	}
	switch {
	case r.IntN(2) == 0:
	case r.chance(6):
		parts = append(parts, "icmps: [{fields: [{type: "+r.of("8", "EchoRequest", "3")+"}]}]")
	case r.chance(6) && !ingress && !deny:
		parts = append(parts, `toPorts: [{ports: [{port: "53", protocol: ANY}], rules: {dns: [`+r.of("{matchPattern: '*'}", "{matchName: api.example.com}", "{matchPattern: '*.example.com'}")+`]}}]`)
	case r.chance(8) && !deny:
		parts = append(parts, `toPorts: [{ports: [{port: "`+r.of("80", "8080")+`", protocol: TCP}], rules: {http: [{method: GET}]}}]`)
	default:
		parts = append(parts, "toPorts: "+r.list(2, func() string { return "{ports: " + r.list(2, func() string { return r.port(true) }) + "}" }))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func (r draw) spec() string {
	parts := []string{"endpointSelector: " + r.selector(false)}
	for _, d := range []string{"ingress", "egress", "ingressDeny", "egressDeny"} {
		deny := strings.HasSuffix(d, "Deny")
		if deny && r.IntN(5) > 0 || !deny && r.IntN(3) == 0 {
			continue
		}
		parts = append(parts, d+": "+r.list(3, func() string { return r.rule(strings.HasPrefix(d, "ingress"), deny) }))
	}
	if r.chance(6) { // the DNS rule of a profile, and one without names beside it
		const dns = `{toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": ns0}}], toPorts: [{ports: [{port: "53", protocol: %s}]%s}]}`
		parts = []string{parts[0], "egress: [" + fmt.Sprintf(dns, r.of("ANY", "UDP"), ", rules: {dns: [{matchName: api.example.com}]}") + "]"}
		if r.chance(2) {
			parts[1] = "egress: [" + fmt.Sprintf(dns, r.of("ANY", "UDP", "TCP"), "") + ", {toFQDNs: [{matchName: other.example}]}]"
		}
	}
	if r.chance(8) {
		parts = append(parts, fmt.Sprintf("enableDefaultDeny: {ingress: %v, egress: %v}", r.chance(2), r.chance(2)))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// kubernetes is a NetworkPolicy's spec.
func (r draw) kubernetes() string {
	selector := func() string {
		return "{" + r.of("", "matchLabels: {app: a}", "matchLabels: {app: b}", "matchExpressions: [{key: app, operator: In, values: [a, c]}]") + "}"
	}
	peer := func() string {
		var parts []string
		if r.IntN(2) == 0 {
			parts = append(parts, "podSelector: "+selector())
		}
		if r.IntN(2) == 0 {
			parts = append(parts, "namespaceSelector: {"+r.of("", "matchLabels: {team: red}", "matchLabels: {kubernetes.io/metadata.name: ns1}", "matchExpressions: [{key: team, operator: Exists}]")+"}")
		}
		if len(parts) == 0 {
			parts = append(parts, "ipBlock: {cidr: "+r.of("0.0.0.0/0, except: [192.168.0.0/16]", "203.0.113.0/24", "10.0.0.0/8")+"}")
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	port := func() string {
		return r.of("{port: 80}", "{port: http}", "{port: 1000, endPort: 9000}", "{protocol: UDP, port: 53}", "{protocol: UDP}", "{}", "{port: metrics, protocol: UDP}")
	}
	rule := func(word string) string {
		var parts []string
		if r.IntN(3) > 0 {
			parts = append(parts, word+": "+r.list(2, peer))
		}
		if r.IntN(2) == 0 {
			parts = append(parts, "ports: "+r.list(2, port))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	parts := []string{"podSelector: " + selector()}
	if r.IntN(3) > 0 {
		parts = append(parts, "ingress: "+r.list(2, func() string { return rule("from") }))
	}
	if r.IntN(3) > 0 {
		parts = append(parts, "egress: "+r.list(2, func() string { return rule("to") }))
	}
	if r.IntN(3) > 0 {
		parts = append(parts, "policyTypes: "+r.of("[Ingress]", "[Egress]", "[Ingress, Egress]"))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func (r draw) policy(t *testing.T, number int) verdict.Policy {
	t.Helper()
	name := "p" + strconv.Itoa(number)
	if r.chance(5) {
		var spec networkingv1.NetworkPolicySpec
		if err := yaml.UnmarshalStrict([]byte(r.kubernetes()), &spec); err != nil {
			t.Fatal(err)
		}
		return verdict.Policy{Namespace: r.namespace(), Name: name, Kubernetes: &spec}
	}
	in := r.namespace() + "/"
	if r.chance(6) {
		in = ""
	}
	p := policy(t, in+name, r.spec())
	if r.chance(8) {
		p.Specs = append(p.Specs, policy(t, in+name, r.spec()).Rule)
	}
	return p
}

func (r draw) pod() verdict.Endpoint {
	labels := map[string]string{"pod-template-hash": "x"}
	if r.IntN(4) > 0 {
		labels["app"] = r.of("a", "b", "c")
	}
	if r.IntN(4) > 0 {
		labels["tier"] = r.of("web", "db")
	}
	namespace := r.namespace()
	out := verdict.Endpoint{Namespace: namespace, Labels: labels, ServiceAccount: r.of("", "robot"),
		NamespaceLabels: map[string]string{"team": map[string]string{"ns0": "red", "ns1": "blue"}[namespace], "kubernetes.io/metadata.name": namespace}}
	if namespace == "ns2" {
		delete(out.NamespaceLabels, "team")
	}
	if r.IntN(2) == 0 {
		out.Ports = append(out.Ports, corev1.ContainerPort{Name: "http", ContainerPort: int32(8080 + r.IntN(8)/7)})
	}
	if r.IntN(3) == 0 {
		out.Ports = append(out.Ports, corev1.ContainerPort{Name: "metrics", ContainerPort: 9090, Protocol: corev1.Protocol(r.of("", "UDP"))})
	}
	return out
}

func (r draw) endpoint() verdict.Endpoint {
	switch r.IntN(4) {
	case 0:
		e := verdict.Endpoint{Entity: r.of("host", "remote-node", "kube-apiserver", "world", "world-ipv6", "health", "ingress", "init", "unmanaged")}
		if (e.Entity == "host" || e.Entity == "remote-node") && r.chance(3) {
			e.APIServer = true
		}
		return e
	case 1:
		e := verdict.Endpoint{IP: netip.MustParseAddr(r.of("203.0.113.9", "203.0.113.10", "192.168.0.50", "10.1.2.3", "2001:db8::9")), APIServer: r.chance(4)}
		if r.chance(2) {
			e.FQDN = r.of("api.example.com", "other.example", "a.b.example.com")
		}
		return e
	}
	return r.pod()
}

// hide is a pod of which nothing is known but its namespace; other endpoints stay as they are.
func hide(e verdict.Endpoint) verdict.Endpoint {
	if e.Namespace == "" {
		return e
	}
	return verdict.Endpoint{Namespace: e.Namespace, NamespaceLabels: e.NamespaceLabels, Unknown: true}
}

// TestRandom holds package verdict against Cilium's engine: PLATFORMS random platforms, drawn with SEED.
func TestRandom(t *testing.T) {
	number := func(name string, otherwise int) int {
		if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
			return n
		}
		return otherwise
	}
	platforms, seed := number("PLATFORMS", 150), number("SEED", 1)
	asked, allowed, refused, conflicts, sure := 0, 0, 0, 0, 0
	for i := range platforms {
		r := draw{rand.New(rand.NewPCG(uint64(seed), uint64(i)))}
		var policies []verdict.Policy
		for k := range 1 + r.IntN(5) {
			policies = append(policies, r.policy(t, k))
		}
		var ends []verdict.Endpoint
		var pods []verdict.Endpoint
		for range 6 {
			e := r.endpoint()
			ends = append(ends, e)
			if e.Namespace != "" {
				pods = append(pods, e)
			}
		}
		o := verdict.Options{}
		if r.IntN(3) > 0 {
			o.Pods = pods
		}
		j := verdict.New(o, policies)
		// Both refuse the same policies.
		var accepted []verdict.Policy
		skipped := map[int]string{}
		for _, s := range j.Skipped() {
			skipped[s.Policy] = s.Reason
		}
		for k, p := range policies {
			_, err := cilium.New(o, []verdict.Policy{p})
			if reason, skip := skipped[k]; skip != (err != nil) {
				text, _ := yaml.Marshal(p)
				t.Fatalf("platform %d: refused %v %q, by Cilium %v\n%s", i, skip, reason, err, text)
			}
			if err == nil {
				accepted = append(accepted, p)
			} else {
				refused++
			}
		}
		engine, err := cilium.New(o, accepted)
		if err != nil {
			t.Fatal(err)
		}
		j = verdict.New(o, accepted)
		for _, from := range ends {
			for _, to := range ends {
				f := verdict.Flow{From: from, To: to, Port: []uint16{80, 443, 53, 8080, 8081, 9090, 5000}[r.IntN(7)], Protocol: r.of("TCP", "TCP", "UDP", "SCTP", "ICMP")}
				if f.Protocol == "ICMP" {
					f.Port = 8
				}
				want, err := engine.Verdict(f)
				if err != nil {
					conflicts++ // policies that are valid and contradict each other
					continue
				}
				asked++
				if want.Allowed() {
					allowed++
				}
				if diff := disagreement(j, f, want); diff != "" {
					text, _ := yaml.Marshal(accepted)
					t.Fatalf("platform %d: %s\nunder\n%s", i, diff, text)
				}
				// What is said of pods whose labels are not known is true of each of them.
				hidden := verdict.Flow{From: hide(from), To: hide(to), Protocol: f.Protocol, Port: f.Port}
				v, err := j.Verdict(hidden)
				if err != nil {
					t.Fatal(err)
				}
				if v.Sure() {
					sure++
					if v.Allowed() != want.Allowed() {
						text, _ := yaml.Marshal(accepted)
						t.Fatalf("platform %d: %+v: surely %v, and allowed is %v with all labels: %+v\n%s", i, hidden, v, want.Allowed(), f, text)
					}
				}
				h1, _ := j.Peer(hide(from))
				h2, _ := j.Peer(hide(to))
				surely, perhaps := j.Permitted(h1, h2)
				if got, might := surely.Has(f.Protocol, f.Port), perhaps.Has(f.Protocol, f.Port); got != (v.Sure() && v.Allowed()) || !might && !got && !(v.Sure() && !v.Allowed()) {
					t.Fatalf("platform %d: %+v: permitted %v, perhaps %v, but %+v", i, hidden, got, might, v)
				}
				a, errFrom := j.Peer(from)
				b, errTo := j.Peer(to)
				if errFrom != nil || errTo != nil {
					t.Fatal(errFrom, errTo)
				}
				if ports, perhaps := j.Permitted(a, b); ports.Has(f.Protocol, f.Port) != want.Allowed() || !perhaps.Empty() {
					t.Fatalf("platform %d: %+v: permitted are %v and perhaps %v; allowed is %v", i, f, ports, perhaps, want.Allowed())
				}
			}
		}
	}
	t.Logf("%d of %d answers about pods without known labels are sure", sure, asked)
	if sure == 0 || sure == asked {
		t.Error("what is not known does not matter")
	}
	t.Logf("%d flows, %d allowed; %d policies refused, %d contradictions", asked, allowed, refused, conflicts)
	if allowed == 0 || asked == allowed || refused == 0 {
		t.Error("the platforms decide nothing")
	}
}
