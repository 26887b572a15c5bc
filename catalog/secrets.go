package catalog

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/syntax"
	"k8s.io/apimachinery/pkg/util/validation"
)

// secret resolves one Secret. What the user wrote as a source of data is never shown: people paste secrets there.
func (b *builder) secret(of *app, in *secretInput, from Origin) Secret {
	r := &secretReader{builder: b, entry: of.entry, store: b.settings.storeOf(in.Store, b.own)}
	out := Secret{Name: in.Name.V, Target: in.Target.Or(in.Name.V), Place: place(in.Node), Origin: from + "/secrets/" + Origin(in.Name.V), Type: in.Type.V,
		Store: r.store.StoreRef, RefreshInterval: b.settings.refreshInterval, Immutable: in.Immutable.V,
		CreationPolicy: in.CreationPolicy.Or("Owner"), DeletionPolicy: in.DeletionPolicy.Or("Retain")}
	optionalSubdomain(in.Name)
	optionalSubdomain(in.Target)
	if in.RefreshInterval.IsSet() {
		out.RefreshInterval = durationOf(in.RefreshInterval, 0)
	}
	for i := range in.Data.Items {
		item := &in.Data.Items[i]
		if item.Value.Node == nil {
			continue
		}
		secretKey(item.At, item.Key)
		store, other := r.of(item.Value.Store, item.Node)
		if d, ok := store.data(item.Key, &item.Value, item.Node); ok {
			d.From = other
			out.Data = append(out.Data, d)
		}
	}
	for i := range in.DataFrom {
		if f, ok := r.several(&in.DataFrom[i], &out, i); ok {
			out.From = append(out.From, f)
		}
	}
	if r.reads {
		b.mayUse(r.store, in.Store, in.Node, of.entry)
	}
	if in.Name.IsSet() && len(in.Data.Items)+len(in.DataFrom) == 0 && !in.Flawed("data", "dataFrom") {
		in.Report("missing-field", "data: {KEY: "+keyForms(r.store.provider).example+"}", `expected data or dataFrom: the Secret would be empty`)
	}
	slices.SortFunc(out.Data, func(a, b SecretData) int { return cmp.Compare(a.Key, b.Key) })
	out.RefreshPolicy = in.RefreshPolicy.Or(refreshPolicy(out.From))
	in.templated(&out)
	in.policies(&out)
	return out
}

// secretReader resolves what one Secret is made of.
type secretReader struct {
	*builder
	entry *entry
	store *knownStore // of the Secret
	reads bool        // whether anything is read from it: what a generator makes is not
}

// of is the store of one element, and its name when it is another one than that of the Secret.
func (r *secretReader) of(in *storeRefInput, at *syntax.Node) (*knownStore, *StoreRef) {
	if in == nil {
		r.reads = true
		return r.store, nil
	}
	store := r.settings.storeOf(in, r.own)
	r.mayUse(store, in, at, r.entry)
	if store.StoreRef == r.store.StoreRef {
		return store, nil
	}
	return store, &store.StoreRef
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

// cutLast is what stands before and after the last #.
func cutLast(s string) (before, after string, found bool) {
	if i := strings.LastIndexByte(s, '#'); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

// mayUse reports a store that the namespace may not use, at the reference to it or at what it is for.
func (b *builder) mayUse(store *knownStore, ref *storeRefInput, at *syntax.Node, e *entry) {
	if ref != nil && ref.Node != nil {
		at = ref.Node
	}
	store.permitted(at, e)
}
