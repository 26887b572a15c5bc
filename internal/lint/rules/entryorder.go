package rules

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
)

var entryOrder = lint.Rule{
	Name:     "entry-order",
	Severity: lint.Info,
	Strict:   true,
	Summary:  "an entry directly follows one with the same prefix and a greater name",
	Doc: `The order of the list does not matter to roster. It matters to those who look for an entry, and to those who merge
two branches that each add one. Entries whose names are the same up to the first dash, such as ` + "`web-`" + `, are in alphabetical
order.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-b
  networkPolicies: web-app
  applications:
    - {applicationCode: web-b, repoURL: 'https://git.example/b.git', path: deploy}
- namespace: web-a
  networkPolicies: web-app
  applications:
    - {applicationCode: web-a, repoURL: 'https://git.example/a.git', path: deploy}
`,
	Good: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: web-app
  applications:
    - {applicationCode: web-a, repoURL: 'https://git.example/a.git', path: deploy}
- namespace: sys-b # another prefix
  networkPolicies: web-app
  applications:
    - {applicationCode: sys-b, repoURL: 'https://git.example/b.git', path: deploy}
`,
	Check: func(in *lint.Context, report lint.Report) {
		entries := slices.SortedFunc(slices.Values(in.Platform.Namespaces), func(a, b catalog.Namespace) int { return a.Place.Pos.Compare(b.Place.Pos) })
		last := map[string]string{} // by prefix
		for _, n := range entries {
			prefix, _, found := strings.Cut(n.Name, "-")
			if !found {
				continue
			}
			if before := last[prefix]; before > n.Name {
				report(n.Place, "put it before "+before, "%s follows %s", n.Name, before)
			}
			last[prefix] = n.Name
		}
	},
}
