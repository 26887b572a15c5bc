package cilium_test

import (
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	k8sconst "github.com/cilium/cilium/pkg/k8s/apis/cilium.io"
	slimv1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/apis/meta/v1"
	"github.com/cilium/cilium/pkg/labels"
	"github.com/cilium/cilium/pkg/policy/api"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/hippotion/roster/internal/verdict"
	"github.com/hippotion/roster/internal/verdict/cilium"
)

// dnsRules lets all pods of a namespace look names up, through Cilium's proxy.
const dnsRules = `
endpointSelector: {}
egress:
  - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:k8s-app": kube-dns}}]
    toPorts: [{ports: [{port: "53", protocol: ANY}], rules: {dns: [{matchPattern: "*"}]}}]
`

func pod(namespace, app string) verdict.Endpoint {
	return verdict.Endpoint{Namespace: namespace, Labels: map[string]string{"app": app}}
}

func entity(name string) verdict.Endpoint { return verdict.Endpoint{Entity: name} }

func ip(addr string) verdict.Endpoint { return verdict.Endpoint{IP: netip.MustParseAddr(addr)} }

func fqdn(name string) verdict.Endpoint { return verdict.Endpoint{FQDN: name} }

func policy(t testing.TB, name, spec string) verdict.Policy {
	t.Helper()
	rule := &api.Rule{}
	if err := yaml.UnmarshalStrict([]byte(spec), rule); err != nil {
		t.Fatalf("%v in\n%s", err, spec)
	}
	namespace, name, namespaced := strings.Cut(name, "/")
	if !namespaced {
		namespace, name = "", namespace
	}
	return verdict.Policy{Namespace: namespace, Name: name, Rule: rule}
}

