package rules

import (
	"slices"
	"strconv"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/once"
)

var unknownStore = lint.Rule{
	Name:     "unknown-store",
	Severity: lint.Error,
	Summary:  "a secret is read from, or written to, a store that nothing deploys",
	Doc: `The ExternalSecret stays in error, and there is no Secret. Note that ` + "`secretStoreRef`" + ` without ` + "`kind`" + ` means a SecretStore of
the same namespace, not a ClusterSecretStore (external-secrets, apis/externalsecrets/v1). It is reported only where everything that runs is
known: for a SecretStore in its namespace, for a ClusterSecretStore in the whole list, and only when the list deploys the store of
` + "`platform.yml`" + ` itself: what deploys that one may deploy others.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/secret.yaml --
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: db}
spec:
  secretStoreRef: {name: vault}
  dataFrom: [{extract: {key: web-a}}]
`,
	Good: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications:
    - applicationCode: web-a
      path: a
      secrets:
        - {name: mail, store: {kind: SecretStore, name: own}, data: {password: web-a#mail-password}}
-- a/secret.yaml --
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: db}
spec:
  secretStoreRef: {kind: ClusterSecretStore, name: vault}
  dataFrom: [{extract: {key: web-a}}]
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: own}
spec:
  provider: {vault: {server: 'https://vault.example', path: secret, auth: {kubernetes: {mountPath: kubernetes, role: web-a}}}}
`,
	Check: func(in *lint.Context, report lint.Report) {
		all := in.Deployed.AllKnown()
		var stores once.Value[map[deployed.ID]bool]
		missing := func(namespace, kind, name string) bool {
			switch kind {
			case "SecretStore":
				n := in.Deployed.Entry(namespace)
				return n != nil && in.Deployed.Settled(n) && !hasStore(in, &stores, kind, namespace, name)
			case "ClusterSecretStore":
				return all && in.Platform.StoreOf(in.Platform.SecretsIn) != nil && !hasStore(in, &stores, kind, "", name)
			}
			return false // a generator
		}
		for n, a := range in.Deployed.Applications() {
			for i := range a.Secrets {
				s := &a.Secrets[i]
				for _, store := range s.Stores() {
					if missing(n.Name, store.Kind, store.Name) {
						report(s.Place, "", "the secret %s is read from the %s %s, which nothing deploys", s.Name, store.Kind, store.Name)
					}
				}
			}
			for _, s := range a.PushSecrets {
				for _, store := range s.Stores {
					if missing(n.Name, store.Kind, store.Name) {
						report(s.Place, "", "the pushSecret %s is written to the %s %s, which nothing deploys", s.Name, store.Kind, store.Name)
					}
				}
			}
		}
		for _, kind := range []string{"ExternalSecret", "PushSecret"} {
			for _, o := range in.Deployed.Kind(kind) {
				for _, fields := range storeFields(o) {
					name, kind := deployed.StringAt(o, append(fields, "name")...), deployed.StringAt(o, append(fields, "kind")...)
					hint := ""
					if kind == "" {
						kind = "SecretStore"
						if hasStore(in, &stores, "ClusterSecretStore", "", name) || name == in.Platform.SecretsIn.Name {
							hint = "add kind: ClusterSecretStore: without it, a store of this namespace is meant"
						}
					}
					if name != "" && missing(o.Namespace, kind, name) {
						does := "reads from"
						if o.Kind == "PushSecret" {
							does = "writes to"
						}
						report(in.Places.Field(o, append(fields, "name")...), hint, "%s %s the %s %s, which nothing deploys", o.Title(), does, kind, name)
					}
				}
			}
		}
	},
}

// storeFields lead to the stores that an ExternalSecret or a PushSecret names.
func storeFields(o *deployed.Object) [][]string {
	out := [][]string{{"spec", "secretStoreRef"}}
	refs, _ := deployed.FieldAt(o, "spec", "secretStoreRefs").([]any)
	for i := range refs {
		out = append(out, []string{"spec", "secretStoreRefs", strconv.Itoa(i)})
	}
	for _, list := range []string{"data", "dataFrom"} {
		items, _ := deployed.FieldAt(o, "spec", list).([]any)
		for i := range items {
			out = append(out, []string{"spec", list, strconv.Itoa(i), "sourceRef", "storeRef"})
		}
	}
	return out
}

// hasStore reports whether something deploys a store. The default store comes from elsewhere when the platform does not deploy it.
func hasStore(in *lint.Context, stores *once.Value[map[deployed.ID]bool], kind, namespace, name string) bool {
	p := in.Platform
	ref := catalog.StoreRef{Kind: kind, Name: name}
	if ref == p.SecretsIn && p.StoreOf(ref) == nil || slices.Contains(p.StoresElsewhere, ref) {
		return true
	}
	return stores.Get(func() map[deployed.ID]bool {
		out := map[deployed.ID]bool{}
		for _, s := range p.AllStores() {
			out[deployed.ID{Kind: s.Kind, Namespace: s.Namespace, Name: s.Name}] = true
		}
		for _, o := range in.Deployed.Kind("SecretStore") {
			out[deployed.ID{Kind: o.Kind, Namespace: o.Namespace, Name: o.Name}] = true
		}
		for _, o := range in.Deployed.Kind("ClusterSecretStore") {
			out[deployed.ID{Kind: o.Kind, Name: o.Name}] = true
		}
		return out
	})[deployed.ID{Kind: kind, Namespace: namespace, Name: name}]
}
