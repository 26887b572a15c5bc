package catalog

import (
	"cmp"
	"slices"

	"github.com/hippotion/roster/internal/eso"
)

// pushSecret resolves what is written to stores.
func (s *settings) pushSecret(in *pushSecretInput, from Origin) PushSecret {
	out := PushSecret{Name: in.Name.V, Secret: in.Secret.Or(in.Name.V), Place: place(in.Node), Origin: from + "/pushSecrets/" + Origin(in.Name.V),
		UpdatePolicy: in.UpdatePolicy.Or("Replace"), DeletionPolicy: in.DeletionPolicy.Or("None"), Interval: durationOf(in.RefreshInterval, s.refreshInterval)}
	optionalSubdomain(in.Name)
	optionalSubdomain(in.Secret)
	for i := range in.Stores {
		if in.Stores[i].Node != nil {
			out.Stores = append(out.Stores, s.storeRef(&in.Stores[i]))
		}
	}
	if len(in.Stores) == 0 {
		out.Stores = []StoreRef{s.secretsIn}
	}
	if in.Whole.IsSet() {
		out.Data = append(out.Data, SecretData{Path: s.vaultPath(in.Whole.Node, in.Whole.V)})
	}
	for _, item := range in.Data.Items {
		if !item.Value.IsSet() {
			continue
		}
		secretKey(item.At, item.Key)
		path, property, found := cutLast(item.Value.V, "#")
		if !found || path == "" || property == "" {
			item.Node.Report("bad-secret-reference", "write where the store gets it, such as web-whoami#password", `expected VAULT-PATH#PROPERTY, found something else`)
			continue
		}
		out.Data = append(out.Data, SecretData{Key: item.Key, Path: s.vaultPath(item.Node, path), Property: property})
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
