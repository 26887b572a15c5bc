package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/syntax"
)

// keyForm is how a value of a provider is written: as what the provider's code in External Secrets makes of remoteRef's key and property.
type keyForm struct {
	form, example string // as in ITEM/FIELD and whoami/password
	of            string // what has the values, for messages
	// read takes the text apart. What it returns as wrong is why it is not one, and what to write.
	read func(k *knownStore, ref string) (key, property string, wrong *wrongKey)
	// extract is the same for all that is at a key; nil when that is the key alone.
	extract     func(k *knownStore, ref string) *wrongKey
	noVersions  string // why there are none; empty when there are
	hasMetadata bool
}

// wrongKey is why a text is not a key: what was expected, and what to write. Neither has the text.
type wrongKey struct{ expected, hint string }

const noVersion = "has no versions, and External Secrets reads the newest"

// keyForms are by provider. What has no form of its own is written KEY or KEY#PROPERTY.
func keyForms(provider string) keyForm {
	switch provider {
	case "", "vault", "openBao":
		return keyForm{form: "VAULT-PATH#PROPERTY", example: "web-whoami#password", of: "Vault", read: vaultKey, extract: (*knownStore).vaultPath, hasMetadata: true}
	case "onepassword":
		return keyForm{form: "ITEM/FIELD", example: "whoami/password", of: "1Password", read: onePasswordKey, extract: itemOnly,
			noVersions: "refuses remoteRef.version"}
	case "onepasswordSDK":
		return keyForm{form: "ITEM/FIELD or ITEM/SECTION/FIELD", example: "whoami/password", of: "1Password", read: onePasswordSDKKey, extract: itemOnly,
			noVersions: "refuses remoteRef.version"}
	case "bitwardensecretsmanager":
		return keyForm{form: "the name or the ID of a secret", example: "whoami-password", of: "Bitwarden", read: wholeKey, extract: withoutProperty, noVersions: noVersion}
	case "infisical":
		return keyForm{form: "NAME, /FOLDER/NAME or NAME#PROPERTY", example: "/whoami/PASSWORD", of: "Infisical", read: infisicalKey, noVersions: noVersion}
	case "kubernetes":
		return keyForm{form: "SECRET#KEY", example: "whoami#password", of: "a Secret", read: kubernetesKey, extract: withoutProperty, noVersions: noVersion, hasMetadata: true}
	case "aws":
		return keyForm{form: "NAME or NAME#PROPERTY", example: "homelab/whoami#password", of: "AWS", read: freeKey, hasMetadata: true}
	case "gcpsm":
		return keyForm{form: "NAME or NAME#PROPERTY", example: "whoami#password", of: "Secret Manager", read: gcpKey, hasMetadata: true}
	case "azurekv":
		return keyForm{form: "NAME, secret/NAME, cert/NAME or key/NAME, or one of these with #PROPERTY", example: "whoami#password", of: "the key vault", read: azureKey, hasMetadata: true}
	case "doppler":
		return keyForm{form: "the name of a secret", example: "WHOAMI_PASSWORD", of: "Doppler", read: wholeKey, extract: withoutProperty, noVersions: noVersion}
	case "gitlab":
		return keyForm{form: "VARIABLE or VARIABLE#PROPERTY", example: "WHOAMI_PASSWORD", of: "a variable of GitLab", read: freeKey, noVersions: noVersion}
	}
	return keyForm{form: "KEY or KEY#PROPERTY", example: "whoami#password", of: "the store", read: freeKey, hasMetadata: true}
}

// data is where the value of one key of a Secret is, and whether it could be read. What the user wrote is never shown: people paste secrets
// there.
func (k *knownStore) data(key string, in *secretDataInput, at *syntax.Node) (SecretData, bool) {
	out := SecretData{Key: key, Decoding: in.DecodingStrategy.V, Conversion: in.ConversionStrategy.V, MetadataFrom: in.MetadataPolicy.V, Version: in.Version.V}
	form := keyForms(k.provider)
	k.options(in.Version, in.MetadataPolicy)
	switch {
	case in.Ref.IsSet() && (in.Key.IsSet() || in.Property.IsSet()):
		other := in.Key.Node
		if !in.Key.IsSet() {
			other = in.Property.Node
		}
		other.Report("two-keys", "remove ref, or remove key and property", "expected ref, or key and property, found both")
	case in.Ref.IsSet():
		var wrong *wrongKey
		out.Path, out.Property, wrong = form.read(k, in.Ref.V)
		if wrong == nil && untidy(in.Ref.V) {
			wrong = &wrongKey{expected: form.form}
		}
		if wrong != nil {
			k.mistaken(in.Ref.Node, form, wrong)
			return out, false
		}
		return out, true
	case in.Key.IsSet():
		out.Path, out.Property = in.Key.V, in.Property.V
		if untidy(in.Key.V) || in.Key.V == "" {
			in.Key.Report("bad-secret-reference", "", "expected a key without space around it, found something else")
		}
		if in.Property.IsSet() && (k.provider == "bitwardensecretsmanager" || k.provider == "doppler" || k.provider == "onepasswordSDK") {
			in.Property.Report("no-effect", "remove it", "External Secrets does not look at remoteRef.property for %s", form.of)
		}
		return out, true
	case !in.Flawed("ref", "key"):
		at.Report("missing-field", "ref: "+form.example, "expected ref, or key and property")
	}
	return out, false
}

