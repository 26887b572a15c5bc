package rules

import (
	"slices"
	"strconv"

	"github.com/hippotion/roster/internal/lint"
)

var missingProbes = lint.Rule{
	Name:     "missing-probes",
	Severity: lint.Warning,
	Strict:   true,
	Summary:  "a container with ports has no probe",
	Doc: `Kubernetes treats a container without probes as ready as soon as its process runs, and sends it requests while it is
still starting; when it hangs, nothing restarts it. Add a ` + "`readinessProbe`" + `, and a ` + "`livenessProbe`" + ` if a restart helps.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  podSecurity: restricted
  applications: [{applicationCode: web-a, path: a}]
-- a/app.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec:
      automountServiceAccountToken: false
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: app
          image: registry.example/app:1.2.3
          ports: [{name: http, containerPort: 8080}]
          resources: {requests: {cpu: 10m, memory: 32Mi}, limits: {memory: 64Mi}}
          securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
`,
	Mend: []string{`          ports: [{name: http, containerPort: 8080}]`, `          ports: [{name: http, containerPort: 8080}]
          readinessProbe: {httpGet: {path: /, port: http}}`},
	Check: func(in *lint.Context, report lint.Report) {
		for _, p := range in.Deployed.Pods() {
			if !slices.Contains([]string{"DaemonSet", "Deployment", "StatefulSet"}, p.Kind) {
				continue // a job runs once, and reports when it is done
			}
			for i, c := range p.Spec.Containers {
				if len(c.Ports) > 0 && c.ReadinessProbe == nil && c.LivenessProbe == nil && c.StartupProbe == nil {
					report(in.Places.Field(p.Object, slices.Concat(p.At, []string{"spec", "containers", strconv.Itoa(i)})...), "add a readinessProbe",
						"the container %s of %s has ports, and no probe", c.Name, p.Title())
				}
			}
		}
	},
}
