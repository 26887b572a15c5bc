package lint

// Tokens come in two pieces, so that those who search repositories for tokens do not stumble over this one.
const (
	gitlabToken = "glpat" + "-x7Qv9LmR2tKpW4sZ8nB1"
	ntfyToken   = "tk" + "_q8w3e5r7t9y1u2i4o6p8a0s2d4f6g"
)

const (
	list      = "applications.yml"
	objects   = "helm-charts/extra-objects/values-"
	routes    = "deploy/films-routes/routes.yaml"
	extras    = "deploy/films-routes/extras.yaml"
	gateway   = "deploy/films-routes/gateway.yaml"
	paperless = "deploy/paperless/argocd.yaml"
)

// guardrails is an entry whose policies look at nothing that an entry does not name.
const guardrails = "- namespace: sys-guardrails\n  applications: [{applicationCode: sys-guardrails, catalog: guardrails, values: {engine: admission, " +
	"guardrails: {readiness-probes: none, non-root: none, limits: none, pinned-images: none, team-label: none}}}]\n\n"

// nightly is the beginning of a list of objects with a Schedule of Velero, but for what it leaves out.
func nightly(template string) string {
	return "objects:\n  - apiVersion: velero.io/v1\n    kind: Schedule\n    metadata: {name: nightly}\n    spec: {schedule: 0 3 * * *, template: {" + template + "}}\n"
}

// alone are faults behind which others cannot be seen, so that each is tried in a house without any: what is not rendered is
// unknown, and may be what another rule misses.
var alone = []fault{
	{example: "homelab-gateway", file: list, old: "auth: none} # who comes here has no login yet", new: "auth: none}", finds: []find{ // by a listener of a Gateway
		{rule: "public-without-auth", text: "- {host: login, expose: public"},
	}},
	{example: "homelab-gateway", file: list, old: "- {host: n8n, service: n8n, port: 5678}", new: "- {host: n8n, service: n8n, port: 5678, auth: none}"}, // by one of lan
	{file: list, old: "      path: deploy/cilium-addresses\n", new: "      path: deploy/cilium-addresses\n      plugin: cdk8s\n", finds: []find{
		{rule: "rendered-by-plugin", text: "- applicationCode: sys-cilium-addresses"},
	}},
	{file: "deploy/cilium-addresses/pool.yaml", old: "kind: CiliumLoadBalancerIPPool\n", new: "", finds: []find{
		{rule: "cannot-render", text: "apiVersion: cilium.io/v2\nmetadata:"},
	}},
	{file: "deploy/cilium-addresses/pool.yaml", old: "apiVersion: cilium.io/v2\nkind: CiliumLoadBalancerIPPool\n",
		new: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm, namespace: argocd}\ndata:\n  kustomize.buildOptions: --enable-helm\n" +
			"  resource.customizations.health.argoproj.io_Application: hs = {}\n---\napiVersion: cilium.io/v2\nkind: CiliumLoadBalancerIPPool\n", finds: []find{
			{rule: "other-build-options", text: "kustomize.buildOptions: --enable-helm"},
			{rule: "not-permitted-by-project", text: "metadata: {name: argocd-cm, namespace: argocd}"},
		}},
	{file: "helm-values/traefik.yml", old: "tls: {enabled: true}", new: "tls: {enabled: false}", finds: []find{
		{rule: "https-entrypoint-without-tls", text: "tls: {enabled: false}"},
	}},
	{file: "platform.yml", old: "public: [cloudflare, websecure]", new: "public: [cloudfare, websecure]", finds: []find{
		{rule: "unknown-entrypoint", text: "public: [cloudfare, websecure]"},
	}},
	{file: list, old: "    profile: web-app-internal # Traefik asks it about every request (forward auth)\n", new: "    profile: isolated-job # who calls it?\n", finds: []find{
		{rule: "route-refused", text: "profile: isolated-job # who calls it?"},
		{rule: "login-refused", text: "profile: isolated-job # who calls it?"},
	}},
	{file: list, old: "  automountServiceAccountToken: true # k3s owns this namespace and its default account: leave both as they are\n", new: "  networkPolicies: {profile: operator, allow: [{to: {entity: world, ports: [53/UDP]}}]}\n", finds: []find{
		{rule: "dns-refused", text: "networkPolicies: {profile: operator, allow: [{to: {entity: world, ports: [53/UDP]}}]}"},
		{rule: "waiver-unused", text: "- namespace: kube-system"},
	}},
	{file: list, old: "- namespace: web-vaultwarden\n", new: "- namespace: web-vaultwarden\n  quota: {cpu: 1m, limits: {cpu: 4}}\n  limits: {max: {memory: 1Mi}}\n", finds: []find{
		{rule: "quota-exceeded", text: "quota: {cpu: 1m,"},
		{rule: "quota-without-request", file: "helm-charts/extra-objects/values-web-vaultwarden.yml", text: "resources:\n                requests: {cpu: 50m, memory: 64Mi}"},
		{rule: "limit-range-refuses", file: "helm-charts/extra-objects/values-web-vaultwarden.yml", text: "resources:\n                requests: {cpu: 50m, memory: 64Mi}"},
	}},
	{file: list, old: "- namespace: web-vaultwarden\n", new: guardrails + "- namespace: web-vaultwarden\n  guardrails:\n    team-label: enforce\n    pinned-images: audit\n    exceptions:\n" +
		"      - {guardrail: pinned-images, workload: vaultwarden, reason: they tag late, until: 2020-01-31}\n", finds: []find{
		{rule: "guardrail-refuses", file: objects + "web-vaultwarden.yml", text: "        spec:\n          automountServiceAccountToken"},
		{rule: "guardrail-may-enforce", text: "pinned-images: audit"},
		{rule: "guardrail-exception-ended", text: "- {guardrail: pinned-images"},
		{rule: "guardrail-exception-unused", text: "- {guardrail: pinned-images"},
	}},
	{file: list, old: "- namespace: web-vaultwarden\n", new: guardrails + "- namespace: web-vaultwarden\n  guardrails: {team-label: audit}\n", finds: []find{
		{rule: "guardrail-would-refuse", file: objects + "web-vaultwarden.yml", text: "        spec:\n          automountServiceAccountToken"},
	}},
	{file: objects + "web-vaultwarden.yml", old: "          automountServiceAccountToken: false\n", new: "          automountServiceAccountToken: false\n          priorityClassName: criticl\n", finds: []find{
		{rule: "missing-priority-class", text: "priorityClassName: criticl"},
	}},
	{file: list, old: "    - applicationCode: web-vaultwarden\n", new: "    - applicationCode: web-vaultwarden\n      metrics: {port: 9090, podLabels: {app.kubernetes.io/name: vaultwarden}}\n", finds: []find{
		{rule: "metrics-without-target", text: "metrics: {port: 9090"},
	}},
	{file: list, old: "    - applicationCode: web-vaultwarden\n", new: "    - applicationCode: web-vaultwarden\n      metrics: {port: 8080, podLabels: {app.kubernetes.io/name: vaultwarden}}\n", finds: []find{
		{rule: "scraped-twice", text: "metrics: {port: 8080"},
	}, with: []edit{{objects + "web-vaultwarden.yml", "objects:\n", "objects:\n  - apiVersion: monitoring.coreos.com/v1\n    kind: PodMonitor\n    metadata: {name: vaultwarden}\n" +
		"    spec: {selector: {matchLabels: {app.kubernetes.io/name: vaultwarden}}, podMetricsEndpoints: [{port: http}]}\n"}}},
	{file: objects + "sys-backup-check.yml", old: "objects:\n", new: nightly("excludedNamespaces: [web-vaultwarden]"), finds: []find{
		{rule: "claim-without-backup", file: objects + "web-vaultwarden.yml", text: "metadata: {name: vaultwarden}\n    spec:\n      accessModes"},
	}, with: []edit{{"platform.yml", "domain: home.example\n", "domain: home.example\nbackup: {kind: velero, namespace: sys-backup-check}\n"}}},
	{file: list, old: "    - applicationCode: web-vaultwarden\n", new: "    - applicationCode: web-vaultwarden\n      backup: {claims: [vaultwardn], repository: vaultwarden}\n", finds: []find{
		{rule: "backup-of-nothing", text: "backup: {claims: [vaultwardn]"},
		{rule: "missing-secret", text: "backup: {claims: [vaultwardn]"},
		{rule: "missing-secret", text: "backup: {claims: [vaultwardn]"},
	}, with: []edit{
		{"platform.yml", "domain: home.example\n", "domain: home.example\nbackup: volsync\n"},
		{objects + "sys-backup-check.yml", "objects:\n", nightly("")},
	}},
	{file: list, old: "- namespace: web-vaultwarden\n", new: "- namespace: web-tube\n  networkPolicies: isolated\n  applications: [{applicationCode: web-tube, repoURL: 'https://git.example/tube.git', path: deploy}]\n\n- namespace: web-vaultwarden\n", finds: []find{
		{rule: "not-fetched", text: "applications: [{applicationCode: web-tube,"},
	}},
}

