package rules

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
)

var policyNotJudged = lint.Rule{
	Name:     "policy-not-judged",
	Severity: lint.Info,
	Summary:  "what a policy permits cannot be judged here",
	Doc: `lint asks what the policies permit, and says nothing where it does not know. It does not know what ` + "`toServices`" + `, CIDR groups, groups of
cloud providers and ` + "`authentication`" + ` come to, nor what the policies of nodes do: that takes objects that only the cluster has. For a Service whose pods
are known, ` + "`toEndpoints`" + ` and the port of the pods say the same, and can be judged.

Where platform.yml says ` + "`networkPolicy: NetworkPolicy`" + `, nobody reads the policies of Cilium that applications bring.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: web-app
  applications:
    - {applicationCode: web-a, path: a}
-- a/policy.yaml --
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: to-the-database}
spec:
  endpointSelector: {}
  egress:
    - toServices: [{k8sService: {serviceName: database, namespace: web-a}}]
`,
	Mend: []string{`    - toServices: [{k8sService: {serviceName: database, namespace: web-a}}]`, `    - toEndpoints: [{matchLabels: {app: database}}]
      toPorts: [{ports: [{port: "5432", protocol: TCP}]}]
  ingress:
    - fromEndpoints: [{}]`},
	Check: func(in *lint.Context, report lint.Report) {
		if in.Deployed.Platform.Plain != nil {
			for _, p := range in.Policies.HandWritten() {
				report(in.Places.Field(p.Object), "write a NetworkPolicy, or a flow under networkPolicies.allow", "nobody reads %s: the network of the cluster is not Cilium, says %s", p.Object.Title(), catalog.PlatformFile)
			}
		}
		for _, s := range in.Network.Judge().Skipped() {
			p := in.Network.Policies()[s.Policy]
			if s.Refused || p.Profile != nil && !p.Profile.Own || p.Flows != nil || p.Object != nil && p.Object.Application.Catalog != "" {
				continue
			}
			source := in.Network.Source(s.Rule, "TCP", 0)
			report(source.At, "", "what %s permits is not known: %s", source.Text, s.Reason)
		}
	},
}
