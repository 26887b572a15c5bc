package catalog

import "github.com/hippotion/roster/internal/syntax"

// The types of this file are platform.yml as the user writes it.

// platformInput is platform.yml: what is true of all clusters, and then of each.
type platformInput struct {
	*syntax.Node `example:"{domain: home.example, repository: {url: https://git.example/homelab.git}}"`
	doc          *syntax.Document // nil when there is none
	unread       bool             // whether it could not be read at all
	cluster      string           // whose settings these are, with what it says itself; empty for those of all
	Whole        syntax.Layer     `yaml:",whole=clusters"`

	Applications []text          `yaml:"applications,one" example:"[teams/*/applications.yml]"` // the files of the list, when they are not the usual ones
	Repository   repositoryInput `yaml:"repository"`
	clusterSettings
	Clusters    syntax.Map[syntax.Layer] `yaml:"clusters" example:"{home: {}, vps: {server: https://vps.example:6443}}"` // what differs in each: a clusterInput
	ClusterMesh flag                     `yaml:"clusterMesh"`                                                            // whether Cilium connects them
	Vendor      text                     `yaml:"vendor" example:"vendor"`                                                // a folder with copies of charts from elsewhere: NAME-VERSION.tgz, or folders
	Sources     sourcesInput             `yaml:"sources"`
	Lint        lintInput                `yaml:"lint"`
}

// clusterSettings are what is true of a cluster.
type clusterSettings struct {
	Domain          text                           `yaml:"domain" example:"home.example"`
	ArgoCD          argocdInput                    `yaml:"argocd"`
	Ingress         ingressConfigInput             `yaml:"ingress"`
	DNS             dnsInput                       `yaml:"dns"`
	APIServer       apiServerInput                 `yaml:"apiServer"`
	LoadBalancer    loadBalancerInput              `yaml:"loadBalancer"`
	Baselines       baselinesInput                 `yaml:"networkBaselines"`
	Policy          policyKindInput                `yaml:"networkPolicy"`
	CIIssuers       syntax.Map[issuerInput]        `yaml:"ciIssuers" example:"{gitlab: {url: https://gitlab.example, audience: https://kube.home.example}}"` // whose tokens the API server takes
	CI              []identityInput                `yaml:"ci"`                                                                                               // with a role in all namespaces
	Secrets         secretsConfigInput             `yaml:"secrets"`
	PodSecurity     podSecurityInput               `yaml:"podSecurity"`
	Namespaces      namespacesInput                `yaml:"namespaces"`
	PriorityClasses syntax.Map[priorityClassInput] `yaml:"priorityClasses" example:"{critical: 1000000, batch: {value: -10, preempts: false}}"`
	Monitoring      monitoringInput                `yaml:"monitoring"`
	Backup          *backupConfigInput             `yaml:"backup"`
	Nodes           []text                         `yaml:"nodes" example:"[192.168.0.109]"`
	PodCIDRs        []text                         `yaml:"podCIDRs" example:"[10.42.0.0/16]"` // where the addresses of pods are from
	Kubernetes      kubernetesInput                `yaml:"kubernetes"`
	Defaults        defaultsInput                  `yaml:"defaults"`
}

// clusterInput is one of several clusters.
type clusterInput struct {
	*syntax.Node `example:"{server: https://vps.example:6443}"`
	Server       text `yaml:"server,hidden" example:"https://vps.example:6443"` // URL of the API server, as the Argo CD of another cluster knows it
	Name         text `yaml:"name" example:"vps"`                               // or the name that it has there
	ManagedBy    text `yaml:"managedBy" example:"home"`                         // the cluster whose Argo CD that is
	clusterSettings
}

// sourcesInput is how what comes from elsewhere is fetched.
type sourcesInput struct {
	*syntax.Node `example:"{submodules: false}"`
	Map          []mirrorInput `yaml:"map"`        // other places in the place of URLs
	Submodules   flag          `yaml:"submodules"` // whether those of Git repositories are fetched; default true
}

