package rules

import (
	"path"
	"strings"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

var projectReachesArgoCD = lint.Rule{
	Name:     "project-reaches-argocd",
	Severity: lint.Error,
	Summary:  "an application deploys an Application or AppProject that reaches into Argo CD's namespace",
	Doc: `Anyone who may deploy into Argo CD's namespace may create Applications of every project there, and so do what Argo CD may do: anything.
The list gives each entry a project with one namespace; an AppProject that an application deploys with the destination ` + "`*`" + `, or with all
repositories and all cluster-scoped kinds, undoes that. So does an Application that deploys there. Name namespaces, repositories and
kinds; or deploy it with the entry of Argo CD's own namespace.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/project.yaml --
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: shops}
spec:
  sourceRepos: ['https://git.example/shops/*']
  destinations: [{server: 'https://kubernetes.default.svc', namespace: '*'}]
`,
	Mend: []string{`  destinations: [{server: 'https://kubernetes.default.svc', namespace: '*'}]`, `  destinations: [{server: 'https://kubernetes.default.svc', namespace: 'shop-*'}]`},
	Check: func(in *lint.Context, report lint.Report) {
		argocd := in.Platform.ArgoCD.Namespace
		for _, o := range in.Deployed.Kind("Application", "AppProject") {
			if deployed.GroupOf(o) != deployed.ArgoGroup || o.Entry.Name == argocd {
				continue
			}
			switch {
			case o.Kind == "Application":
				if deployed.StringAt(o, "spec", "destination", "namespace") == argocd && !otherCluster(deployed.StringAt(o, "spec", "destination", "server")) {
					report(in.Places.Field(o, "spec", "destination", "namespace"), deployed.HandOver(o, "the application", "deploy it with an entry of "+argocd), "%s deploys into %s, the namespace of Argo CD",
						o.Title(), argocd)
				}
			case reaches(o, argocd):
				report(in.Places.Field(o, "spec", "destinations"), "name the namespaces", "%s permits deploying into %s, the namespace of Argo CD", o.Title(), argocd)
			case everything(o):
				report(in.Places.Field(o, "spec", "clusterResourceWhitelist"), "name the kinds, or the repositories",
					"%s permits every cluster-scoped kind from every repository", o.Title())
			}
		}
	},
}

// reaches reports whether a project permits a namespace; what follows a ! is denied, whatever else matches.
func reaches(o *deployed.Object, namespace string) bool {
	permits := false
	destinations, _ := deployed.FieldAt(o, "spec", "destinations").([]any)
	for _, d := range destinations {
		m, _ := d.(map[string]any)
		pattern, _ := m["namespace"].(string)
		if denied, ok := strings.CutPrefix(pattern, "!"); ok && globs(denied, namespace) {
			return false
		}
		server, _ := m["server"].(string)
		permits = permits || globs(pattern, namespace) && !otherCluster(server)
	}
	return permits
}

// otherCluster reports whether the server of a destination, which may have wildcards, is not the cluster that Argo CD runs in.
func otherCluster(server string) bool {
	return server != "" && server != "*" && !globs(server, "https://kubernetes.default.svc")
}

// everything reports whether a project permits all repositories, and all cluster-scoped kinds.
func everything(o *deployed.Object) bool {
	repositories, kinds := false, false
	list, _ := deployed.FieldAt(o, "spec", "sourceRepos").([]any)
	for _, r := range list {
		repositories = repositories || r == "*"
	}
	list, _ = deployed.FieldAt(o, "spec", "clusterResourceWhitelist").([]any)
	for _, k := range list {
		m, _ := k.(map[string]any)
		kinds = kinds || m["group"] == "*" && m["kind"] == "*"
	}
	return repositories && kinds
}

// globs reports whether a pattern of Argo CD matches a text.
func globs(pattern, text string) bool {
	ok, err := path.Match(pattern, text)
	return ok && err == nil
}
