package rules_test

import (
	"strings"
	"testing"
)

// definition is a CustomResourceDefinition.
func definition(group, kind string) string {
	plural := strings.ToLower(kind) + "s"
	return "---\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: " + plural + "." + group + "}\nspec: {group: " + group + ", scope: Namespaced, names: {kind: " + kind +
		", plural: " + plural + "}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]}\n"
}

func TestMissingDependsOn(t *testing.T) {
	const queue = "---\napiVersion: a.example/v1\nkind: Queue\nmetadata: {name: q}\n"
	// three are applications a, b and c, with what is behind their codes and in their folders.
	three := func(a, b, c, inA, inB, inC string) string {
		entry := func(code, more string) string {
			return "- namespace: web-" + code + "\n  applications: [{applicationCode: web-" + code + ", path: " + code + more + "}]\n"
		}
		folder := func(code, text string) string {
			return "-- " + code + "/a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + code + "}\n" + text
		}
		return home + "-- applications.yml --\n" + entry("a", a) + entry("b", b) + entry("c", c) + folder("a", inA) + folder("b", inB) + folder("c", inC)
	}
	kind := definition("a.example", "Queue")
	const finding = "applications.yml:2:18: web-a does not wait for what installs its kinds: Queue q (web-b)"
	for name, c := range map[string]struct {
		folder string
		want   []string
	}{
		"nothing waits":            {three("", "", "", queue, kind, ""), []string{finding}},
		"once for many objects":    {three("", "", "", queue+strings.ReplaceAll(queue, "name: q", "name: r"), kind, ""), []string{finding}},
		"it waits":                 {three(", dependsOn: [web-b]", "", "", queue, kind, ""), nil},
		"by way of another":        {three(", dependsOn: [web-c]", "", ", dependsOn: [web-b]", queue, kind, ""), nil},
		"the kind is its own":      {three("", "", "", kind+queue, "", ""), nil},
		"the kind is its own too":  {three("", "", "", kind+queue, kind, ""), nil},
		"of two, one comes before": {three("", "", ", dependsOn: [web-b]", "", kind, queue+kind), nil},
		"another group":            {three("", "", "", strings.Replace(queue, "a.example", "b.example", 1), kind, ""), nil},
		"the other one waits":      {three("", ", dependsOn: [web-a]", "", queue, kind, ""), nil}, // it would be a circle
		"the other one waits, far": {three("", ", dependsOn: [web-c]", ", dependsOn: [web-a]", queue, kind, ""), nil},
		"something else waits":     {three("", "", ", dependsOn: [web-a]", queue, kind, ""), []string{finding}},
		"it was thought about":     {three("", "", "", strings.Replace(queue, "name: q", "name: q, annotations: {argocd.argoproj.io/sync-options: SkipDryRunOnMissingResource=true}", 1), kind, ""), nil},
		"for all of it":            {three(", syncOptions: [SkipDryRunOnMissingResource=true]", "", "", queue, kind, ""), nil},
		"Argo CD's own":            {three("", "", "", "---\napiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: q}\n", definition("argoproj.io", "ApplicationSet"), ""), nil},
		"of its makers": {three("", "", "", "---\napiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: q}\n", definition("argoproj.io", "Workflow"), ""),
			[]string{"applications.yml:2:18: web-a does not wait for what installs its kinds: Workflow q (web-b)"}},
		"two kinds of two": {three("", "", "", queue+strings.Replace(queue, "Queue", "Letter", 1), kind, definition("a.example", "Letter")),
			[]string{"applications.yml:2:18: web-a does not wait for what installs its kinds: Letter q (web-c), Queue q (web-b)"}},
	} {
		t.Run(name, func(t *testing.T) { check(t, "missing-depends-on", c.folder, c.want...) })
	}
}

func TestMissingProvides(t *testing.T) {
	list := func(platform, app, definitions string) string {
		return "-- platform.yml --\nrepository: {url: https://git.example/homelab.git}\ndomain: home.example\n" + platform + "-- applications.yml --\n- namespace: web-a\n  networkPolicies: isolated\n" +
			"  applications:\n    - {applicationCode: web-a, path: a" + app + "}\n-- a/a.yaml --\napiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}]}\n" + definitions
	}
	const at = "applications.yml:4:7: web-a installs kinds of "
	const rest = ", of which roster renders objects that do not wait for it"
	const route, secret = ", ingress: [{host: a, service: a, port: 80, auth: none}]", ", secrets: [{name: a, data: {k: a#k}}]"
	for name, c := range map[string]struct {
		folder string
		want   []string
	}{
		"policies":            {list("", "", definition("cilium.io", "CiliumNetworkPolicy")), []string{at + "cilium.io" + rest}},
		"said":                {list("", ", provides: [cilium.io]", definition("cilium.io", "CiliumNetworkPolicy")), nil},
		"Argo CD's own":       {list("", "", definition("argoproj.io", "AppProject")+definition("argoproj.io", "Application")), nil},
		"a kind not rendered": {list("", "", definition("cilium.io", "CiliumEndpoint")), nil},
		"no routes":           {list("", "", definition("traefik.io", "IngressRoute")), nil},
		"routes":              {list("", route, definition("traefik.io", "IngressRoute")), []string{at + "traefik.io" + rest}},
		"two groups": {list("", route, definition("traefik.io", "IngressRoute")+definition("cilium.io", "CiliumNetworkPolicy")),
			[]string{at + "cilium.io and traefik.io" + rest}},
		"it needs a Secret itself": {list("", secret, definition("external-secrets.io", "ExternalSecret")), nil},
		"another one needs a Secret": {list("", "}\n    - {applicationCode: web-b, path: a"+secret, definition("external-secrets.io", "ExternalSecret")),
			[]string{at + "external-secrets.io" + rest}},
	} {
		t.Run(name, func(t *testing.T) { check(t, "missing-provides", c.folder, c.want...) })
	}
}
