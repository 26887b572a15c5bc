package kinds_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/diff/kinds"
)

// large is a platform of 1,000 namespaces, each with a workload, a Service, a host, and flows to some others. The first is as it is told.
func large(policies, pod string) fs.FS {
	files := fstest.MapFS{"platform.yml": {Data: []byte("repository: {url: https://git.example/x.git}\ndomain: home.example\ningress: {expose: {public: [tunnel, websecure], lan: [websecure]}, auth: {sso: {name: sso, namespace: sys-login}}}\n")}}
	var list strings.Builder
	const namespaces = 1000
	for i := range namespaces {
		fmt.Fprintf(&list, "- namespace: ns%d\n  applications:\n    - applicationCode: app%d\n      path: deploy/ns%d\n      ingress: [{host: h%d, service: s, port: 80}]\n  networkPolicies:\n    profile: %s\n    allow:\n",
			i, i, i, i, []string{"web-app", "web-app-internal", "isolated-job", "operator"}[i%4])
		for _, k := range []int{1, 7, 30} {
			fmt.Fprintf(&list, "      - to: {namespace: ns%d, ports: [%d]}\n", (i+k)%namespaces, 8000+k)
		}
		image := "r.example/c:1"
		if i == 0 {
			list.WriteString(policies)
			image = pod
		}
		files[fmt.Sprintf("deploy/ns%d/all.yaml", i)] = &fstest.MapFile{Data: fmt.Appendf(nil, `{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {selector: {app: a}, ports: [{port: 80}]}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: w}, spec: {selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {containers: [{name: c, image: %q, ports: [{containerPort: %d, name: http}]}]}}}}
`, image, 8000+i%4)}
	}
	files["applications.yml"] = &fstest.MapFile{Data: []byte(list.String())}
	return files
}

// benchmark compares two platforms, with some kinds.
func benchmark(b *testing.B, after fs.FS, of ...*diff.Kind) {
	both := [2]*diff.Side{sideOf(b, large("", "r.example/c:1")), sideOf(b, after)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := diff.Compare(both[0], both[1], diff.Options{Kinds: of}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFlows is a change of the flows of one namespace of 1,000.
func BenchmarkFlows(b *testing.B) {
	benchmark(b, large("      - {to: {host: api.example.com, ports: [443]}}\n      - {from: {namespace: ns500, ports: [80]}}\n", "r.example/c:1"), kinds.Flows)
}

// BenchmarkUnmovedFlows is a change of an image: no flow is judged.
func BenchmarkUnmovedFlows(b *testing.B) {
	benchmark(b, large("", "r.example/c:2"), kinds.Flows)
}

// BenchmarkHosts is what is said of the 1,000 hosts.
func BenchmarkHosts(b *testing.B) {
	benchmark(b, large("", "r.example/c:2"), kinds.Hosts)
}

// BenchmarkNothing is what the rest costs.
func BenchmarkNothing(b *testing.B) { benchmark(b, large("", "r.example/c:2")) }