func engine(t testing.TB, policies ...verdict.Policy) *cilium.Engine {
	t.Helper()
	e, err := cilium.New(verdict.Options{}, policies)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// flow reads a port as TCP/80.
func flow(t testing.TB, from, to verdict.Endpoint, port string) verdict.Flow {
	t.Helper()
	f := verdict.Flow{From: from, To: to}
	protocol, number, _ := strings.Cut(port, "/")
	f.Protocol = protocol
	if _, err := fmt.Sscan(number, &f.Port); err != nil {
		t.Fatal(err)
	}
	return f
}

// side is one of: open (nothing is enforced), allow, deny; with the proxy if
// there is one.
func side(d verdict.Decision) string {
	out := "deny"
	if d.Allowed {
		out = "allow"
	}
	if !d.Enforced {
		out = map[bool]string{true: "open", false: "deny without enforcement"}[d.Allowed]
	}
	if d.Proxy != "" {
		out += " " + d.Proxy
	}
	return out
}

func TestVerdict(t *testing.T) {
	var (
		web   = pod("shop", "web")
		db    = pod("shop", "db")
		alien = pod("blog", "web")
		dns   = verdict.Endpoint{Namespace: "kube-system", Labels: map[string]string{"k8s-app": "kube-dns"}}

		labelled = verdict.Endpoint{Namespace: "blog", NamespaceLabels: map[string]string{"team": "a", "kubernetes.io/metadata.name": "blog"}}
		account  = verdict.Endpoint{Namespace: "shop", ServiceAccount: "deployer"}
		named    = verdict.Endpoint{Namespace: "shop", Labels: map[string]string{"app": "named"}, Ports: []corev1.ContainerPort{
			{Name: "http", ContainerPort: 8080}, {Name: "sync", ContainerPort: 9000, Protocol: corev1.ProtocolUDP},
		}}
		twin = verdict.Endpoint{Namespace: "shop", Labels: named.Labels, Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8081}}}
	)
	type want struct {
		from, to verdict.Endpoint
		port     string
		egress   string
		ingress  string
	}
	tests := []struct {
		name     string
		policies map[string]string // spec by namespace/name
		want     []want
	}{{
		// Cilium's default enforcement mode: who is selected by nothing is free.
		name: "no policy leaves everything open",
		want: []want{
			{web, alien, "TCP/80", "open", "open"},
			{web, ip("192.0.2.1"), "TCP/443", "open", "open"},
			{entity("world"), web, "TCP/80", "open", "open"},
			{entity("remote-node"), web, "UDP/80", "open", "open"},
		},
	}, {
		// One empty rule covers the direction and permits nobody.
		name:     "ingress with an empty rule denies all, egress stays open",
		policies: map[string]string{"shop/deny": "{endpointSelector: {}, ingress: [{}]}"},
		want: []want{
			{web, db, "TCP/80", "open", "deny"},
			{alien, web, "TCP/80", "open", "deny"},
			{entity("world"), web, "TCP/80", "open", "deny"},
			{entity("remote-node"), web, "TCP/80", "open", "deny"},
			{web, alien, "TCP/80", "open", "open"},
		},
	}, {
		name:     "egress with an empty rule denies all, ingress stays open",
		policies: map[string]string{"shop/deny": "{endpointSelector: {}, egress: [{}]}"},
		want: []want{
			{web, db, "TCP/80", "deny", "open"},
			{web, ip("192.0.2.1"), "TCP/80", "deny", "open"},
			{web, entity("host"), "TCP/80", "deny", "open"},
			{web, dns, "UDP/53", "deny", "open"},
			{alien, web, "TCP/80", "open", "open"},
		},
	}, {
		// `egress: []` is no rule, so it does not cover the direction, though a
		// Kubernetes NetworkPolicy with policyTypes would read alike.
		name:     "an empty list covers nothing",
		policies: map[string]string{"shop/p": "{endpointSelector: {}, ingress: [{}], egress: []}"},
		want:     []want{{web, alien, "TCP/80", "open", "open"}},
	}, {
		// The agent adds the policy's namespace to selectors that name none.
		name:     "fromEndpoints with an empty selector is the own namespace",
		policies: map[string]string{"shop/p": "{endpointSelector: {}, ingress: [{fromEndpoints: [{}]}]}"},
		want: []want{
			{db, web, "TCP/80", "open", "allow"},
			{alien, web, "TCP/80", "open", "deny"},
			{entity("world"), web, "TCP/80", "open", "deny"},
			{entity("remote-node"), web, "TCP/80", "open", "deny"},
			// Without toPorts all protocols are meant, ICMP too.
			{db, web, "ICMP/8", "open", "allow"},
		},
	}, {
		name:     "fromEndpoints with an empty list selects nobody",
		policies: map[string]string{"shop/p": "{endpointSelector: {}, ingress: [{fromEndpoints: []}]}"},
		want: []want{
			{db, web, "TCP/80", "open", "deny"},
			{alien, web, "TCP/80", "open", "deny"},
		},
	}, {
		// Not even with ports, where an absent list would select everybody.
		name:     "fromEndpoints with an empty list selects nobody at a port",
		policies: map[string]string{"shop/p": `{endpointSelector: {}, ingress: [{fromEndpoints: [], toPorts: [{ports: [{port: "80", protocol: TCP}]}]}]}`},
		want:     []want{{db, web, "TCP/80", "open", "deny"}},
	}, {
		name:     "only toPorts selects any peer",
		policies: map[string]string{"shop/p": `{endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: "80", protocol: TCP}]}]}]}`},
		want: []want{
			{alien, web, "TCP/80", "open", "allow"},
			{entity("world"), web, "TCP/80", "open", "allow"},
			{ip("192.0.2.1"), web, "TCP/80", "open", "allow"},
			{alien, web, "TCP/81", "open", "deny"},
			{alien, web, "UDP/80", "open", "deny"},
			{alien, web, "ICMP/8", "open", "deny"}, // a port rule blocks ping
		},
	}, {
		name: "another namespace is selected by its name",
		policies: map[string]string{"shop/p": `
endpointSelector: {matchLabels: {app: web}}
ingress: [{fromEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": blog, "k8s:app": web}}]}]
`},
		want: []want{
			{alien, web, "TCP/80", "open", "allow"},
			{pod("blog", "db"), web, "TCP/80", "open", "deny"},
			{web, web, "TCP/80", "open", "deny"}, // a named namespace replaces the own one
			{alien, db, "TCP/80", "open", "open"},
		},
	}, {
		// Cilium corrects a foreign namespace in endpointSelector (with a warning).
		name: "the subject's namespace is the policy's",
		policies: map[string]string{"shop/p": `
endpointSelector: {matchLabels: {"k8s:io.kubernetes.pod.namespace": blog}}
ingress: [{}]
`},
		want: []want{
			{web, alien, "TCP/80", "open", "open"},
			{alien, web, "TCP/80", "open", "deny"},
		},
	}, {
		name: "labels of the namespace select its pods, across namespaces",
		policies: map[string]string{"shop/p": `
endpointSelector: {}
ingress:
  - fromEndpoints: [{matchLabels: {"k8s:io.cilium.k8s.namespace.labels.team": a}}]
    toPorts: [{ports: [{port: "80", protocol: TCP}]}]
  - fromEndpoints: [{matchLabels: {"k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name": blog}}]
    toPorts: [{ports: [{port: "81", protocol: TCP}]}]
`},
		want: []want{
			{labelled, web, "TCP/80", "open", "allow"},
			{labelled, web, "TCP/81", "open", "allow"},
			{alien, web, "TCP/80", "open", "deny"},
			{db, web, "TCP/80", "open", "deny"},
		},
	}, {
		name: "several namespaces, and a service account",
		policies: map[string]string{"shop/p": `
endpointSelector: {matchLabels: {app: web}}
ingress:
  - fromEndpoints: [{matchExpressions: [{key: "k8s:io.kubernetes.pod.namespace", operator: In, values: [blog, wiki]}]}]
  - fromEndpoints: [{matchLabels: {"k8s:io.cilium.k8s.policy.serviceaccount": deployer}}]
`},
		want: []want{
			{pod("wiki", "x"), web, "TCP/80", "open", "allow"},
			{pod("wall", "x"), web, "TCP/80", "open", "deny"},
			{account, web, "TCP/80", "open", "allow"},
			{db, web, "TCP/80", "open", "deny"},
		},
	}, {
		// The agent keeps labels that vary between pods of one workload, and
		// kubernetes.io ones, out of identities: selectors never see them.
		name: "labels that are no part of an identity select nothing",
		policies: map[string]string{"shop/p": `
endpointSelector: {matchLabels: {app: web}}
ingress:
  - fromEndpoints: [{matchLabels: {pod-template-hash: abc}}, {matchLabels: {statefulset.kubernetes.io/pod-name: db-0}}]
    toPorts: [{ports: [{port: "80", protocol: TCP}]}]
  - fromEndpoints: [{matchLabels: {app.kubernetes.io/name: db}}]
    toPorts: [{ports: [{port: "81", protocol: TCP}]}]
`},
		want: []want{
			{verdict.Endpoint{Namespace: "shop", Labels: map[string]string{"pod-template-hash": "abc", "statefulset.kubernetes.io/pod-name": "db-0"}}, web, "TCP/80", "open", "deny"},
			{verdict.Endpoint{Namespace: "shop", Labels: map[string]string{"app.kubernetes.io/name": "db"}}, web, "TCP/81", "open", "allow"},
		},
	}, {
		name: "protocols and port ranges",
		policies: map[string]string{"shop/p": `
endpointSelector: {}
ingress:
  - fromEndpoints: [{}]
    toPorts:
      - ports:
          - {port: "53", protocol: ANY}
          - {port: "80", protocol: TCP}
          - {port: "81", protocol: UDP}
          - {port: "8000", endPort: 8010, protocol: TCP}
`},
		want: []want{
			{db, web, "TCP/53", "open", "allow"},
			{db, web, "UDP/53", "open", "allow"},
			{db, web, "SCTP/53", "open", "allow"},
			{db, web, "ICMP/53", "open", "deny"}, // ANY is any protocol that has ports
			{db, web, "TCP/80", "open", "allow"},
			{db, web, "UDP/80", "open", "deny"},
			{db, web, "TCP/81", "open", "deny"},
			{db, web, "UDP/81", "open", "allow"},
			{db, web, "TCP/7999", "open", "deny"},
			{db, web, "TCP/8000", "open", "allow"},
			{db, web, "TCP/8005", "open", "allow"},
			{db, web, "TCP/8010", "open", "allow"},
			{db, web, "TCP/8011", "open", "deny"},
			{db, web, "UDP/8005", "open", "deny"},
		},
	}, {
		// At ingress a name is a port of the subject, at egress one of the peer.
		name: "named ports",
		policies: map[string]string{
			"shop/in":  `{endpointSelector: {matchLabels: {app: named}}, ingress: [{toPorts: [{ports: [{port: http, protocol: TCP}, {port: sync, protocol: TCP}]}]}]}`,
			"shop/out": `{endpointSelector: {matchLabels: {app: web}}, egress: [{toEndpoints: [{}], toPorts: [{ports: [{port: http, protocol: TCP}]}]}]}`,
		},
		want: []want{
			{web, named, "TCP/8080", "allow", "allow"},
			{web, named, "TCP/9000", "deny", "deny"}, // sync is a UDP port, so the rule for TCP does not apply
			{web, db, "TCP/8080", "deny", "open"},    // db has no port of this name
			{alien, named, "TCP/8080", "open", "allow"},
			// Ports are no part of an identity: what was computed for one pod
			// must not be used for its twin, as subject or as peer.
			{web, twin, "TCP/8080", "deny", "deny"},
			{web, twin, "TCP/8081", "allow", "allow"},
			{web, named, "TCP/8081", "deny", "deny"},
			{web, named, "TCP/8080", "allow", "allow"},
		},
	}, {
		name: "ICMP is permitted by type",
		policies: map[string]string{"shop/p": `
endpointSelector: {}
ingress: [{fromEndpoints: [{}], icmps: [{fields: [{type: 8, family: IPv4}]}]}]
`},
		want: []want{
			{db, web, "ICMP/8", "open", "allow"},
			{db, web, "ICMP/13", "open", "deny"},
			{db, web, "ICMPv6/128", "open", "deny"},
			{db, web, "TCP/8", "open", "deny"},
		},
	}, {
		// Kubernetes demands that the kubelet reaches the pods of its node, so
		// Cilium lets the host in. Other nodes and the API server need a rule.
		name:     "the host of a pod always gets in",
		policies: map[string]string{"shop/deny": "{endpointSelector: {}, ingress: [{}], egress: [{}]}"},
		want: []want{
			{entity("host"), web, "TCP/8080", "open", "allow"},
			{entity("host"), web, "ICMP/8", "open", "allow"},
			{entity("remote-node"), web, "TCP/8080", "open", "deny"},
			{entity("kube-apiserver"), web, "TCP/8080", "open", "deny"},
			{web, entity("host"), "TCP/8080", "deny", "open"},
		},
	}, {
		// The exception of the exception: any deny beats any allow.
		name:     "a deny rule keeps the host out",
		policies: map[string]string{"shop/deny": "{endpointSelector: {}, ingressDeny: [{fromEntities: [host]}]}"},
		want: []want{
			{entity("host"), web, "TCP/8080", "open", "deny"},
			{alien, web, "TCP/8080", "open", "deny"}, // a deny rule covers the direction like an allow rule
		},
	}, {
		name: "entities",
		policies: map[string]string{"shop/p": `
endpointSelector: {}
egress:
  - {toEntities: [world], toPorts: [{ports: [{port: "1", protocol: TCP}]}]}
  - {toEntities: [host], toPorts: [{ports: [{port: "2", protocol: TCP}]}]}
  - {toEntities: [kube-apiserver], toPorts: [{ports: [{port: "3", protocol: TCP}]}]}
  - {toEntities: [remote-node], toPorts: [{ports: [{port: "4", protocol: TCP}]}]}
  - {toEntities: [all], toPorts: [{ports: [{port: "5", protocol: TCP}]}]}
`},
		want: []want{
			{web, entity("world"), "TCP/1", "allow", "open"},
			{web, entity("world-ipv6"), "TCP/1", "allow", "open"},
			{web, ip("192.0.2.1"), "TCP/1", "allow", "open"},
			{web, ip("2001:db8::1"), "TCP/1", "allow", "open"},
			{web, fqdn("example.com"), "TCP/1", "allow", "open"},
			{web, alien, "TCP/1", "deny", "open"},
			{web, entity("host"), "TCP/1", "deny", "open"},
			{web, entity("kube-apiserver"), "TCP/1", "deny", "open"},
			{web, entity("host"), "TCP/2", "allow", "open"},
			{web, entity("remote-node"), "TCP/2", "deny", "open"},
			{web, entity("kube-apiserver"), "TCP/3", "allow", "open"},
			{web, entity("remote-node"), "TCP/3", "deny", "open"},
			{web, entity("host"), "TCP/3", "deny", "open"},
			{web, entity("remote-node"), "TCP/4", "allow", "open"},
			// The API server's node has both labels.
			{web, entity("kube-apiserver"), "TCP/4", "allow", "open"},
			{web, alien, "TCP/5", "allow", "open"},
			{web, entity("unmanaged"), "TCP/5", "allow", "open"},
		},
	}, {
		// Its meaning is this package's own list: see expandCluster.
		name: "entity cluster is everything but the world",
		policies: map[string]string{"shop/p": `
endpointSelector: {}
egress: [{toEntities: [cluster], toPorts: [{ports: [{port: "80", protocol: TCP}]}]}]
ingress: [{fromEntities: [cluster], toPorts: [{ports: [{port: "80", protocol: TCP}]}]}]
`},
		want: []want{
			{web, db, "TCP/80", "allow", "allow"},
			{web, alien, "TCP/80", "allow", "open"},
			{alien, web, "TCP/80", "open", "allow"},
			{web, entity("host"), "TCP/80", "allow", "open"},
			{web, entity("remote-node"), "TCP/80", "allow", "open"},
			{web, entity("kube-apiserver"), "TCP/80", "allow", "open"},
			{entity("remote-node"), web, "TCP/80", "open", "allow"},
			{web, entity("world"), "TCP/80", "deny", "open"},
			{web, ip("192.0.2.1"), "TCP/80", "deny", "open"},
			{entity("world"), web, "TCP/80", "open", "deny"},
			{web, db, "TCP/81", "deny", "deny"},
		},
	}, {
		name: "entity cluster can be denied",
		policies: map[string]string{"shop/p": `
endpointSelector: {}
egress: [{toEntities: [all]}]
egressDeny: [{toEntities: [cluster]}]
ingress: [{fromEntities: [all]}]
ingressDeny: [{fromEntities: [cluster]}]
`},
		want: []want{
			{web, alien, "TCP/80", "deny", "open"},
			{web, entity("world"), "TCP/80", "allow", "open"},
			{alien, web, "TCP/80", "open", "deny"},
			{entity("world"), web, "TCP/80", "open", "allow"},
		},
	}, {
		// Pods and nodes are known by their labels, never by their address.
		name: "CIDRs select addresses outside the cluster only",
		policies: map[string]string{"shop/p": `
endpointSelector: {}
egress:
  - {toCIDR: [192.0.2.0/24], toPorts: [{ports: [{port: "1", protocol: TCP}]}]}
  - {toCIDRSet: [{cidr: 0.0.0.0/0, except: [10.0.0.0/8]}], toPorts: [{ports: [{port: "2", protocol: TCP}]}]}
  - {toCIDR: ["2001:db8::/32"], toPorts: [{ports: [{port: "3", protocol: TCP}]}]}
ingress:
  - {fromCIDR: [192.0.2.0/24]}
`},
		want: []want{
			{web, ip("192.0.2.77"), "TCP/1", "allow", "open"},
			{web, ip("192.0.3.1"), "TCP/1", "deny", "open"},
			{web, entity("world"), "TCP/1", "deny", "open"}, // world is the rest
			{web, ip("192.0.3.1"), "TCP/2", "allow", "open"},
			{web, entity("world"), "TCP/2", "allow", "open"},
			{web, ip("10.1.2.3"), "TCP/2", "deny", "open"},
			{web, db, "TCP/2", "deny", "deny"},
			{web, entity("host"), "TCP/2", "deny", "open"},
			{web, entity("remote-node"), "TCP/2", "deny", "open"},
			{web, entity("kube-apiserver"), "TCP/2", "deny", "open"},
			{web, ip("2001:db8::1"), "TCP/2", "deny", "open"}, // IPv4 only
			{web, ip("2001:db8::1"), "TCP/3", "allow", "open"},
			{ip("192.0.2.77"), web, "TCP/80", "open", "allow"},
			{alien, web, "TCP/80", "open", "deny"},
			// An IPv4 address in IPv6 clothes is the IPv4 address.
			{web, ip("::ffff:192.0.2.77"), "TCP/1", "allow", "open"},
		},
	}, {
		name: "toFQDNs",
		policies: map[string]string{"shop/p": dnsRules + `
  - toFQDNs: [{matchName: api.example.com}, {matchPattern: "*.cdn.example.com"}, {matchPattern: "**.deep.example.com"}]
    toPorts: [{ports: [{port: "443", protocol: TCP}]}]
`},
		want: []want{
			{web, fqdn("api.example.com"), "TCP/443", "allow", "open"},
			{web, fqdn("API.example.com."), "TCP/443", "allow", "open"}, // names have no case
			{web, fqdn("api.example.com"), "TCP/80", "deny", "open"},
			{web, fqdn("example.com"), "TCP/443", "deny", "open"},
			{web, fqdn("v1.api.example.com"), "TCP/443", "deny", "open"},
			{web, fqdn("a.cdn.example.com"), "TCP/443", "allow", "open"},
			{web, fqdn("a.b.cdn.example.com"), "TCP/443", "deny", "open"}, // one label per *
			{web, fqdn("cdn.example.com"), "TCP/443", "deny", "open"},
			{web, fqdn("a.b.deep.example.com"), "TCP/443", "allow", "open"},
			{web, verdict.Endpoint{FQDN: "api.example.com", IP: netip.MustParseAddr("192.0.2.1")}, "TCP/443", "allow", "open"},
			{web, ip("192.0.2.1"), "TCP/443", "deny", "open"}, // the address alone: nobody has looked it up
			{web, entity("world"), "TCP/443", "deny", "open"},
			// An allowed look-up is one that the proxy judges.
			{web, dns, "UDP/53", "allow dns", "open"},
			{web, dns, "TCP/53", "allow dns", "open"},
			{web, dns, "TCP/9153", "deny", "open"},
			{web, alien, "UDP/53", "deny", "open"},
		},
	}, {
		// DNS traffic that bypasses the proxy teaches Cilium no address.
		name: "toFQDNs without DNS rules permits nothing",
		policies: map[string]string{"shop/p": `
endpointSelector: {}
egress:
  - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:k8s-app": kube-dns}}]
    toPorts: [{ports: [{port: "53", protocol: ANY}]}]
  - toFQDNs: [{matchName: api.example.com}]
`},
		want: []want{
			{web, dns, "UDP/53", "allow", "open"},
			{web, fqdn("api.example.com"), "TCP/443", "deny", "open"},
		},
	}, {
		name: "toFQDNs needs DNS rules that permit the name",
		policies: map[string]string{"shop/p": `
endpointSelector: {}
egress:
  - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system, "k8s:k8s-app": kube-dns}}]
    toPorts: [{ports: [{port: "53", protocol: ANY}], rules: {dns: [{matchName: api.example.com}]}}]
  - toFQDNs: [{matchName: api.example.com}, {matchName: www.example.com}]
`},
		want: []want{
			{web, fqdn("api.example.com"), "TCP/443", "allow", "open"},
			{web, fqdn("www.example.com"), "TCP/443", "deny", "open"},
		},
	}, {
		// Labels of names are shared, permissions are not.
		name: "a name is permitted to the pods of its policy only",
		policies: map[string]string{
			"shop/dns": dnsRules,
			"shop/web": "{endpointSelector: {matchLabels: {app: web}}, egress: [{toFQDNs: [{matchName: api.example.com}]}]}",
		},
		want: []want{
			{web, fqdn("api.example.com"), "TCP/443", "allow", "open"},
			{db, fqdn("api.example.com"), "TCP/443", "deny", "open"},
			{alien, fqdn("api.example.com"), "TCP/443", "open", "open"},
		},
	}, {
		// Two names for one port of one server: the wider rule wins, redirected.
		name: "DNS rules and a plain rule for the same port",
		policies: map[string]string{
			"shop/dns":   dnsRules,
			"shop/plain": `{endpointSelector: {}, egress: [{toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": kube-system}}], toPorts: [{ports: [{port: "53", protocol: ANY}]}]}]}`,
		},
		want: []want{
			{web, dns, "UDP/53", "allow dns", "open"},
			{web, pod("kube-system", "other"), "UDP/53", "allow", "open"},
		},
	}, {
		name: "HTTP rules are left to the proxy",
		policies: map[string]string{"shop/p": `
endpointSelector: {}
ingress: [{fromEndpoints: [{}], toPorts: [{ports: [{port: "80", protocol: TCP}], rules: {http: [{method: GET}]}}]}]
`},
		want: []want{
			{db, web, "TCP/80", "open", "allow http"},
			{alien, web, "TCP/80", "open", "deny"},
		},
	}, {
		name: "deny beats allow, whichever is narrower",
		policies: map[string]string{
			"shop/allow": `{endpointSelector: {}, ingress: [{fromEndpoints: [{}], toPorts: [{ports: [{port: "80", protocol: TCP}]}]}, {fromEntities: [world]}]}`,
			"shop/deny":  `{endpointSelector: {matchLabels: {app: web}}, ingressDeny: [{fromEndpoints: [{}]}, {fromCIDR: [192.0.2.0/24]}]}`,
		},
		want: []want{
			{db, web, "TCP/80", "open", "deny"},
			{web, db, "TCP/80", "open", "allow"},
			{ip("192.0.2.1"), web, "TCP/80", "open", "deny"},
			{ip("192.0.3.1"), web, "TCP/80", "open", "allow"},
		},
	}, {
		// With enableDefaultDeny off a policy adds permissions (and denials), and
		// does not close the rest.
		name: "enableDefaultDeny",
		policies: map[string]string{"shop/p": `
endpointSelector: {}
enableDefaultDeny: {ingress: false}
ingress: [{fromEndpoints: [{}]}]
ingressDeny: [{fromEntities: [remote-node]}]
`},
		want: []want{
			{alien, web, "TCP/80", "open", "allow"},
			{entity("remote-node"), web, "TCP/80", "open", "deny"},
		},
	}, {
		name: "a policy without a namespace is clusterwide",
		policies: map[string]string{
			"deny": "{endpointSelector: {}, ingress: [{}]}",
			"in":   "{endpointSelector: {matchLabels: {app: web}}, ingress: [{fromEndpoints: [{}]}]}", // all pods, unlike in a namespace
		},
		want: []want{
			{alien, db, "TCP/80", "open", "deny"},
			{alien, web, "TCP/80", "open", "allow"},
			{entity("world"), web, "TCP/80", "open", "deny"},
			// Nodes and the world are not subjects, though {} matches them.
			{web, entity("remote-node"), "TCP/80", "open", "open"},
			{web, ip("192.0.2.1"), "TCP/80", "open", "open"},
		},
	}, {
		// A pod without labels yet is closed until it has some.
		name: "init",
		want: []want{{entity("init"), web, "TCP/80", "deny", "open"}},
	}, {
		// The health check of Cilium is an endpoint, out of reach for namespaces.
		name:     "health",
		policies: map[string]string{"shop/p": "{endpointSelector: {}, ingress: [{fromEntities: [health]}]}"},
		want: []want{
			{entity("health"), web, "TCP/4240", "open", "allow"},
			{entity("remote-node"), entity("health"), "TCP/4240", "open", "open"},
		},
	}}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var policies []verdict.Policy
			for name, spec := range test.policies {
				policies = append(policies, policy(t, name, spec))
			}
			e, judge := engine(t, policies...), verdict.New(verdict.Options{}, policies)
			for _, w := range test.want {
				f := flow(t, w.from, w.to, w.port)
				v, err := e.Verdict(f)
				if err != nil {
					t.Fatal(err)
				}
				if diff := disagreement(judge, f, v); diff != "" {
					t.Error(diff)
				}
				if got := side(v.Egress); got != w.egress {
					t.Errorf("%v -> %v %s: egress %s, want %s", w.from, w.to, w.port, got, w.egress)
				}
				if got := side(v.Ingress); got != w.ingress {
					t.Errorf("%v -> %v %s: ingress %s, want %s", w.from, w.to, w.port, got, w.ingress)
				}
				allowed, err := e.Allowed(f)
				if want := v.Egress.Allowed && v.Ingress.Allowed; err != nil || allowed != want {
					t.Errorf("%v -> %v %s: Allowed = %v, %v, want %v", w.from, w.to, w.port, allowed, err, want)
				}
			}
		})
	}
}

