package importing_test

import (
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/importing"
)

// TestRoots tells Applications that deploy Applications from those that deploy Argo CD itself, and says what else they deploy.
func TestRoots(t *testing.T) {
	const app = "---\n{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: NAME, namespace: argocdTRACKED}, " +
		"spec: {project: default, source: {repoURL: https://git.example/x.git, path: NAME}, destination: {name: in-cluster, namespace: argocd}}STATUS}\n"
	child := func(by string) string {
		return strings.NewReplacer("NAME", "child", "TRACKED", by, "STATUS", "").Replace(app)
	}
	const tracked = ", annotations: {argocd.argoproj.io/tracking-id: 'over:argoproj.io/Application:argocd/child'}"
	const project = "---\n{apiVersion: argoproj.io/v1alpha1, kind: AppProject, metadata: {name: web, namespace: argocd, annotations: {argocd.argoproj.io/tracking-id: 'over:argoproj.io/AppProject:argocd/web'}}, spec: {}}\n"
	for _, c := range []struct {
		name, resources, rest, want string
		state                       importing.State
	}{
		{"Argo CD, with a project", "{group: argoproj.io, kind: AppProject, namespace: argocd, name: web}, {group: apps, kind: Deployment, namespace: argocd, name: argocd-server}", child("") + project, "", importing.Equal},
		{"Applications", "{group: argoproj.io, kind: Application, namespace: argocd, name: child}, {kind: Namespace, name: web}", child(""), "root Application of roster takes its place", importing.Left},
		{"Applications, as they say", "{kind: Namespace, name: web}", child(tracked), "root Application of roster takes its place", importing.Left},
		{"both", "{group: argoproj.io, kind: Application, namespace: argocd, name: child}, {group: apps, kind: Deployment, namespace: argocd, name: b}, {group: apps, kind: Deployment, namespace: argocd, name: a}", child(""),
			"and Deployment argocd/a and 1 more besides", importing.NotExpressed},
		{"itself alone", "{group: argoproj.io, kind: Application, namespace: argocd, name: over}", child(""), "", importing.Equal},
	} {
		t.Run(c.name, func(t *testing.T) {
			result := of(t, strings.NewReplacer("NAME", "over", "TRACKED", "", "STATUS", ", status: {resources: ["+c.resources+"]}").Replace(app)+c.rest)
			for _, o := range result.Outcomes {
				if o.Object.Kind != "Application" || o.Object.Name != "over" {
					continue
				}
				if o.State != c.state || !strings.Contains(strings.Join(o.Reasons, "; "), c.want) {
					t.Errorf("%s: %q", o.State, o.Reasons)
				}
				return
			}
			t.Error("nothing is said of it")
		})
	}
}
