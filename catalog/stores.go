package catalog

import (
	"cmp"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hippotion/roster/internal/syntax"
	"k8s.io/apimachinery/pkg/util/validation"
)

// knownStore is a store that secrets may be read from.
type knownStore struct {
	StoreRef
	provider   string // as the CRD names it; empty when it is not known
	from       string // the part of the provider that it reads from, such as a vault of 1Password
	conditions []StoreCondition
	engine     string // the path of Vault's KV engine
}

// secretSettings are the stores of all namespaces, and which of them is the default.
func (s *settings) secretSettings() {
	in := &s.in.Secrets
	optionalSubdomain(in.Store.Name)
	s.refreshInterval = durationOf(in.RefreshInterval, time.Hour)
	byDefault := "vault"
	if len(in.Stores.Items) == 1 && !s.in.flawed("secrets.store") {
		byDefault = in.Stores.Items[0].Key
	}
	s.secretsIn = StoreRef{Kind: in.Store.Kind.Or("ClusterSecretStore"), Name: in.Store.Name.Or(byDefault)}
	s.knownStores = map[string]*knownStore{}
	for i := range in.Stores.Items {
		item := &in.Stores.Items[i]
		subdomain(text{V: item.Key, Node: item.At})
		if v := &item.Value; v.Node != nil && len((&storeParts{providers: &v.providersInput}).set()) == 0 && !v.Type.IsSet() && !v.Flawed(providerNames()...) {
			item.At.Report("missing-field", "write type: onepassword when something else deploys the store, or the keys of its provider: onepassword: {…}", "expected type, or a provider")
		}
		s.addStore(StoreRef{"ClusterSecretStore", item.Key}, "stores/"+item.Key, &storeParts{item.Value.Type, item.Value.Conditions, &item.Value.providersInput})
	}
	s.defaultStore()
	slices.SortFunc(s.stores, func(a, b Store) int { return cmp.Compare(a.Name, b.Name) })
}

// defaultStore adds what secrets.store says of the store itself.
func (s *settings) defaultStore() {
	in := &s.in.Secrets.Store
	parts := &storeParts{in.Type, in.Conditions, &in.providersInput}
	set := parts.set()
	if s.secretsIn.Kind == "SecretStore" {
		for _, p := range set {
			p.at.Report("no-effect", "remove kind, or write it under secretStores of the entry", "roster renders a ClusterSecretStore here, not a %s", s.secretsIn.Kind)
		}
	}
	if other := s.knownStores[s.secretsIn.Name]; other != nil {
		for _, p := range set {
			p.at.Report("duplicate-store", "remove it, or choose another name", "the store %s is said under secrets.stores as well", syntax.Quote(s.secretsIn.Name))
		}
		if s.secretsIn.Kind == "ClusterSecretStore" {
			return
		}
	}
	s.addStore(s.secretsIn, "store", parts)
}

// storeParts are what all stores may say.
type storeParts struct {
	kind       text
	conditions []storeConditionInput
	providers  *providersInput
}

// setProvider is a provider that is said.
type setProvider struct {
	name string
	in   any // a pointer to its keys; nil for the block as it is
	at   *syntax.Node
}

// set are the providers that are said, in the order of the struct.
func (p *storeParts) set() []setProvider {
	var out []setProvider
	v := reflect.ValueOf(p.providers).Elem()
	for i := range v.NumField() {
		f := v.Field(i)
		if f.Kind() != reflect.Pointer || f.IsNil() {
			continue
		}
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		at, _ := f.Elem().FieldByName("Node").Interface().(*syntax.Node)
		if at != nil {
			out = append(out, setProvider{name, f.Interface(), at})
		}
	}
	if raw := p.providers.Provider; raw.Node != nil {
		out = append(out, setProvider{"", nil, raw.Node})
	}
	return out
}

// providerNames are the keys of all providers, and type.
func providerNames() []string {
	names := []string{"type"}
	for _, f := range syntax.Fields(reflect.TypeFor[providersInput]()) {
		names = append(names, f.Name)
	}
	return names
}

