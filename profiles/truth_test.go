package profiles_test

import (
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/verdict"
	"github.com/hippotion/roster/internal/verdict/cilium"
	"github.com/hippotion/roster/profiles"
)

// endpoints are the ends of the flows in the truth tables. The profile under test guards the namespace app; the others are
// open, so that only the profile decides.
var endpoints = map[string]verdict.Endpoint{
	"app":          {Namespace: "app", Labels: map[string]string{"app": "main"}},
	"sibling":      {Namespace: "app", Labels: map[string]string{"app": "db"}},
	"traefik":      {Namespace: "sys-traefik", Labels: map[string]string{"app.kubernetes.io/name": "traefik"}},
	"not-traefik":  {Namespace: "sys-traefik", Labels: map[string]string{"app.kubernetes.io/name": "other"}},
	"dns":          {Namespace: "kube-system", Labels: map[string]string{"k8s-app": "kube-dns"}},
	"kube-system":  {Namespace: "kube-system", Labels: map[string]string{"k8s-app": "metrics-server"}},
	"stranger":     {Namespace: "other", Labels: map[string]string{"app": "main"}},
	"node-local":   {Namespace: "kube-system", Labels: map[string]string{"k8s-app": "node-local-dns"}},
	"service-lb":   {Namespace: "kube-system", Labels: map[string]string{"app": "svclb-app-8c1d", "svccontroller.k3s.cattle.io/svcname": "app"}},
	"gateway":      {Entity: "ingress"},
	"envoy":        {Namespace: "envoy-gateway-system", Labels: map[string]string{"app.kubernetes.io/name": "envoy", "gateway.envoyproxy.io/owning-gateway-name": "home", "gateway.envoyproxy.io/owning-gateway-namespace": "sys-gateway"}},
	"other-envoy":  {Namespace: "envoy-gateway-system", Labels: map[string]string{"app.kubernetes.io/name": "envoy", "gateway.envoyproxy.io/owning-gateway-name": "public", "gateway.envoyproxy.io/owning-gateway-namespace": "sys-gateway"}},
	"envoy-itself": {Namespace: "envoy-gateway-system", Labels: map[string]string{"app.kubernetes.io/name": "gateway-helm"}},
	// The API server on another node: what it calls through a tunnel has that node's identity instead, see judge.
	"api-server": {Entity: "kube-apiserver"},
	// On the own node, and outside of the cluster.
	"api-here":     {Entity: "host", APIServer: true},
	"api-outside":  {IP: netip.MustParseAddr("203.0.113.10"), APIServer: true},
	"api-outside6": {IP: netip.MustParseAddr("2001:db8::10"), APIServer: true},
	"host":         {Entity: "host"},
	"node":         {Entity: "remote-node"},
	"internet":     {IP: netip.MustParseAddr("203.0.113.9")},
	"internet6":    {IP: netip.MustParseAddr("2001:db8::9")},
	"lan":          {IP: netip.MustParseAddr("192.168.0.50")},
	"named":        {FQDN: "api.example.com"},
}

