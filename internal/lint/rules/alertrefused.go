package rules

import (
	"github.com/hippotion/roster/internal/lint"
)

var alertRefused = lint.Rule{
	Name:     "alert-refused",
	Severity: lint.Error,
	Fixable:  true,
	Summary:  "network policies refuse Alertmanager what a receiver sends to",
	Doc: `Alertmanager calls the address of each receiver of an AlertmanagerConfig: a Service of the cluster, or one outside. Where the policies at one end
refuse that, alerts are raised and nobody hears of them. The profile ` + "`monitoring`" + ` lets Alertmanager out to the cluster only.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: sys-monitoring
  networkPolicies: monitoring
  applications: [{applicationCode: sys-monitoring, path: monitoring}]
-- monitoring/alertmanager.yaml --
apiVersion: monitoring.coreos.com/v1
kind: Alertmanager
metadata: {name: house}
spec: {alertmanagerConfigSelector: {}}
---
apiVersion: monitoring.coreos.com/v1alpha1
kind: AlertmanagerConfig
metadata: {name: house}
spec:
  route: {receiver: phone}
  receivers:
    - name: phone
      webhookConfigs: [{url: 'https://alerts.phone.example/house'}]
`,
	Mend: []string{`  networkPolicies: monitoring`, `  networkPolicies: {profile: monitoring, allow: [{to: {host: alerts.phone.example, ports: [443]}}]}`},
	Find: func(in *lint.Context, add func(lint.Finding)) { refusals(in, in.Intents.Receivers(), add) },
}
