package rules

import (
	"github.com/hippotion/roster/internal/lint"
)

var renderedByPlugin = lint.Rule{
	Name:     "rendered-by-plugin",
	Severity: lint.Warning,
	Summary:  "a plugin of somebody else renders an application: what it deploys is unknown",
	Doc: `Only Argo CD runs the plugin. Nothing of what it brings is looked at, and no rule concludes that something is missing which may be in it:
of the entry, and of what others need from it, much stays unknown. Where that is accepted, waive it, or turn the rule off; the summary
goes on to say how many applications were not looked at.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications:
    - {applicationCode: web-a, path: a, plugin: cdk8s}
-- a/map.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
`,
	Mend: []string{`, plugin: cdk8s}`, `}`},
	Check: func(in *lint.Context, report lint.Report) {
		for _, a := range in.Deployed.Applications() {
			if a.ByPlugin() {
				report(a.Place, "", "not rendered here: %s", a.Elsewhere)
			}
		}
	},
}
