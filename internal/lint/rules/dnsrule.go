package rules

import (
	"strconv"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/policies"
)

var dnsRuleMissing = lint.Rule{
	Name:     "dns-rule-missing",
	Severity: lint.Error,
	Summary:  "a policy permits a host name that no DNS rule lets Cilium look up",
	Doc: `Cilium learns the addresses of a name from the DNS answers that pass its proxy, and only queries that a DNS rule of an
egress policy permits pass it (Cilium's documentation, "Obtaining DNS Data for use by toFQDNs"). Without such a rule for the same
pods and the same name, toFQDNs matches nothing. Add one; or write the flow as ` + "`to: {host: …}`" + ` under
` + "`networkPolicies.allow`" + `, which includes it.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications:
    - {applicationCode: web-a, path: a}
-- a/policy.yaml --
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: to-api}
spec:
  endpointSelector: {}
  egress:
    - toFQDNs: [{matchName: api.example.com}]
      toPorts:
        - ports: [{port: "443", protocol: TCP}]
`,
	Mend: []string{`  egress:`, `  egress:
    - toEndpoints:
        - matchLabels: {k8s:io.kubernetes.pod.namespace: kube-system, k8s:k8s-app: kube-dns}
      toPorts:
        - ports: [{port: "53", protocol: ANY}]
          rules: {dns: [{matchName: api.example.com}]}`},
	Check: func(in *lint.Context, report lint.Report) {
		book := in.Policies.Book()
		for _, p := range in.Policies.Own() {
			n := in.Deployed.Entry(p.Namespace)
			if p.Rule == nil || n == nil || !in.Deployed.RenderedHere(n) { // the DNS rule may be elsewhere
				continue
			}
			subject := policies.Subject(p)
			for i, r := range p.Rule.Egress {
				for j, host := range r.ToFQDNs {
					if !book.Resolves(p.Namespace, subject, host.MatchName, host.MatchPattern) {
						report(p.At("egress", strconv.Itoa(i), "toFQDNs", strconv.Itoa(j)), `permit port 53 of the DNS server with rules: {dns: [{matchPattern: "*"}]}`,
							"no DNS rule for the same pods has %s: Cilium never learns its addresses", host.MatchName+host.MatchPattern)
					}
				}
			}
		}
	},
}
