package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// list is the platform whose guardrails are tried: shop enforces all of them, with exceptions, and lab only reports.
const list = `- namespace: sys-guardrails
  applications:
    - applicationCode: sys-guardrails
      catalog: guardrails
      values: {engine: ENGINE, LIVE guardrails: {readiness-probes: audit, non-root: audit, limits: audit, pinned-images: audit, team-label: audit}}
- namespace: lab
  networkPolicies: isolated
  labels: {team: lab}
  applications: [{applicationCode: lab, repoURL: 'https://git.example/lab.git', path: .}]
- namespace: shop
  networkPolicies: isolated
  guardrails:
    readiness-probes: enforce
    non-root: enforce
    limits: enforce
    pinned-images: enforce
    team-label: enforce
    exceptions:
      - {guardrail: pinned-images, workload: old, reason: the vendor tags nothing, until: 9999-12-31}
      - {guardrail: limits, workload: older, reason: it takes what there is, until: 9999-12-31}
  applications: [{applicationCode: shop, repoURL: 'https://git.example/shop.git', path: .}]
`

// namespaces are those of the list, and one that is not in it.
var namespaces = map[string]map[string]string{"shop": nil, "lab": {"team": "lab"}, "other": nil}

// request is an object that is about to be created or changed.
type request struct {
	name                             string
	Resource, Subresource, Namespace string
	Object, Old                      map[string]any
	want                             string // the guardrails that it does not fit, in order; of one that nobody looks at, nothing
}

// good is a pod that fits all guardrails.
const good = `metadata: {labels: {team: shop}}
spec:
  securityContext: {runAsNonRoot: true}
  containers: [{name: app, image: 'registry.example:5000/app:1.2', ports: [{containerPort: 80}], readinessProbe: {httpGet: {port: 80}}, resources: {requests: {cpu: 1m}, limits: {cpu: 1, memory: 1Mi}}}]
`

// edits make pods of the good one, by a text that is replaced and what it becomes.
var edits = []struct{ name, old, new, want string }{
	{"as it is", "", "", ""},
	{"no probe", "readinessProbe: {httpGet: {port: 80}}, ", "", "readiness-probes"},
	{"another probe", "readinessProbe", "livenessProbe", "readiness-probes"},
	{"no ports and no probe", "ports: [{containerPort: 80}], readinessProbe: {httpGet: {port: 80}}, ", "", ""},
	{"an empty list of ports", "ports: [{containerPort: 80}], readinessProbe: {httpGet: {port: 80}}, ", "ports: [], ", ""},
	{"root", "  securityContext: {runAsNonRoot: true}\n", "", "non-root"},
	{"root, said", "runAsNonRoot: true", "runAsNonRoot: false", "non-root"},
	{"a user", "runAsNonRoot: true", "runAsUser: 1000", ""},
	{"the user root", "runAsNonRoot: true", "runAsUser: 0", "non-root"},
	{"the container is root", "name: app,", "name: app, securityContext: {runAsNonRoot: false},", "non-root"},
	{"the container is not root", "  securityContext: {runAsNonRoot: true}\n  containers: [{", "  containers: [{securityContext: {runAsUser: 7}, ", ""},
	{"root on Windows", "securityContext: {runAsNonRoot: true}", "os: {name: windows}", ""},
	{"root on Linux", "securityContext: {runAsNonRoot: true}", "os: {name: linux}", "non-root"},
	{"no memory limit", ", memory: 1Mi}", "}", "limits"},
	{"no resources", "resources: {requests: {cpu: 1m}, limits: {cpu: 1, memory: 1Mi}}", "", "limits"},
	{"a limit counts as a request", "requests: {cpu: 1m}, ", "", ""},
	{"no CPU", "requests: {cpu: 1m}, limits: {cpu: 1, memory: 1Mi}", "limits: {memory: 1Mi}", "limits"},
	{"resources of the pod", "resources: {requests: {cpu: 1m}, limits: {cpu: 1, memory: 1Mi}}}]", "}]\n  resources: {limits: {memory: 1Mi}}", ""},
	{"latest", "app:1.2", "app:latest", "pinned-images"},
	{"no tag", "app:1.2", "app", "pinned-images"},
	{"an empty tag", "app:1.2", "app:", "pinned-images"},
	{"a branch", "app:1.2", "app:main", "pinned-images"},
	{"like a branch", "app:1.2", "app:main-1", ""},
	{"a digest", "app:1.2", "app@sha256:0123", ""},
	{"a moving tag and a digest", "app:1.2", "app:latest@sha256:0123", ""},
	{"no image", "image: 'registry.example:5000/app:1.2', ", "", ""},
	{"no team", "{team: shop}", "{app: shop}", "team-label"},
	{"no labels", "metadata: {labels: {team: shop}}", "metadata: {name: x}", "team-label"},
	{"an empty team", "{team: shop}", "{team: ''}", "team-label"},
	{"an init container that moves", "  containers:", "  initContainers: [{name: init, image: init, resources: {limits: {cpu: 1, memory: 1Mi}}}]\n  containers:", "pinned-images"},
	{"an init container without limits", "  containers:", "  initContainers: [{name: init, image: 'init:1'}]\n  containers:", "limits"},
	{"an init container that is root", "  containers:", "  initContainers: [{name: init, image: 'init:1', securityContext: {runAsNonRoot: false}, resources: {limits: {cpu: 1, memory: 1Mi}}}]\n  containers:", "non-root"},
	{"an init container with ports", "  containers:", "  initContainers: [{name: init, image: 'init:1', ports: [{containerPort: 1}], resources: {limits: {cpu: 1, memory: 1Mi}}}]\n  containers:", ""},
	{"a second container", "containers: [", "containers: [{name: b, image: b}, ", "limits pinned-images"},
	{"everything", good, "spec: {containers: [{name: a, image: a, ports: [{containerPort: 80}]}]}", "limits non-root pinned-images readiness-probes team-label"},
	{"no containers", good, "spec: {nodeName: a}", "team-label"},
}

