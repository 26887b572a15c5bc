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
	*syntax.Node                 `example:"{namespace: web-whoami, networkPolicies: web-app, applications: [{applicationCode: web-whoami, path: deploy/whoami}]}"`
	Namespace                    text                      `yaml:"namespace,required,name" example:"web-whoami"`
	ManageNamespace              flag                      `yaml:"manageNamespace"`
	PodSecurity                  *podSecurityInput         `yaml:"podSecurity"`
	Labels                       syntax.Map[text]          `yaml:"labels" example:"{team: house}"`
	Annotations                  syntax.Map[text]          `yaml:"annotations" example:"{example.com/owner: house}"`
	AutomountServiceAccountToken flag                      `yaml:"automountServiceAccountToken"`
	Quota                        *quotaInput               `yaml:"quota"`
	Quotas                       syntax.Map[quotaInput]    `yaml:"quotas" example:"{batch: {scopes: [Terminating], pods: 5}}"` // more of them, by name, for some pods each
	Limits                       *limitsInput              `yaml:"limits"`
	NetworkPolicies              *networkPoliciesInput     `yaml:"networkPolicies" empty:"name a profile, such as isolated; or write networkPolicies: open, which leaves the namespace open to everything"`
	Access                       []accessInput             `yaml:"access"`
	CI                           []identityInput           `yaml:"ci"`
	SecretStores                 syntax.Map[ownStoreInput] `yaml:"secretStores" example:"{doppler: {doppler: {token: doppler#token}}}"` // SecretStores of the namespace, by name
	ClusterResources             []clusterResourceInput    `yaml:"clusterResources"`
	Guardrails                   *guardrailsInput          `yaml:"guardrails"`
	Project                      *projectInput             `yaml:"project"`
	Applications                 []appInput                `yaml:"applications,by=applicationCode" element:"application"`

	Cluster    text                     `yaml:"cluster" example:"home"`
	Clusters   []text                   `yaml:"clusters,one" example:"[home, vps]"`
	PerCluster syntax.Map[syntax.Layer] `yaml:"perCluster" example:"{vps: {podSecurity: restricted}}"` // what differs there: an entry
	Whole      syntax.Layer             `yaml:",whole=perCluster"`
}

// guardrailsInput is what the catalog application guardrails does in a namespace, where that is not what its values say.
type guardrailsInput struct {
	*syntax.Node    `example:"{pinned-images: enforce}"`
	ReadinessProbes text                      `yaml:"readiness-probes" enum:"audit,enforce,none" example:"audit"`
	NonRoot         text                      `yaml:"non-root" enum:"audit,enforce,none" example:"enforce"`
	Limits          text                      `yaml:"limits" enum:"audit,enforce,none" example:"audit"`
	PinnedImages    text                      `yaml:"pinned-images" enum:"audit,enforce,none" example:"enforce"`
	TeamLabel       text                      `yaml:"team-label" enum:"audit,enforce,none" example:"none"`
	LiveState       text                      `yaml:"live-state" enum:"enforce,none" example:"enforce"`
	Exceptions      []guardrailExceptionInput `yaml:"exceptions"`
}

// guardrailExceptionInput is a workload that a guardrail leaves alone for a time.
type guardrailExceptionInput struct {
	*syntax.Node `example:"{guardrail: pinned-images, workload: whoami, reason: the vendor tags nothing, until: 2027-03-31}"`
	Guardrail    text        `yaml:"guardrail,required" enum:"readiness-probes,non-root,limits,pinned-images,team-label,live-state" example:"pinned-images"`
	Workload     text        `yaml:"workload,required" example:"whoami"` // the name of the Deployment or other workload, of whatever kind
	Reason       text        `yaml:"reason,required" example:"the vendor tags nothing"`
	Until        syntax.Text `yaml:"until,required" example:"2027-03-31"` // the last day
}

// podSecurityInput is the Pod Security Standard of a namespace, or the platform's default.
type podSecurityInput struct {
	*syntax.Node `example:"restricted"`
	Enforce      text `yaml:"enforce,short" enum:"privileged,baseline,restricted" example:"restricted" flag:"write a level: privileged, baseline or restricted"`
	Audit        text `yaml:"audit" enum:"privileged,baseline,restricted" example:"baseline"`
	Warn         text `yaml:"warn" enum:"privileged,baseline,restricted" example:"baseline"`
	Version      text `yaml:"version" example:"v1.36"`
}

