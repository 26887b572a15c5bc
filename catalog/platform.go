package catalog

import (
	"net/netip"
	"path"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/profiles"
)

// The types of this file are the resolved platform: every name is bound, every default applied, every mistake reported.
// What is rendered follows from them alone.

// Platform is everything that is to run in a cluster.
type Platform struct {
	Repository Repository
	Cluster    Cluster
	Kubernetes Kubernetes
	ArgoCD     ArgoCD
	DNS        profiles.Pods  // the pods that answer DNS queries
	Names      profiles.Names // what rules call by names of their own: these pods are among them
	// Plain says rules as NetworkPolicies of Kubernetes; nil where Cilium reads its own.
	Plain  *profiles.Plain
	Stores []Store // the ClusterSecretStores that are rendered, by name
	// StoresElsewhere are those that platform.yml names and that come from elsewhere.
	StoresElsewhere []StoreRef
	Controller      profiles.Pods // the ingress controller
	// TraefikVersion is what platform.yml says that it is, such as 3.7.13; empty when it says nothing.
	TraefikVersion  string
	CI              []CIIssuer // by name
	Domain          string
	Exposures       map[string]Exposure // by name
	GatewayAPI      GatewayAPI
	Expose          map[string][]string // entry points of Traefik by exposure: none for one that has Gateways
	ExposeAt        map[string][]Place  // where each of them is named; nothing for the exposure that there is by default
	Nodes           []Node
	PodCIDRs        []netip.Prefix  // where the addresses of pods are from
	SecretsIn       StoreRef        // that secrets are read from, if they name no other
	RouteSync       Sync            // of all routes together, where one Application deploys them
	PolicySync      Sync            // of all policies, likewise
	PriorityClasses []PriorityClass // by name
	MetricsSync     Sync            // of what scrapes all, likewise
	BackupSync      Sync            // of all backups, likewise
	Backups         bool            // whether platform.yml says what makes them
	VeleroIn        string          // the namespace of Velero, when it makes them; else empty
	Profiles        []OwnProfile    // the user's, by name
	Lint            Lint
	Mirrors         []Mirror    // by URL
	Submodules      bool        // whether Argo CD initializes those of Git repositories
	Vendor          string      // the folder of the repository with copies of what is elsewhere; may be empty
	Namespaces      []Namespace // by name
}

// Origin says where an object comes from: file#/namespace/application/… by names, not lines, so that inserting an entry
// does not touch the objects of the others.
type Origin string

// Place is where something is in a file of the input.
type Place struct {
	Pos  diag.Position
	Path string // such as web-ntfy.applications[0]
}

// Node is the address of a node.
type Node struct {
	Address netip.Addr
	Place   Place
}

// OwnProfile is a network profile in the user's folder.
type OwnProfile struct {
	Name string
	File string
	Used bool // by an entry, or by a profile that is used
}

// Lint is what platform.yml says about the rules of lint.
type Lint struct {
	Strict     bool // whether the rules about how manifests are written are on
	Severities map[string]LintSeverity
}

// LintSeverity is the severity of a rule, or off.
type LintSeverity struct {
	Severity string
	Place    Place
}

// Mirror is where what is at a URL, and below, is fetched from.
type Mirror struct {
	URL string
	To  string // a URL, or a path of the repository
}

// RootName is the name of the Application that deploys the list, and of its AppProject, unless platform.yml sets another.
const RootName = "roster"

// Repository is the Git repository that holds the list.
type Repository struct {
	URL       string // empty when it is not set, and no application needs it
	Revision  string
	Root      string   // in the file system that the platform was loaded from
	Folder    string   // of the list, relative to the root
	ListFiles []string // of the list, relative to the root
	ListPaths string   // the files of the list, for manifest-generate-paths
	Reads     string   // the deepest folder that holds all that was read, relative to the root
}

// Cluster is the one that the platform is of.
type Cluster struct {
	Name string // empty when the list has one cluster, and no name for it
	// Remote says that the Argo CD of another cluster deploys to it, which knows it by Server or, when that is empty, by Known.
	Remote        bool
	Server, Known string
	// Manager is the cluster with that Argo CD: its own name when it has one itself.
	Manager string
	// Mesh says that Cilium connects it with the other clusters, and knows it by its name.
	Mesh bool
	// Home says that this is meant where a request names no cluster.
	Home bool
}

