package apps_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hippotion/roster/catalog/apps"
	"github.com/hippotion/roster/catalog/apps/builtin"
	"github.com/hippotion/roster/internal/schema"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"
)

// smallApps are values of the small application, the strictest level that their pods meet, and what they become: KIND/PATH in the object, and
// its JSON. A path without a value must not be there.
var smallApps = []struct {
	name, values string
	level        api.Level
	want         map[string]string
}{
	{"an image", `image: a:1`, api.LevelRestricted, map[string]string{
		"Deployment/metadata/name":               `"web-app"`,
		"Deployment/spec/replicas":               `1`,
		"Deployment/spec/strategy":               ``,
		"Deployment/spec/selector/matchLabels":   `{"app.kubernetes.io/name":"web-app"}`,
		pod + "automountServiceAccountToken":     `false`,
		pod + "enableServiceLinks":               `false`,
		pod + "securityContext":                  `{"fsGroup":1000,"fsGroupChangePolicy":"OnRootMismatch","runAsGroup":1000,"runAsNonRoot":true,"runAsUser":1000,"seccompProfile":{"type":"RuntimeDefault"}}`,
		pod + "containers/0/securityContext":     `{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]},"readOnlyRootFilesystem":true}`,
		pod + "containers/0/resources":           `{"limits":{"memory":"256Mi"},"requests":{"cpu":"10m","memory":"64Mi"}}`,
		pod + "containers/0/volumeMounts":        `[{"mountPath":"/tmp","name":"app--tmp"}]`,
		pod + "containers/0/readinessProbe":      ``,
		"Service":                                ``,
		"Deployment/spec/template/metadata":      `{"labels":{"app.kubernetes.io/name":"web-app"}}`,
		"PersistentVolumeClaim":                  ``,
		"ConfigMap":                              ``,
		"Deployment/spec/volumeClaimTemplates":   ``,
		pod + "containers/0/env":                 ``,
		pod + "imagePullSecrets":                 ``,
		pod + "containers/0/imagePullPolicy":     ``,
		"Deployment/metadata/labels":             `{"app.kubernetes.io/name":"web-app"}`,
		"Deployment/spec/template/spec/hostPath": ``,
	}},
	{"a port", `{image: a:1, port: 8080}`, api.LevelRestricted, map[string]string{
		"Service/metadata/name":              `"web-app"`,
		"Service/spec/ports":                 `[{"name":"http","port":8080,"protocol":"TCP","targetPort":"http"}]`,
		pod + "containers/0/ports":           `[{"containerPort":8080,"name":"http","protocol":"TCP"}]`,
		pod + "containers/0/startupProbe":    `{"failureThreshold":30,"periodSeconds":5,"tcpSocket":{"port":"http"}}`,
		pod + "containers/0/readinessProbe":  `{"tcpSocket":{"port":"http"}}`,
		pod + "containers/0/livenessProbe":   `{"failureThreshold":6,"tcpSocket":{"port":"http"}}`,
		"Deployment/spec/strategy":           ``,
		"Deployment/spec/template/spec/type": ``,
	}},
	{"several ports", `{image: a:1, ports: {web: 8080, admin: {port: 9000, service: 80}, peers: 6881/UDP, peers-tcp: 6881/TCP, text: '7000'}}`, api.LevelRestricted, map[string]string{
		"Service/spec/ports":                `[{"name":"admin","port":80,"protocol":"TCP","targetPort":"admin"},{"name":"peers","port":6881,"protocol":"UDP","targetPort":"peers"},{"name":"peers-tcp","port":6881,"protocol":"TCP","targetPort":"peers-tcp"},{"name":"text","port":7000,"protocol":"TCP","targetPort":"text"},{"name":"web","port":8080,"protocol":"TCP","targetPort":"web"}]`,
		pod + "containers/0/readinessProbe": `{"tcpSocket":{"port":"admin"}}`,
	}},
	{"a port and more", `{image: a:1, port: 80, ports: {alpha: 90}}`, api.LevelRestricted, map[string]string{
		pod + "containers/0/readinessProbe": `{"tcpSocket":{"port":"http"}}`,
	}},
	{"a port with UDP", `{image: a:1, ports: {dns: 53/UDP}}`, api.LevelRestricted, map[string]string{pod + "containers/0/readinessProbe": ``, "Service/spec/ports/0/protocol": `"UDP"`}},
	{"a path to ask", `{image: a:1, port: 80, probe: '/healthz?a=b'}`, api.LevelRestricted, map[string]string{
		pod + "containers/0/livenessProbe": `{"failureThreshold":6,"httpGet":{"path":"/healthz?a=b","port":"http"}}`,
	}},
	{"no probe", `{image: a:1, port: 80, probe: false}`, api.LevelRestricted, map[string]string{pod + "containers/0/livenessProbe": ``, pod + "containers/0/startupProbe": ``}},
	{"no probe in words", `{image: a:1, port: 80, probe: 'off'}`, api.LevelRestricted, map[string]string{pod + "containers/0/livenessProbe": ``}},
	{"TCP in words", `{image: a:1, port: 80, probe: tcp}`, api.LevelRestricted, map[string]string{pod + "containers/0/readinessProbe": `{"tcpSocket":{"port":"http"}}`}},
	{"a slow start", `{image: a:1, ports: {a: 1, b: 2}, probe: {path: /x, port: b, startup: 601, timeout: 3}}`, api.LevelRestricted, map[string]string{
		pod + "containers/0/startupProbe":   `{"failureThreshold":121,"httpGet":{"path":"/x","port":"b"},"periodSeconds":5,"timeoutSeconds":3}`,
		pod + "containers/0/readinessProbe": `{"httpGet":{"path":"/x","port":"b"},"timeoutSeconds":3}`,
	}},
	{"a command to ask", `{image: a:1, probe: {command: [check, 1, true]}}`, api.LevelRestricted, map[string]string{
		pod + "containers/0/readinessProbe": `{"exec":{"command":["check","1","true"]}}`,
	}},
	{"a claim", `{image: a:1, volumes: {/data: 1Gi}}`, api.LevelRestricted, map[string]string{
		"PersistentVolumeClaim/metadata/name": `"web-app-data"`,
		"PersistentVolumeClaim/spec":          `{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}`,
		"Deployment/spec/strategy":            `{"type":"Recreate"}`,
		pod + "volumes/0":                     `{"name":"data","persistentVolumeClaim":{"claimName":"web-app-data"}}`,
	}},
	{"a claim for many", `{image: a:1, replicas: 3, volumes: {/data: {size: 2Ti, storageClass: nfs, accessMode: ReadWriteMany, claim: films, subPath: new/ones}}}`, api.LevelRestricted, map[string]string{
		"PersistentVolumeClaim/metadata/name": `"films"`,
		"PersistentVolumeClaim/spec":          `{"accessModes":["ReadWriteMany"],"resources":{"requests":{"storage":"2Ti"}},"storageClassName":"nfs"}`,
		"Deployment/spec/strategy":            ``,
		"Deployment/spec/replicas":            `3`,
		pod + "containers/0/volumeMounts/0":   `{"mountPath":"/data","name":"data","subPath":"new/ones"}`,
	}},
	{"a claim of somebody else", `{image: a:1, volumes: {/media: {claim: media, readOnly: true}}}`, api.LevelRestricted, map[string]string{
		"PersistentVolumeClaim":             ``,
		"Deployment/spec/strategy":          `{"type":"Recreate"}`,
		pod + "volumes/0":                   `{"name":"media","persistentVolumeClaim":{"claimName":"media","readOnly":true}}`,
		pod + "containers/0/volumeMounts/0": `{"mountPath":"/media","name":"media","readOnly":true}`,
	}},
	{"paths that look alike", `{image: a:1, volumes: {/a/b: 1Gi, /a-b: 1Gi, /A/b: 1Gi, /.n8n: 1Gi, /._: 1Gi}}`, api.LevelRestricted, map[string]string{
		pod + "volumes": `[{"name":"e962477d","persistentVolumeClaim":{"claimName":"web-app-e962477d"}},{"name":"n8n-af7a1823","persistentVolumeClaim":{"claimName":"web-app-n8n-af7a1823"}},{"name":"a-b-3c8bb3eb","persistentVolumeClaim":{"claimName":"web-app-a-b-3c8bb3eb"}},{"name":"a-b-590bb8f6","persistentVolumeClaim":{"claimName":"web-app-a-b-590bb8f6"}},{"name":"a-b","persistentVolumeClaim":{"claimName":"web-app-a-b"}},{"emptyDir":{},"name":"app--tmp"}]`,
	}},
	{"what is not kept", `{image: a:1, volumes: {/tmp: {memory: 64Mi}, /cache: {emptyDir: 1Gi}}}`, api.LevelRestricted, map[string]string{
		pod + "volumes":                   `[{"emptyDir":{"sizeLimit":"1Gi"},"name":"cache"},{"emptyDir":{"medium":"Memory","sizeLimit":"64Mi"},"name":"tmp"}]`,
		pod + "containers/0/volumeMounts": `[{"mountPath":"/cache","name":"cache"},{"mountPath":"/tmp","name":"tmp"}]`,
	}},
	{"Secrets and settings as files", `{image: a:1, volumes: {/etc/a: {secret: a}, /etc/b: {config: b, keys: [x.yml, z]}, /etc/c: {secret: c, keys: [token]}}}`, api.LevelRestricted, map[string]string{
		pod + "volumes/0":                   `{"name":"etc-a","secret":{"defaultMode":288,"secretName":"a"}}`,
		pod + "volumes/1":                   `{"configMap":{"items":[{"key":"x.yml","path":"x.yml"},{"key":"z","path":"z"}],"name":"b"},"name":"etc-b"}`,
		pod + "volumes/2/secret/items":      `[{"key":"token","path":"token"}]`,
		pod + "containers/0/volumeMounts/0": `{"mountPath":"/etc/a","name":"etc-a","readOnly":true}`,
	}},
	{"a folder of the node", `{image: a:1, volumes: {/films: {hostPath: /srv/films, readOnly: true}}}`, api.LevelPrivileged, map[string]string{
		pod + "volumes/0": `{"hostPath":{"path":"/srv/films"},"name":"films"}`,
	}},
	{"NFS", `{image: a:1, volumes: {/films: {nfs: 'nas.home.example:/export/films', readOnly: true}}}`, api.LevelBaseline, map[string]string{
		pod + "volumes/0": `{"name":"films","nfs":{"path":"/export/films","readOnly":true,"server":"nas.home.example"}}`,
	}},
	{"files", `{image: a:1, files: {/etc/app/config.yml: "a: {{ .Values.image }}\nb: \"x\"\n", /etc/app/run.sh: {text: '#!/bin/sh', mode: '0755'}, /.hidden: x}}`, api.LevelRestricted, map[string]string{
		"ConfigMap/data":                  `{".hidden":"x","etc_app_config.yml":"a: {{ .Values.image }}\nb: \"x\"\n","etc_app_run.sh":"#!/bin/sh"}`,
		pod + "volumes/0/configMap/items": `[{"key":".hidden","path":".hidden"},{"key":"etc_app_config.yml","path":"etc_app_config.yml"},{"key":"etc_app_run.sh","mode":493,"path":"etc_app_run.sh"}]`,
		pod + "containers/0/volumeMounts": `[{"mountPath":"/.hidden","name":"app--files","readOnly":true,"subPath":".hidden"},{"mountPath":"/etc/app/config.yml","name":"app--files","readOnly":true,"subPath":"etc_app_config.yml"},{"mountPath":"/etc/app/run.sh","name":"app--files","readOnly":true,"subPath":"etc_app_run.sh"},{"mountPath":"/tmp","name":"app--tmp"}]`,
	}},
	{"variables", `{image: a:1, env: {A_TEXT: x, B_NUMBER: 8080, C_BIG: 12345678901, D_TRUE: true, E_FRACTION: 0.5, F_EMPTY: '', G_ZEROS: '007', H_YES: 'yes'}}`, api.LevelRestricted, map[string]string{
		pod + "containers/0/env": `[{"name":"A_TEXT","value":"x"},{"name":"B_NUMBER","value":"8080"},{"name":"C_BIG","value":"12345678901"},{"name":"D_TRUE","value":"true"},{"name":"E_FRACTION","value":"0.5"},{"name":"F_EMPTY","value":""},{"name":"G_ZEROS","value":"007"},{"name":"H_YES","value":"yes"}]`,
	}},
	{"hostile variables", `{image: a:1, env: {a.b-c: '{{ fail "x" }}', B: "}\n- {name: C, value: x", C: "\"quoted\" 'twice' \\ # no comment", D: "a: b\n  - c\n\ttab\u2028", E: '<&>${A} $(A)', F: '*anchor &x !tag'}}`, api.LevelRestricted, map[string]string{
		pod + "containers/0/env": `[{"name":"B","value":"}\n- {name: C, value: x"},{"name":"C","value":"\"quoted\" 'twice' \\ # no comment"},{"name":"D","value":"a: b\n  - c\n\ttab\u2028"},{"name":"E","value":"\u003c\u0026\u003e${A} $(A)"},{"name":"F","value":"*anchor \u0026x !tag"},{"name":"a.b-c","value":"{{ fail \"x\" }}"}]`,
	}},
	{"variables from elsewhere", `{image: a:1, secrets: [one, two], env: {A: {secret: s, key: k.x}, B: {config: c, key: k}, C: {field: status.podIP}, D: {uses: ntfy}, E: {field: "metadata.labels['a']"}}}`, api.LevelRestricted, map[string]string{
		pod + "containers/0/env":     `[{"name":"A","valueFrom":{"secretKeyRef":{"key":"k.x","name":"s"}}},{"name":"B","valueFrom":{"configMapKeyRef":{"key":"k","name":"c"}}},{"name":"C","valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"status.podIP"}}},{"name":"D","value":"http://ntfy.web-ntfy.svc.cluster.local"},{"name":"E","valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.labels['a']"}}}]`,
		pod + "containers/0/envFrom": `[{"secretRef":{"name":"one"}},{"secretRef":{"name":"two"}}]`,
	}},
	{"words", `{image: a:1, command: [sh, -c, 'echo {{ 1 }}'], args: [--port, 8080, true, '- a: b']}`, api.LevelRestricted, map[string]string{
		pod + "containers/0/command": `["sh","-c","echo {{ 1 }}"]`,
		pod + "containers/0/args":    `["--port","8080","true","- a: b"]`,
	}},
	{"another user", `{image: a:1, user: 568, group: 20}`, api.LevelRestricted, map[string]string{
		pod + "securityContext": `{"fsGroup":20,"fsGroupChangePolicy":"OnRootMismatch","runAsGroup":20,"runAsNonRoot":true,"runAsUser":568,"seccompProfile":{"type":"RuntimeDefault"}}`,
	}},
	{"the image's user", `{image: a:1, user: image}`, api.LevelRestricted, map[string]string{
		pod + "securityContext": `{"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}}`,
	}},
	{"root", `{image: a:1, user: root}`, api.LevelBaseline, map[string]string{
		pod + "securityContext":              `{"runAsNonRoot":false,"runAsUser":0,"seccompProfile":{"type":"RuntimeDefault"}}`,
		pod + "containers/0/securityContext": `{"allowPrivilegeEscalation":false}`,
		pod + "volumes":                      ``,
	}},
	{"root as a number", `{image: a:1, user: 0, group: 5, capabilities: [CHOWN]}`, api.LevelBaseline, map[string]string{
		pod + "securityContext":              `{"fsGroup":5,"fsGroupChangePolicy":"OnRootMismatch","runAsGroup":5,"runAsNonRoot":false,"runAsUser":0,"seccompProfile":{"type":"RuntimeDefault"}}`,
		pod + "containers/0/securityContext": `{"allowPrivilegeEscalation":false,"capabilities":{"add":["CHOWN"],"drop":["ALL"]}}`,
	}},
	{"a root that is written", `{image: a:1, writableRoot: true, capabilities: [NET_BIND_SERVICE]}`, api.LevelRestricted, map[string]string{
		pod + "containers/0/securityContext": `{"allowPrivilegeEscalation":false,"capabilities":{"add":["NET_BIND_SERVICE"],"drop":["ALL"]}}`,
		pod + "containers/0/volumeMounts":    ``,
	}},
	{"too many capabilities", `{image: a:1, capabilities: [NET_ADMIN]}`, api.LevelPrivileged, map[string]string{
		pod + "containers/0/securityContext/capabilities/add": `["NET_ADMIN"]`,
	}},
	{"resources", `{image: a:1, resources: {requests: {cpu: 2}, limits: {memory: 1Gi, nvidia.com/gpu: 1}}}`, api.LevelRestricted, map[string]string{
		pod + "containers/0/resources": `{"limits":{"memory":"1Gi","nvidia.com/gpu":1},"requests":{"cpu":2,"memory":"64Mi"}}`,
	}},
	{"where it runs", `{image: a:1, name: other, labels: {team: house}, annotations: {a.b/c: '{{ 1 }}'}, nodeSelector: {kubernetes.io/arch: amd64}, tolerations: [{key: gpu, operator: Exists}], pullSecrets: [registry]}`, api.LevelRestricted, map[string]string{
		"Deployment/metadata":                           `{"labels":{"app.kubernetes.io/name":"other","team":"house"},"name":"other"}`,
		"Deployment/spec/selector/matchLabels":          `{"app.kubernetes.io/name":"other"}`,
		"Deployment/spec/template/metadata/labels":      `{"app.kubernetes.io/name":"other","team":"house"}`,
		"Deployment/spec/template/metadata/annotations": `{"a.b/c":"{{ 1 }}"}`,
		pod + "nodeSelector":                            `{"kubernetes.io/arch":"amd64"}`,
		pod + "tolerations":                             `[{"key":"gpu","operator":"Exists"}]`,
		pod + "imagePullSecrets":                        `[{"name":"registry"}]`,
	}},
	{"line breaks of Unicode", `{image: a:1, env: {A: "x\u0085y\u2028\u2029z"}, files: {/a: "\u0085x\r\n"}, annotations: {a: "\u0085"}}`, api.LevelRestricted, map[string]string{
		pod + "containers/0/env/0/value":                  "\"x\u0085y\\u2028\\u2029z\"",
		"ConfigMap/data/a":                                "\"\u0085x\\r\\n\"",
		"Deployment/spec/template/metadata/annotations/a": "\"\u0085\"",
	}},
	{"nothing runs", `{image: a:1, replicas: 0}`, api.LevelRestricted, map[string]string{"Deployment/spec/replicas": `0`}},
	{"a StatefulSet", `{image: a:1, kind: StatefulSet, port: 80, replicas: 2, volumes: {/data: {size: 1Gi, storageClass: fast}, /etc/x: {secret: x}, /own: {size: 1Gi, claim: own, accessMode: ReadWriteMany}}}`, api.LevelRestricted, map[string]string{
		"StatefulSet/spec/serviceName":                               `"web-app"`,
		"StatefulSet/spec/strategy":                                  ``,
		"StatefulSet/spec/replicas":                                  `2`,
		"StatefulSet/spec/volumeClaimTemplates":                      `[{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"data"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}},"storageClassName":"fast"}}]`,
		"StatefulSet/spec/template/spec/volumes/0/name":              `"etc-x"`,
		"StatefulSet/spec/template/spec/containers/0/volumeMounts/0": `{"mountPath":"/data","name":"data"}`,
		"PersistentVolumeClaim/metadata/name":                        `"own"`,
	}},
	{"a CronJob", `{image: a:1, schedule: '40 5 * * *', timeZone: Europe/Berlin, timeout: 7200, retries: 2, volumes: {/data: 1Gi}}`, api.LevelRestricted, map[string]string{
		"CronJob/spec/schedule":                                      `"40 5 * * *"`,
		"CronJob/spec/timeZone":                                      `"Europe/Berlin"`,
		"CronJob/spec/concurrencyPolicy":                             `"Forbid"`,
		"CronJob/spec/jobTemplate/spec/activeDeadlineSeconds":        `7200`,
		"CronJob/spec/jobTemplate/spec/backoffLimit":                 `2`,
		"CronJob/spec/jobTemplate/spec/template/spec/restartPolicy":  `"Never"`,
		"CronJob/spec/jobTemplate/spec/template/spec/volumes/0/name": `"data"`,
		"PersistentVolumeClaim/metadata/name":                        `"web-app-data"`,
		"Service":                                                    ``,
	}},
	{"a CronJob by default", `{image: a:1, schedule: '@daily', concurrency: Replace}`, api.LevelRestricted, map[string]string{
		"CronJob/spec/jobTemplate/spec/backoffLimit":          `0`,
		"CronJob/spec/concurrencyPolicy":                      `"Replace"`,
		"CronJob/spec/jobTemplate/spec/activeDeadlineSeconds": ``,
	}},
	{"several containers", `
image: a:1
port: 8080
user: 65533
volumes: {/git: {emptyDir: 1Gi, readOnly: true}, /etc/git: {secret: git, mounted: false}}
files: {/etc/a.yml: x}
initContainers: [{name: first, command: [cp, /a, /b], user: root, mounts: {/b: /git}}]
containers:
  - {name: sync, image: 'git:4', env: {A: 1}, secrets: [git], ports: {metrics: 9100}, user: 10, group: 11, mounts: {/git: /git, /x: {volume: /etc/git, readOnly: true}, /a: /etc/a.yml}}
  - {name: last, image: 'b:1', writableRoot: true, mounts: {/tmp: {volume: /git, subPath: tmp}}}
`, api.LevelBaseline, map[string]string{
		pod + "initContainers/0/image":           `"a:1"`,
		pod + "initContainers/0/securityContext": `{"allowPrivilegeEscalation":false,"runAsNonRoot":false,"runAsUser":0}`,
		pod + "initContainers/0/volumeMounts":    `[{"mountPath":"/b","name":"git"}]`,
		pod + "initContainers/0/readinessProbe":  ``,
		pod + "containers/0/volumeMounts":        `[{"mountPath":"/git","name":"git","readOnly":true},{"mountPath":"/etc/a.yml","name":"app--files","readOnly":true,"subPath":"etc_a.yml"},{"mountPath":"/tmp","name":"app--tmp"}]`,
		pod + "containers/1/volumeMounts":        `[{"mountPath":"/a","name":"app--files","readOnly":true,"subPath":"etc_a.yml"},{"mountPath":"/git","name":"git"},{"mountPath":"/x","name":"etc-git","readOnly":true},{"mountPath":"/tmp","name":"tmp--sync"}]`,
		pod + "containers/1/securityContext":     `{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]},"readOnlyRootFilesystem":true,"runAsGroup":11,"runAsNonRoot":true,"runAsUser":10}`,
		pod + "containers/1/readinessProbe":      `{"tcpSocket":{"port":"metrics"}}`,
		pod + "containers/1/envFrom":             `[{"secretRef":{"name":"git"}}]`,
		pod + "containers/2/volumeMounts":        `[{"mountPath":"/tmp","name":"git","subPath":"tmp"}]`,
		pod + "containers/2/readinessProbe":      ``,
		"Service/spec/ports":                     `[{"name":"http","port":8080,"protocol":"TCP","targetPort":"http"},{"name":"metrics","port":9100,"protocol":"TCP","targetPort":"metrics"}]`,
	}},
	{"a database", `{image: a:1, port: 80, database: postgres, env: {PGUSER: other, DSN: 'host=$(PGHOST) password=$(PGPASSWORD)'}}`, api.LevelRestricted, map[string]string{
		"StatefulSet/metadata/name":                                           `"web-app-postgres"`,
		"StatefulSet/spec/template/spec/containers/0/image":                   `"postgres:17.6"`,
		"StatefulSet/spec/template/spec/securityContext/runAsUser":            `999`,
		"StatefulSet/spec/template/spec/containers/0/env/4":                   `{"name":"POSTGRES_PASSWORD","valueFrom":{"secretKeyRef":{"key":"password","name":"web-app-postgres"}}}`,
		"StatefulSet/spec/volumeClaimTemplates/0/spec/resources":              `{"requests":{"storage":"5Gi"}}`,
		"StatefulSet/spec/template/spec/containers/0/resources/limits/memory": `"512Mi"`,
		pod + "containers/0/env":                                              `[{"name":"PGPASSWORD","valueFrom":{"secretKeyRef":{"key":"password","name":"web-app-postgres"}}},{"name":"DATABASE_URL","value":"postgres://app:$(PGPASSWORD)@web-app-postgres:5432/app?sslmode=disable"},{"name":"PGDATABASE","value":"app"},{"name":"PGHOST","value":"web-app-postgres"},{"name":"PGPORT","value":"5432"},{"name":"DSN","value":"host=$(PGHOST) password=$(PGPASSWORD)"},{"name":"PGUSER","value":"other"}]`,
	}},
	{"a database of another version", `{image: a:1, schedule: '@daily', labels: {team: house}, database: {kind: postgres, version: 18.1-alpine, size: 20Gi, storageClass: fast, resources: {limits: {memory: 1Gi}}}}`, api.LevelRestricted, map[string]string{
		"StatefulSet/spec/template/spec/containers/0/image":                               `"postgres:18.1-alpine"`,
		"StatefulSet/spec/template/spec/securityContext/runAsUser":                        `70`,
		"StatefulSet/spec/volumeClaimTemplates/0/spec":                                    `{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"20Gi"}},"storageClassName":"fast"}`,
		"StatefulSet/spec/template/spec/containers/0/resources":                           `{"limits":{"memory":"1Gi"},"requests":{"cpu":"50m","memory":"128Mi"}}`,
		"StatefulSet/metadata/labels":                                                     `{"app.kubernetes.io/name":"web-app-postgres","team":"house"}`,
		"CronJob/spec/jobTemplate/spec/template/spec/containers/0/env/0/name":             `"PGPASSWORD"`,
		"CronJob/spec/jobTemplate/spec/template/spec/containers/0/env/1/name":             `"DATABASE_URL"`,
		"CronJob/spec/jobTemplate/spec/template/metadata/labels/app.kubernetes.io~1name":  `"web-app"`,
		"CronJob/spec/jobTemplate/spec/template/metadata/labels/team":                     `"house"`,
		"CronJob/spec/jobTemplate/spec/template/spec/containers/0/env/0/valueFrom/config": ``,
	}},
	{"a database of another image", `{image: a:1, database: {kind: postgres, image: 'pgvector/pgvector:pg17'}}`, api.LevelRestricted, map[string]string{
		"StatefulSet/spec/template/spec/containers/0/image": `"pgvector/pgvector:pg17"`,
	}},
	{"the longest name", `{image: a:1, port: 80, name: ` + strings.Repeat("n", 63) + `, volumes: {/` + strings.Repeat("long/", 100) + `x: 1Gi}}`, api.LevelRestricted, map[string]string{
		"Service/metadata/name": `"` + strings.Repeat("n", 63) + `"`,
		pod + "volumes/0/name":  `"long-long-long-long-long-long-long-long-9b94a8e4"`,
	}},
}

