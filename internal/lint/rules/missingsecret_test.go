package rules_test

import (
	"strings"
	"testing"
)

// reads is a pod that reads keys of Secrets, as SECRET/KEY.
func reads(keys ...string) string {
	out := "-- a/pod.yaml --\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: a\n      env:\n"
	for i, k := range keys {
		secret, key, _ := strings.Cut(k, "/")
		out += "        - {name: " + string(rune('A'+i)) + ", valueFrom: {secretKeyRef: {name: " + secret + ", key: " + key + "}}}\n"
	}
	return out
}

// TestMissingSecretKeys: the keys of an ExternalSecret are those that External Secrets writes.
func TestMissingSecretKeys(t *testing.T) {
	const at = "a/pod.yaml:8:33: Pod a needs "
	es := func(spec string) string {
		return inFolder + "-- a/es.yaml --\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: db}\nspec:\n" +
			"  secretStoreRef: {kind: ClusterSecretStore, name: vault}\n" + spec + "\n"
	}
	const data = "  data: [{secretKey: pass, remoteRef: {key: x}}]\n"
	const from = "  dataFrom: [{extract: {key: x}}]\n"
	testNetwork(t, "missing-secret", []networkCase{
		{name: "a key of the template", folder: es(data+"  target: {template: {data: {url: '{{ .pass }}'}}}") + reads("db/url")},
		{name: "not of the template", folder: es(data+"  target: {template: {data: {url: '{{ .pass }}', more: x}}}") + reads("db/pass"),
			want: []string{at + "the key pass of the Secret db, which has more, url"}},
		{name: "the template replaces dataFrom", folder: es(from+"  target: {template: {engineVersion: v2, mergePolicy: Replace, data: {url: x}}}") + reads("db/other"),
			want: []string{at + "the key other of the Secret db, which has url"}},
		{name: "merged", folder: es(data+"  target: {template: {mergePolicy: Merge, data: {url: x}}}") + reads("db/pass", "db/url")},
		{name: "not merged either", folder: es(data+"  target: {template: {mergePolicy: Merge, data: {url: x}}}") + reads("db/other"),
			want: []string{at + "the key other of the Secret db, which has pass, url"}},
		{name: "merged with what is in Vault", folder: es(from+"  target: {template: {mergePolicy: Merge, data: {url: x}}}") + reads("db/other")},
		{name: "a template without data", folder: es(data+"  target: {template: {type: kubernetes.io/basic-auth, metadata: {labels: {a: b}}}}") + reads("db/url"),
			want: []string{at + "the key url of the Secret db, which has pass"}},
		{name: "of a ConfigMap", folder: es(data+"  target: {template: {data: {url: x}, templateFrom: [{literal: 'a: b'}]}}") + reads("db/other")},
		{name: "what is in Vault", folder: es(from) + reads("db/other")},
		{name: "others have put some there", folder: es(data+"  target: {creationPolicy: Merge, template: {data: {url: x}}}") + reads("db/other")},
		{name: "also of ESO 2.9", folder: es(data+"  target: {creationPolicy: CreateOrMerge, template: {data: {url: x}}}") + reads("db/other")},
		{name: "another name", folder: es(data+"  target: {name: web, template: {data: {url: x}}}") + reads("web/url", "db/url"),
			want: []string{"a/pod.yaml:9:33: Pod a needs the Secret db, which nothing creates"}},
		{name: "not made", folder: es(data+"  target: {creationPolicy: None}") + reads("db/pass"), want: []string{at + "the Secret db, which nothing creates"}},
		{name: "of another kind", folder: es(data+"  target: {manifest: {apiVersion: v1, kind: ConfigMap}}") + reads("db/pass"), want: []string{at + "the Secret db, which nothing creates"}},
	})
}