// Kubernetes is what charts are told about the cluster when they are rendered elsewhere. Either may be empty when it is unknown.
type Kubernetes struct {
	KubeVersion string
	APIVersions []string
}

// ArgoCD is where Applications live and what they deploy to.
type ArgoCD struct {
	Namespace     string
	Destination   string // URL of its API server
	Root          string // the name of the Application that deploys the list, and of its AppProject; see Platform.RootName
	Shared        bool   // whether it has other lists: then no two may have the same object
	Plugin        string // the name under which the sidecar is known
	Impersonation bool   // whether Argo CD syncs as the accounts that the projects name
	BuildOptions  argocd.BuildOptions
	Version       argocd.Version // zero when nobody says it
}

// Wave is an Argo CD sync wave: a lower one is applied, and healthy, before a higher one.
type Wave int

// The waves that do not depend on the platform. Applications that something waits for come in firstAppWave and later; all
// others in LastWave, or after the former if these need that many waves.
const (
	NamespaceWave Wave = iota - 2
	GuardWave
	firstAppWave
	LastWave Wave = 100
)

// Sync is when and how the objects of one kind of one owner are applied.
type Sync struct {
	Wave Wave
	// LateKind says that the kind may not exist yet when the sync begins: an application of the platform installs it.
	LateKind bool
}

// Namespace is one entry of the list.
type Namespace struct {
	Name    string
	Origin  Origin
	Place   Place
	Managed bool // whether the Namespace object is rendered
	Guarded bool // whether removing the entry requires confirmation
	// GuardWave is the last wave, and so the first that is pruned.
	GuardWave Wave

	PodSecurity PodSecurity
	Labels      map[string]string
	Annotations map[string]string

	Quotas []Quota // by name
	Limits *Limits // nil when there are none

	AutomountServiceAccountToken bool
	Impersonation                *Impersonation // nil when Argo CD syncs with its own rights

	Project Project
	Access  []Access
	Stores  []Store // the SecretStores that are rendered, by name

	PoliciesAt Place  // where networkPolicies is; of the entry, without it
	Profile    string // of the policies
	// ProfileOnly is whether networkPolicies is the name of the profile and nothing else, or missing: then it has no place for a flow.
	ProfileOnly bool
	Policies    []profiles.Policy // nil when the namespace is open
	Open        bool              // whether the entry says that it is
	Flows       []Flow
	PolicySync  Sync

	// IdentityHeaders are removed from the requests on routes without a login of the platform; nil when there is no such route.
	IdentityHeaders []string
	IdentitySync    Sync // of the Middleware that does it

	Guardrails Guardrails

	Applications []Application // by code
}

// IdentityMiddleware is the name of the Middleware that removes IdentityHeaders.
const IdentityMiddleware = "roster-identity-headers"

// PodSecurity is the levels of a namespace; an empty level is not set.
type PodSecurity struct{ Enforce, Audit, Warn, Version string }

// Impersonation is the service account that Argo CD syncs a namespace's applications as.
type Impersonation struct{ ServiceAccount, ClusterRole string }

// Project is the AppProject of a namespace.
type Project struct {
	Name             string
	Description      string
	SourceRepos      []string
	Destinations     []Destination // the namespaces besides the entry's own, by name
	ClusterResources []ClusterResource
	WarnOrphaned     bool
	Roles            []ProjectRole
}

// ClusterResource is a cluster-scoped kind that a project permits.
type ClusterResource struct{ Group, Kind string }

// Destination is a namespace that the applications of another one may deploy to.
type Destination struct {
	Namespace string
	Place     Place
}

// ProjectRole lets groups act on a project's Applications.
type ProjectRole struct {
	Name, Description string
	Groups, Actions   []string
}

// Access binds a role to somebody.
type Access struct {
	Origin Origin
	// SubjectKind is Group, User or ServiceAccount; SubjectNamespace is set for the last only.
	SubjectKind, Subject, SubjectNamespace string
	// RoleKind is ClusterRole or Role.
	RoleKind, Role string
}

