package rules

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

var stateInHook = lint.Rule{
	Name:     "state-in-hook",
	Severity: lint.Error,
	Summary:  "an object that holds data is a hook, which Argo CD deletes before each sync",
	Doc: `Helm runs a ` + "`pre-install`" + ` hook once. Argo CD runs it with each sync, and first deletes what the last run left, unless
` + "`hook-delete-policy`" + ` says otherwise (gitops-engine, pkg/sync/hook), without confirmation. A claim goes with its data, a database with its volumes, a definition with all its objects, and a generated
password is replaced. Remove the annotation, and decide with ` + "`argocd.argoproj.io/sync-wave`" + ` what comes first.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/claim.yaml --
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: notes
  annotations:
    helm.sh/hook: pre-install
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
`,
	Mend: []string{"    helm.sh/hook: pre-install\n", "    argocd.argoproj.io/sync-wave: \"-1\"\n"},
	Check: func(in *lint.Context, report lint.Report) {
		for _, o := range in.Workloads {
			key := remadeBy(o)
			if key == "" || !holdsState(o) {
				continue
			}
			report(in.Places.Source(o, key, []string{key}, "metadata", "annotations", key), "remove it; argocd.argoproj.io/sync-wave: \"-1\" puts it before the others",
				"%s is a hook, which Argo CD deletes before each sync, and what it holds with it", o.Title())
		}
	},
}

// remadeBy is the annotation that makes an object a hook that Argo CD deletes before each sync; empty when there is none, or it is kept
// (gitops-engine pkg/sync/hook: Argo CD's annotation takes precedence over Helm's, delete policies of both count, and BeforeHookCreation is
// the default). What HookSucceeded deletes is created only for the sync.
func remadeBy(o *deployed.Object) string {
	const argo, helm = "argocd.argoproj.io/hook", "helm.sh/hook"
	annotations, _ := deployed.FieldAt(o, "metadata", "annotations").(map[string]any)
	words := func(key string) []string {
		text, _ := annotations[key].(string)
		out := strings.Split(text, ",")
		for i := range out {
			out[i] = strings.TrimSpace(out[i])
		}
		return out
	}
	one := func(of []string, some ...string) bool {
		return slices.ContainsFunc(of, func(s string) bool { return slices.Contains(some, s) })
	}
	key := ""
	switch {
	case deployed.StringAt(o, "metadata", "name") == "": // it gets a name of its own for each sync
		return ""
	case one(words(argo), "PreSync", "Sync", "PostSync"):
		key = argo
	case one(words(argo), "SyncFail", "PreDelete", "PostDelete", "Skip"):
		return ""
	case one(words(helm), "pre-install", "pre-upgrade", "post-install", "post-upgrade"):
		key = helm
	default:
		return ""
	}
	policies := slices.Concat(words(argo+"-delete-policy"), words(helm+"-delete-policy"))
	succeeded, failed := one(policies, "HookSucceeded", "hook-succeeded"), one(policies, "HookFailed", "hook-failed")
	if succeeded || failed && !one(policies, "BeforeHookCreation", "before-hook-creation") {
		return ""
	}
	return key
}

// holdsState reports whether something is lost when an object is deleted and recreated.
func holdsState(o *deployed.Object) bool {
	switch o.Kind {
	case "PersistentVolumeClaim", "PersistentVolume", "Namespace":
		return deployed.GroupOf(o) == ""
	case "StatefulSet":
		return deployed.GroupOf(o) == "apps"
	case "CustomResourceDefinition":
		return deployed.GroupOf(o) == "apiextensions.k8s.io"
	case "Secret": // a generated one
		return deployed.GroupOf(o) == "" && len(o.Unstable) > 0
	}
	return slices.Contains(statefulKinds[deployed.GroupOf(o)], o.Kind)
}

// statefulKinds are custom kinds whose controller deletes the data with the object.
var statefulKinds = map[string][]string{
	"acid.zalan.do":                     {"postgresql"},
	"cassandra.datastax.com":            {"CassandraDatacenter"},
	"cdi.kubevirt.io":                   {"DataVolume"},
	"ceph.rook.io":                      {"CephBlockPool", "CephCluster", "CephFilesystem", "CephObjectStore"},
	"clickhouse.altinity.com":           {"ClickHouseInstallation"},
	"databases.spotahome.com":           {"RedisFailover"},
	"elasticsearch.k8s.elastic.co":      {"Elasticsearch"},
	"k8s.mariadb.com":                   {"Database", "MariaDB"},
	"k8ssandra.io":                      {"K8ssandraCluster"},
	"kafka.strimzi.io":                  {"Kafka", "KafkaNodePool", "KafkaTopic"},
	"kubevirt.io":                       {"VirtualMachine"},
	"longhorn.io":                       {"Volume"},
	"minio.min.io":                      {"Tenant"},
	"mongodbcommunity.mongodb.com":      {"MongoDBCommunity"},
	"monitoring.coreos.com":             {"Alertmanager", "Prometheus", "ThanosRuler"},
	"mysql.oracle.com":                  {"InnoDBCluster"},
	"objectbucket.io":                   {"ObjectBucketClaim"},
	"pgv2.percona.com":                  {"PerconaPGCluster"},
	"postgres-operator.crunchydata.com": {"PostgresCluster"},
	"postgresql.cnpg.io":                {"Cluster", "Database"},
	"psmdb.percona.com":                 {"PerconaServerMongoDB"},
	"pxc.percona.com":                   {"PerconaXtraDBCluster"},
	"rabbitmq.com":                      {"Queue", "RabbitmqCluster"},
	"redis.redis.opstreelabs.in":        {"Redis", "RedisCluster", "RedisReplication"},
	"scylla.scylladb.com":               {"ScyllaCluster"},
	"vault.banzaicloud.com":             {"Vault"},
}