// truth is what each profile permits and denies: FROM > TO PORT/PROTOCOL. The denied rows are what its description excludes.
var truth = map[string]struct{ allowed, denied string }{
	"isolated": {
		allowed: `
			api-here > app 8080/TCP      # it is the own node, too
			host > app 8080/TCP          # probes of the kubelet, which Cilium always admits`,
		denied: `
			app > api-outside 443/TCP
			api-outside > app 8080/TCP
			service-lb > app 8080/TCP
			gateway > app 8080/TCP
			app > api-here 6443/TCP
			traefik > app 8080/TCP
			stranger > app 8080/TCP
			sibling > app 8080/TCP
			app > sibling 5432/TCP
			app > dns 53/UDP
			app > dns 53/TCP
			app > internet 443/TCP
			app > lan 443/TCP
			app > named 443/TCP
			app > stranger 80/TCP
			app > api-server 6443/TCP
			app > host 22/TCP
			app > node 10250/TCP
			internet > app 8080/TCP
			lan > app 8080/TCP
			node > app 8080/TCP
			api-server > app 443/TCP`,
	},
	"isolated-job": {
		allowed: `
			api-here > app 8080/TCP      # it is the own node, too
			host > app 8080/TCP
			app > dns 53/UDP
			app > dns 53/TCP`,
		denied: `
			app > host 53/UDP
			app > node-local 53/UDP
			app > dns 5353/UDP
			app > api-outside 443/TCP
			api-outside > app 8080/TCP
			service-lb > app 8080/TCP
			gateway > app 8080/TCP
			app > api-here 6443/TCP
			app > dns 9153/TCP
			app > kube-system 53/UDP     # not the DNS pods
			app > internet 53/UDP        # a DNS server elsewhere
			app > internet 443/TCP
			app > named 443/TCP
			app > lan 443/TCP
			app > sibling 8080/TCP
			app > stranger 8080/TCP
			app > traefik 8080/TCP
			app > api-server 6443/TCP
			app > host 22/TCP
			app > node 22/TCP
			traefik > app 8080/TCP
			stranger > app 8080/TCP
			sibling > app 8080/TCP
			dns > app 8080/TCP
			internet > app 8080/TCP
			lan > app 8080/TCP
			api-server > app 8080/TCP
			node > app 8080/TCP`,
	},
	"web-app-internal": {
		allowed: `
			api-here > app 8080/TCP      # it is the own node, too
			host > app 8080/TCP
			traefik > app 8080/TCP
			traefik > app 3000/TCP
			app > dns 53/UDP`,
		denied: `
			app > api-outside 443/TCP
			api-outside > app 8080/TCP
			service-lb > app 8080/TCP
			gateway > app 8080/TCP
			app > api-here 6443/TCP
			not-traefik > app 8080/TCP   # another pod in the controller's namespace
			stranger > app 8080/TCP
			sibling > app 8080/TCP
			dns > app 8080/TCP
			internet > app 8080/TCP
			lan > app 8080/TCP
			node > app 8080/TCP
			api-server > app 8080/TCP
			app > internet 443/TCP       # the difference from web-app
			app > internet6 443/TCP
			app > named 443/TCP
			app > lan 443/TCP
			app > internet 53/UDP
			app > traefik 8443/TCP
			app > sibling 5432/TCP
			app > stranger 443/TCP
			app > api-server 6443/TCP
			app > host 22/TCP
			app > node 10250/TCP`,
	},
	"web-app": {
		allowed: `
			app > api-outside 443/TCP    # a part of the world, unless the platform says where it is
			api-here > app 8080/TCP      # it is the own node, too
			host > app 8080/TCP
			traefik > app 8080/TCP
			app > dns 53/UDP
			app > dns 53/TCP
			app > internet 443/TCP
			app > internet6 443/TCP
			app > lan 443/TCP            # outside of the cluster is outside`,
		denied: `
			app > api-outside 6443/TCP
			api-outside > app 8080/TCP
			service-lb > app 8080/TCP
			gateway > app 8080/TCP
			app > api-here 6443/TCP
			app > internet 80/TCP
			app > internet 443/UDP
			app > internet 22/TCP
			app > internet 53/UDP
			app > internet 6881/TCP
			app > traefik 443/TCP
			app > stranger 443/TCP
			app > sibling 443/TCP
			app > kube-system 443/TCP
			app > api-server 443/TCP
			app > api-server 6443/TCP
			app > host 443/TCP
			app > node 443/TCP
			stranger > app 8080/TCP
			sibling > app 8080/TCP
			not-traefik > app 8080/TCP
			internet > app 8080/TCP
			internet > app 443/TCP
			lan > app 8080/TCP
			node > app 8080/TCP
			api-server > app 8080/TCP`,
	},
	"media-server": {
		allowed: `
			traefik > app 8096/TCP
			app > dns 53/UDP
			app > internet 443/TCP
			app > internet 6881/TCP
			app > internet 6881/UDP
			internet > app 6881/TCP
			internet > app 6881/UDP
			lan > app 6881/TCP`,
		denied: `
			service-lb > app 6881/TCP    # in the place of every client, unless the platform says so
			node > app 6881/TCP
			internet > app 8096/TCP
			internet > app 443/TCP
			lan > app 8096/TCP
			stranger > app 6881/TCP      # peers are outside of the cluster
			sibling > app 6881/TCP
			app > stranger 6881/TCP
			app > sibling 6881/TCP
			app > internet 80/TCP
			app > internet 6882/TCP
			app > internet 443/UDP
			app > api-server 6443/TCP
			app > host 6881/TCP
			stranger > app 8096/TCP
			node > app 8096/TCP`,
	},
	"operator": {
		allowed: `
			app > api-server 6443/TCP
			app > dns 53/UDP
			api-server > app 9443/TCP    # webhooks
			api-here > app 9443/TCP
			api-outside > app 9443/TCP
			node > app 9443/TCP          # so the API server comes from another node, through a tunnel
			app > api-here 6443/TCP
			app > api-outside 6443/TCP
			host > app 8081/TCP`,
		denied: `
			app > api-server 22/TCP
			app > api-server 10250/TCP
			app > internet 443/TCP
			app > lan 443/TCP
			app > stranger 443/TCP
			app > sibling 443/TCP
			app > host 6443/TCP
			app > node 6443/TCP          # a node that runs no API server
			stranger > app 9443/TCP
			sibling > app 9443/TCP
			traefik > app 9443/TCP
			service-lb > app 9443/TCP
			gateway > app 9443/TCP
			app > node 10250/TCP         # kubelets: see metrics-server
			app > host 10250/TCP
			app > api-outside 443/TCP
			internet > app 9443/TCP
			lan > app 9443/TCP`,
	},
	"ingress-controller": {
		allowed: `
			internet > app 8443/TCP
			lan > app 8443/TCP
			stranger > app 7080/TCP      # the tunnel's pods
			node > app 8443/TCP
			service-lb > app 8443/TCP
			api-server > app 8443/TCP
			app > api-outside 6443/TCP
			app > api-outside 443/TCP    # wherever it is, it belongs to the entity cluster
			app > node 8080/TCP          # backends on the network of a node
			app > stranger 8080/TCP
			app > sibling 8080/TCP
			app > kube-system 8080/TCP
			app > api-server 6443/TCP
			app > dns 53/UDP`,
		denied: `
			app > internet 443/TCP       # routes lead into the cluster
			app > internet 80/TCP
			app > lan 443/TCP
			app > named 443/TCP`,
	},
	"monitoring": {
		allowed: `
			traefik > app 3000/TCP
			app > stranger 9090/TCP
			app > kube-system 9153/TCP
			app > node 9100/TCP
			app > host 9100/TCP
			app > api-server 6443/TCP
			app > dns 53/UDP
			sibling > app 9093/TCP
			app > sibling 9093/TCP
			api-server > app 10250/TCP
			api-here > app 10250/TCP
			api-outside > app 10250/TCP
			node > app 10250/TCP         # as in operator
			app > api-outside 443/TCP    # wherever it is, it belongs to the entity cluster
			app > node 10250/TCP`,
		denied: `
			stranger > app 9090/TCP
			not-traefik > app 9090/TCP
			internet > app 9090/TCP
			lan > app 9090/TCP
			service-lb > app 9090/TCP
			app > internet 443/TCP
			app > internet 9090/TCP
			app > lan 9100/TCP
			app > named 443/TCP`,
	},
	"dns": {
		allowed: `
			stranger > app 53/UDP
			stranger > app 53/TCP
			lan > app 53/UDP
			node > app 53/UDP
			app > internet 53/UDP
			app > internet 853/TCP
			app > host 53/UDP`,
		denied: `
			stranger > app 80/TCP
			traefik > app 80/TCP
			lan > app 80/TCP
			internet > app 443/TCP
			app > internet 443/TCP
			app > internet 80/TCP
			app > internet 853/UDP
			app > stranger 53/UDP
			app > sibling 53/UDP
			app > api-server 6443/TCP
			app > api-outside 6443/TCP
			stranger > app 853/TCP       # see dns-encrypted
			lan > app 443/TCP
			app > node 53/UDP`,
	},
	"dns-encrypted": {
		allowed: `
			stranger > app 53/UDP
			lan > app 53/UDP
			stranger > app 853/TCP       # over TLS
			lan > app 853/UDP            # over QUIC
			lan > app 443/TCP            # over HTTPS
			internet6 > app 443/UDP      # over HTTP/3
			node > app 853/TCP
			app > internet 53/UDP
			app > host 53/UDP
			app > internet 853/TCP
			app > internet 853/UDP
			app > internet 443/TCP
			app > internet6 443/UDP`,
		denied: `
			stranger > app 80/TCP
			traefik > app 80/TCP
			lan > app 3000/TCP           # an admin page
			app > internet 80/TCP
			app > internet 784/UDP       # ports of drafts, from before RFC 9250
			app > internet 8853/UDP
			app > stranger 443/TCP
			app > sibling 853/TCP
			app > api-server 6443/TCP
			app > host 853/UDP
			app > node 443/TCP`,
	},
	"cluster-dns": {
		allowed: `
			stranger > app 53/UDP
			stranger > app 53/TCP
			node > app 53/UDP
			host > app 8080/TCP
			node-local > app 53/TCP
			app > api-server 6443/TCP
			app > api-here 6443/TCP
			app > api-outside 6443/TCP
			app > internet 53/UDP
			app > lan 53/UDP             # the router
			app > host 53/UDP
			app > internet 853/TCP`,
		denied: `
			stranger > app 9153/TCP      # metrics: a flow of the monitoring namespace
			internet > app 53/UDP
			lan > app 53/UDP             # see dns
			service-lb > app 80/TCP
			node > app 8080/TCP
			app > internet 443/TCP
			app > stranger 53/UDP
			app > sibling 53/UDP
			app > node 53/UDP
			app > api-server 443/TCP`,
	},
	"metrics-server": {
		allowed: `
			app > node 10250/TCP
			app > host 10250/TCP
			app > api-server 10250/TCP   # a kubelet runs there, too
			app > api-here 10250/TCP
			app > api-server 6443/TCP
			app > dns 53/UDP
			api-server > app 4443/TCP    # an aggregated API
			api-here > app 4443/TCP
			api-outside > app 4443/TCP
			node > app 4443/TCP`,
		denied: `
			app > node 22/TCP
			app > node 10255/TCP
			app > api-outside 10250/TCP
			app > internet 10250/TCP
			app > stranger 10250/TCP
			app > internet 443/TCP
			stranger > app 4443/TCP
			sibling > app 4443/TCP
			traefik > app 4443/TCP
			lan > app 4443/TCP`,
	},
}

