package profiles_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/hippotion/roster/internal/verdict"
	"github.com/hippotion/roster/internal/verdict/cilium"
	"github.com/hippotion/roster/profiles"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// plainHouse is a cluster without Cilium: everybody in it has an address.
var plainHouse = profiles.Plain{
	Nodes: []netip.Prefix{netip.MustParsePrefix("192.168.0.109/32"), netip.MustParsePrefix("192.168.0.110/31")},
	Pods:  []netip.Prefix{netip.MustParsePrefix("10.42.0.0/16")},
}

// addresses are those of the ends that are no pods. All pods have one of their own.
var addresses = map[string]string{"host": "192.168.0.109", "api-here": "192.168.0.109", "node": "192.168.0.110", "api-server": "192.168.0.111", "named": "203.0.113.77"}

// end is an endpoint with its address.
type end struct {
	verdict.Endpoint
	address netip.Addr
}

func endOf(name string) end {
	e := end{Endpoint: endpoints[name]}
	switch {
	case addresses[name] != "":
		e.address = netip.MustParseAddr(addresses[name])
	case e.IP.IsValid():
		e.address = e.IP
	default:
		e.address = netip.MustParseAddr("10.42.0.7")
	}
	return e
}

// plain is NetworkPolicies of Kubernetes.
type plain []verdict.Policy

// admits judges one end as Kubernetes describes a NetworkPolicy: the ends are pods by their labels, and addresses.
func (p plain) admits(at, other end, ingress bool, protocol string, port uint16) bool {
	direction := networkingv1.PolicyTypeEgress
	if ingress {
		direction = networkingv1.PolicyTypeIngress
	}
	if at.Namespace == "" || ingress && other.Entity == "host" {
		return true
	}
	closed := false
	for _, policy := range p {
		spec := policy.Kubernetes
		if policy.Namespace != at.Namespace || !selects(&spec.PodSelector, at.Labels) || !slices.Contains(spec.PolicyTypes, direction) {
			continue
		}
		closed = true
		for _, r := range spec.Ingress {
			if ingress && toPort(r.Ports, at, protocol, port) && from(r.From, policy.Namespace, other) {
				return true
			}
		}
		for _, r := range spec.Egress {
			if !ingress && toPort(r.Ports, other, protocol, port) && from(r.To, policy.Namespace, other) {
				return true
			}
		}
	}
	return !closed
}

func from(peers []networkingv1.NetworkPolicyPeer, namespace string, other end) bool {
	if len(peers) == 0 {
		return true
	}
	return slices.ContainsFunc(peers, func(p networkingv1.NetworkPolicyPeer) bool {
		switch {
		case p.IPBlock != nil:
			in := func(cidr string) bool { return netip.MustParsePrefix(cidr).Contains(other.address) }
			return in(p.IPBlock.CIDR) && !slices.ContainsFunc(p.IPBlock.Except, in)
		case other.Namespace == "", p.NamespaceSelector == nil && other.Namespace != namespace, p.PodSelector != nil && !selects(p.PodSelector, other.Labels):
			return false
		}
		labels := maps.Clone(other.NamespaceLabels)
		if labels == nil {
			labels = map[string]string{}
		}
		labels["kubernetes.io/metadata.name"] = other.Namespace
		return p.NamespaceSelector == nil || selects(p.NamespaceSelector, labels)
	})
}

func selects(s *metav1.LabelSelector, of map[string]string) bool {
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		panic(err)
	}
	return selector.Matches(labelSet(of))
}

// labelSet is labels, as selectors ask for them.
type labelSet map[string]string

func (l labelSet) Has(key string) bool              { _, ok := l[key]; return ok }
func (l labelSet) Get(key string) string            { return l[key] }
func (l labelSet) Lookup(key string) (string, bool) { v, ok := l[key]; return v, ok }

func toPort(ports []networkingv1.NetworkPolicyPort, to end, protocol string, port uint16) bool {
	if len(ports) == 0 {
		return true
	}
	return slices.ContainsFunc(ports, func(p networkingv1.NetworkPolicyPort) bool {
		switch {
		case string(*p.Protocol) != protocol:
			return false
		case p.Port == nil:
			return true
		case p.Port.StrVal != "":
			return slices.ContainsFunc(to.Ports, func(c corev1.ContainerPort) bool {
				return c.Name == p.Port.StrVal && c.ContainerPort == int32(port) && string(c.Protocol) == protocol
			})
		case p.EndPort != nil:
			return int32(port) >= p.Port.IntVal && int32(port) <= *p.EndPort
		}
		return int32(port) == p.Port.IntVal
	})
}

