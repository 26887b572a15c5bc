package rules_test

import (
	"fmt"
	"strings"
	"testing"
)

// podOf is the manifest of a Deployment web with a pod template, whose metadata and spec are given on one line each.
func podOf(metadata, spec string) string {
	return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {" + metadata + "}\n    spec: {" + spec + "}\n"
}

const (
	labelled   = "labels: {app: web}"
	container  = "containers: [{name: a, image: 'registry.example/a:1.2.3', ports: [{name: http, containerPort: 8080}]}]"
	service    = "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}\n"
	mayPatch   = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\nrules: [{apiGroups: [''], resources: [%s], verbs: [%s]}]\n"
	database   = "---\napiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {name: db}\nspec: {instances: 1, bootstrap: {initdb: {postInitSQLRefs: [{name: init-sql}]}}}\n"
	halfKnown  = "-- applications.yml --\n- namespace: web-a\n  networkPolicies: isolated\n  applications:\n    - {applicationCode: web-a, path: a}\n    - {applicationCode: web-b, repoURL: 'https://git.example/b.git', path: deploy}\n"
	unmanaged  = "-- applications.yml --\n- namespace: web-a\n  manageNamespace: false\n  networkPolicies: isolated\n  applications: [{applicationCode: web-a, path: a}]\n"
	otherPlace = "- namespace: web-b\n  networkPolicies: isolated\n  applications: [{applicationCode: web-b, path: b}]\n"
)

func needsConfig(name string) string {
	return podOf(labelled, "containers: [{name: a, image: 'registry.example/a:1.2.3'}], volumes: [{name: c, configMap: {"+name+"}}]")
}

func needsClaim(name string) string {
	return podOf(labelled, "containers: [{name: a, image: 'registry.example/a:1.2.3'}], volumes: [{name: c, persistentVolumeClaim: {claimName: "+name+"}}]")
}

