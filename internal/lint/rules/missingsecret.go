package rules

import (
	"slices"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/secrets"
)

var missingSecret = lint.Rule{
	Name:     "missing-secret",
	Severity: lint.Error,
	Summary:  "a pod needs a Secret, or a key of one, that nothing creates",
	Doc: `The pod waits in CreateContainerConfigError or ContainerCreating for a Secret that never comes, and says so only in its events.
Add it under ` + "`secrets`" + ` of the application, correct the name, or set ` + "`optional: true`" + `. It is reported only where all that runs in the
namespace is known, and where nothing in it, such as a custom resource, a Job with the name among its arguments or an account that may
create Secrets, could create it. Operators usually name the Secrets of a custom resource after it. The keys of an ExternalSecret are
those of its ` + "`target.template`" + ` or, without one, of its ` + "`data`" + `.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/app.yaml --
` + hardened("          env:\n            - {name: DB, valueFrom: {secretKeyRef: {name: db, key: url}}}\n"),
	Good: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications:
    - applicationCode: web-a
      path: a
      secrets: [{name: db, data: {url: web-a#db-url}}]
-- a/app.yaml --
` + hardened("          env:\n            - {name: DB, valueFrom: {secretKeyRef: {name: db, key: url}}}\n"),
	Check: func(in *lint.Context, report lint.Report) {
		makers := in.Secrets.Makers()
		complete := !slices.ContainsFunc(spreaders, func(r catalog.ClusterResource) bool { return !in.Deployed.AllOf(r.Group, r.Kind) })
		for _, p := range in.Deployed.Pods() {
			n := in.Deployed.Entry(p.Object.Namespace)
			if n == nil || !in.Deployed.Settled(n) || !complete {
				continue
			}
			said := map[string]bool{}
			for _, need := range secrets.Needs(p) {
				problem := makers.Lacks(n.Name, need)
				if problem == "" || said[problem] {
					continue
				}
				said[problem] = true
				report(in.Places.Near(p.Object, need.Secret, slices.Concat(p.At, need.At)...), "add it under secrets: of the application", "%s needs %s", p.Title(), problem)
			}
		}
	},
}

// spreaders are the cluster-scoped kinds that create Secrets in any namespace.
var spreaders = []catalog.ClusterResource{{Group: "external-secrets.io", Kind: "ClusterExternalSecret"}, {Group: "kyverno.io", Kind: "ClusterPolicy"},
	{Group: "policies.kyverno.io", Kind: "GeneratingPolicy"}}