// networkPoliciesInput is a profile and the flows on top of it.
type networkPoliciesInput struct {
	*syntax.Node `example:"web-app"`
	Profile      text        `yaml:"profile,short,required" example:"web-app" flag:"write open for a namespace that is open to everything, or the name of a profile, such as web-app"`
	Allow        []flowInput `yaml:"allow"`
	Baselines    flag        `yaml:"baselines"` // whether it has the flows that platform.yml permits everywhere; default true
}

// flowInput is one permitted flow, declared at either end.
type flowInput struct {
	*syntax.Node `example:"{to: {namespace: web-ntfy, ports: [8080]}}"`
	To           *peerInput       `yaml:"to"`
	From         *peerInput       `yaml:"from"`
	PodLabels    syntax.Map[text] `yaml:"podLabels" example:"{app.kubernetes.io/name: whoami}"` // which pods of this namespace; all when absent
}

// peerInput is the other end of a flow: exactly one of Namespace, Host, CIDR, Entity.
type peerInput struct {
	*syntax.Node `example:"{namespace: web-ntfy, ports: [8080]}"`
	Namespace    text             `yaml:"namespace" example:"web-ntfy"`
	Cluster      text             `yaml:"cluster" example:"vps"`                                // where the namespace is, if it is on another one, which Cilium connects with this one
	PodLabels    syntax.Map[text] `yaml:"podLabels" example:"{app.kubernetes.io/name: whoami}"` // which pods of the other namespace; all when absent
	Host         text             `yaml:"host" example:"api.example.com"`
	CIDR         text             `yaml:"cidr" example:"192.168.0.0/24"`
	Except       []text           `yaml:"except" example:"[192.168.0.109/32]"` // parts of the CIDR that are left out
	Entity       text             `yaml:"entity" enum:"all,world,cluster,host,remote-node,kube-apiserver,ingress,init,health,unmanaged,none" example:"world"`
	Ports        []syntax.Text    `yaml:"ports" example:"[8080, 53/UDP]"` // pod ports: 8080, 53/UDP, 8000-8100/TCP, http; all when absent
}

// accessInput gives people or CI a role in the namespace.
type accessInput struct {
	*syntax.Node   `example:"{group: house, role: view}"`
	Group          text `yaml:"group" example:"house"`
	User           text `yaml:"user" example:"jane@house.example"`
	ServiceAccount text `yaml:"serviceAccount" example:"sys-gitlab-agent/gitlab-agent"` // NAME, or NAMESPACE/NAME
	Role           text `yaml:"role" example:"view"`                                    // view, edit, admin, or a Role of the namespace
	ClusterRole    text `yaml:"clusterRole" example:"monitoring-reader"`
}

// identityInput gives the jobs of a branch, or those with an environment too, a role in the namespace.
type identityInput struct {
	*syntax.Node `example:"{project: house/shop, branch: main, role: edit}"`
	Issuer       text `yaml:"issuer" example:"gitlab"`               // one of ciIssuers of platform.yml
	Project      text `yaml:"project,required" example:"house/shop"` // its path in the forge
	Branch       text `yaml:"branch" example:"main"`                 // of the jobs; never absent
	Environment  text `yaml:"environment" example:"production"`      // only the jobs with it
	Role         text `yaml:"role" example:"edit"`                   // view, edit, admin, or a Role of the namespace
	ClusterRole  text `yaml:"clusterRole" example:"image-updater"`
}

// clusterResourceInput is a cluster-scoped kind that the namespace's applications may contain.
type clusterResourceInput struct {
	*syntax.Node `example:"rbac.authorization.k8s.io/ClusterRole"`
	Kind         text `yaml:"kind,short,required" example:"ClusterRole"` // the short form may be GROUP/KIND
	Group        text `yaml:"group" example:"rbac.authorization.k8s.io"` // empty for the core group
}