// TestMissingSecretOperators: what operators, copiers and deployers make is known, or may be there.
func TestMissingSecretOperators(t *testing.T) {
	made := func(apiVersion, kind, name, spec string) string {
		return "-- a/made.yaml --\napiVersion: " + apiVersion + "\nkind: " + kind + "\nmetadata: {name: " + name + "}\n" + spec + "\n"
	}
	// there is another namespace, and what is in it.
	there := func(manifest string) string {
		return inFolder + "- {namespace: sys-b, networkPolicies: isolated, applications: [{applicationCode: sys-b, path: b}]}\n" +
			strings.Replace(manifest, "-- a/made", "-- b/made", 1)
	}
	const zalando = ".credentials.postgresql.acid.zalan.do"
	const missing = "a/pod.yaml:8:33: Pod a needs the Secret "
	testNetwork(t, "missing-secret", []networkCase{
		{name: "Zalando", folder: inFolder + made("acid.zalan.do/v1", "postgresql", "acid-db", "spec: {users: {app_user: []}}") +
			reads("app-user.acid-db"+zalando+"/password", "postgres.acid-db"+zalando+"/password")},
		{name: "another cluster of Zalando's", folder: inFolder + made("acid.zalan.do/v1", "postgresql", "acid-db", "spec: {}") + reads("app.acid-other"+zalando+"/password"),
			want: []string{missing + "app.acid-other" + zalando + ", which nothing creates"}},
		{name: "Zalando across namespaces", folder: there(made("acid.zalan.do/v1", "postgresql", "acid-db", "spec: {users: {web-a.app: []}, preparedDatabases: {app: {secretNamespace: web-a}}}")) +
			reads("web-a.app.acid-db"+zalando+"/password")},
		{name: "CloudNativePG", folder: inFolder + made("postgresql.cnpg.io/v1", "Cluster", "db", "spec: {instances: 1}") + reads("db-app/uri", "db-superuser/uri", "db-ca/x")},
		{name: "a cluster's name with a dash", folder: inFolder + made("postgresql.cnpg.io/v1", "Cluster", "web-db", "spec: {}") + reads("web-db-app/uri", "web/uri"),
			want: []string{"a/pod.yaml:9:33: Pod a needs the Secret web, which nothing creates"}},
		{name: "Elastic", folder: inFolder + made("elasticsearch.k8s.elastic.co/v1", "Elasticsearch", "search", "spec: {}") + reads("search-es-elastic-user/elastic")},
		{name: "RabbitMQ", folder: inFolder + made("rabbitmq.com/v1beta1", "RabbitmqCluster", "mq", "spec: {}") + reads("mq-default-user/username")},
		{name: "Strimzi", folder: inFolder + made("kafka.strimzi.io/v1beta2", "KafkaUser", "app", "spec: {}") + reads("app/password")},
		{name: "Percona", folder: inFolder + made("pxc.percona.com/v1", "PerconaXtraDBCluster", "db", "spec: {}") + reads("db-secrets/root", "internal-db/root")},
		{name: "MongoDB", folder: inFolder + made("mongodbcommunity.mongodb.com/v1", "MongoDBCommunity", "db", "spec: {}") + reads("db-admin-app/connectionString.standard")},
		{name: "MariaDB", folder: inFolder + made("k8s.mariadb.com/v1alpha1", "MariaDB", "db", "spec: {passwordSecretKeyRef: {name: app-password, key: password, generate: true}}") + reads("app-password/password")},
		{name: "Crossplane", folder: inFolder + made("example.org/v1", "Database", "db", "spec: {writeConnectionSecretToRef: {name: db-conn}}") + reads("db-conn/url")},
		{name: "Vault's operator", folder: inFolder + made("secrets.hashicorp.com/v1beta1", "VaultStaticSecret", "x", "spec: {destination: {name: app, create: true}}") + reads("app/url")},
		{name: "1Password", folder: inFolder + made("onepassword.com/v1", "OnePasswordItem", "app", "spec: {itemPath: vaults/a/items/b}") + reads("app/url")},
		{name: "SOPS", folder: inFolder + made("isindir.github.com/v1alpha3", "SopsSecret", "x", "spec: {secretTemplates: [{name: app}]}") + reads("app/url")},
		{name: "Infisical, from another namespace", folder: there(made("secrets.infisical.com/v1alpha1", "InfisicalSecret", "x",
			"spec: {managedSecretReference: {secretName: app, secretNamespace: web-a}}")) + reads("app/url")},
		{name: "Doppler, for another namespace", folder: there(made("secrets.doppler.com/v1alpha1", "DopplerSecret", "x", "spec: {managedSecret: {name: app, namespace: sys-b}}")) +
			reads("app/url"), want: []string{missing + "app, which nothing creates"}},
		{name: "pushed", folder: there(made("external-secrets.io/v1alpha1", "PushSecret", "x",
			"spec: {secretStoreRefs: [{name: k8s}], selector: {secret: {name: y}}, data: [{match: {remoteRef: {remoteKey: app}}}]}")) + reads("app/url")},
		{name: "copied by an annotation", folder: there("-- a/made.yaml --\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: app}\n"+
			"spec: {encryptedData: {a: b}, template: {metadata: {annotations: {reflector.v1.k8s.emberstack.com/reflection-auto-enabled: 'true'}}}}\n") + reads("app/url")},
		{name: "not copied", folder: there("-- a/made.yaml --\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: app}\nspec: {encryptedData: {a: b}}\n") + reads("app/url"),
			want: []string{missing + "app, which nothing creates"}},
		{name: "an Application deploys into it", folder: there(made("argoproj.io/v1alpha1", "Application", "x", "spec: {project: x, destination: {namespace: web-a}}")) + reads("app/url")},
		{name: "an Application deploys elsewhere", folder: there(made("argoproj.io/v1alpha1", "Application", "x", "spec: {project: x, destination: {namespace: sys-b}}")) + reads("app/url"),
			want: []string{missing + "app, which nothing creates"}},
		{name: "an ApplicationSet deploys anywhere", folder: there(made("argoproj.io/v1alpha1", "ApplicationSet", "x",
			"spec: {template: {spec: {destination: {namespace: '{{ .path.basename }}'}}}}")) + reads("app/url")},
		{name: "a HelmRelease", folder: inFolder + made("helm.toolkit.fluxcd.io/v2", "HelmRelease", "x", "spec: {}") + reads("app/url")},
		{name: "somebody may create Secrets", folder: inFolder + made("rbac.authorization.k8s.io/v1", "Role", "x", "rules: [{apiGroups: ['*'], resources: [secrets], verbs: [create, get]}]") + reads("app/url")},
		{name: "somebody may read Secrets", folder: inFolder + made("rbac.authorization.k8s.io/v1", "Role", "x", "rules: [{apiGroups: [''], resources: [secrets], verbs: [get]}]") + reads("app/url"),
			want: []string{missing + "app, which nothing creates"}},
		{name: "part of a word", folder: inFolder + made("example.org/v1", "Database", "x", "spec: {host: mydb.example}") + reads("db/url"), want: []string{missing + "db, which nothing creates"}},
	})
}

