package rules

import (
	"slices"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/guardrails"
)

var guardrailExceptionUnused = lint.Rule{
	Everywhere: true,
	Name:       "guardrail-exception-unused",
	Severity:   lint.Warning,
	Summary:    "an exception from a guardrail excepts nothing",
	Doc: `The workload fits the guardrail, or has another name now. Remove the exception: the next workload of that name would be excepted
without anybody having decided it.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: sys-guardrails
  applications: [{applicationCode: sys-guardrails, catalog: guardrails, values: {guardrails: {readiness-probes: none, non-root: none, limits: none, pinned-images: enforce, team-label: none}}}]
- namespace: web-a
  networkPolicies: isolated
  podSecurity: restricted
  guardrails: {exceptions: [{guardrail: pinned-images, workload: app, reason: the vendor tags nothing, until: 9999-12-31}]}
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
          image: registry.example/app:1.2.3
          resources: {requests: {cpu: 10m, memory: 32Mi}, limits: {memory: 64Mi}}
          securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
`,
	Mend: []string{"  guardrails: {exceptions: [{guardrail: pinned-images, workload: app, reason: the vendor tags nothing, until: 9999-12-31}]}\n", ""},
	Check: func(in *lint.Context, report lint.Report) {
		for i := range in.Platform.Namespaces {
			n := &in.Platform.Namespaces[i]
			by := map[[2]string][]guardrails.Judgement{} // by guardrail and name
			if len(n.Guardrails.Exceptions) > 0 {
				for _, guardrail := range catalog.GuardrailNames() {
					for _, j := range in.Guardrails.Of(guardrail, n.Name) {
						key := [2]string{guardrail, j.Pod.Object.Name}
						by[key] = append(by[key], j)
					}
				}
			}
			for _, x := range n.Guardrails.Exceptions {
				unusedException(in, report, n, x, by[[2]string{x.Guardrail, x.Workload}])
			}
		}
	},
}

// unusedException reports an exception when what it excepts is known, and fits.
func unusedException(in *lint.Context, report lint.Report, n *catalog.Namespace, x catalog.Exception, of []guardrails.Judgement) {
	switch {
	case x.Guardrail == "live-state" || slices.ContainsFunc(of, func(j guardrails.Judgement) bool { return j.Unknown || !j.Passes }):
	case len(of) > 0:
		report(x.Place, "remove the exception", "%s fits the guardrail %s without an exception", of[0].Title(), x.Guardrail)
	case in.Pods.In(n.Name) != nil && len(in.Guardrails.Judged()) > 0:
		report(x.Place, "remove the exception, or correct the name", "%s has no workload called %s", n.Name, x.Workload)
	}
}
