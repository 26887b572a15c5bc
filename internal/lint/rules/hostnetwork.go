package rules

import (
	"slices"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/policies"
)

var hostNetworkBehindPolicy = lint.Rule{
	Name:     "host-network-behind-policy",
	Severity: lint.Warning,
	Summary:  "a pod on the node's network in a namespace with policies, which do not reach it",
	Doc: `A pod with hostNetwork has the identity of the node, and policies of namespaces select pods only
(Cilium's documentation, "Host Policies"): the entry promises a protection that this pod does not have. Remove
hostNetwork; or write a CiliumClusterwideNetworkPolicy with nodeSelector for the node, with Cilium's host firewall turned on;
or say in a waiver why it is fine.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  podSecurity: {enforce: privileged, audit: privileged, warn: privileged}
  networkPolicies: isolated
  applications:
    - {applicationCode: web-a, path: a}
-- a/pod.yaml --
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  hostNetwork: true
  automountServiceAccountToken: false
  securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: a
      image: registry.example/a:1.2.3
      securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
      resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 16Mi}}
`,
	Good: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications:
    - {applicationCode: web-a, path: a}
-- a/pod.yaml --
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  automountServiceAccountToken: false
  securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: a
      image: registry.example/a:1.2.3
      securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
      resources: {requests: {cpu: 10m, memory: 16Mi}, limits: {memory: 16Mi}}
`,
	Check: func(in *lint.Context, report lint.Report) {
		if !in.Deployed.AllOf("cilium.io", "CiliumClusterwideNetworkPolicy") || slices.ContainsFunc(in.Policies.HandWritten(), func(p *policies.Policy) bool { return p.Rule != nil && p.Rule.NodeSelector.LabelSelector != nil }) {
			return // a policy may already cover the nodes
		}
		for _, p := range in.Deployed.Pods() {
			if n := in.Deployed.Entry(p.Object.Namespace); p.Spec.HostNetwork && n != nil && n.Policies != nil {
				report(in.Places.Field(p.Object, append(slices.Clone(p.At), "spec", "hostNetwork")...),
					"say why in a waiver; or remove hostNetwork, if it works without; a CiliumClusterwideNetworkPolicy with nodeSelector closes the whole node: allow the kubelet and SSH first",
					"%s is on the node's network: the policies of %s do not reach it", p.Title(), n.Name)
			}
		}
	},
}
