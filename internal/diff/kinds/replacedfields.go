package kinds

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diff"
)

// fixedField is a field that the API server lets nobody change.
type fixedField struct {
	kind  string // such as Deployment.apps
	at    string // with dots
	unset any    // what it is when nobody sets it
}

// fixedFields are those that are the same for all objects of a kind. Each stands in a function ValidateKINDUpdate of pkg/apis/GROUP/validation of
// Kubernetes 1.36, and its default in pkg/apis/GROUP/VERSION/defaults.go.
var fixedFields = []fixedField{
	{"Deployment.apps", "spec.selector", nil},
	{"DaemonSet.apps", "spec.selector", nil},
	{"ReplicaSet.apps", "spec.selector", nil},
	{"RoleBinding.rbac.authorization.k8s.io", "roleRef", nil},
	{"ClusterRoleBinding.rbac.authorization.k8s.io", "roleRef", nil},
	{"StorageClass.storage.k8s.io", "provisioner", nil},
	{"StorageClass.storage.k8s.io", "parameters", nil},
	{"StorageClass.storage.k8s.io", "reclaimPolicy", "Delete"},
	{"StorageClass.storage.k8s.io", "volumeBindingMode", "Immediate"},
	{"VolumeAttributesClass.storage.k8s.io", "driverName", nil},
	{"VolumeAttributesClass.storage.k8s.io", "parameters", nil},
	{"CSIDriver.storage.k8s.io", "spec.attachRequired", true},
	{"PriorityClass.scheduling.k8s.io", "value", int64(0)},
	{"PriorityClass.scheduling.k8s.io", "preemptionPolicy", "PreemptLowerPriority"},
	{"RuntimeClass.node.k8s.io", "handler", nil},
	{"IngressClass.networking.k8s.io", "spec.controller", nil},
	{"Secret", "type", "Opaque"},
	{"PersistentVolume", "spec.volumeMode", "Filesystem"},
	{"Job.batch", "spec.selector", nil},
	{"Job.batch", "spec.completionMode", "NonIndexed"},
	{"Job.batch", "spec.podFailurePolicy", nil},
	{"Job.batch", "spec.backoffLimitPerIndex", nil},
	{"Job.batch", "spec.managedBy", nil},
	{"Job.batch", "spec.successPolicy", nil},
	// apiextensions-apiserver pkg/apis/apiextensions/validation, of one that is established
	{"CustomResourceDefinition.apiextensions.k8s.io", "spec.scope", nil},
	{"CustomResourceDefinition.apiextensions.k8s.io", "spec.names.kind", nil},
	{"CustomResourceDefinition.apiextensions.k8s.io", "spec.names.plural", nil},
	{"CustomResourceDefinition.apiextensions.k8s.io", "spec.group", nil},
}

// unless follows a field whose value before the change is not in the manifest: the API server, or a controller, has given it one.
const unless = " (unless it is what the object has already)"

// unchangeable are the fields in which the sides of an object differ, and which the API server lets nobody change.
func unchangeable(p *diff.Pair) []string {
	var out []string
	was, is := p.Before.Content(), p.After.Content()
	for _, f := range fixedFields {
		if !isKind(p.After, f.kind) {
			continue
		}
		at := strings.Split(f.at, ".")
		if !equal(valueOr(memberAt(was, at...), f.unset), valueOr(memberAt(is, at...), f.unset)) {
			out = append(out, f.at)
		}
	}
	switch {
	case isKind(p.After, "StatefulSet.apps"):
		// ValidateStatefulSetUpdate
		return specWithout(was, is, "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit", "persistentVolumeClaimRetentionPolicy", "minReadySeconds")
	case isKind(p.After, "PersistentVolumeClaim"):
		return claimFields(was, is)
	case isKind(p.After, "PersistentVolume"):
		out = append(out, volumeFields(was, is)...)
	case isKind(p.After, "Job.batch"):
		out = append(out, jobFields(was, is)...)
	case isKind(p.After, "Secret", "ConfigMap") && was["immutable"] == true:
		out = append(out, sealedFields(was, is)...)
	case isKind(p.After, "Service"):
		out = append(out, addressFields(was, is)...)
	}
	return out
}

func valueOr(v, unset any) any {
	if v == nil {
		return unset
	}
	return v
}

// specDefaults are the defaults of fields of a spec (pkg/apis/apps/v1/defaults.go, pkg/apis/core/v1/defaults.go).
var specDefaults = map[string]any{"podManagementPolicy": "OrderedReady", "volumeMode": "Filesystem"}

// specWithout are the fields below spec that differ, but for some.
func specWithout(was, is map[string]any, but ...string) []string {
	before, _ := was["spec"].(map[string]any)
	after, _ := is["spec"].(map[string]any)
	keys := map[string]bool{}
	for _, spec := range []map[string]any{before, after} {
		for key := range spec {
			keys[key] = !slices.Contains(but, key)
		}
	}
	var out []string
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		a, b := valueOr(before[key], specDefaults[key]), valueOr(after[key], specDefaults[key])
		if keys[key] && !equal(listedClaims(key, a), listedClaims(key, b)) {
			out = append(out, "spec."+key)
		}
	}
	return out
}

