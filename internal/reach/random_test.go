package reach_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/network"
	"github.com/hippotion/roster/internal/reach"
	"github.com/hippotion/roster/internal/verdict"
	"github.com/hippotion/roster/internal/verdict/cilium"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
	"sigs.k8s.io/yaml"
)

// random is a platform of a few namespaces, with profiles, flows, workloads and policies that their applications bring.
func random(t *testing.T, r *rand.Rand) *lint.Input {
	t.Helper()
	of := func(words ...string) string { return words[r.IntN(len(words))] }
	const namespaces = 4
	ns := func() string { return fmt.Sprint("ns", r.IntN(namespaces)) }
	list := ""
	for i := range namespaces {
		list += fmt.Sprintf("- namespace: ns%d\n", i)
		if r.IntN(5) == 0 {
			continue // open
		}
		list += "  networkPolicies:\n    profile: " + of("web-app", "web-app-internal", "isolated", "isolated-job", "operator", "monitoring", "dns", "media-server", "ingress-controller") + "\n"
		flows := ""
		for range r.IntN(4) {
			labels := of("", "", "podLabels: {app: a}, ")
			ports := of("", ", ports: [80]", ", ports: [80, 53/UDP]", ", ports: [1000-9000]", ", ports: [8080/ANY]")
			peer := of("namespace: "+ns(), "namespace: "+ns()+", podLabels: {app: b}", "cidr: 203.0.113.0/24", "entity: world", "entity: host", "entity: kube-apiserver", "host: api.example.com")
			direction := of("to", "from")
			if strings.HasPrefix(peer, "host: ") {
				direction = "to"
			}
			flows += fmt.Sprintf("      - {%s%s: {%s%s}}\n", labels, direction, peer, ports)
		}
		if flows != "" {
			list += "    allow:\n" + flows
		}
	}
	files := fstest.MapFS{catalog.ApplicationsFile: {Data: []byte(list)}, catalog.PlatformFile: {Data: []byte("repository: {url: https://git.example/x.git}\n")}}
	reading, err := catalog.Read(files, ".", catalog.Options{})
	if err != nil || len(reading.Mistakes) > 0 {
		t.Fatal(err, reading.Mistakes, list)
	}
	p := reading.Clusters[0].Platform
	in := &lint.Input{Platform: p, Order: reading.Clusters[0].Order, Objects: render.Build(p), Repository: files}
	add := func(kind, apiVersion, name string, i int, text string) {
		n := &p.Namespaces[i]
		var value map[string]any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err, text)
		}
		namespace := n.Name
		if kind == "CiliumClusterwideNetworkPolicy" {
			namespace = ""
		}
		in.Workloads = append(in.Workloads, &lint.Object{Entry: n, Application: &catalog.Application{Code: n.Name},
			Object: object.Object{APIVersion: apiVersion, Kind: kind, Namespace: namespace, Name: name, Value: func() any { return value }}})
	}
	for i := range namespaces {
		for k := range 1 + r.IntN(2) {
			host := of("", "", "", "", "hostNetwork: true, ")
			add("Deployment", "apps/v1", fmt.Sprint("w", k), i, fmt.Sprintf(`{spec: {template: {metadata: {labels: {app: %s}}, spec: {%scontainers: [{name: c, ports: [{containerPort: %s, name: http}]}]}}}}`,
				of("a", "b"), host, of("80", "8080")))
		}
		switch r.IntN(5) {
		case 0:
			add("CiliumNetworkPolicy", "cilium.io/v2", "own", i, of(
				`{spec: {endpointSelector: {matchLabels: {app: a}}, ingressDeny: [{fromEntities: [world]}]}}`,
				`{spec: {endpointSelector: {}, ingress: [{fromEndpoints: [{}]}]}}`,
				`{specs: [{endpointSelector: {}, egress: [{toPorts: [{ports: [{port: http, protocol: TCP}]}]}]}, {endpointSelector: {matchLabels: {app: b}}, ingress: [{fromEntities: [cluster]}]}]}`,
				`{spec: {endpointSelector: {}, egress: [{toServices: [{k8sService: {serviceName: x}}]}]}}`,
				`{spec: {endpointSelector: {}, egressDeny: [{toCIDRSet: [{cidrGroupRef: x}]}]}}`))
		case 1:
			add("NetworkPolicy", "networking.k8s.io/v1", "own", i, of(
				`{spec: {podSelector: {matchLabels: {app: a}}, policyTypes: [Ingress, Egress]}}`,
				`{spec: {podSelector: {}, ingress: [{from: [{namespaceSelector: {}}], ports: [{port: http}]}]}}`))
		case 2:
			add("CiliumClusterwideNetworkPolicy", "cilium.io/v2", fmt.Sprint("own", i), i, of(
				`{spec: {endpointSelector: {matchLabels: {app: a}}, ingress: [{fromEntities: [cluster]}]}}`,
				`{spec: {endpointSelector: {matchLabels: {"k8s:io.kubernetes.pod.namespace": ns1}}, egressDeny: [{toEntities: [world]}]}}`))
		}
	}
	return in
}

