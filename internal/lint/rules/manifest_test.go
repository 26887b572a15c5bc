package rules_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/lint"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
)

// manifestRules are the rules that are tested here.
var manifestRules = []string{
	"alert-without-route", "deprecated-kyverno-policy", "duplicate-object", "live-state-field", "may-run-as-root", "missing-limits",
	"missing-probes", "receiver-without-destination", "removed-api-version", "unknown-field", "unknown-kind", "unpinned-image",
}

// platform is a list with one application, a folder of manifests.
const platform = `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  clusterResources: [example.org/Cluster, PersistentVolume]
  applications: [{applicationCode: web-a, path: a}]
`

// withAlerting is a list with alerting, and an application with its own routes.
const withAlerting = `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-ntfy
  applications: [{applicationCode: web-ntfy, catalog: ntfy}]
- namespace: sys-alerting
  applications: [{applicationCode: sys-alerting, catalog: alerting}]
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/routes.yaml --
apiVersion: monitoring.coreos.com/v1alpha1
kind: AlertmanagerConfig
metadata: {name: routes}
spec:
  route:
    receiver: bus
    routes:
      - {receiver: bus, matchers: [{name: severity, value: critical}]}
      - {receiver: bus, matchers: [{name: severity, value: "info|notice", matchType: "=~"}]}
      - {receiver: bus, matchers: [{name: severity, value: "low|lower", regex: true}]}
      - {receiver: nobody, matchers: [{name: severity, value: none, matchType: "="}]}
      - {receiver: bus, matchers: [{name: alertname, value: ByName}]}
      - {receiver: bus, matchers: [{name: team, value: b}, {name: severity, value: special}]}
  receivers:
    - {name: nobody}
    - {name: bus, webhookConfigs: [{url: 'http://ntfy.web-ntfy.svc.cluster.local/hl-crit'}]}
`

var manifestCases = []struct {
	name, folder string
	strict       bool
	want         []string
}{
	{name: "live state: once for an object, at the first field in the file", folder: platform + `
-- a/a.yaml --
apiVersion: v1
kind: Service
metadata:
  name: a
  uid: x
  annotations:
    deployment.kubernetes.io/revision: "1"
  creationTimestamp: null
spec: {ports: [{port: 80}]}
status: {loadBalancer: {}}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: b
  annotations: {note: status}
data: {uid: x, status: z}
`, want: []string{
		"a/a.yaml:5 warning live-state-field: Service a has metadata.creationTimestamp, metadata.uid, metadata.annotations.deployment.kubernetes.io/revision, status of an object in the cluster",
	}},
	{name: "live state: one finding for a field that the kind does not have either", folder: platform + `
-- a/a.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
status: {a: b}
`, want: []string{"a/a.yaml:4 warning live-state-field: ConfigMap a has status of an object in the cluster"}},
	{name: "live state: neither CRDs nor what templates make", folder: strings.Replace(platform, "[example.org/Cluster,", "[apiextensions.k8s.io/CustomResourceDefinition,", 1) + `
-- a/Chart.yaml --
apiVersion: v2
name: a
version: 1.0.0
-- a/templates/a.yaml --
apiVersion: v1
kind: Service
metadata: {name: a, creationTimestamp: null}
spec: {ports: [{port: 80}]}
status: {loadBalancer: {}}
-- a/templates/crd.yaml --
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: as.example.org}
spec:
  group: example.org
  names: {kind: A, plural: as}
  scope: Namespaced
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
status: {acceptedNames: {kind: "", plural: ""}, conditions: [], storedVersions: []}
`},
	{name: "fields: each at its place", folder: platform + `
-- a/a.yaml --
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: a}
spec:
  headers:
    frameDeny: true
    framedeny: true
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  selector: {matchLabels: {a: b}}
  replicas: two
  template:
    metadata: {labels: {a: b}}
    spec:
      containers:
        - name: a
          image: registry.example/a:1.2.3
          port: 80
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: a}
spec:
  endpoints: [{port: http, interval: 5}]
`, want: []string{
		"a/a.yaml:7 error unknown-field: Middleware a: spec.headers.framedeny: unknown field, according to the schema of traefik v3.7.13",
		"a/a.yaml:14 error unknown-field: Deployment a: spec.replicas: found a string, expected int32",
		"a/a.yaml:26 error unknown-field: ServiceMonitor a: spec.selector: is required, according to the schema of prometheus-operator v0.94.1",
		"a/a.yaml:27 error unknown-field: ServiceMonitor a: spec.endpoints[0].interval: must be of type string: \"integer\", according to the schema of prometheus-operator v0.94.1",
	}},
	{name: "fields: the template's line, or the value file's", folder: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications:
    - {applicationCode: web-a, path: chart}
    - {applicationCode: web-b, path: chart}
-- chart/Chart.yaml --
apiVersion: v2
name: chart
version: 1.0.0
-- chart/templates/a.yaml --
apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}}
spec:
  ports: [{port: 80}]
  typ: ClusterIP
{{ range .Values.objects }}
---
{{ toYaml . }}
{{ end }}
-- chart/values-web-b.yml --
objects:
  - apiVersion: v1
    kind: Service
    metadata: {name: c}
    spec:
      ports: [{port: 80}]
      typ: ClusterIP