// pushed is where a value is written to.
func (k *knownStore) pushed(t text) (key, property string) {
	form := keyForms(k.provider)
	key, property, wrong := form.read(k, t.V)
	if wrong == nil && untidy(t.V) {
		wrong = &wrongKey{expected: form.form}
	}
	if wrong != nil {
		wrong.hint = cmp.Or(wrong.hint, "write where the store gets it, such as "+form.example)
		k.mistaken(t.Node, form, wrong)
		return "", ""
	}
	if k.provider == "onepasswordSDK" { // what is read has its field in the key, and what is written has not (providers/v1/onepasswordsdk, PushSecret)
		i := strings.LastIndex(key, "/")
		if key, property = key[:i], key[i+1:]; strings.Contains(key, "/") {
			k.mistaken(t.Node, form, &wrongKey{"ITEM/FIELD", "leave out the section: External Secrets writes fields without one"})
		}
	}
	return key, property
}

// options reports options of remoteRef that the provider does not have.
func (k *knownStore) options(version syntax.Text, metadata text) {
	form := keyForms(k.provider)
	if version.Node != nil && form.noVersions != "" {
		version.Report("no-effect", "remove it", "%s %s", form.of, form.noVersions)
	}
	if metadata.V == "Fetch" && !form.hasMetadata {
		metadata.Report("no-effect", "remove it", "External Secrets has no metadata of %s", form.of)
	}
}

// mistaken reports what is not a key of the store.
func (k *knownStore) mistaken(at *syntax.Node, form keyForm, wrong *wrongKey) {
	hint := wrong.hint
	if hint == "" {
		hint = fmt.Sprintf("the value itself must not be here: put it into %s, and write where it is there, such as %s", form.of, form.example)
	}
	at.Report("bad-secret-reference", hint, "expected %s, found something else", wrong.expected)
}

// extract is the key at which all is read, in the form of the provider.
func (k *knownStore) extract(t text) (key, property string) {
	form := keyForms(k.provider)
	var wrong *wrongKey
	if form.extract != nil {
		key, wrong = t.V, form.extract(k, t.V)
	} else {
		key, property, wrong = form.read(k, t.V)
	}
	if wrong == nil && untidy(t.V) {
		wrong = &wrongKey{expected: form.form}
	}
	if wrong != nil {
		k.mistaken(t.Node, form, wrong)
	}
	return key, property
}

// untidy reports whether a text has space around it, or more than one line.
func untidy(ref string) bool {
	return strings.TrimSpace(ref) != ref || strings.ContainsAny(ref, "\n\r")
}

func vaultKey(k *knownStore, ref string) (key, property string, wrong *wrongKey) {
	key, property, found := cutLast(ref)
	if !found || key == "" || property == "" {
		return "", "", &wrongKey{expected: "VAULT-PATH#PROPERTY"}
	}
	return key, property, k.vaultPath(key)
}

// vaultPath reports paths as in Vault's API; External Secrets adds the engine and data/ itself.
func (k *knownStore) vaultPath(path string) *wrongKey {
	engine := k.engine
	if engine == "" {
		engine = "secret"
	}
	if path == "" || strings.HasPrefix(path, "/") || strings.HasPrefix(path, engine+"/data/") || strings.TrimSpace(path) != path {
		return &wrongKey{"a path below the KV engine", "leave out the engine and data/: the store adds them"}
	}
	return nil
}

// onePasswordKey is of the Connect server: the title of an item, or its ID, and the label of a field. The property may begin with field/ or
// file/ (providers/v1/onepassword, getObjType). A title with a slash needs the form with #.
func onePasswordKey(_ *knownStore, ref string) (key, property string, wrong *wrongKey) {
	if strings.HasPrefix(ref, "op://") {
		return "", "", &wrongKey{"ITEM/FIELD", "leave out op:// and the vault: External Secrets looks for the item in the vaults of the store, in their order"}
	}
	key, property, found := cutLast(ref)
	if !found {
		key, property, found = strings.Cut(ref, "/")
	}
	if !found || key == "" || property == "" {
		return "", "", &wrongKey{expected: "ITEM/FIELD"}
	}
	return key, property, nil
}

