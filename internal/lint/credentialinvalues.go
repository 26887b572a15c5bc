package lint

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"go.yaml.in/yaml/v3"
)

var credentialInValues = Rule{
	Name:     "credential-in-values",
	Severity: Error,
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
	Check: func(in *Input, report Report) {
		said := in.plainPlaces()
		say := func(a *catalog.Application, at diag.Position, c credential) {
			if lines := in.file(at.File).lines; at.Column == 0 && at.Line <= len(lines) {
				at.Column = len(lines[at.Line-1]) - len(strings.TrimLeft(lines[at.Line-1], " ")) + 1
			}
			if said[at] {
				return
			}
			said[at] = true
			report(catalog.Place{Pos: at, Path: a.Place.Path}, "put it into Vault, and name it under secrets:; then change it, there and where it is used",
				"%s is here in plain text", c.what)
		}
		looked := map[*yaml.Node]bool{} // many applications have files in common
		for _, a := range in.applications() {
			in.inValues(a, looked, func(file string, c credential) { say(a, diag.Position{File: file, Line: c.line, Column: c.column}, c) })
		}
		for _, o := range in.Workloads {
			in.inObject(o, looked, func(at diag.Position, c credential) { say(o.Application, at, c) })
		}
	},
}

// plainPlaces are the places that plain-secret reports, or would report: one fault is one finding.
func (in *Input) plainPlaces() map[diag.Position]bool {
	out := map[diag.Position]bool{}
	for _, s := range in.plain() {
		out[s.at.Pos] = true
	}
	return out
}

// inValues looks into the value files of an application, and into what the list gives its source.
func (in *Input) inValues(a *catalog.Application, looked map[*yaml.Node]bool, yield func(file string, c credential)) {
	files := valuesFrom(a)
	if defaults := chartDefaults(a); defaults != "" {
		files = append(files, defaults)
	}
	for _, name := range files {
		if f := in.file(name); f != nil {
			for _, document := range f.documents {
				if !looked[document] {
					looked[document] = true
					credentials(document, "", func(c credential) { yield(name, c) })
				}
			}
		}
	}
	n, name := in.listed(a)
	for _, key := range []string{"values", "helm", "directory"} {
		if v := value(n, key); v != nil {
			credentials(v, key, func(c credential) { yield(name, c) })
		}
	}
}

// inObject searches an object: as the user wrote it, if possible, because then the place is known; otherwise, or when a patch may have
// changed it, as it is deployed. What is in no file of the user is ignored.
func (in *Input) inObject(o *Object, looked map[*yaml.Node]bool, yield func(at diag.Position, c credential)) {
	m, file := in.manifest(o)
	if m != nil {
		if !looked[m] {
			looked[m] = true
			credentials(m, "", func(c credential) { yield(diag.Position{File: file, Line: c.line, Column: c.column}, c) })
		}
		if w := o.workload(); len(o.Application.Patches) == 0 && w.Kind != catalog.Kustomization {
			return
		}
	}
	credentials(nodeOf(o.Content()), "", func(c credential) {
		if at, ok := in.sourceAt(o, c.text); ok {
			yield(at, c)
		}
	})
}

// nodeOf is a value as YAML has it, without places.
func nodeOf(v any) *yaml.Node {
	switch v := v.(type) {
	case map[string]any:
		n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}, nodeOf(v[key]))
		}
		return n
	case []any:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for _, e := range v {
			n.Content = append(n.Content, nodeOf(e))
		}
		return n
	case string:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: v}
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(v)}
	case int, int64, uint64:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: fmt.Sprint(v)}
	}
	return &yaml.Node{Kind: yaml.ScalarNode} // no text
}
