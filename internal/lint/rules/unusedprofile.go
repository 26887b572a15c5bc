package rules

import (
	"path"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
)

var unusedProfile = lint.Rule{
	Name:       "unused-profile",
	Everywhere: true,
	Severity:   lint.Warning,
	Summary:    "a profile that no entry uses",
	Doc: `Nothing of it is rendered. Either an entry has the wrong profile, or the file is a leftover: then it only looks like
a protection. Choose it in an entry, or delete the file.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- profiles/mail.yml --
extends: web-app
-- applications.yml --
- namespace: web-a
  networkPolicies: web-app
  applications:
    - {applicationCode: web-a, repoURL: 'https://git.example/a.git', path: deploy}
`,
	Mend: []string{`  networkPolicies: web-app`, `  networkPolicies: mail`},
	Check: func(in *lint.Context, report lint.Report) {
		for _, p := range in.Platform.Profiles {
			if p.Used {
				continue
			}
			at := catalog.Place{Pos: diag.Position{File: p.File, Line: 1, Column: 1}}
			if root := in.Places.Root(p.File); root != nil {
				at.Pos.Line = root.Line // after comments, where a waiver may be above it
			}
			report(at, "choose it in an entry, or delete "+path.Join(catalog.ProfilesDir, path.Base(p.File)), "no entry uses the profile %s", p.Name)
		}
	},
}