// platforms are where the same profiles mean something else than on the usual platform.
var platforms = map[string]struct {
	names func(*profiles.Names)
	truth map[string]struct{ allowed, denied string }
}{
	"API server outside": {func(n *profiles.Names) {
		n.APIServerOutside = []netip.Prefix{netip.MustParsePrefix("203.0.113.10/32"), netip.MustParsePrefix("2001:db8::10/128")}
	}, map[string]struct{ allowed, denied string }{
		"web-app": {
			allowed: `
				app > internet 443/TCP
				app > internet6 443/TCP
				app > lan 443/TCP`,
			denied: `
				app > api-outside 443/TCP
				app > api-outside6 443/TCP
				app > stranger 443/TCP
				app > node 443/TCP
				app > internet 80/TCP`,
		},
		"operator": {
			allowed: `
				app > api-outside 6443/TCP
				app > api-outside6 6443/TCP
				api-outside > app 9443/TCP`,
			denied: `
				app > api-outside 443/TCP
				app > internet 6443/TCP`,
		},
		"media-server": {
			allowed: `
				app > internet 6881/UDP
				internet > app 6881/UDP`,
			denied: `
				app > api-outside 6881/TCP`,
		},
		"dns": {
			allowed: `
				app > internet 853/TCP
				app > host 53/UDP
				app > internet6 53/UDP`,
			denied: `
				app > api-outside 53/TCP
				app > node 53/UDP`,
		},
	}},
	"DNS on another port": {func(n *profiles.Names) { n.DNSPort = 5353 }, map[string]struct{ allowed, denied string }{
		"isolated-job": {
			allowed: `
				app > dns 5353/UDP
				app > dns 5353/TCP`,
			denied: `
				app > dns 53/UDP
				app > stranger 5353/UDP`,
		},
		"cluster-dns": {
			allowed: `
				stranger > app 5353/UDP
				app > internet 53/UDP`,
			denied: `
				stranger > app 53/UDP`,
		},
	}},
	"node-local-dns as pods": {func(n *profiles.Names) { n.NodeLocalDNS, n.DNSPort = profiles.OnPods, 8053 }, map[string]struct{ allowed, denied string }{
		"isolated-job": {
			allowed: `
				app > node-local 53/UDP
				app > dns 8053/UDP`,
			denied: `
				app > node-local 9253/TCP
				app > node-local 8053/UDP
				app > host 53/UDP`,
		},
	}},
	"node-local-dns on the node": {func(n *profiles.Names) { n.NodeLocalDNS = profiles.OnHost }, map[string]struct{ allowed, denied string }{
		"isolated-job": {
			allowed: `
				app > host 53/UDP
				app > host 53/TCP
				app > dns 53/UDP`,
			denied: `
				app > host 22/TCP
				app > node 53/UDP
				app > node-local 53/UDP`,
		},
	}},
	"clients behind ServiceLB": {func(n *profiles.Names) { n.Clients = profiles.BehindServiceLB }, map[string]struct{ allowed, denied string }{
		"media-server": {
			allowed: `
				service-lb > app 6881/UDP
				internet > app 6881/TCP`,
			denied: `
				service-lb > app 8096/TCP
				kube-system > app 6881/TCP
				node > app 6881/TCP`,
		},
		"web-app": {allowed: `traefik > app 8080/TCP`, denied: `service-lb > app 8080/TCP`},
	}},
	"clients behind nodes": {func(n *profiles.Names) { n.Clients = profiles.BehindNodes }, map[string]struct{ allowed, denied string }{
		"media-server": {
			allowed: `
				node > app 6881/UDP
				internet > app 6881/TCP`,
			denied: `
				node > app 8096/TCP
				service-lb > app 6881/TCP
				stranger > app 6881/TCP`,
		},
	}},
	"Traefik on the host's network": {func(n *profiles.Names) { n.ControllerOn = profiles.OnHost }, map[string]struct{ allowed, denied string }{
		"web-app": {
			allowed: `
				host > app 8080/TCP
				node > app 8080/TCP
				app > internet 443/TCP`,
			denied: `
				stranger > app 8080/TCP
				gateway > app 8080/TCP
				app > node 443/TCP`,
		},
	}},
	"Cilium's Gateway": {func(n *profiles.Names) { n.ControllerOn = profiles.OnCilium }, map[string]struct{ allowed, denied string }{
		"web-app-internal": {
			allowed: `gateway > app 8080/TCP`,
			denied: `
				traefik > app 8080/TCP
				node > app 8080/TCP
				internet > app 8080/TCP`,
		},
	}},
	"Envoy Gateway alone": {func(n *profiles.Names) { n.IngressController = envoy.Pods }, map[string]struct{ allowed, denied string }{
		"web-app": {
			allowed: `envoy > app 8080/TCP`,
			denied: `
				other-envoy > app 8080/TCP
				envoy-itself > app 8080/TCP
				traefik > app 8080/TCP
				gateway > app 8080/TCP`,
		},
		"monitoring": {allowed: `envoy > app 3000/TCP`, denied: `traefik > app 3000/TCP`},
	}},
	"Traefik beside Envoy Gateway": {func(n *profiles.Names) { n.Others = []profiles.Controller{envoy} }, map[string]struct{ allowed, denied string }{
		"web-app": {
			allowed: `
				traefik > app 8080/TCP
				envoy > app 8080/TCP
				app > internet 443/TCP`,
			denied: `
				not-traefik > app 8080/TCP
				other-envoy > app 8080/TCP
				envoy-itself > app 8080/TCP
				gateway > app 8080/TCP
				stranger > app 8080/TCP
				app > envoy 8080/TCP
				app > traefik 8080/TCP`,
		},
		"isolated": {allowed: `host > app 8080/TCP`, denied: `
			traefik > app 8080/TCP
			envoy > app 8080/TCP`},
	}},
	"Traefik beside Cilium's Gateway": {func(n *profiles.Names) { n.Others = []profiles.Controller{{On: profiles.OnCilium}} }, map[string]struct{ allowed, denied string }{
		"web-app": {
			allowed: `
				traefik > app 8080/TCP
				gateway > app 8080/TCP`,
			denied: `
				not-traefik > app 8080/TCP
				node > app 8080/TCP
				internet > app 8080/TCP
				stranger > app 8080/TCP
				app > gateway 8080/TCP`,
		},
	}},
	"Cilium's Gateway beside Envoy Gateway and Traefik on the host's network": {func(n *profiles.Names) {
		n.ControllerOn, n.Others = profiles.OnHost, []profiles.Controller{envoy, {On: profiles.OnCilium}}
	}, map[string]struct{ allowed, denied string }{
		"web-app-internal": {
			allowed: `
				node > app 8080/TCP
				envoy > app 8080/TCP
				gateway > app 8080/TCP`,
			denied: `
				traefik > app 8080/TCP
				other-envoy > app 8080/TCP
				internet > app 8080/TCP`,
		},
	}},
}