// TestMissingSecretLogins: Envoy Gateway reads a login's Secrets, and those of other namespaces that a ReferenceGrant lets it read.
func TestMissingSecretLogins(t *testing.T) {
	policy := func(spec string) string {
		return inFolder + "-- a/policy.yaml --\napiVersion: gateway.envoyproxy.io/v1alpha1\nkind: SecurityPolicy\nmetadata: {name: login}\nspec:\n" +
			"  targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: a}]\n" + spec + "\n"
	}
	made := func(name, key string) string {
		return "-- a/made-" + name + ".yaml --\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: " + name + "}\nspec: {encryptedData: {" + key + ": x}}\n"
	}
	const oidc = "  oidc: {provider: {issuer: https://id.example}, clientIDRef: {name: id}, clientSecret: {name: id}}"
	testNetwork(t, "missing-secret", []networkCase{
		{name: "nothing makes it", folder: policy("  basicAuth: {users: {name: users}}"),
			want: []string{"a/policy.yaml:6:15: SecurityPolicy login needs the Secret users, which nothing creates"}},
		{name: "it is there", folder: policy("  basicAuth: {users: {name: users}}") + made("users", ".htpasswd")},
		{name: "another key", folder: policy("  basicAuth: {users: {name: users}}") + made("users", "auth"),
			want: []string{"a/policy.yaml:6:15: SecurityPolicy login needs the key .htpasswd of the Secret users, which has auth"}},
		{name: "the client's ID and secret", folder: policy(oidc) + made("id", "client-secret"),
			want: []string{"a/policy.yaml:6:50: SecurityPolicy login needs the key client-id of the Secret id, which has client-secret"}},
		{name: "any key of a client", folder: policy("  apiKeyAuth: {credentialRefs: [{name: keys}], extractFrom: [{headers: [X-API-Key]}]}") + made("keys", "shop")},
		{name: "of no client", folder: policy("  apiKeyAuth: {credentialRefs: [{name: keys}], extractFrom: [{headers: [X-API-Key]}]}"),
			want: []string{"a/policy.yaml:6:16: SecurityPolicy login needs the Secret keys, which nothing creates"}},
		{name: "of a namespace that the list has not", folder: policy("  basicAuth: {users: {name: users, namespace: elsewhere}}")},
		{name: "of another group", folder: strings.Replace(policy("  basicAuth: {users: {name: users}}"), "gateway.envoyproxy.io", "gateway.example", 1)},
	})
}
