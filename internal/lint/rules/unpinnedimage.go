package rules

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/lint"
)

var unpinnedImage = lint.Rule{
	Name:     "unpinned-image",
	Severity: lint.Warning,
	Strict:   true,
	Summary:  "an image has no tag, or one that moves",
	Doc: `What runs then depends on when the node pulled it: a pod that is merely rescheduled may come back as another version, and no
commit tells which one it was. Write the tag of a version; Renovate and similar tools keep it current. A digest (` + "`@sha256:…`" + `) is always
fine.`,
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
          image: registry.example/job:latest
          resources: {requests: {cpu: 10m}, limits: {memory: 64Mi}}
          securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
`,
	Mend: []string{`          image: registry.example/job:latest`, `          image: registry.example/job:1.2.3`},
	Check: func(in *lint.Context, report lint.Report) {
		for _, p := range in.Deployed.Pods() {
			for i, c := range p.Containers() {
				tag, pinned := tagOf(c.Image)
				if pinned || tag != "" && !slices.Contains(movingTags[:], tag) {
					continue
				}
				problem := "has no tag"
				if tag != "" {
					problem = "has the tag " + tag + ", which moves"
				}
				report(in.Places.Holding(p.Object, c.Image, p.ContainerAt(i, "image")...), "",
					"the image %s of %s %s", c.Image, p.Title(), problem)
			}
		}
	},
}

// movingTags are tags that by their name are moved to each new build.
var movingTags = [...]string{"edge", "latest", "main", "master", "nightly", "stable"}

// tagOf is the tag of an image, and whether it needs none: it has a digest, or is missing.
func tagOf(image string) (tag string, pinned bool) {
	if image == "" || strings.Contains(image, "@") {
		return "", true
	}
	name := image[strings.LastIndexByte(image, '/')+1:] // a registry may have a port
	_, tag, _ = strings.Cut(name, ":")
	return tag, false
}