// listedClaims are templates of claims without what may be written or not; everything else stays what it is.
func listedClaims(key string, v any) any {
	list, ok := v.([]any)
	if key != "volumeClaimTemplates" || !ok {
		return emptyAsNil(v)
	}
	out := make([]any, len(list))
	for i, e := range list {
		claim, _ := e.(map[string]any)
		claim = maps.Clone(claim)
		for _, field := range []string{"apiVersion", "kind", "status"} {
			delete(claim, field)
		}
		out[i] = claim
	}
	return emptyAsNil(out)
}

// emptyAsNil is nil for what holds nothing: both are the same to the API server.
func emptyAsNil(v any) any {
	switch v := v.(type) {
	case []any:
		if len(v) == 0 {
			return nil
		}
	case string:
		if v == "" {
			return nil
		}
	}
	return v
}

// claimFields are those of ValidatePersistentVolumeClaimUpdate. How much storage is requested is of another kind of consequence.
func claimFields(was, is map[string]any) []string {
	out := specWithout(was, is, "resources", "volumeAttributesClassName", "storageClassName", "volumeName")
	for _, key := range []string{"storageClassName", "volumeName"} {
		a, b := memberAt(was, "spec", key), memberAt(is, "spec", key)
		switch {
		case equal(a, b):
		case a == nil:
			out = append(out, "spec."+key+unless)
		default:
			out = append(out, "spec."+key)
		}
	}
	if !equal(memberAt(was, "spec", "resources", "limits"), memberAt(is, "spec", "resources", "limits")) {
		out = append(out, "spec.resources.limits")
	}
	return out
}

// volumeOptions are the fields of a PersistentVolume that are not its source.
var volumeOptions = []string{"accessModes", "capacity", "claimRef", "mountOptions", "nodeAffinity", "persistentVolumeReclaimPolicy", "storageClassName", "volumeAttributesClassName", "volumeMode"}

// volumeFields are those of ValidatePersistentVolumeUpdate: the source, but for a secret of CSI that may be added.
func volumeFields(was, is map[string]any) []string {
	out := specWithout(withoutExpandSecret(was), withoutExpandSecret(is), volumeOptions...)
	a, b := memberAt(was, "spec", "nodeAffinity"), memberAt(is, "spec", "nodeAffinity")
	if a != nil && b != nil && !equal(a, b) {
		out = append(out, "spec.nodeAffinity")
	}
	return out
}

func withoutExpandSecret(content map[string]any) map[string]any {
	spec, _ := content["spec"].(map[string]any)
	csi, ok := memberAt(spec, "csi").(map[string]any)
	if !ok {
		return content
	}
	spec, csi = maps.Clone(spec), maps.Clone(csi)
	delete(csi, "controllerExpandSecretRef")
	spec["csi"] = csi
	return map[string]any{"spec": spec}
}

// jobFields are those of ValidateJobSpecUpdate that depend on others: completions, except of an indexed Job, and the template, of which some may be
// changed while a Job is suspended.
func jobFields(was, is map[string]any) []string {
	var out []string
	if memberAt(is, "spec", "completionMode") != "Indexed" && memberAt(was, "spec", "completionMode") != "Indexed" &&
		!equal(memberAt(was, "spec", "completions"), memberAt(is, "spec", "completions")) {
		out = append(out, "spec.completions")
	}
	if memberAt(was, "spec", "suspend") != true && memberAt(is, "spec", "suspend") != true && !equal(memberAt(was, "spec", "template"), memberAt(is, "spec", "template")) {
		out = append(out, "spec.template")
	}
	return out
}

// sealedFields are those of ValidateSecretUpdate and ValidateConfigMapUpdate, of an object that is immutable.
func sealedFields(was, is map[string]any) []string {
	var out []string
	if is["immutable"] != true {
		out = append(out, "immutable")
	}
	if !equal(sealedData(was), sealedData(is)) {
		out = append(out, "data")
	}
	return out
}

// sealedData is what a ConfigMap or Secret holds.
func sealedData(content map[string]any) any {
	out := map[string]any{}
	for _, field := range []string{"data", "binaryData"} {
		m, _ := content[field].(map[string]any)
		for key, value := range m {
			out[field+"/"+key] = value
		}
	}
	plain, _ := content["stringData"].(map[string]any)
	for key, value := range plain {
		if text, ok := value.(string); ok {
			out["data/"+key] = base64.StdEncoding.EncodeToString([]byte(text))
		}
	}
	return out
}

// addressFields are those of ValidateServiceUpdate (validateUpgradeDowngradeClusterIPs).
func addressFields(was, is map[string]any) []string {
	a, b := emptyAsNil(memberAt(was, "spec", "clusterIP")), emptyAsNil(memberAt(is, "spec", "clusterIP"))
	switch {
	case a == b, b == nil, memberAt(was, "spec", "type") == "ExternalName", memberAt(is, "spec", "type") == "ExternalName":
		return nil
	case a == nil && b != "None":
		return []string{"spec.clusterIP" + unless}
	}
	return []string{"spec.clusterIP"}
}

// settles says what can no longer be changed, or does not change although the manifest does.
func settles(p *diff.Pair) string {
	was, is := p.Before.Content(), p.After.Content()
	switch {
	case isKind(p.After, "Secret", "ConfigMap") && was["immutable"] != true && is["immutable"] == true:
		return "becomes immutable: from then on it can only be deleted"
	case isKind(p.After, "Service") && len(addressFields(is, was)) > 0:
		return "keeps its clusterIP: what the manifest leaves out stays as it was" // registry/core/service/storage, patchAllocatedValues
	}
	return ""
}