// CIIssuer is a forge whose jobs the API server knows.
type CIIssuer struct {
	Name     string
	Kind     string // one of jobtoken.Forges
	URL      string
	Audience string
	// CertificateAuthority is the PEM of who signed the forge's certificate; empty for those that the API server's system trusts.
	CertificateAuthority string
	AnyBranch            bool // also those that are not protected
}

// Direction is the direction of a flow, seen from the namespace whose policy permits it.
type Direction string

// The directions.
const (
	Ingress Direction = "ingress"
	Egress  Direction = "egress"
)

// Cause is what has made a flow.
type Cause string

// The causes.
const (
	Allowed  Cause = "networkPolicies.allow" // the list permits it
	Used     Cause = "uses"                  // an application calls one of the catalog
	Declared Cause = "catalog"               // an application of the catalog requires it
	Routed   Cause = "applications.ingress"  // a route of the list leads there

	Measured Cause = "metrics" // what scrapes an application reaches it
	BackedUp Cause = "backup"  // what backs up volumes reaches the repository

	// The baselines of platform.yml.
	WithinNamespace Cause = "networkBaselines.withinNamespace"
	Scrapes         Cause = "networkBaselines.scrapes"
	APIClients      Cause = "networkBaselines.apiServer"
)

// Baseline reports whether platform.yml permits the flow, in all namespaces.
func (c Cause) Baseline() bool { return c == WithinNamespace || c == Scrapes || c == APIClients }

// Flow is what one policy permits: one half of a flow between two namespaces, or a flow that leaves the cluster.
type Flow struct {
	Origin    Origin
	Cause     Cause
	OfPeer    bool // whether it is the half of a flow that was declared at the other end
	Place     Place
	Direction Direction
	PodLabels map[string]string // which pods of this namespace; all when empty
	Peer      Peer
	Ports     []Port // all when empty
}

// Peer is the other end: exactly one of Namespace, Everywhere, Host, CIDR and Entity is set.
type Peer struct {
	Namespace string
	Cluster   string // that has the namespace, when it is another one
	PodLabels map[string]string
	// Everywhere is the pods of all namespaces of the cluster.
	Everywhere bool
	Host       string // a name, or a pattern with *
	CIDR       string
	Except     []string
	Entity     string
}

// Port is a pod port, or a range of them.
type Port struct {
	Name     string // a number in decimal, or the name of a container port
	End      int    // the last port of a range, or 0
	Protocol string // TCP, UDP, SCTP or ANY
}

// Application is one Argo CD Application.
type Application struct {
	Code    string
	Name    string // of the Application
	Origin  Origin
	Place   Place
	written *appInput // what the list says
	Sources []Source  // the first is what is deployed, and a second one holds value files; or as many as the list has
	// Workload is the source that roster can render: Sources[0], or what the sidecar renders in its place. Nil when it is not
	// in this repository; Elsewhere then says what it is.
	Workload  *Workload
	Elsewhere string
	// Remote is that source, for whoever has fetched it; nil when Workload is not, and when nobody can render it.
	Remote *Workload
	// Others are the sources that bring objects besides Workload or Remote, wherever they are.
	Others  []*Workload
	Catalog string            // the name in the catalog; empty for others
	Uses    map[string]string // what it calls, by the name in the catalog: the code
	Patches []Patch           // of the workload
	// GeneratePaths are what the source reads, for argocd.argoproj.io/manifest-generate-paths; nil when unknown.
	GeneratePaths []string

	AutoSync          *AutoSync // nil when somebody has to sync it
	Retry             *Retry    // nil for what Argo CD does by itself
	MayBeEmpty        bool      // whether it may deploy nothing
	Guarded           bool      // whether removing it requires confirmation
	Finalizer         bool
	SyncOptions       []string
	IgnoreDifferences []IgnoreDifference
	Labels            map[string]string
	Annotations       map[string]string

	Wave      Wave
	Routes    []Route
	RouteSync Sync
	// CertificatesLate says that an application of the platform installs cert-manager's kinds.
	CertificatesLate bool
	Secrets          []Secret
	SecretsSync      Sync
	PushSecrets      []PushSecret
	PushSync         Sync

	Metrics     *Metrics // nil when nothing scrapes it, or annotations say it
	Dashboards  []Dashboard
	MetricsSync Sync
	Backups     []Backup // by claim
	Velero      *VeleroSchedule
	NoBackup    string // why there is none
	BackupSync  Sync
}

