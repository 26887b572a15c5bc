package lint

import (
	"cmp"

	"github.com/hippotion/roster/internal/diag"
)

// NotFetched is the code of a diagnostic which says that something was not fetched, and the rule's name.
const NotFetched = "not-fetched"

var notFetched = Rule{
	Name:     NotFetched,
	Severity: Warning,
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
	Find: func(in *Input, add func(Finding)) {
		fetch := func(f Finding) {
			f.Hint = cmp.Or(f.Hint, "run roster fetch")
			add(f)
		}
		in.unrendered(func(d diag.Diagnostic) bool { return d.Code == NotFetched }, fetch)
		for _, a := range in.applications() {
			if a.Workload == nil && a.Elsewhere != "" && !a.ByPlugin() {
				fetch(Finding{Diagnostic: diag.Diagnostic{Pos: a.Place.Pos, Path: a.Place.Path, Message: "not fetched: " + a.Elsewhere}, of: a})
			}
		}
	},
}
