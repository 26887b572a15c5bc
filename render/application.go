package render

import (
	"maps"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/render/object"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type argoApplication struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              applicationSpec `json:"spec"`
}

type applicationSpec struct {
	Project           string              `json:"project"`
	Source            *applicationSource  `json:"source,omitempty"`
	Sources           []applicationSource `json:"sources,omitempty"`
	Destination       projectDestination  `json:"destination"`
	SyncPolicy        *syncPolicy         `json:"syncPolicy,omitempty"`
	IgnoreDifferences []ignoreDifferences `json:"ignoreDifferences,omitempty"`
}

type applicationSource struct {
	RepoURL        string            `json:"repoURL"`
	Path           string            `json:"path,omitempty"`
	TargetRevision string            `json:"targetRevision,omitempty"`
	Chart          string            `json:"chart,omitempty"`
	Ref            string            `json:"ref,omitempty"`
	Helm           *argocd.Helm      `json:"helm,omitempty"`
	Kustomize      *argocd.Kustomize `json:"kustomize,omitempty"`
	Directory      *argocd.Directory `json:"directory,omitempty"`
	Plugin         *argocd.Plugin    `json:"plugin,omitempty"`
	Name           string            `json:"name,omitempty"`
}

type syncPolicy struct {
	Automated   *automatedSync `json:"automated,omitempty"`
	SyncOptions []string       `json:"syncOptions,omitempty"`
	Retry       *syncRetry     `json:"retry,omitempty"`
}

type automatedSync struct {
	Prune      bool  `json:"prune"`
	SelfHeal   bool  `json:"selfHeal"`
	AllowEmpty *bool `json:"allowEmpty,omitempty"`
}

type syncRetry struct {
	Limit   int          `json:"limit"`
	Backoff retryBackoff `json:"backoff,omitzero"`
}

type retryBackoff struct {
	Duration    string `json:"duration,omitempty"`
	Factor      int    `json:"factor,omitempty"`
	MaxDuration string `json:"maxDuration,omitempty"`
}

type ignoreDifferences struct {
	Group                 string   `json:"group,omitempty"`
	Kind                  string   `json:"kind"`
	Name                  string   `json:"name,omitempty"`
	Namespace             string   `json:"namespace,omitempty"`
	JSONPointers          []string `json:"jsonPointers,omitempty"`
	JQPathExpressions     []string `json:"jqPathExpressions,omitempty"`
	ManagedFieldsManagers []string `json:"managedFieldsManagers,omitempty"`
}

// finalizer makes the deletion of an Application delete what it deployed. Kubernetes warns about the older name, without a path.
const finalizer = "resources-finalizer.argocd.argoproj.io/foreground"

// ManifestGeneratePaths says which paths of the repository an Application's manifests depend on, so that other commits do
// not make Argo CD render it again.
const ManifestGeneratePaths = "argocd.argoproj.io/manifest-generate-paths"

// PluginParameter is the parameter that names the application which the sidecar is to render.
const PluginParameter = "application"

// ClusterParameter is the parameter that names the cluster whose Argo CD asks, where that is not clear.
const ClusterParameter = "cluster"

// ContentParameter is the parameter that is different when an Application's objects are. Nothing depends on its value.
const ContentParameter = "content"

func applications(k kind, p *catalog.Platform, n *catalog.Namespace) []object.Object {
	out := make([]object.Object, 0, len(n.Applications))
	for i := range n.Applications {
		out = append(out, argoApp(k, p, n, &n.Applications[i]))
	}
	return out
}

func argoApp(k kind, p *catalog.Platform, n *catalog.Namespace, a *catalog.Application) object.Object {
	id := identity{Kind: k, Namespace: p.ArgoCD.Namespace, Name: a.Name, Origin: a.Origin, Sync: catalog.Sync{Wave: a.Wave}}
	return id.object(func(t metav1.TypeMeta, m metav1.ObjectMeta) any {
		maps.Copy(m.Labels, a.Labels)
		maps.Copy(m.Annotations, a.Annotations)
		if a.Guarded {
			m.Annotations[syncOptions] = confirm
		}
		if len(a.GeneratePaths) > 0 {
			m.Annotations[ManifestGeneratePaths] = strings.Join(a.GeneratePaths, ";")
		}
		if a.Finalizer {
			m.Finalizers = []string{finalizer}
		}
		return &argoApplication{TypeMeta: t, ObjectMeta: m, Spec: appSpec(p, n, a)}
	})
}

func appSpec(p *catalog.Platform, n *catalog.Namespace, a *catalog.Application) applicationSpec {
	spec := applicationSpec{
		Project:     n.Project.Name,
		Destination: destination(p, n.Name),
	}
	if len(a.Sources) == 1 && a.Sources[0].Name == "" && a.Sources[0].Ref == "" {
		s := source(a.Sources[0])
		spec.Source = &s
	} else {
		for _, s := range a.Sources {
			spec.Sources = append(spec.Sources, source(s))
		}
	}
	if a.AutoSync != nil || a.Retry != nil || len(a.SyncOptions) > 0 {
		spec.SyncPolicy = &syncPolicy{SyncOptions: a.SyncOptions}
		if s := a.AutoSync; s != nil {
			spec.SyncPolicy.Automated = &automatedSync{Prune: s.Prune, SelfHeal: s.SelfHeal}
			if s.AllowEmpty {
				spec.SyncPolicy.Automated.AllowEmpty = &s.AllowEmpty
			}
		}
		if r := a.Retry; r != nil {
			spec.SyncPolicy.Retry = &syncRetry{Limit: r.Limit, Backoff: retryBackoff{Duration: r.Duration, Factor: r.Factor, MaxDuration: r.MaxDuration}}
		}
	}
	for _, d := range a.IgnoreDifferences {
		spec.IgnoreDifferences = append(spec.IgnoreDifferences, ignoreDifferences(d))
	}
	return spec
}

// source leaves out options without effect. Argo CD removes them from the Application (util/argo, NormalizeSource), and the one
// that deploys it would put them back, forever.
func source(s catalog.Source) applicationSource {
	out := applicationSource{RepoURL: s.RepoURL, Path: s.Path, TargetRevision: s.Revision, Chart: s.Chart, Ref: s.Ref, Name: s.Name, Plugin: s.Foreign}
	if !s.Helm.IsZero() {
		out.Helm = s.Helm
	}
	if !s.Kustomize.IsZero() {
		out.Kustomize = s.Kustomize
	}
	if s.Directory != nil {
		out.Directory = directory(*s.Directory)
	}
	if p := s.Plugin; p != nil {
		out.Plugin = sidecar(p)
	}
	return out
}

// directory declares that a folder holds manifests. Without it, Argo CD guesses, and treats a folder with a file whose name
// ends in Chart.yaml as a chart (util/app/discovery). It forgets a directory without options, so that one includes all files by name.
func directory(d argocd.Directory) *argocd.Directory {
	if d.IsZero() {
		d.Include = everyFile
	}
	return &d
}

// everyFile is a pattern that matches every path: Argo CD's patterns have no separators (util/glob, Match).
const everyFile = "*"