`, want: []string{
		"chart/templates/a.yaml:6 error unknown-field: Service web-a: spec.typ: unknown field",
		"chart/templates/a.yaml:6 error unknown-field: Service web-b: spec.typ: unknown field",
		"chart/values-web-b.yml:7 error unknown-field: Service c: spec.typ: unknown field",
	}},
	{name: "fields: a namespace that roster has filled in is not the user's", folder: platform + `
-- a/a.yaml --
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: a}
spec: {endpointSelector: {}, ingress: [{fromEntities: [host]}]}
`},
	{name: "fields: keys without a value, names that the API server makes, and free-form fields are fine", folder: platform + `
-- a/a.yaml --
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: a, labels: }
spec:
  headers:
  plugin: {anything: {goes: here}}
---
apiVersion: batch/v1
kind: Job
metadata: {generateName: a-}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: a, image: 'registry.example/a:1', resources: {limits: {cpu: 1}}, command: null}]
---
apiVersion: v1
kind: Secret
metadata: {name: a}
stringData: {a: b}
immutable: true
`},
	{name: "kinds: one finding for each", folder: platform + `
-- a/a.yaml --
apiVersion: example.org/v1
kind: Queue
metadata: {name: a}
---
apiVersion: example.org/v2
kind: Queue
metadata: {name: b}
---
apiVersion: example.org/v2
kind: Queue
metadata: {name: c}
---
apiVersion: monitoring.coreos.com/v1beta1
kind: AlertmanagerConfig
metadata: {name: a}
spec: {}
---
apiVersion: apps/v1beta1
kind: Deployment
metadata: {name: a}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: a}
spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /a}}
`, want: []string{
		"a/a.yaml:2 info unknown-kind: 1 object of the kind example.org/v1 Queue is not checked: there is no schema",
		"a/a.yaml:6 info unknown-kind: 2 objects of the kind example.org/v2 Queue are not checked: there is no schema",
		"a/a.yaml:14 info unknown-kind: 1 object of the kind monitoring.coreos.com/v1beta1 AlertmanagerConfig is not checked: there is no schema",
		"a/a.yaml:18 error removed-api-version: Deployment a has the version apps/v1beta1, which Kubernetes has not had since 1.16",
	}},
	{name: "versions: also what has nothing in its place", folder: platform + `
-- a/a.yaml --
kind: Ingress
apiVersion: networking.k8s.io/v1beta1
metadata: {name: a}
---
apiVersion: policy/v1beta1
kind: PodSecurityPolicy
metadata: {name: a}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: b}
`, want: []string{
		"a/a.yaml:2 error removed-api-version: Ingress a has the version networking.k8s.io/v1beta1, which Kubernetes has not had since 1.22",
		"a/a.yaml:5 error removed-api-version: PodSecurityPolicy a has the version policy/v1beta1, which Kubernetes has not had since 1.25",
	}},
	{name: "versions: what an older cluster still has", folder: strings.Replace(platform, "-- applications", "kubernetes: {version: v1.24.17}\n-- applications", 1) + `