// Both ends have a say.
func TestBothEnds(t *testing.T) {
	e := engine(t,
		policy(t, "shop/out", `{endpointSelector: {}, egress: [{toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": blog}}]}]}`),
		policy(t, "blog/deny", "{endpointSelector: {}, ingress: [{}]}"),
	)
	v, err := e.Verdict(verdict.Flow{From: pod("shop", "web"), To: pod("blog", "web"), Port: 80})
	if err != nil {
		t.Fatal(err)
	}
	if !v.Egress.Allowed || v.Ingress.Allowed || v.Allowed() {
		t.Errorf("egress %v, ingress %v, allowed %v, want true, false, false", v.Egress.Allowed, v.Ingress.Allowed, v.Allowed())
	}
	if want := []string{"shop/out"}; !slices.Equal(v.Egress.Policies, want) {
		t.Errorf("egress was decided by %v, want %v", v.Egress.Policies, want)
	}
	if len(v.Ingress.Policies) > 0 {
		t.Errorf("ingress was decided by %v, want nobody: it is the default", v.Ingress.Policies)
	}
}

func TestPolicies(t *testing.T) {
	e := engine(t,
		policy(t, "shop/a", "{endpointSelector: {}, ingress: [{fromEndpoints: [{}]}]}"),
		policy(t, "shop/b", "{endpointSelector: {matchLabels: {app: db}}, ingress: [{fromEndpoints: [{}]}]}"),
		policy(t, "wide", "{endpointSelector: {}, ingressDeny: [{fromEntities: [world]}]}"),
	)
	for _, test := range []struct {
		from, to verdict.Endpoint
		want     []string
	}{
		{pod("shop", "web"), pod("shop", "web"), []string{"shop/a"}},
		{pod("shop", "web"), pod("shop", "db"), []string{"shop/a", "shop/b"}},
		{entity("world"), pod("shop", "db"), []string{"wide"}},
		{pod("blog", "web"), pod("shop", "db"), nil},
	} {
		v, err := e.Verdict(verdict.Flow{From: test.from, To: test.to, Port: 80})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(v.Ingress.Policies, test.want) {
			t.Errorf("%v -> %v was decided by %v, want %v", test.from, test.to, v.Ingress.Policies, test.want)
		}
	}
}

