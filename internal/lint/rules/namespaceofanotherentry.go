package rules

import (
	"fmt"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

var namespaceOfAnotherEntry = lint.Rule{
	Name:     "namespace-of-another-entry",
	Severity: lint.Warning,
	Summary:  "a project permits the namespace of another entry",
	Doc: `Its applications may then change what the other entry deploys, and read its Secrets with a pod of their own; what they bring there has the
flows that the other entry's policies permit. The list is where this is agreed: say in a waiver why it has to be, and let those who answer
for the other entry review it. Or move what is deployed there into an application of that entry.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  project: {destinations: [web-b]}
- namespace: web-b
  networkPolicies: isolated
`,
	Mend: []string{"  project: {destinations: [web-b]}\n", ""},
	Check: func(in *lint.Context, report lint.Report) {
		first, count := map[deployed.Reach]*deployed.Object{}, map[deployed.Reach]int{}
		for _, o := range in.Workloads {
			if key := (deployed.Reach{Entry: o.Entry.Name, Namespace: o.Namespace}); in.Deployed.Leaves(o) {
				if count[key]++; first[key] == nil {
					first[key] = o
				}
			}
		}
		for i := range in.Platform.Namespaces {
			n := &in.Platform.Namespaces[i]
			for _, d := range n.Project.Destinations {
				if in.Deployed.Entry(d.Namespace) == nil {
					continue
				}
				taken := ""
				switch key := (deployed.Reach{Entry: n.Name, Namespace: d.Namespace}); count[key] {
				case 0:
				case 1:
					taken = ": they deploy " + first[key].Title()
				default:
					taken = fmt.Sprintf(": they deploy %s and %d more", first[key].Title(), count[key]-1)
				}
				report(d.Place, "say in a waiver why; or move what is deployed there into the entry of "+d.Namespace,
					"the applications of %s may deploy into %s, which has an entry of its own%s", n.Name, d.Namespace, taken)
			}
		}
	},
}
