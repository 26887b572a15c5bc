package rules

import (
	"slices"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/places"
	"github.com/hippotion/roster/internal/syntax"
)

// unreadable are the codes of what Helm cannot read, or must not.
var unreadable = []string{"yaml-syntax", "bad-encoding", "too-large", "too-deep", "alias-bomb"}

var badValueFile = lint.Rule{
	Name:     "bad-value-file",
	Severity: lint.Error,
	Summary:  "a value file of a chart that is not rendered here is not YAML",
	Doc: `Argo CD cannot render the application. Other rules do not check what follows the mistake. Where a chart is rendered
here, the render itself reports it.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications:
    - {applicationCode: web-a, chart: wiki, repoURL: 'https://charts.example', version: 1.2.3, valueFiles: [wiki.yml]}
-- wiki.yml --
replicas: 1
  image: {tag: v1.2.3}
`,
	Mend: []string{"  image: {tag", "image: {tag"},
	Check: func(in *lint.Context, report lint.Report) {
		read := map[string]diag.List{} // many applications have files in common
		for _, a := range in.Deployed.Applications() {
			if a.Workload != nil {
				continue
			}
			for _, name := range places.ValuesFrom(a) {
				problems, again := read[name]
				if !again {
					_, _ = syntax.Read(in.Repository, name, name, &problems) // a missing file fails the render
					read[name] = problems
				}
				for _, p := range problems {
					if slices.Contains(unreadable, p.Code) { // Helm accepts the rest, such as an empty file
						report(catalog.Place{Pos: p.Pos, Path: a.Place.Path}, p.Hint, "Helm cannot read the values: %s", p.Message)
					}
				}
			}
		}
	},
}
