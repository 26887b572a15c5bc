package engines

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/argoproj/argo-cd/v3/controller"
	"github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"github.com/argoproj/argo-cd/v3/reposerver/apiclient"
	"github.com/argoproj/argo-cd/v3/reposerver/repository"
	"github.com/argoproj/argo-cd/v3/util/git"
	utilio "github.com/argoproj/argo-cd/v3/util/io"
	"github.com/argoproj/gitops-engine/pkg/sync/hook"
	"github.com/argoproj/gitops-engine/pkg/sync/ignore"
	"github.com/argoproj/gitops-engine/pkg/utils/kube"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// generate is what Argo CD's repo server makes of an Application. dir is the repository.
func (p *platform) generate(t *testing.T, a app, dir string) []*unstructured.Unstructured {
	t.Helper()
	var out []*unstructured.Unstructured
	for _, source := range a.Spec.GetSources() {
		if source.Path != "" || source.Chart != "" { // the others have files alone
			out = append(out, p.generateSource(t, a, source, dir)...)
		}
	}
	return out
}

func (p *platform) generateSource(t *testing.T, a app, source v1alpha1.ApplicationSource, dir string) []*unstructured.Unstructured {
	t.Helper()
	path := filepath.Join(dir, source.Path)
	paths := utilio.NewRandomizedTempPaths(t.TempDir())
	references := map[string]*v1alpha1.RefTarget{}
	for _, other := range a.Spec.Sources {
		if other.Ref != "" {
			references["$"+other.Ref] = &v1alpha1.RefTarget{Repo: v1alpha1.Repository{Repo: other.RepoURL}}
			paths.Add(git.NormalizeGitURL(other.RepoURL), dir)
		}
	}
	repositoryRoot := dir
	if source.Chart != "" {
		// The repo server would have downloaded and unpacked the chart, outside of any repository.
		path = unpack(t, filepath.Join(dir, "vendor", source.Chart+"-"+source.TargetRevision+".tgz"))
		repositoryRoot = path
	}
	answer, err := repository.GenerateManifests(t.Context(), path, repositoryRoot, "", &apiclient.ManifestRequest{
		Repo: &v1alpha1.Repository{Repo: source.RepoURL}, AppName: a.Name, Namespace: a.Spec.Destination.Namespace, ProjectName: a.Spec.Project,
		ApplicationSource: &source, KubeVersion: p.kubeVersion, ApiVersions: p.apiVersions, RefSources: references,
		HasMultipleSources: len(a.Spec.Sources) > 0, KustomizeOptions: &v1alpha1.KustomizeOptions{BuildOptions: p.buildOptions},
	}, false, git.NoopCredsStore{}, resource.MustParse("10M"), paths)
	if err != nil {
		t.Fatal(err)
	}
	var out []*unstructured.Unstructured
	for _, text := range answer.Manifests {
		o, err := v1alpha1.UnmarshalToUnstructured(text)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, o)
	}
	return out
}

// applied is what Argo CD's application controller applies of what the repo server, or a tool, printed.
func (p *platform) applied(t *testing.T, a app, printed []*unstructured.Unstructured) objects {
	t.Helper()
	var single []*unstructured.Unstructured
	for _, o := range printed {
		items, isList := o.Object["items"]
		switch {
		case isList && items == nil && o.Object["spec"] == nil: // a list of nothing
		case o.IsList():
			if err := o.EachListItem(func(item runtime.Object) error {
				single = append(single, item.(*unstructured.Unstructured))
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		default:
			single = append(single, o)
		}
	}
	single, _, err := controller.DeduplicateTargetObjects(a.Spec.Destination.Namespace, single, p.scopes(a, single))
	if err != nil {
		t.Fatal(err)
	}
	out := objects{}
	for _, o := range single {
		if (ignore.Ignore(o) || hook.Skip(o)) && !deletion(o) {
			continue
		}
		key := kube.GetResourceKey(o)
		if key.Name == "" {
			key.Name = o.GetGenerateName()
		}
		out[key] = o
	}
	return out
}

// deletion reports whether o is applied when the Application is deleted. Argo CD handles these hooks elsewhere.
func deletion(o *unstructured.Unstructured) bool {
	annotations := o.GetAnnotations()
	for word := range strings.SplitSeq(annotations["argocd.argoproj.io/hook"]+","+annotations["helm.sh/hook"], ",") {
		if slices.Contains([]string{"PreDelete", "PostDelete", "pre-delete", "post-delete"}, strings.TrimSpace(word)) {
			return true
		}
	}
	return false
}

// clusterWide are the kinds of Kubernetes without a namespace that the sources have objects of. A cluster would say it.
var clusterWide = map[schema.GroupKind]bool{
	{Kind: "Namespace"}: true, {Kind: "PersistentVolume"}: true,
	{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}: true,
	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRole"}:         true,
	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRoleBinding"}:  true,
	{Group: "scheduling.k8s.io", Kind: "PriorityClass"}:               true,
	{Group: "storage.k8s.io", Kind: "StorageClass"}:                   true,
}

// scopes knows which kinds have a namespace: those of Kubernetes, of the CRDs among objects, and what the project permits.
func (p *platform) scopes(a app, objects []*unstructured.Unstructured) scopes {
	out := scopes{}
	for kind := range clusterWide {
		out[kind] = false
	}
	for key := range p.clusterWide[a.Spec.Project] {
		out[schema.GroupKind{Group: key.Group, Kind: key.Kind}] = false
	}
	for _, o := range objects {
		if kube.IsCRD(o) {
			group, _, _ := unstructured.NestedString(o.Object, "spec", "group")
			kind, _, _ := unstructured.NestedString(o.Object, "spec", "names", "kind")
			scope, _, _ := unstructured.NestedString(o.Object, "spec", "scope")
			out[schema.GroupKind{Group: group, Kind: kind}] = scope == "Namespaced"
		}
	}
	return out
}

type scopes map[schema.GroupKind]bool

func (s scopes) IsNamespaced(kind schema.GroupKind) (bool, error) {
	namespaced, known := s[kind]
	return namespaced || !known, nil
}
