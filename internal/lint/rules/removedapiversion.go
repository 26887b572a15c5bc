package rules

import (
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"k8s.io/apimachinery/pkg/util/version"
)

var removedAPIVersion = lint.Rule{
	Name:     "removed-api-version",
	Severity: lint.Error,
	Summary:  "an object has an API version that Kubernetes has removed",
	Doc: `The kind is unknown to the API server, and Argo CD fails to apply everything with it. What is already in the cluster
stays: Kubernetes keeps it under the version that came later. The versions are those of Kubernetes' deprecation guide, up to
` + "`kubernetes.version`" + ` of ` + "`platform.yml`" + `. Write the version that the hint names, and see the guide for fields that have
changed.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/budget.yaml --
apiVersion: policy/v1beta1
kind: PodDisruptionBudget
metadata: {name: web}
spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
`,
	Mend: []string{`apiVersion: policy/v1beta1`, `apiVersion: policy/v1`},
	Check: func(in *lint.Context, report lint.Report) {
		cluster, err := version.ParseGeneric(in.Platform.Kubernetes.KubeVersion)
		if err != nil { // the cluster's version is unknown
			cluster = version.MajorMinor(1, 35)
		}
		for _, o := range in.Workloads {
			r, ok := deployed.RemovedKind(o)
			if !ok || cluster.LessThan(version.MajorMinor(1, r.Minor)) {
				continue
			}
			hint := "write apiVersion: " + r.Replacement
			if r.Replacement == "" {
				hint = "it has no successor: podSecurity of the entry sets what pods may do"
			}
			report(in.Places.Field(o, "apiVersion"), hint, "%s has the version %s, which Kubernetes has not had since 1.%d", o.Title(), o.APIVersion, r.Minor)
		}
	},
}