// mirrorInput is for a URL, and all below it.
type mirrorInput struct {
	*syntax.Node `example:"{url: https://charts.example, to: https://mirror.example/charts}"`
	URL          text `yaml:"url,required,hidden" example:"https://charts.example"`
	To           text `yaml:"to,required,hidden" example:"https://mirror.example/charts"`
}

// repositoryInput is the repository that holds applications.yml.
type repositoryInput struct {
	*syntax.Node `example:"{url: https://git.example/homelab.git}"`
	URL          text `yaml:"url,hidden" example:"https://git.example/homelab.git"`
	Revision     text `yaml:"revision" example:"main"`
	Root         text `yaml:"root" example:"../.."` // where the repository's root is, relative to the folder of applications.yml
}

type argocdInput struct {
	*syntax.Node  `example:"{namespace: argocd}"`
	Namespace     text                `yaml:"namespace" example:"argocd"`
	Destination   text                `yaml:"destination,hidden" example:"https://kubernetes.default.svc"` // URL of the API server
	Plugin        text                `yaml:"plugin" example:"roster-v1"`                                  // name under which the sidecar is known
	Root          text                `yaml:"root" example:"roster"`                                       // name of the Application that deploys the list
	Impersonation *impersonationInput `yaml:"impersonation"`
	Kustomize     argocdKustomize     `yaml:"kustomize"`
	Version       syntax.Text         `yaml:"version" example:"3.5"` // of Argo CD, such as 3.5: which Helm renders charts
}

// argocdKustomize is how Argo CD runs kustomize.
type argocdKustomize struct {
	*syntax.Node `example:"{buildOptions: --enable-helm}"`
	BuildOptions text `yaml:"buildOptions" example:"--enable-helm"` // as in argocd-cm
}

// impersonationInput turns on a service account per namespace that Argo CD syncs as.
type impersonationInput struct {
	*syntax.Node   `example:"true"`
	Enabled        flag `yaml:"enabled,short"` // default true
	ServiceAccount text `yaml:"serviceAccount" example:"argocd-deployer"`
	ClusterRole    text `yaml:"clusterRole" example:"admin"`
}

type ingressConfigInput struct {
	*syntax.Node `example:"{auth: {oauth: {name: oauth, namespace: sys-auth}}}"`
	Kind         text                        `yaml:"kind" enum:"traefik,gateway,ingress"` // which objects routes become
	Class        text                        `yaml:"class" example:"traefik"`             // of IngressClass, for kind ingress
	Controller   controllerInput             `yaml:"controller"`
	Gateway      gatewayInput                `yaml:"gateway"`                                               // that exposures of kind gateway have, unless they name another
	GatewayAPI   syntax.Text                 `yaml:"gatewayAPI" example:"\"1.6\""`                          // the release whose CRDs the cluster has
	Expose       syntax.Map[exposureInput]   `yaml:"expose" example:"{lan: [websecure], public: [public]}"` // entry points, or listeners, of each exposure
	Auth         syntax.Map[authInput]       `yaml:"auth" example:"{oauth: {name: oauth, namespace: sys-auth}}"`
	Middlewares  syntax.Map[middlewareInput] `yaml:"middlewares" example:"{compress: {name: compress, namespace: sys-traefik}}"` // that routes may name, besides auth
	// IdentityHeaders are those by which the middlewares of auth tell applications who somebody is.
	IdentityHeaders []text               `yaml:"identityHeaders" example:"[X-Auth-Request-User]"`
	Defaults        ingressDefaultsInput `yaml:"defaults"`
}

// exposureInput is from where hosts can be reached.
type exposureInput struct {
	*syntax.Node `example:"[websecure]"`
	EntryPoints  []text         `yaml:"entryPoints,short" example:"[websecure]"`                                             // of Traefik
	Kind         text           `yaml:"kind" enum:"traefik,gateway,ingress"`                                                 // which objects routes become, when it is not the usual one
	Class        text           `yaml:"class" example:"traefik"`                                                             // of IngressClass, for kind ingress
	Listeners    []text         `yaml:"listeners,one" example:"[https]"`                                                     // of the Gateway
	Gateways     []gatewayInput `yaml:"gateways" example:"[{name: public, namespace: sys-gateway, implementation: cilium}]"` // in place of ingress.gateway
}

