package lint

import (
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
)

var policySelectsNothing = Rule{
	Name:     "policy-selects-nothing",
	Severity: Warning,
	Summary:  "no pod of the namespace has the labels in a flow or a policy",
	Doc: `A policy applies to the pods that have its labels. When none has, it silently does nothing: the flow stays
closed, or what was to be denied stays open. Usually the labels are misspelled, or a new version of a chart has others. This is
reported only when all pods of the namespace are known: not when an application comes from elsewhere, or when an operator may create
pods there.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies:
    profile: isolated
    allow:
      - podLabels: {app: worker}
        to: {host: api.example.com, ports: [443]}
  applications:
    - {applicationCode: web-a, path: a}
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
      securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
      resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 16Mi}}
`,
	Mend: []string{`      - podLabels: {app: worker}`, `      - podLabels: {app: a}`},
	Check: func(in *Input, report Report) {
		labelled := func(at catalog.Place, namespace string, labels map[string]string) {
			if pods := in.namespacePods(namespace); pods != nil && len(labels) > 0 && len(pods.with(labels)) == 0 {
				report(at, in.labelHint(pods, labels), "no pod of %s has the labels %s", namespace, labelText(labels))
			}
		}
		for i := range in.Platform.Namespaces {
			n := &in.Platform.Namespaces[i]
			for _, f := range declared(n) {
				labelled(f.Place, n.Name, f.PodLabels)
				if f.Peer.Namespace != "" {
					labelled(f.Place, f.Peer.Namespace, f.Peer.PodLabels)
				}
			}
		}
		for _, p := range in.handWritten() {
			if p.rule == nil || p.namespace == "" {
				continue
			}
			if pods := in.namespacePods(p.namespace); pods != nil && !pods.selects(p.rule.EndpointSelector) {
				report(p.at("endpointSelector"), in.labelHint(pods, selectorOf(p.rule.EndpointSelector).equal), "%s selects no pod of %s", p.title, p.namespace)
			}
		}
	},
}

func labelText(labels map[string]string) string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, key+"="+labels[key])
	}
	return strings.Join(parts, ", ")
}
