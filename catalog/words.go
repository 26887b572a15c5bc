package catalog

import "strings"

// anyInput stands for all input types in foreignWords, and sourceInput for those that say where an application comes from.
const (
	anyInput    = ""
	sourceInput = "sourceInput"
)

// words are what people write who come from other tools, and what it is here: by the input type, and by the key. What is a key of another
// mapping of the file is not here: see guide. They are made when they are asked for, which most runs do not.
func words() map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, of := range foreignWords {
		table := map[string]string{}
		for _, w := range of.words {
			for _, word := range strings.Fields(w.words) {
				table[word] = w.hint
			}
		}
		out[of.input] = table
	}
	for word, hint := range out[sourceInput] {
		if out["appInput"][word] == "" {
			out["appInput"][word] = hint
		}
	}
	out["partInput"] = out[sourceInput]
	delete(out, sourceInput)
	return out
}

const (
	sourceKeys = "its keys stand beside applicationCode: path: deploy/whoami; or chart: vault, repoURL: https://charts.example and version: 1.2.3"
	oneHost    = "write ingress: [{host: whoami, service: web-whoami, port: 80}]"
	inValues   = " stands in the manifests of path or among the values of a chart; with catalog: app, "
	noTLS      = "remove it: the entry points of Traefik say where TLS is, and expose names the entry points; see docs/traefik.md"
	autoSynced = "write autoSync: {prune: true, selfHeal: true}"
	aProfile   = "write networkPolicies: web-app, or another profile"
	someFlows  = "write networkPolicies: {profile: web-app, allow: [{to: {namespace: web-ntfy, ports: [8080]}}]}"
	fromVault  = "write data: {PASSWORD: web-whoami#password}, from which path and property of Vault each key comes; values themselves are never in the list"
	thePods    = "write podLabels: {app.kubernetes.io/name: whoami}"
	valuesUp   = "write values: {replicas: 2} beside helm, not in it"
	filesUp    = "write valueFiles: [helm-values/whoami.yml] beside helm, not in it"
	twoEnds    = "write it under to or from: {to: {namespace: web-ntfy, ports: [8080]}}"
)

// wordsOf are the words that people write in mappings of an input type.
type wordsOf struct {
	input string
	words []foreignWord
}

// foreignWord is what to write in the place of words, which have spaces between them.
type foreignWord struct{ words, hint string }

