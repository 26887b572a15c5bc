package rules_test

import (
	"strings"
	"testing"
)

func TestNamespaceWithoutGuard(t *testing.T) {
	const (
		list = `
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  clusterResources: [Namespace]
  applications: [{applicationCode: web-a, path: a}]
`
		object = "-- a/namespace.yaml --\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: NAME\n"
		place  = "a/namespace.yaml:4:3: web-a deploys Namespace NAME"
		says   = ": Argo CD deletes it with everything in it, without confirmation, when it leaves the application"
	)
	of := func(text, name string) string { return strings.ReplaceAll(text, "NAME", name) }
	found := func(whose, name string) networkCase {
		return networkCase{name: name, folder: of(list+object, name), want: []string{of(place+whose+says, name)}}
	}
	testNetwork(t, "namespace-without-guard", []networkCase{
		found(", for which there is no entry", "web-b"),
		found(", in which Argo CD runs", "argocd"),
		found(", which Kubernetes creates", "default"),
		found(", which Kubernetes creates", "kube-system"),
		found(", which Kubernetes creates", "kube-public"),
		found(", which Kubernetes creates", "kube-node-lease"),
		{name: "Argo CD's, with an entry", folder: of(list+"- namespace: argocd\n  manageNamespace: false\n"+object, "argocd"), want: []string{of(place+", in which Argo CD runs"+says, "argocd")}},
		{name: "Kubernetes', with an entry", folder: of(list+"- namespace: kube-system\n"+object, "kube-system"), want: []string{of(place+", which Kubernetes creates"+says, "kube-system")}},
		{name: "another name of Argo CD's", platform: "argocd: {namespace: gitops}", folder: of(list+object, "gitops"), want: []string{of(place+", in which Argo CD runs"+says, "gitops")}},
		{name: "its owner keeps it", folder: of(list+object, "kube-system") + "  annotations: {argocd.argoproj.io/sync-options: 'Prune=false,Delete=false'}\n"},
		{name: "guards-before-namespace reports it", folder: of(list+"- namespace: web-b\n  manageNamespace: false\n"+object, "web-b")},
		{name: "duplicate-object reports it", folder: of(list+object, "web-a")},
		{name: "not-permitted-by-project reports it", folder: strings.Replace(of(list+object, "web-b"), "  clusterResources: [Namespace]\n", "", 1)},
		{name: "another kind of that name", folder: strings.Replace(of(list+object, "web-b"), "apiVersion: v1", "apiVersion: example.com/v1", 1)},
	})
}
