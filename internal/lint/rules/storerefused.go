package rules

import (
	"github.com/hippotion/roster/internal/lint"
)

var storeRefused = lint.Rule{
	Name:     "store-refused",
	Severity: lint.Error,
	Fixable:  true,
	Summary:  "network policies refuse External Secrets the server of a store, or Vault the API server",
	Doc: `External Secrets reads what stores hold from a server: Vault, 1Password's Connect server, Bitwarden's SDK server, or that of Infisical,
Doppler, AWS, Google, Azure, Akeyless, GitLab or a webhook, in the cluster or in the world. A Vault with Kubernetes logins asks the API server about
each (TokenReview). All of that passes the policies of the namespaces of both. Where one refuses it, no store is ready, no Secret is written, and what
needs one does not start. It is judged for the stores of ` + "`platform.yml`" + ` and of entries, and for every SecretStore and ClusterSecretStore that
applications bring. External Secrets is known by its image, its chart, or a namespace of its name. Which host 1Password's SDK calls stands in its token
and is not known here.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
secrets:
  store:
    kind: ClusterSecretStore
    name: vault
    vault:
      server: http://vault.sys-vault.svc:8200
      path: secret
      role: external-secrets
      serviceAccount: {name: external-secrets, namespace: sys-external-secrets}
-- applications.yml --
- namespace: sys-external-secrets
  networkPolicies: operator
- namespace: sys-vault
  networkPolicies: operator
  applications: [{applicationCode: sys-vault, path: vault}]
-- vault/vault.yaml --
apiVersion: v1
kind: Service
metadata: {name: vault}
spec:
  selector: {app: vault}
  ports: [{port: 8200}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: vault}
spec:
  serviceName: vault
  selector: {matchLabels: {app: vault}}
  template:
    metadata: {labels: {app: vault}}
    spec:
      containers: [{name: vault, image: registry.example/vault:1.2.3}]
`,
	Mend: []string{`- namespace: sys-external-secrets
  networkPolicies: operator`, `- namespace: sys-external-secrets
  networkPolicies: {profile: operator, allow: [{to: {namespace: sys-vault, ports: [8200]}}]}`},
	Find: func(in *lint.Context, add func(lint.Finding)) { refusals(in, in.Intents.Stores(), add) },
}
