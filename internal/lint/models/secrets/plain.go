package secrets

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/places"
)

// PlainSecret is a Secret whose values are in files of the user.
type PlainSecret struct {
	Object *deployed.Object
	At     catalog.Place // of the first value
	Keys   []string
}

// Plain are the Secrets whose values are in files of the user.
func (in *Model) Plain() []PlainSecret {
	return in.plainSecrets.Get(func() []PlainSecret {
		var out []PlainSecret
		for _, o := range in.deployed.Kind("Secret") {
			if at, keys := in.plainKeys(o); len(keys) > 0 {
				out = append(out, PlainSecret{o, at, keys})
			}
		}
		return out
	})
}

// plainKeys are the keys of a Secret whose values are in files of the user, and the place of the first.
func (in *Model) plainKeys(o *deployed.Object) (at catalog.Place, keys []string) {
	if o.APIVersion != "v1" || o.Content()["sops"] != nil {
		return at, nil
	}
	_, ofArgoCD := deployed.ValueOf(o, "metadata", "labels", "argocd.argoproj.io/secret-type")
	for _, field := range []string{"data", "stringData"} {
		values, _ := deployed.FieldAt(o, field).(map[string]any)
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
func (in *Model) plainValue(o *deployed.Object, field, key, written, text string) (catalog.Place, bool) {
	if m, _ := in.places.Manifest(o); m != nil {
		return in.places.Field(o, field, key), true
	}
	at := catalog.Place{Path: o.Application.Place.Path}
	w := o.Workload()
	if w != nil && (w.Kind == catalog.Manifests || w.Kind == catalog.Kustomization) {
		for _, t := range []string{written, text} {
			if pos, ok := in.places.SourceAt(o, t); ok {
				at.Pos = pos
				return at, true
			}
		}
		return in.places.Text(o, written), true
	}
	if secrecyOf(key) == noSecret && tokenIn(text) == "" || elsewhere(text) || len(text) < 6 {
		return at, false
	}
	for _, name := range append(places.ValueFiles(o.Application), places.ChartDefaults(o.Application)) {
		if f := in.places.File(name); f != nil {
			if n := f.Exactly(text); n != nil {
				at.Pos.File, at.Pos.Line, at.Pos.Column = name, n.Line, n.Column
				return at, true
			}
		}
	}
	if n, name := in.places.Listed(o.Application); n != nil && places.Value(n, "values") != nil {
		if n = in.places.Exactly(places.Value(n, "values"), text); n != nil {
			at.Pos.File, at.Pos.Line, at.Pos.Column = name, n.Line, n.Column
			return at, true
		}
	}
	if o.Written() && w != nil && w.Source.Chart == "" {
		for _, t := range []string{text, written} {
			if pos, ok := in.places.Find(o.Pos.File, t, 0); ok {
				at.Pos = pos
				return at, true
			}
		}
	}
	return at, false
}
