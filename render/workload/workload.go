// Package workload renders the source of an application: the manifests that Argo CD would apply for it, made by the engines that Argo CD
// uses. One file holds one engine.
//
// It reads only files of the repository, downloads nothing, and runs no other program. A source may be hostile: its output
// is bounded here, its time and memory are not, so callers render in a process that they can stop.
package workload

import (
	"fmt"
	"io/fs"

	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/render/object"
)

// maxOutput is the maximum size of one application's output, in bytes. The API server accepts objects of 1.5 MB.
const maxOutput = 32 << 20

// Files are where sources are.
type Files struct {
	Repository fs.FS // the Git repository, from its root; no link leads out of it
	Catalog    fs.FS // one chart in each folder, for catalog applications
}

// Cluster is what templates can ask about the cluster (Helm's .Capabilities).
type Cluster struct {
	KubeVersion string   // such as v1.35.3; DefaultKubeVersion when empty
	APIVersions []string // such as monitoring.coreos.com/v1 or monitoring.coreos.com/v1/ServiceMonitor, besides Kubernetes' own
}

// DefaultKubeVersion is the version of an unknown cluster.
const DefaultKubeVersion = "v1.35.0"

// Application is one Argo CD Application, with the source that is to be rendered.
type Application struct {
	Code      string // its name in Argo CD
	Namespace string // that it deploys to
	Project   string
	// ClusterKinds are the cluster-scoped kinds that its AppProject permits, as GROUP/KIND or KIND. Kinds that are neither
	// Kubernetes' own nor among these have a namespace: others may not be deployed.
	ClusterKinds []string

	RepoURL, TargetRevision string // of the source, for Argo CD's build environment
	Revision                string // the commit; empty when unknown

	Kind Kind
	// Path is a folder of the repository or, for a chart, an archive; of the catalog when Kind is Catalog.
	Path      string
	Helm      Helm
	Kustomize Kustomize
	Directory Directory

	// Patches are applied to the source's output; to a kustomization, as part of it.
	Patches []Patch

	// MayBeEmpty says whether it may yield nothing.
	MayBeEmpty bool `json:",omitempty"`

	// Twice says whether to find out which fields of a chart differ each time: if they may, it is rendered twice.
	Twice bool `json:",omitempty"`
}

// Kind is how a source is rendered.
type Kind string

// The kinds of sources.
const (
	Chart         Kind = "chart"
	Kustomization Kind = "kustomization"
	Manifests     Kind = "manifests" // a folder of YAML, JSON and Jsonnet
	Catalog       Kind = "catalog"   // a chart of the catalog
)

// The options of a source, as the Application has them.
type (
	Helm       = argocd.Helm
	Parameter  = argocd.Parameter
	Kustomize  = argocd.Kustomize
	Directory  = argocd.Directory
	Jsonnet    = argocd.Jsonnet
	JsonnetVar = argocd.JsonnetVar
	Target     = argocd.Target
)

// Patch is a patch, and where it was written.
type Patch struct {
	argocd.Patch
	Pos  diag.Position // in applications.yml
	Path string        // such as web-x.applications[0].patches[1]
}

// Object is one object of an application.
type Object struct {
	object.Object
	Phase Phase
	Pos   diag.Position // what it was made from, relative to the repository's root; without a line where that is unknown
	// Unstable are the fields that differ when the application is rendered again, if Twice asks for them.
	Unstable [][]string
}

// Renderer renders applications of one repository. What they share, such as a chart, is read once. It is not safe for
// concurrent use.
type Renderer struct {
	files   Files
	cluster Cluster
	charts  map[string]*loadedChart // by path
	later   bool                    // whether to render as if it were another day
}

// New makes a Renderer.
func New(files Files, cluster Cluster) *Renderer {
	if cluster.KubeVersion == "" {
		cluster.KubeVersion = DefaultKubeVersion
	}
	return &Renderer{files: files, cluster: cluster, charts: map[string]*loadedChart{}}
}

// Result is the output of an application.
type Result struct {
	Objects  []Object  // in the order in which Argo CD applies them
	Warnings diag.List // what Argo CD would accept, but the user hardly wants
}

// Render returns the objects that Argo CD would apply for app. There are none when there is a diagnostic. The files in diagnostics are
// relative to the repository's root, and their paths begin with the application's code.
func (r *Renderer) Render(app *Application) (Result, diag.List) {
	app, diags := r.override(app)
	if len(diags) > 0 {
		return Result{}, diags
	}
	manifests, diags := r.manifests(app)
	if len(diags) > 0 {
		return Result{}, diags
	}
	if app.Kind != Kustomization && len(app.Patches) > 0 {
		if manifests, diags = patch(app, manifests); len(diags) > 0 {
			return Result{}, diags
		}
	}
	out, diags := arrange(app, manifests)
	if app.Twice && len(diags) == 0 {
		r.unstable(app, out.Objects)
	}
	return out, diags
}

func (r *Renderer) manifests(app *Application) ([]manifest, diag.List) {
	switch app.Kind {
	case Chart, Catalog:
		return r.helm(app)
	case Kustomization:
		return r.kustomize(app)
	default:
		return r.directory(app)
	}
}

// failure is a diagnostic about app: the place may be a folder or a file alone.
func (app *Application) failure(at diag.Position, code, hint, format string, args ...any) diag.Diagnostic {
	return diag.Diagnostic{Pos: at, Path: app.Code, Code: code, Message: fmt.Sprintf(format, args...), Hint: hint}
}
