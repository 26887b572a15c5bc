package rules

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/schema"
)

var newerField = lint.Rule{
	Name:     "newer-field",
	Severity: lint.Info,
	Summary:  "a custom object has a field or a value that is unknown to the schema here, and is not checked",
	Doc: `Operators add fields and values to a kind without a new API version. roster has the definitions of one version of each operator, which
the message names: what that one does not have, and what is not similar to anything that it has, may be from a newer version. If it is not, the
API server drops the field without a word, or refuses the value. What is nearly the name of a field or a value is treated as a mistake:
` + "`unknown-field`" + ` reports it. There is one finding for each field of a kind, at its first object.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/secret.yaml --
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: db}
spec:
  secretStoreRef: {kind: ClusterSecretStore, name: vault}
  syncWindows: [{schedule: '0 3 * * *', duration: 1h}]
  dataFrom: [{extract: {key: web-a}}]
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: mail}
spec:
  secretStoreRef: {kind: ClusterSecretStore, name: vault}
  syncWindows: [{schedule: '0 4 * * *', duration: 1h}]
  dataFrom: [{extract: {key: web-a}}]
`,
	Good: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/secret.yaml --
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: db}
spec:
  secretStoreRef: {kind: ClusterSecretStore, name: vault}
  dataFrom: [{extract: {key: web-a}}]
`,
	Check: func(in *lint.Context, report lint.Report) {
		said := map[string]bool{}
		for _, o := range in.Workloads {
			problems, err := o.Validated()
			if err != nil {
				continue
			}
			_, newer := tellNewer(o, problems)
			for _, p := range newer {
				if p.Newer == nil || p.Newer.Found == "" { // it follows from another one
					continue
				}
				key := o.APIVersion + " " + o.Kind + " " + anyIndex.ReplaceAllString(p.Path, "[]") + " " + p.Newer.Found
				if said[key] {
					continue
				}
				said[key] = true
				report(in.Places.Field(o, deployed.FieldsOf(p.Path)...), "if it is not from a newer version, correct or remove it",
					"%s: %s: %s does not have %s here, and it is not checked", o.Title(), p.Path, deployed.SchemaOf(o), p.Newer.Found)
			}
		}
	},
}

var anyIndex = regexp.MustCompile(`\[[0-9]+\]`)

// looser are fields for which newer versions accept more types, by kind: the CRDs of External Secrets 2.9.
var looser = map[string]string{"ClusterSecretStore": "spec.refreshInterval", "SecretStore": "spec.refreshInterval"}

// tellNewer separates what is wrong with a custom object in any version of its operator from what may be right in a newer one.
func tellNewer(o *deployed.Object, problems []schema.Problem) (wrong, newer []schema.Problem) {
	within := map[string]bool{} // where fields are that may be from a newer version
	for _, p := range problems {
		if p.Newer != nil && p.Newer.Found != "" && misspelled(p.Newer) == "" {
			within[p.Path[:max(0, strings.LastIndex(p.Path, "."))]] = true
		}
	}
	for _, p := range problems {
		switch {
		case p.Path == looser[o.Kind] && deployed.GroupOf(o) == "external-secrets.io":
			newer = append(newer, p)
		case p.Newer == nil, p.Newer.Found != "" && misspelled(p.Newer) != "", p.Newer.Found == "" && !within[p.Newer.Within]:
			wrong = append(wrong, p)
		default:
			newer = append(newer, p)
		}
	}
	return wrong, newer
}

// misspelled is the name that was meant; empty when none is similar. A name with more words than the nearest is another one: dataTo
// is not data.
func misspelled(n *schema.Newer) string {
	folded, byFolded := make([]string, len(n.Known)), map[string]string{}
	for i, known := range n.Known {
		folded[i] = fold(known)
		byFolded[folded[i]] = known
	}
	near := byFolded[diag.Nearest(fold(n.Found), folded)]
	if words(n.Found) > words(near) && fold(n.Found) != fold(near) {
		return ""
	}
	return near
}

// fold is a name without regard to case and separators.
func fold(name string) string {
	return strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(name))
}

// words counts the words of a name such as secretStoreRef.
func words(name string) int {
	n := 1
	last := rune('A')
	for _, r := range name {
		if unicode.IsUpper(r) && !unicode.IsUpper(last) {
			n++
		}
		last = r
	}
	return n
}