var foreignWords = [...]wordsOf{
	{anyInput, []foreignWord{
		{"//", "write a comment after a #"},
		{"description comment", "write a comment: # the router's page"},
		{"enabled disabled", "remove what is not to be there, or put a # before each of its lines"},
	}},
	{"entryInput", []foreignWord{
		{"name ns", "write namespace: web-whoami"},
		{"apps app services releases", "write applications: [{applicationCode: web-whoami, path: deploy/whoami}]"},
		{"charts", "write applications: [{applicationCode: web-redis, chart: redis, repoURL: https://charts.example, version: 1.2.3}]"},
		{"image", "it belongs to an application: applications: [{applicationCode: web-whoami, catalog: app, values: {image: traefik/whoami:v1.11.0, port: 8080}}]"},
		{"policy policies networkProfile", aProfile},
		{"egress flows", someFlows},
		{"host", "it belongs to an application: applications: [{applicationCode: web-whoami, path: deploy/whoami, ingress: [{host: whoami, service: web-whoami, port: 80}]}]"},
		{"rbac roleBindings groups", "write access: [{group: house, role: view}]"},
		{"users", "write access: [{user: jane@house.example, role: view}]"},
		{"metadata", "write its labels and annotations beside namespace: labels: {team: house}"},
		{"resourceQuota resourcequota", "write quota: {cpu: 4, memory: 8Gi, pods: 20}"},
		{"limitRange limitrange", "write limits: {default: {memory: 256Mi}, max: {memory: 2Gi}}"},
		{"createNamespace", "write manageNamespace: false for a namespace that somebody else makes; without it, roster renders it"},
		{"syncPolicy", "it belongs to an application, or to all in platform.yml: defaults: {autoSync: true}"},
		{"env", "the name of a cluster is cluster: home; variables of a container" + inValues + "values: {env: {TZ: Europe/Berlin}}"},
		{"environment stage", "write cluster: home, of the clusters in platform.yml"},
		{"kyverno admission guardrail policyExceptions", "write guardrails: {pinned-images: enforce}; an application with catalog: guardrails has the policies"},
	}},
	{"guardrailsInput", []foreignWord{
		{"probes readiness readinessProbe", "write readiness-probes: enforce"},
		{"root runAsNonRoot", "write non-root: enforce"},
		{"resources requests", "write limits: enforce"},
		{"images latest disallow-latest-tag", "write pinned-images: enforce"},
		{"team labels require-labels", "write team-label: enforce"},
		{"status live-state-field", "write live-state: enforce"},
		{"default-deny defaultDeny", "it is for namespaces that are not in the list: write defaultDeny: {action: enforce} among the values of the application with catalog: guardrails"},
		{"except exclude exemptions ignore", "write exceptions: [{guardrail: pinned-images, workload: whoami, reason: the vendor tags nothing, until: 2027-03-31}]"},
	}},
	{"guardrailExceptionInput", []foreignWord{
		{"policy rule", "write guardrail: pinned-images"},
		{"name deployment pod", "write workload: whoami"},
		{"because comment description", "write reason: the vendor tags nothing"},
		{"end ends expires", "write until: 2027-03-31"},
	}},
	{"appInput", []foreignWord{
		{"ref", "write revision: main"},
		{"name code id", "write applicationCode: web-whoami"},
		{"metadata", "write applicationCode: web-whoami for its name; labels and annotations stand beside it"},
		{"spec source template", sourceKeys},
		{"destination", "remove it: an application is deployed to the namespace of its entry, on the entry's cluster"},
		{"namespace", "remove it: an application is deployed to the namespace of its entry; for another one, write another entry"},
		{"targetNamespace", "remove it: an application is deployed to the namespace of its entry"},
		{"server", "remove it: the entry's cluster says where it is deployed"},
		{"createNamespace", "remove it: roster renders the Namespace of the entry"},
		{"project", "remove it: roster renders an AppProject for each entry; what it has besides is the entry's project: {destinations: [kube-system]}"},
		{"syncPolicy", autoSynced + "; syncOptions and retry are keys of their own"},
		{"automated sync prune selfHeal", autoSynced},
		{"syncWave wave", "write dependsOn: [sys-cert-manager]: waves follow from it"},
		{"needs depends_on dependencies after", "write dependsOn: [sys-cert-manager]"},
		{"finalizers", "write finalizer: true, which is the default"},
		{"image", "the image" + inValues + "values: {image: traefik/whoami:v1.11.0}"},
		{"images", "with a kustomization, write kustomize: {images: [whoami=traefik/whoami:v1.11.0]}; else it" + inValues + "values: {image: traefik/whoami:v1.11.0}"},
		{"monitor serviceMonitor podMonitor monitoring scrape prometheus", "write metrics: {port: 9090, path: /metrics}"},
		{"backups", "write backup: daily"},
		{"dashboard grafana", "write dashboards: deploy/dashboards/*.json"},
		{"priorityClassName priority", "write priorityClass: critical"},
		{"replicas", "the number of pods" + inValues + "values: {replicas: 2}; with a kustomization, kustomize: {replicas: {whoami: 2}}"},
		{"env environment", "an environment variable" + inValues + "values: {env: {TZ: Europe/Berlin}}"},
		{"port ports", oneHost + "; the port of a container" + inValues + "values: {port: 8080}"},
		{"volumes", "a volume" + inValues + "values: {volumes: {/data: 1Gi}}"},
		{"resources", "what a container may use" + inValues + "values: {resources: {limits: {memory: 256Mi}}}"},
		{"command", "a command" + inValues + "values: {command: [serve]}"},
		{"args", "an argument" + inValues + "values: {args: [--port=8080]}"},
		{"restart", "remove it: Kubernetes starts a container again"},
		{"container containers", "a container" + inValues + "values: {image: traefik/whoami:v1.11.0, port: 8080}"},
		{"host hosts hostname domain routes service expose", oneHost},
		{"url", oneHost + ", or repoURL: https://git.example/shop.git for the repository"},
		{"tls certificate ingressClassName", noTLS},
		{"auth", "it belongs to a host: ingress: [{host: whoami, service: web-whoami, port: 80, auth: oauth}]"},
		{"push pushSecret", "write pushSecrets: [{name: whoami, data: {password: web-whoami#password}}]"},
		{"externalSecrets", "write secrets: [{name: whoami, data: {PASSWORD: web-whoami#password}}]"},
		{"configMaps", "put the manifest into the folder that path names"},
		{"profile policy", "it belongs to the entry, beside applications: networkPolicies: web-app"},
		{"access", "it belongs to the entry, beside applications: access: [{group: house, role: view}]"},
		{"type", "remove it: roster finds out what path is; a chart of a repository has the key chart"},
	}},
	{sourceInput, []foreignWord{
		{"targetRevision", "write version: 1.2.3 with chart, or revision: main with path"},
		{"branch", "write revision: main"},
		{"tag", "write revision: v1.2.3"},
		{"commit", "write revision and the commit"},
		{"repo repository", "write repoURL: https://charts.example"},
		{"git", "write repoURL: https://git.example/shop.git"},
		{"registry", "write repoURL: oci://registry.example/charts"},
		{"chartVersion", "write version: 1.2.3"},
		{"chartName", "write chart: vault"},
		{"valuesObject set", "write values: {replicas: 2}"},
		{"valuesFile valuesFrom", "write valueFiles: [helm-values/whoami.yml]"},
		{"folder dir manifests", "write path: deploy/whoami"},
		{"file", "write path: deploy/whoami, a folder"},
	}},
	{"helmInput", []foreignWord{
		{"values valuesObject fullnameOverride", valuesUp},
		{"valueFiles valuesFiles", filesUp},
		{"version", "remove it: Argo CD's version says which Helm renders; the version of the chart is version beside chart"},
		{"chart", "write chart: vault beside helm, not in it"},
		{"set", "write parameters: {replicaCount: \"3\"}, or values: {replicaCount: 3} beside helm"},
	}},
	{"kustomizeInput", []foreignWord{
		{"patches", "write patches: [{path: patches/replicas.yml}] beside kustomize, not in it"},
		{"resources", "they are in the kustomization file"},
		{"labels", "write commonLabels: {team: house}"},
		{"version", "remove it: Argo CD's version says which Kustomize builds"},
		{"buildOptions", "write argocd: {kustomize: {buildOptions: --enable-helm}} in platform.yml"},
	}},
	{"ingressInput", []foreignWord{
		{"hostname domain name url", "write host: whoami"},
		{"hostnames", "write hosts: [whoami, www]"},
		{"serviceName svc", "write service: web-whoami"},
		{"backend", "write service: web-whoami and port: 80"},
		{"backendRefs services", "write backends: [{service: web-whoami, port: 80}]"},
		{"namespace", "write service: NAMESPACE/NAME for a Service of another namespace"},
		{"weight", "write backends: [{service: web-whoami, port: 80, weight: 90}, {service: web-canary, port: 80, weight: 10}]"},
		{"servicePort ports", "write port: 80"},
		{"targetPort containerPort", "write port: 80, that of the Service"},
		{"ip upstream externalName endpoint", "write address: 192.168.1.10 and port: 8006"},
		{"pathType", "write path: /api for a prefix, or path: {exact: /healthz}"},
		{"pathPrefix", "write path: /api"},
		{"paths", "write path: /api, and an element of ingress for each path"},
		{"exactPath", "write path: {exact: /healthz}"},
		{"method methods", "write match: {methods: [GET]}"},
		{"query queryParams", "write match: {query: {version: \"2\"}}"},
		{"headers", "write match: {headers: {X-Version: \"2\"}} for requests that have them; requestHeaders or responseHeaders: {set: {X-Frame-Options: DENY}} to change them"},
		{"matches", "write path: /api and match: {methods: [GET]}"},
		{"filters", "write redirect, rewrite, requestHeaders or responseHeaders"},
		{"stripPrefix prefix rewriteTarget", "write rewrite: {prefix: /}, which removes the prefix of path"},
		{"redirectScheme redirectRegex", "write redirect: {scheme: https}"},
		{"timeout", "write timeouts: {backendRequest: 30s}"},
		{"stickySession session cookie affinity", "write sticky: true"},
		{"serversTransport insecureSkipVerify backendProtocol", "write backendTLS: nas.home.example, the name in the certificate; or backendTLS: {insecure: WHY}"},
		{"certificate certManager issuer clusterIssuer", "write tls: {issuer: letsencrypt}"},
		{"secretName tlsSecret", "write tls: whoami-tls"},
		{"certResolver", "write tls: {certResolver: letsencrypt}"},
		{"passthrough tlsPassthrough sni", "write protocol: TLS"},
		{"tcp", "write protocol: TCP"},
		{"udp", "write protocol: UDP"},
		{"grpc gRPC h2c http2 grpcRoute appProtocol", "gRPC is HTTP: its requests have a path such as /package.Service/Method. With Traefik, write scheme: h2c; behind a Gateway, set appProtocol: kubernetes.io/h2c at the port of the Service"},
		{"ingressClassName className class", "write ingress: {kind: ingress, class: NAME} in platform.yml"},
		{"entryPoints entrypoints parentRefs listeners sectionName gateway gateways", "write expose: lan, one of ingress.expose in platform.yml"},
		{"public", "write expose: public, one of ingress.expose in platform.yml"},
		{"middleware", "write auth: oauth, one of ingress.auth in platform.yml, for a login; middlewares: [NAMESPACE/NAME] for others"},
		{"login authentication", "write auth: oauth, one of ingress.auth in platform.yml"},
		{"cors", "write responseHeaders: {set: {Access-Control-Allow-Origin: https://whoami.home.example}}; or deploy what the controller has for it"},
		{"mirror mirrors mirroring retry retries rateLimit ipAllowList allowlist whitelist", "deploy what the controller has for it: middlewares names those of Traefik, and annotations stand at the route"},
		{"rules", "write host: whoami, service: web-whoami and port: 80, an element of ingress for each"},
	}},
	{"backendInput", []foreignWord{
		{"name", "write service: web-whoami"},
		{"namespace", "write service: NAMESPACE/NAME for a Service of another namespace"},
		{"ip host", "write address: 192.168.1.10"},
		{"tls", "write backendTLS: nas.home.example, the name in the certificate"},
	}},
	{"backendTLSInput", []foreignWord{
		{"serverName", "write hostname: nas.home.example"},
		{"insecureSkipVerify skipVerify", "write insecure: WHY, such as insecure: it makes a new certificate by itself"},
		{"rootCAs caCertificate caCert", "write ca: nas-ca, the name of a ConfigMap"},
	}},
	{"redirectInput", []foreignWord{
		{"hostname", "write host: www.home.example"},
		{"statusCode code", "write permanent: true for 301; 302 is the default"},
		{"replacePrefix", "write prefix: /new"},
	}},
	{"rewriteInput", []foreignWord{
		{"hostname", "write host: whoami.internal"},
		{"stripPrefix replacePrefix", "write prefix: /, which removes the prefix of path"},
		{"replacePath", "write path: /index.html"},
	}},
	{"routeTLSInput", []foreignWord{
		{"secret", "write secretName: whoami-tls"},
		{"clusterIssuer", "write issuer: letsencrypt"},
		{"passthrough", "write protocol: TLS beside host, and no tls"},
		{"resolver", "write certResolver: letsencrypt"},
	}},
	{"secretInput", []foreignWord{
		{"value values stringData password keys key remoteRef property env envFrom", fromVault},
		{"path vaultPath", "write dataFrom: [web-whoami/postgres] for all properties of a path, or data: {PASSWORD: web-whoami#password} for some"},
		{"secretStoreRef secretStore", "write store: vault"},
		{"refresh interval", "write refreshInterval: 1h"},
		{"namespace", "remove it: the Secret is in the namespace of its entry"},
		{"secretName targetName", "write target: whoami-env, the name of the Secret"},
		{"templateData stringTemplate", "write template: {URL: \"http://{{ .PASSWORD }}@db\"}"},
		{"templateType secretType", "write type: kubernetes.io/dockerconfigjson"},
		{"metadata", "write its labels and annotations beside name: labels: {team: house}"},
		{"engineVersion", "remove it: there is v2 alone"},
		{"remoteRefs", fromVault},
		{"extract", "write dataFrom: [web-whoami/postgres]"},
		{"find", "write dataFrom: [{find: '^web-'}]"},
		{"generator generatorRef sourceRef", "write dataFrom: [{generator: Password}]"},
		{"rewrite", "it belongs to an element of dataFrom: dataFrom: [{extract: web-whoami/postgres, rewrite: [{regexp: {source: ^, target: DB_}}]}]"},
	}},
	{"pushSecretInput", []foreignWord{
		{"secretStoreRefs secretStoreRef store", "write stores: [vault]"},
		{"selector secretName", "write secret: whoami"},
		{"dataTo", "write whole: web-whoami, or data: {password: web-whoami#password}"},
	}},
	{"secretDataInput", []foreignWord{
		{"remoteRef path secretKeyRef valueFrom", "write ref: web-whoami#password, or key: web-whoami and property: password"},
		{"sourceRef storeRef secretStoreRef", "write store: vault"},
		{"value", fromVault},
	}},
	{"dataFromInput", []foreignWord{
		{"sourceRef generatorRef", "write generator: Password, or store: vault"},
		{"storeRef secretStoreRef", "write store: vault"},
		{"key path", "write extract: web-whoami/postgres, or the path alone"},
		{"password", "write generator: Password"},
	}},
	{"generatorInput", []foreignWord{
		{"length digits symbols symbolCharacters noUpper allowRepeat encoding secretKeys keyType keySize region", "it belongs under spec: {kind: Password, spec: {length: 32}}"},
		{"apiVersion", "remove it: all are of generators.external-secrets.io/v1alpha1"},
	}},
	{"findInput", []foreignWord{
		{"regexp", "write name: '^web-'"},
	}},
	{"keyRewriteInput", []foreignWord{
		{"source target", "write regexp: {source: ^, target: DB_}"},
		{"template", "write transform: '{{ .value | upper }}'"},
	}},
	{"templateFromInput", []foreignWord{
		{"name", "write configMap: whoami-templates, or secret"},
		{"key keys", "write items: [config.yml]"},
	}},
	{"flowInput", []foreignWord{
		{"egress", "write to: {namespace: web-ntfy, ports: [8080]}"},
		{"ingress", "write from: {namespace: web-shop}"},
		{"namespace host cidr entity ports port", twoEnds},
		{"podSelector selector labels", thePods},
	}},
	{"peerInput", []foreignWord{
		{"name namespaceSelector", "write namespace: web-ntfy"},
		{"app application", "write namespace: web-ntfy, the namespace of the application"},
		{"podSelector labels matchLabels selector", thePods},
		{"service", "write namespace: web-ntfy and the ports of its pods: [8080]"},
		{"fqdn domain dns url hostname", "write host: api.example.com"},
		{"ip address", "write cidr: 192.168.0.10/32"},
		{"ipBlock", "write cidr: 192.168.0.0/24"},
		{"cidrs", "write cidr: 192.168.0.0/24, and a flow for each"},
		{"world internet", "write entity: world"},
		{"protocol", "write it with the port: ports: [53/UDP]"},
		{"entities", "write entity: world, and a flow for each"},
	}},
	{"networkPoliciesInput", []foreignWord{
		{"name", "write profile: web-app"},
		{"egress rules", "write allow: [{to: {namespace: web-ntfy, ports: [8080]}}]"},
		{"ingress", "write allow: [{from: {namespace: web-shop}}]"},
		{"extends", "write profile: web-app; a profile in profiles/NAME.yml can extend another one"},
		{"open", "write networkPolicies: open"},
		{"enabled", "write networkPolicies: open for none"},
		{"deny", "what is not permitted is denied: write profile: isolated"},
	}},
	{"accessInput", []foreignWord{
		{"name subject", "write group: house, user: jane@house.example or serviceAccount: sys-ci/deployer"},
		{"sa", "write serviceAccount: sys-ci/deployer"},
		{"subjects", "write group: house, and an element of access for each"},
		{"roleRef", "write role: view, or clusterRole: monitoring-reader"},
		{"email", "write user: jane@house.example"},
	}},
	{"identityInput", []foreignWord{
		{"gitlab github repo repository project_path", "write project: house/shop, and issuer: NAME of ciIssuers in platform.yml when there are several"},
		{"ref ref_name branches", "write branch: main, and an element of ci for each branch"},
		{"tag tags", "remove it: an identity is of a branch, which the forge protects"},
		{"sub subject user", "remove it: project, branch and environment make the name of the user"},
	}},
	{"issuerInput", []foreignWord{
		{"issuer issuerURL iss", "write url: https://gitlab.example"},
		{"aud audiences", "write audience: https://kube.home.example"},
		{"ca caBundle caData", "write certificateAuthority: |, and the lines of the certificate below it"},
		{"usernameClaim usernamePrefix claimMappings prefix", "remove it: the name of the issuer is the prefix, and roster says which claims make the user"},
	}},
	{"autoSyncInput", []foreignWord{
		{"automated", "write prune: true and selfHeal: true here"},
		{"syncOptions", "write syncOptions: [ServerSideApply=true] beside autoSync, not in it"},
	}},
	{"podSecurityInput", []foreignWord{
		{"level profile standard", "write enforce: restricted"},
	}},
	{"projectInput", []foreignWord{
		{"name", "remove it: the project is named after the namespace"},
		{"clusterResourceWhitelist", "write clusterResources: [ClusterRole] beside project, not in it"},
		{"sources", "write sourceRepos: [https://git.example/shop.git]"},
		{"namespaces", "write destinations: [kube-system]"},
	}},
	{"platformInput", []foreignWord{
		{"cluster", "write clusters: {home: {}}, or defaults: {cluster: home} for the one of entries that name none"},
		{"repo git url", "write repository: {url: https://git.example/homelab.git}"},
		{"traefik ingressController", "write ingress: {controller: {namespace: sys-traefik}}"},
		{"vault", "write secrets: {store: {vault: {server: https://vault.example, role: external-secrets}}}"},
		{"secretStore", "write secrets: {store: {name: vault}}"},
		{"argoCD", "write argocd: {namespace: argocd}"},
		{"priorityClass priority", "write priorityClasses: {critical: 1000000}"},
		{"namespace", "entries belong in applications.yml: - namespace: web-whoami"},
		{"autoSync", "write defaults: {autoSync: true}"},
		{"rules", "write lint: {rules: {open-namespace: error}}"},
		{"apiVersion", "remove it: the file has no version"},
		{"version", "remove it: the file has no version; that of Kubernetes is kubernetes: {version: v1.35.3}"},
		{"auth", "write ingress: {auth: {oauth: {name: oauth, namespace: sys-auth}}}"},
	}},
	{"repositoryInput", []foreignWord{
		{"repoURL", "write url: https://git.example/homelab.git"},
		{"branch targetRevision", "write revision: main"},
		{"path", "write root: ../.., where the repository's root is"},
	}},
	{"namespacesInput", []foreignWord{
		{"commonLabels", "write labels: {team: house}"},
		{"resourceQuota", "write quota: {cpu: 4, memory: 8Gi, pods: 20}"},
		{"limitRange", "write limits: {default: {memory: 256Mi}, max: {memory: 2Gi}}"},
	}},
	{"metricsInput", []foreignWord{
		{"targetPort portName ports endpoints", "write port: 9090, of the pods"},
		{"selector labels", "write podLabels: {app.kubernetes.io/name: whoami}, or serviceLabels"},
		{"scrapeInterval", "write interval: 30s"},
		{"scrapeTimeout", "write timeout: 10s"},
		{"podTargetLabels", "write targetLabels: [app.kubernetes.io/instance]"},
		{"relabelings metricRelabelings relabelConfigs", "deploy a ServiceMonitor from a folder of the application: relabelings have no key"},
	}},
	{"backupInput", []foreignWord{
		{"cron when", "write schedule: \"0 3 * * *\", or daily"},
		{"volumes pvcs pvc persistentVolumeClaims claim", "write claims: [data]"},
		{"retention keep ttl", "write retain: {daily: 7, weekly: 4}"},
		{"secret", "write repository: data-restic"},
		{"reason", "write none: a cache"},
		{"prune pruneInterval", "write pruneIntervalDays: 14"},
		{"snapshotClass volumeSnapshotClassName", "write volumeSnapshotClass: csi-snapshots"},
		{"storageClassName", "write storageClass: fast"},
		{"cacheStorageClassName", "write cacheStorageClass: local-path"},
		{"moverSecurityContext runAsUser fsGroup", "write user: 1000, and group where it is another number"},
	}},
	{"backupConfigInput", []foreignWord{
		{"restic bucket s3 url", "write repository: backups/restic, a path of the secret store that has RESTIC_REPOSITORY and RESTIC_PASSWORD"},
		{"retention ttl", "write retain: {within: 30d}"},
		{"snapshotClass volumeSnapshotClassName", "write volumeSnapshotClass: csi-snapshots"},
		{"storageClassName", "write storageClass: fast"},
		{"cacheStorageClassName", "write cacheStorageClass: local-path"},
		{"prune pruneInterval", "write pruneIntervalDays: 14"},
		{"host", "write to: {host: s3.example.com, ports: [443]}"},
	}},
	{"monitoringInput", []foreignWord{
		{"prometheus", "write kind: operator, labels: {release: prometheus}"},
		{"release", "write labels: {release: prometheus}"},
		{"serviceMonitor podMonitor", "write kind: operator"},
	}},
	{"priorityClassInput", []foreignWord{
		{"preemptionPolicy", "write preempts: false in place of Never"},
		{"default", "write globalDefault: true"},
		{"priority", "write value: 1000000"},
	}},
	{"quotaInput", []foreignWord{
		{"requests", "write cpu: 4 and memory: 8Gi, which are what all pods request together"},
		{"requests.cpu limits.cpu count", "write cpu: 4, limits: {cpu: 8}; other names of Kubernetes stand under hard: {count/jobs.batch: 10}"},
		{"requests.memory limits.memory", "write memory: 8Gi, limits: {memory: 16Gi}"},
		{"persistentvolumeclaims pvcs volumes", "write claims: 10"},
		{"configmaps secrets jobs", "write hard: {count/configmaps: 20}"},
		{"requests.storage", "write storage: 100Gi"},
		{"spec", "write its keys beside cpu and memory: hard: {pods: 20}"},
		{"scopeSelector", "write scopes: [Terminating], or priorityClasses: [critical]"},
	}},
	{"limitsInput", []foreignWord{
		{"container containers", "write default: {memory: 256Mi} and max: {memory: 2Gi}, which are of containers"},
		{"maxLimitRequestRatio", "write ratio: {cpu: 10}"},
		{"persistentVolumeClaim pvc storage", "write claims: {max: 50Gi}"},
		{"pod", "write pods: {max: {memory: 4Gi}}"},
		{"requests request", "write defaultRequest: {cpu: 10m, memory: 64Mi}"},
		{"memory cpu", "write default: {memory: 256Mi}, or max: {memory: 2Gi}"},
	}},
	{"controllerInput", []foreignWord{
		{"labels selector", thePods},
	}},
	{"dnsInput", []foreignWord{
		{"labels selector", thePods},
	}},
	{"scrapesInput", []foreignWord{
		{"labels selector", thePods},
	}},
	{"apiClientsInput", []foreignWord{
		{"labels selector", thePods},
		{"namespace", "remove it: it is for the pods with the labels in all namespaces"},
	}},
	{"storeInput", []foreignWord{
		{"1password onePassword op", "write onepassword: {…} for a Connect server, or onepasswordSDK: {…} for a service account"},
		{"bitwarden bitwardenSecretsManager", "write bitwardensecretsmanager: {organizationID: 1a2b, projectID: 3c4d, token: external-secrets/bitwarden#token}"},
		{"gcp google gcpSecretManager", "write gcpsm: {projectID: homelab, key: external-secrets/gcp#key.json}"},
		{"azure keyvault", "write azurekv: {vaultUrl: 'https://homelab.vault.azure.net', identityId: 5e6f}"},
		{"url server", "write vault: {server: https://vault.example, role: external-secrets}"},
	}},
	{"sharedStoreInput", []foreignWord{
		{"1password onePassword op", "write onepassword: {…} for a Connect server, or onepasswordSDK: {…} for a service account"},
		{"bitwarden bitwardenSecretsManager", "write bitwardensecretsmanager: {organizationID: 1a2b, projectID: 3c4d, token: external-secrets/bitwarden#token}"},
		{"gcp google gcpSecretManager", "write gcpsm: {projectID: homelab, key: external-secrets/gcp#key.json}"},
		{"azure keyvault", "write azurekv: {vaultUrl: 'https://homelab.vault.azure.net', identityId: 5e6f}"},
		{"kind", "remove it: these are ClusterSecretStores; a SecretStore is one of secretStores of its entry"},
		{"name", "remove it: the key above is the name"},
	}},
	{"ownStoreInput", []foreignWord{
		{"1password onePassword op", "write onepassword: {…} for a Connect server, or onepasswordSDK: {…} for a service account"},
		{"bitwarden bitwardenSecretsManager", "write bitwardensecretsmanager: {organizationID: 1a2b, projectID: 3c4d, token: external-secrets/bitwarden#token}"},
		{"gcp google gcpSecretManager", "write gcpsm: {projectID: homelab, key: external-secrets/gcp#key.json}"},
		{"azure keyvault", "write azurekv: {vaultUrl: 'https://homelab.vault.azure.net', identityId: 5e6f}"},
		{"kind", "remove it: these are SecretStores; a ClusterSecretStore is one of secrets.stores in platform.yml"},
		{"name namespace", "remove it: the key above is the name, and the store is in the namespace of its entry"},
	}},
	{"vaultInput", []foreignWord{
		{"url address", "write server: https://vault.example"},
	}},
	{"ingressConfigInput", []foreignWord{
		{"entryPoints", "write expose: {lan: [websecure]}"},
		{"domain host", "write domain: home.example beside ingress, not in it"},
		{"className ingressClassName ingressClass", "write kind: ingress and class: traefik"},
		{"tls", noTLS},
	}},
	{"middlewareInput", []foreignWord{
		{"middleware", "write name: oauth"},
		{"kind", "remove it: it is a Middleware of Traefik"},
	}},
	{"authInput", []foreignWord{
		{"middleware", "write name: oauth"},
		{"kind", "remove it: name and namespace are those of a Middleware of Traefik, and Envoy Gateway has extAuth, oidc, basicAuth or apiKeys"},
		{"forwardAuth externalAuth ext_auth", "write extAuth: {service: sys-auth/oauth2-proxy, port: 4180}, which Envoy Gateway asks"},
		{"openid openidConnect", "write oidc: {issuer: https://login.example, clientID: apps, clientSecret: sys-auth/oidc}"},
		{"htpasswd users basic", "write basicAuth: sys-auth/users, a Secret with .htpasswd"},
		{"apiKeyAuth apiKey keys", "write apiKeys: {secrets: sys-auth/api-keys, headers: X-API-Key}"},
	}},
	{"apiKeysInput", []foreignWord{
		{"credentialRefs credentials", "write secrets: [sys-auth/api-keys]"},
		{"extractFrom", "write headers: [X-API-Key], params or cookies"},
	}},
	{"clusterInput", []foreignWord{
		{"url", "write server: https://vps.example:6443"},
		{"kubeconfig", "remove it: Argo CD has the credentials of its clusters"},
	}},
}
