package catalog

import "github.com/hippotion/roster/internal/syntax"

// The types of this file are applications.yml as the user writes it. Every value knows its place; nothing is resolved.

type (
	text   = syntax.Value[string]
	number = syntax.Value[int]
	flag   = syntax.Value[bool]
)

// entryInput is one namespace with all that runs in it.
type entryInput struct {
	*syntax.Node
	Namespace                    text                   `yaml:"namespace,required,name"`
	ManageNamespace              flag                   `yaml:"manageNamespace"`
	PodSecurity                  *podSecurityInput      `yaml:"podSecurity"`
	Labels                       syntax.Map[text]       `yaml:"labels"`
	Annotations                  syntax.Map[text]       `yaml:"annotations"`
	AutomountServiceAccountToken flag                   `yaml:"automountServiceAccountToken"`
	NetworkPolicies              *networkPoliciesInput  `yaml:"networkPolicies" empty:"name a profile, such as isolated; or write networkPolicies: open, which leaves the namespace open to everything"`
	Access                       []accessInput          `yaml:"access"`
	ClusterResources             []clusterResourceInput `yaml:"clusterResources"`
	Project                      *projectInput          `yaml:"project"`
	Applications                 []appInput             `yaml:"applications,by=applicationCode" element:"application"`

	Cluster    text                     `yaml:"cluster"`
	Clusters   []text                   `yaml:"clusters,one"`
	PerCluster syntax.Map[syntax.Layer] `yaml:"perCluster"` // what differs there: an entry
	Whole      syntax.Layer             `yaml:",whole=perCluster"`
}

// podSecurityInput is the Pod Security Standard of a namespace, or the platform's default.
type podSecurityInput struct {
	*syntax.Node
	Enforce text `yaml:"enforce,short" enum:"privileged,baseline,restricted"`
	Audit   text `yaml:"audit" enum:"privileged,baseline,restricted"`
	Warn    text `yaml:"warn" enum:"privileged,baseline,restricted"`
	Version text `yaml:"version"`
}

// networkPoliciesInput is a profile and the flows on top of it.
type networkPoliciesInput struct {
	*syntax.Node
	Profile   text        `yaml:"profile,short,required"`
	Allow     []flowInput `yaml:"allow"`
	Baselines flag        `yaml:"baselines"` // whether it has the flows that platform.yml permits everywhere; default true
}

// flowInput is one permitted flow, declared at either end.
type flowInput struct {
	*syntax.Node
	To        *peerInput       `yaml:"to"`
	From      *peerInput       `yaml:"from"`
	PodLabels syntax.Map[text] `yaml:"podLabels"` // which pods of this namespace; all when absent
}

// peerInput is the other end of a flow: exactly one of Namespace, Host, CIDR, Entity.
type peerInput struct {
	*syntax.Node
	Namespace text             `yaml:"namespace"`
	Cluster   text             `yaml:"cluster"`   // where the namespace is, if it is on another one, which Cilium connects with this one
	PodLabels syntax.Map[text] `yaml:"podLabels"` // which pods of the other namespace; all when absent
	Host      text             `yaml:"host"`
	CIDR      text             `yaml:"cidr"`
	Except    []text           `yaml:"except"` // parts of the CIDR that are left out
	Entity    text             `yaml:"entity" enum:"all,world,cluster,host,remote-node,kube-apiserver,ingress,init,health,unmanaged,none"`
	Ports     []syntax.Text    `yaml:"ports"` // pod ports: 8080, 53/UDP, 8000-8100/TCP, http; all when absent
}

// accessInput gives people or CI a role in the namespace.
type accessInput struct {
	*syntax.Node
	Group          text `yaml:"group"`
	User           text `yaml:"user"`
	ServiceAccount text `yaml:"serviceAccount"` // NAME, or NAMESPACE/NAME
	Role           text `yaml:"role"`           // view, edit, admin, or a Role of the namespace
	ClusterRole    text `yaml:"clusterRole"`
}