// projectInput is what the AppProject has besides what the applications need.
type projectInput struct {
	*syntax.Node      `example:"{description: the shop, destinations: [kube-system]}"`
	Description       text               `yaml:"description" example:"the shop"`
	SourceRepos       []text             `yaml:"sourceRepos,hidden" example:"[https://git.example/shop.git]"`
	Destinations      []text             `yaml:"destinations" example:"[kube-system]"` // namespaces besides the entry's own
	OrphanedResources flag               `yaml:"orphanedResources"`                    // warn about them (default true)
	Roles             []projectRoleInput `yaml:"roles"`
}

// projectRoleInput lets groups act on the namespace's Applications in Argo CD.
type projectRoleInput struct {
	*syntax.Node `example:"{name: deployers, groups: [house], actions: [get, sync]}"`
	Name         text   `yaml:"name,required" example:"deployers"`
	Description  text   `yaml:"description" example:"may sync"`
	Groups       []text `yaml:"groups" example:"[house]"`
	Actions      []text `yaml:"actions" enum:"get,create,update,delete,sync,override,action/*" example:"[get, sync]"`
}

// appInput is one Application. Exactly one of Path, Chart and Catalog says where it comes from.
type appInput struct {
	*syntax.Node    `example:"{applicationCode: web-whoami, path: deploy/whoami}"`
	ApplicationCode text `yaml:"applicationCode,short,required" example:"web-whoami"`

	Path     text `yaml:"path" example:"deploy/whoami"`
	Chart    text `yaml:"chart" example:"vault"`
	Version  text `yaml:"version" example:"1.2.3"` // of the chart
	Catalog  text `yaml:"catalog" example:"ntfy"`
	RepoURL  text `yaml:"repoURL,hidden" example:"https://charts.example"`
	Revision text `yaml:"revision" example:"main"`

	Values     syntax.Any      `yaml:"values" example:"{replicas: 2}"`
	ValueFiles []text          `yaml:"valueFiles" example:"[helm-values/whoami.yml]"`
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
	SyncOptions       []text                  `yaml:"syncOptions" example:"[ServerSideApply=true]"`
	IgnoreDifferences []ignoreDifferenceInput `yaml:"ignoreDifferences"`
	Labels            syntax.Map[text]        `yaml:"labels" example:"{team: house}"`
	Annotations       syntax.Map[text]        `yaml:"annotations" example:"{example.com/owner: house}"`

	PriorityClass text `yaml:"priorityClass" example:"critical"` // of all pods

	DependsOn       []text         `yaml:"dependsOn" example:"[sys-cert-manager]"`
	Uses            []useInput     `yaml:"uses"`                           // catalog applications that this one calls
	Provides        []text         `yaml:"provides" example:"[cilium.io]"` // API groups whose CRDs this application installs
	Ingress         []ingressInput `yaml:"ingress"`
	Metrics         *metricsInput  `yaml:"metrics"`
	Dashboards      []text         `yaml:"dashboards,one" example:"deploy/dashboards/*.json"` // files with dashboards of Grafana
	DashboardFolder text           `yaml:"dashboardFolder" example:"Shop"`                    // of Grafana
	Backup          *backupInput   `yaml:"backup"`
	Secrets         []secretInput  `yaml:"secrets"`

	PushSecrets     []pushSecretInput `yaml:"pushSecrets"`
	RestartOnChange *restartInput     `yaml:"restartOnChange"`
}

// partInput is one of several sources; its keys are those of an application with one.
type partInput struct {
	*syntax.Node `example:"{path: deploy/shop}"`
	Name         text `yaml:"name" example:"config"`
	Ref          text `yaml:"ref" example:"config"` // what value files of the others begin with, after a dollar sign

	Path     text `yaml:"path" example:"deploy/shop"`
	Chart    text `yaml:"chart" example:"redis"`
	Version  text `yaml:"version" example:"1.2.3"`
	RepoURL  text `yaml:"repoURL,hidden" example:"https://charts.example"`
	Revision text `yaml:"revision" example:"main"`

	Values     syntax.Any      `yaml:"values" example:"{replicas: 2}"`
	ValueFiles []text          `yaml:"valueFiles" example:"[$config/redis.yml]"`
	Helm       *helmInput      `yaml:"helm"`
	Kustomize  *kustomizeInput `yaml:"kustomize"`
	Directory  *directoryInput `yaml:"directory"`
	Plugin     *pluginInput    `yaml:"plugin"`
	Patches    []patchInput    `yaml:"patches"`
}

