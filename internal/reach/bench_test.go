package reach_test

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/reach"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
)

// big is a platform of many namespaces with flows to their neighbours, and workloads in each.
func big(b *testing.B, namespaces, workloads int) *lint.Input {
	b.Helper()
	list := ""
	profiles := []string{"web-app", "web-app-internal", "isolated-job", "operator"}
	for i := range namespaces {
		list += fmt.Sprintf("- namespace: ns%d\n  networkPolicies:\n    profile: %s\n    allow:\n", i, profiles[i%len(profiles)])
		for _, k := range []int{1, 7, 30} {
			list += fmt.Sprintf("      - to: {namespace: ns%d, ports: [%d]}\n", (i+k)%namespaces, 8000+k)
		}
		list += fmt.Sprintf("      - to: {host: api%d.example.com, ports: [443]}\n", i)
	}
	list += "- {namespace: sys-traefik, networkPolicies: ingress-controller}\n- {namespace: sys-monitoring, networkPolicies: monitoring}\n"
	files := fstest.MapFS{catalog.ApplicationsFile: {Data: []byte(list)}, catalog.PlatformFile: {Data: []byte("repository: {url: https://git.example/x.git}\n")}}
	reading, err := catalog.Read(files, ".", catalog.Options{})
	if err != nil || len(reading.Mistakes) > 0 {
		b.Fatal(err, reading.Mistakes)
	}
	p := reading.Clusters[0].Platform
	in := &lint.Input{Platform: p, Order: reading.Clusters[0].Order, Objects: render.Build(p), Repository: files}
	for i := range workloads {
		n := &p.Namespaces[i%namespaces]
		name := fmt.Sprint("w", i)
		labels := map[string]any{"app": name, "team": fmt.Sprint(i % 9)}
		value := map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": map[string]any{"name": name}, "spec": map[string]any{"template": map[string]any{
			"metadata": map[string]any{"labels": labels},
			"spec":     map[string]any{"containers": []any{map[string]any{"name": "c", "ports": []any{map[string]any{"containerPort": int64(8000 + i%4)}}}}},
		}}}
		in.Workloads = append(in.Workloads, &lint.Object{Entry: n, Application: &catalog.Application{Code: n.Name},
			Object: object.Object{APIVersion: "apps/v1", Kind: "Deployment", Namespace: n.Name, Name: name, Value: func() any { return value }}})
	}
	return in
}

// BenchmarkMatrix is the whole matrix of 300 namespaces with 1,000 workloads.
func BenchmarkMatrix(b *testing.B) {
	in := big(b, 300, 1000)
	b.ReportAllocs()
	for b.Loop() {
		m, err := reach.New(lint.NewContext(in), diag.Frame{}).Matrix()
		if err != nil || len(m.Cells) == 0 {
			b.Fatal(err, len(m.Cells))
		}
	}
}

// BenchmarkAsk is one question about it.
func BenchmarkAsk(b *testing.B) {
	in := big(b, 300, 1000)
	for b.Loop() {
		if _, err := reach.New(lint.NewContext(in), diag.Frame{}).Ask("ns1", "ns2:8001"); err != nil {
			b.Fatal(err)
		}
	}
}