// clusterResourceInput is a cluster-scoped kind that the namespace's applications may contain.
type clusterResourceInput struct {
	*syntax.Node
	Kind  text `yaml:"kind,short,required"` // the short form may be GROUP/KIND
	Group text `yaml:"group"`               // empty for the core group
}

// projectInput is what the AppProject has besides what the applications need.
type projectInput struct {
	*syntax.Node
	Description       text               `yaml:"description"`
	SourceRepos       []text             `yaml:"sourceRepos,hidden"`
	Destinations      []text             `yaml:"destinations"`      // namespaces besides the entry's own
	OrphanedResources flag               `yaml:"orphanedResources"` // warn about them (default true)
	Roles             []projectRoleInput `yaml:"roles"`
}

// projectRoleInput lets groups act on the namespace's Applications in Argo CD.
type projectRoleInput struct {
	*syntax.Node
	Name        text   `yaml:"name,required"`
	Description text   `yaml:"description"`
	Groups      []text `yaml:"groups"`
	Actions     []text `yaml:"actions" enum:"get,create,update,delete,sync,override,action/*"`
}

// appInput is one Application. Exactly one of Path, Chart and Catalog says where it comes from.
type appInput struct {
	*syntax.Node
	ApplicationCode text `yaml:"applicationCode,short,required"`

	Path     text `yaml:"path"`
	Chart    text `yaml:"chart"`
	Version  text `yaml:"version"` // of the chart
	Catalog  text `yaml:"catalog"`
	RepoURL  text `yaml:"repoURL,hidden"`
	Revision text `yaml:"revision"`

	Values     syntax.Any      `yaml:"values"`
	ValueFiles []text          `yaml:"valueFiles"`
	Helm       *helmInput      `yaml:"helm"`
	Kustomize  *kustomizeInput `yaml:"kustomize"`
	Directory  *directoryInput `yaml:"directory"`
	Plugin     *pluginInput    `yaml:"plugin"`
	Patches    []patchInput    `yaml:"patches"`

	Sources []partInput `yaml:"sources"`

	AutoSync          *autoSyncInput          `yaml:"autoSync"`
	Retry             *retryInput             `yaml:"retry"`
	Toggleable        flag                    `yaml:"toggleable"`
	Finalizer         flag                    `yaml:"finalizer"` // deleting the Application deletes what it deployed (default true)
	SyncOptions       []text                  `yaml:"syncOptions"`
	IgnoreDifferences []ignoreDifferenceInput `yaml:"ignoreDifferences"`
	Labels            syntax.Map[text]        `yaml:"labels"`
	Annotations       syntax.Map[text]        `yaml:"annotations"`

	DependsOn []text         `yaml:"dependsOn"`
	Uses      []useInput     `yaml:"uses"`     // catalog applications that this one calls
	Provides  []text         `yaml:"provides"` // API groups whose CRDs this application installs
	Ingress   []ingressInput `yaml:"ingress"`
	Secrets   []secretInput  `yaml:"secrets"`
}

// partInput is one of several sources; its keys are those of an application with one.
type partInput struct {
	*syntax.Node
	Name text `yaml:"name"`
	Ref  text `yaml:"ref"` // what value files of the others begin with, after a dollar sign

	Path     text `yaml:"path"`
	Chart    text `yaml:"chart"`
	Version  text `yaml:"version"`
	RepoURL  text `yaml:"repoURL,hidden"`
	Revision text `yaml:"revision"`

	Values     syntax.Any      `yaml:"values"`
	ValueFiles []text          `yaml:"valueFiles"`
	Helm       *helmInput      `yaml:"helm"`
	Kustomize  *kustomizeInput `yaml:"kustomize"`
	Directory  *directoryInput `yaml:"directory"`
	Plugin     *pluginInput    `yaml:"plugin"`
	Patches    []patchInput    `yaml:"patches"`
}

