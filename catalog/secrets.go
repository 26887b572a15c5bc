package catalog

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/syntax"
	"k8s.io/apimachinery/pkg/util/validation"
)

// secret resolves one Secret. What the user wrote as a source of data is never shown: people paste secrets there.
func (s *settings) secret(in *secretInput, from Origin) Secret {
	out := Secret{Name: in.Name.V, Place: place(in.Node), Origin: from + "/secrets/" + Origin(in.Name.V), Type: in.Type.V,
		Store: s.secretsIn, RefreshInterval: s.refreshInterval}
	optionalSubdomain(in.Name)
	if in.Store != nil {
		out.Store = StoreRef{Kind: in.Store.Kind.Or(s.secretsIn.Kind), Name: in.Store.Name.V}
		optionalSubdomain(in.Store.Name)
	}
	if in.RefreshInterval.IsSet() {
		out.RefreshInterval = durationOf(in.RefreshInterval, 0)
	}
	for _, item := range in.Data.Items {
		if !item.Value.IsSet() {
			continue
		}
		if errs := validation.IsConfigMapKey(item.Key); errs != nil {
			item.At.Report("bad-name", "", "expected a key of letters, digits, \"-\", \"_\" and \".\", found %s", syntax.Quote(item.Key))
		}
		path, property, found := cutLast(item.Value.V, "#")
		if !found || path == "" || property == "" {
			item.Node.Report("bad-secret-reference", "the value itself must not be here: put it into Vault, and write where it is there, such as web-whoami#password", `expected VAULT-PATH#PROPERTY, found something else`)
			continue
		}
		out.Data = append(out.Data, SecretData{Key: item.Key, Path: s.vaultPath(item.Node, path), Property: property})
	}
	for _, d := range in.DataFrom {
		if d.IsSet() {
			out.Extract = append(out.Extract, s.vaultPath(d.Node, d.V))
		}
	}
	if in.Name.IsSet() && len(in.Data.Items)+len(in.DataFrom) == 0 && !in.Flawed("data", "dataFrom") {
		in.Report("missing-field", "data: {KEY: path#property}", `expected data or dataFrom: the Secret would be empty`)
	}
	slices.SortFunc(out.Data, func(a, b SecretData) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// vaultPath reports paths as in Vault's API; External Secrets adds the engine and data/ itself.
func (s *settings) vaultPath(at *syntax.Node, path string) string {
	engine := "secret"
	if s.store != nil {
		engine = s.store.Path
	}
	if path == "" || strings.HasPrefix(path, "/") || strings.HasPrefix(path, engine+"/data/") || strings.TrimSpace(path) != path {
		at.Report("bad-secret-reference", "leave out the engine and data/: the store adds them", "expected a path below the KV engine, found something else")
	}
	return path
}