// pluginInput is Argo CD's spec.source.plugin.
type pluginInput struct {
	*syntax.Node `example:"my-plugin-v1"`
	Name         text                   `yaml:"name,short" example:"my-plugin-v1"`
	Env          syntax.Map[text]       `yaml:"env,hidden" example:"{STAGE: house}"`
	Parameters   syntax.Map[syntax.Any] `yaml:"parameters,hidden" example:"{stage: house}"` // texts, lists of texts, or mappings of texts
}

// autoSyncInput is Argo CD's spec.syncPolicy.automated.
type autoSyncInput struct {
	*syntax.Node `example:"true"`
	Enabled      flag `yaml:"enabled,short"`
	Prune        flag `yaml:"prune"`
	SelfHeal     flag `yaml:"selfHeal"`
	AllowEmpty   flag `yaml:"allowEmpty"` // the application may yield nothing
}

// retryInput is Argo CD's spec.syncPolicy.retry.
type retryInput struct {
	*syntax.Node `example:"5"`
	Limit        number `yaml:"limit,short,required" example:"5"`
	Duration     text   `yaml:"duration" example:"5s"`
	Factor       number `yaml:"factor" example:"2"`
	MaxDuration  text   `yaml:"maxDuration" example:"3m"`
}

// useInput is a catalog application, in this list, that another one calls.
type useInput struct {
	*syntax.Node `example:"web-ntfy"`
	Application  text             `yaml:"application,short,required" example:"web-ntfy"`
	PodLabels    syntax.Map[text] `yaml:"podLabels" example:"{app.kubernetes.io/name: whoami}"` // which pods of this namespace call it; all when absent
}

// helmInput is the part of Argo CD's spec.source.helm that has no shorter key.
type helmInput struct {
	*syntax.Node            `example:"{releaseName: whoami, skipCrds: true}"`
	ReleaseName             text                       `yaml:"releaseName" example:"whoami"`
	Namespace               text                       `yaml:"namespace" example:"web-whoami"` // of the release
	KubeVersion             text                       `yaml:"kubeVersion" example:"v1.35.3"`
	APIVersions             []text                     `yaml:"apiVersions" example:"[monitoring.coreos.com/v1]"`
	SkipCRDs                flag                       `yaml:"skipCrds"`
	SkipTests               flag                       `yaml:"skipTests"`
	PassCredentials         flag                       `yaml:"passCredentials"`
	IgnoreMissingValueFiles flag                       `yaml:"ignoreMissingValueFiles"`
	SkipSchemaValidation    flag                       `yaml:"skipSchemaValidation"`
	Parameters              syntax.Map[parameterInput] `yaml:"parameters,hidden" example:"{replicaCount: \"3\"}"`
	FileParameters          syntax.Map[text]           `yaml:"fileParameters" example:"{config: files/app.toml}"` // name: file
}

// parameterInput is the value of a Helm parameter.
type parameterInput struct {
	*syntax.Node `example:"\"3\""`
	Value        text `yaml:"value,short,required,hidden" example:"\"3\""`
	ForceString  flag `yaml:"forceString"`
}

// kustomizeInput is Argo CD's spec.source.kustomize.
type kustomizeInput struct {
	*syntax.Node      `example:"{namePrefix: house-}"`
	Images            []text           `yaml:"images" example:"[whoami=traefik/whoami:v1.11.0]"`
	NamePrefix        text             `yaml:"namePrefix" example:"house-"`
	NameSuffix        text             `yaml:"nameSuffix" example:"-blue"`
	Namespace         text             `yaml:"namespace" example:"web-whoami"`
	CommonLabels      syntax.Map[text] `yaml:"commonLabels" example:"{team: house}"`
	CommonAnnotations syntax.Map[text] `yaml:"commonAnnotations" example:"{example.com/owner: house}"`
	Components        []text           `yaml:"components" example:"[../components/debug]"`

	Replicas                  syntax.Map[number] `yaml:"replicas" example:"{whoami: 2}"` // name of the workload: how many
	ForceCommonLabels         flag               `yaml:"forceCommonLabels"`
	LabelWithoutSelector      flag               `yaml:"labelWithoutSelector"`
	LabelIncludeTemplates     flag               `yaml:"labelIncludeTemplates"` // needs labelWithoutSelector
	ForceCommonAnnotations    flag               `yaml:"forceCommonAnnotations"`
	CommonAnnotationsEnvsubst flag               `yaml:"commonAnnotationsEnvsubst"`
	IgnoreMissingComponents   flag               `yaml:"ignoreMissingComponents"`
	KubeVersion               text               `yaml:"kubeVersion" example:"v1.35.3"`
	APIVersions               []text             `yaml:"apiVersions" example:"[monitoring.coreos.com/v1]"`
}

