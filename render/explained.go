package render

import "slices"

// Explanation is what there is to know of a kind that is rendered.
type Explanation struct {
	Kind
	Text  string   // what it is for and which objects there are, in Markdown
	Keys  []string // of the input, from which the objects are made: those of applications.yml or, with the file before them, of platform.yml
	Waves string   // in which it is applied
	Pages []string // where more is said, in docs
}

// APIVersion is that of the objects.
func (k Kind) APIVersion() string {
	if k.Group == "" {
		return k.Version
	}
	return k.Group + "/" + k.Version
}

// Explained are all kinds that are rendered, in the order of one wave.
func Explained() []Explanation {
	out := make([]Explanation, len(kinds))
	for i, k := range kinds {
		out[i] = explanations[slices.IndexFunc(explanations[:], func(e Explanation) bool { return e.Kind.Kind == k.Kind.Kind })]
		out[i].Kind = k.Kind
	}
	return out
}

// waves, as docs/order.md has them.
const (
	firstWave    = "-2"
	guardWave    = "-1"
	secretWave   = "before the application that needs them: in the wave before its own, 99 where nothing waits for it"
	oneGenerator = "One for each `generator` of `secrets` that has a `spec`, or that needs none: it makes "
	upkeepWave   = "that of the application, or the wave after what installs the kind"
	routeWave    = "that of the application: 100 where nothing waits for it"
)

// generatorKeys are where generators are written.
var generatorKeys = [...]string{"applications.secrets.dataFrom.generator"}