// addStore adds a store of all namespaces, and what is rendered of it.
func (s *settings) addStore(ref StoreRef, where string, p *storeParts) {
	known := &knownStore{StoreRef: ref, provider: p.kind.V, conditions: conditionsOf(p.conditions)}
	store := p.resolve(&Store{StoreRef: ref, Origin: Origin(PlatformFile + "#secrets/" + where), Conditions: known.conditions})
	if store == nil && p.kind.IsSet() {
		s.storesElsewhere = append(s.storesElsewhere, ref)
	}
	if store == nil {
		if len(p.conditions) > 0 && p.conditions[0].Node != nil && p.kind.V == "" {
			p.conditions[0].Report("no-effect", "remove conditions: they stand in the store itself", "roster does not render the store %s", syntax.Quote(ref.Name))
		}
	} else {
		known.provider, known.engine, known.from = store.Provider, store.Vault("path"), store.source()
		s.stores = append(s.stores, *store)
	}
	if ref.Kind == "ClusterSecretStore" {
		s.knownStores[ref.Name] = known
	} else {
		s.ownKind = known
	}
}

// source is the vault of 1Password that a store reads from.
func (s *Store) source() string {
	vault, _ := s.Block["vault"].(string)
	return vault
}

// resolve fills a store with its provider; nil when none is said, and nothing is rendered.
func (p *storeParts) resolve(out *Store) *Store {
	set := p.set()
	if len(set) == 0 {
		return nil
	}
	for _, other := range set[1:] {
		other.at.Report("two-providers", "remove one of them", "a store has one provider, and this one has %s as well", cmp.Or(set[0].name, "provider"))
	}
	if p.kind.IsSet() {
		p.kind.Report("no-effect", "remove it: the provider's keys say what it is", "type is for a store that comes from elsewhere, and roster renders this one")
	}
	first := set[0]
	out.Place = place(first.at)
	if first.in == nil {
		return p.asItIs(out)
	}
	out.Provider, out.Block = first.name, map[string]any{}
	b := &providerBlock{store: out, block: out.Block, own: out.Kind == "SecretStore", at: first.at}
	b.read(reflect.ValueOf(first.in).Elem())
	b.finish(first.in)
	return out
}

// asItIs is a provider's block as the CRD has it. Its fields are checked by lint, which knows the CRD.
func (p *storeParts) asItIs(out *Store) *Store {
	raw := p.providers.Provider
	if len(raw.Items) != 1 {
		raw.Report("bad-provider", "write it like this: provider: {oracle: {region: eu-frankfurt-1, vault: ocid1.vault.x}}", "expected one provider, as spec.provider of the CRD has it, found %d", len(raw.Items))
		return nil
	}
	item := &raw.Items[0]
	fields, ok := item.Value.V.(map[string]any)
	if !ok {
		item.At.Report("wrong-type", "write them as spec.provider of the CRD has them", "expected the fields of the provider, found something else")
		return nil
	}
	out.Provider, out.Block, out.raw = item.Key, fields, &item.Value
	return out
}

// conditionsOf are the conditions of a store.
func conditionsOf(in []storeConditionInput) []StoreCondition {
	var out []StoreCondition
	for i := range in {
		c := &in[i]
		if c.Node == nil {
			continue
		}
		one := StoreCondition{Namespaces: texts(present(c.Namespaces...)), Regexes: texts(present(c.NamespaceRegexes...)), Labels: selectedLabels(c.NamespaceLabels)}
		for _, n := range c.Namespaces {
			optionalLabel(n)
		}
		for _, r := range present(c.NamespaceRegexes...) {
			if _, err := regexp.Compile(r.V); err != nil {
				r.Report("bad-pattern", "", "expected a regular expression: %v", err)
			}
		}
		if len(one.Namespaces)+len(one.Regexes)+len(one.Labels) == 0 && !c.Flawed("namespaces", "namespaceRegexes", "namespaceLabels") {
			c.Report("missing-field", "namespaces: [web-whoami]", "expected namespaces, namespaceRegexes or namespaceLabels: no namespace would fit")
		}
		out = append(out, one)
	}
	return out
}

