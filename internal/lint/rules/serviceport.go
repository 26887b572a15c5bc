package rules

import (
	"strconv"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/policies"
)

var servicePortInPolicy = lint.Rule{
	Name:     "service-port-in-policy",
	Severity: lint.Error,
	Summary:  "a flow has the port of a Service, where Cilium looks at the port of the pod",
	Doc: `Cilium decides after the Service's address and port have been replaced by those of a pod. With ` + "`port: 80, targetPort: 8080`" + `
a flow on port 80 matches nothing. Write the pod's port, or the name of the container's port. This is reported only when all pods
of the other end are known.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications:
    - {applicationCode: web-a, path: a}
- namespace: web-b
  networkPolicies:
    profile: isolated
    allow:
      - to: {namespace: web-a, ports: [80]}
  applications:
    - {applicationCode: web-b, repoURL: 'https://git.example/b.git', path: deploy}
-- a/pod.yaml --
apiVersion: v1
kind: Pod
metadata: {name: a, labels: {app: a}}
spec:
  automountServiceAccountToken: false
  securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: a
      image: registry.example/a:1.2.3
      ports: [{name: http, containerPort: 8080}]
      securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
      resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 16Mi}}
-- a/service.yaml --
apiVersion: v1
kind: Service
metadata: {name: a}
spec:
  selector: {app: a}
  ports: [{name: http, port: 80, targetPort: http}]
`,
	Mend: []string{`      - to: {namespace: web-a, ports: [80]}`, `      - to: {namespace: web-a, ports: [8080]}`},
	Check: func(in *lint.Context, report lint.Report) {
		for i := range in.Platform.Namespaces {
			n := &in.Platform.Namespaces[i]
			for _, f := range policies.Declared(n) {
				receiver, labels := f.Peer.Namespace, f.Peer.PodLabels
				if f.Direction == catalog.Ingress {
					receiver, labels = n.Name, f.PodLabels
				}
				pods := in.Pods.In(receiver)
				if pods == nil || f.Direction == catalog.Egress && f.Peer.Cluster != "" { // the other cluster sees its half
					continue
				}
				ports := in.Pods.PortsIn(pods, receiver, labels)
				for _, port := range f.Ports {
					number, err := strconv.Atoi(port.Name)
					if err != nil || port.End != 0 {
						continue
					}
					if s, ok := ports.Behind(number); ok {
						report(f.Place, "write "+strconv.Itoa(s.Target), "port %d is that of the Service %s in %s, not of its pods", number, s.Service, receiver)
					}
				}
			}
		}
	},
}
