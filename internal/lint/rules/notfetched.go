package rules

import (
	"cmp"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

var notFetched = lint.Rule{
	Name:     deployed.NotFetched,
	Severity: lint.Warning,
	Summary:  "an application is made from something outside of the repository that was not fetched",
	Doc: `What it deploys is unknown, and nothing of it is looked at: no rule concludes that something is missing which may be in it.
` + "`roster fetch`" + ` brings what the list refers to into the cache, once; a CI job needs it before ` + "`roster lint`" + `. Where that cannot be,
turn the rule off: the summary goes on to say how many applications were not looked at. A copy in the folder that ` + "`vendor`" + ` of
` + "`platform.yml`" + ` names need not be fetched.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications:
    - {applicationCode: web-a, repoURL: 'https://git.example/a.git', path: deploy}
-- a/map.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
`,
	Mend: []string{`repoURL: 'https://git.example/a.git', path: deploy`, `path: a`},
	Find: func(in *lint.Context, add func(lint.Finding)) {
		fetch := func(f lint.Finding) {
			f.Hint = cmp.Or(f.Hint, "run roster fetch")
			add(f)
		}
		unrendered(in, func(d diag.Diagnostic) bool { return d.Code == deployed.NotFetched }, fetch)
		for _, a := range in.Deployed.Applications() {
			if a.Workload == nil && a.Elsewhere != "" && !a.ByPlugin() {
				fetch(lint.Finding{Diagnostic: diag.Diagnostic{Pos: a.Place.Pos, Path: a.Place.Path, Message: "not fetched: " + a.Elsewhere}}.Of(a))
			}
		}
	},
}
