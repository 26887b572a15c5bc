package rules

import (
	"github.com/hippotion/roster/internal/lint"
)

var dnsRefused = lint.Rule{
	Name:     "dns-refused",
	Severity: lint.Error,
	Fixable:  true,
	Summary:  "network policies refuse the DNS of the cluster its queries, or what it needs to answer them",
	Doc: `Nearly every pod looks names up with the DNS pods that ` + "`dns`" + ` of ` + "`platform.yml`" + ` names; the profiles permit that at the pods' own end, and
the policies of the DNS pods' namespace have to permit it as well. The DNS pods watch Services at the API server, and ask servers outside for all other names.
Where a policy refuses that, nothing in the cluster finds anything. No profile fits a namespace such as ` + "`kube-system`" + `: leave it open, and say so with
` + "`networkPolicies: open`" + `, or add the flows.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: kube-system
  manageNamespace: false
  networkPolicies:
    profile: operator
    allow:
      - podLabels: {k8s-app: kube-dns}
        to: {entity: world, ports: [53/ANY]}
- namespace: web-a
  networkPolicies: web-app
  applications: [{applicationCode: web-a, path: a}]
-- a/a.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec:
      containers: [{name: a, image: registry.example/a:1.2.3}]
`,
	Mend: []string{`        to: {entity: world, ports: [53/ANY]}
`, `        to: {entity: world, ports: [53/ANY]}
      - {podLabels: {k8s-app: kube-dns}, from: {entity: cluster, ports: [53/ANY]}}
`},
	Find: func(in *lint.Context, add func(lint.Finding)) { refusals(in, in.Intents.Lookups(), add) },
}
