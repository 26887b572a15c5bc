package rules

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

var secondNetworkBehindPolicy = lint.Rule{
	Name:     "second-network-behind-policy",
	Severity: lint.Warning,
	Summary:  "a pod with a second network, which the policies of its namespace do not see",
	Doc: `Multus gives a pod with the annotation ` + "`k8s.v1.cni.cncf.io/networks`" + ` another interface, from another plugin than Cilium. Traffic
on it passes no policy, in either direction: a namespace that denies everything is open there, and the pod can be a way around the
policies of others. Remove the annotation; use a LoadBalancer address or hostPort instead; or filter where the second
network ends, and say so in a waiver.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/app.yaml --
` + strings.Replace(hardened(""), "    metadata: {labels: {app: app}}\n",
		"    metadata:\n      labels: {app: app}\n      annotations: {k8s.v1.cni.cncf.io/networks: lan}\n", 1),
	Mend: []string{"      annotations: {k8s.v1.cni.cncf.io/networks: lan}\n", ""},
	Check: func(in *lint.Context, report lint.Report) {
		guarded := map[string]bool{}
		for _, o := range in.Deployed.Kind("CiliumNetworkPolicy", "NetworkPolicy") {
			guarded[o.Namespace] = true
		}
		ofCilium := map[string]bool{}
		for _, o := range in.Deployed.Kind("NetworkAttachmentDefinition") {
			if strings.Contains(deployed.StringAt(o, "spec", "config"), `"cilium-cni"`) {
				ofCilium[o.Namespace+"/"+o.Name] = true
			}
		}
		for _, p := range in.Deployed.Pods() {
			n := in.Deployed.Entry(p.Object.Namespace)
			if !guarded[p.Object.Namespace] && (n == nil || n.Policies == nil) {
				continue
			}
			for _, key := range networkAnnotations {
				value := strings.TrimSpace(p.Annotations[key])
				if value == "" || value == "[]" || onlyIn(value, p.Object.Namespace, ofCilium) {
					continue
				}
				report(in.Places.Near(p.Object, key, slices.Concat(p.At, []string{"metadata", "annotations", key})...), "remove it, or say in a waiver what filters there",
					"%s is also on the network %s: the policies of %s do not see it", p.Title(), short(value), p.Object.Namespace)
			}
		}
	},
}

// networkAnnotations are those in which Multus reads networks of a pod: more of them, and one in place of Cilium's.
var networkAnnotations = []string{"k8s.v1.cni.cncf.io/networks", "v1.multus-cni.io/default-network"}

// onlyIn reports whether a list of networks, each NAME or NAMESPACE/NAME with @INTERFACE after it, has only known ones.
func onlyIn(list, namespace string, some map[string]bool) bool {
	for name := range strings.SplitSeq(list, ",") {
		name, _, _ = strings.Cut(strings.TrimSpace(name), "@")
		if !strings.Contains(name, "/") {
			name = namespace + "/" + name
		}
		if !some[name] {
			return false
		}
	}
	return true
}

// short is a text that fits into a message.
func short(text string) string {
	const most = 80
	return diag.Beginning(strings.Join(strings.Fields(text), " "), most)
}
