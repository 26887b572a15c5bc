package lint

import (
	"slices"
	"strings"

	"github.com/hippotion/roster/catalog"
)

var liveStateField = Rule{
	Name:     "live-state-field",
	Fixable:  true,
	Severity: Warning,
	Summary:  "a manifest has fields that only an object in the cluster has",
	Doc: `They are left over when an object is copied out of the cluster. With an old ` + "`resourceVersion`" + ` the API server refuses to
apply the manifest, since it is a lock; with ` + "`managedFields`" + ` it refuses a server-side apply; and an object whose
` + "`ownerReferences`" + ` name something that is gone is deleted by the garbage collector. The others are overwritten, and make
each difference harder to read. Remove them.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/config.yaml --
apiVersion: v1
kind: ConfigMap
metadata:
  name: config
  resourceVersion: "8817"
  uid: 0c2b1f0e-5b0a-4a43-9a55-1d8a3c5f7f10
data: {colour: blue}
`,
	Good: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/config.yaml --
apiVersion: v1
kind: ConfigMap
metadata:
  name: config
data: {colour: blue}
`,
	Check: func(in *Input, report Report) {
		for _, o := range in.Workloads {
			if o.Pos.Line == 0 || !o.written() {
				continue // a template made it, or it is not in this repository
			}
			var first catalog.Place
			var names []string
			for _, fields := range liveFields(o.Content()) {
				if at := in.field(o, fields...); len(names) == 0 || at.Pos.Compare(first.Pos) < 0 {
					first = at
				}
				names = append(names, strings.Join(fields, "."))
			}
			if len(names) > 0 {
				report(first, "remove them: roster lint --fix does", "%s has %s of an object in the cluster", o.Title(), strings.Join(names, ", "))
			}
		}
	},
}

// liveMetadata and liveAnnotations are what the API server, controllers and kubectl add to an object.
var (
	liveMetadata = []string{"creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields",
		"ownerReferences", "resourceVersion", "selfLink", "uid"}
	liveAnnotations = []string{"deployment.kubernetes.io/revision", "kubectl.kubernetes.io/last-applied-configuration"}
)

// liveFields lead to the fields of a manifest that only an object in the cluster has.
func liveFields(manifest map[string]any) [][]string {
	var out [][]string
	metadata, _ := manifest["metadata"].(map[string]any)
	for _, key := range liveMetadata {
		if _, ok := metadata[key]; ok {
			out = append(out, []string{"metadata", key})
		}
	}
	annotations, _ := metadata["annotations"].(map[string]any)
	for _, key := range liveAnnotations {
		if _, ok := annotations[key]; ok {
			out = append(out, []string{"metadata", "annotations", key})
		}
	}
	// Generators of CRDs write an empty status, which does no harm.
	if _, ok := manifest["status"]; ok && manifest["kind"] != "CustomResourceDefinition" {
		out = append(out, []string{"status"})
	}
	return out
}

// isLive reports whether fields lead to, or into, a field that only an object in the cluster has.
func isLive(o *Object, fields []string) bool {
	return slices.ContainsFunc(liveFields(o.Content()), func(live []string) bool {
		return len(fields) >= len(live) && slices.Equal(fields[:len(live)], live)
	})
}
