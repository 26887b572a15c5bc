package deployed

import (
	"strings"
)

// Loses is what is lost with an object when Argo CD prunes it; empty for what is recreated without harm.
func Loses(o *Object) string {
	switch {
	case o.Kind == "Namespace" && GroupOf(o) == "":
		return "the namespace and everything in it"
	case o.Kind == "PersistentVolumeClaim", o.Kind == "PersistentVolume":
		return "it and its data"
	case o.Kind == "StatefulSet":
		return "it, and its volumes if it says so"
	case o.Kind == "CustomResourceDefinition":
		return "it and every object of its kind"
	case GroupOf(o) == ArgoGroup:
		return "it and what it has deployed"
	case o.Kind == "Secret", o.Kind == "ExternalSecret", o.Kind == "SealedSecret":
		return "it, and the Secret that pods read"
	case IsCustom(o) && !passive[GroupOf(o)]:
		return "it, and what its operator has created for it"
	}
	return ""
}

// HandOver is how to take an object out of what an application deploys. Argo CD prunes what has left the manifests if the object in the
// cluster is tracked as the application's; an annotation of that object keeps it (gitops-engine, pkg/sync/sync_context.go, pruneObject,
// looks at the live object; argo-cd controller/appcontroller.go, shouldBeDeleted). The other application that deploys it then takes it over.
func HandOver(o *Object, from, then string) string {
	what := Loses(o)
	if what == "" {
		return "remove it from " + from
	}
	kind := strings.ToLower(o.Kind)
	if group := GroupOf(o); strings.Contains(group, ".") {
		kind += "." + group
	}
	if o.Namespace != "" {
		kind = "-n " + o.Namespace + " " + kind
	}
	return "in this order: 1. kubectl annotate --overwrite " + kind + " " + o.Name + " argocd.argoproj.io/sync-options=Prune=false,Delete=false; 2. remove it from " +
		from + "; 3. " + then + ". Removed at once, Argo CD may delete " + what
}
