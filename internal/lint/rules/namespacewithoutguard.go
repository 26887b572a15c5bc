package rules

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

var namespaceWithoutGuard = lint.Rule{
	Name:     "namespace-without-guard",
	Severity: lint.Error,
	Summary:  "an application deploys a namespace that roster does not render: Argo CD deletes it without asking",
	Doc: `With ` + "`clusterResources: [Namespace]`" + `, an application may deploy any namespace, also that of Argo CD and those that Kubernetes creates.
roster renders namespaces with ` + "`Prune=confirm,Delete=confirm`" + `, and network policies into them; this one has neither. When the Namespace
disappears from the application's source, or when the application is removed, Argo CD deletes the namespace and everything in it; in its own
namespace, that is Argo CD itself. Write an entry for the namespace. If the application only sets labels on a namespace of Kubernetes or of
Argo CD, or if you do not want an entry, annotate the Namespace there with
` + "`argocd.argoproj.io/sync-options: Prune=false,Delete=false`" + `. A namespace that an entry with ` + "`manageNamespace: false`" + ` names is reported by
guards-before-namespace.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  clusterResources: [Namespace]
  applications: [{applicationCode: web-a, path: a}]
-- a/namespace.yaml --
apiVersion: v1
kind: Namespace
metadata:
  name: web-a-jobs
`,
	Mend: []string{`  name: web-a-jobs
`, `  name: web-a-jobs
  annotations: {argocd.argoproj.io/sync-options: 'Prune=false,Delete=false'}
`},
	Check: func(in *lint.Context, report lint.Report) {
		const keep = "annotate it with argocd.argoproj.io/sync-options: Prune=false,Delete=false, and sync"
		namespaces := catalog.ClusterResource{Kind: "Namespace"}
		for _, o := range in.Deployed.Kind("Namespace") {
			if deployed.GroupOf(o) != "" || keeps(o) || in.Deployed.Rosters(deployed.IDOf(o)) || !in.Deployed.Permits(o.Entry)[namespaces] {
				continue // other rules report the last two
			}
			whose, hint := "", keep+"; if the application need not deploy it, remove it then"
			switch {
			case o.Name == in.Platform.ArgoCD.Namespace:
				whose = ", in which Argo CD runs"
			case catalog.MadeByKubernetes(o.Name):
				whose = ", which Kubernetes creates"
			case in.Deployed.Entry(o.Name) != nil:
				continue // guards-before-namespace
			default:
				whose, hint = ", for which there is no entry", keep+"; then write an entry for it, and remove it there"
			}
			report(in.Places.Field(o, "metadata", "name"), hint, "%s deploys %s%s: Argo CD deletes it with everything in it, without confirmation, when it leaves the application",
				o.Application.Code, o.Title(), whose)
		}
	},
}
