package rules

import (
	"github.com/hippotion/roster/internal/lint"
)

var callRefused = lint.Rule{
	Name:     "call-refused",
	Severity: lint.Warning,
	Fixable:  true,
	Summary:  "network policies refuse a workload an address that it is told to call",
	Doc: `A variable or an argument of a container, or a ConfigMap that it reads, names a Service of the cluster, or an API outside, and the policies at one
end or both refuse the way there: the call waits until it times out. What is read is a URL, a host and port that is a Service of the list, or the whole name
of a Service (` + "`NAME.NAMESPACE.svc`" + `). Of addresses outside, only those count that say that they are an API, by their name or by that of the variable;
addresses for browsers, such as those of logins, do not. If the workload never makes the call, waive the finding, or take the setting out.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated-job
  applications: [{applicationCode: web-a, path: a}]
- namespace: web-db
  networkPolicies: isolated
  applications: [{applicationCode: web-db, path: db}]
-- a/a.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec:
      containers: [{name: a, image: registry.example/a:1.2.3, env: [{name: DATABASE_URL, value: 'postgres://a@db.web-db.svc/a'}]}]
-- db/db.yaml --
apiVersion: v1
kind: Service
metadata: {name: db}
spec:
  selector: {app: db}
  ports: [{port: 5432}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: db}
spec:
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers: [{name: db, image: registry.example/db:1.2.3}]
`,
	Mend: []string{`  networkPolicies: isolated-job`, `  networkPolicies: {profile: isolated-job, allow: [{to: {namespace: web-db, ports: [5432]}}]}`},
	Find: func(in *lint.Context, add func(lint.Finding)) { refusals(in, in.Intents.Calls(), add) },
}
