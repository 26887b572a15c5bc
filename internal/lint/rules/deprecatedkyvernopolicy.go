package rules

import (
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

var deprecatedKyvernoPolicy = lint.Rule{
	Name:     "deprecated-kyverno-policy",
	Severity: lint.Warning,
	Summary:  "a policy has a kind or version that Kyverno is about to remove",
	Doc: `Kyverno 1.17 has deprecated the kinds of ` + "`kyverno.io`" + ` that it began with, and the version ` + "`v1alpha1`" + ` of their
successors in ` + "`policies.kyverno.io`" + `. The kinds are to be removed in 1.20 (Kyverno's release notes): with them go the policies
in the cluster, and nothing is refused any longer. Rewrite them with Kyverno's guide "Migrating to CEL policies"; what [guardrails.md](guardrails.md) lists need not be
written: ` + "`catalog: guardrails`" + ` has it.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: sys-policies
  networkPolicies: isolated
  clusterResources: [kyverno.io/ClusterPolicy]
  applications: [{applicationCode: sys-policies, path: policies}]
-- policies/labels.yaml --
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: labels}
spec:
  rules:
    - name: team
      match: {any: [{resources: {kinds: [Pod]}}]}
      validate: {failureAction: Audit, pattern: {metadata: {labels: {team: "?*"}}}}
`,
	Good: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: sys-policies
  networkPolicies: isolated
  clusterResources: [policies.kyverno.io/ValidatingPolicy]
  applications: [{applicationCode: sys-policies, path: policies}]
-- policies/labels.yaml --
apiVersion: policies.kyverno.io/v1
kind: ValidatingPolicy
metadata: {name: labels}
spec:
  validationActions: [Audit]
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods]}]
  validations: [{expression: "'team' in object.metadata.?labels.orValue({})"}]
`,
	Check: func(in *lint.Context, report lint.Report) {
		for _, o := range in.Workloads {
			switch deployed.GroupOf(o) {
			case "kyverno.io":
				if hint, ok := kyvernoSuccessors[o.Kind]; ok {
					report(in.Places.Field(o, "apiVersion"), "use "+hint, "%s is of a kind that Kyverno 1.20 will remove", o.Title())
				}
			case "policies.kyverno.io":
				if o.APIVersion == "policies.kyverno.io/v1alpha1" {
					report(in.Places.Field(o, "apiVersion"), "write apiVersion: policies.kyverno.io/v1", "%s has the version v1alpha1, which is deprecated", o.Title())
				}
			}
		}
	},
}

const orGuardrails = "; or catalog: guardrails for what docs/guardrails.md lists"

// kyvernoSuccessors are the kinds of kyverno.io that are deprecated in its CRDs, and what to use.
var kyvernoSuccessors = map[string]string{
	"ClusterPolicy":        "ValidatingPolicy, MutatingPolicy, GeneratingPolicy or ImageValidatingPolicy of policies.kyverno.io/v1" + orGuardrails,
	"Policy":               "NamespacedValidatingPolicy, NamespacedMutatingPolicy, NamespacedGeneratingPolicy or NamespacedImageValidatingPolicy of policies.kyverno.io/v1" + orGuardrails,
	"ClusterCleanupPolicy": "DeletingPolicy of policies.kyverno.io/v1",
	"CleanupPolicy":        "NamespacedDeletingPolicy of policies.kyverno.io/v1",
	"PolicyException":      "PolicyException of policies.kyverno.io/v1",
}