-- a/a.yaml --
apiVersion: batch/v1beta1
kind: CronJob
metadata: {name: a}
---
apiVersion: rbac.authorization.k8s.io/v1beta1
kind: Role
metadata: {name: a}
`, want: []string{"a/a.yaml:5 error removed-api-version: Role a has the version rbac.authorization.k8s.io/v1beta1, which Kubernetes has not had since 1.22"}},
	{name: "duplicates: of another application, and of roster", folder: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  clusterResources: [Namespace, PersistentVolume]
  applications: [{applicationCode: web-a, path: a}]
- namespace: web-b
  networkPolicies: isolated
  clusterResources: [PersistentVolume]
  applications: [{applicationCode: web-b, path: b}]
-- a/a.yaml --
apiVersion: v1
kind: Namespace
metadata: {name: web-a}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: films}
spec: &disk {capacity: {storage: 1Gi}, accessModes: [ReadWriteMany], hostPath: {path: /films}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: shared}
---
apiVersion: v1
kind: Secret
metadata: {name: shared}
---
apiVersion: batch/v1
kind: Job
metadata: {generateName: shared-}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: 'registry.example/a:1'}]}}}
-- b/a.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: shared}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: films}
spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteMany], hostPath: {path: /films}}
---
apiVersion: batch/v1
kind: Job
metadata: {generateName: shared-}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: 'registry.example/a:1'}]}}}
`, want: []string{
		"a/a.yaml:3 error duplicate-object: web-a deploys Namespace web-a, which roster renders from the list",
		"b/a.yaml:7 error duplicate-object: web-a and web-b deploy the same PersistentVolume films",
	}},
	{name: "duplicates: in another version, and of a third", folder: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications:
    - {applicationCode: web-a, path: a}
    - {applicationCode: web-b, path: b}
    - {applicationCode: web-c, path: b}
-- a/a.yaml --
apiVersion: policies.kyverno.io/v1
kind: NamespacedValidatingPolicy
metadata: {name: a}
spec: {validations: [{expression: 'true'}]}
-- b/a.yaml --
apiVersion: policies.kyverno.io/v1beta1
kind: NamespacedValidatingPolicy
metadata:
  name: a
spec: {validations: [{expression: 'true'}]}
`, want: []string{
		"b/a.yaml:4 error duplicate-object: web-a and web-b deploy the same NamespacedValidatingPolicy a",
		"b/a.yaml:4 error duplicate-object: web-a and web-c deploy the same NamespacedValidatingPolicy a",
	}},
	{name: "Kyverno: kinds and versions", folder: platform + `
-- a/a.yaml --
apiVersion: kyverno.io/v2beta1
kind: CleanupPolicy
metadata: {name: a}
---
apiVersion: policies.kyverno.io/v1alpha1
kind: NamespacedDeletingPolicy
metadata: {name: a}
---
apiVersion: policies.kyverno.io/v1beta1
kind: NamespacedDeletingPolicy
metadata: {name: b}
---
apiVersion: kyverno.io/v2
kind: GlobalContextEntry
metadata: {name: a}
---
apiVersion: example.org/v1
kind: ClusterPolicy
metadata: {name: a}
`, want: []string{
		"a/a.yaml:1 warning deprecated-kyverno-policy: CleanupPolicy a is of a kind that Kyverno 1.20 will remove",
		"a/a.yaml:2 info unknown-kind: 1 object of the kind kyverno.io/v2beta1 CleanupPolicy is not checked: there is no schema",
		"a/a.yaml:5 warning deprecated-kyverno-policy: NamespacedDeletingPolicy a has the version v1alpha1, which is deprecated",
		"a/a.yaml:5 error unknown-field: NamespacedDeletingPolicy a: apiVersion: policies.kyverno.io/v1alpha1 is not served for NamespacedDeletingPolicy; served: v1, v1beta1, according to the schema of kyverno v1.19.1",
		"a/a.yaml:9 error unknown-field: NamespacedDeletingPolicy b: spec: is required, according to the schema of kyverno v1.19.1",
		"a/a.yaml:14 info unknown-kind: 1 object of the kind kyverno.io/v2 GlobalContextEntry is not checked: there is no schema",
		"a/a.yaml:18 info unknown-kind: 1 object of the kind example.org/v1 ClusterPolicy is not checked: there is no schema",
	}},
	{name: "strict: what is asked of containers", strict: true, folder: platform + `
-- a/a.yaml --
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: a}
spec:
  selector: {matchLabels: {a: b}}
  serviceName: a
  template:
    metadata: {labels: {a: b}}
    spec:
      securityContext: {runAsUser: 1000}
      initContainers:
        - name: init
          image: registry.example:5000/init
          resources: {requests: {cpu: 1, memory: 1Mi}, limits: {memory: 1Mi}}
        - name: root
          image: registry.example:5000/init:1
          securityContext: {runAsUser: 0}
          resources: {limits: {cpu: 1}}
      containers:
        - name: no-probe
          image: registry.example/a:stable
          ports: [{containerPort: 80}]
          resources: {limits: {cpu: 1, memory: 1Mi}}
        - name: no-ports
          image: a@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
          resources: {limits: {cpu: 1, memory: 1Mi}}
        - name: starting
          image: registry.example/a:stable-2.3
          ports: [{containerPort: 81}]
          startupProbe: {tcpSocket: {port: 81}}
          resources: {requests: {cpu: 1}, limits: {memory: 1Mi}}
          securityContext: {runAsNonRoot: false}
