package deployed

import (
	"slices"
)

// liveMetadata and liveAnnotations are what the API server, controllers and kubectl add to an object.
var (
	liveMetadata = []string{"creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields",
		"ownerReferences", "resourceVersion", "selfLink", "uid"}
	liveAnnotations = []string{"deployment.kubernetes.io/revision", "kubectl.kubernetes.io/last-applied-configuration"}
)

// LiveFields lead to the fields of a manifest that only an object in the cluster has.
func LiveFields(manifest map[string]any) [][]string {
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

// IsLive reports whether fields lead to, or into, a field that only an object in the cluster has.
func IsLive(o *Object, fields []string) bool {
	return slices.ContainsFunc(LiveFields(o.Content()), func(live []string) bool {
		return len(fields) >= len(live) && slices.Equal(fields[:len(live)], live)
	})
}