func TestLearned(t *testing.T) {
	e := engine(t, policy(t, "shop/dns", dnsRules))
	for from, want := range map[string]bool{"shop": true, "blog": false} {
		v, err := e.Verdict(verdict.Flow{From: pod(from, "web"), To: fqdn("example.com"), Port: 443})
		if err != nil {
			t.Fatal(err)
		}
		if v.Learned != want {
			t.Errorf("%s: learned %v, want %v", from, v.Learned, want)
		}
	}
}

func TestNewErrors(t *testing.T) {
	const sanitize = "Invalid CiliumNetworkPolicy spec: "
	for spec, want := range map[string]string{
		"{endpointSelector: {}}":                                                           sanitize + "rule must have at least one of",
		"{endpointSelector: {}, ingress: [], egress: []}":                                  sanitize + "rule must have at least one of",
		"{ingress: [{}]}":                                                                  sanitize + "rule must have one of EndpointSelector or NodeSelector",
		"{nodeSelector: {}, ingress: [{}]}":                                                "NodeSelector",
		"{endpointSelector: {}, egress: [{toEntities: [moon]}]}":                           "moon",
		"{endpointSelector: {}, egress: [{toServices: [{k8sService: {serviceName: a}}]}]}": "toServices is not supported",
		"{endpointSelector: {}, egress: [{toCIDRSet: [{cidrGroupRef: a}]}]}":               "toCIDRSet with a CIDR group is not supported",
		"{endpointSelector: {}, ingress: [{fromCIDRSet: [{cidrGroupRef: a}]}]}":            "fromCIDRSet with a CIDR group is not supported",
		"{endpointSelector: {}, egress: [{toGroups: [{aws: {region: x}}]}]}":               "toGroups is not supported",
		"{endpointSelector: {}, ingress: [{authentication: {mode: required}}]}":            "authentication is not supported",
	} {
		_, err := cilium.New(verdict.Options{}, []verdict.Policy{policy(t, "shop/p", spec)})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "policy shop/p: ") {
			t.Errorf("%s: got %v, want policy shop/p: …%s…", spec, err, want)
		}
	}

	if _, err := cilium.New(verdict.Options{}, []verdict.Policy{{Namespace: "shop", Name: "p"}}); err == nil {
		t.Error("a policy without a rule is accepted")
	}

	// All of them are reported.
	twice := policy(t, "shop/twice", "{endpointSelector: {}, ingress: [{}]}")
	_, err := cilium.New(verdict.Options{}, []verdict.Policy{policy(t, "shop/empty", "{endpointSelector: {}}"), twice, twice})
	if err == nil || !strings.Contains(err.Error(), "policy shop/empty: ") || !strings.Contains(err.Error(), "policy shop/twice: given twice") {
		t.Errorf("got %v, want errors on shop/empty and shop/twice", err)
	}
}