// onePasswordSDKKey is what follows op://VAULT/ in a secret reference: External Secrets puts that before the key, and does not look at the
// property (providers/v1/onepasswordsdk, constructRefKey).
func onePasswordSDKKey(k *knownStore, ref string) (key, property string, wrong *wrongKey) {
	expected := "ITEM/FIELD or ITEM/SECTION/FIELD"
	if rest, isReference := strings.CutPrefix(ref, "op://"); isReference {
		vault, item, _ := strings.Cut(rest, "/")
		if vault != k.from || k.from == "" {
			return "", "", &wrongKey{expected, "leave out op:// and the vault: the store reads from one vault, which its own settings name"}
		}
		ref = item
	}
	ref = strings.Replace(ref, "#", "/", 1)
	parts := strings.Split(ref, "/")
	if len(parts) < 2 || len(parts) > 3 || slices.Contains(parts, "") {
		return "", "", &wrongKey{expected: expected}
	}
	return ref, "", nil
}

// itemOnly is for all fields of an item.
func itemOnly(_ *knownStore, ref string) *wrongKey {
	if ref == "" || strings.HasPrefix(ref, "op://") {
		return &wrongKey{"the title of an item", "leave out op:// and the vault: the store says which vault it reads from"}
	}
	return nil
}

// wholeKey is of providers that do not look at the property (providers/v1/bitwarden and doppler, GetSecret).
func wholeKey(k *knownStore, ref string) (key, property string, wrong *wrongKey) {
	if wrong := withoutProperty(k, ref); wrong != nil {
		return "", "", wrong
	}
	return ref, "", nil
}

func withoutProperty(k *knownStore, ref string) *wrongKey {
	form := keyForms(k.provider)
	if ref == "" {
		return &wrongKey{expected: form.form}
	}
	if strings.Contains(ref, "#") {
		return &wrongKey{"a name without #PROPERTY", "External Secrets does not look at a property here; when the name has a #, write it as key: NAME"}
	}
	return nil
}

// infisicalKey is a name below the path of the store, or one with an absolute path (providers/v1/infisical, getSecretAddress; releases
// before 2 refuse a relative one).
func infisicalKey(_ *knownStore, ref string) (key, property string, wrong *wrongKey) {
	key, property, wrong = freeKey(nil, ref)
	switch {
	case wrong != nil || strings.HasSuffix(key, "/"):
		return "", "", &wrongKey{expected: "NAME, /FOLDER/NAME or NAME#PROPERTY"}
	case strings.Contains(key, "/") && !strings.HasPrefix(key, "/"):
		return "", "", &wrongKey{"NAME or /FOLDER/NAME", "begin with /: a path is an absolute one, whatever the path of the store"}
	}
	return key, property, nil
}

func kubernetesKey(k *knownStore, ref string) (key, property string, wrong *wrongKey) {
	key, property, found := cutLast(ref)
	switch {
	case !found || key == "" || property == "":
		return "", "", &wrongKey{expected: "SECRET#KEY"}
	case strings.Contains(key, "/"):
		return "", "", &wrongKey{"SECRET#KEY", "leave out the namespace: the store reads from one, which its own settings name"}
	}
	return key, property, nil
}

func gcpKey(_ *knownStore, ref string) (key, property string, wrong *wrongKey) {
	key, property, wrong = freeKey(nil, ref)
	if wrong == nil && strings.Contains(key, "/") {
		return "", "", &wrongKey{"NAME or NAME#PROPERTY", "write the name of the secret alone: External Secrets adds projects/, secrets/ and versions/; a version is version: \"3\""}
	}
	return key, property, wrong
}

// azureKey is a name, or the kind of object and a name; what follows a second slash would be ignored (providers/v1/azure, getObjType).
func azureKey(_ *knownStore, ref string) (key, property string, wrong *wrongKey) {
	key, property, wrong = freeKey(nil, ref)
	if wrong != nil {
		return "", "", wrong
	}
	kind, name, typed := strings.Cut(key, "/")
	if typed && (!slices.Contains([]string{"secret", "cert", "key"}, kind) || name == "" || strings.Contains(name, "/")) {
		return "", "", &wrongKey{"NAME, secret/NAME, cert/NAME or key/NAME", "write the name alone, or secret/, cert/ or key/ and the name; a version is version: 1a2b"}
	}
	return key, property, nil
}

// freeKey is a key, and a property if there is a #.
func freeKey(_ *knownStore, ref string) (key, property string, wrong *wrongKey) {
	key, property, found := cutLast(ref)
	if key == "" || found && property == "" {
		return "", "", &wrongKey{expected: "KEY or KEY#PROPERTY"}
	}
	return key, property, nil
}