// explanations are those of all kinds. To add a kind, add its explanation here.
var explanations = [...]Explanation{
	{Kind: Kind{Kind: "Namespace"}, Waves: firstWave, Pages: []string{"input.md", "order.md"}, Keys: []string{"namespace", "manageNamespace", "labels", "annotations", "podSecurity"},
		Text: "One for each entry, with the labels of Pod Security; none for an entry with `manageNamespace: false`. Argo CD does not prune it without confirmation, unless all applications of the entry are `toggleable`."},
	{Kind: Kind{Kind: "ServiceAccount"}, Waves: guardWave, Pages: []string{"input.md"}, Keys: []string{"automountServiceAccountToken", "platform.argocd.impersonation"},
		Text: "`default` in each namespace, whose token pods do not get unless the entry says so; and, with `argocd.impersonation`, the account that Argo CD syncs the namespace with."},
	{Kind: Kind{Kind: "LimitRange"}, Waves: guardWave, Pages: []string{"platform.md", "input.md"}, Keys: []string{"limits", "platform.namespaces"},
		Text: "`limits` in each namespace whose entry, or `namespaces` of platform.yml, says how much a container, a pod or a claim may use, and what a container gets that says nothing."},
	{Kind: Kind{Kind: "ResourceQuota"}, Waves: guardWave, Pages: []string{"platform.md", "input.md"}, Keys: []string{"quota", "quotas", "platform.namespaces"},
		Text: "`quota`, and one for each of `quotas`: how much all that is in the namespace may use together."},
	{Kind: Kind{Kind: "PriorityClass"}, Waves: guardWave, Pages: []string{"platform.md", "input.md"}, Keys: []string{"platform.priorityClasses", "applications.priorityClass"},
		Text: "One for each of `priorityClasses` of platform.yml. `priorityClass` of an application sets it in the templates of its pods."},
	{Kind: Kind{Kind: "ClusterRole"}, Waves: guardWave, Pages: []string{"input.md"}, Keys: []string{"clusterResources", "platform.argocd.impersonation"},
		Text: "With `argocd.impersonation`, one for each entry with `clusterResources`: what the account that Argo CD syncs with may do to cluster-scoped kinds."},
	{Kind: Kind{Kind: "ClusterRoleBinding"}, Waves: guardWave, Pages: []string{"input.md"}, Keys: []string{"clusterResources", "platform.argocd.impersonation"},
		Text: "With `argocd.impersonation`, it gives that ClusterRole to the account."},
	{Kind: Kind{Kind: "RoleBinding"}, Waves: guardWave, Pages: []string{"input.md"}, Keys: []string{"access", "ci", "platform.ci", "platform.ciIssuers", "project.destinations", "platform.argocd.impersonation"},
		Text: "One for each element of `access` and of `ci`, and for each of `ci` of `platform.yml`; and, with `argocd.impersonation`, that of the account that Argo CD syncs with, in the namespace and in each of `project.destinations`."},
	{Kind: Kind{Kind: "CiliumNetworkPolicy"}, Waves: guardWave + ", or the wave after the application that provides `cilium.io`", Pages: []string{"profiles.md", "reach.md"},
		Keys: []string{"networkPolicies", "networkPolicies.allow", "applications.uses", "platform.networkBaselines", "platform.networkPolicy"},
		Text: "One for each policy of the profile of an entry, and one for each flow, at both of its ends. They deny what none of them permits. An entry without `networkPolicies`, or with `open`, has none."},
	{Kind: Kind{Kind: "NetworkPolicy"}, Waves: guardWave, Pages: []string{"profiles.md", "reach.md"},
		Keys: []string{"networkPolicies", "networkPolicies.allow", "applications.uses", "platform.networkBaselines", "platform.networkPolicy"},
		Text: "With `networkPolicy: NetworkPolicy`, in the place of each CiliumNetworkPolicy, for a cluster with another network than Cilium. It says the same, or roster says what cannot be said."},
	{Kind: Kind{Kind: "ConfigMap"}, Waves: "the last one: 100 where no chain of waits is longer", Pages: []string{"order.md"}, Keys: []string{"applications.toggleable", "applications.dashboards"},
		Text: "A dashboard of Grafana each, from the files of `dashboards`; and `roster-guard` in each namespace that is not pruned without confirmation: it is the first that Argo CD would prune, and makes it ask before anything else goes."},
	{Kind: Kind{Kind: "AppProject"}, Waves: guardWave, Pages: []string{"argocd.md", "input.md"}, Keys: []string{"project", "clusterResources", "applications.repoURL"},
		Text: "One for each entry, named after its namespace: its applications may come from their own repositories only, go to their own namespace only, and deploy the cluster-scoped kinds of `clusterResources` only."},
	{Kind: Kind{Kind: "SecretStore"}, Waves: "after the application that provides `external-secrets.io`, and those of `secrets.dependsOn`", Pages: []string{"secrets.md", "input.md"}, Keys: []string{"secretStores"},
		Text: "One for each of `secretStores` of an entry: where External Secrets reads the Secrets of this namespace that name it."},
	{Kind: Kind{Kind: "ClusterSecretStore"}, Waves: "after the application that provides `external-secrets.io`, and those of `secrets.dependsOn`", Pages: []string{"input.md", "order.md"},
		Keys: []string{"platform.secrets.store.vault"}, Text: "The store that secrets are read from, when `secrets.store.vault` says where Vault is."},
	{Kind: Kind{Kind: "ACRAccessToken"}, Waves: secretWave, Pages: []string{"secrets.md", "input.md"}, Keys: generatorKeys[:], Text: oneGenerator + "tokens of an Azure container registry."},
	{Kind: Kind{Kind: "CloudsmithAccessToken"}, Waves: secretWave, Pages: []string{"secrets.md", "input.md"}, Keys: generatorKeys[:], Text: oneGenerator + "tokens of Cloudsmith."},
	{Kind: Kind{Kind: "ECRAuthorizationToken"}, Waves: secretWave, Pages: []string{"secrets.md", "input.md"}, Keys: generatorKeys[:], Text: oneGenerator + "tokens of a container registry of AWS."},
	{Kind: Kind{Kind: "Fake"}, Waves: secretWave, Pages: []string{"secrets.md", "input.md"}, Keys: generatorKeys[:], Text: oneGenerator + "values that stand in the list: for tests."},
	{Kind: Kind{Kind: "GCRAccessToken"}, Waves: secretWave, Pages: []string{"secrets.md", "input.md"}, Keys: generatorKeys[:], Text: oneGenerator + "tokens of a container registry of Google."},
	{Kind: Kind{Kind: "GithubAccessToken"}, Waves: secretWave, Pages: []string{"secrets.md", "input.md"}, Keys: generatorKeys[:], Text: oneGenerator + "tokens of a GitHub App."},
	{Kind: Kind{Kind: "Grafana"}, Waves: secretWave, Pages: []string{"secrets.md", "input.md"}, Keys: generatorKeys[:], Text: oneGenerator + "service accounts of Grafana."},
	{Kind: Kind{Kind: "MFA"}, Waves: secretWave, Pages: []string{"secrets.md", "input.md"}, Keys: generatorKeys[:], Text: oneGenerator + "one-time passwords."},
	{Kind: Kind{Kind: "Password"}, Waves: secretWave, Pages: []string{"secrets.md", "input.md"}, Keys: generatorKeys[:], Text: oneGenerator + "random passwords."},
	{Kind: Kind{Kind: "QuayAccessToken"}, Waves: secretWave, Pages: []string{"secrets.md", "input.md"}, Keys: generatorKeys[:], Text: oneGenerator + "tokens of Quay."},
	{Kind: Kind{Kind: "SSHKey"}, Waves: secretWave, Pages: []string{"secrets.md", "input.md"}, Keys: generatorKeys[:], Text: oneGenerator + "SSH keys."},
	{Kind: Kind{Kind: "STSSessionToken"}, Waves: secretWave, Pages: []string{"secrets.md", "input.md"}, Keys: generatorKeys[:], Text: oneGenerator + "session tokens of AWS."},
	{Kind: Kind{Kind: "UUID"}, Waves: secretWave, Pages: []string{"secrets.md", "input.md"}, Keys: generatorKeys[:], Text: oneGenerator + "UUIDs."},
	{Kind: Kind{Kind: "VaultDynamicSecret"}, Waves: secretWave, Pages: []string{"secrets.md", "input.md"}, Keys: generatorKeys[:], Text: oneGenerator + "dynamic secrets of Vault."},
	{Kind: Kind{Kind: "Webhook"}, Waves: secretWave, Pages: []string{"secrets.md", "input.md"}, Keys: generatorKeys[:], Text: oneGenerator + "what an HTTP server answers."},
	{Kind: Kind{Kind: "ExternalSecret"}, Waves: secretWave, Pages: []string{"secrets.md", "input.md"}, Keys: []string{"applications.secrets", "platform.secrets"},
		Text: "One for each element of an application's `secrets`: External Secrets reads the values from a store, and makes a Secret of them, or what `template` makes of them."},
	{Kind: Kind{Kind: "PushSecret"}, Waves: routeWave, Pages: []string{"secrets.md", "input.md"}, Keys: []string{"applications.pushSecrets"},
		Text: "One for each element of an application's `pushSecrets`: External Secrets writes a Secret of the namespace to a store."},
	{Kind: Kind{Kind: "Application"}, Waves: "the first that comes after all that it waits for, from 0 on; 100 where nothing waits for it", Pages: []string{"order.md", "workloads.md", "argocd.md"},
		Keys: []string{"applications", "platform.defaults"},
		Text: "One for each application, in the namespace of Argo CD; and the root Application, which `roster bootstrap` prints and which deploys all this."},
	{Kind: Kind{Kind: "Service"}, Waves: routeWave, Pages: []string{"traefik.md"}, Keys: []string{"applications.ingress.address", "applications.ingress.backends.address"},
		Text: "One for each address outside of the cluster that a route leads to, without a selector. Services of applications are not rendered: their sources bring them."},
	{Kind: Kind{Kind: "EndpointSlice"}, Waves: routeWave, Pages: []string{"traefik.md", "argocd.md"}, Keys: []string{"applications.ingress.address", "applications.ingress.backends.address"},
		Text: "With each such Service, where it leads to."},
	{Kind: Kind{Kind: "Certificate"}, Waves: routeWave, Pages: []string{"traefik.md"}, Keys: []string{"applications.ingress.tls"},
		Text: "One for each Secret that the routes of a namespace name with `tls: {issuer: …}`: cert-manager makes the Secret, for the hosts of these routes."},
	{Kind: Kind{Kind: "Middleware"}, Waves: "that of the first route which needs it", Pages: []string{"traefik.md"},
		Keys: []string{"platform.ingress.identityHeaders", "applications.ingress.auth", "applications.ingress.redirect", "applications.ingress.rewrite", "applications.ingress.requestHeaders", "applications.ingress.responseHeaders"},
		Text: "One for each `redirect`, `rewrite` and change of headers of a route; and `roster-identity-headers` in each namespace that has a route without the platform's login, when `ingress.identityHeaders` lists headers: it removes them from requests. Middlewares of the login are not rendered: `ingress.auth` names yours."},
	{Kind: Kind{Kind: "ServersTransport"}, Waves: routeWave, Pages: []string{"traefik.md"}, Keys: []string{"applications.ingress.backendTLS", "applications.ingress.timeouts"},
		Text: "One for each backend with `backendTLS` or a timeout, in the namespace of its Service: how Traefik calls it."},
	{Kind: Kind{Kind: "TraefikService"}, Waves: routeWave, Pages: []string{"traefik.md"}, Keys: []string{"applications.ingress.backends", "applications.ingress.sticky"},
		Text: "One for each route with several backends and `sticky`: the shares of the backends, and the cookie that keeps the choice."},
	{Kind: Kind{Kind: "IngressRouteTCP"}, Waves: routeWave, Pages: []string{"traefik.md"}, Keys: []string{"applications.ingress.protocol"},
		Text: "One for each route with `protocol: TLS` or `TCP`."},
	{Kind: Kind{Kind: "IngressRouteUDP"}, Waves: routeWave, Pages: []string{"traefik.md"}, Keys: []string{"applications.ingress.protocol"},
		Text: "One for each route with `protocol: UDP`."},
	{Kind: Kind{Kind: "Ingress"}, Waves: routeWave, Pages: []string{"traefik.md"}, Keys: []string{"applications.ingress", "platform.ingress.kind", "platform.ingress.class"},
		Text: "With `ingress.kind: ingress`, one for each host of an application, or path of it, in place of an IngressRoute."},
	{Kind: Kind{Kind: "ServiceMonitor"}, Waves: upkeepWave, Pages: []string{"platform.md", "input.md"}, Keys: []string{"applications.metrics", "platform.monitoring"},
		Text: "One for each application with `metrics`: the Prometheus of the Prometheus operator scrapes the pods behind its Services."},
	{Kind: Kind{Kind: "PodMonitor"}, Waves: upkeepWave, Pages: []string{"platform.md", "input.md"}, Keys: []string{"applications.metrics", "platform.monitoring"},
		Text: "The same for pods, where `metrics` has `podLabels`."},
	{Kind: Kind{Kind: "ReplicationSource"}, Waves: upkeepWave, Pages: []string{"platform.md", "input.md"}, Keys: []string{"applications.backup", "platform.backup"},
		Text: "One for each claim of an application with `backup`, when `backup.kind` is `volsync`: VolSync copies it to a repository of restic."},
	{Kind: Kind{Kind: "Schedule"}, Waves: upkeepWave, Pages: []string{"platform.md", "input.md"}, Keys: []string{"applications.backup", "platform.backup"},
		Text: "One for each entry with an application with `backup`, when `backup.kind` is `velero`: Velero backs up the namespace. It is in Velero's own namespace."},
	{Kind: Kind{Kind: "IngressRoute"}, Waves: routeWave, Pages: []string{"traefik.md", "input.md"}, Keys: []string{"applications.ingress", "platform.ingress", "platform.domain"},
		Text: "One for each host of an application, with a route for each of its paths: where requests go, on which entry points, and behind which login."},
	{Kind: Kind{Kind: "ReferenceGrant"}, Waves: "that of the first route which needs it", Pages: []string{"gateway.md"}, Keys: []string{"applications.ingress.service", "platform.ingress.auth"},
		Text: "In each namespace whose Services or Secrets routes of a Gateway name from another one: Services behind them, and what Envoy Gateway asks for a login. It permits these objects by name, to one kind of one namespace."},
	{Kind: Kind{Kind: "BackendTLSPolicy"}, Waves: routeWave, Pages: []string{"gateway.md"}, Keys: []string{"applications.ingress.backendTLS"},
		Text: "One for each Service with HTTPS that a route of a Gateway leads to: whose certificate it has."},
	{Kind: Kind{Kind: "SecurityPolicy"}, Waves: routeWave, Pages: []string{"gateway.md"}, Keys: []string{"platform.ingress.auth", "applications.ingress.auth"},
		Text: "The login of each HTTPRoute, where Envoy Gateway answers for its Gateway: the Service that is asked, or the provider that visitors are sent to."},
	{Kind: Kind{Kind: "HTTPRoute"}, Waves: routeWave, Pages: []string{"gateway.md", "input.md"}, Keys: []string{"applications.ingress", "platform.ingress", "platform.domain"},
		Text: "One for each element of `ingress` whose exposure is of kind `gateway`: its hosts, what requests have to match, and where they go."},
	{Kind: Kind{Kind: "TLSRoute"}, Waves: routeWave, Pages: []string{"gateway.md"}, Keys: []string{"applications.ingress.protocol", "platform.ingress.gatewayAPI"},
		Text: "One for each element of `ingress` with `protocol: TLS` whose exposure is of kind `gateway`: TLS connections, told apart by the name of the server."},
	{Kind: Kind{Kind: "TCPRoute"}, Waves: routeWave, Pages: []string{"gateway.md"}, Keys: []string{"applications.ingress.protocol", "platform.ingress.gatewayAPI"},
		Text: "One for each element of `ingress` with `protocol: TCP` whose exposure is of kind `gateway`: all connections to its listeners."},
	{Kind: Kind{Kind: "UDPRoute"}, Waves: routeWave, Pages: []string{"gateway.md"}, Keys: []string{"applications.ingress.protocol", "platform.ingress.gatewayAPI"},
		Text: "One for each element of `ingress` with `protocol: UDP` whose exposure is of kind `gateway`: all packets to its listeners."},
}
