package catalog

import (
	"cmp"
	"slices"

	"github.com/hippotion/roster/internal/eso"
	"github.com/hippotion/roster/internal/syntax"
)

// pushSecret resolves what is written to stores.
func (b *builder) pushSecret(of *app, in *pushSecretInput, from Origin) PushSecret {
	s := b.settings
	out := PushSecret{Name: in.Name.V, Secret: in.Secret.Or(in.Name.V), Place: place(in.Node), Origin: from + "/pushSecrets/" + Origin(in.Name.V),
		UpdatePolicy: in.UpdatePolicy.Or("Replace"), DeletionPolicy: in.DeletionPolicy.Or("None"), Interval: durationOf(in.RefreshInterval, s.refreshInterval)}
	optionalSubdomain(in.Name)
	optionalSubdomain(in.Secret)
	stores := b.pushedTo(of, in)
	for _, store := range stores {
		out.Stores = append(out.Stores, store.StoreRef)
	}
	if in.Whole.IsSet() {
		path, property := sameIn(stores, in.Whole.Node, func(k *knownStore) (string, string) { return k.extract(in.Whole) })
		out.Data = append(out.Data, SecretData{Path: path, Property: property})
	}
	for _, item := range in.Data.Items {
		if !item.Value.IsSet() {
			continue
		}
		secretKey(item.At, item.Key)
		path, property := sameIn(stores, item.Node, func(k *knownStore) (string, string) { return k.pushed(item.Value) })
		out.Data = append(out.Data, SecretData{Key: item.Key, Path: path, Property: property})
	}
	if in.Name.IsSet() && !in.Whole.IsSet() && len(in.Data.Items) == 0 && !in.Flawed("data", "whole") {
		in.Report("missing-field", "write data: {password: web-whoami#password} for some keys, or whole: web-whoami for all", "expected data or whole: nothing would be written")
	}
	if in.Template.Node != nil {
		out.Template = &SecretTemplate{Data: templates(in.Template, eso.Keys{Open: true}), MergePolicy: "Replace"}
		for _, d := range out.Data {
			if _, made := out.Template.Data[d.Key]; d.Key != "" && !made {
				in.Template.Report("unknown-secret-key", "add it to template, or remove template", "data writes the key %s, and the template makes none of that name: with a template, its keys are all there are", d.Key)
			}
		}
	}
	slices.SortFunc(out.Data, func(a, b SecretData) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

// pushedTo are the stores that are written to.
func (b *builder) pushedTo(of *app, in *pushSecretInput) []*knownStore {
	var out []*knownStore
	for i := range in.Stores {
		if ref := &in.Stores[i]; ref.Node != nil {
			out = append(out, b.settings.storeOf(ref, b.own))
			b.mayUse(out[len(out)-1], ref, in.Node, of.entry)
		}
	}
	if len(in.Stores) == 0 {
		out = append(out, b.settings.storeOf(nil, b.own))
		b.mayUse(out[0], nil, in.Node, of.entry)
	}
	return out
}

// sameIn is a key as all stores read it: a PushSecret writes to the same key in each.
func sameIn(stores []*knownStore, at *syntax.Node, read func(*knownStore) (key, property string)) (key, property string) {
	for i, store := range stores {
		k, p := read(store)
		if i == 0 {
			key, property = k, p
		} else if k != "" && key != "" && (k != key || p != property) {
			at.Report("two-keys", "write a pushSecret for each store", "the stores %s and %s are written to at different keys: their providers write keys in different ways", syntax.Quote(stores[0].Name), syntax.Quote(store.Name))
			return key, property
		}
	}
	return key, property
}
