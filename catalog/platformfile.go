package catalog

import "github.com/hippotion/roster/internal/syntax"

// The types of this file are platform.yml as the user writes it.

// platformInput is platform.yml: what is true of all clusters, and then of each.
type platformInput struct {
	*syntax.Node
	doc     *syntax.Document // nil when there is none
	unread  bool             // whether it could not be read at all
	cluster string           // whose settings these are, with what it says itself; empty for those of all
	Whole   syntax.Layer     `yaml:",whole=clusters"`

	Applications []text          `yaml:"applications,one"` // the files of the list, when they are not the usual ones
	Repository   repositoryInput `yaml:"repository"`
	clusterSettings
	Clusters    syntax.Map[syntax.Layer] `yaml:"clusters"`    // what differs in each: a clusterInput
	ClusterMesh flag                     `yaml:"clusterMesh"` // whether Cilium connects them
	Vendor      text                     `yaml:"vendor"`      // a folder with copies of charts from elsewhere: NAME-VERSION.tgz, or folders
	Sources     sourcesInput             `yaml:"sources"`
	Lint        lintInput                `yaml:"lint"`
}

// clusterSettings are what is true of a cluster.
type clusterSettings struct {
	Domain       text               `yaml:"domain"`
	ArgoCD       argocdInput        `yaml:"argocd"`
	Ingress      ingressConfigInput `yaml:"ingress"`
	DNS          dnsInput           `yaml:"dns"`
	APIServer    apiServerInput     `yaml:"apiServer"`
	LoadBalancer loadBalancerInput  `yaml:"loadBalancer"`
	Baselines    baselinesInput     `yaml:"networkBaselines"`
	Secrets      secretsConfigInput `yaml:"secrets"`
	PodSecurity  podSecurityInput   `yaml:"podSecurity"`
	Nodes        []text             `yaml:"nodes"`
	PodCIDRs     []text             `yaml:"podCIDRs"` // where the addresses of pods are from
	Kubernetes   kubernetesInput    `yaml:"kubernetes"`
	Defaults     defaultsInput      `yaml:"defaults"`
}

// clusterInput is one of several clusters.
type clusterInput struct {
	*syntax.Node
	Server    text `yaml:"server,hidden"` // URL of the API server, as the Argo CD of another cluster knows it
	Name      text `yaml:"name"`          // or the name that it has there
	ManagedBy text `yaml:"managedBy"`     // the cluster whose Argo CD that is
	clusterSettings
}

// sourcesInput is how what comes from elsewhere is fetched.
type sourcesInput struct {
	*syntax.Node
	Map        []mirrorInput `yaml:"map"`        // other places in the place of URLs
	Submodules flag          `yaml:"submodules"` // whether those of Git repositories are fetched; default true
}

// mirrorInput is for a URL, and all below it.
type mirrorInput struct {
	*syntax.Node
	URL text `yaml:"url,required,hidden"`
	To  text `yaml:"to,required,hidden"`
}

// repositoryInput is the repository that holds applications.yml.
type repositoryInput struct {
	*syntax.Node
	URL      text `yaml:"url,hidden"`
	Revision text `yaml:"revision"`
	Root     text `yaml:"root"` // where the repository's root is, relative to the folder of applications.yml
}

type argocdInput struct {
	*syntax.Node
	Namespace     text                `yaml:"namespace"`
	Destination   text                `yaml:"destination,hidden"` // URL of the API server
	Plugin        text                `yaml:"plugin"`             // name under which the sidecar is known
	Root          text                `yaml:"root"`               // name of the Application that deploys the list
	Impersonation *impersonationInput `yaml:"impersonation"`
	Kustomize     argocdKustomize     `yaml:"kustomize"`
	Version       syntax.Text         `yaml:"version"` // of Argo CD, such as 3.5: which Helm renders charts
}

// argocdKustomize is how Argo CD runs kustomize.
type argocdKustomize struct {
	*syntax.Node
	BuildOptions text `yaml:"buildOptions"` // as in argocd-cm
}

// impersonationInput turns on a service account per namespace that Argo CD syncs as.
type impersonationInput struct {
	*syntax.Node
	Enabled        flag `yaml:"enabled,short"` // default true
	ServiceAccount text `yaml:"serviceAccount"`
	ClusterRole    text `yaml:"clusterRole"`
}

type ingressConfigInput struct {
	*syntax.Node
	Controller controllerInput             `yaml:"controller"`
	Expose     syntax.Map[[]text]          `yaml:"expose"` // entry points of each exposure
	Auth       syntax.Map[middlewareInput] `yaml:"auth"`
	// IdentityHeaders are those by which the middlewares of auth tell applications who somebody is.
	IdentityHeaders []text               `yaml:"identityHeaders"`
	Defaults        ingressDefaultsInput `yaml:"defaults"`
}

