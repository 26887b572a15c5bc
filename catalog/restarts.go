package catalog

import (
	"strings"

	"github.com/hippotion/roster/internal/syntax"
)

// restartInput is when a reloader restarts the pods of an application.
type restartInput struct {
	*syntax.Node `example:"{configMaps: true}"`
	Secrets      flag `yaml:"secrets,short"` // when a Secret that they use changes; default true
	ConfigMaps   flag `yaml:"configMaps"`    // likewise a ConfigMap
}

// changes are what pods are restarted for.
type changes struct{ secrets, configMaps bool }

// reloaders are the programs that restart pods, each with its annotations for what a pod uses, by name or as a volume.
func reloaders() map[string]map[changes]string {
	const both = "wave.pusher.com/update-on-config-change" // which Wave does not tell apart
	return map[string]map[changes]string{
		"stakater": {
			{secrets: true}:                   "secret.reloader.stakater.com/auto",
			{configMaps: true}:                "configmap.reloader.stakater.com/auto",
			{secrets: true, configMaps: true}: "reloader.stakater.com/auto",
		},
		"wave": {{secrets: true}: both, {secrets: true, configMaps: true}: both},
	}
}

// restarts has the platform's reloader restart the pods of an application when a Secret or a ConfigMap of theirs changes. The annotation that it
// looks for is on the workload, which comes from a chart or a folder, so it is a patch like those that the list has: of every kind of source that
// can be patched, and with the same message where none can.
func (s *settings) restarts(in *app) {
	if in.RestartOnChange == nil || in.RestartOnChange.Node == nil {
		return
	}
	at := in.RestartOnChange.Node
	wanted := changes{in.RestartOnChange.Secrets.Or(true), in.RestartOnChange.ConfigMaps.Or(false)}
	if wanted == (changes{}) {
		return
	}
	of := s.in.Secrets.Reloader.V
	annotation := reloaders()[of][wanted]
	switch {
	case annotation == "" && s.in.flawed("secrets.reloader"):
		return
	case annotation == "" && of != "":
		in.RestartOnChange.Secrets.Report("unsaid", "remove it", "%s restarts pods for Secrets and ConfigMaps alike", strings.ToUpper(of[:1])+of[1:])
		return
	case annotation == "":
		at.Report("no-reloader", "write secrets: {reloader: stakater} in "+PlatformFile+" when it runs in the cluster, or remove restartOnChange", "Kubernetes restarts no pod when a Secret or a ConfigMap changes, and %s names nothing that does", PlatformFile)
		return
	case in.Sources != nil:
		at.Report("no-effect", "add a patch to the source that has the workload: {target: {kind: Deployment}, patch: {metadata: {annotations: {"+annotation+": \"true\"}}}}", "restartOnChange is for an application with one source: it is not known which one has the workload")
		return
	}
	in.Patches = append(in.Patches, patchInput{Node: at,
		Patch:  syntax.Any{V: map[string]any{"metadata": map[string]any{"annotations": map[string]any{annotation: "true"}}}, Node: at},
		Target: &patchTargetInput{Node: at, Kind: text{V: "(Deployment|StatefulSet|DaemonSet)", Node: at}}})
}
