package render

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
)

// This file knows the defaults that the CRDs of External Secrets give, from 0.16.0, the first release that serves external-secrets.io/v1, to
// 2.9.0: Argo CD compares what is rendered with what is stored, and the API server fills them in. A field that each release has that has the
// mapping around it is written out. Any other is left to the release, and not compared while it has its default: a release without it would
// drop it. TestExternalSecretsDefaults of test/conformance holds both lists against the CRDs.

// crdDefault is a field that a user may leave out, by its path in the spec of a generator, or in the block of a provider.
type crdDefault struct {
	path  string
	value any
}

// settledDefaults are the fields that are written out, by the kind of a generator or the provider of a store.
func settledDefaults(of string) []crdDefault {
	switch of {
	case "ACRAccessToken":
		return []crdDefault{{"environmentType", "PublicCloud"}}
	case "Password":
		return []crdDefault{{"length", 24}, {"noUpper", false}, {"allowRepeat", false}}
	case "SSHKey":
		return []crdDefault{{"keyType", "rsa"}}
	case "VaultDynamicSecret":
		return append(ofVault("provider."), crdDefault{"resultType", "Data"}, crdDefault{"allowEmptyResponse", false})
	case "azurekv":
		return []crdDefault{{"authType", "ServicePrincipal"}, {"environmentType", "PublicCloud"}}
	case "crd":
		return []crdDefault{{"server.url", "kubernetes.default"}}
	case "doppler":
		return []crdDefault{{"auth.oidcConfig.expirationSeconds", 600}}
	case "github":
		return []crdDefault{{"url", "https://github.com/"}}
	case "infisical":
		return []crdDefault{{"hostAPI", "https://app.infisical.com/api"}, {"secretsScope.expandSecretReferences", true}, {"secretsScope.recursive", false}, {"secretsScope.secretsPath", "/"}}
	case "kubernetes":
		return []crdDefault{{"remoteNamespace", "default"}, {"server.url", "kubernetes.default"}}
	case "ngrok":
		return []crdDefault{{"apiUrl", "https://api.ngrok.com"}}
	case "onboardbase":
		return []crdDefault{{"apiHost", "https://public.onboardbase.com/api/v1/"}, {"environment", "development"}, {"project", "development"}}
	case "onepasswordSDK":
		return []crdDefault{{"cache.maxSize", 100}, {"cache.ttl", "5m"}, {"integrationInfo.name", "1Password SDK"}, {"integrationInfo.version", "v1.0.0"}}
	case "openBao":
		return []crdDefault{{"version", "v2"}, {"auth.appRole.path", "approle"}, {"auth.userPass.path", "userpass"}}
	case "ovh":
		return []crdDefault{{"okmsTimeout", 30}}
	case "pulumi":
		return []crdDefault{{"apiUrl", "https://api.pulumi.com/api/esc"}, {"auth.oidcConfig.expirationSeconds", 600}}
	case "senhasegura":
		return []crdDefault{{"ignoreSslCertificate", false}}
	case "vault":
		return ofVault("")
	}
	return nil
}

// ofVault are those of the block that stores and generators have for Vault.
func ofVault(at string) []crdDefault {
	return []crdDefault{{at + "version", "v2"}, {at + "auth.appRole.path", "approle"}, {at + "auth.gcp.path", "gcp"}, {at + "auth.jwt.path", "jwt"},
		{at + "auth.kubernetes.mountPath", "kubernetes"}, {at + "auth.ldap.path", "ldap"}, {at + "auth.userPass.path", "userpass"}}
}

// unsettledDefaults are the fields that some releases do not have.
func unsettledDefaults(of string) []crdDefault {
	switch of {
	case "Password":
		return []crdDefault{{"encoding", "raw"}} // since 0.20.4
	case "VaultDynamicSecret":
		return []crdDefault{{"provider.auth.cert.path", "cert"}} // since 0.20.2
	case "aws":
		return []crdDefault{{"sessionTagsPolicy", "None"}} // since 2.5.0
	case "azurekv":
		return []crdDefault{{"useAzureSDK", false}} // since 0.20.0
	case "beyondtrust":
		return []crdDefault{{"server.decrypt", true}} // since 1.3.0
	case "gcpsm":
		return []crdDefault{{"secretVersionSelectionPolicy", "LatestOrFail"}} // since 0.20.2
	case "vault":
		return []crdDefault{{"auth.cert.path", "cert"}} // since 0.20.2
	}
	return nil
}

