package catalog

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/syntax"
	"k8s.io/apimachinery/pkg/util/validation"
)

// secret resolves one Secret. What the user wrote as a source of data is never shown: people paste secrets there.
func (r *resolver) secret(in *secretInput, from Origin) Secret {
	s := Secret{Name: in.Name.V, Place: place(in.Node), Origin: from + "/secrets/" + Origin(in.Name.V), Type: in.Type.V,
		StoreKind: r.storeKind, StoreName: r.storeName, RefreshInterval: r.refreshInterval}
	r.optionalSubdomain(in.Name)
	if in.Store != nil {
		s.StoreKind, s.StoreName = in.Store.Kind.Or(r.storeKind), in.Store.Name.V
		r.optionalSubdomain(in.Store.Name)
	}
	if in.RefreshInterval.IsSet() {
		s.RefreshInterval = r.duration(in.RefreshInterval, 0)
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
			item.Node.Report("bad-secret-reference", "the value itself must not be here: put it into Vault", `expected VAULT-PATH#PROPERTY, found something else`)
			continue
		}
		s.Data = append(s.Data, SecretData{Key: item.Key, Path: r.vaultPath(item.Node, path), Property: property})
	}
	for _, d := range in.DataFrom {
		if d.IsSet() {
			s.Extract = append(s.Extract, r.vaultPath(d.Node, d.V))
		}
	}
	if in.Name.IsSet() && len(in.Data.Items)+len(in.DataFrom) == 0 && !r.flawed(in.Node, "data", "dataFrom") {
		in.Report("missing-field", "data: {KEY: path#property}", `expected data or dataFrom: the Secret would be empty`)
	}
	slices.SortFunc(s.Data, func(a, b SecretData) int { return cmp.Compare(a.Key, b.Key) })
	return s
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// vaultPath reports paths as in Vault's API; External Secrets adds the engine and data/ itself.
func (r *resolver) vaultPath(at *syntax.Node, path string) string {
	engine := "secret"
	if r.store != nil {
		engine = r.store.Path
	}
	if path == "" || strings.HasPrefix(path, "/") || strings.HasPrefix(path, engine+"/data/") || strings.TrimSpace(path) != path {
		at.Report("bad-secret-reference", "leave out the engine and data/: the store adds them", "expected a path below the KV engine, found something else")
	}
	return path
}
