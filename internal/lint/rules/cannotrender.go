package rules

import (
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

var cannotRender = lint.Rule{
	Name:     "cannot-render",
	Severity: lint.Error,
	Summary:  "an application cannot be rendered: what it deploys is unknown",
	Doc: `Argo CD cannot render it either, and goes on with what is in the cluster. Everything else is looked at as if the application might
bring anything: no rule concludes that something is missing which may be in it. One application is one finding, at its first mistake;
the others stand below. A comment waives it at that line, or at the application's in the list.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/map.yaml --
kind: ConfigMap
metadata: {name: a}
`,
	Mend: []string{"kind: ConfigMap", "apiVersion: v1\nkind: ConfigMap"},
	Find: func(in *lint.Context, add func(lint.Finding)) {
		unrendered(in, func(d diag.Diagnostic) bool { return d.Code != deployed.NotFetched }, add)
	},
}

// unrendered are the mistakes that keep applications from being rendered: one for each application, with the rest of them below it.
func unrendered(in *lint.Context, of func(diag.Diagnostic) bool, add func(lint.Finding)) {
	for _, a := range in.Deployed.Applications() {
		var first *diag.Diagnostic
		for _, d := range in.Failed[a.Code].Sorted() {
			switch {
			case !of(d):
			case first == nil:
				first = &d
			default:
				first.Related = append(first.Related[:len(first.Related):len(first.Related)], diag.Related{Pos: d.Pos, Note: d.Message})
				first.Related = append(first.Related, d.Related...)
			}
		}
		if first == nil {
			continue
		}
		if first.Pos.File == "" { // what roster brings has no place but the list
			first.Pos = a.Place.Pos
		}
		add(lint.Finding{Diagnostic: *first}.Of(a))
	}
}