// filled is a spec or a block with the defaults that are written out.
func filled(of string, block map[string]any) map[string]any {
	if block == nil {
		block = map[string]any{}
	}
	for _, d := range settledDefaults(of) {
		block = d.into(block, strings.Split(d.path, "."))
	}
	return block
}

// into is a block in which the field is set, unless it already is, or the mapping around it is missing. What changes is copied.
func (d crdDefault) into(block map[string]any, path []string) map[string]any {
	key := path[0]
	inner, isMapping := block[key].(map[string]any)
	last := len(path) == 1
	if last && block[key] != nil || !last && !isMapping {
		return block
	}
	block = maps.Clone(block)
	if last {
		block[key] = d.value
	} else {
		block[key] = d.into(inner, path[1:])
	}
	return block
}

// missing reports whether a release with the field would add it to a block.
func (d crdDefault) missing(block map[string]any) bool {
	path := strings.Split(d.path, ".")
	for _, key := range path[:len(path)-1] {
		inner, isMapping := block[key].(map[string]any)
		if !isMapping {
			return false
		}
		block = inner
	}
	return block[path[len(path)-1]] == nil
}

// unsettled are the fields of objects that are not to be compared: jq's expressions, by the kind.
type unsettled map[Kind]map[string]bool

func (u unsettled) add(group, kind, expression string) {
	of := Kind{Group: group, Kind: kind}
	if u[of] == nil {
		u[of] = map[string]bool{}
	}
	u[of][expression] = true
}

// store adds those that the user has left out of the block of a provider.
func (u unsettled) store(s *catalog.Store) {
	for _, d := range unsettledDefaults(s.Provider) {
		if d.missing(s.Block) {
			u.add(externalSecretsGroup, s.Kind, d.ignored(".spec.provider."+s.Provider))
		}
	}
}

func (u unsettled) generator(g *catalog.Generator, _ catalog.Sync) {
	for _, d := range unsettledDefaults(g.Kind) {
		if d.missing(g.Spec) {
			u.add(generators, g.Kind, d.ignored(".spec"))
		}
	}
}

// ignored is jq's expression for the field while it has the default: what somebody sets later is compared.
func (d crdDefault) ignored(at string) string {
	around, key := at, d.path
	if dot := strings.LastIndexByte(d.path, '.'); dot >= 0 {
		around, key = at+"."+d.path[:dot], d.path[dot+1:]
	}
	return fmt.Sprintf("%s | select(.%s == %#v).%s", around, key, d.value, key)
}

// secret adds those of an ExternalSecret, but what each may have.
func (u unsettled) secret(s *catalog.Secret) {
	if s.Template != nil && len(s.Template.From) > 0 { // in 2.7 and 2.8
		u.add(externalSecretsGroup, "ExternalSecret", ".spec.target.template.templateFrom[]?.valuesDecodingStrategy")
	}
	for i := range s.From {
		if s.From[i].Find != nil { // in 2.3 to 2.6
			u.add(externalSecretsGroup, "ExternalSecret", ".spec.dataFrom[]?.find.nullBytePolicy")
		}
		for _, r := range s.From[i].Rewrite {
			if r.Merge != nil { // since 0.20.2: it is written out
				u.add(externalSecretsGroup, "ExternalSecret", `.spec.dataFrom[]?.rewrite[]?.merge | select(.priorityPolicy == "Strict").priorityPolicy`)
			}
		}
	}
}

// ignoredDefaults is what Argo CD does not compare. What an ExternalSecret of any list may have, in 2.3 to 2.6, comes first, and the rest only
// where it matters: an Application that was applied by hand stays as it is otherwise.
func ignoredDefaults(p *catalog.Platform) []ignoreDifferences {
	always := Kind{Group: externalSecretsGroup, Kind: "ExternalSecret"}
	u := unsettled{always: {}}
	for _, s := range p.AllStores() {
		u.store(s)
	}
	for i := range p.Namespaces {
		n := &p.Namespaces[i]
		madeIn(n, u.generator)
		for j := range n.Applications {
			a := &n.Applications[j]
			for k := range a.Secrets {
				u.secret(&a.Secrets[k])
			}
		}
	}
	var out []ignoreDifferences
	for _, k := range slices.SortedFunc(maps.Keys(u), func(a, b Kind) int { return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Kind, b.Kind)) }) {
		paths := slices.Sorted(maps.Keys(u[k]))
		if k == always {
			paths = append([]string{".spec.data[]?.remoteRef.nullBytePolicy", ".spec.dataFrom[]?.extract.nullBytePolicy"}, paths...)
		}
		out = append(out, ignoreDifferences{Group: k.Group, Kind: k.Kind, JQPathExpressions: paths})
	}
	return out
}
