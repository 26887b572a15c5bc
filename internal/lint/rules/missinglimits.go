package rules

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/lint"
	corev1 "k8s.io/api/core/v1"
)

var missingLimits = lint.Rule{
	Name:     "missing-limits",
	Severity: lint.Warning,
	Strict:   true,
	Summary:  "a container has no request for CPU or memory, or no memory limit",
	Doc: `Without requests, the scheduler assumes that the container needs nothing and puts it where there is no room; without a limit of
memory, one leak takes the memory of the whole node. A limit counts as the request of the same resource, and what a LimitRange of the
namespace fills in, or resources of the pod as a whole, count as well. A CPU limit is not required: it only slows down.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  podSecurity: restricted
  applications: [{applicationCode: web-a, path: a}]
-- a/job.yaml --
apiVersion: batch/v1
kind: Job
metadata: {name: job}
spec:
  template:
    spec:
      automountServiceAccountToken: false
      restartPolicy: Never
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: job
          image: registry.example/job:1.2.3
          resources: {requests: {cpu: 10m, memory: 32Mi}}
          securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
`,
	Mend: []string{`          resources: {requests: {cpu: 10m, memory: 32Mi}}`, `          resources: {requests: {cpu: 10m}, limits: {memory: 64Mi}}`},
	Check: func(in *lint.Context, report lint.Report) {
		all := in.Quotas.Rooms()
		for _, p := range in.Deployed.Pods() {
			if p.Spec.Resources != nil {
				continue
			}
			spec := &p.Spec
			if r := all[p.Object.Namespace]; r != nil && len(r.Limits) > 0 {
				spec = &r.Admitted(p).Spec
			}
			for i, c := range slices.Concat(spec.InitContainers, spec.Containers) {
				missing := missingResources(&c.Resources)
				if len(missing) == 0 {
					continue
				}
				report(in.Places.Field(p.Object, p.ContainerAt(i, "resources")...), "", "the container %s of %s has no %s", c.Name, p.Title(), strings.Join(missing, ", no "))
			}
		}
	},
}

// missingResources are what a container should set and does not.
func missingResources(r *corev1.ResourceRequirements) []string {
	var out []string
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		_, requested := r.Requests[name]
		if _, limited := r.Limits[name]; !requested && !limited {
			out = append(out, "request of "+string(name))
		}
	}
	if _, limited := r.Limits[corev1.ResourceMemory]; !limited {
		out = append(out, "limit of memory")
	}
	return out
}
