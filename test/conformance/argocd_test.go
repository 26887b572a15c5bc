package conformance

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	argo "github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
	"github.com/hippotion/roster/test/examples"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

// decode reads an object strictly into Argo CD's own type.
func decode(t *testing.T, o object.Object, into any) {
	t.Helper()
	var e object.Encoder
	text, err := yaml.YAMLToJSONStrict(e.Encode(nil, o.Value()))
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		t.Fatalf("%s: %v", o.File(), err)
	}
}

// TestArgoCD asks Argo CD's own code: the projects are valid, and each permits its applications' sources and destination,
// and every kind that we place in its namespace, but neither another namespace nor a kind that was not asked for.
func TestArgoCD(t *testing.T) {
	for _, name := range examples.Names(t) {
		t.Run(name, func(t *testing.T) {
			judge(t, examples.Clusters(t, name))
		})
	}
}

// judge asks about all clusters of a list.
func judge(t *testing.T, clusters []examples.Cluster) {
	t.Helper()
	on := map[string][]object.Object{}
	for _, c := range clusters {
		on[c.Platform.Cluster.Name] = c.Objects
	}
	for _, c := range clusters {
		projects := projectsOf(t, c)
		own := map[string]bool{}
		for _, p := range c.Managed {
			for _, n := range p.Namespaces {
				project := projects[n.Project.Name]
				if project == nil || own[project.Name] {
					t.Fatalf("the project %s is there: %t", n.Project.Name, project != nil)
				}
				own[project.Name] = true
				for _, o := range on[p.Cluster.Name] {
					if o.Namespace == n.Name && o.Kind != "Application" {
						placed(t, project, o)
					}
				}
				closed(t, project, n.Name)
				impersonated(t, project, on[p.Cluster.Name])
			}
		}
		for _, o := range c.Objects {
			if o.Kind == "Application" {
				app := &argo.Application{}
				decode(t, o, app)
				permitted(t, projects[app.Spec.Project], app)
				if into := app.Spec.Destination.Namespace; own[app.Spec.Project] && into != app.Spec.Project[strings.LastIndexByte(app.Spec.Project, '.')+1:] {
					t.Errorf("application %s deploys into %s", app.Name, into)
				}
			}
		}
	}
}

// projectsOf are the projects in the Argo CD of a cluster, those of the roots among them.
func projectsOf(t *testing.T, c examples.Cluster) map[string]*argo.AppProject {
	t.Helper()
	out := map[string]*argo.AppProject{}
	objects := slices.Clone(c.Objects)
	for _, p := range c.Managed {
		objects = append(objects, render.Root(p)[0])
	}
	for _, o := range objects {
		if o.Kind != "AppProject" {
			continue
		}
		p := &argo.AppProject{}
		decode(t, o, p)
		if err := p.ValidateProject(); err != nil {
			t.Errorf("%s: %v", o.File(), err)
		}
		if out[o.Name] != nil {
			t.Errorf("two projects are named %s", o.Name)
		}
		out[o.Name] = p
	}
	return out
}

func noClusters(string) ([]*argo.Cluster, error) { return nil, nil }

func permitted(t *testing.T, p *argo.AppProject, app *argo.Application) {
	t.Helper()
	if p == nil {
		t.Fatalf("application %s: there is no project %s", app.Name, app.Spec.Project)
	}
	for _, s := range app.Spec.GetSources() {
		if !p.IsSourcePermitted(s) {
			t.Errorf("application %s: its project does not permit the source %s", app.Name, s.RepoURL)
		}
	}
	if ok, err := p.IsDestinationPermitted(app.Spec.Destination, noClusters); err != nil || !ok {
		t.Errorf("application %s: its project does not permit %+v: %v", app.Name, app.Spec.Destination, err)
	}
}

// placed checks that an application of the project could bring the same kind as we do.
func placed(t *testing.T, p *argo.AppProject, o object.Object) {
	t.Helper()
	gk := schema.FromAPIVersionAndKind(o.APIVersion, o.Kind).GroupKind()
	if !p.IsGroupKindPermitted(gk, true) {
		t.Errorf("%s: the project does not permit its kind", o.File())
	}
}

// impersonated checks that the accounts which Argo CD is to sync as are there, with a role in their own namespace.
func impersonated(t *testing.T, p *argo.AppProject, objects []object.Object) {
	t.Helper()
	for _, d := range p.Spec.DestinationServiceAccounts {
		namespace, name, _ := strings.Cut(d.DefaultServiceAccount, ":")
		if server := cmp.Or(p.Spec.Destinations[0].Server, "*"); namespace != d.Namespace || d.Namespace != p.Spec.Destinations[0].Namespace || d.Server != server {
			t.Errorf("project %s syncs into %s as %s", p.Name, d.Namespace, d.DefaultServiceAccount)
		}
		account, bound := false, false
		for _, o := range objects {
			account = account || o.Kind == "ServiceAccount" && o.Namespace == namespace && o.Name == name
			if o.Kind == "RoleBinding" && o.Namespace == namespace {
				var b rbacv1.RoleBinding
				decode(t, o, &b)
				bound = bound || slices.Contains(b.Subjects, rbacv1.Subject{Kind: "ServiceAccount", Namespace: namespace, Name: name})
			}
		}
		if !account || !bound {
			t.Errorf("project %s: account %s is there: %t, bound: %t", p.Name, d.DefaultServiceAccount, account, bound)
		}
	}
}

// TestImpersonation fails when no example has accounts to sync as.
func TestImpersonation(t *testing.T) {
	_, objects := examples.Load(t, "team")
	for _, o := range objects {
		if o.Kind == "AppProject" {
			var p argo.AppProject
			decode(t, o, &p)
			if len(p.Spec.DestinationServiceAccounts) != 1 {
				t.Errorf("%s: %d accounts", o.Name, len(p.Spec.DestinationServiceAccounts))
			}
		}
	}
}

// closed checks what no project may permit; namespace is that of its entry.
func closed(t *testing.T, p *argo.AppProject, namespace string) {
	t.Helper()
	server, name := p.Spec.Destinations[0].Server, p.Spec.Destinations[0].Name
	for _, d := range []argo.ApplicationDestination{
		{Server: server, Name: name, Namespace: "somewhere-else"}, {Server: server, Name: name, Namespace: namespace + "-2"},
		{Server: "https://other.example", Namespace: namespace}, {Name: "other", Namespace: namespace}, {Server: "https://other.example", Name: "other", Namespace: namespace},
	} {
		if ok, err := p.IsDestinationPermitted(d, noClusters); ok || err != nil {
			t.Errorf("project %s permits %+v (%v)", p.Name, d, err)
		}
	}
	if p.IsSourcePermitted(argo.ApplicationSource{RepoURL: "https://evil.example/repo.git"}) {
		t.Errorf("project %s permits any source", p.Name)
	}
	listed := map[schema.GroupKind]bool{}
	for _, c := range p.Spec.ClusterResourceWhitelist {
		if strings.Contains(c.Group+c.Kind, "*") {
			t.Errorf("project %s permits %v", p.Name, c)
		}
		listed[schema.GroupKind(c)] = true
	}
	for _, gk := range []metav1.GroupKind{
		{Kind: "Namespace"}, {Kind: "Node"}, {Group: "rbac.authorization.k8s.io", Kind: "ClusterRole"}, {Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"},
	} {
		if p.IsGroupKindPermitted(schema.GroupKind(gk), false) != listed[schema.GroupKind(gk)] {
			t.Errorf("project %s: permitting %v is not what the entry lists", p.Name, gk)
		}
	}
}
