package render

import (
	"path"

	"github.com/argoproj/argo-cd/v2/pkg/apis/application"
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Root returns the AppProject and the Application that deploy the list itself, through the sidecar. They are not part of
// what Build returns: an Application that deploys itself could remove itself.
func Root(p *catalog.Platform) []object.Object {
	identify := func(kind kind) (identity, metav1.ObjectMeta) {
		id := identity{Kind: kind, Namespace: p.ArgoCD.Namespace, Name: p.RootName(), Origin: catalog.ApplicationsFile}
		m := id.meta()
		delete(m.Annotations, SyncWave) // no Application applies them
		return id, m
	}
	project, projectMeta := identify(named(application.AppProjectKind))
	app, appMeta := identify(named(application.ApplicationKind))
	appMeta.Annotations[ManifestGeneratePaths] = path.Join("/", p.Repository.Reads)
	return []object.Object{
		project.object(func(t metav1.TypeMeta, _ metav1.ObjectMeta) any {
			return &argoAppProject{TypeMeta: t, ObjectMeta: projectMeta, Spec: rootProject(p)}
		}),
		app.object(func(t metav1.TypeMeta, _ metav1.ObjectMeta) any {
			return &argoApplication{TypeMeta: t, ObjectMeta: appMeta, Spec: rootApplication(p)}
		}),
	}
}

// rootProject permits every namespace: the list decides which there are, not this object, which is applied by
// hand. The kinds are few.
func rootProject(p *catalog.Platform) appProjectSpec {
	spec := appProjectSpec{
		Description:                "What " + catalog.ApplicationsFile + " lists, as roster renders it.",
		SourceRepos:                []string{p.Repository.URL},
		Destinations:               []projectDestination{destination(p, "*")},
		ClusterResourceWhitelist:   permitted(cluster),
		NamespaceResourceWhitelist: permitted(namespaced),
	}
	own := p.ArgoCD.Namespace + ":argocd-application-controller"
	if p.Cluster.Remote {
		spec.Description = "What " + catalog.ApplicationsFile + " lists for the cluster " + p.Cluster.Name + ", as roster renders it."
		spec.Destinations = append([]projectDestination{{Server: p.ArgoCD.Destination, Namespace: p.ArgoCD.Namespace}}, spec.Destinations...)
	}
	if !p.ArgoCD.Impersonation { // where it is on, a project without an account cannot sync
		return spec
	}
	if p.Cluster.Remote { // what argocd cluster add makes
		spec.DestinationServiceAccounts = []destinationServiceAccount{
			{Server: p.ArgoCD.Destination, Namespace: p.ArgoCD.Namespace, DefaultServiceAccount: own}, account(p, "*", "kube-system:argocd-manager")}
	} else {
		spec.DestinationServiceAccounts = []destinationServiceAccount{account(p, "*", own)}
	}
	return spec
}

// rootApplication has no finalizer: when it is deleted, what it has deployed stays.
func rootApplication(p *catalog.Platform) applicationSpec {
	name := ""
	if p.Cluster.Remote {
		name = p.RootName()
	}
	spec := rootSpec(p, sidecar(p.Cluster.Sidecar(p.ArgoCD.Plugin, name)))
	spec.Destination = projectDestination{Server: p.ArgoCD.Destination, Namespace: p.ArgoCD.Namespace}
	return spec
}

// rootSpec is what all Applications have that deploy objects of roster itself, but the destination.
func rootSpec(p *catalog.Platform, plugin *argocd.Plugin) applicationSpec {
	spec := applicationSpec{
		Project: p.RootName(),
		Source: &applicationSource{RepoURL: p.Repository.URL, TargetRevision: p.Repository.Revision, Path: p.Repository.Folder,
			Plugin: plugin},
		SyncPolicy: &syncPolicy{
			Automated:   &automatedSync{Prune: true, SelfHeal: true, AllowEmpty: new(bool)},
			SyncOptions: []string{"ServerSideApply=true"},
			// While Argo CD retries, it stays with the commit with which it began. So it must give up before long, and look at the commit that fixes
			// the problem: this is a quarter of an hour.
			Retry: &syncRetry{Limit: 10, Backoff: retryBackoff{Duration: "5s", Factor: 2, MaxDuration: "3m"}},
		},
		IgnoreDifferences: ignoredDefaults(p),
	}
	if p.ArgoCD.Shared { // two lists must not take turns with one object
		spec.SyncPolicy.SyncOptions = append(spec.SyncPolicy.SyncOptions, "FailOnSharedResource=true")
	}
	return spec
}
