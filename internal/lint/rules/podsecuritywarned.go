package rules

import (
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/pods"
)

var podSecurityWarned = lint.Rule{
	Name:     "pod-security-warned",
	Severity: lint.Warning,
	Summary:  "a pod does not meet the level that its namespace warns about",
	Doc: `` + "`warn`" + ` of ` + "`podSecurity`" + ` is the level that the namespace should reach, and is ` + "`baseline`" + ` by default. The pod runs, but
has rights that an attacker would like, such as a folder of the node, or root. Remove them. If it needs them, write
` + "`podSecurity: {enforce: …, warn: …}`" + ` into the entry, with the reason in a comment: then everybody sees that it is intended.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  podSecurity: {enforce: privileged, warn: baseline}
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/app.yaml --
` + hardenedWith("      volumes: [{name: disk, hostPath: {path: /srv}}]\n", "          volumeMounts: [{name: disk, mountPath: /srv, readOnly: true}]\n"),
	Good: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  podSecurity: {enforce: restricted, warn: restricted}
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/app.yaml --
` + hardenedWith("      volumes: [{name: disk, emptyDir: {}}]\n", "          volumeMounts: [{name: disk, mountPath: /srv}]\n"),
	Check: func(in *lint.Context, report lint.Report) {
		for _, p := range in.Deployed.Pods() {
			n := in.Pods.Labelled(p)
			if n == nil || len(in.Pods.Forbids(p, n.PodSecurity.Enforce, n.PodSecurity.Version)) > 0 {
				continue
			}
			if r := in.Pods.Forbids(p, n.PodSecurity.Warn, n.PodSecurity.Version); len(r) > 0 {
				report(in.Pods.Insecure(p, r[0]), fittingLevel(in, n), "%s warns about pods of %s, which are not %s: %s", n.Name, p.Title(), n.PodSecurity.Warn, pods.Forbidden(r))
			}
		}
	},
}
