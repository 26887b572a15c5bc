package lint

import "slices"

var hostNetworkBehindPolicy = Rule{
	Name:     "host-network-behind-policy",
	Severity: Warning,
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
	Check: func(in *Input, report Report) {
		if !in.allOf("cilium.io", "CiliumClusterwideNetworkPolicy") || slices.ContainsFunc(in.handWritten(), func(p *policy) bool { return p.rule != nil && p.rule.NodeSelector.LabelSelector != nil }) {
			return // a policy may already cover the nodes
		}
		for _, p := range in.Pods() {
			if n := in.Entry(p.Object.Namespace); p.Spec.HostNetwork && n != nil && n.Policies != nil {
				report(in.field(p.Object, append(slices.Clone(p.At), "spec", "hostNetwork")...),
					"say why in a waiver; or remove hostNetwork, if it works without; a CiliumClusterwideNetworkPolicy with nodeSelector closes the whole node: allow the kubelet and SSH first",
					"%s is on the node's network: the policies of %s do not reach it", p.Title(), n.Name)
			}
		}
	},
}
