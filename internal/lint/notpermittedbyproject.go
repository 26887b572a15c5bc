package lint

import (
	"strings"

	"github.com/hippotion/roster/catalog"
)

var notPermittedByProject = Rule{
	Name:     "not-permitted-by-project",
	Severity: Error,
	Summary:  "an application deploys something that its project does not permit",
	Doc: `Each entry has an AppProject that permits its one namespace, and no cluster-scoped kind but those under ` + "`clusterResources`" + `.
Argo CD refuses to sync an application with anything else in it: "is not permitted in project". Add the kind to the entry, or move the
object into an entry of its own namespace. Cluster-scoped are Kubernetes' own kinds, those of CRDs that the list deploys, and some that
are well known.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/class.yaml --
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: background}
value: -10
`,
	Mend: []string{`  networkPolicies: isolated`, `  networkPolicies: isolated
  clusterResources: [scheduling.k8s.io/PriorityClass]`},
	Check: func(in *Input, report Report) {
		cluster := in.clusterScoped()
		for _, o := range in.Workloads {
			kind := strings.TrimPrefix(groupOf(o)+"/"+o.Kind, "/")
			switch {
			case in.rosters(nameOf(o)): // duplicate-object says what to do
			case o.Namespace == "" || cluster[kind]:
				if !in.permits(o.Entry)[catalog.ClusterResource{Group: groupOf(o), Kind: o.Kind}] {
					hint := "add it to the entry: clusterResources: [" + kind + "]"
					if kind == "Namespace" && in.Entry(o.Name) == nil {
						hint = "write an entry for the namespace " + o.Name + ", which roster renders, with what belongs in it"
					}
					report(in.field(o, "kind"), hint,
						"%s is cluster-scoped, and the project of %s does not permit %s", o.Title(), o.Entry.Name, kind)
				}
			case o.Namespace != o.Entry.Name:
				report(in.field(o, "metadata", "namespace"), "move it to the entry of "+o.Namespace,
					"%s belongs to the namespace %s, and the project of %s permits %s only", o.Title(), o.Namespace, o.Entry.Name, o.Entry.Name)
			}
		}
	},
}

// wellKnown are cluster-scoped kinds whose CRDs mostly come from elsewhere.
const wellKnown = `cert-manager.io/ClusterIssuer cilium.io/CiliumBGPClusterConfig cilium.io/CiliumClusterwideNetworkPolicy
	cilium.io/CiliumL2AnnouncementPolicy cilium.io/CiliumLoadBalancerIPPool external-secrets.io/ClusterExternalSecret
	external-secrets.io/ClusterSecretStore gateway.networking.k8s.io/GatewayClass kyverno.io/ClusterPolicy policies.kyverno.io/GeneratingPolicy
	policies.kyverno.io/ImageValidatingPolicy policies.kyverno.io/MutatingPolicy policies.kyverno.io/ValidatingPolicy
	snapshot.storage.k8s.io/VolumeSnapshotClass`

// clusterScoped are the custom kinds that have no namespace, as GROUP/KIND.
func (in *Input) clusterScoped() map[string]bool {
	out := map[string]bool{}
	for _, kind := range strings.Fields(wellKnown) {
		out[kind] = true
	}
	for _, o := range in.Kind("CustomResourceDefinition") {
		kind := stringAt(o, "spec", "group") + "/" + stringAt(o, "spec", "names", "kind")
		out[kind] = stringAt(o, "spec", "scope") == "Cluster"
	}
	return out
}

// permits are the cluster-scoped kinds that the project of an entry permits.
func (in *Input) permits(n *catalog.Namespace) map[catalog.ClusterResource]bool {
	if out := in.permitted[n]; out != nil {
		return out
	}
	out := map[catalog.ClusterResource]bool{}
	for _, r := range n.Project.ClusterResources {
		out[r] = true
	}
	if in.permitted == nil {
		in.permitted = map[*catalog.Namespace]map[catalog.ClusterResource]bool{}
	}
	in.permitted[n] = out
	return out
}
