package rules

import (
	"strings"

	"github.com/hippotion/roster/internal/lint"
	corev1 "k8s.io/api/core/v1"
)

var mayRunAsRoot = lint.Rule{
	Name:     "may-run-as-root",
	Severity: lint.Warning,
	Strict:   true,
	Summary:  "a container may run as root",
	Doc: `Without ` + "`runAsNonRoot: true`" + ` the image decides, and many images start as root: a vulnerability in the application is then a
way to everything that root can reach. Set it for the pod, and ` + "`runAsUser`" + ` where the image names no user by number.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
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
      securityContext: {seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: job
          image: registry.example/job:1.2.3
          resources: {requests: {cpu: 10m}, limits: {memory: 64Mi}}
          securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
`,
	Mend: []string{`      securityContext: {seccompProfile: {type: RuntimeDefault}}`, `      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}`},
	Check: func(in *lint.Context, report lint.Report) {
		for _, p := range in.Deployed.Pods() {
			if p.Spec.OS != nil && p.Spec.OS.Name == corev1.Windows {
				continue // there is no root
			}
			var names []string
			var first []string
			for i, c := range p.Containers() {
				if !mayBeRoot(&p.Spec, &c) {
					continue
				}
				if len(names) == 0 {
					first = p.ContainerAt(i, "securityContext")
				}
				names = append(names, c.Name)
			}
			if len(names) > 0 {
				report(in.Places.Field(p.Object, first...), "set securityContext: {runAsNonRoot: true} in the pod's spec", "%s of %s may run as root",
					strings.Join(names, ", "), p.Title())
			}
		}
	},
}

// mayBeRoot reports whether neither the container nor its pod keeps the image from starting as root.
func mayBeRoot(pod *corev1.PodSpec, c *corev1.Container) bool {
	var nonRoot bool
	var user int64
	if s := pod.SecurityContext; s != nil {
		nonRoot, user = valueOr(s.RunAsNonRoot, false), valueOr(s.RunAsUser, 0)
	}
	if s := c.SecurityContext; s != nil {
		nonRoot, user = valueOr(s.RunAsNonRoot, nonRoot), valueOr(s.RunAsUser, user)
	}
	return !nonRoot && user == 0
}

// valueOr is what a pointer points at, or else a default.
func valueOr[T any](p *T, or T) T {
	if p == nil {
		return or
	}
	return *p
}