type middlewareInput struct {
	*syntax.Node `example:"{name: oauth, namespace: sys-auth}"`
	Name         text `yaml:"name,required" example:"oauth"`
	Namespace    text `yaml:"namespace,required" example:"sys-auth"`
}

type ingressDefaultsInput struct {
	*syntax.Node `example:"{expose: lan, auth: oauth}"`
	Expose       text `yaml:"expose" example:"lan"`
	Auth         text `yaml:"auth" example:"oauth" flag:"write none for hosts that everybody has access to, or the name of a middleware of ingress.auth"`
}

// podsSettings select the pods of a part of the platform.
type podsSettings struct {
	Namespace text             `yaml:"namespace" example:"kube-system"`
	PodLabels syntax.Map[text] `yaml:"podLabels" example:"{app.kubernetes.io/name: traefik}"`
}

// controllerInput is the ingress controller.
type controllerInput struct {
	*syntax.Node `example:"{namespace: sys-traefik, podLabels: {app.kubernetes.io/name: traefik}}"`
	podsSettings
	Version text `yaml:"version" example:"\"3.7.13\""`    // of Traefik, when the list does not deploy it
	Network text `yaml:"network" enum:"pods,host,cilium"` // what it is for Cilium
}

// dnsInput is the DNS server of the cluster.
type dnsInput struct {
	*syntax.Node `example:"{port: 8053}"`
	podsSettings
	Port      number `yaml:"port" example:"8053"`        // of its pods
	NodeLocal text   `yaml:"nodeLocal" enum:"pods,host"` // where node-local-dns answers in its place
}

type apiServerInput struct {
	*syntax.Node `example:"{port: 6443}"`
	Port         number `yaml:"port" example:"6443"`
	Outside      []text `yaml:"outside" example:"[203.0.113.10/32]"` // its addresses, where it is outside of the cluster
}

// loadBalancerInput is what leads from outside of the cluster to Services.
type loadBalancerInput struct {
	*syntax.Node `example:"{clients: serviceLB}"`
	Clients      text `yaml:"clients" enum:"kept,serviceLB,nodes"` // whose addresses pods see
}

// baselinesInput are flows of all namespaces that have policies. Each is off until it is said.
type baselinesInput struct {
	*syntax.Node    `example:"{withinNamespace: true}"`
	WithinNamespace flag             `yaml:"withinNamespace"` // among the pods of one namespace
	Scrapes         *scrapesInput    `yaml:"scrapes"`
	APIServer       *apiClientsInput `yaml:"apiServer"`
}

// scrapesInput are the pods that scrape all others.
type scrapesInput struct {
	*syntax.Node `example:"{namespace: sys-monitoring}"`
	Enabled      flag             `yaml:"enabled,short"`                                            // default true
	Namespace    text             `yaml:"namespace" example:"sys-monitoring"`                       // default: the one with the profile monitoring
	PodLabels    syntax.Map[text] `yaml:"podLabels" example:"{app.kubernetes.io/name: prometheus}"` // which pods of it; all when absent
	Ports        []syntax.Text    `yaml:"ports" example:"[metrics, 9090]"`                          // of the pods that are scraped; all when absent
}

// apiClientsInput are the pods that call the API server.
type apiClientsInput struct {
	*syntax.Node `example:"{podLabels: {egress.example/api-server: allow}}"`
	Enabled      flag             `yaml:"enabled,short"` // default true
	PodLabels    syntax.Map[text] `yaml:"podLabels" example:"{egress.example/api-server: allow}"`
}

