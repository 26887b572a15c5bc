package catalog

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/syntax"
	"k8s.io/apimachinery/pkg/util/validation"
)

// providerBlock is what the keys of a provider become: the block of the CRD.
type providerBlock struct {
	store *Store
	block map[string]any
	own   bool // a SecretStore: what it refers to is in its own namespace
	at    *syntax.Node
}

// read reads the keys of a provider whose tags name a field of the CRD.
func (b *providerBlock) read(in reflect.Value) {
	for i := range in.NumField() {
		tag, ok := in.Type().Field(i).Tag.Lookup("crd")
		if !ok {
			continue
		}
		field, as, _ := strings.Cut(tag, ",")
		if value := b.value(in.Field(i).Interface(), as, in.Type().Field(i).Tag.Get("otherwise")); value != nil {
			put(b.block, value, strings.Split(field, ".")...)
		}
	}
}

// value is what a key becomes; nil when it is not set and has no default.
func (b *providerBlock) value(in any, as, otherwise string) any {
	switch v := in.(type) {
	case text:
		switch {
		case !v.IsSet() && otherwise == "":
			return nil
		case !v.IsSet():
			return otherwise
		}
		return b.text(v, as)
	case flag:
		if v.IsSet() || otherwise != "" {
			byDefault, _ := strconv.ParseBool(otherwise)
			return v.Or(byDefault)
		}
	case []text:
		if len(v) > 0 {
			return anys(texts(v))
		}
	case syntax.Map[text]:
		if out := textsOf(v); len(out) > 0 {
			return out
		}
	case *caInput:
		if v != nil {
			return b.authority(v)
		}
	}
	return nil
}

func (b *providerBlock) text(t text, as string) any {
	switch as {
	case "url":
		serverURL(t, "https://secrets.example")
	case "key":
		return b.secretKey(t)
	case "account":
		return b.account(t)
	default:
		filled(t, "a text")
	}
	return t.V
}

// authority is a caProvider.
func (b *providerBlock) authority(in *caInput) any {
	kind, t := "ConfigMap", in.ConfigMap
	if in.Secret.IsSet() {
		kind, t = "Secret", in.Secret
	}
	if in.ConfigMap.IsSet() == in.Secret.IsSet() {
		if !in.Flawed("configMap", "secret") {
			in.Report("missing-field", "configMap: "+b.example("ca#ca.crt"), `expected configMap or secret, one of them`)
		}
		return nil
	}
	out, _, ok := b.reference(t, true)
	if !ok {
		return nil
	}
	out["type"] = kind
	return out
}

// secretKey is a key of a Secret, which the store needs.
func (b *providerBlock) secretKey(t text) any {
	out, key, ok := b.reference(t, true)
	if !ok {
		return nil
	}
	if !slices.Contains(b.store.Needs, key) {
		b.store.Needs = append(b.store.Needs, key)
	}
	return out
}

func (b *providerBlock) account(t text) any {
	out, key, ok := b.reference(t, false)
	if !ok {
		return nil
	}
	b.store.Accounts = append(b.store.Accounts, Account{key.Namespace, key.Name})
	return out
}

// reference reads [NAMESPACE/]NAME[#KEY]. The text is not shown: it may be the credential itself.
func (b *providerBlock) reference(t text, keyed bool) (out map[string]any, found SecretKey, ok bool) {
	name, key, hasKey := cutLast(t.V)
	namespace, rest, hasNamespace := strings.Cut(name, "/")
	if hasNamespace {
		name = rest
	} else {
		namespace = ""
	}
	expected := "serviceaccount"
	if keyed {
		expected = "secret#key"
	}
	switch {
	case hasKey != keyed, validation.IsDNS1123Subdomain(name) != nil, keyed && validation.IsConfigMapKey(key) != nil, hasNamespace && validation.IsDNS1123Label(namespace) != nil:
		hint := "write " + b.example(expected)
		if keyed {
			hint = "the credential itself must not be here: put it into a Secret, and " + hint
		}
		t.Report("bad-secret-reference", hint, "expected %s, found something else", b.form(keyed))
		return nil, SecretKey{}, false
	case b.own && hasNamespace:
		t.Report("bad-secret-reference", "remove the namespace", "a SecretStore refers to what is in its own namespace: expected %s, found one with a namespace", b.form(keyed))
		return nil, SecretKey{}, false
	case !b.own && !hasNamespace:
		t.Report("bad-secret-reference", "write its namespace, as in "+b.example(expected), "a ClusterSecretStore has no namespace of its own: expected %s, found one without a namespace", b.form(keyed))
		return nil, SecretKey{}, false
	}
	out = map[string]any{"name": name}
	if keyed {
		out["key"] = key
	}
	if hasNamespace {
		out["namespace"] = namespace
	} else {
		namespace = b.store.Namespace
	}
	return out, SecretKey{namespace, name, key}, true
}

// form is how a reference is written here, and example is one.
func (b *providerBlock) form(keyed bool) string {
	out := "NAME"
	if keyed {
		out = "NAME#KEY"
	}
	return b.within("NAMESPACE/", out)
}

func (b *providerBlock) example(of string) string { return b.within("external-secrets/", of) }

func (b *providerBlock) within(namespace, of string) string {
	if b.own {
		return of
	}
	return namespace + of
}

// one reports keys of which exactly one says how External Secrets logs in; none is right when optional.
func (b *providerBlock) one(optional bool, keys ...loginKey) {
	var set []loginKey
	var names []string
	for _, k := range keys {
		names = append(names, k.key)
		if k.at != nil {
			set = append(set, k)
		}
	}
	switch {
	case len(set) > 1:
		set[1].at.Report("two-logins", "remove one of them", "there are two ways to log in: %s and %s", set[0].key, set[1].key)
	case len(set) == 0 && !optional && !b.at.Flawed(names...):
		b.at.Report("missing-field", b.at.Example(names[0]), "missing %q", names[0])
	}
}

// loginKey is a key, and where it is; nowhere when it is not set.
type loginKey struct {
	key string
	at  *syntax.Node
}

// together reports keys that need each other.
func (b *providerBlock) together(keys ...loginKey) {
	var missing, set []loginKey
	for _, k := range keys {
		if k.at == nil {
			missing = append(missing, k)
		} else {
			set = append(set, k)
		}
	}
	if len(set) > 0 && len(missing) > 0 && !b.at.Flawed(missing[0].key) {
		b.at.Report("missing-field", b.at.Example(missing[0].key), "%s needs %q as well", set[0].key, missing[0].key)
	}
}

// put sets a field of a block.
func put(block map[string]any, value any, path ...string) {
	for _, key := range path[:len(path)-1] {
		below, _ := block[key].(map[string]any)
		if below == nil {
			below = map[string]any{}
			block[key] = below
		}
		block = below
	}
	block[path[len(path)-1]] = value
}

func anys(in []string) []any {
	out := make([]any, len(in))
	for i, v := range in {
		out[i] = v
	}
	return out
}

// textsOf are the values of a mapping of texts.
func textsOf(in syntax.Map[text]) map[string]any {
	out := map[string]any{}
	for _, item := range in.Items {
		if item.Value.IsSet() {
			out[item.Key] = item.Value.V
		}
	}
	return out
}