// envoy are the pods that Envoy Gateway runs for a Gateway.
var envoy = profiles.Controller{Pods: profiles.Pods{Namespace: "envoy-gateway-system", PodLabels: map[string]string{
	"gateway.envoyproxy.io/owning-gateway-name": "home", "gateway.envoyproxy.io/owning-gateway-namespace": "sys-gateway"}}}

// usual is a platform.
func usual() profiles.Names {
	return profiles.Names{
		IngressController: profiles.Pods{Namespace: "sys-traefik", PodLabels: map[string]string{"app.kubernetes.io/name": "traefik"}},
		DNS:               profiles.Pods{Namespace: "kube-system", PodLabels: map[string]string{"k8s-app": "kube-dns"}},
		APIServerPort:     6443,
	}
}

func load(t *testing.T, fsys fstest.MapFS, names profiles.Names) (profiles.Set, diag.List) {
	t.Helper()
	var diags diag.List
	set, err := profiles.Load(fsys, "profiles", "profiles", names, &diags)
	if err != nil {
		t.Fatal(err)
	}
	return set, diags
}

// TestTruth asks Cilium's own policy engine what each built-in profile permits.
func TestTruth(t *testing.T) {
	set, diags := load(t, nil, usual())
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	if got, want := slices.Sorted(maps.Keys(truth)), set.Names(); !slices.Equal(got, want) {
		t.Fatalf("profiles with a truth table: %v, profiles: %v", got, want)
	}
	for name, table := range truth {
		t.Run(name, func(t *testing.T) { judge(t, set[name], table.allowed, table.denied) })
	}
}