---
apiVersion: v1
kind: Pod
metadata: {name: windows}
spec:
  os: {name: windows}
  resources: {requests: {cpu: 1, memory: 1Mi}, limits: {memory: 1Mi}}
  containers:
    - {name: a, image: 'registry.example/a:1', ports: [{containerPort: 80}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: job}
spec:
  schedule: "@daily"
  jobTemplate:
    spec:
      template:
        spec:
          securityContext: {runAsNonRoot: false}
          restartPolicy: Never
          containers:
            - name: a
              image: registry.example/a:1
              ports: [{containerPort: 80}]
              securityContext: {runAsNonRoot: true, runAsUser: 0}
`, want: []string{
		"a/a.yaml:13 warning unpinned-image: the image registry.example:5000/init of StatefulSet a has no tag",
		"a/a.yaml:17 warning may-run-as-root: root of StatefulSet a may run as root",
		"a/a.yaml:18 warning missing-limits: the container root of StatefulSet a has no request of memory, no limit of memory",
		"a/a.yaml:20 warning missing-probes: the container no-probe of StatefulSet a has ports, and no probe",
		"a/a.yaml:21 warning unpinned-image: the image registry.example/a:stable of StatefulSet a has the tag stable, which moves",
		"a/a.yaml:55 warning missing-limits: the container a of CronJob job has no request of cpu, no request of memory, no limit of memory",
	}},
	{name: "strict: a LimitRange fills in what containers do not say", strict: true, folder: platform + `
-- a/a.yaml --
apiVersion: v1
kind: LimitRange
metadata: {name: a}
spec: {limits: [{type: Container, default: {memory: 1Gi}, defaultRequest: {cpu: 1m, memory: 1Mi}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  securityContext: {runAsNonRoot: true}
  containers: [{name: a, image: 'registry.example/a:1'}]
`},
	{name: "alerts: which severities have a route", folder: withAlerting + `
-- a/rules.yaml --
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: a}
spec:
  groups:
    - name: a
      rules:
        - {alert: Critical, expr: up, labels: {severity: critical}}
        - {alert: Pattern, expr: up, labels: {severity: notice}}
        - {alert: OldPattern, expr: up, labels: {severity: lower}}
        - {alert: Silent, expr: up, labels: {severity: none}}
        - {alert: ByName, expr: up}
        - {alert: PerhapsTeam, expr: up, labels: {severity: special}}
        - {alert: Template, expr: up, labels: {severity: '{{ $labels.severity }}'}}
        - {record: 'a:b', expr: up}
        - {alert: OtherTeam, expr: up, labels: {severity: special, team: c}}
        - {alert: Part, expr: up, labels: {severity: notice-2}}
        - alert: None
          expr: up
        - alert: Page
          expr: up
          labels:
            severity: page
    - name: b
      labels: {severity: critical}
      rules:
        - {alert: OfTheGroup, expr: up}
`, want: []string{
		"a/rules.yaml:16 warning alert-without-route: the alert OtherTeam has the severity special, for which there is no route: it takes the default route, to bus",
		"a/rules.yaml:17 warning alert-without-route: the alert Part has the severity notice-2, for which there is no route: it takes the default route, to bus",
		"a/rules.yaml:18 warning alert-without-route: the alert None has no severity: it takes the default route, to bus",
		"a/rules.yaml:23 warning alert-without-route: the alert Page has the severity page, for which there is no route: it takes the default route, to bus",
	}},
	{name: "alerts: without alerting, nobody knows the routes", folder: platform + `
-- a/rules.yaml --
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: a}
spec: {groups: [{name: a, rules: [{alert: A, expr: up}]}]}
`},
	{name: "receivers: deep down, and once", folder: platform + `
-- a/routes.yaml --
apiVersion: monitoring.coreos.com/v1alpha1
kind: AlertmanagerConfig
metadata: {name: a}
spec:
  route:
    receiver: "null"
    routes:
      - receiver: mail
        routes:
          - receiver: gone
          - matchers: [{name: a, value: b}]
            routes:
              - receiver: empty
      - receiver: empty
      - receiver: Blackhole
  receivers:
    - name: unused
    - name: "null"
    - name: Blackhole
    - name: empty
      emailConfigs: []
    - name: mail
      emailConfigs: [{to: a@mail.example, from: b@mail.example, smarthost: 'mail.example:25'}]
`, want: []string{
		"a/routes.yaml:10 error receiver-without-destination: AlertmanagerConfig a has no receiver gone: the operator leaves out the whole object",
		"a/routes.yaml:20 error receiver-without-destination: the receiver empty of AlertmanagerConfig a sends nothing",
	}},
}

func TestManifestRules(t *testing.T) {
	for _, c := range manifestCases {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, f := range run(t, c.folder, c.strict).Findings {
				if slices.Contains(manifestRules, f.Code) {
					got = append(got, fmt.Sprintf("%s:%d %s %s: %s", f.Pos.File, f.Pos.Line, f.Severity, f.Code, f.Message))
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestManyUnknownFields stops where an object is of another kind than it claims.
func TestManyUnknownFields(t *testing.T) {
	folder := platform + "-- a/a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
	for i := range 30 {
		folder += fmt.Sprintf("field%02d: x\n", i)
	}
	found := slices.DeleteFunc(run(t, folder, false).Findings, func(f lint.Finding) bool { return f.Code != "unknown-field" })
	if len(found) != 20 || found[19].Pos.Line != 23 {
		t.Errorf("%d findings: %v", len(found), found)
	}
}

// TestRemovedVersions compares the table with when Kubernetes' own types were removed.
func TestRemovedVersions(t *testing.T) {
	checked := 0
	for gvk := range scheme.Scheme.AllKnownTypes() {
		object, err := scheme.Scheme.New(gvk)
		if err != nil {
			t.Fatal(err)
		}
		of, ok := object.(interface{ APILifecycleRemoved() (major, minor int) })
		if !ok || !ofManifest(gvk) {
			continue
		}
		_, minor := of.APILifecycleRemoved()
		replacement := ""
		if by, ok := object.(interface {
			APILifecycleReplacement() schema.GroupVersionKind
		}); ok {
			replacement = by.APILifecycleReplacement().GroupVersion().String()
		}
		if strings.HasPrefix(replacement, "flowcontrol.") {
			replacement = "flowcontrol.apiserver.k8s.io/v1" // that is removed as well, by now
		}
		// An alpha version is only there for those who turned it on, and a later one is not removed yet.
		if minor > 35 || strings.Contains(gvk.Version, "alpha") {
			continue
		}
		checked++
		for _, version := range []int{minor - 1, minor} {
			got := removedIn(t, gvk, fmt.Sprintf("v1.%d.0", version))
			want := ""
			if version == minor {
				// Some types do not say what is in their place.
				want = "write apiVersion: " + replacement
			}
			if got != want && (replacement != "" || got != "write apiVersion: "+gvk.Group+"/v1") {
				t.Errorf("%s in 1.%d: %q, want %q", gvk, version, got, want)
			}
		}
	}
	if checked < 40 {
		t.Errorf("only %d kinds were checked", checked)
	}
}

// ofManifest reports whether a kind is one of which objects are kept in the cluster.
func ofManifest(gvk schema.GroupVersionKind) bool {
	return !strings.HasSuffix(gvk.Kind, "List") && !strings.HasSuffix(gvk.Kind, "Review") && !strings.HasSuffix(gvk.Kind, "Options") &&
		!slices.Contains([]string{"Eviction", "Scale", "DeploymentRollback", "WatchEvent"}, gvk.Kind)
}

// removedIn is the hint of removed-api-version for a kind; empty when there is none.
func removedIn(t *testing.T, gvk schema.GroupVersionKind, cluster string) string {
	t.Helper()
	folder := strings.Replace(platform, "-- applications", "kubernetes: {version: "+cluster+"}\n-- applications", 1) +
		fmt.Sprintf("-- a/a.yaml --\napiVersion: %s\nkind: %s\nmetadata: {name: a}\n", gvk.GroupVersion(), gvk.Kind)
	for _, f := range run(t, folder, false).Findings {
		if f.Code == "removed-api-version" {
			return f.Hint
		}
	}
	return ""
}
