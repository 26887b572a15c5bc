package render

import (
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
				Conditions: storeConditions(s.Conditions), Provider: map[string]map[string]any{s.Provider: filled(s.Provider, s.Block)}}}
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
