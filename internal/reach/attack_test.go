package reach_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/reach"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
	"sigs.k8s.io/yaml"
)

// deploying is a list of one open namespace, web-a, whose application deploys objects: by kind and name, what is beside their metadata.
func deploying(t *testing.T, objects ...[3]string) *reach.Reach {
	t.Helper()
	files := fstest.MapFS{catalog.ApplicationsFile: {Data: []byte("- namespace: web-a\n")}, catalog.PlatformFile: {Data: []byte("repository: {url: https://git.example/x.git}\n")}}
	reading, err := catalog.Read(files, ".", catalog.Options{})
	if err != nil || len(reading.Mistakes) > 0 {
		t.Fatal(err, reading.Mistakes)
	}
	p := reading.Clusters[0].Platform
	in := &lint.Input{Platform: p, Order: reading.Clusters[0].Order, Objects: render.Build(p), Repository: files}
	versions := map[string]string{"Deployment": "apps/v1", "NetworkPolicy": "networking.k8s.io/v1", "CiliumNetworkPolicy": "cilium.io/v2"}
	for _, o := range objects {
		var value map[string]any
		if err := yaml.Unmarshal([]byte(o[2]), &value); err != nil {
			t.Fatal(err)
		}
		n := &p.Namespaces[0]
		in.Workloads = append(in.Workloads, &lint.Object{Entry: n, Application: &catalog.Application{Code: n.Name},
			Object: object.Object{APIVersion: versions[o[0]], Kind: o[0], Namespace: n.Name, Name: o[1], Value: func() any { return value }}})
	}
	return reach.New(lint.NewContext(in), diag.Frame{})
}

const pods = `{spec: {template: {metadata: {labels: {app: a}}, spec: {containers: [{name: c, ports: [{containerPort: 80, name: http}, {containerPort: 53, name: dns, protocol: UDP}]}]}}}}`

// TestOddQuestions: what cannot be an end is refused, and not taken for a name in the world.
func TestOddQuestions(t *testing.T) {
	r := deploying(t, [3]string{"Deployment", "a", pods})
	for _, to := range []string{".", "..", "a..b", "*.example.com", "x y.com", ".svc", "a.svc", "evil\x1b[31m.com", "a\nyes.com", strings.Repeat("a", 300) + ".com", "[::1]x", "web-a:http/UDP", "web-a:dns/TCP"} {
		if a, err := r.Ask("web-a", to); err == nil {
			t.Errorf("%q: %s", to, a.Says)
		} else if strings.ContainsAny(err.Error(), "\x1b") {
			t.Errorf("%q: %q", to, err)
		}
	}
	for to, want := range map[string]string{"::": "yes: web-a reaches :: on all ports", "fe80::1%eth0": "yes: web-a reaches fe80::1%eth0 on all ports", "web-a:dns": "yes: web-a reaches web-a on dns/TCP",
		"web-a:dns/UDP": "yes: web-a reaches web-a on dns/UDP", "API.example.com.:443": "yes: web-a reaches API.example.com. on 443/TCP"} {
		a, err := r.Ask("web-a", to)
		if err != nil {
			t.Errorf("%s: %v", to, err)
		} else if got, _, _ := strings.Cut(a.Text(), "\n"); got != want {
			t.Errorf("%s: got %q, want %q", to, got, want)
		}
	}
}

// TestZone: an address is in a network whatever its zone.
func TestZone(t *testing.T) {
	r := deploying(t, [3]string{"Deployment", "a", pods}, [3]string{"CiliumNetworkPolicy", "p", `{spec: {endpointSelector: {}, egressDeny: [{toCIDR: ["fe80::/10"]}]}}`})
	if a, err := r.Ask("web-a", "fe80::1%eth0"); err != nil || a.Answer != reach.No {
		t.Error(a, err)
	}
}

// TestToPort: of all that reaches an end, those are printed that reach the port which is asked about.
func TestToPort(t *testing.T) {
	r := deploying(t, [3]string{"Deployment", "a", pods}, [3]string{"CiliumNetworkPolicy", "p", `{spec: {endpointSelector: {}, ingress: [{fromEntities: [world], toPorts: [{ports: [{port: "80"}]}]}]}}`})
	for to, want := range map[string]bool{"web-a": true, "web-a:80": true, "web-a:http": true, "web-a:443": false, "web-a:80/UDP": true, "web-a:80/SCTP": true, "web-a:dns/UDP": false} {
		m, err := r.To(to)
		if err != nil {
			t.Fatal(to, err)
		}
		if got := strings.Contains(m.Text(), "\n  world "); got != want {
			t.Errorf("%s: %v, want %v\n%s", to, got, want, m.Text())
		}
	}
}