// said are policies as NetworkPolicies, and what cannot be said.
func said(t *testing.T, how *profiles.Plain, policies []verdict.Policy) (plain, []profiles.Unsaid) {
	t.Helper()
	closing := map[string]profiles.Closing{}
	for _, p := range policies {
		if closing[p.Namespace] == nil {
			closing[p.Namespace] = profiles.Closing{}
		}
		closing[p.Namespace].Add(p.Rule)
	}
	var out plain
	var unsaid []profiles.Unsaid
	for _, p := range policies {
		spec, not := how.Policy(p.Rule, closing[p.Namespace])
		if unsaid = append(unsaid, not...); spec != nil {
			out = append(out, verdict.Policy{Namespace: p.Namespace, Name: p.Name, Kubernetes: reread(t, spec)})
		}
	}
	return out, unsaid
}

// reread is a spec as it will be applied.
func reread(t *testing.T, spec *networkingv1.NetworkPolicySpec) *networkingv1.NetworkPolicySpec {
	t.Helper()
	text, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	out := &networkingv1.NetworkPolicySpec{}
	if err := json.Unmarshal(text, out); err != nil {
		t.Fatal(err)
	}
	return out
}

// otherwise are the rows of the truth tables that NetworkPolicies see otherwise, as docs/profiles.md says: nodes are one another's equals, and
// an API server outside is known by the addresses that the platform names.
var otherwise = map[string][]string{
	"dns":                {"app > node 53/UDP"},
	"cluster-dns":        {"app > api-outside 6443/TCP", "app > node 53/UDP"},
	"metrics-server":     {"api-outside > app 4443/TCP"},
	"operator":           {"api-outside > app 9443/TCP", "app > api-outside 6443/TCP", "app > host 6443/TCP", "app > node 6443/TCP"},
	"ingress-controller": {"app > api-outside 443/TCP", "app > api-outside 6443/TCP"},
	"monitoring":         {"api-outside > app 10250/TCP", "app > api-outside 443/TCP"},
}

// TestPlainTruth judges each built-in profile as NetworkPolicies, by the same tables.
func TestPlainTruth(t *testing.T) {
	set, _ := load(t, nil, usual())
	for name, table := range truth {
		policies, unsaid := said(t, &plainHouse, ruled(set[name]))
		if len(unsaid) > 0 {
			t.Errorf("%s: %+v", name, unsaid)
			continue
		}
		if got := differ(t, policies, table.allowed, table.denied); !slices.Equal(got, otherwise[name]) {
			t.Errorf("%q: {\n%s\n},", name, strings.Join(got, "\n"))
		}
	}
}

// differ are the rows of a truth table that NetworkPolicies see otherwise.
func differ(t *testing.T, policies plain, allowed, denied string) []string {
	t.Helper()
	var out []string
	for want, rows := range map[bool]string{true: allowed, false: denied} {
		for line := range strings.Lines(rows) {
			row, _, _ := strings.Cut(line, "#")
			words := strings.Fields(row)
			if len(words) != 4 || words[0] == "gateway" || words[2] == "gateway" { // which is Cilium's
				continue
			}
			number, protocol, _ := strings.Cut(words[3], "/")
			port, err := strconv.ParseUint(number, 10, 16)
			if err != nil {
				t.Fatal(err)
			}
			a, b := endOf(words[0]), endOf(words[2])
			if got := policies.admits(a, b, false, protocol, uint16(port)) && policies.admits(b, a, true, protocol, uint16(port)); got != want {
				out = append(out, strings.Join(words, " "))
			}
		}
	}
	slices.Sort(out)
	return out
}

func ruled(p *profiles.Profile) []verdict.Policy {
	var out []verdict.Policy
	for _, policy := range p.Policies {
		out = append(out, verdict.Policy{Namespace: "app", Name: policy.Name, Rule: policy.Rule})
	}
	return out
}

