package rules

import (
	"strings"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/quotas"
	corev1 "k8s.io/api/core/v1"
)

var quotaWithoutRequest = lint.Rule{
	Name:     "quota-without-request",
	Severity: lint.Error,
	Summary:  "a ResourceQuota counts what a container does not state",
	Doc: `The API server refuses each such pod: where a quota counts memory, every container has to say how much it requests, and where it counts limits, how high
they are. Set resources, or give the namespace limits, which fill in what is missing: limits: {default: {memory: 256Mi}}.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  podSecurity: restricted
  quota: {limits: {cpu: 4}}
  applications: [{applicationCode: web-a, path: a}]
-- a/app.yaml --
` + hardened(""),
	Mend: []string{"  quota: {limits: {cpu: 4}}", "  quota: {limits: {cpu: 4}}\n  limits: {default: {cpu: 500m}}"},
	Check: func(in *lint.Context, report lint.Report) {
		all := in.Quotas.Rooms()
		for _, p := range in.Deployed.Pods() {
			r := all[p.Object.Namespace]
			if r == nil || p.Spec.Resources != nil {
				continue
			}
			pod := r.Admitted(p)
			for i := range r.Quotas {
				q := &r.Quotas[i]
				if !q.Covers(pod) {
					continue
				}
				for j, missing := range unstated(q, pod) {
					if len(missing) > 0 {
						report(in.Places.Field(p.Object, p.ContainerAt(j, "resources")...), "set resources, or limits of the entry, such as limits: {default: {cpu: 500m, memory: 256Mi}}",
							"the container %s of %s has no %s, which the ResourceQuota %s counts: its pods are refused", p.Containers()[j].Name, p.Title(), strings.Join(missing, ", no "), q.Name)
					}
				}
			}
		}
	},
}

// unstated is what a quota counts and a container does not state, for each container (Constraints of the pod evaluator in
// k8s.io/kubernetes/pkg/quota/v1/evaluator/core).
func unstated(q *quotas.Quota, pod *corev1.Pod) [][]string {
	containers := append(append([]corev1.Container{}, pod.Spec.InitContainers...), pod.Spec.Containers...)
	out := make([][]string, len(containers))
	for i, c := range containers {
		for _, of := range []struct {
			names []corev1.ResourceName
			in    corev1.ResourceList
			what  string
			name  corev1.ResourceName
		}{
			{[]corev1.ResourceName{"cpu", "requests.cpu"}, c.Resources.Requests, "request of cpu", corev1.ResourceCPU},
			{[]corev1.ResourceName{"memory", "requests.memory"}, c.Resources.Requests, "request of memory", corev1.ResourceMemory},
			{[]corev1.ResourceName{"limits.cpu"}, c.Resources.Limits, "limit of cpu", corev1.ResourceCPU},
			{[]corev1.ResourceName{"limits.memory"}, c.Resources.Limits, "limit of memory", corev1.ResourceMemory},
		} {
			_, stated := of.in[of.name]
			for _, name := range of.names {
				if _, counted := q.Hard[name]; counted && !stated {
					out[i] = append(out[i], of.what)
					break
				}
			}
		}
	}
	return out
}
