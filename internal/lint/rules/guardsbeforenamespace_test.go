package rules_test

import (
	"strings"
	"testing"
)

func TestGuardsBeforeNamespace(t *testing.T) {
	const (
		file    = "-- applications.yml --\n"
		brought = `  clusterResources: [Namespace]
  applications: [{applicationCode: a, path: a}]
-- a/namespace.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: NAME}
`
		found = ": a deploys the namespace NAME in wave 100, and what roster renders into it is in wave -1: on an empty cluster, nothing can be applied"
	)
	list := func(head, name string) string {
		return file + strings.ReplaceAll(head+brought, "NAME", name)
	}
	testNetwork(t, "guards-before-namespace", []networkCase{
		{name: "its own application", folder: list("- namespace: NAME\n  manageNamespace: false\n", "web-a"),
			want: []string{"applications.yml:1:3" + strings.ReplaceAll(found, "NAME", "web-a")}},
		{name: "an application of another entry", folder: list("- namespace: NAME\n  manageNamespace: false\n- namespace: sys-namespaces\n", "web-a"),
			want: []string{"applications.yml:1:3" + strings.ReplaceAll(found, "NAME", "web-a")}},
		{name: "roster renders it", folder: list("- namespace: NAME\n", "web-a")},
		{name: "Kubernetes makes it", folder: list("- namespace: NAME\n", "kube-system")},
		{name: "Argo CD runs in it", folder: list("- namespace: NAME\n  manageNamespace: false\n", "argocd")},
		{name: "somebody makes it", folder: strings.Replace(list("- namespace: NAME\n  manageNamespace: false\n", "web-a"), "metadata: {name: web-a}", "metadata: {name: web-b}", 1)},
		{name: "another kind of that name", folder: strings.Replace(list("- namespace: NAME\n  manageNamespace: false\n", "web-a"), "apiVersion: v1", "apiVersion: example.com/v1", 1)},
	})
}
