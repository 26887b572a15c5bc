package rules

import (
	"strings"

	"github.com/distribution/reference"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

var missingImage = lint.Rule{
	Name:     "missing-image",
	Severity: lint.Error,
	Summary:  "a container has no image, or an invalid one",
	Doc: `The API server refuses a pod without an image. One that the kubelet cannot read, such as ` + "`:1.2.3`" + ` of a chart whose
` + "`image.repository`" + ` is empty, or one with capital letters, ends in InvalidImageName. Set the value that the chart uses.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/app.yaml --
` + strings.Replace(hardened(""), "          image: registry.example/app:1.2.3\n", "", 1),
	Mend: []string{"        - name: app\n", "        - name: app\n          image: registry.example/app:1.2.3\n"},
	Check: func(in *lint.Context, report lint.Report) {
		for _, p := range in.Deployed.Pods() {
			if p.Object.Kind != "Pod" && deployed.FieldAt(p.Object, "metadata", "annotations", "image.openshift.io/triggers") != nil {
				continue // OpenShift fills it in
			}
			for i, c := range p.Containers() {
				if c.Image == "" {
					report(in.Places.Field(p.Object, p.ContainerAt(i, "image")...), "add image", "the container %s of %s has no image", c.Name, p.Title())
				} else if _, err := reference.ParseNormalizedNamed(c.Image); err != nil { // as the kubelet does (pkg/util/parsers)
					report(in.Places.Holding(p.Object, c.Image, p.ContainerAt(i, "image")...), "write REPOSITORY:TAG, in lower case",
						"the container %s of %s has the image %q, which is not valid", c.Name, p.Title(), c.Image)
				}
			}
		}
	},
}
