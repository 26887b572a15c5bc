package rules

import (
	"slices"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
)

var guardrailRefuses = lint.Rule{
	Name:     "guardrail-refuses",
	Severity: lint.Error,
	Summary:  "an enforced guardrail refuses a workload",
	Doc: `The policies of ` + "`catalog: guardrails`" + ` are held against what the applications deploy, with the API server's own evaluator: what they
refuse here is refused in the cluster when Argo CD applies it, or makes a new pod of it. What runs already goes on running until then. Correct
the workload, except it for a time (` + "`exceptions`" + ` of the entry), or go back to ` + "`audit`" + ` in this namespace.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: sys-guardrails
  applications: [{applicationCode: sys-guardrails, catalog: guardrails, values: {guardrails: {readiness-probes: none, non-root: none, limits: none, pinned-images: enforce, team-label: none}}}]
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
		reportRefused(in, report, catalog.Enforce, "refuses")
	},
}

// reportRefused reports the workloads that do not fit a guardrail with an action.
func reportRefused(in *lint.Context, report lint.Report, action, does string) {
	for _, j := range in.Guardrails.Judged() {
		if j.Action == action && j.Unfit() {
			report(in.Places.Field(j.Pod.Object, slices.Concat(j.At, []string{"spec"})...), "", "the guardrail %s %s %s: %s", j.Guardrail, does, j.Title(), j.Message)
		}
	}
}
