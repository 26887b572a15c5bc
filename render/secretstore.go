package render

import (
	"maps"
	"slices"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// secretStoreObject is a ClusterSecretStore, or a SecretStore.
type secretStoreObject struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              secretStoreSpec `json:"spec"`
}

// secretStoreSpec has the provider's block as the catalog has read it: there are too many providers for a type each, and any that the CRD
// has may stand there as it is.
type secretStoreSpec struct {
	Conditions []storeCondition          `json:"conditions,omitempty"`
	Provider   map[string]map[string]any `json:"provider"`
}

type storeCondition struct {
	Namespaces        []string              `json:"namespaces,omitempty"`
	NamespaceRegexes  []string              `json:"namespaceRegexes,omitempty"`
	NamespaceSelector *metav1.LabelSelector `json:"namespaceSelector,omitempty"`
}

// clusterSecretStores are the platform's stores, if it renders any.
func clusterSecretStores(k kind, p *catalog.Platform) []object.Object {
	return storeObjects(k, p.Stores)
}

// secretStores are those of one namespace.
func secretStores(k kind, _ *catalog.Platform, n *catalog.Namespace) []object.Object {
	return storeObjects(k, n.Stores)
}

func storeObjects(k kind, stores []catalog.Store) []object.Object {
	var out []object.Object
	for i := range stores {
		s := &stores[i]
		id := identity{Kind: k, Namespace: s.Namespace, Name: s.Name, Origin: s.Origin, Sync: s.Sync}
		out = append(out, id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
			return &secretStoreObject{TypeMeta: t, ObjectMeta: m, Spec: secretStoreSpec{
				Conditions: storeConditions(s.Conditions), Provider: map[string]map[string]any{s.Provider: s.Block}}}
		}))
	}
	return out
}

func storeConditions(in []catalog.StoreCondition) []storeCondition {
	var out []storeCondition
	for _, c := range in {
		one := storeCondition{Namespaces: c.Namespaces, NamespaceRegexes: c.Regexes}
		if len(c.Labels) > 0 {
			one.NamespaceSelector = &metav1.LabelSelector{MatchLabels: c.Labels}
		}
		out = append(out, one)
	}
	return out
}

// unsettledStores are the fields of stores to which some releases of External Secrets give a default, and which others do not have, by
// provider: azurekv since 0.20.0, gcpsm since 0.20.2, aws since 2.6.
func unsettledStores(p *catalog.Platform) []ignoreDifferences {
	fields := map[string]string{"aws": "sessionTagsPolicy", "azurekv": "useAzureSDK", "gcpsm": "secretVersionSelectionPolicy"}
	found := map[string]map[string]bool{} // by kind: paths
	for _, s := range p.AllStores() {
		if field := fields[s.Provider]; field != "" && s.Block[field] == nil {
			if found[s.Kind] == nil {
				found[s.Kind] = map[string]bool{}
			}
			found[s.Kind][".spec.provider."+s.Provider+"."+field] = true
		}
	}
	var out []ignoreDifferences
	for _, kind := range slices.Sorted(maps.Keys(found)) {
		out = append(out, ignoreDifferences{Group: "external-secrets.io", Kind: kind, JQPathExpressions: slices.Sorted(maps.Keys(found[kind]))})
	}
	return out
}