// faults are what the owner of a house gets wrong.
var faults = []fault{
	// ------------------------------------------------------------------------------------------------ the list itself
	{file: list, old: "# lint:ignore open-namespace CoreDNS answers everybody, and the rest is on the host network", new: "# lint:ignore open-namespace until the summer until 2026-08-31", finds: []find{
		{rule: "waiver-ended", text: "- namespace: kube-system"},
		{rule: "open-namespace", text: "- namespace: kube-system"},
	}},
	{file: list, old: "- namespace: web-skills\n  podSecurity: restricted\n  networkPolicies: web-app-internal\n", new: "- namespace: web-skills\n  podSecurity: restricted\n", finds: []find{
		{rule: "open-namespace", text: "- namespace: web-skills"},
	}},
	{file: list, old: "except: [192.168.0.109/32, 192.168.3.0/24]", new: "except: [192.168.3.0/24]", finds: []find{
		{rule: "cidr-covers-node", text: "- to: {cidr: 192.168.0.0/22"},
	}},
	{file: list, old: "- to: {host: gitlab.example, ports: [443]} # git-sync\n", new: "- to: {host: gitlab.example, ports: [443]} # git-sync\n      - to: {cidr: 10.42.0.17/32, ports: [8080]}\n      - to: {cidr: 192.168.0.202/32, ports: [8096]}\n", finds: []find{
		{rule: "cidr-covers-service", text: "- to: {cidr: 192.168.0.202/32"},
		{rule: "cidr-covers-pods", text: "- to: {cidr: 10.42.0.17/32"},
	}},
	{file: list, old: "- to: {entity: host, ports: [22/TCP]} # 192.168.0.109: no CIDR matches a node", new: "- to: {cidr: 192.168.0.109/32, ports: [22/TCP]}", finds: []find{
		{rule: "cidr-covers-node", text: "- to: {cidr: 192.168.0.109/32"},
	}},
	{file: list, old: "    profile: web-app\n    allow:\n      - to: {namespace: web-ai-engine, podLabels: {app.kubernetes.io/name: llama-server}, ports: [8080]}", new: "    profile: web-app\n    allow:\n      - to: {namespace: web-ai-engine, podLabels: {app.kubernetes.io/name: llama-server}, ports: [80]}", finds: []find{
		{rule: "service-port-in-policy", text: "llama-server}, ports: [80]}"},
	}},
	{file: list, old: "podLabels: {app.kubernetes.io/component: valkey}", new: "podLabels: {app.kubernetes.io/component: redis}", finds: []find{
		{rule: "policy-selects-nothing", text: "- podLabels: {app.kubernetes.io/component: server}\n        to: {namespace: web-immich, podLabels: {app.kubernetes.io/component: redis}"},
	}},
	{file: list, old: "- to: {entity: world, ports: [80, 1024-65535/TCP, 1024-65535/UDP]} # trackers, and peers on ports of their choice", new: "- to: {entity: world} # trackers and peers", finds: []find{
		{rule: "world-egress-without-ports", text: "- to: {entity: world} # trackers and peers"},
	}},
	{file: list, old: "        - {host: hubble, service: hubble-ui, port: 80, expose: lan}\n",
		new: "        - {host: hubble, service: hubble-ui, port: 80, expose: lan}\n        - {host: vault, path: /ui, service: hubble-ui, port: 80, expose: lan, auth: app}\n", finds: []find{
			{rule: "host-of-another-entry", text: "- {host: vault, path: /ui"},
		}},
	{file: list, old: "      - to: {entity: kube-apiserver, ports: [6443]} # Kubernetes auth: it reviews the tokens that it is shown\n", new: "", finds: []find{
		{rule: "store-refused", text: "profile: web-app-internal\n    allow:\n      - from: {namespace: sys-external-secrets"},
	}},
	{file: "platform.yml", old: "nodes: [192.168.0.109]", new: "nodes: [192.168.0.109, 10.9.0.2]"},
	{file: list, old: "- namespace: web-home-assistant\n", new: "- namespace: web-greeter\n  podSecurity: restricted\n  networkPolicies: isolated\n  clusterResources: [apiregistration.k8s.io/APIService]\n  applications:\n    - {applicationCode: web-greeter, path: deploy/greeter, dependsOn: [sys-monitoring-crds]}\n\n- namespace: web-home-assistant\n", finds: []find{
		{rule: "webhook-refused", text: "networkPolicies: isolated\n  clusterResources: [apiregistration"},
		{rule: "scrape-refused", text: "networkPolicies: isolated\n  clusterResources: [apiregistration"},
		{rule: "alert-refused", text: "networkPolicies: isolated\n  clusterResources: [apiregistration"},
		{rule: "call-refused", text: "networkPolicies: isolated\n  clusterResources: [apiregistration"},
	}},
	{file: "deploy/greeter/greeter.yaml", finds: []find{
		{rule: "unknown-kind", text: "kind: APIService"},
		{rule: "unknown-kind", text: "kind: Prometheus\n"},
		{rule: "unknown-kind", text: "kind: Alertmanager\n"},
	}},
	{file: list, old: "auth: none} # who comes here has no login yet", new: "auth: none}", finds: []find{
		{rule: "public-without-auth", text: "- {host: login, expose: public"},
	}},
	{file: list, old: "service: prowlarr, port: 9696}", new: "service: prowlar, port: 9696}", finds: []find{
		{rule: "missing-service", text: "- {host: prowlarr, service: prowlar,"},
	}},
	{file: list, old: "- {host: notes, expose: public}", new: "- {host: notes, port: 80, expose: public}", finds: []find{ // the Service of catalog: app has the pod's
		{rule: "missing-service", text: "- {host: notes, port: 80"},
	}},
	{file: list, old: "data: {token: sys-cloudflared#tunnel-token}", new: "data: {tunnel-token: sys-cloudflared#tunnel-token}", finds: []find{
		{rule: "missing-secret", text: "env: {TUNNEL_TOKEN: {secret: tunnel, key: token}}"},
	}},
	{file: list, old: "          data: {CLIENT_ID: web-qr-device-login#client-id}\n        - *registry\n", new: "          data: {CLIENT_ID: web-qr-device-login#client-id}\n", finds: []find{
		{rule: "missing-secret", text: "pullSecrets: [registry]\n        user: 65532\n"},
	}},
	{file: list, old: "store: {kind: SecretStore, name: vault-brew-buddy}", new: "store: {kind: SecretStore, name: vault-brewbuddy}", finds: []find{
		{rule: "unknown-store", text: "- name: postgres\n          store: {kind: SecretStore, name: vault-brewbuddy}"},
	}},
	{file: list, old: "  clusterResources: [PersistentVolume] # the disk with the films, which three namespaces see\n", new: "", finds: []find{
		{rule: "not-permitted-by-project", text: "- namespace: web-jellyfin"},
	}},
	{file: list, old: "- namespace: web-homer # the start page\n  podSecurity: restricted\n", new: "- namespace: web-homer # the start page\n  clusterResources: [cilium.io/CiliumClusterwideNetworkPolicy]\n", finds: []find{
		{rule: "pod-security-stricter", text: "- namespace: web-homer"},
	}},
	{file: list, old: "can the backups be read? It has the disk, and nobody to talk to\n  podSecurity: restricted\n", new: "can the backups be read? It has the disk, and nobody to talk to\n  manageNamespace: false\n  clusterResources: [Namespace]\n  project: {destinations: [kube-system, sys-restore]}\n", finds: []find{
		{rule: "guards-before-namespace", text: "- namespace: sys-backup-check"},
		{rule: "namespace-of-another-entry", text: "project: {destinations: [kube-system, sys-restore]}"},
	}},
	{file: objects + "sys-backup-check.yml", old: "objects:\n", new: "objects:\n  - {apiVersion: v1, kind: Namespace, metadata: {name: sys-backup-check}}\n  - {apiVersion: v1, kind: Namespace, metadata: {name: sys-restore}}\n  - {apiVersion: v1, kind: ConfigMap, metadata: {name: restored, namespace: sys-restore}}\n", finds: []find{
		{rule: "namespace-without-guard", text: "- {apiVersion: v1, kind: Namespace, metadata: {name: sys-restore}}"},
		{rule: "leaves-namespace", text: "metadata: {name: restored, namespace: sys-restore}"},
	}},
	{file: list, old: "      provides: [traefik.io]\n      ingress:\n        - {host: traefik, service: traefik-dashboard, port: 80, expose: lan}\n",
		new: "      ingress:\n        - {host: traefik, service: traefik-dashboard, port: 80, expose: lan}\n    - applicationCode: sys-traefik-kinds\n      path: deploy/traefik-kinds\n", finds: []find{
			{rule: "missing-provides", text: "- applicationCode: sys-traefik-kinds"},
			{rule: "missing-depends-on", text: "- applicationCode: web-vaultwarden"},
			{rule: "missing-depends-on", text: "- applicationCode: web-jellyfin-routes"},
		}},
	{file: "deploy/kyverno-policies/pods/postgresql.yaml", finds: []find{
		{rule: "missing-depends-on", text: "- applicationCode: web-paperless", file: list},
	}},
	{file: list, old: "    - applicationCode: web-prowlarr\n", new: "    - applicationCode: web-prowlarr\n      toggleable: true\n", finds: []find{
		{rule: "removal-prunes-state", text: "kind: PersistentVolumeClaim", file: objects + "web-prowlarr.yml"},
	}},
	{file: list, old: "    - applicationCode: web-radarr\n", new: "    - applicationCode: web-radarr\n      ignoreDifferences:\n        - {group: apps, kind: Deployment, jsonPointers: [/spec/template/spec/containers/0/resources]}\n", finds: []find{
		{rule: "ignore-differences-not-respected", text: "ignoreDifferences:\n        - {group: apps, kind: Deployment"},
	}},
	{file: list, old: "ghcr.io/immich-app/immich-machine-learning:v2.7.5", new: "ghcr.io/immich-app/immich-machine-learning:main", finds: []find{
		{rule: "unpinned-image", text: "- ghcr.io/immich-app/immich-machine-learning:main"},
	}},
	{file: list, old: "config: {kasAddress: 'wss://kas.gitlab.example', secretName: gitlab-agent}", new: "config: {kasAddress: 'wss://kas.gitlab.example', token: " + gitlabToken + "}", finds: []find{
		{rule: "credential-in-values", text: "config: {kasAddress: 'wss://kas.gitlab.example', token:"},
	}},
	{file: list, old: "- {host: brew, service: frontend, port: 80, expose: public}", new: "- {host: brew, service: frontend, port: 80, expose: public} # lint:ignore public-without-auth the frontend asks for a login", finds: []find{
		{rule: "waiver-unused", text: "- {host: brew, service: frontend"},
	}},
	{file: list, old: "            PUSH_INSTALLATION_KEY: web-vaultwarden#push-key\n", new: `            PUSH_INSTALLATION_KEY: web-vaultwarden#push-key

- namespace: web-paperless # from the old cluster
  networkPolicies: web-app
  applications:
    - applicationCode: web-paperless
      path: deploy/paperless
`, finds: []find{
		{rule: "entry-order", text: "- namespace: web-paperless"},
	}},
	{file: list, old: "- {host: films, service: jellyfin, port: 8096, auth: app} # the television's app cannot do ours\n", new: `- {host: films, service: jellyfin, port: 8096, auth: app} # the television's app cannot do ours
    - applicationCode: web-jellyfin-routes
      path: deploy/films-routes
`},

	// ------------------------------------------------------------------------------------------- values of others' charts
	{file: "helm-values/traefik.yml", old: "allowCrossNamespace: true", new: "allowCrossNamespace: false", finds: []find{
		{rule: "cross-namespace-middleware", text: "allowCrossNamespace: false"},
	}},
	{file: "helm-values/traefik.yml", old: "    forwardedHeaders: {trustedIPs: [10.42.0.0/16]}\n    http:\n      encodedCharacters:", new: "    forwardedHeaders: {trustedIPs: [10.42.0.0/16]}\n    extra:\n      encodedCharacters:", finds: []find{
		{rule: "encoded-characters", text: "port: 7080"},
	}},
	{file: "helm-values/kyverno.yml", old: "# one node\n", new: "# one node\n  cleanupController: {replicas: 1}\n", finds: []find{
		{rule: "bad-value-file", text: "cleanupController: {replicas: 1}"},
	}},
	{file: "helm-values/argocd-roster.yml", old: "health.argoproj.io_Application:", new: "health.argoproj.io_Applications:", finds: []find{
		{rule: "depends-on-without-health", text: "- applicationCode: sys-argocd\n", file: list},
	}},
	{file: "helm-values/pihole.yml", old: "admin: {enabled: true, existingSecret: pihole-admin, passwordKey: password}", new: "adminPassword: Kellertreppe17", finds: []find{
		{rule: "credential-in-values", text: "adminPassword:"},
	}},

	// ----------------------------------------------------------------------------------- manifests among values of ours
	{file: list, old: "--repo=https://gitlab.example/house/notes.git", new: "--repo=https://git:" + gitlabToken + "@gitlab.example/house/notes.git", finds: []find{
		{rule: "credential-in-values", text: "args: [--repo=https://git:"},
	}},
	{file: objects + "web-n8n.yml", old: "'{{ .Values.global.roster.uses.ntfy.url }}'", new: "'https://ntfy.home.example'", finds: []find{
		{rule: "outside-address-from-inside", text: "- {name: NTFY_URL"},
	}},
	{file: objects + "web-n8n.yml", old: "                allowPrivilegeEscalation: false\n", new: "                privileged: true\n", finds: []find{
		{rule: "pod-security-enforced", text: "securityContext:\n                privileged: true"},
	}},
	{file: objects + "web-openclaw.yml", old: "http://llama-server.web-ai-engine.svc.cluster.local/v1", new: "https://ai.home.example/v1", finds: []find{
		{rule: "public-address-from-inside", text: "openclaw.json: |"}, // where a comment could waive it
	}},
	{file: objects + "web-openclaw.yml", old: "# lint:ignore removal-prunes-state an experiment: what it remembers may go with it", new: "# lint:ignore removal-prunes-state", finds: []find{
		{rule: "waiver-ended", text: "kind: PersistentVolumeClaim"},
		{rule: "removal-prunes-state", text: "kind: PersistentVolumeClaim"},
	}},
	{file: objects + "web-prowlarr.yml", old: "metadata: {name: prowlarr}\n    spec:\n      accessModes", new: "metadata: {name: radarr}\n    spec:\n      accessModes", finds: []find{
		{rule: "duplicate-object", text: "- applicationCode: web-radarr", file: list},
		{rule: "missing-claim", text: "- {name: config, persistentVolumeClaim: {claimName: prowlarr}}"},
	}},
	{file: objects + "web-openclaw.yml", old: "selector: *labels\n      ports:", new: "selector: {app.kubernetes.io/name: claw}\n      ports:", finds: []find{
		{rule: "service-selects-nothing", text: "selector: {app.kubernetes.io/name: claw}"},
	}},
	{file: objects + "web-n8n.yml", old: "              image: docker.n8n.io/n8nio/n8n:2.41.3\n", new: "", finds: []find{
		{rule: "missing-image", text: "- name: n8n\n"},
	}},
	{file: objects + "web-prowlarr.yml", old: "targetPort: http", new: "targetPort: web", finds: []find{
		{rule: "missing-target-port", text: "- {name: http, port: 9696, targetPort: web}"},
	}},
	{file: objects + "web-prowlarr.yml", old: "metadata: {labels: *labels}", new: "metadata: {labels: *labels, annotations: {k8s.v1.cni.cncf.io/networks: lan}}", finds: []find{
		{rule: "second-network-behind-policy", text: "metadata: {labels: *labels, annotations:"},
	}},
	{file: objects + "web-n8n.yml", old: "selector: {matchLabels: *labels}", new: "selector: {matchLabels: {app.kubernetes.io/name: n8n-app}}", finds: []find{
		{rule: "selector-misses-template", text: "selector: {matchLabels:"},
	}},
	{file: objects + "web-n8n.yml", old: "metadata: {labels: *labels}", new: "metadata: {labels: *labels, annotations: {rendered: '{{ now | date \"2006-01-02\" }}'}}", finds: []find{
		{rule: "unstable-output", text: "metadata: {labels: *labels, annotations:"},
	}},
	{file: objects + "web-homer.yml", old: "configMap: {name: homer}", new: "configMap: {name: homer-config}", finds: []find{
		{rule: "missing-configmap", text: "- {name: config, configMap:"},
	}},
	{file: objects + "web-vaultwarden.yml", old: "- {name: tmp, emptyDir: {}}", new: "- {name: temp, emptyDir: {}}", finds: []find{
		{rule: "missing-volume", text: "- {name: tmp, mountPath: /tmp}"},
	}},
	{file: objects + "web-obsidian.yml", old: "mountPath: /opt/couchdb/etc/local.d}", new: "mountPath: /opt/couchdb/data}", finds: []find{
		{rule: "duplicate-in-pod", text: "- {name: local, mountPath: /opt/couchdb/data}"},
	}},
	{file: "deploy/immich-backup/cronjob.yaml", old: "metadata:\n  name: backup\nspec:\n  accessModes", new: "metadata:\n  name: backup\n  annotations: {helm.sh/hook: pre-install}\nspec:\n  accessModes", finds: []find{
		{rule: "state-in-hook", text: "annotations: {helm.sh/hook: pre-install}"},
	}},
	{file: objects + "web-vaultwarden.yml", old: "failureThreshold: 6", new: "failureTreshold: 6", finds: []find{
		{rule: "unknown-field", text: "livenessProbe: {httpGet: {path: /alive, port: http}, failureTreshold: 6}"},
	}},
	{file: objects + "web-jellyfin.yml", old: "          automountServiceAccountToken: false\n", new: "          automountServiceAccountToken: false\n          hostNetwork: true # it finds nothing otherwise\n", finds: []find{
		{rule: "host-network-behind-policy", text: "hostNetwork: true"},
		{rule: "pod-security-enforced", text: "hostNetwork: true"},
	}},
	{file: objects + "web-ai-engine.yml", old: "containerPort: 3000}", new: "containerPort: 3000, hostPort: 3000}", finds: []find{
		{rule: "pod-security-warned", text: "ports:\n                - {name: http, containerPort: 3000, hostPort: 3000}"},
	}},
	{file: objects + "web-obsidian.yml", old: "runAsNonRoot: true, runAsUser: 5984, runAsGroup: 5984, fsGroup: 5984,", new: "fsGroup: 5984,", finds: []find{
		{rule: "may-run-as-root", text: "securityContext: &tight\n"},
		{rule: "pod-security-enforced", text: "securityContext: {fsGroup: 5984"},
	}},
	{file: objects + "web-vaultwarden.yml", old: "                limits: {memory: 256Mi}\n", new: "", finds: []find{
		{rule: "missing-limits", text: "resources:\n"},
	}},
	{file: objects + "web-brew-buddy.yml", old: "              readinessProbe: {httpGet: {path: /, port: http}}\n              livenessProbe: {httpGet: {path: /, port: http}}\n", new: "", finds: []find{
		{rule: "missing-probes", text: "- name: frontend # React"},
	}},
	{file: objects + "web-homer.yml", old: "b4bz/homer:v26.4.2", new: "b4bz/homer", finds: []find{
		{rule: "unpinned-image", text: "image: b4bz/homer"},
	}},
	{file: objects + "web-homer.yml", old: "objects:\n", new: `objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: deny-all}
    spec:
      endpointSelector: {}
      ingress: []
      egress: []
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: not-the-node}
    spec:
      endpointSelector: {}
      ingressDeny:
        - fromEntities: [host]
      egress:
        - toServices: [{k8sService: {serviceName: jellyfin, namespace: web-jellyfin}}]
  - apiVersion: cilium.io/v2
    kind: CiliumClusterwideNetworkPolicy
    metadata: {name: neighbours}
    spec:
      endpointSelector: {matchLabels: {app.kubernetes.io/name: homer}}
      ingress:
        - fromEndpoints: [{}]
`, finds: []find{
		{rule: "empty-policy", text: "egress: []"},
		{rule: "probes-denied", text: "- fromEntities: [host]"},
		{rule: "policy-not-judged", text: "- toServices: [{k8sService"},
		{rule: "clusterwide-empty-selector", text: "- fromEndpoints: [{}]"},
	}},
	{file: objects + "sys-backup-check.yml", old: "objects:\n", new: `objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: to-the-copy-elsewhere}
    spec:
      endpointSelector:
        matchLabels: {app.kubernetes.io/name: backup-check}
      egress:
        - toFQDNs:
            - matchName: s3.storage.example
          toPorts:
            - ports: [{port: "443", protocol: TCP}]
`, finds: []find{
		{rule: "dns-rule-missing", text: "- matchName: s3.storage.example"},
	}},
	{file: objects + "web-obsidian.yml", old: "objects:\n", new: `objects:
  - apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata: {name: to-n8n}
    spec:
      endpointSelector:
        matchLabels: {app.kubernetes.io/name: couchdb}
      egress:
        - toEndpoints:
            - matchLabels: {k8s:io.kubernetes.pod.namespace: web-n8n}
          toPorts:
            - ports: [{port: "5678", protocol: TCP}]
  - apiVersion: external-secrets.io/v1
    kind: ExternalSecret
    metadata: {name: replication}
    spec:
      secretStoreRef: {name: vault}
      dataFrom: [{extract: {key: web-obsidian}}]
`, finds: []find{
		{rule: "half-open-flow", text: "- matchLabels: {k8s:io.kubernetes.pod.namespace: web-n8n}"},
		{rule: "unknown-store", text: "secretStoreRef: {name: vault}"},
	}},
	{file: objects + "web-vaultwarden.yml", old: "objects:\n", new: `objects:
  - apiVersion: external-secrets.io/v1
    kind: ExternalSecret
    metadata: {name: admin}
    spec:
      secretStoreRef: {kind: ClusterSecretStore, name: vault}
      target:
        name: vaultwarden
        creationPolicy: Merge
        deletionPolicy: Delete
      data: [{secretKey: ADMIN_TOKEN, remoteRef: {key: web-vaultwarden, property: admin-token}}]
  - apiVersion: traefik.io/v1alpha1
    kind: Middleware
    metadata: {name: from-the-house}
    spec:
      ipAllowList: {sourceRange: [192.168.0.0/24]}
  - apiVersion: traefik.io/v1alpha1
    kind: IngressRoute
    metadata: {name: admin}
    spec:
      entryPoints: [cloudflare, websecure]
      routes:
        - kind: Rule
          match: Host(` + "`vaultwarden.home.example`) && (Path(`/admin`) || PathPrefix(`/admin/`))" + `
          middlewares:
            - name: form-the-house
          services: [{name: vaultwarden, port: 80}]
`, finds: []find{
		{rule: "delete-without-owner", text: "deletionPolicy: Delete"},
		{rule: "missing-middleware", text: "- name: form-the-house"},
		{rule: "broken-rule-fails-open", text: "match: Host("},
	}},

	// ------------------------------------------------------------------------------------ folders and kustomizations
	{file: "deploy/brew-buddy-store/secretstore.yaml", old: "external-secrets.io/v1\n", new: "external-secrets.io/v1beta1\n", finds: []find{
		{rule: "external-secret-version", text: "apiVersion: external-secrets.io/v1beta1"},
	}},
	{file: "deploy/kyverno-policies/namespaces/nothing-in-default.yaml", old: "policies.kyverno.io/v1\n", new: "policies.kyverno.io/v1alpha1\n", finds: []find{
		{rule: "deprecated-kyverno-policy", text: "apiVersion: policies.kyverno.io/v1alpha1"},
	}},
	{file: "deploy/monitoring-rules/rules/house.yaml", old: "for: 1h\n          labels: {severity: warning}", new: "for: 1h\n          labels: {severity: page}", finds: []find{
		{rule: "alert-without-route", text: "labels: {severity: page}"},
	}},
	{file: "deploy/monitoring-rules/rules/house.yaml", old: "probe_success == 0", new: "probe_success = 0", finds: []find{
		{rule: "bad-alert-rule", text: "expr: probe_success"},
	}},
	{file: "deploy/cert-manager-issuer/issuer.yaml", old: "metadata:\n  name: letsencrypt\n", new: "metadata:\n  name: letsencrypt\n  creationTimestamp: \"2026-01-31T18:11:05Z\"\n  generation: 2\n  resourceVersion: \"88172\"\n", finds: []find{
		{rule: "live-state-field", text: "creationTimestamp:"},
	}},
	{file: "deploy/immich-backup/cronjob.yaml", old: "batch/v1\n", new: "batch/v1beta1\n", finds: []find{
		{rule: "removed-api-version", text: "apiVersion: batch/v1beta1"},
	}},
	{file: "deploy/traefik-certificate/certificate.yaml", old: "spec:\n", new: "spec:\n  postIssuance: {notify: true}\n", finds: []find{
		{rule: "newer-field", text: "postIssuance:"},
	}},
	{file: "deploy/immich/server.yaml", old: "fsGroupChangePolicy:", new: "fsGroupChangePolcy:", finds: []find{
		{rule: "unknown-field", text: "fsGroupChangePolcy:"},
	}},
	{file: "deploy/immich/machine-learning.yaml", old: "            capabilities: {drop: [ALL]}\n", new: "", finds: []find{
		{rule: "pod-security-enforced", text: "securityContext:\n            allowPrivilegeEscalation: false"},
	}},
	{file: "deploy/immich/postgres.yaml", old: "secretKeyRef: {name: immich-postgres, key: password}", new: "secretKeyRef: {name: immich-postgres, key: pasword}", finds: []find{
		{rule: "missing-secret", text: "valueFrom: {secretKeyRef: {name: immich-postgres, key: pasword}}"},
	}},
	{file: "deploy/openclaw-usagewatch.yaml", old: "- --ntfy-token-file=/etc/usagewatch/ntfy-token", new: "- --ntfy-token=" + ntfyToken, finds: []find{
		{rule: "credential-in-values", text: "- --ntfy-token=tk"},
	}},
	{file: "deploy/openclaw-usagewatch.yaml", old: "roster-helpers:v1.0.0", new: "roster-helpers:latest", finds: []find{
		{rule: "unpinned-image", text: "roster-helpers:latest"},
	}},
	{file: "deploy/openclaw-usagewatch.yaml", old: "            limits: {memory: 64Mi}\n", new: "", finds: []find{
		{rule: "missing-limits", text: "resources:\n            requests: {cpu: 5m, memory: 16Mi}"},
	}},
	{file: "deploy/openclaw-usagewatch.yaml", old: "- name: usagewatch\n", new: "- name: usagewatch # lint:ignore missing-probes it has no port\n", finds: []find{
		{rule: "waiver-unused", text: "- name: usagewatch #"},
	}},
	{file: "deploy/immich-backup/cronjob.yaml", old: "restartPolicy: Never", new: "restartPolicy: Never # lint:ignore missing-limits dumps take what they take", finds: []find{
		{rule: "waiver-unused", text: "restartPolicy: Never #"},
	}},
	{file: "profiles/cloudflare-tunnel.yml", old: `      - toEntities: [world]
        toPorts:
          - ports: [{port: "7844", protocol: TCP}, {port: "7844", protocol: UDP}, {port: "443", protocol: TCP}]
`, new: "      - toEntities: [world]\n", finds: []find{
		{rule: "world-egress-without-ports", text: "- toEntities: [world]"},
	}},

	// ------------------------------------------------------------------------------------------ files that are new
	{file: "deploy/brew-buddy-store/namespace.yaml", finds: []find{
		{rule: "duplicate-object", text: "name: web-brew-buddy"},
	}},
	{file: "deploy/brew-buddy-store/sealed.yaml", finds: []find{
		{rule: "unknown-kind", text: "kind: SealedSecret"},
		{rule: "sealed-secret-scope", text: "metadata: {name: opened}"},
		{rule: "sops-incomplete", text: "password: swordfish-of-june"},
		{rule: "sops-recipients", text: "sops: {age: [{recipient: age1left"},
	}},
	{file: "deploy/cert-manager-issuer/hetzner.yaml", finds: []find{
		{rule: "plain-secret", text: "api-token:"},
	}},
	{file: "deploy/kyverno-policies/pods/requests.yaml", finds: []find{
		{rule: "deprecated-kyverno-policy", text: "apiVersion: kyverno.io/v1"},
		{rule: "not-permitted-by-project", text: "- namespace: sys-kyverno", file: list},
		{rule: "unknown-kind", text: "kind: ClusterPolicy"},
	}},
	{file: "deploy/monitoring-rules/rules/night.yaml", finds: []find{
		{rule: "receiver-without-destination", text: "- receiver: morning"},
	}},
	{file: "profiles/mail-server.yml", finds: []find{
		{rule: "unused-profile", text: "description: >-"},
	}},
	{file: "deploy/paperless/reposerver.yaml", finds: []find{
		{rule: "other-argocd-version", text: "image: quay.io/argoproj/argocd:v3.4.4"},
		{rule: "pod-security-stricter", text: "- namespace: web-paperless", file: list}, // its only pod
	}},
	{file: "deploy/paperless/database.yaml", finds: []find{
		{rule: "unknown-kind", text: "kind: Cluster"},
	}},
	{file: paperless, finds: []find{
		{rule: "project-reaches-argocd", text: "destinations:"},
	}},
	{file: paperless, finds: []find{
		{rule: "narrow-generate-paths", text: "argocd.argoproj.io/manifest-generate-paths"},
	}},
	{file: paperless, finds: []find{
		{rule: "inert-managed-namespace-metadata", text: "managedNamespaceMetadata:"},
	}},
	{file: paperless, finds: []find{
		{rule: "project-reaches-argocd", text: "namespace: argocd"},
		{rule: "ignore-differences-not-respected", text: "ignoreDifferences:"},
	}},
	{file: extras, finds: []find{
		{rule: "broken-middleware", text: "rateLimit: {average: 20}"},
		{rule: "broken-tls-option", text: "cipherSuites: ["},
		{rule: "broken-service", text: "scheme: wss"},
		{rule: "ignored-route", text: "services: [] # soon"},
	}},
	{file: gateway, finds: []find{
		{rule: "broken-listener", text: "port: 80, hostname: '*.films.home.example'}\n---"},
		{rule: "listener-refuses-route", text: "hostnames: [trailers.home.example]"},
		{rule: "missing-reference-grant", text: "- {name: greeter, namespace: web-greeter"},
		{rule: "served-twice", text: "- {path: /, pathType: Prefix"},
	}},
	{file: routes, finds: []find{{rule: "random-route", text: "match: Host(`films.home.example`)\n"}}},
	{file: routes, finds: []find{{rule: "colliding-router-names", text: "- {kind: Rule, match: Host(`series.home.example`), services: [{name: jellyfin, port: http}]}"}}},
	{file: routes, finds: []find{{rule: "missing-entrypoint", text: "entryPoints: [cloudflare] # and at home?"}}},
	{file: routes, finds: []find{{rule: "tls-beside-plain-entrypoint", text: "tls: {}"}}},
	{file: routes, finds: []find{
		{rule: "public-without-auth", text: "- {kind: Rule, match: Host(`cinema.home.example`)"},
		{rule: "public-without-auth", text: "- {kind: Rule, match: Host(`television.home.example`)"},
	}},
	{file: routes, finds: []find{{rule: "unknown-entrypoint", text: "entryPoints: [webscure]"}}},
	{file: routes, finds: []find{{rule: "tcp-route-takes-http", text: "- match: HostSNI(`*`)"}}},
	{file: routes, finds: []find{{rule: "old-traefik-group", text: "apiVersion: traefik.containo.us/v1alpha1"}}},
	{file: routes, finds: []find{{rule: "no-entrypoints", text: "spec:\n  routes:\n    - {kind: Rule, match: Host(`television.home.example`)"}}},
	{file: routes, finds: []find{{rule: "old-rule-syntax", text: "match: Host(`music.home.example`, `songs.home.example`)"}}},
	{file: routes, finds: []find{
		{rule: "path-on-every-host", text: "match: PathPrefix(`/QuickConnect/`)"},
		{rule: "host-of-another-entry", text: "match: PathPrefix(`/QuickConnect/`)"}, // the rules of short hosts are shorter
		{rule: "random-route", text: "match: PathPrefix(`/QuickConnect/`)"},          // and that of one host is as long
	}},
	{file: routes, finds: []find{{rule: "invalid-rule", text: "match: Host(`radio.home.example`) && PathPrefix(`live`)"}}},
	{file: routes, finds: []find{{rule: "rule-matches-nothing", text: "match: 'Host(`radio.home.example:8096`)'"}}},
	{file: routes, finds: []find{{rule: "shadowed-route", text: "match: Host(`films.home.example`) && Path(`/admin`), priority: 10"}}},
	{file: routes, finds: []find{{rule: "deprecated-rule-syntax", text: "syntax: v2"}}},
	{file: routes, finds: []find{{rule: "undecided-route", text: "match: 'Host(`opus.home.example`)'"}}},
	{file: routes, finds: []find{{rule: "path-prefix-without-boundary", text: "match: Host(`posters.home.example`) && PathPrefix(`/Items`)"}}},
}
