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
	out := Secret{Name: in.Name.V, Target: in.Target.Or(in.Name.V), Place: place(in.Node), Origin: from + "/secrets/" + Origin(in.Name.V), Type: in.Type.V,
		Store: s.secretsIn, RefreshInterval: s.refreshInterval, Immutable: in.Immutable.V,
		CreationPolicy: in.CreationPolicy.Or("Owner"), DeletionPolicy: in.DeletionPolicy.Or("Retain")}
	optionalSubdomain(in.Name)
	optionalSubdomain(in.Target)
	if in.Store != nil {
		out.Store = s.storeRef(in.Store)
	}
	if in.RefreshInterval.IsSet() {
		out.RefreshInterval = durationOf(in.RefreshInterval, 0)
	}
	for i := range in.Data.Items {
		item := &in.Data.Items[i]
		if item.Value.Node == nil {
			continue
		}
		secretKey(item.At, item.Key)
		if d, ok := s.secretData(item.Key, &item.Value, item.Node); ok {
			out.Data = append(out.Data, d)
		}
	}
	for i := range in.DataFrom {
		if f, ok := s.secretFrom(&in.DataFrom[i], &out, i); ok {
			out.From = append(out.From, f)
		}
	}
	if in.Name.IsSet() && len(in.Data.Items)+len(in.DataFrom) == 0 && !in.Flawed("data", "dataFrom") {
		in.Report("missing-field", "data: {KEY: path#property}", `expected data or dataFrom: the Secret would be empty`)
	}
	slices.SortFunc(out.Data, func(a, b SecretData) int { return cmp.Compare(a.Key, b.Key) })
	out.RefreshPolicy = in.RefreshPolicy.Or(refreshPolicy(out.From))
	in.templated(&out)
	in.policies(&out)
	return out
}

// refreshPolicy is that of a Secret that says nothing: what is made at random stays as it was made first, since what reads it, such as a database,
// would not take another one from then on.
func refreshPolicy(from []SecretFrom) string {
	for _, f := range from {
		if f.Generator != nil && slices.Contains([]string{"Password", "SSHKey", "UUID"}, f.Generator.Kind) {
			return "CreatedOnce"
		}
	}
	return "Periodic"
}

// policies reports policies that contradict each other: the operator's webhook refuses them (apis/externalsecrets/v1/externalsecret_validator.go).
func (in *secretInput) policies(s *Secret) {
	switch owned := s.CreationPolicy == "Owner" || s.CreationPolicy == "Orphan"; {
	case s.DeletionPolicy == "Delete" && !owned:
		in.DeletionPolicy.Report("bad-policy", "write deletionPolicy: Retain, or remove creationPolicy", "External Secrets refuses deletionPolicy: Delete with creationPolicy: %s: it would delete a Secret that it does not own", s.CreationPolicy)
	case s.DeletionPolicy == "Merge" && s.CreationPolicy == "None":
		in.DeletionPolicy.Report("bad-policy", "remove deletionPolicy", "External Secrets refuses deletionPolicy: Merge with creationPolicy: None: there is no Secret")
	case s.Immutable && s.RefreshPolicy == "Periodic" && s.RefreshInterval > 0 && in.RefreshPolicy.IsSet():
		in.RefreshPolicy.Report("bad-policy", "write refreshPolicy: CreatedOnce", "a Secret that is immutable cannot be refreshed")
	}
	if s.Immutable && !in.RefreshPolicy.IsSet() {
		s.RefreshPolicy = "CreatedOnce"
	}
	if s.Type == "bootstrap.kubernetes.io/token" {
		in.Type.Report("bad-type", "", "External Secrets refuses to make a Secret of the type %s", s.Type)
	}
}

func secretKey(at *syntax.Node, key string) {
	if errs := validation.IsConfigMapKey(key); errs != nil {
		at.Report("bad-name", "", "expected a key of letters, digits, \"-\", \"_\" and \".\", found %s", syntax.Quote(key))
	}
}

func (s *settings) storeRef(in *storeRefInput) StoreRef {
	optionalSubdomain(in.Name)
	return StoreRef{Kind: in.Kind.Or(s.secretsIn.Kind), Name: in.Name.V}
}

// otherStore is the store of one element; nil for that of the whole Secret.
func (s *settings) otherStore(in *storeRefInput) *StoreRef {
	if in == nil {
		return nil
	}
	ref := s.storeRef(in)
	return &ref
}

// secretData is where a store has a value.
func (s *settings) secretData(key string, in *secretDataInput, at *syntax.Node) (SecretData, bool) {
	d := SecretData{Key: key, Property: in.Property.V, Version: in.Version.V, Decoding: in.DecodingStrategy.V, Conversion: in.ConversionStrategy.V,
		MetadataFrom: in.MetadataPolicy.V, From: s.otherStore(in.Store)}
	switch {
	case in.Ref.IsSet() && (in.Key.IsSet() || in.Property.IsSet()):
		at.Report("bad-secret-reference", "write PATH#PROPERTY under ref; or key, and property if there is any", "expected ref or key, found both")
		return d, false
	case in.Key.IsSet():
		d.Path = s.vaultPath(in.Key.Node, in.Key.V)
		return d, true
	case !in.Ref.IsSet() && in.Flawed("ref", "key"):
		return d, false
	}
	path, property, found := cutLast(in.Ref.V, "#")
	if !found || path == "" || property == "" {
		at.Report("bad-secret-reference", "the value itself must not be here: put it into Vault, and write where it is there, such as web-whoami#password", `expected VAULT-PATH#PROPERTY, found something else`)
		return d, false
	}
	d.Path, d.Property = s.vaultPath(at, path), property
	return d, true
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
