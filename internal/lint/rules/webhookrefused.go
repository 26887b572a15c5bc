package rules

import (
	"github.com/hippotion/roster/internal/lint"
)

var webhookRefused = lint.Rule{
	Name:     "webhook-refused",
	Severity: lint.Error,
	Fixable:  true,
	Summary:  "network policies refuse the API server what it calls: a webhook, or an API that pods serve",
	Doc: `The API server calls the Service of a webhook that admits or converts objects, and of an APIService, and waits. Where the policies of the
pods' namespace refuse that, objects of these kinds cannot be applied, or all commands that list APIs get slow. The entity ` + "`kube-apiserver`" + `
alone is not enough: with tunnel routing, which is Cilium's default, a call to a pod of another node comes with the address of that node, as
` + "`remote-node`" + ` (cilium issue 43260). With one address under ` + "`nodes`" + ` of ` + "`platform.yml`" + `, there is no other node, and nothing is reported.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: sys-hook
  networkPolicies: {profile: isolated, allow: [{from: {entity: kube-apiserver, ports: [9443]}}]}
  clusterResources: [admissionregistration.k8s.io/ValidatingWebhookConfiguration]
  applications: [{applicationCode: sys-hook, path: hook}]
-- hook/hook.yaml --
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: hook}
webhooks:
  - name: hook.example.com
    clientConfig: {service: {namespace: sys-hook, name: hook, path: /}}
    rules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]
    admissionReviewVersions: [v1]
    sideEffects: None
---
apiVersion: v1
kind: Service
metadata: {name: hook}
spec:
  selector: {app: hook}
  ports: [{port: 443, targetPort: 9443}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: hook}
spec:
  selector: {matchLabels: {app: hook}}
  template:
    metadata: {labels: {app: hook}}
    spec:
      containers: [{name: hook, image: registry.example/hook:1.2.3}]
`,
	Mend: []string{`{from: {entity: kube-apiserver, ports: [9443]}}`, `{from: {entity: kube-apiserver, ports: [9443]}}, {from: {entity: remote-node, ports: [9443]}}`},
	Find: func(in *lint.Context, add func(lint.Finding)) { refusals(in, in.Intents.Webhooks(), add) },
}