// TestUnworkable has manifests that Kubernetes refuses or that cannot work, and what only looks like it.
func TestUnworkable(t *testing.T) {
	file := "-- a/a.yaml --\n"
	in := func(manifest string) string { return inFolder + file + manifest }
	for rule, cases := range map[string][]networkCase{
		"missing-target-port": {
			{name: "a name that no container has", folder: in(podOf(labelled, container) + strings.Replace(service, "targetPort: http", "targetPort: web", 1)),
				want: []string{"a/a.yaml:13:49: Service web leads to the port web of its pods, and none of their containers has a port of this name"}},
			{name: "a number that no container declares", folder: in(podOf(labelled, container) + strings.Replace(service, "targetPort: http", "targetPort: 9090", 1))},
			{name: "a number in quotes, whatever the pods are", folder: halfKnown + file + strings.Replace(service, "targetPort: http", `targetPort: "8080"`, 1),
				want: []string{`a/a.yaml:5:49: Service web leads to a port named "8080", which is not a valid name`}},
			{name: "another protocol", folder: in(podOf(labelled, container) + strings.Replace(service, "targetPort: http", "targetPort: http, protocol: UDP", 1)),
				want: []string{"a/a.yaml:13:49: Service web leads to the port http of its pods with UDP, which is not the port's protocol"}},
			{name: "one of two kinds of pods has it", folder: in(podOf(labelled, container) + "---\napiVersion: v1\nkind: Pod\nmetadata: {name: b, labels: {app: web}}\n" +
				"spec: {containers: [{name: a, image: 'a.example/a:1', ports: [{name: web, containerPort: 1}]}]}\n" + strings.Replace(service, "targetPort: http", "targetPort: web", 1))},
			{name: "an init container that goes on running has it", folder: in(podOf(labelled, "initContainers: [{name: s, image: 'a.example/a:1', restartPolicy: Always, ports: [{name: web, containerPort: 1}]}], "+container) +
				strings.Replace(service, "targetPort: http", "targetPort: web", 1))},
			{name: "an init container that ends has it", folder: in(podOf(labelled, "initContainers: [{name: s, image: 'a.example/a:1', ports: [{name: web, containerPort: 1}]}], "+container) +
				strings.Replace(service, "targetPort: http", "targetPort: web", 1)),
				want: []string{"a/a.yaml:13:49: Service web leads to the port web of its pods, and none of their containers has a port of this name"}},
			{name: "a container that is injected may have it", folder: in(podOf(labelled+", annotations: {sidecar.istio.io/inject: 'true'}", container) +
				strings.Replace(service, "targetPort: http", "targetPort: web", 1))},
			{name: "a headless Service", folder: in(podOf(labelled, container) + strings.Replace(service, "targetPort: http}]", "targetPort: web}], clusterIP: None", 1))},
			{name: "pods of a custom resource", folder: in(podOf(labelled, container) + strings.Replace(service, "targetPort: http", "targetPort: web", 1) + database)},
			{name: "an application that is elsewhere", folder: halfKnown + file + podOf(labelled, container) + strings.Replace(service, "targetPort: http", "targetPort: web", 1)},
			{name: "a namespace of somebody else", folder: unmanaged + file + podOf(labelled, container) + strings.Replace(service, "targetPort: http", "targetPort: web", 1)},
		},
		"service-selects-nothing": {
			{name: "another label", folder: in(podOf(labelled, container) + strings.Replace(service, "app: web}", "app: web, tier: front}", 1)),
				want: []string{"a/a.yaml:13:8: Service web selects pods with app=web,tier=front, which no pod of web-a has"}},
			{name: "no pods at all", folder: in(service), want: []string{"a/a.yaml:5:8: Service web selects pods with app=web, which no pod of web-a has"}},
			{name: "no selector, or another host", folder: in(podOf(labelled, container) + strings.Replace(service, "selector: {app: web}, ", "", 1) +
				strings.Replace(service, "selector: {app: web}, ", "selector: {app: other}, type: ExternalName, externalName: a.example, ", 1))},
			{name: "a label that Kubernetes gives", folder: in(podOf(labelled, container) + strings.Replace(service, "app: web}", "app: web, statefulset.kubernetes.io/pod-name: web-0}", 1))},
			{name: "a program that labels its pods", folder: in(podOf(labelled, container) + strings.Replace(service, "app: web}", "app: web, vault-active: 'true'}", 1) + fmt.Sprintf(mayPatch, "pods", "get, patch"))},
			{name: "a program that reads its pods", folder: in(podOf(labelled, container) + strings.Replace(service, "app: web}", "app: other}", 1) + fmt.Sprintf(mayPatch, "pods", "get, list")),
				want: []string{"a/a.yaml:13:8: Service web selects pods with app=other, which no pod of web-a has"}},
			{name: "pods of other clusters", folder: in(strings.Replace(service, "{name: web}", "{name: web, annotations: {service.cilium.io/global: 'true'}}", 1))},
			{name: "pods of a custom resource", folder: in(strings.Replace(service, "app: web", "cnpg.io/cluster: db", 1) + database)},
			{name: "an application that is elsewhere", folder: halfKnown + file + service},
			{name: "another Application deploys into the namespace", folder: inFolder + otherPlace + file + service + "-- b/b.yaml --\napiVersion: argoproj.io/v1alpha1\nkind: Application\n" +
				"metadata: {name: x}\nspec: {project: x, source: {repoURL: 'https://git.example/x.git', path: x}, destination: {namespace: web-a}}\n"},
		},
		"selector-misses-template": {
			{name: "of each kind", folder: in(strings.Replace(podOf(labelled, container), "matchLabels: {app: web}", "matchLabels: {app: web, tier: x}", 1) + "---\n" +
				strings.Replace(strings.Replace(podOf(labelled, container), "matchLabels: {app: web}", "matchExpressions: [{key: app, operator: NotIn, values: [web]}]", 1), "Deployment", "DaemonSet", 1) + "---\n" +
				strings.Replace(strings.Replace(podOf(labelled, container), "matchLabels: {app: web}", "", 1), "Deployment", "ReplicaSet", 1) + "---\n" +
				strings.Replace(strings.Replace(podOf(labelled, container), "matchLabels: {app: web}", "matchExpressions: [{key: app, operator: Is}]", 1), "Deployment", "StatefulSet", 1)),
				want: []string{
					"a/a.yaml:5:38: Deployment web: the selector requires tier=x, and the pods have no such label",
					"a/a.yaml:14:14: DaemonSet web: the selector requires app notin (web), and the pods have app=web",
					"a/a.yaml:23:3: ReplicaSet web: the selector is empty, and would match foreign pods",
					`a/a.yaml:32:3: StatefulSet web: the selector is not valid: "Is" is not a valid label selector operator`,
				}},
			{name: "a Job", folder: in("apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {selector: {matchLabels: {a: b}}, template: {spec: {restartPolicy: Never, " + container + "}}}\n" +
				"---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: b}\nspec: {manualSelector: true, selector: {matchLabels: {a: b}}, template: {spec: {restartPolicy: Never, " + container + "}}}\n"),
				want: []string{"a/a.yaml:9:55: Job b: the selector requires a=b, and the pods have no such label"}},
			{name: "one that fits", folder: in(strings.Replace(podOf(labelled, container), "matchLabels: {app: web}", "matchExpressions: [{key: app, operator: Exists}]", 1))},
			{name: "a ReplicationController", folder: in("apiVersion: v1\nkind: ReplicationController\nmetadata: {name: a}\nspec: {selector: {a: x}, template: {metadata: {labels: {a: b}}, spec: {" + container + "}}}\n" +
				"---\napiVersion: v1\nkind: ReplicationController\nmetadata: {name: b}\nspec: {selector: {}, template: {metadata: {labels: {a: b}}, spec: {" + container + "}}}\n"),
				want: []string{"a/a.yaml:4:19: ReplicationController a: the selector requires a=x, and the pods have a=b"}},
		},
		"missing-configmap": {
			{name: "nothing makes it", folder: in(needsConfig("name: app-config")), want: []string{"a/a.yaml:8:104: Deployment web needs the ConfigMap app-config, which nothing creates"}},
			{name: "one of another namespace", folder: inFolder + otherPlace + file + needsConfig("name: config") + "-- b/b.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: config}\n",
				want: []string{"a/a.yaml:8:104: Deployment web needs the ConfigMap config, which nothing creates"}},
			{name: "in all places", folder: in(podOf(labelled, "initContainers: [{name: i, image: 'a.example/a:1', envFrom: [{configMapRef: {name: c1}}]}], containers: [{name: a, image: 'a.example/a:1', "+
				"env: [{name: X, valueFrom: {configMapKeyRef: {name: c2, key: k}}}]}], volumes: [{name: p, projected: {sources: [{configMap: {name: c3}}]}}]")),
				want: []string{
					"a/a.yaml:8:89: Deployment web needs the ConfigMap c1, which nothing creates",
					"a/a.yaml:8:197: Deployment web needs the ConfigMap c2, which nothing creates",
					"a/a.yaml:8:276: Deployment web needs the ConfigMap c3, which nothing creates",
				}},
			{name: "a key that it does not have", folder: in(needsConfig("name: config, items: [{key: a.yml, path: a}, {key: b.yml, path: b}]") + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: config}\ndata: {a.yml: x}\n"),
				want: []string{"a/a.yaml:8:118: Deployment web needs the key b.yml of the ConfigMap config"}},
			{name: "keys that somebody adds", folder: in(needsConfig("name: config, items: [{key: b.yml, path: b}]") + "---\napiVersion: v1\nkind: ConfigMap\n" +
				"metadata: {name: config, annotations: {service.beta.openshift.io/inject-cabundle: 'true'}}\ndata: {a.yml: x}\n")},
			{name: "an empty one that somebody fills", folder: in(needsConfig("name: config, items: [{key: b.yml, path: b}]") + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: config}\n")},
			{name: "optional", folder: in(needsConfig("name: config, optional: true"))},
			{name: "one that Kubernetes makes", folder: in(needsConfig("name: kube-root-ca.crt"))},
			{name: "a Bundle of trust-manager", folder: strings.Replace(inFolder, "  networkPolicies", "  clusterResources: [trust.cert-manager.io/Bundle]\n  networkPolicies", 1) + file + needsConfig("name: our-cas") +
				"---\napiVersion: trust.cert-manager.io/v1alpha1\nkind: Bundle\nmetadata: {name: our-cas}\nspec: {sources: [{useDefaultCAs: true}], target: {configMap: {key: ca.crt}}}\n"},
			{name: "copied from another namespace", folder: inFolder + otherPlace + file + needsConfig("name: config") + "-- b/b.yaml --\napiVersion: v1\nkind: ConfigMap\n" +
				"metadata: {name: config, annotations: {reflector.v1.k8s.emberstack.com/reflection-auto-enabled: 'true'}}\n"},
			{name: "a custom resource names it, or gives it its name", folder: in(needsConfig("name: init-sql") + "---\n" + strings.Replace(needsConfig("name: db-monitoring"), "name: web}", "name: web2}", 1) + database)},
			{name: "a program that may create it", folder: in(needsConfig("name: config") + fmt.Sprintf(mayPatch, "configmaps", "get, create"))},
			{name: "a program that may read it", folder: in(needsConfig("name: config") + fmt.Sprintf(mayPatch, "configmaps", "get, list")),
				want: []string{"a/a.yaml:8:104: Deployment web needs the ConfigMap config, which nothing creates"}},
			{name: "a Job that says its name", folder: in(needsConfig("name: config") + "---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {template: {spec: {restartPolicy: Never, " +
				"containers: [{name: a, image: 'a.example/a:1', args: ['kubectl create configmap config --from-file=x']}]}}}\n")},
			{name: "an application that is elsewhere", folder: halfKnown + file + needsConfig("name: config")},
		},
		"missing-claim": {
			{name: "nothing makes it", folder: in(needsClaim("data")), want: []string{"a/a.yaml:8:116: Deployment web mounts the PersistentVolumeClaim data, which nothing creates"}},
			{name: "of another namespace", folder: inFolder + otherPlace + file + needsClaim("data") + "-- b/b.yaml --\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\n",
				want: []string{"a/a.yaml:8:116: Deployment web mounts the PersistentVolumeClaim data, which nothing creates"}},
			{name: "of a StatefulSet", folder: in(needsClaim("data-db-0") + "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  selector: {matchLabels: {app: db}}\n" +
				"  template: {metadata: {labels: {app: db}}, spec: {" + container + ", volumes: [{name: data, persistentVolumeClaim: {claimName: gone}}]}}\n  volumeClaimTemplates: [{metadata: {name: data}}]\n")},
			{name: "of no StatefulSet", folder: in(needsClaim("data-db-x")), want: []string{"a/a.yaml:8:116: Deployment web mounts the PersistentVolumeClaim data-db-x, which nothing creates"}},
			{name: "of a database", folder: in(needsClaim("db-1") + database)},
			{name: "a program that may create it", folder: in(needsClaim("data") + fmt.Sprintf(mayPatch, "persistentvolumeclaims", "'*'"))},
			{name: "an application that is elsewhere", folder: halfKnown + file + needsClaim("data")},
		},
		"missing-volume": {
			{name: "mounts and devices, also of init containers, once for each volume", folder: in(podOf(labelled, "initContainers: [{name: i, image: 'a.example/a:1', volumeDevices: [{name: disk, devicePath: /dev/x}]}], "+
				"containers: [{name: a, image: 'a.example/a:1', volumeMounts: [{name: tmp, mountPath: /tmp}, {name: tmp, mountPath: /var/tmp}, {name: cache, mountPath: /c}]}], volumes: [{name: cache, emptyDir: {}}]")),
				want: []string{
					"a/a.yaml:8:80: the container i of Deployment web mounts the volume disk, which the pod does not have",
					"a/a.yaml:8:179: the container a of Deployment web mounts the volume tmp, which the pod does not have",
				}},
			{name: "a claim template", folder: in(strings.Replace(podOf(labelled, "containers: [{name: a, image: 'a.example/a:1', volumeMounts: [{name: data, mountPath: /d}]}]"), "Deployment", "StatefulSet", 1) +
				"  volumeClaimTemplates: [{metadata: {name: data}}]\n")},
		},
		"duplicate-in-pod": {
			{name: "each once", folder: in(podOf(labelled, "initContainers: [{name: a, image: 'a.example/a:1'}], containers: [{name: a, image: 'a.example/a:1', ports: [{name: p, containerPort: 1}, {name: p, containerPort: 2}], "+
				"volumeMounts: [{name: v, mountPath: /v}, {name: w, mountPath: /v}, {name: w, mountPath: /v}]}], volumes: [{name: v, emptyDir: {}}, {name: v, emptyDir: {}}, {name: w, emptyDir: {}}]")),
				want: []string{
					"a/a.yaml:8:79: Deployment web has two containers of the name a",
					"a/a.yaml:8:121: Deployment web has two ports in the container a of the name p",
					"a/a.yaml:8:230: Deployment web has two mounts in the container a at /v",
					"a/a.yaml:8:285: Deployment web has two volumes of the name v",
				}},
			{name: "in different containers, and ports without a name", folder: in(podOf(labelled, "containers: [{name: a, image: 'a.example/a:1', ports: [{containerPort: 1}, {containerPort: 2}], volumeMounts: [{name: v, mountPath: /v}]}, "+
				"{name: b, image: 'a.example/a:1', ports: [{containerPort: 1}], volumeMounts: [{name: v, mountPath: /v}]}], volumes: [{name: v, emptyDir: {}}]"))},
		},
		"missing-image": {
			{name: "none, and what cannot be one", folder: in(podOf(labelled, "containers: [{name: a}, {name: b, image: ':1.2.3'}, {name: c, image: 'registry.example/App:1'}, {name: d, image: 'registry.example:5000/a'}]")),
				want: []string{
					"a/a.yaml:8:25: the container a of Deployment web has no image",
					`a/a.yaml:8:46: the container b of Deployment web has the image ":1.2.3", which is not valid`,
					`a/a.yaml:8:74: the container c of Deployment web has the image "registry.example/App:1", which is not valid`,
				}},
			{name: "OpenShift fills it in", folder: in(strings.Replace(podOf(labelled, "containers: [{name: a, image: ' '}]"), "{name: web}", "{name: web, annotations: {image.openshift.io/triggers: '[]'}}", 1))},
		},
		"second-network-behind-policy": {
			{name: "more networks, and another one in place of Cilium's", folder: in(podOf(labelled+", annotations: {k8s.v1.cni.cncf.io/networks: 'lan, sys/san@net2', v1.multus-cni.io/default-network: flat}", container)),
				want: []string{
					"a/a.yaml:7:50: Deployment web is also on the network lan, sys/san@net2: the policies of web-a do not see it",
					"a/a.yaml:7:100: Deployment web is also on the network flat: the policies of web-a do not see it",
				}},
			{name: "an open namespace", folder: strings.Replace(inFolder, "  networkPolicies: isolated\n", "", 1) + file + podOf(labelled+", annotations: {k8s.v1.cni.cncf.io/networks: lan}", container)},
			{name: "a policy of its own", folder: strings.Replace(inFolder, "  networkPolicies: isolated\n", "", 1) + file + podOf(labelled+", annotations: {k8s.v1.cni.cncf.io/networks: lan}", container) +
				"---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: {podSelector: {}}\n",
				want: []string{"a/a.yaml:7:50: Deployment web is also on the network lan: the policies of web-a do not see it"}},
			{name: "none, and one of Cilium's", folder: in(podOf(labelled+", annotations: {k8s.v1.cni.cncf.io/networks: '[]'}", container) + "---\n" +
				strings.Replace(podOf(labelled+", annotations: {k8s.v1.cni.cncf.io/networks: two}", container), "name: web}", "name: web2}", 1) +
				"---\napiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachmentDefinition\nmetadata: {name: two}\nspec: {config: '{\"type\": \"cilium-cni\"}'}\n")},
		},
		"state-in-hook": {
			{name: "Argo CD's and Helm's hooks", folder: in(hook("PersistentVolumeClaim", "v1", "argocd.argoproj.io/hook: PreSync") + hook("StatefulSet", "apps/v1", "helm.sh/hook: 'post-install,post-upgrade'") +
				hook("Cluster", "postgresql.cnpg.io/v1", "argocd.argoproj.io/hook: Sync, argocd.argoproj.io/hook-delete-policy: BeforeHookCreation") +
				hook("Namespace", "v1", "helm.sh/hook: pre-install, helm.sh/hook-delete-policy: before-hook-creation")),
				want: []string{
					"a/a.yaml:4:35: PersistentVolumeClaim a is a hook, which Argo CD deletes before each sync, and what it holds with it",
					"a/a.yaml:9:35: StatefulSet a is a hook, which Argo CD deletes before each sync, and what it holds with it",
					"a/a.yaml:14:35: Cluster a is a hook, which Argo CD deletes before each sync, and what it holds with it",
					"a/a.yaml:19:35: Namespace a is a hook, which Argo CD deletes before each sync, and what it holds with it",
				}},
			{name: "what stays, what is made for the sync, and what is no hook of a sync", folder: in(hook("PersistentVolumeClaim", "v1", "argocd.argoproj.io/hook: PreSync, argocd.argoproj.io/hook-delete-policy: HookFailed") +
				strings.Replace(hook("PersistentVolumeClaim", "v1", "helm.sh/hook: pre-install, helm.sh/hook-delete-policy: 'before-hook-creation,hook-succeeded'"), "name: a", "name: b", 1) +
				strings.Replace(hook("PersistentVolumeClaim", "v1", "helm.sh/hook: crd-install"), "name: a", "name: c", 1) +
				strings.Replace(hook("PersistentVolumeClaim", "v1", "argocd.argoproj.io/hook: SyncFail, helm.sh/hook: pre-install"), "name: a", "name: d", 1) +
				strings.Replace(hook("PersistentVolumeClaim", "v1", "argocd.argoproj.io/hook: PreSync"), "name: a", "generateName: a-", 1) +
				hook("Job", "batch/v1", "helm.sh/hook: pre-install") + hook("Secret", "v1", "helm.sh/hook: pre-install"))},
			{name: "a generated Secret", folder: strings.Replace(inFolder, "a}]", "a}] # chart", 1) + chartWith("secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n  annotations:\n    helm.sh/hook: pre-install\ndata: {a: {{ randAlphaNum 8 | b64enc }}}\n"),
				want: []string{"a/templates/secret.yaml:6:5: Secret a is a hook, which Argo CD deletes before each sync, and what it holds with it"}},
		},
	} {
		t.Run(rule, func(t *testing.T) { testNetwork(t, rule, cases) })
	}
}

func hook(kind, apiVersion, annotations string) string {
	return fmt.Sprintf("apiVersion: %s\nkind: %s\n# a hook\nmetadata: {name: a, annotations: {%s}}\n---\n", apiVersion, kind, annotations)
}

func chartWith(template, text string) string {
	return "-- a/Chart.yaml --\napiVersion: v2\nname: a\nversion: 1.0.0\n-- a/templates/" + template + " --\n" + text
}

// TestUnstableOutput has charts that render something else each time.
func TestUnstableOutput(t *testing.T) {
	const secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\ndata:\n  user: YQ==\n  password: {{ randAlphaNum 24 | b64enc }}\n"
	ignoring := func(options, differences string) string {
		return "-- applications.yml --\n- namespace: web-a\n  networkPolicies: isolated\n  applications:\n    - applicationCode: web-a\n      path: a\n" +
			"      syncOptions: [" + options + "]\n      ignoreDifferences: [" + differences + "]\n"
	}
	const message = "a/templates/secret.yaml:6:3: Secret db differs each time it is rendered, in data.password"
	checksum := "-- a/templates/web.yaml --\n" + podOf("labels: {app: web}, annotations: {checksum/secret: '{{ include (print $.Template.BasePath \"/secret.yaml\") . | sha256sum }}'}", container)
	testNetwork(t, "unstable-output", []networkCase{
		{name: "the cause, and not the checksum that follows", folder: inFolder + chartWith("secret.yaml", secret) + checksum, want: []string{message}},
		{name: "the checksum, when the cause is left to the cluster", folder: ignoring("RespectIgnoreDifferences=true", "{kind: Secret, name: db, jsonPointers: [/data]}") + chartWith("secret.yaml", secret) + checksum,
			want: []string{"a/templates/web.yaml:7:50: Deployment web differs each time it is rendered, in spec.template.metadata.annotations.checksum/secret"}},
		{name: "left to the cluster by a pointer", folder: ignoring("RespectIgnoreDifferences=true", "{kind: Secret, jsonPointers: [/data/password]}") + chartWith("secret.yaml", secret)},
		{name: "left to the cluster by an expression", folder: ignoring("RespectIgnoreDifferences=true", "{kind: Secret, jqPathExpressions: ['.data.password']}") + chartWith("secret.yaml", secret)},
		{name: "another field is left to the cluster", folder: ignoring("RespectIgnoreDifferences=true", "{kind: Secret, jsonPointers: [/data/user]}") + chartWith("secret.yaml", secret), want: []string{message}},
		{name: "another object is left to the cluster", folder: ignoring("RespectIgnoreDifferences=true", "{kind: Secret, name: x, jsonPointers: [/data]}") + chartWith("secret.yaml", secret), want: []string{message}},
		{name: "hidden, but put back by each sync", folder: ignoring("ServerSideApply=true", "{kind: Secret, jsonPointers: [/data]}") + chartWith("secret.yaml", secret), want: []string{message}},
		{name: "the time, in a helper, and a name", folder: inFolder + chartWith("_helpers.tpl", `{{ define "when" }}{{ now | date "2006-01-02" }}{{ end }}`+"\n") +
			"-- a/templates/a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  when: {{ include \"when\" . }}\n---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: b-{{ include \"when\" . }}\n",
			want: []string{"a/templates/a.yaml:5:3: ConfigMap a differs each time it is rendered, in data.when",
				"a/templates/a.yaml:10:3: the name of a Secret differs each time it is rendered"}},
		{name: "a certificate, and not the webhook that trusts it", folder: strings.Replace(inFolder, "  networkPolicies", "  clusterResources: [admissionregistration.k8s.io/ValidatingWebhookConfiguration]\n  networkPolicies", 1) +
			chartWith("a.yaml", "{{ $ca := genCA \"a\" 10 }}\napiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata:\n  tls.crt: {{ b64enc $ca.Cert }}\n---\napiVersion: admissionregistration.k8s.io/v1\n"+
				"kind: ValidatingWebhookConfiguration\nmetadata: {name: a}\nwebhooks: [{name: a.b.example, clientConfig: {caBundle: {{ b64enc $ca.Cert }}}}]\n"),
			want: []string{"a/templates/a.yaml:6:3: Secret a differs each time it is rendered, in data.tls.crt"}},
		{name: "a hook is not compared", folder: inFolder + chartWith("a.yaml", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a, annotations: {helm.sh/hook: post-install, x: {{ randAlphaNum 8 }}}}\n")},
	})
}
