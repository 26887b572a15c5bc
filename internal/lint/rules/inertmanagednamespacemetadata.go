package rules

import (
	"slices"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

var inertManagedNamespaceMetadata = lint.Rule{
	Name:     "inert-managed-namespace-metadata",
	Severity: lint.Warning,
	Summary:  "managedNamespaceMetadata of an Application has no effect without CreateNamespace=true",
	Doc: `Argo CD labels a namespace only when it creates it itself (argo-cd, docs/user-guide/sync-options.md): without the option, the labels,
such as those of Pod Security, are never set, silently. Add ` + "`CreateNamespace=true`" + `; or better, make the namespace an entry of the list,
with ` + "`labels`" + ` and ` + "`podSecurity`" + `.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: argocd
  networkPolicies: isolated
  applications: [{applicationCode: wiki-application, path: a}]
-- a/application.yaml --
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: wiki}
spec:
  project: argocd
  source: {repoURL: 'https://git.example/wiki.git', path: deploy}
  destination: {server: 'https://kubernetes.default.svc', namespace: web-wiki}
  syncPolicy:
    managedNamespaceMetadata: {labels: {pod-security.kubernetes.io/enforce: restricted}}
`,
	Mend: []string{`    managedNamespaceMetadata: {labels: {pod-security.kubernetes.io/enforce: restricted}}`, `    managedNamespaceMetadata: {labels: {pod-security.kubernetes.io/enforce: restricted}}
    syncOptions: [CreateNamespace=true]`},
	Check: func(in *lint.Context, report lint.Report) {
		for _, o := range in.Deployed.Kind("Application") {
			metadata, _ := deployed.FieldAt(o, "spec", "syncPolicy", "managedNamespaceMetadata").(map[string]any)
			if deployed.GroupOf(o) == deployed.ArgoGroup && len(metadata) > 0 && !slices.Contains(syncOptionsOf(o), "CreateNamespace=true") {
				report(in.Places.Field(o, "spec", "syncPolicy", "managedNamespaceMetadata"), labelling(in, o),
					"%s sets metadata of a namespace that it does not create", o.Title())
			}
		}
	},
}

// syncOptionsOf are the options of an Application that an application deploys.
func syncOptionsOf(o *deployed.Object) []string {
	return slices.Collect(deployed.Texts(deployed.FieldAt(o, "spec", "syncPolicy", "syncOptions")))
}

// labelling is what should set the labels of the namespace that an Application deploys into. With CreateNamespace=true, Argo CD would
// replace what roster has rendered with its metadata.
func labelling(in *lint.Context, o *deployed.Object) string {
	if n := in.Deployed.Entry(deployed.StringAt(o, "spec", "destination", "namespace")); n != nil && n.Managed {
		return "remove it, and write labels and annotations in the entry of " + n.Name
	}
	return "add CreateNamespace=true to syncOptions"
}