// Reads are the files and folders that the sources read, relative to the repository's root; nil when they are unknown.
func (a *Application) Reads() []string {
	var out []string
	for _, read := range a.GeneratePaths {
		out = append(out, FromRoot(a.Sources[0].Path, read))
	}
	return out
}

// FromRoot is a path of manifest-generate-paths, seen from the repository's root; folder is that of the source.
func FromRoot(folder, read string) string {
	if !path.IsAbs(read) {
		read = path.Join("/", folder, read)
	}
	return path.Clean(strings.TrimPrefix(path.Clean(read), "/"))
}

// ByPlugin reports whether a plugin of somebody else renders a source: what it brings is unknown everywhere but in Argo CD.
func (a *Application) ByPlugin() bool {
	return slices.ContainsFunc(a.Sources, func(s Source) bool { return s.Foreign != nil })
}

// Source is one source of an Application. Which of the pointers is set decides its type; none means that Argo CD finds out.
type Source struct {
	RepoURL, Revision string
	Path              string
	Chart             string
	Ref               string
	Helm              *argocd.Helm
	Kustomize         *argocd.Kustomize
	Directory         *argocd.Directory
	Plugin            *Plugin
	Foreign           *argocd.Plugin // a plugin of somebody else
	Name              string         // among several
	// Here reports whether it is this repository, as it is here.
	Here bool
}

// Environment is what Argo CD replaces variables in the options of the source with, but for the commit.
func (s *Source) Environment(application, namespace, project string) argocd.Environment {
	return argocd.Environment{Name: application, Namespace: namespace, Project: project, RepoURL: s.RepoURL, Path: s.Path, TargetRevision: s.Revision}
}

// Workload is a source in this repository or another one, or one of the catalog.
type Workload struct {
	Kind    SourceKind
	Path    string        // relative to the repository's root; for a chart, a folder or an archive. For Catalog, its name.
	Source  Source        // with the options
	Values  []string      // the files of this repository that a chart gets values from, relative to the root, in the order in which they are read
	Pos     diag.Position // of the name in the list: for what is not in this repository there is no other place to point at
	Title   string        // which one it is, when the list has several sources; empty otherwise
	Patches []Patch       // of it alone, then
	// Remote reports whether it lies where the Source says: a chart of a repository of charts, or Path in another Git repository, of
	// which the Kind may be unknown.
	Remote bool
}

// SourceKind is how a folder is read.
type SourceKind string

// The kinds of sources. UnknownKind is in a repository that cannot be read.
const (
	HelmChart     SourceKind = "a Helm chart"
	Kustomization SourceKind = "a kustomization"
	Manifests     SourceKind = "a folder of manifests"
	Catalog       SourceKind = "a catalog application"
	UnknownKind   SourceKind = ""
)

// Patch is one change of a source's output.
type Patch struct {
	argocd.Patch
	Place Place
	File  string // that holds it, relative to the repository's root; empty when it is in the list
	// Optional says that it may match no object, when another one of the same place does.
	Optional bool
}

// Plugin is the sidecar that renders a catalog application.
type Plugin struct {
	Name        string
	Application string // its name
	Cluster     string // whose Argo CD asks; empty where that is clear
}

// AutoSync is how Argo CD syncs an application by itself.
type AutoSync struct{ Prune, SelfHeal, AllowEmpty bool }

// Retry is how often Argo CD tries a sync that fails, and how long it waits: Duration, and Factor times as long each time, up to
// MaxDuration. What is empty is Argo CD's own.
type Retry struct {
	Limit                 int // without end when negative
	Duration, MaxDuration string
	Factor                int
}

// IgnoreDifference is something that Argo CD does not compare.
type IgnoreDifference struct {
	Group, Kind, Name, Namespace                           string
	JSONPointers, JQPathExpressions, ManagedFieldsManagers []string
}
