package main

import "fmt"

const (
	fits  = `{metadata: {labels: {team: shop}}, spec: {securityContext: {runAsNonRoot: true}, containers: [{name: a, image: 'a:1', resources: {limits: {cpu: 1, memory: 1Mi}}}]}}`
	moves = `{metadata: {labels: {team: shop}}, spec: {securityContext: {runAsNonRoot: true}, containers: [{name: a, image: a, resources: {limits: {cpu: 1, memory: 1Mi}}}]}}`
)

// others are requests about who made an object, what was there before, and what else a pod has.
func others() ([]request, error) {
	var out []request
	for _, c := range []struct {
		name, resource, subresource, object, old, want string
	}{
		{"excepted", "deployments", "", "{apiVersion: apps/v1, kind: Deployment, metadata: {name: old}, spec: {template: " + moves + "}}", "", ""},
		{"excepted, whatever its kind", "cronjobs", "", "{apiVersion: batch/v1, kind: CronJob, metadata: {name: old}, spec: {jobTemplate: {spec: {template: " + moves + "}}}}", "", ""},
		{"excepted from another guardrail", "deployments", "", "{apiVersion: apps/v1, kind: Deployment, metadata: {name: older}, spec: {template: " + moves + "}}", "", "pinned-images"},
		{"a name that begins like an exception", "deployments", "", "{apiVersion: apps/v1, kind: Deployment, metadata: {name: old-new}, spec: {template: " + moves + "}}", "", "pinned-images"},
		{"without a name yet", "jobs", "", "{apiVersion: batch/v1, kind: Job, metadata: {generateName: old-}, spec: {template: " + moves + "}}", "", "pinned-images"},
		{"the ReplicaSet of an exception", "replicasets", "", owned("apps/v1", "ReplicaSet", "old-6d4c", "Deployment", "old", "", "{template: "+moves+"}"), "", ""},
		{"its pod", "pods", "", owned("v1", "Pod", "old-6d4c-x", "ReplicaSet", "old-6d4c", "pod-template-hash: 6d4c,", podSpec), "", ""},
		{"the pod of another ReplicaSet", "pods", "", owned("v1", "Pod", "old-new-6d4c-x", "ReplicaSet", "old-new-6d4c", "pod-template-hash: 6d4c,", podSpec), "", "pinned-images"},
		{"a pod that claims a ReplicaSet", "pods", "", owned("v1", "Pod", "old-new-x", "ReplicaSet", "old-new", "", podSpec), "", "pinned-images"},
		{"the Job of a CronJob that is excepted", "jobs", "", owned("batch/v1", "Job", "old-29000000", "CronJob", "old", "", "{template: "+moves+"}"), "", ""},
		{"its pod, which runs to its end", "pods", "", owned("v1", "Pod", "old-29000000-x", "Job", "old-29000000", "", podSpec), "", ""},
		{"the pod of another Job", "pods", "", owned("v1", "Pod", "old-new-1-x", "Job", "old-new-1", "", podSpec), "", "pinned-images"},
		{"the pod of a StatefulSet that is excepted", "pods", "", owned("v1", "Pod", "old-0", "StatefulSet", "old", "", podSpec), "", ""},
		{"changed for the worse", "deployments", "", deployment("", moves), deployment("", fits), "pinned-images"},
		{"changed for the better", "deployments", "", deployment("", fits), deployment("", moves), ""},
		{"scaled, and as bad as before", "deployments", "", deployment("replicas: 2,", moves), deployment("replicas: 1,", moves), ""},
		{"scheduled otherwise, and as bad as before", "cronjobs", "", cronJob("@daily", moves), cronJob("@hourly", moves), ""},
		{"changed in a CronJob", "cronjobs", "", cronJob("@daily", moves), cronJob("@daily", fits), "pinned-images"},
		{"a pod's annotations", "pods", "", pod("{annotations: {a: b}, labels: {team: shop}}", ""), pod("{labels: {team: shop}}", ""), ""},
		{"a pod's labels", "pods", "", pod("{labels: {a: b}}", ""), pod("{labels: {team: shop}}", ""), "pinned-images team-label"},
		{"a container to look inside", "pods", "ephemeralcontainers", pod("{labels: {team: shop}}", ", ephemeralContainers: [{name: e, image: busybox}]"), pod("{labels: {team: shop}}", ""), "pinned-images"},
		{"an ephemeral container of its own user", "pods", "ephemeralcontainers",
			pod("{labels: {team: shop}}", ", ephemeralContainers: [{name: e, image: 'busybox:1', securityContext: {runAsNonRoot: false}}]"), pod("{labels: {team: shop}}", ""), "non-root pinned-images"},
	} {
		r := request{name: c.name, Resource: c.resource, Subresource: c.subresource, Namespace: "shop", want: c.want}
		var err error
		if r.Object, err = object(c.object); err == nil && c.old != "" {
			r.Old, err = object(c.old)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		out = append(out, r)
	}
	return out, nil
}

const podSpec = "{securityContext: {runAsNonRoot: true}, containers: [{name: a, image: a, resources: {limits: {cpu: 1, memory: 1Mi}}}]}"

// owned is an object that something else made.
func owned(apiVersion, kind, name, ownerKind, owner, labels, spec string) string {
	return "{apiVersion: " + apiVersion + ", kind: " + kind + ", metadata: {name: " + name + ", labels: {" + labels + " team: shop}, ownerReferences: [{kind: " + ownerKind + ", name: " + owner +
		", controller: true}]}, spec: " + spec + "}"
}

func deployment(more, template string) string {
	return "{apiVersion: apps/v1, kind: Deployment, metadata: {name: app}, spec: {" + more + " template: " + template + "}}"
}

func cronJob(schedule, template string) string {
	return "{apiVersion: batch/v1, kind: CronJob, metadata: {name: app}, spec: {schedule: '" + schedule + "', jobTemplate: {spec: {template: " + template + "}}}}"
}

func pod(metadata, more string) string {
	return "{apiVersion: v1, kind: Pod, metadata: " + metadata + ", spec: {securityContext: {runAsNonRoot: true}, containers: [{name: a, image: a, resources: {limits: {cpu: 1, memory: 1Mi}}}]" + more + "}}"
}
