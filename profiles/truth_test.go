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
	"app":         {Namespace: "app", Labels: map[string]string{"app": "main"}},
	"sibling":     {Namespace: "app", Labels: map[string]string{"app": "db"}},
	"traefik":     {Namespace: "sys-traefik", Labels: map[string]string{"app.kubernetes.io/name": "traefik"}},
	"not-traefik": {Namespace: "sys-traefik", Labels: map[string]string{"app.kubernetes.io/name": "other"}},
	"dns":         {Namespace: "kube-system", Labels: map[string]string{"k8s-app": "kube-dns"}},
	"kube-system": {Namespace: "kube-system", Labels: map[string]string{"k8s-app": "metrics-server"}},
	"stranger":    {Namespace: "other", Labels: map[string]string{"app": "main"}},
	"api-server":  {Entity: "kube-apiserver"},
	"host":        {Entity: "host"},
	"node":        {Entity: "remote-node"},
	"internet":    {IP: netip.MustParseAddr("203.0.113.9")},
	"internet6":   {IP: netip.MustParseAddr("2001:db8::9")},
	"lan":         {IP: netip.MustParseAddr("192.168.0.50")},
	"named":       {FQDN: "api.example.com"},
}

// truth is what each profile permits and denies: FROM > TO PORT/PROTOCOL. The denied rows are what its description excludes.
var truth = map[string]struct{ allowed, denied string }{
	"isolated": {
		allowed: `
			host > app 8080/TCP          # probes of the kubelet, which Cilium always admits`,
		denied: `
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
			host > app 8080/TCP
			app > dns 53/UDP
			app > dns 53/TCP`,
		denied: `
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
			host > app 8080/TCP
			traefik > app 8080/TCP
			traefik > app 3000/TCP
			app > dns 53/UDP`,
		denied: `
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
			host > app 8080/TCP
			traefik > app 8080/TCP
			app > dns 53/UDP
			app > dns 53/TCP
			app > internet 443/TCP
			app > internet6 443/TCP
			app > lan 443/TCP            # outside of the cluster is outside`,
		denied: `
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
			node > app 9443/TCP          # so the API server comes from another node, through a tunnel
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
			internet > app 9443/TCP
			lan > app 9443/TCP`,
	},
	"ingress-controller": {
		allowed: `
			internet > app 8443/TCP
			lan > app 8443/TCP
			stranger > app 7080/TCP      # the tunnel's pods
			node > app 8443/TCP
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
			node > app 10250/TCP`,
		denied: `
			stranger > app 9090/TCP
			not-traefik > app 9090/TCP
			internet > app 9090/TCP
			lan > app 9090/TCP
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
			app > node 53/UDP`,
	},
}

func load(t *testing.T, fsys fstest.MapFS) (profiles.Set, diag.List) {
	t.Helper()
	var diags diag.List
	set, err := profiles.Load(fsys, "profiles", "profiles", profiles.Names{
		IngressController: profiles.Pods{Namespace: "sys-traefik", PodLabels: map[string]string{"app.kubernetes.io/name": "traefik"}},
		DNS:               profiles.Pods{Namespace: "kube-system", PodLabels: map[string]string{"k8s-app": "kube-dns"}},
		APIServerPort:     6443,
	}, &diags)
	if err != nil {
		t.Fatal(err)
	}
	return set, diags
}

// TestTruth asks Cilium's own policy engine what each built-in profile permits.
func TestTruth(t *testing.T) {
	set, diags := load(t, nil)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	if got, want := slices.Sorted(maps.Keys(truth)), set.Names(); !slices.Equal(got, want) {
		t.Fatalf("profiles with a truth table: %v, profiles: %v", got, want)
	}
	for name, table := range truth {
		t.Run(name, func(t *testing.T) {
			var policies []verdict.Policy
			for _, p := range set[name].Policies {
				policies = append(policies, verdict.Policy{Namespace: "app", Name: p.Name, Rule: p.Rule})
			}
			engine, err := cilium.New(verdict.Options{}, policies)
			if err != nil {
				t.Fatal(err)
			}
			ask(t, engine, table.allowed, true)
			ask(t, engine, table.denied, false)
		})
	}
}

// ask compares the engine with rows of a truth table.
func ask(t *testing.T, engine *cilium.Engine, rows string, want bool) {
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
		got, err := engine.Verdict(verdict.Flow{From: from, To: to, Port: uint16(port), Protocol: protocol})
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if got.Allowed() != want {
			t.Errorf("%s: allowed is %t, by %+v", line, got.Allowed(), got)
		}
		asked++
	}
	if asked == 0 {
		t.Fatal("no rows")
	}
}