// shapes are the workloads, with where their pods are.
var shapes = []struct{ apiVersion, kind, resource, spec string }{
	{"v1", "Pod", "pods", ""},
	{"v1", "ReplicationController", "replicationcontrollers", "template"},
	{"apps/v1", "Deployment", "deployments", "template"},
	{"apps/v1", "StatefulSet", "statefulsets", "template"},
	{"apps/v1", "DaemonSet", "daemonsets", "template"},
	{"apps/v1", "ReplicaSet", "replicasets", "template"},
	{"batch/v1", "Job", "jobs", "template"},
	{"batch/v1", "CronJob", "cronjobs", "jobTemplate"},
}

// requests is the table.
func requests() ([]request, error) {
	var out []request
	for _, s := range shapes {
		for _, e := range edits {
			pod, err := object(strings.Replace(good, e.old, e.new, 1))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", e.name, err)
			}
			if e.old != "" && !strings.Contains(good, e.old) {
				return nil, fmt.Errorf("%s: %q is not in the pod", e.name, e.old)
			}
			want := e.want
			if s.kind == "Job" || s.kind == "CronJob" { // which nobody asks whether they are ready
				want = strings.Join(slices.DeleteFunc(strings.Fields(want), func(w string) bool { return w == "readiness-probes" }), " ")
			}
			o := shaped(s.apiVersion, s.kind, s.spec, pod)
			out = append(out,
				request{name: s.kind + ", " + e.name, Resource: s.resource, Namespace: "shop", Object: o, want: want},
				request{name: s.kind + ", only reported, " + e.name, Resource: s.resource, Namespace: "lab", Object: o,
					want: strings.Join(slices.DeleteFunc(strings.Fields(want), func(w string) bool { return w == "team-label" }), " ")},
				request{name: s.kind + ", elsewhere, " + e.name, Resource: s.resource, Namespace: "other", Object: o})
		}
	}
	more, err := others()
	return append(out, more...), err
}

// shaped is a workload with a pod in it.
func shaped(apiVersion, kind, spec string, pod map[string]any) map[string]any {
	o := map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"name": "app"}}
	switch spec {
	case "":
		maps.Copy(o, pod)
	case "template":
		o["spec"] = map[string]any{"template": pod}
	default:
		o["spec"] = map[string]any{"jobTemplate": map[string]any{"spec": map[string]any{"template": pod}}}
	}
	return o
}

func object(text string) (map[string]any, error) {
	var o map[string]any
	err := yaml.Unmarshal([]byte(text), &o)
	return o, err
}