// TestPlatforms asks the same where the cluster differs from the usual one.
func TestPlatforms(t *testing.T) {
	for platform, p := range platforms {
		names := usual()
		p.names(&names)
		set, diags := load(t, nil, names)
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		for name, table := range p.truth {
			t.Run(platform+"/"+name, func(t *testing.T) { judge(t, set[name], table.allowed, table.denied) })
		}
	}
}

// house is a profile of a user, whose rules have more than one kind of peers where the platform is not the usual one.
const house = `
extends: isolated
policies:
  mixed:
    ingress:
      - fromEndpoints: [$ingress-controller, {matchLabels: {"k8s:io.kubernetes.pod.namespace": other}}]
        toPorts: [{ports: [{port: "8080"}]}]
      - fromEntities: [world, kube-apiserver]
        toPorts: [{ports: [{port: "443"}]}]
      - fromEndpoints: [$dns]
        toPorts: [{ports: [{port: "9000"}]}]
      - fromEntities: [host, remote-node]
        toPorts: [{ports: [{port: "22"}]}]
    ingressDeny:
      - fromEndpoints: [$ingress-controller]
        toPorts: [{ports: [{port: "22"}]}]
    egress:
      - toEndpoints: [$dns]
      - toEndpoints: [$dns]
        icmps: [{fields: [{type: 8}]}]
      - toEndpoints: [$ingress-controller, {matchLabels: {"k8s:io.kubernetes.pod.namespace": other}}]
        toPorts: [{ports: [{port: "8443"}]}]
      - toEntities: [world, remote-node]
        toPorts: [{ports: [{port: "80"}]}]
    egressDeny:
      - toEndpoints: [$ingress-controller, {matchLabels: {"k8s:io.kubernetes.pod.namespace": other}}]
        toPorts: [{ports: [{port: "80"}]}]
  metrics:
    egress:
      - toEndpoints: [$dns]
        toPorts: [{ports: [{port: "9153"}]}]
`

