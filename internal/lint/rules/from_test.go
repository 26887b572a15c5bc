package rules_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/rules"
)

// TestFrom: what is wrong in something that is packed, or was fetched, is said at the application, with the file that has made it. No text of
// the list that looks like it, and no manifest that the list gives another application, is taken for its place.
func TestFrom(t *testing.T) {
	const folder = home + `-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
- namespace: web-b
  networkPolicies: isolated
  applications:
    - {applicationCode: web-b, repoURL: 'https://git.example/b.git', path: deploy}
- namespace: web-c
  labels: {image: nginx}
  networkPolicies: isolated
  applications: [{applicationCode: web-c, repoURL: 'https://git.example/c.git', path: nginx}]
-- a/d.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, uid: x}
spec:
  selector: {matchLabels: {app: d}}
  template:
    metadata: {labels: {app: d}}
    spec: {containers: [{name: d, image: nginx}]}
`
	for _, c := range []struct {
		name string
		pos  diag.Position
		from string
		want string
	}{
		{"fetched", diag.Position{File: "applications.yml", Line: 7, Column: 71}, "the chart d 1.0.0 of https://charts.example: templates/d.yaml",
			"applications.yml:7:7: web-b.applications[0]: the chart d 1.0.0 of https://charts.example: templates/d.yaml"},
		{"packed", diag.Position{File: "deploy/charts/d-1.0.0.tgz"}, "templates/d.yaml", "applications.yml:7:7: web-b.applications[0]: deploy/charts/d-1.0.0.tgz: templates/d.yaml"},
		{"the user's", diag.Position{File: "a/d.yaml", Line: 1, Column: 1}, "", "a/d.yaml:8:35: web-a.applications[0]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := inputOf(t, folder, map[string]diag.List{})
			in.Platform.Lint.Strict = true
			for _, o := range in.Workloads {
				o.Pos, o.From = c.pos, c.from
				if c.from != "" {
					o.Application = &in.Platform.Namespaces[1].Applications[0]
				}
			}
			var got []string
			live := 0
			for _, f := range rules.All().Run(in, lint.Options{Today: today}).Findings {
				switch f.Code {
				case "unpinned-image":
					got = append(got, f.Pos.String()+": "+f.Path)
				case "live-state-field":
					live++
				}
			}
			if diff := cmp.Diff([]string{c.want}, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if (live == 1) != (c.from == "") { // what is not the user's cannot be mended by him
				t.Errorf("%d findings of live-state-field", live)
			}
		})
	}
}