func TestFlowErrors(t *testing.T) {
	web := pod("shop", "web")
	for _, test := range []struct {
		flow verdict.Flow
		want string
	}{
		{verdict.Flow{From: web, To: web}, "verdict: port 0 cannot be judged"},
		{verdict.Flow{From: web, To: web, Port: 80, Protocol: "ANY"}, `verdict: protocol "ANY": want TCP, UDP, SCTP, ICMP or ICMPv6`},
		{verdict.Flow{From: web, To: web, Port: 80, Protocol: "HTTP"}, `verdict: protocol "HTTP": want TCP, UDP, SCTP, ICMP or ICMPv6`},
		{verdict.Flow{From: web, Port: 80}, "verdict: to: endpoint must be one of a pod (namespace), an entity, an address or name"},
		{verdict.Flow{From: verdict.Endpoint{Namespace: "a", Entity: "host"}, To: web, Port: 80}, "verdict: from: endpoint must be one of a pod (namespace), an entity, an address or name"},
		{verdict.Flow{From: web, To: entity("cluster"), Port: 80}, `verdict: to: entity "cluster" is not an endpoint`},
		{verdict.Flow{From: web, To: verdict.Endpoint{Namespace: "a", Ports: []corev1.ContainerPort{{Name: "p", ContainerPort: 1, Protocol: "X"}}}, Port: 80}, "verdict: to: container port p: "},
	} {
		_, err := engine(t).Verdict(test.flow)
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
}

// Each policy is valid alone; together they are not, and Cilium refuses to
// compute the endpoint.
func TestContradiction(t *testing.T) {
	e := engine(t,
		policy(t, "shop/dns", `{endpointSelector: {}, egress: [{toPorts: [{ports: [{port: "53", protocol: TCP}], rules: {dns: [{matchPattern: "*"}]}}]}]}`),
		policy(t, "shop/http", `{endpointSelector: {}, egress: [{toPorts: [{ports: [{port: "53", protocol: TCP}], rules: {http: [{method: GET}]}}]}]}`),
	)
	_, err := e.Allowed(verdict.Flow{From: pod("shop", "web"), To: pod("shop", "db"), Port: 53})
	if err == nil || !strings.Contains(err.Error(), "conflicting L7 parsers") {
		t.Errorf("got %v, want a conflict", err)
	}
}

// A rule made in Go, with unprefixed labels, is judged like the same in YAML,
// and is left as it was.
func TestRuleInGo(t *testing.T) {
	rule := &api.Rule{
		EndpointSelector: api.EndpointSelector{LabelSelector: &slimv1.LabelSelector{}},
		Ingress: []api.IngressRule{{IngressCommonRule: api.IngressCommonRule{FromEndpoints: []api.EndpointSelector{
			{LabelSelector: &slimv1.LabelSelector{MatchLabels: map[string]string{"k8s:io.kubernetes.pod.namespace": "blog"}}},
		}}}},
	}
	before, err := yaml.Marshal(rule)
	if err != nil {
		t.Fatal(err)
	}
	e := engine(t, verdict.Policy{Namespace: "shop", Name: "p", Rule: rule})
	for from, want := range map[string]bool{"blog": true, "shop": false} {
		if got, err := e.Allowed(verdict.Flow{From: pod(from, "a"), To: pod("shop", "web"), Port: 80}); err != nil || got != want {
			t.Errorf("from %s: %v, %v, want %v", from, got, err, want)
		}
	}
	after, err := yaml.Marshal(rule)
	if err != nil {
		t.Fatal(err)
	}
	if string(before) != string(after) {
		t.Errorf("rule was\n%sand is\n%s", before, after)
	}
}

// The order in which endpoints turn up changes no verdict.
func TestOrder(t *testing.T) {
	policies := []verdict.Policy{
		policy(t, "shop/p", dnsRules+"  - toFQDNs: [{matchName: api.example.com}]\n  - toEndpoints: [{}]\n  - toCIDR: [192.0.2.0/24]\n"),
	}
	ends := []verdict.Endpoint{
		pod("shop", "web"), pod("shop", "db"), pod("blog", "web"), entity("host"), entity("world"),
		ip("192.0.2.1"), ip("192.0.3.1"), fqdn("api.example.com"), fqdn("example.com"),
	}
	verdicts := func(e *cilium.Engine, from, to verdict.Endpoint) string {
		v, err := e.Verdict(verdict.Flow{From: from, To: to, Port: 443})
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(v)
	}
	shared := engine(t, policies...)
	for _, from := range ends {
		for _, to := range ends {
			if got, want := verdicts(shared, from, to), verdicts(engine(t, policies...), from, to); got != want {
				t.Errorf("%v -> %v: %s, and %s in a fresh engine", from, to, got, want)
			}
		}
	}
}

// Cilium's engine starts a goroutine for good when an identity is added to it
// late.
func TestNoGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	e := engine(t, policy(t, "shop/p", dnsRules+"  - toFQDNs: [{matchName: api.example.com}]\n"))
	for _, to := range []verdict.Endpoint{pod("shop", "db"), pod("blog", "web"), fqdn("api.example.com")} {
		if _, err := e.Allowed(verdict.Flow{From: pod("shop", "web"), To: to, Port: 443}); err != nil {
			t.Fatal(err)
		}
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines before, %d after", before, after)
	}
}

