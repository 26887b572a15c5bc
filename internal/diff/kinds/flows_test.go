package kinds_test

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/diff/kinds"
	"github.com/hippotion/roster/internal/diff/sides"
	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/inspection"
)

// seed is what a namespace is made of: numbers for its entry, its workloads, and its own policies. The same numbers give the same.
type seed [3]uint64

func platformOf(seeds []seed) fs.FS {
	files := fstest.MapFS{"platform.yml": {Data: []byte("repository: {url: https://git.example/x.git}\n")}}
	list := ""
	for i, seed := range seeds {
		var of [3]*rand.Rand
		for k := range of {
			of[k] = rand.New(rand.NewPCG(seed[k], uint64(i)))
		}
		list += randomEntry(of[0], i, len(seeds))
		objects := append(randomWorkloads(of[1]), randomPolicy(of[2], i)...)
		files[fmt.Sprintf("deploy/ns%d/all.yaml", i)] = &fstest.MapFile{Data: []byte(strings.Join(objects, "\n---\n"))}
	}
	files["applications.yml"] = &fstest.MapFile{Data: []byte(list)}
	return files
}

func oneOf(r *rand.Rand, words ...string) string { return words[r.IntN(len(words))] }

// randomEntry is an entry of the list, with a profile and flows.
func randomEntry(r *rand.Rand, i, namespaces int) string {
	list := fmt.Sprintf("- namespace: ns%d\n  clusterResources: [cilium.io/CiliumClusterwideNetworkPolicy]\n", i)
	if r.IntN(4) == 0 {
		list += "  labels: {team: red}\n"
	}
	list += fmt.Sprintf("  applications: [{applicationCode: app%d, path: deploy/ns%d}]\n", i, i)
	if r.IntN(5) == 0 {
		return list // open
	}
	list += "  networkPolicies:\n    profile: " + oneOf(r, "web-app", "web-app-internal", "isolated", "isolated-job", "operator", "monitoring") + "\n"
	flows := ""
	for range r.IntN(4) {
		other := fmt.Sprint("ns", r.IntN(namespaces))
		peer := oneOf(r, "namespace: "+other, "namespace: "+other+", podLabels: {app: b}", "cidr: 203.0.113.0/24", "entity: world", "entity: host", "entity: kube-apiserver", "host: api.example.com")
		direction := oneOf(r, "to", "from")
		if strings.HasPrefix(peer, "host: ") {
			direction = "to"
		}
		ports := oneOf(r, "", ", ports: [80]", ", ports: [80, 53/UDP]", ", ports: [1000-9000]")
		if strings.HasPrefix(peer, "namespace: ") && r.IntN(4) == 0 {
			ports = ", ports: [http]"
		}
		flows += fmt.Sprintf("      - {%s%s: {%s%s}}\n", oneOf(r, "", "", "podLabels: {app: a}, "), direction, peer, ports)
	}
	if flows != "" {
		list += "    allow:\n" + flows
	}
	return list
}

func randomWorkloads(r *rand.Rand) (out []string) {
	for k := range 1 + r.IntN(2) {
		out = append(out, fmt.Sprintf(`{apiVersion: apps/v1, kind: Deployment, metadata: {name: w%d}, spec: {replicas: 2, selector: {matchLabels: {w: w%d}}, template: {metadata: {labels: {app: %s, w: w%d}}, spec: {%scontainers: [{name: c, image: "r.example/c:1", ports: [{containerPort: %s, name: http}]}]}}}}`,
			k, k, oneOf(r, "a", "b"), k, oneOf(r, "", "", "", "hostNetwork: true, "), oneOf(r, "80", "80", "80", "8080")))
	}
	return out
}

