package rules

import (
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

var unknownField = lint.Rule{
	Name:     "unknown-field",
	Severity: lint.Error,
	Summary:  "an object has an unknown field or a value of the wrong type, or lacks a required field",
	Doc: `Argo CD fails to apply such an object; or the API server silently drops the field, and what it was for is not
done. Custom kinds are checked against the definitions of one version of their operator, which the message names: an older one may
lack what passes here, and a newer one may have more. So a field or a value that is not similar to any other of the kind is not reported
here, but by ` + "`newer-field`" + `. Of Kubernetes' own kinds, names and types are checked, but values are not.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/claim.yaml --
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
  storageClass: local-path
`,
	Mend: []string{`  storageClass: local-path`, `  storageClassName: local-path
  volumeName: # nothing is the same as no key`},
	Check: func(in *lint.Context, report lint.Report) {
		storeBlocks(in, report)
		const most = 20 // of one object: it is then of another kind than it claims
		for _, o := range in.Workloads {
			problems, err := o.Validated()
			if err != nil || len(problems) == 0 {
				continue // unknown-kind counts what has no schema
			}
			source := deployed.SchemaOf(o)
			if source != "" {
				source = ", according to the schema of " + source
			}
			left := most
			problems, _ = tellNewer(o, problems)
			for _, p := range problems {
				fields := deployed.FieldsOf(p.Path)
				if toldElsewhere(o, fields) {
					continue
				}
				if left--; left < 0 {
					break
				}
				text := p.Message
				if p.Path != "" {
					text = p.Path + ": " + text
				}
				hint := ""
				if p.Newer != nil && p.Newer.Found != "" {
					hint = `did you mean "` + misspelled(p.Newer) + `"?`
				}
				report(in.Places.Field(o, fields...), hint, "%s: %s%s", o.Title(), text, source)
			}
		}
	},
}

// toldElsewhere reports whether another rule has more to say about a field.
func toldElsewhere(o *deployed.Object, fields []string) bool {
	if len(fields) == 1 && fields[0] == "apiVersion" {
		_, removed := deployed.RemovedKind(o)
		return removed || deployed.GroupOf(o) == "external-secrets.io" // external-secret-version
	}
	if o.Kind == "PrometheusRule" && len(fields) > 0 && fields[len(fields)-1] == "for" {
		return true // bad-alert-rule
	}
	if len(fields) > 0 && fields[0] == "sops" {
		return true // a tool removes it, along with how to decrypt it
	}
	return o.Written() && o.Pos.Line > 0 && deployed.IsLive(o, fields)
}
