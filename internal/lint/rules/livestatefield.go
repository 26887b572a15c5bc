package rules

import (
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

var liveStateField = lint.Rule{
	Name:     "live-state-field",
	Fixable:  true,
	Severity: lint.Warning,
	Summary:  "a manifest has fields that only an object in the cluster has",
	Doc: `They are left over when an object is copied out of the cluster. With an old ` + "`resourceVersion`" + ` the API server refuses to
apply the manifest, since it is a lock; with ` + "`managedFields`" + ` it refuses a server-side apply; and an object whose
` + "`ownerReferences`" + ` name something that is gone is deleted by the garbage collector. The others are overwritten, and make
each difference harder to read. Remove them.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/config.yaml --
apiVersion: v1
kind: ConfigMap
metadata:
  name: config
  resourceVersion: "8817"
  uid: 0c2b1f0e-5b0a-4a43-9a55-1d8a3c5f7f10
data: {colour: blue}
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
metadata:
  name: config
data: {colour: blue}
`,
	Check: func(in *lint.Context, report lint.Report) {
		for _, o := range in.Workloads {
			if o.Pos.Line == 0 || !o.Written() {
				continue // a template made it, or it is not in this repository
			}
			var first catalog.Place
			var names []string
			for _, fields := range deployed.LiveFields(o.Content()) {
				if at := in.Places.Field(o, fields...); len(names) == 0 || at.Pos.Compare(first.Pos) < 0 {
					first = at
				}
				names = append(names, strings.Join(fields, "."))
			}
			if len(names) > 0 {
				report(first, "remove them: roster lint --fix does", "%s has %s of an object in the cluster", o.Title(), strings.Join(names, ", "))
			}
		}
	},
}
