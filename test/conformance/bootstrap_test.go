package conformance

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	argo "github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	"github.com/google/go-cmp/cmp"
	rosterschema "github.com/hippotion/roster/internal/schema"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
	"github.com/hippotion/roster/test/examples"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// TestRoot asks Argo CD's own code about the Applications that deploy the list: their project permits the source, and every
// object of the list where it belongs, but no other kind.
func TestRoot(t *testing.T) {
	for _, c := range examples.Every(t) {
		roots(t, c)
	}
}

// roots asks about the roots in the Argo CD of a cluster.
func roots(t *testing.T, c examples.Cluster) {
	for _, platform := range c.Managed {
		t.Run(c.Example+"/"+platform.RootName(), func(t *testing.T) {
			var project argo.AppProject
			var app argo.Application
			root := render.Root(platform)
			decode(t, root[0], &project)
			decode(t, root[1], &app)
			if err := project.ValidateProject(); err != nil {
				t.Error(err)
			}
			if app.Spec.Project != project.Name || app.Namespace != project.Namespace || !project.IsSourcePermitted(app.Spec.GetSource()) {
				t.Errorf("the project %s does not permit %s", project.Name, app.Spec.GetSource().RepoURL)
			}
			if len(app.Finalizers) > 0 {
				t.Errorf("deleting the root Application would delete everything: %v", app.Finalizers)
			}
			if a := app.Spec.SyncPolicy.Automated; a.AllowEmpty || !a.Prune || !a.SelfHeal {
				t.Errorf("automated: %+v", a)
			}
			permits := func(o object.Object, destination argo.ApplicationDestination) {
				gk := schema.FromAPIVersionAndKind(o.APIVersion, o.Kind).GroupKind()
				if o.Namespace != "" {
					destination.Namespace = o.Namespace
				}
				if ok, err := project.IsDestinationPermitted(destination, noClusters); !ok || err != nil {
					t.Errorf("%s: not permitted in %+v: %v", o.File(), destination, err)
				}
				if !project.IsGroupKindPermitted(gk, o.Namespace != "") {
					t.Errorf("%s: not permitted", o.File())
				}
			}
			there := app.Spec.Destination
			if platform.Cluster.Remote {
				for _, o := range render.InArgoCD(platform) {
					permits(o, app.Spec.Destination)
				}
				there = argo.ApplicationDestination{Server: platform.Cluster.Server, Name: platform.Cluster.Known, Namespace: "default"}
			}
			for _, o := range render.Build(platform) {
				permits(o, there)
			}
			for _, o := range c.Objects {
				if o.Kind == "Application" && o.Name == app.Name || o.Kind == "AppProject" && o.Name == project.Name {
					t.Errorf("%s takes the place of the root's own", o.File())
				}
			}
			for _, gk := range []schema.GroupKind{{Kind: "Secret"}, {Kind: "Pod"}, {Group: "apps", Kind: "Deployment"}, {Group: "rbac.authorization.k8s.io", Kind: "Role"}} {
				if project.IsGroupKindPermitted(gk, true) {
					t.Errorf("the root may deploy %v", gk)
				}
			}
			for _, gk := range []schema.GroupKind{{Kind: "Node"}, {Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}} {
				if project.IsGroupKindPermitted(gk, false) {
					t.Errorf("the root may deploy %v", gk)
				}
			}
		})
	}
}

// TestRootKinds fails when the root's project does not permit the kinds that roster renders, or any other.
func TestRootKinds(t *testing.T) {
	platform, _ := examples.Load(t, "homelab")
	var project argo.AppProject
	decode(t, render.Root(platform)[0], &project)
	for _, namespaced := range []bool{false, true} {
		got, want := map[string]bool{}, map[string]bool{}
		list := project.Spec.ClusterResourceWhitelist
		if namespaced {
			list = project.Spec.NamespaceResourceWhitelist
		}
		for _, k := range list {
			got[k.Group+"/"+k.Kind] = true
		}
		for _, k := range render.Kinds() {
			if k.Namespaced == namespaced {
				want[k.Group+"/"+k.Kind] = true
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("namespaced %t (-rendered +permitted):\n%s", namespaced, diff)
		}
	}
}

// TestRootSchema checks the root's objects with the schemas of Argo CD's CRDs.
func TestRootSchema(t *testing.T) {
	set := rosterschema.New()
	platform, _ := examples.Load(t, "team") // with impersonation, the most fields
	var e object.Encoder
	for _, o := range render.Root(platform) {
		problems, err := set.ValidateYAML(e.Encode(nil, o.Value()))
		if err != nil || len(problems) > 0 {
			t.Errorf("%s: %v %v", o.File(), err, problems)
		}
	}
}

// TestBootstrapExample: the homelab installs Argo CD with its Helm chart, from the list, and keeps what bootstrap prints for
// that beside it.
func TestBootstrapExample(t *testing.T) {
	const file = "helm-values/argocd-roster.yml"
	text, err := os.ReadFile(filepath.Join(examples.Root(), "examples", "homelab", filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}
	comment, _, _ := strings.Cut(string(text), "configs:")
	c := exec.Command(examples.Roster(t), "bootstrap", "--format", "helm", "--image", "ghcr.io/hippotion/roster:v1.0.0", "examples/homelab")
	c.Dir = examples.Root()
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != comment+string(out) {
		t.Errorf("%s is not what roster bootstrap prints:\n%s", file, out)
	}
}
