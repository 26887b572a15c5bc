package argo

import (
	"encoding/json"
	"testing"

	core "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hippotion/roster/test/loop/cluster"
)

// manager is what `argocd cluster add` makes in a cluster.
const manager = `apiVersion: v1
kind: ServiceAccount
metadata: {name: argocd-manager, namespace: kube-system}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: argocd-manager-role}
rules:
  - {apiGroups: ["*"], resources: ["*"], verbs: ["*"]}
  - {nonResourceURLs: ["*"], verbs: ["*"]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: argocd-manager-role-binding}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: argocd-manager-role}
subjects: [{kind: ServiceAccount, name: argocd-manager, namespace: kube-system}]
`

// AddCluster makes a further cluster known, as `argocd cluster add` does.
func (a *ArgoCD) AddCluster(t testing.TB, c *cluster.Cluster, name, server string) {
	t.Helper()
	_, err := c.Apply(t.Context(), []byte(manager))
	must(t, err)
	config, err := json.Marshal(map[string]any{
		"bearerToken":     c.Token(t, "kube-system", "argocd-manager"),
		"tlsClientConfig": map[string]any{"caData": c.CA(), "serverName": "kubernetes"}, // one of the names in its certificate
	})
	must(t, err)
	secret := &core.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "cluster-" + name, Labels: map[string]string{"argocd.argoproj.io/secret-type": "cluster"}},
		StringData: map[string]string{"name": name, "server": server, "config": string(config)},
	}
	_, err = a.cluster.Client.CoreV1().Secrets(Namespace).Create(t.Context(), secret, metav1.CreateOptions{})
	must(t, err)
}
