package rules_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// inFolder is an application whose folder a test goes on with.
const inFolder = `-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
`

// TestRealWorld has what people write, and a rule once reported, or missed.
func TestRealWorld(t *testing.T) {
	const deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n"
	runner := func(role string) string {
		return inFolder + "-- a/d.yaml --\n" + deployment + `  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: a}]}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: runner}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ` + role + `}
subjects: [{kind: ServiceAccount, name: runner}]
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: jobs}
spec: {endpointSelector: {matchLabels: {pod: job}}, egress: [{toEntities: [world], toPorts: [{ports: [{port: "443"}]}]}]}
`
	}
	for rule, cases := range map[string][]networkCase{
		"credential-in-values": {
			{name: "a checksum", folder: inFolder + "-- a/d.yaml --\n" + deployment +
				"  template: {metadata: {labels: {app: web}, annotations: {checksum/secret: 4ffe9a0d1e2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5}}}\n"},
			{name: "a path in Vault", folder: inFolder + "-- a/d.yaml --\n" + deployment +
				"  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: a, env: [{name: VAULT_SECRET, value: kv/homelab/n8nsecrets}]}]}}\n"},
			{name: "of a kustomization's patch", folder: inFolder + "-- a/kustomization.yaml --\nresources: [d.yaml]\npatches: [{path: p.yaml}]\n-- a/d.yaml --\n" + deployment +
				"  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: a}]}}\n-- a/p.yaml --\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n" +
				"spec:\n  template: {spec: {containers: [{name: a, env: [{name: DB_PASSWORD, value: Sommer2026x}]}]}}\n",
				want: []string{"a/p.yaml:5:77: DB_PASSWORD is here in plain text"}},
			{name: "an alias", folder: "-- applications.yml --\n- namespace: web-a\n  networkPolicies: isolated\n  applications:\n" +
				"    - {applicationCode: web-a, chart: x, repoURL: 'https://c.example', version: 1.0.0, valueFiles: [v.yml]}\n" +
				"-- v.yml --\nx: &x Sommer2026x\npassword: *x\nmore: &m {token: 0a1b2c3d4e5f6a7b8c9d}\nagain: *m\n",
				want: []string{"v.yml:1:4: password is here in plain text", "v.yml:3:18: token is here in plain text"}},
		},
		"missing-secret": {
			{name: "a name among other texts", folder: inFolder + "-- a/d.yaml --\n" + deployment + `  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: a
          env:
            - {name: DOMAIN, value: "https://vaultwarden.home.example"}
            - {name: ADMIN, valueFrom: {secretKeyRef: {name: vaultwarden, key: admin}}}
`, want: []string{"a/d.yaml:13:41: Deployment web needs the Secret vaultwarden, which nothing creates"}},
			{name: "an operator that is told its name", folder: inFolder + "-- a/d.yaml --\n" + deployment + `  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: a, args: [--webhook-secret=web-a/webhook-tls]}]
      volumes: [{name: tls, secret: {secretName: webhook-tls}}]
`},
			{name: "made by a script that a Job mounts", folder: inFolder + `-- a/j.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: script}
data: {make.sh: "kubectl create secret generic generated-db --from-literal=a=b"}
---
apiVersion: batch/v1
kind: Job
metadata: {name: make}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: a, command: [sh, /x/make.sh], env: [{name: P, valueFrom: {secretKeyRef: {name: generated-db, key: a}}}]}]
`},
			{name: "copied from another namespace", folder: inFolder + `- {namespace: sys-certs, networkPolicies: isolated, applications: [{applicationCode: sys-certs, path: c}]}
-- c/c.yaml --
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: wildcard}
spec:
  secretName: wildcard-tls
  issuerRef: {name: x}
  dnsNames: [x.example]
  secretTemplate: {annotations: {reflector.v1.k8s.emberstack.com/reflection-auto-namespaces: web-a}}
-- a/d.yaml --
` + deployment + `  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: a}]
      volumes: [{name: tls, secret: {secretName: wildcard-tls}}]
`},
			{name: "two ExternalSecrets that fill one Secret", folder: inFolder + "-- a/s.yaml --\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: db}\n" +
				"spec: {secretStoreRef: {name: vault, kind: ClusterSecretStore}, data: [{secretKey: passwd, remoteRef: {key: x}}]}\n---\napiVersion: external-secrets.io/v1\n" +
				"kind: ExternalSecret\nmetadata: {name: more}\nspec: {secretStoreRef: {name: vault, kind: ClusterSecretStore}, target: {name: db, creationPolicy: Merge}, " +
				"data: [{secretKey: user, remoteRef: {key: x}}]}\n-- a/d.yaml --\n" + deployment +
				"  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: a, env: [{name: P, valueFrom: {secretKeyRef: {name: db, key: passwd}}}]}]}}\n"},
			{name: "a key of an ExternalSecret", folder: inFolder + "-- a/s.yaml --\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: db}\n" +
				"spec: {secretStoreRef: {name: vault, kind: ClusterSecretStore}, data: [{secretKey: password, remoteRef: {key: x}}]}\n-- a/d.yaml --\n" + deployment +
				"  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: a, env: [{name: P, valueFrom: {secretKeyRef: {name: db, key: passwd}}}]}]}}\n",
				want: []string{"a/d.yaml:6:104: Deployment web needs the key passwd of the Secret db, which has password"}},
		},
		"bad-alert-rule": {
			{name: "a number for a duration", folder: inFolder + `-- a/r.yaml --
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: b}
spec: {groups: [{name: g, rules: [{alert: B, expr: 'sum(foo', for: 300}, {alert: C, expr: 'sum(foo'}]}]}
`, want: []string{"a/r.yaml:4:46: the alert B has an expression that is not PromQL: unclosed left parenthesis",
				"a/r.yaml:4:63: the alert B has an invalid duration under for: empty duration string",
				"a/r.yaml:4:85: the alert C has an expression that is not PromQL: unclosed left parenthesis"}},
			{name: "a template", folder: inFolder + `-- a/r.yaml --
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: b}
spec:
  groups:
    - name: g
      rules:
        - alert: B
          expr: up == 0
          labels: {severity: '{{ if $value }}critical'}
          annotations:
            summary: '{{ $labels.instance }} is {{ down'
            description: '{{ $value | humanize }} of {{ .Labels.job }}'
        - {record: up:sum, expr: sum(up), labels: {a: '{{'}}
`, want: []string{"a/r.yaml:10:20: the alert B has a template under labels.severity that Prometheus cannot read: line 1: unexpected EOF",
				"a/r.yaml:12:13: the alert B has a template under annotations.summary that Prometheus cannot read: line 1: unclosed action"}},
		},
		"plain-secret": {{name: "placeholders", folder: inFolder + "-- a/s.yaml --\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\n" +
			"stringData: {url: 'postgres://app:<path:secret/data/db#password>@db/app', x: 'vault:secret/data/web-a/db#password'}\n"}},
		"unknown-field": {{name: "of SOPS", folder: inFolder + "-- a/s.yaml --\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: 'ENC[AES256_GCM,data:x]'}\nsops: {version: 3.9.0}\n"}},
		"dns-rule-missing": {{name: "another application is elsewhere", folder: "-- applications.yml --\n- namespace: web-a\n  networkPolicies: isolated\n  applications:\n" +
			"    - {applicationCode: web-a, path: a}\n    - {applicationCode: web-b, repoURL: 'https://git.example/b.git', path: deploy}\n-- a/p.yaml --\napiVersion: cilium.io/v2\n" +
			"kind: CiliumNetworkPolicy\nmetadata: {name: p}\nspec: {endpointSelector: {}, egress: [{toFQDNs: [{matchName: api.example.com}]}]}\n"}},
		"removed-api-version": {{name: "in a template", folder: inFolder + "-- a/Chart.yaml --\n{apiVersion: v2, name: a, version: 1.0.0}\n-- a/templates/d.yaml --\n" +
			"# first\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\n---\napiVersion: batch/v1beta1\nkind: CronJob\nmetadata:\n  name: {{ .Release.Name }}\n",
			want: []string{"a/templates/d.yaml:6:1: CronJob web-a has the version batch/v1beta1, which Kubernetes has not had since 1.25"}}},
		"host-network-behind-policy": {
			{name: "in a template", folder: inFolder + "-- a/Chart.yaml --\n{apiVersion: v2, name: a, version: 1.0.0}\n-- a/templates/d.yaml --\n" +
				strings.Replace(deployment, "name: web", "name: {{ .Release.Name }}", 1) + "  template:\n    metadata: {labels: {app: web}}\n    spec:\n      hostNetwork: true\n      containers: [{name: a}]\n",
				want: []string{"a/templates/d.yaml:9:7: Deployment web-a is on the node's network: the policies of web-a do not reach it"}},
			{name: "waived there", folder: inFolder + "-- a/Chart.yaml --\n{apiVersion: v2, name: a, version: 1.0.0}\n-- a/templates/d.yaml --\n" +
				strings.Replace(deployment, "name: web", "name: {{ .Release.Name }}", 1) +
				"  template:\n    metadata: {labels: {app: web}}\n    spec:\n      hostNetwork: true # lint:ignore host-network-behind-policy it answers ARP\n      containers: [{name: a}]\n"},
		},
		"policy-selects-nothing": {
			{name: "a runner that may edit", folder: runner("edit")},
			{name: "one that may view", folder: runner("view"), want: []string{"a/d.yaml:17:8: CiliumNetworkPolicy jobs selects no pod of web-a"}},
		},
		"removal-prunes-state": {{name: "kept as Helm says it", folder: "-- applications.yml --\n- namespace: web-a\n  networkPolicies: isolated\n  applications:\n" +
			"    - {applicationCode: web-a, path: a, toggleable: true}\n    - {applicationCode: web-b, repoURL: 'https://git.example/b.git', path: deploy}\n-- a/c.yaml --\napiVersion: v1\n" +
			"kind: PersistentVolumeClaim\nmetadata: {name: c, annotations: {helm.sh/resource-policy: keep}}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n"}},
		"project-reaches-argocd": {{name: "of another cluster", folder: inFolder + "-- a/p.yaml --\napiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: p}\n" +
			"spec: {sourceRepos: ['https://git.example/*'], destinations: [{server: 'https://other.example:6443', namespace: '*'}]}\n"},
			{name: "of all clusters", folder: inFolder + "-- a/p.yaml --\napiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: p}\n" +
				"spec: {sourceRepos: ['https://git.example/*'], destinations: [{server: '*', namespace: '*'}]}\n",
				want: []string{"a/p.yaml:4:48: AppProject p permits deploying into argocd, the namespace of Argo CD"}}},
		"not-permitted-by-project": {{name: "the second of a name", folder: inFolder + "-- a/c.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n---\n# of another namespace\n" +
			"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: web-b}\n",
			want: []string{"a/c.yaml:8:21: ConfigMap c belongs to the namespace web-b, and the project of web-a permits web-a only"}}},
	} {
		t.Run(rule, func(t *testing.T) { testNetwork(t, rule, cases) })
	}
}

// TestAliasBomb looks into a value file of a chart that is elsewhere, whose aliases stand for a thousand million texts.
func TestAliasBomb(t *testing.T) {
	var b strings.Builder
	b.WriteString("v0: &v0 [x]\n")
	for i := range 9 {
		fmt.Fprintf(&b, "v%d: &v%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*v%d, ", i), 10), ", "))
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		run(t, "-- platform.yml --\nrepository: {url: https://git.example/homelab.git}\n-- applications.yml --\n- namespace: web-a\n  networkPolicies: isolated\n"+
			"  applications: [{applicationCode: web-a, chart: x, repoURL: 'https://c.example', version: 1.0.0, valueFiles: [v.yml]}]\n-- v.yml --\n"+b.String(), true)
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("it does not end")
	}
}
