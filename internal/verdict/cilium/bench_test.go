package cilium_test

import (
	"fmt"
	"testing"

	"github.com/hippotion/roster/internal/verdict"
	"github.com/hippotion/roster/internal/verdict/cilium"
)

// The size is that of a big platform: 50 applications, 150 policies, 2,000
// flows.
func BenchmarkPlatform(b *testing.B) {
	const apps, peers = 50, 40
	var policies []verdict.Policy
	var pods []verdict.Endpoint
	for i := range apps {
		ns := fmt.Sprintf("app-%d", i)
		pods = append(pods, pod(ns, "server"))
		policies = append(policies,
			policy(b, ns+"/deny", "{endpointSelector: {}, ingress: [{}], egress: [{}]}"),
			policy(b, ns+"/names", dnsRules+`
  - toFQDNs: [{matchName: api.example.com}]
    toPorts: [{ports: [{port: "443", protocol: TCP}]}]
`),
			policy(b, ns+"/server", fmt.Sprintf(`
endpointSelector: {matchLabels: {app: server}}
ingress:
  - fromEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": app-%d}}]
    toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
egress:
  - toEndpoints: [{matchLabels: {"k8s:io.kubernetes.pod.namespace": app-%d}}]
    toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
  - toCIDRSet: [{cidr: 0.0.0.0/0, except: [10.0.0.0/8]}]
`, (i+1)%apps, (i+apps-1)%apps)))
	}
	// Each application may call the one before it.
	judge := func(b *testing.B, e *cilium.Engine) {
		allowed := 0
		for _, from := range pods {
			for _, to := range pods[:peers] {
				ok, err := e.Allowed(verdict.Flow{From: from, To: to, Port: 8080})
				if err != nil {
					b.Fatal(err)
				}
				if ok {
					allowed++
				}
			}
		}
		if allowed != peers {
			b.Fatalf("%d flows allowed, want %d", allowed, peers)
		}
	}

	b.Run("new", func(b *testing.B) {
		for b.Loop() {
			engine(b, policies...)
		}
	})
	b.Run("new and first flows", func(b *testing.B) {
		for b.Loop() {
			judge(b, engine(b, policies...))
		}
	})
	b.Run("same flows again", func(b *testing.B) {
		e := engine(b, policies...)
		judge(b, e)
		for b.Loop() {
			judge(b, e)
		}
	})
}
