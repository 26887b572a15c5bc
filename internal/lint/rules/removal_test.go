package rules_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/lint/rules"
)

// says are the findings of some rules, with their hints.
func says(t *testing.T, folder string, rules ...string) []string {
	t.Helper()
	var out []string
	for _, f := range run(t, "-- platform.yml --\nrepository: {url: https://git.example/homelab.git}\n"+folder, false).Findings {
		for _, r := range rules {
			if f.Code == r {
				out = append(out, f.Code+": "+f.Message+": "+f.Hint)
			}
		}
	}
	return out
}

// TestNothingIsLost: who follows a hint loses nothing. What Argo CD would prune is kept first, and there is one finding.
func TestNothingIsLost(t *testing.T) {
	const annotation = " argocd.argoproj.io/sync-options=Prune=false,Delete=false; "
	one := func(manifest string) string { return inFolder + "-- a/a.yaml --\n" + manifest }
	two := func(manifest string) string {
		return "-- applications.yml --\n- namespace: web-a\n  networkPolicies: isolated\n  clusterResources: [apiextensions.k8s.io/CustomResourceDefinition]\n  applications:\n" +
			"    - {applicationCode: web-a, path: a}\n    - {applicationCode: web-b, path: b}\n-- a/a.yaml --\n" + manifest + "-- b/b.yaml --\n" + manifest
	}
	root := "3. sync the root Application, which then owns it. Removed at once, Argo CD may delete "
	other := "2. remove it from one of the two; 3. sync the other one, which then owns it. Removed at once, Argo CD may delete "
	duplicate := []string{"duplicate-object", "not-permitted-by-project"}
	for _, c := range []struct {
		name, folder string
		rules        []string
		want         string
	}{
		{"a Namespace", one("apiVersion: v1\nkind: Namespace\nmetadata: {name: web-a}\n"), duplicate,
			"duplicate-object: web-a deploys Namespace web-a, which roster renders from the list: in this order: 1. kubectl annotate --overwrite namespace web-a" + annotation +
				"2. remove it from the application; " + root + "the namespace and everything in it"},
		{"a Namespace that is permitted", strings.Replace(one("apiVersion: v1\nkind: Namespace\nmetadata: {name: web-a}\n"), "  applications", "  clusterResources: [Namespace]\n  applications", 1), duplicate,
			"duplicate-object: web-a deploys Namespace web-a, which roster renders from the list: in this order: 1. kubectl annotate --overwrite namespace web-a" + annotation +
				"2. remove it from the application; " + root + "the namespace and everything in it"},
		{"another Namespace", one("apiVersion: v1\nkind: Namespace\nmetadata: {name: web-b}\n"), duplicate,
			"not-permitted-by-project: Namespace web-b is cluster-scoped, and the project of web-a does not permit Namespace: " +
				"write an entry for the namespace web-b, which roster renders, with what belongs in it"},
		{"a ServiceAccount", one("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default}\n"), duplicate,
			"duplicate-object: web-a deploys ServiceAccount default, which roster renders from the list: remove it from the application"},
		{"a claim of two", two("apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n"), duplicate,
			"duplicate-object: web-a and web-b deploy the same PersistentVolumeClaim data: in this order: 1. kubectl annotate --overwrite -n web-a persistentvolumeclaim data" + annotation +
				other + "it and its data"},
		{"a definition of two", two("apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: xs.example.org}\n" +
			"spec: {group: example.org, scope: Namespaced, names: {kind: X, plural: xs}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]}\n"), duplicate,
			"duplicate-object: web-a and web-b deploy the same CustomResourceDefinition xs.example.org: in this order: 1. kubectl annotate --overwrite " +
				"customresourcedefinition.apiextensions.k8s.io xs.example.org" + annotation + other + "it and every object of its kind"},
		{"a database of two", two("apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: db}\nspec: {instances: 1}\n"), duplicate,
			"duplicate-object: web-a and web-b deploy the same Cluster db: in this order: 1. kubectl annotate --overwrite -n web-a cluster.postgresql.cnpg.io db" + annotation +
				other + "it, and what its operator has created for it"},
		{"a Service of two", two("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}]}\n"), duplicate,
			"duplicate-object: web-a and web-b deploy the same Service a: deploy it with one of the two"},
		{"an Application for Argo CD's namespace", one("apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: x}\n" +
			"spec: {project: x, source: {repoURL: 'https://git.example/x.git', path: x}, destination: {server: 'https://kubernetes.default.svc', namespace: argocd}}\n"), []string{"project-reaches-argocd"},
			"project-reaches-argocd: Application x deploys into argocd, the namespace of Argo CD: in this order: 1. kubectl annotate --overwrite -n web-a application.argoproj.io x" + annotation +
				"2. remove it from the application; 3. deploy it with an entry of argocd. Removed at once, Argo CD may delete it and what it has deployed"},
		{"the namespace of the DNS server", "-- applications.yml --\n- namespace: kube-system\n", []string{"open-namespace"},
			"open-namespace: the namespace kube-system is open: first find out who depends on what runs there: the whole cluster asks its DNS server, " +
				"and a profile alone would cut that off; if it is open on purpose, write networkPolicies: open"},
		{"the namespace of the ingress controller", strings.Replace("-- applications.yml --\n- namespace: traefik\n", "--", "ingress: {controller: {namespace: traefik}}\n--", 1), []string{"open-namespace"},
			"open-namespace: the namespace traefik is open: networkPolicies: ingress-controller, and what else has to be allowed: isolated would cut off every host; " +
				"if it is open on purpose, write networkPolicies: open"},
		{"the namespace of somebody else", "-- applications.yml --\n- namespace: default\n", []string{"open-namespace"},
			"open-namespace: the namespace default is open: first find out who depends on what runs there: a profile alone would cut that off; if it is open on purpose, write networkPolicies: open"},
		{"a policy for the whole cluster", strings.Replace(one("apiVersion: cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy\nmetadata: {name: a}\nspec: {endpointSelector: {}, ingress: [], egress: [{toEntities: [cluster]}]}\n"),
			"  applications", "  clusterResources: [cilium.io/CiliumClusterwideNetworkPolicy]\n  applications", 1), []string{"empty-policy"},
			"empty-policy: the empty list ingress of CiliumClusterwideNetworkPolicy a leaves that direction open: list what is allowed, or write [{}] for nothing: " +
				"the rest is then denied, in all namespaces, also that of the DNS server; or remove the line"},
		{"labels of a namespace of the list", one("apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: x}\nspec: {project: x, source: {repoURL: 'https://git.example/x.git', path: x}, " +
			"destination: {server: 'https://kubernetes.default.svc', namespace: web-a}, syncPolicy: {managedNamespaceMetadata: {labels: {a: b}}}}\n"), []string{"inert-managed-namespace-metadata"},
			"inert-managed-namespace-metadata: Application x sets metadata of a namespace that it does not create: remove it, and write labels and annotations in the entry of web-a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff([]string{c.want}, says(t, c.folder, c.rules...)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	for _, r := range rules.All() { // an owner removes what others have put into the Secret
		if r.Name == "delete-without-owner" {
			if got := run(t, r.Bad, false).Findings[0].Hint; got != "set deletionPolicy: Retain; or leave out creationPolicy, if nothing else writes the Secret: its other keys are then removed" {
				t.Error(got)
			}
		}
	}
}