// Run with -race.
func TestConcurrent(t *testing.T) {
	p := policy(t, "shop/p", "{endpointSelector: {}, ingress: [{fromEndpoints: [{}]}]}")
	shared := engine(t, p)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			own, err := cilium.New(verdict.Options{}, []verdict.Policy{p})
			if err != nil {
				t.Error(err)
				return
			}
			for _, e := range []*cilium.Engine{shared, own} {
				from := pod("shop", fmt.Sprint("app-", i))
				if ok, err := e.Allowed(verdict.Flow{From: from, To: pod("shop", "web"), Port: 80}); !ok || err != nil {
					t.Errorf("%v, %v, want true", ok, err)
				}
			}
		})
	}
	wg.Wait()
}

// The package expands the entity cluster itself. This fails when an update of
// Cilium changes what it stands for.
func TestClusterEntityOfUpstream(t *testing.T) {
	before := api.EntitySelectorMapping[api.EntityCluster]
	api.InitEntities("default")
	upstream := api.EntitySelectorMapping[api.EntityCluster]
	api.EntitySelectorMapping[api.EntityCluster] = before

	want := []string{"reserved:host", "reserved:remote-node", "reserved:init", "reserved:ingress", "reserved:health",
		"reserved:unmanaged", "reserved:kube-apiserver", "k8s:" + k8sconst.PolicyLabelCluster + "=default"}
	var wanted, got []string
	for _, label := range want {
		wanted = append(wanted, api.NewESFromLabels(labels.ParseLabel(label)).String())
	}
	for _, selector := range upstream {
		got = append(got, selector.String())
	}
	if !slices.Equal(got, wanted) {
		t.Errorf("cluster is %v, want %v", got, wanted)
	}
}