// randomPolicy is a policy of one of all kinds, or none.
func randomPolicy(r *rand.Rand, i int) (out []string) {
	policy := func(kind, apiVersion, spec string) {
		out = append(out, fmt.Sprintf(`{apiVersion: %s, kind: %s, metadata: {name: own%d}, %s}`, apiVersion, kind, i, spec))
	}
	switch r.IntN(4) {
	case 0:
		policy("CiliumNetworkPolicy", "cilium.io/v2", oneOf(r,
			`spec: {endpointSelector: {matchLabels: {app: a}}, ingressDeny: [{fromEntities: [world]}]}`,
			`spec: {endpointSelector: {}, ingress: [{fromEndpoints: [{}]}]}`,
			`spec: {endpointSelector: {}, ingress: [{fromEndpoints: [{matchLabels: {"k8s:io.cilium.k8s.namespace.labels.team": red}}]}]}`,
			`specs: [{endpointSelector: {}, egress: [{toPorts: [{ports: [{port: http, protocol: TCP}]}]}]}, {endpointSelector: {matchLabels: {app: b}}, ingress: [{fromEntities: [cluster]}]}]`,
			`spec: {endpointSelector: {}, egress: [{toServices: [{k8sService: {serviceName: x}}]}]}`,
			`spec: {endpointSelector: {}, egress: [{toCIDRSet: [{cidr: 0.0.0.0/0, except: [10.0.0.0/8]}]}]}`,
			`spec: {endpointSelector: {}, egressDeny: [{toPorts: [{ports: [{port: http, protocol: TCP}]}]}], egress: [{toEntities: [all]}]}`,
			`spec: {endpointSelector: {}, egressDeny: [{toCIDRSet: [{cidrGroupRef: x}]}]}`))
	case 1:
		policy("NetworkPolicy", "networking.k8s.io/v1", oneOf(r,
			`spec: {podSelector: {matchLabels: {app: a}}, policyTypes: [Ingress, Egress]}`,
			`spec: {podSelector: {}, egress: [{ports: [{port: http}]}], policyTypes: [Egress]}`,
			`spec: {podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: red}}}], ports: [{port: http}]}]}`))
	case 2:
		policy("CiliumClusterwideNetworkPolicy", "cilium.io/v2", oneOf(r,
			`spec: {endpointSelector: {matchLabels: {app: a}}, ingress: [{fromEntities: [cluster]}]}`,
			`spec: {endpointSelector: {matchLabels: {"k8s:io.kubernetes.pod.namespace": ns1}}, egressDeny: [{toEntities: [world]}]}`,
			`spec: {endpointSelector: {matchLabels: {app: b}}, egress: [{toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": ns2}}], toPorts: [{ports: [{port: http, protocol: TCP}]}]}]}`))
	}
	return out
}

func sideOf(tb testing.TB, files fs.FS) *diff.Side {
	tb.Helper()
	side, closer, err := sides.Open(inspection.Input{Place: fleet.Place{Dir: ".", Files: files}}, "side", "")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = closer() })
	if side.Clusters == nil {
		tb.Fatal(side.Mistakes)
	}
	return side
}

// TestTouchedFlows: with the ends alone that a change touches, the same flows are found as with all.
func TestTouchedFlows(t *testing.T) {
	differ, unmoved := 0, 0
	for i := range 100 {
		r := rand.New(rand.NewPCG(17, uint64(i)))
		before := make([]seed, 5)
		for k := range before {
			before[k] = seed{r.Uint64(), r.Uint64(), r.Uint64()}
		}
		after := slices.Clone(before)
		for range 1 + r.IntN(2) {
			after[r.IntN(len(after))][r.IntN(3)] = r.Uint64()
		}
		probe := &diff.Kind{Name: "probe", Words: []string{"probe"}, Find: func(c *diff.Change, _ func(diff.Consequence)) {
			some, all, err := kinds.JudgedFlows(c)
			if err != nil {
				t.Fatal(err)
			}
			if d := gocmp.Diff(all, some); d != "" {
				t.Fatalf("platform %d, %v → %v (-all +touched):\n%s", i, before, after, d)
			}
			differ += len(all)
			if len(all) == 0 {
				unmoved++
			}
		}}
		result, err := diff.Compare(sideOf(t, platformOf(before)), sideOf(t, platformOf(after)), diff.Options{Kinds: []*diff.Kind{probe, kinds.Flows}})
		if err != nil || len(result.NotJudged) > 0 {
			t.Fatal(err, result.NotJudged)
		}
	}
	t.Logf("%d flows differ, in %d platforms none", differ, unmoved)
	if differ == 0 || unmoved == 100 {
		t.Error("the changes do nothing")
	}
}