// pod leads to the pods of a Deployment.
const pod = "Deployment/spec/template/spec/"

// TestSmallApps renders the small application in all its forms: the objects are what is expected, what an API server takes, and as strict
// as they can be.
func TestSmallApps(t *testing.T) {
	set := schema.New()
	for _, c := range smallApps {
		t.Run(c.name, func(t *testing.T) {
			objects := smallApp(t, c.values)
			kinds := map[string]any{}
			for _, o := range objects {
				kinds[o["kind"].(string)] = o
				accepted(t, set, o)
				level(t, o, c.level)
			}
			for _, path := range slices.Sorted(maps.Keys(c.want)) {
				got := ""
				if found := at(kinds, strings.Split(path, "/")); found != nil {
					data, err := json.Marshal(found)
					if err != nil {
						t.Fatal(err)
					}
					got = string(data)
				}
				if got != c.want[path] {
					t.Errorf("%s\n got %s\nwant %s", path, got, c.want[path])
				}
			}
			if again := smallApp(t, c.values); fmt.Sprint(again) != fmt.Sprint(objects) {
				t.Error("another output for the same values")
			}
		})
	}
}

func smallApp(t *testing.T, values string) []object {
	t.Helper()
	objects, err := render(t, "app", parsed(t, values), object{"uses": bus})
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

func parsed(t *testing.T, values string) object {
	t.Helper()
	var out object
	if err := yaml.Unmarshal([]byte(values), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// at is what a path leads to; ~1 is a slash in a key.
func at(in any, path []string) any {
	for _, step := range path {
		switch now := in.(type) {
		case map[string]any:
			in = now[strings.ReplaceAll(step, "~1", "/")]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(now) {
				return nil
			}
			in = now[i]
		default:
			return nil
		}
	}
	return in
}

// accepted decodes an object into its type, which has to know all fields, and validates it against Kubernetes' schema.
func accepted(t *testing.T, set *schema.Set, o object) {
	t.Helper()
	text, err := yaml.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	into := map[string]any{"Deployment": &appsv1.Deployment{}, "StatefulSet": &appsv1.StatefulSet{}, "CronJob": &batchv1.CronJob{}, "Service": &corev1.Service{},
		"ConfigMap": &corev1.ConfigMap{}, "PersistentVolumeClaim": &corev1.PersistentVolumeClaim{}}[o["kind"].(string)]
	if into == nil {
		t.Fatalf("there is a %s", o["kind"])
	}
	if err := yaml.UnmarshalStrict(text, into); err != nil {
		t.Errorf("%s: %v\n%s", o["kind"], err, text)
	}
	problems, err := set.ValidateYAML(text)
	if err != nil {
		t.Errorf("%s: %v", o["kind"], err)
	}
	for _, p := range problems {
		t.Errorf("%s: %v", o["kind"], p)
	}
}

// level compares the strictest level that the pods of an object meet. A database is always restricted.
func level(t *testing.T, o object, want api.Level) {
	t.Helper()
	path := map[any][]string{"Deployment": {"spec", "template"}, "StatefulSet": {"spec", "template"}, "CronJob": {"spec", "jobTemplate", "spec", "template"}}[o["kind"]]
	if path == nil {
		return
	}
	content, _, err := unstructured.NestedMap(o, path...)
	if err != nil {
		t.Fatal(err)
	}
	var pod corev1.PodTemplateSpec
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(content, &pod); err != nil {
		t.Fatal(err)
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := api.LevelPrivileged
	for _, l := range []api.Level{api.LevelBaseline, api.LevelRestricted} {
		version := api.LevelVersion{Level: l, Version: api.LatestVersion()}
		if policy.AggregateCheckResults(evaluator.EvaluatePod(version, &pod.ObjectMeta, &pod.Spec)).Allowed {
			got = l
		}
	}
	if strings.HasSuffix(o["metadata"].(object)["name"].(string), "-postgres") {
		want = api.LevelRestricted
	}
	if got != want {
		t.Errorf("%s: the pods are %s, and not %s", o["kind"], got, want)
	}
}

// TestReload: pods are replaced when a file changes, and only then.
func TestReload(t *testing.T) {
	sum := func(values string) string {
		for _, o := range smallApp(t, values) {
			if o["kind"] == "Deployment" {
				return fmt.Sprint(at(o, []string{"spec", "template", "metadata", "annotations", "checksum/files"}))
			}
		}
		return ""
	}
	one := sum(`{image: a:1, files: {/a: x}}`)
	if one == sum(`{image: a:1, files: {/a: w}}`) || one != sum(`{image: a:2, files: {/a: x}}`) || len(one) != 64 {
		t.Errorf("the checksum is %s", one)
	}
}

// TestDefaultResources: what the checks compare with is what the templates set.
func TestDefaultResources(t *testing.T) {
	for limit, want := range map[string]int{"63Mi": 1, "64Mi": 0} {
		if got := mistakes(t, `{image: a:1, resources: {limits: {memory: `+limit+`}}}`); len(got) != want {
			t.Errorf("%s: %q", limit, got)
		}
	}
	for limit, want := range map[string]int{"127Mi": 1, "128Mi": 0} {
		if got := mistakes(t, `{image: a:1, database: {kind: postgres, resources: {limits: {memory: `+limit+`}}}}`); len(got) != want {
			t.Errorf("%s: %q", limit, got)
		}
	}
}

// declared is what the small application asks for around its chart.
func declared(t *testing.T, values string) (builtin.Declaration, []builtin.Problem) {
	t.Helper()
	all := parsed(t, values)
	if all["replicas"] == nil {
		all["replicas"] = 1 // as the chart's values.yaml
	}
	data, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	d, problems, err := apps.Find("app").Declare(&builtin.Surroundings{Code: "web-app", Namespace: "web-app", Values: data, Secrets: []string{"listed"},
		Uses: map[string]builtin.Used{"ntfy": {Offer: &builtin.Offer{}}}})
	if err != nil {
		t.Fatal(err)
	}
	return d, problems
}

func mistakes(t *testing.T, values string) []string {
	t.Helper()
	_, problems := declared(t, values)
	var out []string
	for _, p := range problems {
		out = append(out, strings.Join(p.Path, ".")+": "+p.Message+"; "+p.Hint)
	}
	return out
}

// smallMistakes are values that fit the schema, and what is wrong with them: each at its place, with what to write.
var smallMistakes = []struct {
	values string
	want   []string
}{
	{`{image: a:1, port: 80, secrets: [listed], env: {A: {uses: ntfy}, B: {secret: a, key: b}}, volumes: {/a: 1Gi}, database: postgres}`, nil},
	{`{image: a:1, kind: Deployment, schedule: '@daily'}`, []string{"kind: what has a schedule is a CronJob, and not a Deployment; remove it, or schedule"}},
	{`{image: a:1, kind: CronJob}`, []string{"kind: a CronJob needs a schedule; add one, such as schedule: '40 5 * * *'"}},
	{`{image: a:1, schedule: '@daily', port: 80, replicas: 2, probe: /x}`, []string{"replicas: replicas does not apply to a CronJob; remove it",
		"probe: what runs to its end is not probed; remove it", "port: nobody can call a CronJob, which runs for a while only; remove it"}},
	{`{image: a:1, timeZone: UTC, concurrency: Allow, timeout: 3, retries: 0}`, []string{
		"timeZone: timeZone applies only to a CronJob; add a schedule, or remove it", "concurrency: concurrency applies only to a CronJob; add a schedule, or remove it",
		"timeout: timeout applies only to a CronJob; add a schedule, or remove it", "retries: retries applies only to a CronJob; add a schedule, or remove it"}},
	{`{image: a:1, name: ` + strings.Repeat("n", 53) + `, kind: StatefulSet}`, []string{"name: expected at most 52 characters for a StatefulSet, found 53; set a shorter name"}},
	{`{image: a:1, name: ` + strings.Repeat("n", 53) + `, schedule: '@daily'}`, []string{"name: expected at most 52 characters for a CronJob, found 53; set a shorter name"}},
	{`{image: a:1, name: ` + strings.Repeat("n", 44) + `, database: postgres}`, []string{"name: expected at most 43 characters for an application with a database, found 44; set a shorter name"}},
	{`{image: a:1, name: ` + strings.Repeat("n", 43) + `, database: postgres}`, nil},
	{`{image: a:1, name: 1password}`, []string{`name: expected a letter first, found "1"; set another name`}},
	{`{image: a:1, labels: {app.kubernetes.io/name: x, 'a b': x}}`, []string{
		"labels.app.kubernetes.io/name: the application sets this label itself: its Service finds its pods by it; remove it, or set name",
		"labels.a b: this cannot be the key of a label; write a name such as team, or example.com/team"}},
	{`{image: a:1, port: 80, ports: {http: 81, b: 80, c: 70000/UDP, d: '90/TCP', e: {port: 91, service: 90}, a-very-long-name: 1}}`, []string{
		"ports.a-very-long-name: expected a name of at most 15 characters, found 16; write a shorter name",
		"ports.b: the pod has the port 80/TCP twice: http is the same; remove one of them",
		"ports.c: there is no port 70000; write a port from 1 to 65535",
		"ports.e: the Service has the port 90/TCP twice: d is the same; choose another service",
		`ports.http: the pod has two ports called "http"; choose another name`}},
	{`{image: a:1, port: 80, containers: [{name: web-app, image: b:1, ports: {http: 81}}, {name: b}]}`, []string{
		`containers.0.name: the pod has two containers called "web-app"; choose another name`,
		"containers.1: the container would be the application a second time; set image, command or args",
		`containers.0.ports.http: the pod has two ports called "http"; choose another name`}},
	{`{image: a:1, probe: /x, initContainers: [{name: a, probe: /x}]}`, []string{
		"probe: the container has no port with TCP to be asked; set port, or write {command: […]}",
		"initContainers.0.probe: what runs to its end is not probed; remove it"}},
	{`{image: a:1, port: 80, probe: {port: web, path: /x}, containers: [{name: b, image: b:1, ports: {x: 1}, probe: {command: [a], port: x}}]}`, []string{
		`probe.port: the container has no port called "web" with TCP; one of http`, "containers.0.probe: a command asks no port; remove path and port, or command"}},
	{`{image: a:1, volumes: {/a: {}, /b: {size: 1Gi, secret: x}, /c: {claim: c, hostPath: /x}}}`, []string{
		"volumes./a: what the volume is, is missing; write one of size, claim, secret, config, emptyDir, memory, hostPath and nfs",
		"volumes./b: expected one of size and secret; remove all but one", "volumes./c: expected one of claim and hostPath; remove all but one"}},
	{`{image: a:1, volumes: {/a: {claim: a, storageClass: fast}, /b: {emptyDir: 1Gi, accessMode: ReadWriteOnce, keys: [a]}}}`, []string{
		"volumes./a.storageClass: storageClass applies only to size; remove it", "volumes./b.accessMode: accessMode applies only to size and claim; remove it",
		"volumes./b.keys: keys applies only to secret and config; remove it"}},
	{`{image: a:1, volumes: {/a: {size: 1Gi, claim: x}, /b: {size: 1Gi, claim: x}}}`, []string{`volumes./b.claim: the claim "x" is that of /a; choose another name`}},
	{`{image: a:1, replicas: 2, volumes: {/a: 1Gi, /b: {size: 1Gi, accessMode: ReadWriteMany}}}`, []string{
		"volumes./a: 2 pods cannot have one claim that is ReadWriteOnce; write kind: StatefulSet, where each pod has its own claim, or accessMode: ReadWriteMany"}},
	{`{image: a:1, replicas: 2, kind: StatefulSet, volumes: {/a: 1Gi, /b: {size: 1Gi, claim: x}}}`, []string{"volumes./b.claim: 2 pods have a claim each, with their own names; remove it"}},
	{`{image: a:1, files: {/a/b: x, /a_b: x, /c: x, /d+e: x}, volumes: {/c: 1Gi}}`, []string{"files./a_b: /a/b would be the same key of the ConfigMap; rename one of them",
		"files./c: there is a volume at this path, too; remove one of them", "files./d+e: a file cannot be called that: it is a key of a ConfigMap; write letters, digits, -, _ and ."}},
	{`{image: a:1, files: {/a: "` + strings.Repeat("x", 1<<20) + `"}}`, []string{"files: a ConfigMap holds 1 MiB, and the files are larger; put it into the image, or on a volume"}},
	{`{image: a:1, files: {/` + strings.Repeat("x", 254) + `: x}}`, []string{"files./" + strings.Repeat("x", 254) + ": expected a path of at most 253 characters, found 255; choose a shorter path"}},
	{`{image: a:1, volumes: {/a: 1Gi}, files: {/f: x}, containers: [{name: b, image: b:1, mounts: {/x: /a, /y: /b, /z: /f}}]}`, []string{
		`containers.0.mounts./y: the application has nothing at "/b"; add it to volumes or files`}},
	{`{image: a:1, env: {A: {}, B: {secret: a}, C: {field: status.podIP, key: x}, D: {uses: gotify}, E: {secret: a, config: b}, F: 9007199254740993}}`, []string{
		"env.A: where the value comes from is missing; write one of secret, config, field and uses", "env.B: which key of it has the value is missing; add key",
		"env.C.key: key applies only to secret and config; remove it", "env.D.uses: the entry uses no gotify; add the application to uses of the entry",
		"env.E: expected one of secret and config; remove all but one", "env.F: the number is too large to be kept as it is written; write it in quotes"}},
	{`{image: a:1, env: {y: a, 'no': b, Y1: c}, containers: [{name: b, image: b:1, env: {off: a}}]}`, []string{
		"env.true: the variable would be called true, which is what y, yes, on, n, no and off mean without quotes; write the name in quotes, such as 'y' or 'on'",
		"containers.0.env.false: the variable would be called false, which is what y, yes, on, n, no and off mean without quotes; write the name in quotes, such as 'y' or 'on'"}},
	{`{image: a:1, resources: {requests: {memory: 300Mi}}}`, []string{"resources.requests.memory: this is more than the limit, 256Mi; set limits.memory, too"}},
	{`{image: a:1, resources: {requests: {cpu: 1}, limits: {cpu: 0.5, memory: 32Mi}}}`, []string{
		"resources.limits.cpu: this is less than what is requested, 1; set requests.cpu, too", "resources.limits.memory: this is less than what is requested, 64Mi; set requests.memory, too"}},
	{`{image: a:1, capabilities: [CAP_CHOWN]}`, []string{"capabilities.0: expected a capability without CAP_; write CHOWN"}},
	{`{image: a:1, database: {kind: postgres, version: '17', image: x:1}}`, []string{"database.version: the image has its version in its tag; remove it"}},
	{`{image: a:1, secrets: [listed, one], containers: [{name: b, image: b:1, secrets: [two]}]}`, []string{
		`secrets.1: the application has several Secrets that are not listed, so what is in "one" is unknown; list them under secrets of the entry: [{name: one, dataFrom: [web-app]}]`,
		`containers.0.secrets.0: the application has several Secrets that are not listed, so what is in "two" is unknown; list them under secrets of the entry: [{name: two, dataFrom: [web-app]}]`}},
}

func TestSmallMistakes(t *testing.T) {
	for _, c := range smallMistakes {
		if got := mistakes(t, c.values); !slices.Equal(got, c.want) {
			t.Errorf("%.200s\n got %q\nwant %q", c.values, got, c.want)
		}
	}
}

// TestSmallSurroundings: where hosts lead, which Secrets there are, and which flow the database needs.
func TestSmallSurroundings(t *testing.T) {
	for values, want := range map[string]*builtin.Backend{
		`{image: a:1}`:                                    nil,
		`{image: a:1, port: 80}`:                          {Service: "web-app", Port: "http", Number: 80},
		`{image: a:1, port: 80, ports: {a: 90}}`:          {Service: "web-app", Port: "http", Number: 80},
		`{image: a:1, name: x, ports: {a: 90, b: 1/UDP}}`: {Service: "x", Port: "a", Number: 90},
		`{image: a:1, ports: {a: 90, b: 91}}`:             nil,
		`{image: a:1, ports: {a: 90, http: 91}}`:          {Service: "web-app", Port: "http", Number: 91},
		`{image: a:1, ports: {a: 90/UDP}}`:                nil,
	} {
		if want == nil {
			want = &builtin.Backend{Hint: "set port among the values, or write service and port here"}
		}
		if d, _ := declared(t, values); *d.Backend != *want {
			t.Errorf("%s: %v", values, d.Backend)
		}
	}
	d, problems := declared(t, `{image: a:1, name: x, secrets: [listed, own], database: postgres}`)
	want := []builtin.Secret{{Name: "own", All: true}, {Name: "x-postgres", Below: "postgres", Data: map[string]string{"password": "password"}}}
	if len(problems) > 0 || fmt.Sprint(d.Secrets) != fmt.Sprint(want) {
		t.Errorf("%v, %v", problems, d.Secrets)
	}
	if len(d.Flows) != 1 || d.Flows[0].PodLabels["app.kubernetes.io/name"] != "x" || d.Flows[0].Peer.PodLabels["app.kubernetes.io/name"] != "x-postgres" ||
		!slices.Equal(d.Flows[0].Peer.Ports, []string{"5432"}) {
		t.Errorf("%+v", d.Flows)
	}
}

// TestSmallSchema refuses values that have another form, with Helm as well.
func TestSmallSchema(t *testing.T) {
	for _, values := range []string{`{}`, `{image: 1}`, `{image: ''}`, `{image: 'a b'}`, `{image: a:1, port: 0}`, `{image: a:1, port: 65536}`, `{image: a:1, ports: {A: 1}}`, `{image: a:1, ports: {a: 1/TCPX}}`,
		`{image: a:1, ports: {a--b: 1}}`, `{image: a:1, volumes: {data: 1Gi}}`, `{image: a:1, volumes: {/a/../b: 1Gi}}`, `{image: a:1, volumes: {/a/: 1Gi}}`, `{image: a:1, volumes: {/a: 1G}}`, `{image: a:1, volumes: {/a: 1}}`,
		`{image: a:1, env: {'a=b': x}}`, `{image: a:1, env: {1A: x}}`, `{image: a:1, env: {A: [x]}}`, `{image: a:1, env: {A: {field: x}}}`, `{image: a:1, secrets: x}`, `{image: a:1, secrets: [A]}`,
		`{image: a:1, probe: healthz}`, `{image: a:1, user: me}`, `{image: a:1, user: -1}`, `{image: a:1, kind: DaemonSet}`, `{image: a:1, schedule: daily}`, `{image: a:1, replicas: 1.5}`,
		`{image: a:1, database: mysql}`, `{image: a:1, database: {size: 1Gi}}`, `{image: a:1, database: {kind: postgres, version: latest}}`, `{image: a:1, files: {/a: {b: c}}}`, `{image: a:1, files: {/a: {text: x, mode: '755'}}}`,
		`{image: a:1, containers: [{image: b:1}]}`, `{image: a:1, containers: [{name: b, volumes: {}}]}`, `{image: a:1, resources: {memory: 1Gi}}`, `{image: a:1, resources: {limits: {memory: lots}}}`, `{image: a:1, imge: x}`,
		`{image: a:1, volumes: {/a: {nfs: /export}}}`, `{image: a:1, volumes: {/a: {size: 1Gi, subPath: ../x}}}`} {
		if objects, err := render(t, "app", parsed(t, values), nil); err == nil {
			t.Errorf("%s: rendered %d objects", values, len(objects))
		}
	}
}
