package workload

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lazy"
	"github.com/hippotion/roster/render/object"
)

// Phase is when Argo CD applies an object (docs/user-guide/sync-waves.md).
type Phase string

// The phases. Objects of the last three are applied when a sync fails, or when the Application is deleted.
const (
	PreSync    Phase = "PreSync"
	Sync       Phase = "Sync"
	PostSync   Phase = "PostSync"
	SyncFail   Phase = "SyncFail"
	PreDelete  Phase = "PreDelete"
	PostDelete Phase = "PostDelete"
)

// never is the phase of objects that Argo CD leaves out.
const never Phase = ""

var phases = [...]Phase{PreSync, Sync, PostSync, SyncFail, PreDelete, PostDelete}

// order is the place among the phases; below all of them for never.
func (p Phase) order() int { return slices.Index(phases[:], p) }

// helmHooks are the phases that Argo CD gives to Helm's hooks; it leaves out unknown hooks
// (gitops-engine pkg/sync/hook/helm/type.go, argo-cd controller/hook.go).
var helmHooks = map[string]Phase{
	"pre-install": PreSync, "pre-upgrade": PreSync, "post-install": PostSync, "post-upgrade": PostSync,
	"pre-delete": PreDelete, "post-delete": PostDelete,
}

// kindOrder is the order in which Argo CD applies the kinds of a wave; other kinds follow (gitops-engine
// pkg/sync/sync_tasks.go).
var kindOrder = [...]string{
	"Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange", "PodSecurityPolicy", "PodDisruptionBudget", "ServiceAccount",
	"Secret", "SecretList", "ConfigMap", "StorageClass", "PersistentVolume", "PersistentVolumeClaim", "CustomResourceDefinition",
	"ClusterRole", "ClusterRoleList", "ClusterRoleBinding", "ClusterRoleBindingList", "Role", "RoleList", "RoleBinding",
	"RoleBindingList", "Service", "DaemonSet", "Pod", "ReplicationController", "ReplicaSet", "Deployment",
	"HorizontalPodAutoscaler", "StatefulSet", "Job", "CronJob", "IngressClass", "Ingress", "APIService",
}

func rank(kind string) int {
	if i := slices.Index(kindOrder[:], kind); i >= 0 {
		return i
	}
	return len(kindOrder)
}

// arrange turns the output of an engine into what Argo CD applies, in its order: lists are split, objects without a namespace get the
// application's, what occurs twice counts once, and hooks get their phase.
func arrange(app *Application, in []manifest) (Result, diag.List) {
	in, diags := flatten(app, in)
	if len(diags) > 0 {
		return Result{}, diags
	}
	scopes := app.scopes(in)
	var out Result
	first := map[key]int{} // places in out.Objects
	for _, m := range in {
		o := m.object()
		o.Namespace = scopes.namespace(app, m.value)
		phase := phaseOf(annotations(m.value))
		o.Wave = waveOf(annotations(m.value))
		key := keyOf(o)
		i, again := first[key]
		if again && !m.generated() {
			out.Warnings.Add(app.failure(m.pos, "repeated-object", "keep one of the two",
				"%s occurs twice: Argo CD applies the last one", name(o)))
			out.Objects[i] = Object{Object: o, Phase: phase, Pos: m.pos, From: m.from}
			continue
		}
		first[key] = len(out.Objects)
		out.Objects = append(out.Objects, Object{Object: o, Phase: phase, Pos: m.pos, From: m.from})
	}
	for _, o := range out.Objects {
		if o.Phase == never {
			out.leftOut = append(out.leftOut, keyOf(o.Object))
		}
	}
	// After the above: an object that is left out may be the last one of its name.
	out.Objects = slices.DeleteFunc(out.Objects, func(o Object) bool { return o.Phase == never })
	if len(out.Objects) == 0 && !app.MayBeEmpty {
		return Result{}, diag.List{app.failure(app.at(), "empty-source", "",
			"the source has no objects: Argo CD would deploy nothing")}
	}
	slices.SortStableFunc(out.Objects, compare)
	return out, nil
}

// key is what tells an object from others.
type key struct{ group, kind, namespace, name string }

func keyOf(o object.Object) key { return key{group(o.APIVersion), o.Kind, o.Namespace, o.Name} }

func compare(a, b Object) int {
	return cmp.Or(
		cmp.Compare(a.Phase.order(), b.Phase.order()),
		cmp.Compare(a.Wave, b.Wave), cmp.Compare(rank(a.Kind), rank(b.Kind)), strings.Compare(a.Name, b.Name),
		strings.Compare(a.Kind, b.Kind), strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.APIVersion, b.APIVersion))
}

