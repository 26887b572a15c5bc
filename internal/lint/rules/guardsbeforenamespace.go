package rules

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

var guardsBeforeNamespace = lint.Rule{
	Name:     "guards-before-namespace",
	Severity: lint.Error,
	Summary:  "an application deploys the namespace of an entry with manageNamespace: false, after what roster renders into it",
	Doc: `The accounts, roles and network policies of an entry are in wave -1, before all applications, so that nothing runs without them. With
` + "`manageNamespace: false`" + `, roster assumes that the namespace exists. If an application of the list deploys it, it is missing on an empty
cluster: Argo CD cannot apply the guards, never gets to the wave of the application, and nothing is deployed. Nobody notices until the
cluster has to be rebuilt. Let roster render the namespace, which is the default.

On a running cluster, take care: the application would delete the namespace, with everything in it, when the Namespace disappears from its
source. First give the Namespace there the annotation ` + "`argocd.argoproj.io/sync-options: Prune=false`" + `, and sync. Then remove it there, and
` + "`manageNamespace: false`" + ` from the entry, in one commit. A namespace that is created by hand, before Argo CD, is not
reported, nor is that of Argo CD itself.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  manageNamespace: false
  networkPolicies: isolated
  clusterResources: [Namespace]
  applications: [{applicationCode: web-a, path: a}]
-- a/namespace.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: web-a}
`,
	Mend: []string{`
  manageNamespace: false
`, `
`, `kind: Namespace
metadata: {name: web-a}`, `kind: ConfigMap
metadata: {name: config}
data: {colour: blue}`},
	Check: func(in *lint.Context, report lint.Report) {
		brought := map[string]*deployed.Object{}
		for _, o := range in.Deployed.Kind("Namespace") {
			if deployed.GroupOf(o) == "" && brought[o.Name] == nil {
				brought[o.Name] = o
			}
		}
		for i := range in.Platform.Namespaces {
			n := &in.Platform.Namespaces[i]
			o := brought[n.Name]
			if o == nil || n.Managed || catalog.MadeByKubernetes(n.Name) || n.Name == in.Platform.ArgoCD.Namespace {
				continue
			}
			report(n.Place, "give the Namespace in "+o.Application.Code+" the annotation argocd.argoproj.io/sync-options: Prune=false, and sync; "+
				"then remove it there, and manageNamespace: false here",
				"%s deploys the namespace %s in wave %d, and what roster renders into it is in wave %d: on an empty cluster, nothing can be applied",
				o.Application.Code, n.Name, o.Application.Wave, catalog.GuardWave)
		}
	},
}
