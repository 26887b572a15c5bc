// Package workload renders the source of an application: the manifests that Argo CD would apply for it, made by the engines that Argo CD
// uses. One file holds one engine.
//
// It reads only files of the repository and what was fetched for it, downloads nothing, and runs no other program. A source may be
// hostile: its output is bounded here, its time and memory are not, so callers render in a process that they can stop.
package workload

import (
	"fmt"
	"io/fs"
	"slices"

	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/render/object"
)

// maxOutput is the maximum size of one application's output, in bytes. The API server accepts objects of 1.5 MB.
const maxOutput = 32 << 20

// Files are where sources are.
type Files struct {
	Repository fs.FS // the Git repository, from its root; no link leads out of it
	Catalog    fs.FS // one chart in each folder, for catalog applications
	// Sources are what was fetched from elsewhere; nil when nothing was.
	Sources source.Sources
	// Watcher is told what is looked at for several applications at once; may be nil.
	Watcher Watcher
}

// Watcher follows which files are looked at for an application. What several share is looked at once, within Shared; for each
// other one, Again is called with the number that Shared returned.
type Watcher interface {
	Shared(look func()) (number int)
	Again(number int)
}

// Cluster is what templates can ask about the cluster (Helm's .Capabilities), and how its Argo CD is set up.
type Cluster struct {
	KubeVersion string   // such as v1.35.3; DefaultKubeVersion when empty
	APIVersions []string // such as monitoring.coreos.com/v1 or monitoring.coreos.com/v1/ServiceMonitor, besides Kubernetes' own

	Kustomize argocd.BuildOptions
	Helm      string // the version of Helm in its image, such as v4.2.1; that of the newest Argo CD when empty
}

// DefaultKubeVersion is the version of an unknown cluster.
const DefaultKubeVersion = "v1.35.0"

// Application is one Argo CD Application, with the source that is to be rendered.
type Application struct {
	Code      string // its name in Argo CD
	Namespace string // that it deploys to
	// ClusterKinds are the cluster-scoped kinds that its AppProject permits, as GROUP/KIND or KIND. Kinds that are neither
	// Kubernetes' own nor among these have a namespace: others may not be deployed.
	ClusterKinds []string

	Environment argocd.Environment // what variables in the options of the source stand for

	// Kind is empty when it is to be found out: that of a folder of another repository.
	Kind Kind
	// Path is a folder of the repository or, for a chart, an archive; of the catalog when Kind is Catalog.
	Path string
	// Remote is where the source lies when that is not the repository: a chart, and then there is no Path, or what Path is a folder
	// of. Value files that begin with $values/ are nevertheless of the repository.
	Remote *source.Reference `json:",omitempty"`
	Pos    diag.Position     // where the list names the source

	Helm      Helm
	Kustomize Kustomize
	Directory Directory

	// Patches are applied to the source's output; to a kustomization, as part of it.
	Patches []Patch

	// Title names the source among several of an Application, of which it is the first: the rest are Others.
	Title  string        `json:",omitempty"`
	Others []Application `json:",omitempty"`
	// Refs are the repositories whose files value files may be, by the names that the sources of the Application give them; nil stands for
	// the repository that holds the list.
	Refs map[string]*source.Reference `json:",omitempty"`

	// MayBeEmpty says whether it may yield nothing.
	MayBeEmpty bool `json:",omitempty"`

	// Twice says whether to find out which fields of a chart differ each time: if they may, it is rendered twice.
	Twice bool `json:",omitempty"`
	// Debug says that messages may show what templates print, with the values in it.
	Debug bool `json:",omitempty"`
}

// Builds reports whether a source of app is a kustomization, or may be found to be one. Kustomize keeps much of what it reads until it is done.
func (app *Application) Builds() bool {
	return app.Kind == Kustomization || app.Kind == "" || slices.ContainsFunc(app.Others, func(o Application) bool { return o.Builds() })
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
	// Optional says that it may match no object, when another one of the same place does: a key of the list became several patches.
	Optional bool
}

// Object is one object of an application.
type Object struct {
	object.Object
	Phase  Phase
	Source int           // the number of the source among several, from 0
	Pos    diag.Position // what it was made from, relative to the repository's root; without a line where that is unknown
	// From is the file of a packed chart, or of what was fetched, that the object was made from; Pos is then the archive, or where
	// what was fetched is asked for.
	From string
	// Unstable are the fields that differ when the application is rendered again, if Twice asks for them.
	Unstable [][]string
}

// Renderer renders applications of one repository. What they share, such as a chart, is read once. It is not safe for
// concurrent use.
type Renderer struct {
	files   Files
	cluster Cluster
	charts  map[string]*loadedChart // by path
	known   *knownValues
	later   bool // whether to render as if it were another day
	// others render what lies in other repositories. Of those, outer is the files of the repository that holds the list.
	others map[source.Reference]*Renderer
	outer  fs.FS

	// Of the application that is rendered:
	asked    []source.Reference // what it needs from elsewhere
	onlyAsk  bool               // whether to find out no more than that
	warnings diag.List
	calls    calls // of the charts' templates
}

// New makes a Renderer.
func New(files Files, cluster Cluster) *Renderer {
	if cluster.KubeVersion == "" {
		cluster.KubeVersion = DefaultKubeVersion
	}
	if cluster.Helm == "" {
		cluster.Helm = argocd.Newest().Helm()
	}
	return &Renderer{files: files, cluster: cluster, charts: map[string]*loadedChart{}, others: map[source.Reference]*Renderer{},
		known: &knownValues{read: map[valueText]map[string]any{}}}
}

// Result is the output of an application.
type Result struct {
	Objects  []Object  // in the order in which Argo CD applies them
	Warnings diag.List // what Argo CD would accept, but the user hardly wants

	leftOut []key // objects that Argo CD does not apply

	Asked []source.Reference // what it needs from elsewhere
	// Varies reports whether it may differ when it is rendered again, from the same files.
	Varies bool
}

// Render returns the objects that Argo CD would apply for app. There are none when there is a diagnostic. The files in diagnostics are
// relative to the repository's root, and their paths begin with the application's code.
func (r *Renderer) Render(app *Application) (Result, diag.List) {
	r.asked, r.warnings, r.calls = nil, nil, calls{}
	out, diags := r.several(app)
	out.Warnings = append(r.warnings, out.Warnings...)
	out.Asked, out.Varies = r.asked, r.calls.varying
	return out, eachOnce(diags)
}

func (r *Renderer) render(app *Application) (Result, diag.List) {
	if app.Remote != nil && !app.isChartAlone() {
		return r.foreign(app)
	}
	app, diags := r.override(app)
	if len(diags) > 0 {
		return Result{}, diags
	}
	manifests, diags := r.manifests(app)
	if len(diags) > 0 || r.onlyAsk {
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
	case Manifests:
		if !r.onlyAsk { // they need nothing from elsewhere
			return r.directory(app)
		}
		return nil, nil
	}
	return nil, diag.List{app.failure(app.at(), "internal-error", "please report it", "there is no kind of source %q", app.Kind)}
}

// at is the place of the source as a whole.
func (app *Application) at() diag.Position {
	if app.Remote != nil {
		return app.Pos
	}
	return diag.Position{File: app.Path}
}

// failure is a diagnostic about app: the place may be a folder or a file alone.
func (app *Application) failure(at diag.Position, code, hint, format string, args ...any) diag.Diagnostic {
	return diag.Diagnostic{Pos: at, Path: app.Code, Code: code, Message: fmt.Sprintf(format, args...), Hint: hint}
}