// some is random words.
type some struct{ *rand.Rand }

func (r some) of(words ...string) string { return words[r.IntN(len(words))] }

func (r some) list(least, most int, one func() string) string {
	var out []string
	for range least + r.IntN(most-least+1) {
		out = append(out, one())
	}
	return "[" + strings.Join(out, ", ") + "]"
}

func (r some) selector(peer bool) string {
	var equal, other []string
	source := r.of("", "k8s:", "any:")
	if r.IntN(2) == 0 {
		equal = append(equal, fmt.Sprintf("%q: %s", source+"app", r.of("a", "b")))
	}
	if peer && r.IntN(2) == 0 {
		equal = append(equal, fmt.Sprintf("%q: %s", source+"io.kubernetes.pod.namespace", r.of("ns0", "ns1")))
	}
	if peer && r.IntN(6) == 0 {
		equal = append(equal, fmt.Sprintf("%q: %s", source+"io.cilium.k8s.namespace.labels.team", r.of("red", "blue")))
	}
	if r.IntN(6) == 0 {
		other = append(other, fmt.Sprintf("{key: %q, operator: %s}", source+"tier", r.of("Exists", "DoesNotExist", "In, values: [web]", "NotIn, values: [web, db]")))
	}
	if peer && r.IntN(6) == 0 {
		other = append(other, fmt.Sprintf("{key: %q, operator: %s}", source+"io.kubernetes.pod.namespace", r.of("Exists", "DoesNotExist", "In, values: [ns0]", "NotIn, values: [ns0]")))
	}
	return "{matchLabels: {" + strings.Join(equal, ", ") + "}, matchExpressions: [" + strings.Join(other, ", ") + "]}"
}

