package rules

import (
	"github.com/hippotion/roster/internal/lint"
)

var loginRefused = lint.Rule{
	Name:     "login-refused",
	Severity: lint.Error,
	Fixable:  true,
	Summary:  "network policies refuse the ingress controller what a middleware asks",
	Doc: `With forwardAuth, Traefik asks a Service about each request on a route, and answers with 500 when it gets no answer: no host behind that
login can be used. With errors, it gets the page of an error from a Service. The policies of the ingress controller's namespace and of the
Service's have to permit that. It is judged where the Middleware is known, also in a chain or at an entry point, and its address is one of the
cluster.`,
	Bad: `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
ingress:
  controller: {namespace: sys-traefik}
  auth: {oauth: {name: oauth, namespace: web-a}}
-- applications.yml --
- namespace: sys-traefik
  networkPolicies: ingress-controller
- namespace: sys-login
  networkPolicies: isolated-job
  applications: [{applicationCode: sys-login, path: login}]
- namespace: web-a
  networkPolicies: web-app-internal
  applications:
    - applicationCode: web-a
      path: a
      ingress:
        - {host: a, service: a, port: 80, auth: oauth}
-- login/login.yaml --
apiVersion: v1
kind: Service
metadata: {name: oauth2-proxy}
spec:
  selector: {app: oauth2-proxy}
  ports: [{port: 80, targetPort: 4180}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: oauth2-proxy}
spec:
  selector: {matchLabels: {app: oauth2-proxy}}
  template:
    metadata: {labels: {app: oauth2-proxy}}
    spec:
      containers: [{name: proxy, image: registry.example/oauth2-proxy:7.15.0}]
-- a/a.yaml --
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: oauth}
spec: {forwardAuth: {address: "http://oauth2-proxy.sys-login.svc.cluster.local/oauth2/auth"}}
---
apiVersion: v1
kind: Service
metadata: {name: a}
spec:
  selector: {app: a}
  ports: [{port: 80}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec:
      containers: [{name: a, image: registry.example/a:1.2.3}]
`,
	Mend: []string{`  networkPolicies: isolated-job`, `  networkPolicies: {profile: isolated-job, allow: [{from: {namespace: sys-traefik, ports: [4180]}}]}`},
	Find: func(in *lint.Context, add func(lint.Finding)) { refusals(in, in.Intents.Logins(), add) },
}
