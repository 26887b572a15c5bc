package rules

import (
	"path"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/internal/lint"
	corev1 "k8s.io/api/core/v1"
)

var otherArgoCDVersion = lint.Rule{
	Name:     "other-argocd-version",
	Severity: lint.Warning,
	Summary:  "the Argo CD in the list has another Helm than roster renders charts with",
	Doc: `Argo CD 3.5 and later render charts with Helm 4, older ones with Helm 3, and some charts come out differently. Argo CD does not tell
roster its version: ` + "`argocd.version`" + ` of ` + "`platform.yml`" + ` does, and without it the newest one counts. Here the list itself
deploys Argo CD, and the image of its repo-server says which it is.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: argocd
  networkPolicies: isolated
  podSecurity: restricted
  applications: [{applicationCode: argocd, path: argocd}]
-- argocd/reposerver.yaml --
apiVersion: v1
kind: Pod
metadata: {name: repo-server}
spec:
  automountServiceAccountToken: false
  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: argocd-repo-server
      image: quay.io/argoproj/argocd:v3.4.4
      args: [/usr/local/bin/argocd-repo-server]
      resources: {requests: {cpu: 10m}, limits: {memory: 64Mi}}
      securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
`,
	Mend: []string{`repository: {url: https://git.example/homelab.git}`, `repository: {url: https://git.example/homelab.git}
argocd: {version: "3.4"}`},
	Check: func(in *lint.Context, report lint.Report) {
		said := in.Platform.ArgoCD.Version
		for _, p := range in.Deployed.Pods() {
			for i, c := range p.Containers() {
				version, ok := repoServer(&c)
				if !ok || helmMajor(version) == helmMajor(said) {
					continue
				}
				report(in.Places.Holding(p.Object, c.Image, p.ContainerAt(i, "image")...), `write argocd: {version: "`+version.String()+`"} in platform.yml`,
					"Argo CD %s renders charts with Helm %s, and roster with Helm %s", version, helmMajor(version), helmMajor(said))
			}
		}
	},
}

// repoServer is the version of Argo CD in a container that runs its repo-server.
func repoServer(c *corev1.Container) (v argocd.Version, ok bool) {
	runs := func(word string) bool { return path.Base(word) == "argocd-repo-server" }
	if !slices.ContainsFunc(slices.Concat(c.Command, c.Args), runs) {
		return v, false
	}
	image, _, _ := strings.Cut(c.Image, "@")
	_, tag, _ := strings.Cut(path.Base(image), ":")
	if v, ok = argocd.ParseVersion(tag); !ok {
		return v, false
	}
	return v, v.Supported()
}

func helmMajor(v argocd.Version) string {
	major, _, _ := strings.Cut(v.Helm(), ".")
	return strings.TrimPrefix(major, "v")
}
