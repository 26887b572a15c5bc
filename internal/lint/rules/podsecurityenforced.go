package rules

import (
	"fmt"

	"github.com/hippotion/roster/catalog"
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
				report(in.Pods.Insecure(p, r[0]), fittingLevel(in, n), "pods of %s are refused, because %s enforces %s: %s", p.Title(), n.Name, n.PodSecurity.Enforce, pods.Forbidden(r))
			}
		}
	},
}

// fittingLevel is the hint about a pod that a level forbids. It writes both levels: one that is only enforced leaves what is warned about.
func fittingLevel(in *lint.Context, n *catalog.Namespace) string {
	level, version := in.Pods.Passed(n), ""
	if v := n.PodSecurity.Version; v != "" && v != "latest" {
		version = ", version: " + v
	}
	return fmt.Sprintf("change that in the pod; if it needs it, write podSecurity: {enforce: %s, warn: %s%s} in the entry, which all known pods of %s pass", level, level, version, n.Name)
}