// pluginInput is Argo CD's spec.source.plugin.
type pluginInput struct {
	*syntax.Node
	Name       text                   `yaml:"name,short"`
	Env        syntax.Map[text]       `yaml:"env,hidden"`
	Parameters syntax.Map[syntax.Any] `yaml:"parameters,hidden"` // texts, lists of texts, or mappings of texts
}

// autoSyncInput is Argo CD's spec.syncPolicy.automated.
type autoSyncInput struct {
	*syntax.Node
	Enabled    flag `yaml:"enabled,short"`
	Prune      flag `yaml:"prune"`
	SelfHeal   flag `yaml:"selfHeal"`
	AllowEmpty flag `yaml:"allowEmpty"` // the application may yield nothing
}

// retryInput is Argo CD's spec.syncPolicy.retry.
type retryInput struct {
	*syntax.Node
	Limit       number `yaml:"limit,short,required"`
	Duration    text   `yaml:"duration"`
	Factor      number `yaml:"factor"`
	MaxDuration text   `yaml:"maxDuration"`
}

// useInput is a catalog application, in this list, that another one calls.
type useInput struct {
	*syntax.Node
	Application text             `yaml:"application,short,required"`
	PodLabels   syntax.Map[text] `yaml:"podLabels"` // which pods of this namespace call it; all when absent
}

// helmInput is the part of Argo CD's spec.source.helm that has no shorter key.
type helmInput struct {
	*syntax.Node
	ReleaseName             text                       `yaml:"releaseName"`
	Namespace               text                       `yaml:"namespace"` // of the release
	KubeVersion             text                       `yaml:"kubeVersion"`
	APIVersions             []text                     `yaml:"apiVersions"`
	SkipCRDs                flag                       `yaml:"skipCrds"`
	SkipTests               flag                       `yaml:"skipTests"`
	PassCredentials         flag                       `yaml:"passCredentials"`
	IgnoreMissingValueFiles flag                       `yaml:"ignoreMissingValueFiles"`
	SkipSchemaValidation    flag                       `yaml:"skipSchemaValidation"`
	Parameters              syntax.Map[parameterInput] `yaml:"parameters,hidden"`
	FileParameters          syntax.Map[text]           `yaml:"fileParameters"` // name: file
}

// parameterInput is the value of a Helm parameter.
type parameterInput struct {
	*syntax.Node
	Value       text `yaml:"value,short,required,hidden"`
	ForceString flag `yaml:"forceString"`
}

// kustomizeInput is Argo CD's spec.source.kustomize.
type kustomizeInput struct {
	*syntax.Node
	Images            []text           `yaml:"images"`
	NamePrefix        text             `yaml:"namePrefix"`
	NameSuffix        text             `yaml:"nameSuffix"`
	Namespace         text             `yaml:"namespace"`
	CommonLabels      syntax.Map[text] `yaml:"commonLabels"`
	CommonAnnotations syntax.Map[text] `yaml:"commonAnnotations"`
	Components        []text           `yaml:"components"`

	Replicas                  syntax.Map[number] `yaml:"replicas"` // name of the workload: how many
	ForceCommonLabels         flag               `yaml:"forceCommonLabels"`
	LabelWithoutSelector      flag               `yaml:"labelWithoutSelector"`
	LabelIncludeTemplates     flag               `yaml:"labelIncludeTemplates"` // needs labelWithoutSelector
	ForceCommonAnnotations    flag               `yaml:"forceCommonAnnotations"`
	CommonAnnotationsEnvsubst flag               `yaml:"commonAnnotationsEnvsubst"`
	IgnoreMissingComponents   flag               `yaml:"ignoreMissingComponents"`
	KubeVersion               text               `yaml:"kubeVersion"`
	APIVersions               []text             `yaml:"apiVersions"`
}

