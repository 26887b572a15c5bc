package rules

import (
	"fmt"

	"github.com/hippotion/roster/internal/lint"
)

var unknownKind = lint.Rule{
	Name:     "unknown-kind",
	Severity: lint.Info,
	Summary:  "objects of a kind without a schema, which are not checked",
	Doc: `roster has the schemas of Kubernetes' own stable kinds and of some operators' kinds. Of others it checks only what
the other rules look at: a misspelled field is found when Argo CD applies the object, or never. There is one finding for each kind,
at its first object.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/queue.yaml --
apiVersion: queues.example/v1
kind: Queue
metadata: {name: mail}
---
apiVersion: queues.example/v1
kind: Queue
metadata: {name: print}
`,
	Good: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/config.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: mail}
`,
	Check: func(in *lint.Context, report lint.Report) {
		kinds := in.Deployed.Unchecked().Count
		for _, o := range in.Deployed.Unchecked().First {
			kind := o.APIVersion + " " + o.Kind
			objects := fmt.Sprintf("%d objects of the kind %s are", kinds[kind], kind)
			if kinds[kind] == 1 {
				objects = fmt.Sprintf("1 object of the kind %s is", kind)
			}
			report(in.Places.Field(o, "kind"), "", "%s not checked: there is no schema", objects)
		}
	},
}
