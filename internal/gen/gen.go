// Package gen makes inputs of any size: a folder with applications.yml, platform.yml and the chart that they name. The same
// options give the same bytes.
//
// It serves benchmarks. It does not read anything, and nothing that a user runs imports it.
package gen

import (
	"fmt"
	"os"
	"strings"
	"testing/fstest"
)

// Options describe the input.
type Options struct {
	Entries int

	// Plain leaves each entry with a profile and one application: what the Helm chart in test/bench prints too. Otherwise
	// every fifth entry has a bit of everything, and every tenth also values.
	Plain bool

	// Workloads gives the chart four objects that each application deploys. Otherwise the chart has no templates.
	Workloads bool
}

// Chart is the folder that all applications come from, one value file for each.
const Chart = "helm-charts/extra-objects"

// Template is the file of the chart with what each application deploys.
const Template = Chart + "/templates/all.yaml"

// Values is the value file of the application with a number.
func Values(i int) string { return Chart + "/values-" + name(i) + ".yml" }

// names are what people run at home.
var names = [...]string{"vaultwarden", "photos", "paperless", "recipes", "music", "ntfy", "budget", "wiki", "git", "feeds", "tasks"}

// Folder is the input.
func Folder(o Options) fstest.MapFS {
	out := fstest.MapFS{
		"platform.yml":        {Data: []byte(platform)},
		"applications.yml":    {Data: []byte(Applications(o))},
		Chart + "/Chart.yaml": {Data: []byte("apiVersion: v2\nname: extra-objects\nversion: 0.1.0\n")},
	}
	for i := range o.Entries {
		out[Values(i)] = &fstest.MapFile{Data: []byte("replicas: 1\n"), Mode: 0o644}
	}
	if o.Workloads {
		out[Template] = &fstest.MapFile{Data: []byte(workloads), Mode: 0o644}
	}
	return out
}

// Write writes the input into a folder. It fails when the folder has one of the files.
func Write(dir string, o Options) error { return os.CopyFS(dir, Folder(o)) }

const platform = `domain: house.example
repository:
  url: https://gitlab.example/house/homelab.git
  revision: main
ingress:
  auth:
    sso: {name: sso, namespace: web-authentik}
`

// Applications is the text of applications.yml: a list, which also is one under a key.
func Applications(o Options) string {
	var b strings.Builder
	for i := range o.Entries {
		entry(&b, i, o)
	}
	return b.String()
}

func name(i int) string { return fmt.Sprintf("web-%s-%05d", names[i%len(names)], i) }

func entry(b *strings.Builder, i int, o Options) {
	rich := !o.Plain && i%5 == 4
	fmt.Fprintf(b, "- namespace: %s\n", name(i))
	if rich {
		fmt.Fprintf(b, "  podSecurity: restricted\n  labels:\n    house.example/owner: family-%d\n    house.example/backup: nightly\n", i%7)
	}
	b.WriteString("  networkPolicies:\n    profile: web-app\n")
	if rich { // the entry before is not rich: nothing waits for more than one other
		fmt.Fprintf(b, "    allow:\n      - to: {namespace: %s, ports: [8080]}\n", name(i-1))
	}
	fmt.Fprintf(b, "  applications:\n    - applicationCode: %s\n      path: %s\n      autoSync: true\n", name(i), Chart)
	if !rich {
		return
	}
	short := names[i%len(names)]
	fmt.Fprintf(b, `      dependsOn: [%s]
      ingress:
        - host: %s-%05d
          service: %s
          port: 8080
      secrets:
        - name: %s-database
          data:
            PASSWORD: house/%s/%05d#password
            USERNAME: house/%s/%05d#username
`, name(i-1), short, i, short, short, short, i, short, i)
	if i%10 != 9 {
		return
	}
	fmt.Fprintf(b, `      values:
        image:
          repository: registry.example/house/%s
          tag: "1.%d"
        replicaCount: 1
        env:
          TZ: Europe/Budapest
          LOG_LEVEL: info
        persistence:
          enabled: true
          size: %dGi
        resources:
          requests: {cpu: 50m, memory: 128Mi}
          limits: {memory: 512Mi}
`, short, i%40, 1+i%50)
}

const workloads = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels: {app.kubernetes.io/name: {{ .Release.Name }}}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels: {app.kubernetes.io/name: {{ .Release.Name }}}
  template:
    metadata:
      labels: {app.kubernetes.io/name: {{ .Release.Name }}}
    spec:
      containers:
        - name: web
          image: registry.example/house/web:1.2.3
          args: ["--listen", ":8080", "--log", "info"]
          ports: [{name: http, containerPort: 8080}]
          env: [{name: TZ, value: Europe/Budapest}]
          envFrom: [{configMapRef: {name: {{ .Release.Name }}}}]
          resources: {limits: {cpu: 100m, memory: 128Mi}}
          volumeMounts: [{name: data, mountPath: /data}]
      volumes: [{name: data, persistentVolumeClaim: {claimName: {{ .Release.Name }}}}]
---
apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}
  labels: {app.kubernetes.io/name: {{ .Release.Name }}}
spec:
  selector: {app.kubernetes.io/name: {{ .Release.Name }}}
  ports: [{name: http, port: 80, targetPort: http}]
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
  labels: {app.kubernetes.io/name: {{ .Release.Name }}}
data: {LOG_LEVEL: info, GREETING: "hello {{ .Release.Name }}"}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {{ .Release.Name }}
  labels: {app.kubernetes.io/name: {{ .Release.Name }}}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
`
