package rules

import (
	"slices"
	"strconv"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/network"
	"github.com/hippotion/roster/internal/lint/models/pods"
	"github.com/hippotion/roster/internal/lint/models/policies"
)

var policySelectsNothing = lint.Rule{
	Name:     "policy-selects-nothing",
	Severity: lint.Warning,
	Summary:  "no pod of the namespace has the labels in a flow or a policy",
	Doc: `A policy applies to the pods that have its labels, and permits those that have the labels of its peers. When none has, it silently does
nothing: the flow stays closed, or what was to be denied stays open. Usually the labels are misspelled, or a new version of a chart has others. This is
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
	Check: func(in *lint.Context, report lint.Report) {
		labelled := func(at catalog.Place, namespace string, labels map[string]string) {
			if all := in.Pods.In(namespace); all != nil && len(labels) > 0 && len(all.With(labels)) == 0 {
				report(at, in.Pods.LabelHint(all, labels), "no pod of %s has the labels %s", namespace, pods.LabelText(labels))
			}
		}
		for i := range in.Platform.Namespaces {
			n := &in.Platform.Namespaces[i]
			for _, f := range policies.Declared(n) {
				labelled(f.Place, n.Name, f.PodLabels)
				if f.Peer.Namespace != "" && f.Peer.Cluster == "" {
					labelled(f.Place, f.Peer.Namespace, f.Peer.PodLabels)
				}
			}
		}
		for _, p := range in.Policies.HandWritten() {
			if p.Rule == nil {
				continue
			}
			subject := pods.SelectorOf(p.Rule.EndpointSelector)
			if all := in.Pods.In(p.Namespace); all != nil && p.Namespace != "" && !all.Selects(subject) {
				report(p.At("endpointSelector"), in.Pods.LabelHint(all, subject.Equal), "%s selects no pod of %s", p.Title, p.Namespace)
			}
			for _, h := range append(p.Halves(catalog.Ingress), p.Halves(catalog.Egress)...) {
				for i, peer := range h.Pods {
					namespace := network.NamespaceOf(peer)
					if all := in.Pods.In(namespace); all != nil && !all.Selects(peer) && in.Network.Here(peer) {
						report(p.At(append(slices.Clone(h.Field), strconv.Itoa(i))...), in.Pods.LabelHint(all, peer.Equal), "%s names %s, and there are none", p.Title, peer.TextIn(namespace))
					}
				}
			}
		}
	},
}
