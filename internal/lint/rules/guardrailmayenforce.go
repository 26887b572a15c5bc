package rules

import (
	"fmt"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
)

var guardrailMayEnforce = lint.Rule{
	Name:     "guardrail-may-enforce",
	Severity: lint.Info,
	Summary:  "a guardrail only reports where all workloads fit it",
	Doc: `All workloads of these namespaces are known, and fit: ` + "`enforce`" + ` refuses none of them, and keeps it that way. Namespaces where
something else may make pods, such as an operator, are not among them.`,
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
          image: registry.example/app:1.2.3
          resources: {requests: {cpu: 10m, memory: 32Mi}, limits: {memory: 64Mi}}
          securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
`,
	Mend: []string{`pinned-images: audit`, `pinned-images: enforce`},
	Check: func(in *lint.Context, report lint.Report) {
		for _, guardrail := range catalog.GuardrailNames() {
			mayEnforce(in, report, guardrail)
		}
	},
}

// mayEnforce reports where one guardrail may be enforced: at the entries that say themselves that it reports, and once for all others.
func mayEnforce(in *lint.Context, report lint.Report, guardrail string) {
	var fit []string
	var at catalog.Place
	all := true
	for i := range in.Platform.Namespaces {
		n := &in.Platform.Namespaces[i]
		if n.Guardrails.Actions[guardrail] != catalog.Audit || len(in.Deployed.Within(n.Name)) == 0 {
			continue
		}
		fits := fitsGuardrail(in, guardrail, n.Name)
		own, said := n.Guardrails.Own[guardrail]
		switch {
		case said && fits:
			report(own, "write "+guardrail+": enforce", "all workloads of %s fit the guardrail %s, which only reports", n.Name, guardrail)
		case said:
		case fits:
			fit, at = append(fit, n.Name), n.Guardrails.ByAt
		default:
			all = false
		}
	}
	if len(fit) == 0 {
		return
	}
	hint := "write guardrails: {" + guardrail + ": enforce}"
	if all {
		hint += " among the values"
	} else {
		hint += " in their entries"
	}
	report(at, hint, "the guardrail %s only reports, and all workloads of %s fit it", guardrail, some(fit))
}

// some are the first of some names, and how many more there are.
func some(names []string) string {
	const most = 5
	if len(names) > most {
		return diag.AllOf("", names[:most]) + fmt.Sprintf(" and %d more namespaces", len(names)-most)
	}
	return diag.AllOf("", names)
}

// fitsGuardrail reports whether all workloads of a namespace are known, and fit a guardrail.
func fitsGuardrail(in *lint.Context, guardrail, namespace string) bool {
	judged := in.Guardrails.Of(guardrail, namespace)
	for _, j := range judged {
		if j.Unknown || j.Unfit() {
			return false
		}
	}
	return len(judged) > 0 && in.Pods.In(namespace) != nil
}
