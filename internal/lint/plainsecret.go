package lint

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"go.yaml.in/yaml/v3"
)

var plainSecret = Rule{
	Name:     "plain-secret",
	Severity: Error,
	Summary:  "a Secret is in Git with its values",
	Doc: `Anyone who can read the repository can read it, and so can everyone who has ever cloned it: base64 is not encryption. Put the
values into Vault and name them under ` + "`secrets`" + `; a SealedSecret or a file that SOPS has encrypted is fine, too. Then create new
values: Git does not forget the old ones. What a chart generates while it renders is in no file, and not reported.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/secret.yaml --
apiVersion: v1
kind: Secret
metadata: {name: db}
stringData:
  password: correct-horse-battery-staple
`,
	Good: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications:
    - applicationCode: web-a
      path: a
      secrets:
        - {name: db, data: {password: web-a#db-password}}
-- a/secret.yaml --
apiVersion: v1
kind: Secret
metadata:
  name: deployer-token # Kubernetes fills it in
  annotations: {kubernetes.io/service-account.name: deployer}
type: kubernetes.io/service-account-token
`,
	Check: func(in *Input, report Report) {
		for _, s := range in.plain() {
			report(s.at, "name it under secrets: of the application; then change the values, there and where they are used", "%s is in Git with its values: %s", s.object.Title(),
				strings.Join(s.keys, ", "))
		}
	},
}

// writtenSecret is a Secret whose values are in files of the user.
type writtenSecret struct {
	object *Object
	at     catalog.Place // of the first value
	keys   []string
}

// plain are the Secrets whose values are in files of the user.
func (in *Input) plain() []writtenSecret {
	return in.plainSecrets.get(func() []writtenSecret {
		var out []writtenSecret
		for _, o := range in.Kind("Secret") {
			if at, keys := in.plainKeys(o); len(keys) > 0 {
				out = append(out, writtenSecret{o, at, keys})
			}
		}
		return out
	})
}

// plainKeys are the keys of a Secret whose values are in files of the user, and the place of the first.
func (in *Input) plainKeys(o *Object) (at catalog.Place, keys []string) {
	if o.APIVersion != "v1" || o.Content()["sops"] != nil {
		return at, nil
	}
	_, ofArgoCD := valueOf(o, "metadata", "labels", "argocd.argoproj.io/secret-type")
	for _, field := range []string{"data", "stringData"} {
		values, _ := fieldAt(o, field).(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(values)) {
			written, _ := values[key].(string)
			text := written
			if decoded, err := base64.StdEncoding.DecodeString(written); field == "data" && err == nil {
				text = string(decoded)
			}
			if text == "" || filledIn(text) || ofArgoCD && !argoCredential(key) {
				continue
			}
			place, ok := in.plainValue(o, field, key, written, text)
			if !ok {
				continue
			}
			if keys = append(keys, key); len(keys) == 1 {
				at = place
			}
		}
	}
	return at, keys
}

// valueOf is a label or similar, whose key has dots in it.
func valueOf(o *Object, fields ...string) (string, bool) {
	s, ok := fieldAt(o, fields...).(string)
	return s, ok
}

// filledIn reports whether a text in a Secret is, or has in it, what a tool puts the value in place of: SOPS, Vault plugins, envsubst.
func filledIn(text string) bool {
	return strings.HasPrefix(text, "ENC[") || strings.HasPrefix(text, "vault:") || strings.HasPrefix(text, "<") && strings.HasSuffix(text, ">") ||
		strings.HasPrefix(text, "${") && strings.HasSuffix(text, "}") || strings.Contains(text, "<path:")
}

// argoCredential reports whether a key of a Secret that declares a repository or a cluster to Argo CD is secret: the URL is not.
func argoCredential(key string) bool {
	return key == "config" || key == "sshPrivateKey" || strings.HasSuffix(key, "Key") || secrecyOf(key) != noSecret
}

// plainValue is where a value of a Secret is. A folder or kustomization has nothing that is not in a file; of what a chart
// makes, a value counts when it is secret by its name or shape, and is written literally among the values or in a template.
func (in *Input) plainValue(o *Object, field, key, written, text string) (catalog.Place, bool) {
	if m, _ := in.manifest(o); m != nil {
		return in.field(o, field, key), true
	}
	at := catalog.Place{Path: o.Application.Place.Path}
	w := o.workload()
	if w != nil && (w.Kind == catalog.Manifests || w.Kind == catalog.Kustomization) {
		for _, t := range []string{written, text} {
			if pos, ok := in.sourceAt(o, t); ok {
				at.Pos = pos
				return at, true
			}
		}
		return in.text(o, written), true
	}
	if secrecyOf(key) == noSecret && tokenIn(text) == "" || elsewhere(text) || len(text) < 6 {
		return at, false
	}
	for _, name := range append(valueFiles(o.Application), chartDefaults(o.Application)) {
		if f := in.file(name); f != nil {
			if n := f.exactly(text); n != nil {
				at.Pos.File, at.Pos.Line, at.Pos.Column = name, n.Line, n.Column
				return at, true
			}
		}
	}
	if n, name := in.listed(o.Application); n != nil && value(n, "values") != nil {
		if n = in.exactly(value(n, "values"), text); n != nil {
			at.Pos.File, at.Pos.Line, at.Pos.Column = name, n.Line, n.Column
			return at, true
		}
	}
	if o.written() && w != nil && w.Source.Chart == "" {
		for _, t := range []string{text, written} {
			if pos, ok := in.find(o.Pos.File, t, 0); ok {
				at.Pos = pos
				return at, true
			}
		}
	}
	return at, false
}

// exactly is the first value below n that equals a text.
func (in *Input) exactly(n *yaml.Node, text string) *yaml.Node {
	if in.valuesIn[n] == nil {
		if in.valuesIn == nil {
			in.valuesIn = map[*yaml.Node]map[string]*yaml.Node{}
		}
		in.valuesIn[n] = map[string]*yaml.Node{}
		withValues(n, in.valuesIn[n])
	}
	return in.valuesIn[n][text]
}