// flatten splits lists, and reports what is not an object.
func flatten(app *Application, in []manifest) ([]manifest, diag.List) {
	var out []manifest
	var diags diag.List
	for _, m := range in {
		items, isList := m.value["items"]
		if !isList || items == nil && (m.value["spec"] != nil || m.value["status"] != nil) {
			out = append(out, m)
			continue
		}
		list, ok := items.([]any)
		if !ok && items != nil {
			out = append(out, m)
			continue
		}
		for i, item := range list {
			value, ok := item.(map[string]any)
			if !ok {
				diags.Add(app.failure(m.pos, "bad-manifest", "", "items[%d]: expected a Kubernetes object", i))
				continue
			}
			out = append(out, manifest{value, m.pos, m.from})
		}
	}
	for _, m := range out {
		if problem := m.problem(); problem != "" {
			diags.Add(app.failure(m.pos, "bad-manifest", "", "%s", problem))
		}
	}
	return out, diags
}

// problem returns what an object lacks; nothing else of it is checked here.
func (m *manifest) problem() string {
	kind, _ := m.value["kind"].(string)
	apiVersion, _ := m.value["apiVersion"].(string)
	metadata, ok := m.value["metadata"].(map[string]any)
	switch {
	case kind == "" && apiVersion == "":
		return "expected a Kubernetes object: it has neither apiVersion nor kind"
	case kind == "":
		return "the object has no kind"
	case apiVersion == "":
		return fmt.Sprintf("the %s has no apiVersion", shownKind(kind))
	case !ok && m.value["metadata"] != nil:
		return fmt.Sprintf("the metadata of the %s: expected a mapping", shownKind(kind))
	case text(metadata, "name") == "" && text(metadata, "generateName") == "":
		return fmt.Sprintf("the %s has no name", shownKind(kind))
	}
	for _, field := range [...]string{"labels", "annotations"} {
		values, ok := metadata[field].(map[string]any)
		if !ok && metadata[field] != nil {
			return fmt.Sprintf("the %s of the %s %s: expected a mapping", field, shownKind(kind), text(metadata, "name"))
		}
		for _, key := range slices.Sorted(maps.Keys(values)) {
			if _, ok := values[key].(string); !ok && values[key] != nil {
				return fmt.Sprintf("%s[%q] of the %s %s: expected text; quote it", field, key, shownKind(kind), text(metadata, "name"))
			}
		}
	}
	return ""
}

var kindName = lazy.Regexp(`^[A-Z][A-Za-z0-9]{0,62}$`)

// shownKind is a kind for messages; what is not a valid kind may be a value that a template put in its place.
func shownKind(kind string) string {
	if kindName().MatchString(kind) {
		return kind
	}
	return "object"
}

func text(in map[string]any, key string) string {
	s, _ := in[key].(string)
	return s
}

func metadata(value map[string]any) map[string]any {
	m, _ := value["metadata"].(map[string]any)
	return m
}

func annotations(value map[string]any) map[string]any {
	a, _ := metadata(value)["annotations"].(map[string]any)
	return a
}

// generated reports whether the API server generates the name: such objects are never the same.
func (m *manifest) generated() bool { return text(metadata(m.value), "name") == "" }

func (m *manifest) object() object.Object {
	value := m.value
	return object.Object{APIVersion: text(value, "apiVersion"), Kind: text(value, "kind"),
		Name: cmp.Or(text(metadata(value), "name"), text(metadata(value), "generateName")), Value: func() any { return value }}
}

func name(o object.Object) string {
	if o.Namespace == "" {
		return o.Kind + " " + o.Name
	}
	return o.Kind + " " + o.Namespace + "/" + o.Name
}

// phaseOf is when an object with those annotations is applied. Of several phases it is the first one.
func phaseOf(annotations map[string]any) Phase {
	argo, hasArgo := annotations["argocd.argoproj.io/hook"].(string)
	helm, hasHelm := annotations["helm.sh/hook"].(string)
	var found []Phase
	for word := range strings.SplitSeq(argo, ",") {
		word = strings.TrimSpace(word)
		if word == "Skip" && strings.TrimSpace(argo) == "Skip" {
			return never
		}
		if slices.Contains(phases[:], Phase(word)) {
			found = append(found, Phase(word))
		}
	}
	if len(found) == 0 { // Argo CD's own annotation takes precedence over Helm's
		for word := range strings.SplitSeq(helm, ",") {
			if p := helmHooks[strings.TrimSpace(word)]; p != "" {
				found = append(found, p)
			}
		}
	}
	switch {
	case !hasArgo && (!hasHelm || helm == "crd-install"):
		return Sync
	case len(found) == 0:
		return never
	}
	return slices.MinFunc(found, func(a, b Phase) int { return a.order() - b.order() })
}

// waveOf is the sync wave, or else the weight of a Helm hook (gitops-engine pkg/sync/syncwaves/waves.go).
func waveOf(annotations map[string]any) int {
	for _, key := range [...]string{"argocd.argoproj.io/sync-wave", "helm.sh/hook-weight"} {
		if wave, err := strconv.Atoi(text(annotations, key)); err == nil {
			return wave
		}
	}
	return 0
}
