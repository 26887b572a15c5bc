// Package argocd holds the options of a source of an Argo CD Application: what stands below helm, kustomize and directory in
// spec.source, with the names that it has there; and those that Argo CD has for all kustomizations.
//
// They are declared here alone. The list gives them their values (package catalog), the Application has them as they are (package
// render), and workers render with them (package render/workload): a new option is one field here, and one in the input.
// It knows nothing of where they were written; of what they do, only the engines know.
package argocd

import "encoding/json"

// Helm is spec.source.helm.
type Helm struct {
	ReleaseName string      `json:"releaseName,omitempty"`  // the application's code when empty
	ValueFiles  []string    `json:"valueFiles,omitempty"`   // seen from the chart, or from the repository's root when they begin with a slash
	Values      any         `json:"valuesObject,omitempty"` // over the value files: a mapping, as syntax.Any has it, or JSON of one; nil when absent
	Parameters  []Parameter `json:"parameters,omitempty"`   // over the values

	SkipCRDs                bool `json:"skipCrds,omitempty"`
	SkipTests               bool `json:"skipTests,omitempty"`
	PassCredentials         bool `json:"passCredentials,omitempty"`
	IgnoreMissingValueFiles bool `json:"ignoreMissingValueFiles,omitempty"`
	SkipSchemaValidation    bool `json:"skipSchemaValidation,omitempty"`

	FileParameters []FileParameter `json:"fileParameters,omitempty"` // over the parameters
	Namespace      string          `json:"namespace,omitempty"`      // of the release; the application's when empty
	KubeVersion    string          `json:"kubeVersion,omitempty"`    // the cluster's when empty
	APIVersions    []string        `json:"apiVersions,omitempty"`    // in place of the cluster's, unless there are none
}

// IsZero reports whether there are no options.
func (h *Helm) IsZero() bool { return h == nil || empty(h) }

// WithValueFiles is h, which may be nil, with those value files.
func (h *Helm) WithValueFiles(files []string) *Helm {
	var out Helm
	if h != nil {
		out = *h
	}
	out.ValueFiles = files
	return &out
}

// Parameter is one --set NAME=VALUE or, with ForceString, --set-string.
type Parameter struct {
	Name        string `json:"name"`
	Value       string `json:"value"`
	ForceString bool   `json:"forceString,omitempty"`
}

// FileParameter is one --set-file NAME=PATH; the path is as that of a value file.
type FileParameter struct {
	Name string `json:"name"`
	Path string `json:"path"`
}

// Kustomize is spec.source.kustomize.
type Kustomize struct {
	Images            []string          `json:"images,omitempty"`
	NamePrefix        string            `json:"namePrefix,omitempty"`
	NameSuffix        string            `json:"nameSuffix,omitempty"`
	Namespace         string            `json:"namespace,omitempty"`
	CommonLabels      map[string]string `json:"commonLabels,omitempty"`
	CommonAnnotations map[string]string `json:"commonAnnotations,omitempty"`
	Components        []string          `json:"components,omitempty"`
	Patches           []Patch           `json:"patches,omitempty"`
	Replicas          []Replica         `json:"replicas,omitempty"`

	ForceCommonLabels         bool `json:"forceCommonLabels,omitempty"` // over those of the kustomization file
	LabelWithoutSelector      bool `json:"labelWithoutSelector,omitempty"`
	LabelIncludeTemplates     bool `json:"labelIncludeTemplates,omitempty"`
	ForceCommonAnnotations    bool `json:"forceCommonAnnotations,omitempty"`
	CommonAnnotationsEnvsubst bool `json:"commonAnnotationsEnvsubst,omitempty"`
	IgnoreMissingComponents   bool `json:"ignoreMissingComponents,omitempty"`

	// What charts of the kustomization are told; as those of Helm.
	KubeVersion string   `json:"kubeVersion,omitempty"`
	APIVersions []string `json:"apiVersions,omitempty"`
}

// Replica is how many pods a workload of that name has.
type Replica struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// IsZero reports whether there are no options.
func (k *Kustomize) IsZero() bool { return k == nil || empty(k) }

// Patch is one of Kustomize's patches: a strategic merge patch or a JSON 6902 patch.
type Patch struct {
	Text   string  `json:"patch"`            // YAML or JSON
	Target *Target `json:"target,omitempty"` // nil when the patch itself names the object
	// Options are those of Kustomize that are set: allowNameChange, allowKindChange. Nil when there are none.
	Options map[string]bool `json:"options,omitempty"`
}

// Target says which objects a patch changes; an empty field stands for any. Name, Namespace, Group, Version and Kind are
// regular expressions.
type Target struct {
	Group              string `json:"group,omitempty"`
	Version            string `json:"version,omitempty"`
	Kind               string `json:"kind,omitempty"`
	Name               string `json:"name,omitempty"`
	Namespace          string `json:"namespace,omitempty"`
	LabelSelector      string `json:"labelSelector,omitempty"`
	AnnotationSelector string `json:"annotationSelector,omitempty"`
}

// Directory is spec.source.directory.
type Directory struct {
	Recurse bool    `json:"recurse,omitempty"`
	Include string  `json:"include,omitempty"`
	Exclude string  `json:"exclude,omitempty"`
	Jsonnet Jsonnet `json:"jsonnet,omitzero"`
}

// IsZero reports whether there are no options.
func (d *Directory) IsZero() bool { return d == nil || empty(d) }

// Jsonnet is spec.source.directory.jsonnet.
type Jsonnet struct {
	TLAs    []JsonnetVar `json:"tlas,omitempty"`
	ExtVars []JsonnetVar `json:"extVars,omitempty"`
	Libs    []string     `json:"libs,omitempty"` // folders, seen from the repository's root
}

// IsZero reports whether there is nothing.
func (j Jsonnet) IsZero() bool { return len(j.TLAs)+len(j.ExtVars)+len(j.Libs) == 0 }

// JsonnetVar is a Jsonnet variable: text or, when Code is set, an expression.
type JsonnetVar struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Code  bool   `json:"code,omitempty"`
}

// Plugin is spec.source.plugin: a config management plugin renders the source.
type Plugin struct {
	Name       string            `json:"name,omitempty"` // that of the one that discovers the source when empty
	Env        []EnvVar          `json:"env,omitempty"`
	Parameters []PluginParameter `json:"parameters,omitempty"`
}

// EnvVar is a variable that the plugin gets, with ARGOCD_ENV_ before its name.
type EnvVar struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// PluginParameter is a parameter of the plugin: a text, a list of texts, or a mapping of texts.
type PluginParameter struct {
	Name   string            `json:"name"`
	String *string           `json:"string,omitempty"`
	Array  []string          `json:"array,omitempty"`
	Map    map[string]string `json:"map,omitempty"`
}

// empty reports whether nothing of the options would be written: each field says so itself, with omitempty.
func empty(options any) bool {
	text, err := json.Marshal(options)
	return err == nil && string(text) == "{}"
}

// BuildOptions are what Argo CD runs kustomize with (kustomize.buildOptions in argocd-cm).
type BuildOptions struct {
	Text    string `json:"-"`          // as they stand there
	Helm    bool   `json:",omitempty"` // --enable-helm
	AnyFile bool   `json:",omitempty"` // --load-restrictor LoadRestrictionsNone
}