// directoryInput is Argo CD's spec.source.directory.
type directoryInput struct {
	*syntax.Node
	Recurse flag          `yaml:"recurse"`
	Include text          `yaml:"include"`
	Exclude text          `yaml:"exclude"`
	Jsonnet *jsonnetInput `yaml:"jsonnet"`
}

// jsonnetInput is Argo CD's spec.source.directory.jsonnet.
type jsonnetInput struct {
	*syntax.Node
	TLAs    syntax.Map[jsonnetVarInput] `yaml:"tlas"`
	ExtVars syntax.Map[jsonnetVarInput] `yaml:"extVars"`
	Libs    []text                      `yaml:"libs"`
}

// jsonnetVarInput is text, or a Jsonnet expression.
type jsonnetVarInput struct {
	*syntax.Node
	Value text `yaml:"value,short"`
	Code  text `yaml:"code"`
}

// patchInput changes the source's output. Exactly one of Patch and Path is set.
type patchInput struct {
	*syntax.Node
	Patch   syntax.Any         `yaml:"patch"` // a strategic merge patch, or the operations of a JSON patch; or either as text
	Path    text               `yaml:"path"`  // of a file that holds it
	Target  *patchTargetInput  `yaml:"target"`
	Options *patchOptionsInput `yaml:"options"`
}

// patchTargetInput says which objects a patch changes; all but the selectors are regular expressions.
type patchTargetInput struct {
	*syntax.Node
	Group              text `yaml:"group"`
	Version            text `yaml:"version"`
	Kind               text `yaml:"kind"`
	Name               text `yaml:"name"`
	Namespace          text `yaml:"namespace"`
	LabelSelector      text `yaml:"labelSelector"`
	AnnotationSelector text `yaml:"annotationSelector"`
}

type patchOptionsInput struct {
	*syntax.Node
	AllowNameChange flag `yaml:"allowNameChange"`
	AllowKindChange flag `yaml:"allowKindChange"`
}

// ignoreDifferenceInput is one of Argo CD's spec.ignoreDifferences.
type ignoreDifferenceInput struct {
	*syntax.Node
	Group                 text   `yaml:"group"`
	Kind                  text   `yaml:"kind,required"`
	Name                  text   `yaml:"name"`
	Namespace             text   `yaml:"namespace"`
	JSONPointers          []text `yaml:"jsonPointers"`
	JQPathExpressions     []text `yaml:"jqPathExpressions"`
	ManagedFieldsManagers []text `yaml:"managedFieldsManagers"`
}

// ingressInput is one host name under which a Service of the namespace is reached.
type ingressInput struct {
	*syntax.Node
	Host     text        `yaml:"host,required"` // a name without dots gets the platform's domain
	Service  text        `yaml:"service" empty:"write a value"`
	Port     syntax.Text `yaml:"port" empty:"write a value"` // the Service's port: a number or its name
	Path     text        `yaml:"path"`
	Priority number      `yaml:"priority"`
	Expose   text        `yaml:"expose"`
	Auth     text        `yaml:"auth"` // one of the platform's, or none, or app: the application has its own

	SharedWith []text `yaml:"sharedWith"` // namespaces whose applications may answer for parts of the host
}

// secretInput is one Secret that External Secrets creates from Vault.
type secretInput struct {
	*syntax.Node
	Name            text             `yaml:"name,required"`
	Data            syntax.Map[text] `yaml:"data,hidden"` // key in the Secret: Vault path#property
	DataFrom        []text           `yaml:"dataFrom,hidden"`
	Type            text             `yaml:"type"`
	Store           *storeRefInput   `yaml:"store"`
	RefreshInterval text             `yaml:"refreshInterval"`
}

// storeRefInput names the store that a secret is read from.
type storeRefInput struct {
	*syntax.Node
	Kind text `yaml:"kind" enum:"ClusterSecretStore,SecretStore"`
	Name text `yaml:"name,short,required"`
}