// directoryInput is Argo CD's spec.source.directory.
type directoryInput struct {
	*syntax.Node `example:"{recurse: true}"`
	Recurse      flag          `yaml:"recurse"`
	Include      text          `yaml:"include" example:"'*.yaml'"`
	Exclude      text          `yaml:"exclude" example:"'test-*.yaml'"`
	Jsonnet      *jsonnetInput `yaml:"jsonnet"`
}

// jsonnetInput is Argo CD's spec.source.directory.jsonnet.
type jsonnetInput struct {
	*syntax.Node `example:"{libs: [vendor]}"`
	TLAs         syntax.Map[jsonnetVarInput] `yaml:"tlas" example:"{stage: house}"`
	ExtVars      syntax.Map[jsonnetVarInput] `yaml:"extVars" example:"{stage: house}"`
	Libs         []text                      `yaml:"libs" example:"[vendor]"`
}

// jsonnetVarInput is text, or a Jsonnet expression.
type jsonnetVarInput struct {
	*syntax.Node `example:"house"`
	Value        text `yaml:"value,short" example:"house"`
	Code         text `yaml:"code" example:"'[1, 2]'"`
}

// patchInput changes the source's output. Exactly one of Patch and Path is set.
type patchInput struct {
	*syntax.Node `example:"{target: {kind: Deployment}, patch: [{op: remove, path: /spec/replicas}]}"`
	Patch        syntax.Any         `yaml:"patch" example:"[{op: remove, path: /spec/replicas}]"` // a strategic merge patch, or the operations of a JSON patch; or either as text
	Path         text               `yaml:"path" example:"patches/replicas.yml"`                  // of a file that holds it
	Target       *patchTargetInput  `yaml:"target"`
	Options      *patchOptionsInput `yaml:"options"`
}

// patchTargetInput says which objects a patch changes; all but the selectors are regular expressions.
type patchTargetInput struct {
	*syntax.Node       `example:"{kind: Deployment, name: whoami}"`
	Group              text `yaml:"group" example:"apps"`
	Version            text `yaml:"version" example:"v1"`
	Kind               text `yaml:"kind" example:"Deployment"`
	Name               text `yaml:"name" example:"whoami"`
	Namespace          text `yaml:"namespace" example:"web-whoami"`
	LabelSelector      text `yaml:"labelSelector" example:"app=web"`
	AnnotationSelector text `yaml:"annotationSelector" example:"example.com/owner=house"`
}

type patchOptionsInput struct {
	*syntax.Node    `example:"{allowNameChange: true}"`
	AllowNameChange flag `yaml:"allowNameChange"`
	AllowKindChange flag `yaml:"allowKindChange"`
}

// ignoreDifferenceInput is one of Argo CD's spec.ignoreDifferences.
type ignoreDifferenceInput struct {
	*syntax.Node          `example:"{group: apps, kind: Deployment, jsonPointers: [/spec/replicas]}"`
	Group                 text   `yaml:"group" example:"apps"`
	Kind                  text   `yaml:"kind,required" example:"Deployment"`
	Name                  text   `yaml:"name" example:"whoami"`
	Namespace             text   `yaml:"namespace" example:"web-whoami"`
	JSONPointers          []text `yaml:"jsonPointers" example:"[/spec/replicas]"`
	JQPathExpressions     []text `yaml:"jqPathExpressions" example:"['.spec.template.spec.containers[].resources']"`
	ManagedFieldsManagers []text `yaml:"managedFieldsManagers" example:"[kube-controller-manager]"`
}

// storeRefInput names the store that a secret is read from.
type storeRefInput struct {
	*syntax.Node `example:"vault"`
	Kind         text `yaml:"kind" enum:"ClusterSecretStore,SecretStore"`
	Name         text `yaml:"name,short,required" example:"vault"`
}