func (r some) rule(word string) string {
	var peers string
	switch r.IntN(5) {
	case 0, 1:
		peers = word + "Endpoints: " + r.list(0, 2, func() string { return r.selector(true) })
	case 2:
		peers = word + "Entities: " + r.list(0, 2, func() string {
			return r.of("all", "world", "cluster", "host", "remote-node", "kube-apiserver", "none", "ingress", "health")
		})
	case 3:
		peers = word + "CIDRSet: " + r.list(1, 2, func() string {
			return r.of("{cidr: 0.0.0.0/0, except: [192.168.0.0/24]}", "{cidr: 203.0.113.0/24, except: [203.0.113.9/32]}", "{cidr: 192.168.0.0/16}", `{cidr: "::/0"}`, "{cidr: 10.42.0.0/16}", "{cidr: 192.168.0.110/32}")
		})
	}
	parts := slices.DeleteFunc([]string{peers}, func(s string) bool { return s == "" })
	if r.IntN(2) == 0 {
		parts = append(parts, "toPorts: "+r.list(0, 2, func() string {
			return "{ports: " + r.list(0, 2, func() string {
				return "{port: " + r.of(`"80"`, `"443"`, `"0"`, `"80", endPort: 443`, "http", "HTTP") + r.of("", ", protocol: TCP", ", protocol: UDP", ", protocol: ANY") + "}"
			}) + "}"
		}))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func (r some) policy(t *testing.T, name string) verdict.Policy {
	t.Helper()
	parts := []string{"endpointSelector: " + r.selector(false)}
	for direction, word := range map[string]string{"ingress": "from", "egress": "to"} {
		if r.IntN(3) > 0 {
			parts = append(parts, direction+": "+r.list(0, 3, func() string { return r.rule(word) }))
		}
	}
	if r.IntN(4) == 0 {
		parts = append(parts, fmt.Sprintf("enableDefaultDeny: {ingress: %v, egress: %v}", r.IntN(3) == 0, r.IntN(3) == 0))
	}
	rule := &api.Rule{}
	if err := yaml.Unmarshal([]byte("{"+strings.Join(parts, ", ")+"}"), rule); err != nil {
		t.Fatal(err)
	}
	return verdict.Policy{Namespace: "ns0", Name: name, Rule: rule}
}

// sayable are those of some policies that Cilium takes and a NetworkPolicy can say, beside the others.
func sayable(t *testing.T, all []verdict.Policy) (rules []verdict.Policy, policies plain) {
	t.Helper()
	for _, p := range all {
		if _, err := cilium.New(verdict.Options{}, []verdict.Policy{p}); err != nil {
			continue
		}
		with := append(slices.Clone(rules), p)
		if _, unsaid := said(t, &plainHouse, with); len(unsaid) == 0 {
			rules = with
		}
	}
	policies, _ = said(t, &plainHouse, rules)
	return rules, policies
}

// TestPlainRandom: what is said of random rules permits what Cilium's engine permits by the rules themselves, and Cilium's own reading of the
// NetworkPolicies agrees as far as its world goes, where addresses are never those of pods and nodes.
func TestPlainRandom(t *testing.T) {
	pod := func(namespace, app, tier string, n byte) end {
		e := end{verdict.Endpoint{Namespace: namespace, Labels: map[string]string{"app": app, "tier": tier},
			NamespaceLabels: map[string]string{"team": map[string]string{"ns0": "red", "ns1": "blue"}[namespace], "kubernetes.io/metadata.name": namespace},
			Ports:           []corev1.ContainerPort{{Name: "http", ContainerPort: 80, Protocol: corev1.ProtocolTCP}}}, netip.AddrFrom4([4]byte{10, 42, 0, n})}
		if tier == "" {
			delete(e.Labels, "tier")
		}
		return e
	}
	outside := func(a string) end {
		return end{verdict.Endpoint{IP: netip.MustParseAddr(a)}, netip.MustParseAddr(a)}
	}
	pods := []end{pod("ns0", "a", "web", 1), pod("ns0", "b", "", 2), pod("ns0", "c", "db", 3)}
	others := append(slices.Clone(pods), pod("ns1", "a", "", 4), pod("ns1", "b", "web", 5), outside("203.0.113.9"), outside("203.0.113.10"), outside("192.168.0.50"), outside("2001:db8::9"),
		end{verdict.Endpoint{Entity: "host"}, netip.MustParseAddr("192.168.0.109")}, end{verdict.Endpoint{Entity: "remote-node"}, netip.MustParseAddr("192.168.0.110")})
	asked, allowed, narrowed := 0, 0, 0
	for i := range 200 {
		r := some{rand.New(rand.NewPCG(19, uint64(i)))}
		var all []verdict.Policy
		for k := range 1 + r.IntN(5) {
			all = append(all, r.policy(t, "p"+strconv.Itoa(k)))
		}
		rules, policies := sayable(t, all)
		engine, err := cilium.New(verdict.Options{}, rules)
		if err != nil {
			t.Fatal(err)
		}
		read, err := cilium.New(verdict.Options{}, policies)
		if err != nil {
			t.Fatalf("Cilium refuses a NetworkPolicy: %v", err)
		}
		for range 60 {
			at, other, ingress := pods[r.IntN(len(pods))], others[r.IntN(len(others))], r.IntN(2) == 0
			port, protocol := []uint16{80, 81, 443, 8080}[r.IntN(4)], r.of("TCP", "UDP")
			want := decide(t, engine, at, other, ingress, protocol, port)
			got := policies.admits(at, other, ingress, protocol, port)
			asked++
			if want {
				allowed++
			}
			if got != want {
				t.Fatalf("platform %d: %+v, %+v, in %t, %s %d: Cilium %t, NetworkPolicy %t, by\n%s%s", i, at, other, ingress, protocol, port, want, got, shown(rules), shown(policies))
			}
			if other.Entity != "" || ingress && other.Namespace == "ns0" { // to Cilium, an ipBlock is no node, and as a source the namespace as well
				continue
			}
			narrowed++
			if got := decide(t, read, at, other, ingress, protocol, port); got != want {
				t.Fatalf("platform %d: %+v, %+v, in %t, %s %d: Cilium %t by rules, %t by NetworkPolicies\n%s%s", i, at, other, ingress, protocol, port, want, got, shown(rules), shown(policies))
			}
		}
	}
	if asked < 5000 || allowed < asked/5 || allowed > asked*4/5 || narrowed < asked/3 {
		t.Errorf("%d flows, %d allowed, %d also by Cilium's reading", asked, allowed, narrowed)
	}
}

// shown are policies, for the failures of tests.
func shown(policies []verdict.Policy) string {
	var out strings.Builder
	for _, p := range policies {
		text, err := json.Marshal([]any{p.Name, p.Rule, p.Kubernetes})
		fmt.Fprintln(&out, string(text), err)
	}
	return out.String()
}

// decide is Cilium's verdict at one end. A node is what any node is: NetworkPolicies cannot tell them apart.
func decide(t *testing.T, engine *cilium.Engine, at, other end, ingress bool, protocol string, port uint16) bool {
	t.Helper()
	of := []verdict.Endpoint{other.Endpoint}
	if other.Entity != "" {
		of = []verdict.Endpoint{{Entity: "remote-node"}, {Entity: "kube-apiserver"}}
		if !ingress || other.Entity == "host" {
			of = append(of, verdict.Endpoint{Entity: "host"}, verdict.Endpoint{Entity: "host", APIServer: true})
		}
	}
	return slices.ContainsFunc(of, func(e verdict.Endpoint) bool {
		f := verdict.Flow{From: at.Endpoint, To: e, Protocol: protocol, Port: port}
		if ingress {
			f.From, f.To = e, at.Endpoint
		}
		v, err := engine.Verdict(f)
		if err != nil {
			t.Fatal(err)
		}
		if ingress {
			return v.Ingress.Allowed
		}
		return v.Egress.Allowed
	})
}

// TestPlainUnsaid: each part of a rule that is beyond a NetworkPolicy is named with its place.
func TestPlainUnsaid(t *testing.T) {
	unknown := profiles.Plain{Pods: plainHouse.Pods}
	for text, want := range map[string]string{
		"egress: [{toFQDNs: [{matchName: a.example.com}]}]":                                                                            "egress.0.toFQDNs: a host name",
		"egress: [{toServices: [{k8sService: {serviceName: a, namespace: b}}]}]":                                                       "egress.0.toServices: Services",
		"egress: [{toEntities: [world, ingress]}]":                                                                                     "egress.0.toEntities.1: the entity ingress, which is Cilium's own",
		"egress: [{icmps: [{fields: [{type: 8}]}]}]":                                                                                   "egress.0.icmps: ICMP",
		"egress: [{toPorts: [{ports: [{port: \"80\", protocol: TCP}], rules: {http: [{}]}}]}]":                                         "egress.0.toPorts.0.rules: HTTP requests",
		"egress: [{toPorts: [{ports: [{port: \"53\", protocol: ANY}], rules: {dns: [{matchName: a.example.com}]}}]}]":                  "egress.0.toPorts.0.rules: which names are looked up",
		"egress: [{toPorts: [{ports: [{port: \"443\", protocol: TCP}], serverNames: [a.example.com]}]}]":                               "egress.0.toPorts.0.serverNames: names of TLS servers",
		"egress: [{toEndpoints: [{matchLabels: {\"k8s:io.cilium.k8s.policy.serviceaccount\": a}}]}]":                                   "egress.0.toEndpoints.0: the label io.cilium.k8s.policy.serviceaccount, which Cilium alone gives",
		"ingress: [{fromEndpoints: [{matchLabels: {\"reserved:host\": \"\"}}]}]":                                                       "ingress.0.fromEndpoints.0: labels from reserved, which Cilium alone gives",
		"ingress: [{fromEndpoints: [{matchExpressions: [{key: \"k8s:io.kubernetes.pod.namespace\", operator: NotIn, values: [a]}]}]}]": "ingress.0.fromEndpoints.0: all but some namespaces, as Cilium means by it what is outside of the cluster as well",
		"ingress: [{fromCIDRSet: [{cidrGroupRef: a}]}]":                                                                                "ingress.0.fromCIDRSet.0: a CIDR group",
		"ingress: [{fromEndpoints: [{}], authentication: {mode: required}}]":                                                           "ingress.0.authentication: mutual authentication",
		"ingress: [{}], ingressDeny: [{fromEntities: [world]}]":                                                                        "ingressDeny: denials: it only permits",
		"egress: [{}], egressDeny: [{toEntities: [world]}]":                                                                            "egressDeny: denials: it only permits",
		"egress: [{toPorts: [{ports: [{port: \"0\", protocol: IGMP}]}]}]":                                                              "egress.0.toPorts.0.ports.0: the protocol IGMP",
	} {
		rule := &api.Rule{}
		if err := yaml.Unmarshal([]byte("{endpointSelector: {}, "+text+"}"), rule); err != nil {
			t.Fatal(err)
		}
		_, unsaid := plainHouse.Policy(rule, nil)
		if len(unsaid) != 1 || strings.Join(unsaid[0].Field, ".")+": "+unsaid[0].What != want {
			t.Errorf("%s: %+v", text, unsaid)
		}
	}
	for text, nodes := range map[string]bool{"toEntities: [world]": true, "toEntities: [host]": true, "toCIDR: [192.168.0.0/24]": true, "toCIDR: [192.168.0.9]": false, `toCIDR: ["2001:db8::/32"]`: false, "toEntities: [all]": false} {
		rule := &api.Rule{}
		if err := yaml.Unmarshal([]byte("{endpointSelector: {}, egress: [{"+text+"}]}"), rule); err != nil {
			t.Fatal(err)
		}
		if _, unsaid := unknown.Policy(rule, nil); len(unsaid) > 0 != nodes || nodes && !unsaid[0].Nodes {
			t.Errorf("%s, without nodes: %+v", text, unsaid)
		}
	}
}

// otherwiseThere is the same where the platform is not the usual one.
var otherwiseThere = map[string][]string{
	"API server outside, dns":                  {"app > node 53/UDP"},
	"node-local-dns on the node, isolated-job": {"app > node 53/UDP"},
}

// TestPlainPlatforms: what Widen makes of names is said as well, and permits the same, but where one of the controllers is Cilium itself.
func TestPlainPlatforms(t *testing.T) {
	for platform, p := range platforms {
		names := usual()
		p.names(&names)
		set, _ := load(t, fstest.MapFS{}, names)
		how := plainHouse
		how.APIServer = names.APIServerOutside
		own := slices.ContainsFunc(names.Controllers(), func(c profiles.Controller) bool { return c.On == profiles.OnCilium })
		for name, table := range p.truth {
			policies, unsaid := said(t, &how, ruled(set[name]))
			if len(unsaid) > 0 != own || own && !strings.HasPrefix(unsaid[0].What, "the entity ingress") {
				t.Errorf("%s, %s: %+v", platform, name, unsaid)
			}
			if own {
				continue
			}
			if got := differ(t, policies, table.allowed, table.denied); !slices.Equal(got, otherwiseThere[platform+", "+name]) {
				t.Errorf("%q: {\"%s\"},", platform+", "+name, strings.Join(got, "\", \""))
			}
		}
	}
}

// TestPlainKnows fails when Cilium's rules have a field that nobody has thought of here: it would be left out in silence.
func TestPlainKnows(t *testing.T) {
	for of, want := range map[reflect.Type]string{
		reflect.TypeFor[api.Rule]():              "EndpointSelector NodeSelector Ingress IngressDeny Egress EgressDeny Labels EnableDefaultDeny Description Log",
		reflect.TypeFor[api.IngressCommonRule](): "FromEndpoints FromRequires FromCIDR FromCIDRSet FromEntities FromGroups FromNodes",
		reflect.TypeFor[api.IngressRule]():       "IngressCommonRule ToPorts ICMPs Authentication",
		reflect.TypeFor[api.EgressCommonRule]():  "ToEndpoints ToRequires ToCIDR ToCIDRSet ToEntities ToServices ToGroups ToNodes",
		reflect.TypeFor[api.EgressRule]():        "EgressCommonRule ToPorts ToFQDNs ICMPs Authentication",
		reflect.TypeFor[api.PortRule]():          "Ports TerminatingTLS OriginatingTLS ServerNames Listener Rules",
		reflect.TypeFor[api.PortProtocol]():      "Port EndPort Protocol",
		reflect.TypeFor[api.L7Rules]():           "HTTP Kafka DNS L7Proto L7",
		reflect.TypeFor[api.CIDRRule]():          "Cidr CIDRGroupRef CIDRGroupSelector ExceptCIDRs Generated",
	} {
		var got []string
		for i := range of.NumField() {
			if f := of.Field(i); f.IsExported() {
				got = append(got, f.Name)
			}
		}
		slices.Sort(got)
		if known := strings.Fields(want); !slices.Equal(got, slices.Sorted(slices.Values(known))) {
			t.Errorf("%v: %v", of, got)
		}
	}
}
