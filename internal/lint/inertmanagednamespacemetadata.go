package lint

import "slices"

var inertManagedNamespaceMetadata = Rule{
	Name:     "inert-managed-namespace-metadata",
	Severity: Warning,
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
	Check: func(in *Input, report Report) {
		for _, o := range in.Kind("Application") {
			metadata, _ := fieldAt(o, "spec", "syncPolicy", "managedNamespaceMetadata").(map[string]any)
			if groupOf(o) == argoGroup && len(metadata) > 0 && !slices.Contains(syncOptionsOf(o), "CreateNamespace=true") {
				report(in.field(o, "spec", "syncPolicy", "managedNamespaceMetadata"), in.labelling(o),
					"%s sets metadata of a namespace that it does not create", o.Title())
			}
		}
	},
}

// syncOptionsOf are the options of an Application that an application deploys.
func syncOptionsOf(o *Object) []string {
	return slices.Collect(texts(fieldAt(o, "spec", "syncPolicy", "syncOptions")))
}

// labelling is what should set the labels of the namespace that an Application deploys into. With CreateNamespace=true, Argo CD would
// replace what roster has rendered with its metadata.
func (in *Input) labelling(o *Object) string {
	if n := in.Entry(stringAt(o, "spec", "destination", "namespace")); n != nil && n.Managed {
		return "remove it, and write labels and annotations in the entry of " + n.Name
	}
	return "add CreateNamespace=true to syncOptions"
}
