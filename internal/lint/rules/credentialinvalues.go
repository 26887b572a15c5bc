package rules

import (
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/places"
	"github.com/hippotion/roster/internal/lint/models/secrets"
	"go.yaml.in/yaml/v3"
)

var credentialInValues = lint.Rule{
	Name:     "credential-in-values",
	Severity: lint.Error,
	Summary:  "values, a variable or a configuration hold what looks like a credential",
	Doc: `The rule searches values and value files, also of charts that are not rendered here, and what manifests hold outside of
Secrets: variables, arguments, ConfigMaps. A credential is text with the shape of a well-known token, a URL with a password, or
literal text at a key such as ` + "`password`" + ` or ` + "`apiKey`" + `. Anyone who can read the repository, or the pod, can read it. Put it into
Vault, name it under ` + "`secrets`" + `, let the chart or the container take it from that Secret (` + "`existingSecret`, `secretKeyRef`" + `), and
create a new one: Git does not forget. The value is never printed.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications:
    - applicationCode: web-a
      chart: wiki
      repoURL: https://charts.example
      version: 1.2.3
      values:
        admin: {username: admin, password: Sommer2026}
`,
	Mend: []string{`        admin: {username: admin, password: Sommer2026}`, `        admin: {username: admin, existingSecret: wiki, passwordKey: password}
      secrets:
        - {name: wiki, data: {password: web-a#admin-password}}`},
	Check: func(in *lint.Context, report lint.Report) {
		said := plainPlaces(in)
		say := func(a *catalog.Application, at diag.Position, c secrets.Credential) {
			if lines := in.Places.File(at.File).Lines; at.Column == 0 && at.Line <= len(lines) {
				at.Column = len(lines[at.Line-1]) - len(strings.TrimLeft(lines[at.Line-1], " ")) + 1
			}
			if said[at] {
				return
			}
			said[at] = true
			report(catalog.Place{Pos: at, Path: a.Place.Path}, "put it into Vault, and name it under secrets:; then change it, there and where it is used",
				"%s is here in plain text", c.What)
		}
		looked := map[*yaml.Node]bool{} // many applications have files in common
		for _, a := range in.Deployed.Applications() {
			inValues(in, a, looked, func(file string, c secrets.Credential) {
				say(a, diag.Position{File: file, Line: c.Line, Column: c.Column}, c)
			})
		}
		for _, o := range in.Workloads {
			inObject(in, o, looked, func(at diag.Position, c secrets.Credential) { say(o.Application, at, c) })
		}
	},
}

// plainPlaces are the places that plain-secret reports, or would report: one fault is one finding.
func plainPlaces(in *lint.Context) map[diag.Position]bool {
	out := map[diag.Position]bool{}
	for _, s := range in.Secrets.Plain() {
		out[s.At.Pos] = true
	}
	return out
}

// inValues looks into the value files of an application, and into what the list gives its source.
func inValues(in *lint.Context, a *catalog.Application, looked map[*yaml.Node]bool, yield func(file string, c secrets.Credential)) {
	files := places.ValuesFrom(a)
	if defaults := places.ChartDefaults(a); defaults != "" {
		files = append(files, defaults)
	}
	for _, name := range files {
		if f := in.Places.File(name); f != nil {
			for _, document := range f.Documents() {
				if !looked[document] {
					looked[document] = true
					secrets.Credentials(document, "", func(c secrets.Credential) { yield(name, c) })
				}
			}
		}
	}
	n, name := in.Places.Listed(a)
	for _, key := range []string{"values", "helm", "directory"} {
		if v := places.Value(n, key); v != nil {
			secrets.Credentials(v, key, func(c secrets.Credential) { yield(name, c) })
		}
	}
}

// inObject searches an object: as the user wrote it, if possible, because then the place is known; otherwise, or when a patch may have
// changed it, as it is deployed. What is in no file of the user is ignored.
func inObject(in *lint.Context, o *deployed.Object, looked map[*yaml.Node]bool, yield func(at diag.Position, c secrets.Credential)) {
	m, file := in.Places.Manifest(o)
	if m != nil {
		if !looked[m] {
			looked[m] = true
			secrets.Credentials(m, "", func(c secrets.Credential) { yield(diag.Position{File: file, Line: c.Line, Column: c.Column}, c) })
		}
		if w := o.Workload(); len(o.Application.Patches) == 0 && w.Kind != catalog.Kustomization {
			return
		}
	}
	secrets.Credentials(places.NodeOf(o.Content()), "", func(c secrets.Credential) {
		if at, ok := in.Places.SourceAt(o, c.Text); ok {
			yield(at, c)
		}
	})
}
