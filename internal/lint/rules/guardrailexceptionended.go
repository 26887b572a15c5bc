package rules

import (
	"time"

	"github.com/hippotion/roster/internal/lint"
)

var guardrailExceptionEnded = lint.Rule{
	Name:     "guardrail-exception-ended",
	Severity: lint.Error,
	Summary:  "the last day of an exception from a guardrail has passed",
	Doc: `A policy in the cluster has no calendar: the workload is excepted until somebody changes the list, and this finding is what reminds
you. Correct the workload and remove the exception, or write another ` + "`until`" + `, with a reason that still holds.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: sys-guardrails
  applications: [{applicationCode: sys-guardrails, catalog: guardrails, values: {guardrails: {readiness-probes: none, non-root: none, limits: none, pinned-images: enforce, team-label: none}}}]
- namespace: web-a
  networkPolicies: isolated
  podSecurity: restricted
  guardrails: {exceptions: [{guardrail: pinned-images, workload: app, reason: the vendor tags nothing, until: 2020-01-31}]}
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
	Mend: []string{
		"  guardrails: {exceptions: [{guardrail: pinned-images, workload: app, reason: the vendor tags nothing, until: 2020-01-31}]}\n", "",
		`          image: registry.example/app:latest`, `          image: registry.example/app:1.2.3`,
	},
	Check: func(in *lint.Context, report lint.Report) {
		for _, n := range in.Platform.Namespaces {
			for _, x := range n.Guardrails.Exceptions {
				if !in.Today.IsZero() && !in.Today.Before(x.Until.AddDate(0, 0, 1)) {
					report(x.Place, "correct the workload and remove the exception, or write another end", "the exception of %s from the guardrail %s ended on %s", x.Workload, x.Guardrail,
						x.Until.Format(time.DateOnly))
				}
			}
		}
	},
}
