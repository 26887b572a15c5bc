package render

import (
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type clusterSecretStore struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              secretStoreSpec `json:"spec"`
}

type secretStoreSpec struct {
	Provider secretStoreProvider `json:"provider"`
}

type secretStoreProvider struct {
	Vault vaultProvider `json:"vault"`
}

type vaultProvider struct {
	Server  string    `json:"server"`
	Path    string    `json:"path"`
	Version string    `json:"version"`
	Auth    vaultAuth `json:"auth"`
}

type vaultAuth struct {
	Kubernetes vaultKubernetesAuth `json:"kubernetes"`
}

type vaultKubernetesAuth struct {
	MountPath         string            `json:"mountPath"`
	Role              string            `json:"role"`
	ServiceAccountRef serviceAccountRef `json:"serviceAccountRef"`
}

// serviceAccountRef names its namespace: without it, the account would be looked up in each consumer's own namespace.
type serviceAccountRef struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
}

// secretStore is the platform's ClusterSecretStore for Vault, if it has one.
func secretStore(k kind, p *catalog.Platform) []object.Object {
	s := p.Store
	if s == nil {
		return nil
	}
	id := identity{Kind: k, Name: s.Name, Origin: s.Origin, Sync: s.Sync}
	return []object.Object{id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
		return &clusterSecretStore{TypeMeta: t, ObjectMeta: m, Spec: secretStoreSpec{Provider: secretStoreProvider{Vault: vaultProvider{
			Server: s.Server, Path: s.Path, Version: "v2",
			Auth: vaultAuth{Kubernetes: vaultKubernetesAuth{MountPath: s.MountPath, Role: s.Role,
				ServiceAccountRef: serviceAccountRef{Name: s.ServiceAccount, Namespace: s.ServiceAccountNS}}},
		}}}}
	})}
}