// TestMatrix: the matrix, the answers to single questions, and Cilium's engine say the same about each flow between two ends.
func TestMatrix(t *testing.T) {
	asked, permitted, unsure := 0, 0, 0
	for i := range 40 {
		in := random(t, rand.New(rand.NewPCG(16, uint64(i))))
		ctx := lint.NewContext(in)
		questions := reach.New(ctx, diag.Frame{})
		m, err := questions.Matrix()
		if err != nil {
			t.Fatal(err)
		}
		cells := map[[2]string]reach.Cell{}
		for _, c := range m.Cells {
			cells[[2]string{m.Ends[c.From].Name, m.Ends[c.To].Name}] = c
		}
		skipped := map[int]bool{}
		for _, s := range ctx.Network.Judge().Skipped() {
			skipped[s.Policy] = true
		}
		o := verdict.Options{Pods: []verdict.Endpoint{}}
		var policies []verdict.Policy
		for k, p := range ctx.Network.Policies() {
			if p.Later != nil {
				p.Rule, p.Later = p.Later(), nil
			}
			if !skipped[k] {
				policies = append(policies, p.Policy)
			}
		}
		var ends []*network.End
		for _, n := range ctx.Network.Namespaces() {
			for _, e := range n.Pods {
				ends = append(ends, e)
				if !e.Node {
					o.Pods = append(o.Pods, e.Endpoint)
				}
			}
		}
		for _, entity := range []string{"host", "remote-node", "kube-apiserver", "world"} {
			ends = append(ends, ctx.Network.Entity(entity))
		}
		engine, err := cilium.New(o, policies)
		if err != nil {
			t.Fatal(err)
		}
		for _, from := range ends {
			for _, to := range ends {
				if from.Namespace == "" && to.Namespace == "" || from == to {
					continue
				}
				for _, port := range []uint16{80, 8080, 443, 6443, 5000} {
					v, err := ctx.Network.Verdict(from, to, "TCP", port)
					if err != nil {
						t.Fatal(err)
					}
					where := fmt.Sprintf("platform %d: %s → %s:%d", i, from.Name, to.Name, port)
					c := cells[[2]string{from.Name, to.Name}]
					if sure, perhaps := c.On("TCP", port); sure != (v.Sure() && v.Allowed()) || perhaps != !v.Sure() {
						t.Fatalf("%s: the matrix has %q, perhaps %q, and the verdict is %+v", where, c.Ports, c.Perhaps, v)
					}
					if from.Entity == "" && to.Entity == "" {
						a, err := questions.Ask(from.Name, fmt.Sprintf("%s:%d", to.Name, port))
						if err != nil {
							t.Fatal(err)
						}
						want := map[bool]reach.Answer{true: reach.Yes, false: reach.No}[v.Allowed()]
						if !v.Sure() {
							want = reach.Unknown
						}
						if a.Answer != want {
							t.Fatalf("%s: the answer is %s, and the verdict %+v", where, a.Answer, v)
						}
						if a.Answer == reach.No && a.Hint != "" && len(a.Flows) != 1 {
							t.Fatalf("%s: %d flows", where, len(a.Flows))
						}
					}
					asked++
					if !v.Sure() || len(skipped) > 0 {
						unsure++
						continue
					}
					allowed := true
					for _, a := range append([]verdict.Endpoint{from.Endpoint}, from.Also...) {
						for _, b := range append([]verdict.Endpoint{to.Endpoint}, to.Also...) {
							ok, err := engine.Allowed(verdict.Flow{From: a, To: b, Port: port})
							if err != nil {
								t.Fatal(err)
							}
							allowed = allowed && ok
						}
					}
					if allowed != v.Allowed() {
						t.Fatalf("%s: Cilium's engine says %v, and the verdict is %+v", where, allowed, v)
					}
					if allowed {
						permitted++
					}
				}
			}
		}
	}
	t.Logf("%d flows, %d permitted, %d not compared with the engine", asked, permitted, unsure)
	if permitted == 0 || unsure == 0 || permitted+unsure == asked {
		t.Error("the platforms decide nothing")
	}
}
