package lint

import (
	"strconv"

	"github.com/hippotion/roster/catalog"
)

var unknownStore = Rule{
	Name:     "unknown-store",
	Severity: Error,
	Summary:  "a secret is read from a store that nothing deploys",
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
	Check: func(in *Input, report Report) {
		all := in.allKnown()
		missing := func(namespace, kind, name string) bool {
			switch kind {
			case "SecretStore":
				n := in.Entry(namespace)
				return n != nil && in.settled(n) && !in.hasStore(kind, namespace, name)
			case "ClusterSecretStore":
				return all && in.Platform.Store != nil && !in.hasStore(kind, "", name)
			}
			return false // a generator
		}
		for n, a := range in.applications() {
			for _, s := range a.Secrets {
				if missing(n.Name, s.Store.Kind, s.Store.Name) {
					report(s.Place, "", "the secret %s is read from the %s %s, which nothing deploys", s.Name, s.Store.Kind, s.Store.Name)
				}
			}
		}
		for _, o := range in.Kind("ExternalSecret") {
			for _, fields := range storeFields(o) {
				name, kind := stringAt(o, append(fields, "name")...), stringAt(o, append(fields, "kind")...)
				hint := ""
				if kind == "" {
					kind = "SecretStore"
					if in.hasStore("ClusterSecretStore", "", name) || name == in.Platform.SecretsIn.Name {
						hint = "add kind: ClusterSecretStore: without it, a store of this namespace is meant"
					}
				}
				if name != "" && missing(o.Namespace, kind, name) {
					report(in.field(o, append(fields, "name")...), hint, "%s reads from the %s %s, which nothing deploys", o.Title(), kind, name)
				}
			}
		}
	},
}

// storeFields lead to the stores that an ExternalSecret names.
func storeFields(o *Object) [][]string {
	out := [][]string{{"spec", "secretStoreRef"}}
	for _, list := range []string{"data", "dataFrom"} {
		items, _ := fieldAt(o, "spec", list).([]any)
		for i := range items {
			out = append(out, []string{"spec", list, strconv.Itoa(i), "sourceRef", "storeRef"})
		}
	}
	return out
}

// hasStore reports whether something deploys a store. The default store comes from elsewhere when the platform does not deploy it.
func (in *Input) hasStore(kind, namespace, name string) bool {
	p := in.Platform
	if kind == p.SecretsIn.Kind && name == p.SecretsIn.Name && p.Store == nil || kind == "ClusterSecretStore" && p.Store != nil && name == p.Store.Name {
		return true
	}
	return in.stores.get(func() map[objectName]bool {
		out := map[objectName]bool{}
		for _, o := range in.Kind("SecretStore") {
			out[objectName{"", o.Kind, o.Namespace, o.Name}] = true
		}
		for _, o := range in.Kind("ClusterSecretStore") {
			out[objectName{"", o.Kind, "", o.Name}] = true
		}
		return out
	})[objectName{"", kind, namespace, name}]
}

// settled reports whether everything in a namespace is known: Kubernetes or others have put more into one that the list does not manage.
func (in *Input) settled(n *catalog.Namespace) bool { return n.Managed && in.complete(n) }

// allKnown reports whether everything that the list deploys is known.
func (in *Input) allKnown() bool {
	for i := range in.Platform.Namespaces {
		if !in.complete(&in.Platform.Namespaces[i]) {
			return false
		}
	}
	return true
}