type middlewareInput struct {
	*syntax.Node
	Name      text `yaml:"name,required"`
	Namespace text `yaml:"namespace,required"`
}

type ingressDefaultsInput struct {
	*syntax.Node
	Expose text `yaml:"expose"`
	Auth   text `yaml:"auth"`
}

// podsSettings select the pods of a part of the platform.
type podsSettings struct {
	Namespace text             `yaml:"namespace"`
	PodLabels syntax.Map[text] `yaml:"podLabels"`
}

// controllerInput is the ingress controller.
type controllerInput struct {
	*syntax.Node
	podsSettings
	Version text `yaml:"version"`                         // of Traefik, when the list does not deploy it
	Network text `yaml:"network" enum:"pods,host,cilium"` // what it is for Cilium
}

// dnsInput is the DNS server of the cluster.
type dnsInput struct {
	*syntax.Node
	podsSettings
	Port      number `yaml:"port"`                       // of its pods
	NodeLocal text   `yaml:"nodeLocal" enum:"pods,host"` // where node-local-dns answers in its place
}

type apiServerInput struct {
	*syntax.Node
	Port    number `yaml:"port"`
	Outside []text `yaml:"outside"` // its addresses, where it is outside of the cluster
}

// loadBalancerInput is what leads from outside of the cluster to Services.
type loadBalancerInput struct {
	*syntax.Node
	Clients text `yaml:"clients" enum:"kept,serviceLB,nodes"` // whose addresses pods see
}

// baselinesInput are flows of all namespaces that have policies. Each is off until it is said.
type baselinesInput struct {
	*syntax.Node
	WithinNamespace flag             `yaml:"withinNamespace"` // among the pods of one namespace
	Scrapes         *scrapesInput    `yaml:"scrapes"`
	APIServer       *apiClientsInput `yaml:"apiServer"`
}

// scrapesInput are the pods that scrape all others.
type scrapesInput struct {
	*syntax.Node
	Enabled   flag             `yaml:"enabled,short"` // default true
	Namespace text             `yaml:"namespace"`     // default: the one with the profile monitoring
	PodLabels syntax.Map[text] `yaml:"podLabels"`     // which pods of it; all when absent
	Ports     []syntax.Text    `yaml:"ports"`         // of the pods that are scraped; all when absent
}

// apiClientsInput are the pods that call the API server.
type apiClientsInput struct {
	*syntax.Node
	Enabled   flag             `yaml:"enabled,short"` // default true
	PodLabels syntax.Map[text] `yaml:"podLabels"`
}

// kubernetesInput is what charts are told about the cluster when they are rendered elsewhere.
type kubernetesInput struct {
	*syntax.Node
	Version     text   `yaml:"version"`
	APIVersions []text `yaml:"apiVersions"` // GROUP/VERSION or GROUP/VERSION/KIND, besides Kubernetes' own
}

type secretsConfigInput struct {
	*syntax.Node
	Store           storeInput `yaml:"store"`
	RefreshInterval text       `yaml:"refreshInterval"`
	DependsOn       []text     `yaml:"dependsOn"` // applications that must be healthy before any secret can be read
}

// storeInput is the store that secrets are read from, if they do not name another.
type storeInput struct {
	*syntax.Node
	Kind  text        `yaml:"kind" enum:"ClusterSecretStore,SecretStore"`
	Name  text        `yaml:"name"`
	Vault *vaultInput `yaml:"vault"` // when set, the ClusterSecretStore is rendered
}

type vaultInput struct {
	*syntax.Node
	Server         text           `yaml:"server,required,hidden"`
	Path           text           `yaml:"path"`      // of the KV v2 engine
	MountPath      text           `yaml:"mountPath"` // of the Kubernetes auth method
	Role           text           `yaml:"role,required"`
	ServiceAccount vaultUserInput `yaml:"serviceAccount"`
}

type vaultUserInput struct {
	*syntax.Node
	Name      text `yaml:"name"`
	Namespace text `yaml:"namespace"`
}

// defaultsInput is what an application gets unless its entry says otherwise.
type defaultsInput struct {
	*syntax.Node
	Path        text           `yaml:"path"`
	AutoSync    *autoSyncInput `yaml:"autoSync"`
	Retry       *retryInput    `yaml:"retry"`
	SyncOptions []text         `yaml:"syncOptions"`
	Cluster     text           `yaml:"cluster"` // of entries that name none
}

// lintInput is what roster lint looks for.
type lintInput struct {
	*syntax.Node
	Strict flag             `yaml:"strict"` // also how manifests are written
	Rules  syntax.Map[text] `yaml:"rules" enum:"off,info,warning,error"`
}

// flawed reports whether a value, such as ingress.auth, may be set though it was not read.
func (in *platformInput) flawed(value string) bool {
	return in.unread || in.doc != nil && (in.doc.Flawed(value) || in.cluster != "" && in.doc.Flawed("clusters."+in.cluster+"."+value))
}