// TestOwnProfile asks about the same rules on platforms where they become others.
func TestOwnProfile(t *testing.T) {
	for platform, c := range map[string]struct {
		names           func(*profiles.Names)
		allowed, denied string
	}{
		"usual": {func(*profiles.Names) {}, `
			traefik > app 8080/TCP
			stranger > app 8080/TCP
			node > app 22/TCP
			dns > app 9000/TCP
			app > dns 8080/TCP
			app > traefik 8443/TCP
			app > node 80/TCP
			app > internet 80/TCP`, `
			node > app 8080/TCP
			service-lb > app 443/TCP
			node-local > app 9000/TCP
			app > host 53/UDP
			app > node-local 53/UDP
			app > traefik 80/TCP
			app > stranger 80/TCP`},
		"all that may differ": {func(n *profiles.Names) {
			n.ControllerOn, n.NodeLocalDNS, n.Clients = profiles.OnHost, profiles.OnHost, profiles.BehindServiceLB
			n.APIServerOutside = []netip.Prefix{netip.MustParsePrefix("203.0.113.10/32")}
		}, `
			node > app 8080/TCP
			host > app 8080/TCP
			stranger > app 8080/TCP
			service-lb > app 443/TCP
			internet > app 443/TCP
			api-outside > app 443/TCP
			app > host 53/UDP
			app > dns 8080/TCP
			app > node 8443/TCP
			app > stranger 8443/TCP
			app > internet 80/TCP`, `
			traefik > app 8080/TCP
			node > app 22/TCP            # denied, as the ingress controller is
			host > app 22/TCP
			service-lb > app 8080/TCP
			app > host 22/TCP
			app > host 9153/TCP          # a rule about another port of the DNS pods
			app > node 80/TCP
			app > stranger 80/TCP
			app > api-outside 80/TCP`},
		"several controllers": {func(n *profiles.Names) {
			n.Others = []profiles.Controller{envoy, {On: profiles.OnCilium}}
		}, `
			traefik > app 8080/TCP
			envoy > app 8080/TCP
			gateway > app 8080/TCP
			stranger > app 8080/TCP
			app > envoy 8443/TCP
			app > gateway 8443/TCP
			app > stranger 8443/TCP`, `
			other-envoy > app 8080/TCP
			traefik > app 22/TCP         # denied, as all controllers are
			envoy > app 22/TCP
			gateway > app 22/TCP
			app > envoy 80/TCP
			app > gateway 80/TCP
			app > traefik 80/TCP`},
		"pods of node-local-dns, clients behind nodes": {func(n *profiles.Names) {
			n.NodeLocalDNS, n.Clients = profiles.OnPods, profiles.BehindNodes
		}, `
			node-local > app 9000/TCP
			node > app 443/TCP
			app > node-local 53/UDP`, `
			app > node-local 9153/TCP
			app > host 53/UDP
			node > app 9000/TCP`},
	} {
		t.Run(platform, func(t *testing.T) {
			names := usual()
			c.names(&names)
			set, diags := load(t, fstest.MapFS{"profiles/house.yml": {Data: []byte(house)}}, names)
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			judge(t, set["house"], c.allowed, c.denied)
		})
	}
}

