// Package render turns a resolved platform into the Kubernetes objects that its namespaces need. One file holds one kind.
//
// It cannot fail: what could be wrong with the input has been found before. It reads nothing but the platform.
package render

import (
	"strconv"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// kinds are what is rendered for each namespace. To add a kind, add its file, and its function here.
var kinds = [...]func(*catalog.Platform, *catalog.Namespace) []object.Object{
	namespace,
	serviceAccounts,
	roleBindings,
	networkPolicies,
	appProject,
	applications,
	externalSecrets,
	ingressRoutes,
}

// Build returns the objects of the platform in the order in which they are printed.
func Build(p *catalog.Platform) []object.Object {
	out := make([]object.Object, 0, 12*len(p.Namespaces))
	out = append(out, secretStore(p)...)
	for i := range p.Namespaces {
		out = append(out, For(p, &p.Namespaces[i])...)
	}
	object.Sort(out)
	return out
}

// For returns the objects of one namespace of p, kind by kind.
func For(p *catalog.Platform, n *catalog.Namespace) []object.Object {
	var out []object.Object
	for _, kind := range kinds {
		out = append(out, kind(p, n)...)
	}
	return out
}

// Names of labels and annotations.
const (
	managedBy         = "app.kubernetes.io/managed-by"
	originAnnotation  = "roster.hippotion.github.io/origin"
	syncWave          = "argocd.argoproj.io/sync-wave"
	syncOptions       = "argocd.argoproj.io/sync-options"
	confirm           = "Prune=confirm,Delete=confirm"
	skipMissingDryRun = "SkipDryRunOnMissingResource=true"
)

// meta is the metadata that every object has.
func meta(namespace, name string, origin catalog.Origin, sync catalog.Sync) metav1.ObjectMeta {
	m := metav1.ObjectMeta{
		Namespace: namespace,
		Name:      name,
		Labels:    map[string]string{managedBy: "roster"},
		Annotations: map[string]string{
			originAnnotation: string(origin),
			syncWave:         strconv.Itoa(int(sync.Wave)),
		},
	}
	if sync.LateKind {
		// Argo CD tries all waves in a dry run first, when the kind is not there yet (docs/user-guide/sync-options.md).
		m.Annotations[syncOptions] = skipMissingDryRun
	}
	return m
}

// wrap gives a built object its place in the order.
func wrap(t metav1.TypeMeta, m *metav1.ObjectMeta, sync catalog.Sync, value any) object.Object {
	return object.Object{APIVersion: t.APIVersion, Kind: t.Kind, Namespace: m.Namespace, Name: m.Name, Wave: int(sync.Wave), Value: value}
}

var guards = catalog.Sync{Wave: catalog.GuardWave}
