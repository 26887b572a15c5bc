package rules

import (
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

var deleteWithoutOwner = lint.Rule{
	Name:     "delete-without-owner",
	Severity: lint.Error,
	Summary:  "an ExternalSecret has to delete a Secret that it does not own",
	Doc: `` + "`deletionPolicy: Delete`" + ` removes the Secret when its value is gone from the store. External Secrets refuses it unless
` + "`creationPolicy`" + ` is ` + "`Owner`" + `, which is the default: it deletes only what it has created. Set ` + "`deletionPolicy: Retain`" + `; or
leave out ` + "`creationPolicy`" + `, if nothing else writes the Secret: an owner removes the keys that are not its own.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/secret.yaml --
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: db}
spec:
  secretStoreRef: {kind: ClusterSecretStore, name: vault}
  target: {name: db, creationPolicy: Merge, deletionPolicy: Delete}
  dataFrom: [{extract: {key: web-a}}]
`,
	Mend: []string{`  target: {name: db, creationPolicy: Merge, deletionPolicy: Delete}`, `  target: {name: db, deletionPolicy: Delete}`},
	Check: func(in *lint.Context, report lint.Report) {
		for _, o := range in.Deployed.Kind("ExternalSecret") {
			owner := deployed.StringAt(o, "spec", "target", "creationPolicy")
			if deployed.StringAt(o, "spec", "target", "deletionPolicy") == "Delete" && owner != "" && owner != "Owner" {
				report(in.Places.Field(o, "spec", "target", "deletionPolicy"), "set deletionPolicy: Retain; or leave out creationPolicy, if nothing else writes the Secret: its other keys are then removed",
					"%s has to delete a Secret that it does not own: its creationPolicy is %s", o.Title(), owner)
			}
		}
	},
}
