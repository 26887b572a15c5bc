package rules

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
)

var guardrailWouldRefuse = lint.Rule{
	Name:     "guardrail-would-refuse",
	Severity: lint.Info,
	Summary:  "a guardrail that only reports would refuse a workload",
	Doc: `It is what stands between ` + "`audit`" + ` and ` + "`enforce`" + `: with the guardrail enforced, the workload could not be deployed any more.
Correct it, except it for a time, or write ` + "`none`" + ` where the guardrail is not meant.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: sys-guardrails
  applications: [{applicationCode: sys-guardrails, catalog: guardrails, values: {guardrails: {readiness-probes: none, non-root: none, limits: none, pinned-images: audit, team-label: none}}}]
- namespace: web-a
  networkPolicies: isolated
  podSecurity: restricted
  applications: [{applicationCode: web-a, path: a}]
-- a/app.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec:
      automountServiceAccountToken: false
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: app
          image: registry.example/app:latest
          resources: {requests: {cpu: 10m, memory: 32Mi}, limits: {memory: 64Mi}}
          securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
`,
	Mend: []string{`          image: registry.example/app:latest`, `          image: registry.example/app:1.2.3`},
	Check: func(in *lint.Context, report lint.Report) {
		reportRefused(in, report, catalog.Audit, "would refuse")
	},
}