// selectedLabels are those of a selector: any that a namespace may have.
func selectedLabels(in syntax.Map[text]) map[string]string {
	out := map[string]string{}
	for _, item := range in.Items {
		if errs := validation.IsQualifiedName(item.Key); errs != nil {
			item.At.Report("bad-name", "", "expected the key of a label, found %s", syntax.Quote(item.Key))
		} else if item.Value.IsSet() && labelValue(item.Node, item.Value.V) {
			out[item.Key] = item.Value.V
		}
	}
	return out
}

// permits reports whether a namespace may use the store, as External Secrets decides it (pkg/controllers/secretstore/client_manager.go,
// shouldProcessSecret).
func (k *knownStore) permits(namespace string, labels map[string]any) bool {
	return len(k.conditions) == 0 || slices.ContainsFunc(k.conditions, func(c StoreCondition) bool {
		return slices.Contains(c.Namespaces, namespace) ||
			slices.ContainsFunc(c.Regexes, func(r string) bool { ok, err := regexp.MatchString(r, namespace); return ok || err != nil }) ||
			len(c.Labels) > 0 && (labels == nil || contains(labels, c.Labels))
	})
}

func contains(labels map[string]any, wanted map[string]string) bool {
	for key, value := range wanted {
		if labels[key] != value {
			return false
		}
	}
	return true
}

// ownStores are the SecretStores of an entry.
func ownStores(e *entry) []Store {
	var out []Store
	for i := range e.SecretStores.Items {
		item := &e.SecretStores.Items[i]
		subdomain(text{V: item.Key, Node: item.At})
		parts := &storeParts{providers: &item.Value.providersInput}
		store := parts.resolve(&Store{StoreRef: StoreRef{"SecretStore", item.Key}, Namespace: e.Namespace.V,
			Origin: origin(e.Namespace.V, "secretStores", item.Key)})
		switch {
		case store != nil:
			out = append(out, *store)
		case item.Value.Node != nil && len(parts.set()) == 0:
			item.At.Report("missing-field", "write it like this: "+item.Key+": {doppler: {token: doppler#token}}", "expected a provider: the store would be empty")
		}
	}
	slices.SortFunc(out, func(a, b Store) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// storeOf is the store that a reference names; the default store when there is none.
func (s *settings) storeOf(in *storeRefInput, own []Store) *knownStore {
	ref := s.secretsIn
	if in != nil {
		ref = StoreRef{Kind: in.Kind.Or(s.secretsIn.Kind), Name: in.Name.V}
		optionalSubdomain(in.Name)
		if !in.Kind.IsSet() && s.knownStores[ref.Name] != nil {
			ref.Kind = "ClusterSecretStore"
		}
	}
	if in != nil && in.Kind.V != "ClusterSecretStore" {
		for _, o := range own {
			if o.Name == ref.Name {
				return &knownStore{StoreRef: o.StoreRef, provider: o.Provider, engine: o.Vault("path"), from: o.source()}
			}
		}
	}
	if known := s.knownStores[ref.Name]; known != nil && ref.Kind == "ClusterSecretStore" {
		return known
	}
	if ref == s.secretsIn && s.ownKind != nil {
		return s.ownKind
	}
	return &knownStore{StoreRef: ref}
}

// permitted reports a secret that is read from a store that its namespace may not use.
func (k *knownStore) permitted(at *syntax.Node, e *entry) {
	namespace := e.Namespace.V
	labels := textsOf(e.Labels)
	labels["kubernetes.io/metadata.name"] = namespace
	if !e.ManageNamespace.Or(!slices.Contains(unmanaged, namespace)) {
		labels = nil // they are not known
	}
	if !k.permits(namespace, labels) {
		at.Report("store-not-permitted", fmt.Sprintf("add the namespace to conditions of the store: {namespaces: [%s]}", namespace),
			"the store %s may not be used by the namespace %q: none of its conditions fits", syntax.Quote(k.Name), namespace)
	}
}