// policyKindInput is what the network of the cluster reads.
type policyKindInput struct {
	*syntax.Node `example:"{kind: NetworkPolicy, nodeCIDRs: [10.0.0.0/20]}"`
	Kind         text   `yaml:"kind,short" enum:"CiliumNetworkPolicy,NetworkPolicy"`
	NodeCIDRs    []text `yaml:"nodeCIDRs" example:"[10.0.0.0/20]"` // in which nodes have addresses, and nobody else
}

// issuerInput is a forge that gives tokens to its jobs.
type issuerInput struct {
	*syntax.Node         `example:"{url: https://gitlab.example, audience: https://kube.home.example}"`
	Kind                 text `yaml:"kind" enum:"github,gitlab"`                                             // default: its name
	URL                  text `yaml:"url,hidden" example:"https://gitlab.example"`                           // as the claim iss of a token has it
	Audience             text `yaml:"audience,required" example:"https://kube.home.example"`                 // for which a job asks for its token
	CertificateAuthority text `yaml:"certificateAuthority,hidden" example:"\"-----BEGIN CERTIFICATE-----\""` // PEM of who signed the forge's certificate
	ProtectedBranches    flag `yaml:"protectedBranches"`                                                     // whether jobs of others are refused; default true
}

// kubernetesInput is what charts are told about the cluster when they are rendered elsewhere.
type kubernetesInput struct {
	*syntax.Node `example:"{version: v1.35.3}"`
	Version      text   `yaml:"version" example:"v1.35.3"`
	APIVersions  []text `yaml:"apiVersions" example:"[monitoring.coreos.com/v1]"` // GROUP/VERSION or GROUP/VERSION/KIND, besides Kubernetes' own
}

type secretsConfigInput struct {
	*syntax.Node    `example:"{store: {name: vault}, dependsOn: [sys-vault]}"`
	Store           storeInput                   `yaml:"store"`
	Stores          syntax.Map[sharedStoreInput] `yaml:"stores" example:"{1password: {type: onepassword}}"` // others, by name
	RefreshInterval text                         `yaml:"refreshInterval" example:"1h"`
	DependsOn       []text                       `yaml:"dependsOn" example:"[sys-vault]"` // applications that must be healthy before any secret can be read
	Reloader        text                         `yaml:"reloader" enum:"stakater,wave"`   // what restarts pods when a Secret of theirs changes
}

// storeInput is the store that secrets are read from, if they do not name another.
type storeInput struct {
	*syntax.Node `example:"{name: vault}"`
	Kind         text                  `yaml:"kind" enum:"ClusterSecretStore,SecretStore"`
	Name         text                  `yaml:"name" example:"vault"`
	Type         text                  `yaml:"type" enum:"vault,onepassword,onepasswordSDK,bitwardensecretsmanager,infisical,kubernetes,aws,gcpsm,azurekv,doppler,akeyless,gitlab,webhook,fake" example:"onepassword"` // of a store that comes from elsewhere
	Conditions   []storeConditionInput `yaml:"conditions"`
	providersInput
}

// defaultsInput is what an application gets unless its entry says otherwise.
type defaultsInput struct {
	*syntax.Node `example:"{autoSync: true}"`
	Path         text           `yaml:"path" example:"deploy/shared"`
	AutoSync     *autoSyncInput `yaml:"autoSync"`
	Retry        *retryInput    `yaml:"retry"`
	SyncOptions  []text         `yaml:"syncOptions" example:"[ServerSideApply=true]"`
	Cluster      text           `yaml:"cluster" example:"home"` // of entries that name none
}

// lintInput is what roster lint looks for.
type lintInput struct {
	*syntax.Node `example:"{rules: {open-namespace: error}}"`
	Strict       flag             `yaml:"strict"` // also how manifests are written
	Rules        syntax.Map[text] `yaml:"rules" enum:"off,info,warning,error" example:"{open-namespace: error}"`
}

// flawed reports whether a value, such as ingress.auth, may be set though it was not read.
func (in *platformInput) flawed(value string) bool {
	return in.unread || in.doc != nil && (in.doc.Flawed(value) || in.cluster != "" && in.doc.Flawed("clusters."+in.cluster+"."+value))
}
