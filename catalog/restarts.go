package catalog

import "github.com/hippotion/roster/internal/syntax"

// restarts has the platform's reloader restart the pods of an application when a Secret of theirs changes. The annotation that it looks for is
// on the workload, which comes from a chart or a folder, so it is a patch like those that the list has: of every kind of source that can be
// patched, and with the same message where none can.
func (s *settings) restarts(in *app) {
	at := in.RestartOnChange.Node
	if !in.RestartOnChange.Or(false) {
		return
	}
	annotation := map[string]string{ // each has one for Secrets that a pod uses, by name or as a volume
		"stakater": "secret.reloader.stakater.com/auto",
		"wave":     "wave.pusher.com/update-on-config-change",
	}[s.in.Secrets.Reloader.V]
	switch {
	case annotation == "" && s.in.flawed("secrets.reloader"):
		return
	case annotation == "":
		at.Report("no-reloader", "write secrets: {reloader: stakater} in "+PlatformFile+" when it runs in the cluster, or remove restartOnChange", "Kubernetes restarts no pod when a Secret changes, and %s names nothing that does", PlatformFile)
		return
	case in.Sources != nil:
		at.Report("no-effect", "add a patch to the source that has the workload: {target: {kind: Deployment}, patch: {metadata: {annotations: {"+annotation+": \"true\"}}}}", "restartOnChange is for an application with one source: it is not known which one has the workload")
		return
	}
	in.Patches = append(in.Patches, patchInput{Node: at,
		Patch:  syntax.Any{V: map[string]any{"metadata": map[string]any{"annotations": map[string]any{annotation: "true"}}}, Node: at},
		Target: &patchTargetInput{Node: at, Kind: text{V: "(Deployment|StatefulSet|DaemonSet)", Node: at}}})
}