// TestOddPolicies: a policy that Cilium refuses names nothing, and one of Kubernetes names addresses too.
func TestOddPolicies(t *testing.T) {
	r := deploying(t, [3]string{"Deployment", "a", pods},
		[3]string{"CiliumNetworkPolicy", "refused", `{spec: {endpointSelector: {}, egress: [{toFQDNs: [{matchName: "a b"}, {matchName: refused.example}]}]}}`},
		[3]string{"CiliumNetworkPolicy", "empty", `{spec: {endpointSelector: {}, egress: [{toFQDNs: [{matchName: ""}, {matchPattern: ""}]}]}}`},
		[3]string{"NetworkPolicy", "block", `{spec: {podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 198.51.100.0/24, except: [198.51.100.0/25]}}]}]}}`})
	m, err := r.Matrix()
	if err != nil {
		t.Fatal(err)
	}
	csv := m.CSV()
	if strings.Contains(csv, "refused.example") || !strings.Contains(csv, "web-a/a,198.51.100.0/24,all,") {
		t.Error(csv)
	}
}

// TestPrintedNames: no name of a manifest gets control characters or lines of its own into an output.
func TestPrintedNames(t *testing.T) {
	r := deploying(t, [3]string{"Deployment", "a\nforged: all\x1b[31m\u202e", pods})
	m, err := r.Matrix()
	if err != nil {
		t.Fatal(err)
	}
	a, err := r.Ask("web-a", "web-a")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{m.Text(), m.CSV(), m.HTML(), m.Mermaid(), a.Text()} {
		if strings.ContainsAny(text, "\x1b\u202e") || strings.Contains(text, "\nforged") {
			t.Errorf("%q", text)
		}
	}
}

// TestMostFlows: an answer that would not fit into memory is refused.
func TestMostFlows(t *testing.T) {
	var objects [][3]string
	for i := range 101 {
		objects = append(objects, [3]string{"Deployment", fmt.Sprint("w", i), `{spec: {template: {metadata: {labels: {app: a}}, spec: {containers: [{name: c, ports: [{containerPort: 80}]}]}}}}`})
	}
	if _, err := deploying(t, objects...).Ask("web-a", "web-a"); err == nil || !strings.Contains(err.Error(), "more than 10,000 flows") {
		t.Error(err)
	}
	if _, err := deploying(t, objects[:100]...).Ask("web-a", "web-a"); err != nil {
		t.Error(err)
	}
}

// TestStop: every answer is given up when it has to be.
func TestStop(t *testing.T) {
	r := deploying(t, [3]string{"Deployment", "a", pods})
	stopped := errors.New("stopped")
	r.StopWhen(func() error { return stopped })
	for what, ask := range map[string]func() error{
		"ask":     func() error { _, err := r.Ask("web-a", "web-a"); return err },
		"matrix":  func() error { _, err := r.Matrix(); return err },
		"from":    func() error { _, err := r.From("web-a"); return err },
		"to":      func() error { _, err := r.To("web-a:80"); return err },
		"observe": func() error { _, err := r.Observe(strings.NewReader(`{"verdict": "FORWARDED"}`)); return err },
	} {
		if err := ask(); !errors.Is(err, stopped) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestHalfUnreadable: the API server takes a policy as a whole or not at all, so one that cannot be read is not judged by the part that can.
func TestHalfUnreadable(t *testing.T) {
	for _, o := range [][3]string{
		{"CiliumNetworkPolicy", "own", `{specs: [{endpointSelector: {}, ingress: [{}]}, {endpointSelector: {}, ingress: {}}]}`},
		{"NetworkPolicy", "own", `{spec: {podSelector: {}, ingress: [{ports: [{port: [1]}]}]}}`},
	} {
		a, err := deploying(t, [3]string{"Deployment", "a", pods}, o).Ask("internet", "web-a:80")
		if err != nil || a.Answer != reach.Yes {
			t.Errorf("%s: %+v, %v", o[0], a, err)
		}
	}
}

// TestSelf: a workload that asks about itself is told what its policies do not decide.
func TestSelf(t *testing.T) {
	a, err := deploying(t, [3]string{"Deployment", "a", pods}).Ask("web-a/a", "web-a/a:80")
	if err != nil || !strings.Contains(a.Text(), "\nnote: a pod always reaches itself: ") {
		t.Errorf("%v, %v", a, err)
	}
}
