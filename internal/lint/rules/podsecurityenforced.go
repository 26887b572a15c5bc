package rules

import (
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/pods"
)

var podSecurityEnforced = lint.Rule{
	Name:     "pod-security-enforced",
	Severity: lint.Error,
	Summary:  "a pod is refused at the level that its namespace enforces",
	Doc: `The API server accepts the Deployment and refuses its pods (k8s.io/pod-security-admission: ` + "`enforce`" + ` looks at pods only), so
Argo CD waits for something that never becomes ready. What runs already stays until it is replaced: often at a bad moment.
Fix the security context, or lower ` + "`podSecurity`" + ` of the entry.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  podSecurity: baseline
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/app.yaml --
` + hardenedWith("      volumes: [{name: disk, hostPath: {path: /srv}}]\n", "          volumeMounts: [{name: disk, mountPath: /srv, readOnly: true}]\n"),
	Good: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  podSecurity: restricted
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/app.yaml --
` + hardenedWith("      volumes: [{name: disk, emptyDir: {}}]\n", "          volumeMounts: [{name: disk, mountPath: /srv}]\n"),
	Check: func(in *lint.Context, report lint.Report) {
		for _, p := range in.Deployed.Pods() {
			n := in.Pods.Labelled(p)
			if n == nil {
				continue
			}
			if r := in.Pods.Forbids(p, n.PodSecurity.Enforce, n.PodSecurity.Version); len(r) > 0 {
				report(in.Pods.Insecure(p, r[0]), "", "pods of %s are refused, because %s enforces %s: %s", p.Title(), n.Name, n.PodSecurity.Enforce, pods.Forbidden(r))
			}
		}
	},
}