// judge asks about a profile, with native routing and through tunnels.
func judge(t *testing.T, profile *profiles.Profile, allowed, denied string) {
	var policies []verdict.Policy
	for _, p := range profile.Policies {
		policies = append(policies, verdict.Policy{Namespace: "app", Name: p.Name, Rule: p.Rule})
	}
	engine, err := cilium.New(verdict.Options{}, policies)
	if err != nil {
		t.Fatal(err)
	}
	for _, routing := range []string{"native", "tunnel"} {
		ask(t, engine, routing, allowed, true)
		ask(t, engine, routing, denied, false)
	}
}

// ask compares the engine with rows of a truth table.
func ask(t *testing.T, engine *cilium.Engine, routing, rows string, want bool) {
	t.Helper()
	asked := 0
	for line := range strings.Lines(rows) {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		words := strings.Fields(line)
		number, protocol, ok := strings.Cut(words[len(words)-1], "/")
		port, err := strconv.ParseUint(number, 10, 16)
		from, fromKnown := endpoints[words[0]]
		to, toKnown := endpoints[words[2]]
		if !ok || err != nil || len(words) != 4 || words[1] != ">" || !fromKnown || !toKnown {
			t.Fatalf("a row that is not FROM > TO PORT/PROTOCOL: %s", line)
		}
		if routing == "tunnel" && from.Entity == "kube-apiserver" { // what a node sends has the address of its end of the tunnel (cilium issue 43260)
			from = endpoints["node"]
		}
		got, err := engine.Verdict(verdict.Flow{From: from, To: to, Port: uint16(port), Protocol: protocol})
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if got.Allowed() != want {
			t.Errorf("%s routing: %s: allowed is %t, by %+v", routing, line, got.Allowed(), got)
		}
		asked++
	}
	if asked == 0 {
		t.Fatal("no rows")
	}
}
