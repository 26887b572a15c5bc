package kinds

import (
	"slices"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diff"
)

// fate is what happens to an object that is no longer wanted. Why is a part of a sentence; empty for what is deleted without a question.
type fate struct {
	stays bool // or else it is deleted
	asks  bool // before it is deleted
	why   string
}

// fateOf is what Argo CD does with an object before the change that is not there after it. Facts are from Argo CD 2.14.21 and 3.2.11.
func (d *departures) fateOf(o *diff.Object) fate {
	if o.Application == nil {
		// What the root Application asks for when an entry or an application leaves is said of these.
		if sort := d.ownerOf(o, 0).sort; (sort == partOfEntry || sort == wholePlatform) && annotated(o, argoOptions, "Prune=confirm") {
			return fate{asks: true, why: "Prune=confirm"}
		}
		return fate{}
	}
	after := d.sides[1].apps[o.Application.Code]
	switch {
	case d.namespaceGoes(o.ID.Namespace):
		return fate{}
	case after == nil:
		return d.cascaded(o)
	}
	return d.pruned(o, after)
}

// namespaceGoes reports whether the Namespace of that name is deleted, and so everything in it.
func (d *departures) namespaceGoes(name string) bool {
	before, after := d.sides[0].entries[name], d.sides[1].entries[name]
	return before != nil && before.Managed && after == nil
}

// cascaded is what happens to an object when its Application is deleted (controller/appcontroller.go, finalizeApplicationDeletion and
// shouldBeDeleted).
func (d *departures) cascaded(o *diff.Object) fate {
	code := o.Application.Code
	switch {
	case !o.Application.Finalizer:
		return fate{stays: true, why: "finalizer is false for " + code}
	case isKind(o, "CustomResourceDefinition.apiextensions.k8s.io"):
		return fate{stays: true, why: "Argo CD deletes no CustomResourceDefinition with an Application"}
	case annotated(o, argoOptions, "Delete=false"):
		return fate{stays: true, why: "Delete=false"}
	case annotated(o, helmKeep, "keep"):
		return fate{stays: true, why: "helm.sh/resource-policy is keep"}
	case annotated(o, argoOptions, "Delete=confirm"):
		return fate{asks: true, why: "Delete=confirm"}
	}
	return fate{}
}

// pruned is what happens to an object that its Application no longer has (gitops-engine pkg/sync/sync_context.go, pruneObject; controller/state.go,
// CompareAppState, which leaves out what the project does not permit; controller/appcontroller.go, autoSync).
func (d *departures) pruned(o *diff.Object, a *diff.Application) fate {
	switch {
	case isKind(o, "CustomResourceDefinition.apiextensions.k8s.io") && textAt(o, "metadata", "labels", instanceName) != a.Name:
		return fate{stays: true, why: "Argo CD does not track a CustomResourceDefinition, and so does not prune it"}
	case !permits(a.Entry, o):
		return fate{stays: true, why: "the project of " + a.Entry.Name + " does not permit it, so Argo CD leaves it alone"}
	case annotated(o, argoOptions, "Prune=false"):
		return fate{stays: true, why: "Prune=false"}
	case a.AutoSync == nil:
		return fate{stays: true, why: "until somebody syncs " + a.Code + " and prunes: autoSync is false"}
	case !a.AutoSync.Prune:
		return fate{stays: true, why: "until somebody syncs " + a.Code + " and prunes: autoSync.prune is false"}
	case annotated(o, argoOptions, "Prune=confirm"):
		return fate{asks: true, why: "Prune=confirm"}
	case isKind(o, "CustomResourceDefinition.apiextensions.k8s.io"):
		return fate{asks: false, why: "if it tracks by the label " + instanceName + ", as before 3.0"}
	}
	return fate{}
}

// permits reports whether the project of an entry permits an object.
func permits(n *catalog.Namespace, o *diff.Object) bool {
	if o.ID.Namespace == "" {
		return slices.ContainsFunc(n.Project.ClusterResources, func(r catalog.ClusterResource) bool {
			return (r.Group == "*" || r.Group == o.ID.Group) && (r.Kind == "*" || r.Kind == o.ID.Kind)
		})
	}
	return o.ID.Namespace == n.Name || slices.ContainsFunc(n.Project.Destinations, func(to catalog.Destination) bool {
		return to.Namespace == "*" || to.Namespace == o.ID.Namespace
	})
}

// entryAsks says whether Argo CD asks before it deletes what belongs to an entry. On a cluster with another one's Argo CD, several Applications
// deploy it, and each has a guard (render, guards).
func (d *departures) entryAsks(n *catalog.Namespace) string {
	p := d.Before.Context.Platform
	switch {
	case !n.Guarded:
		return "Argo CD does not ask: all its applications are toggleable"
	case p.Cluster.Remote:
		return "Argo CD asks first: the sync of " + p.RootName() + ", and of each Application that deploys a part of this, waits for a confirmation"
	}
	return "Argo CD asks first: the sync of " + p.RootName() + " waits for a confirmation"
}

// appAsks says whether Argo CD asks before it deletes an Application.
func (d *departures) appAsks(a *diff.Application) string {
	if !a.Guarded {
		return "Argo CD does not ask: it is toggleable"
	}
	return "Argo CD asks first: the sync of " + d.Before.Context.Platform.RootName() + " waits for a confirmation"
}
