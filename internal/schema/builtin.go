package schema

import (
	stdjson "encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/hippotion/roster/internal/diag"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	nodev1 "k8s.io/api/node/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/json"
)

// builtinScheme has the stable versions of the groups that a workload or its
// surroundings may use. client-go's scheme has every group and version there
// ever was, which would let a version pass that clusters no longer serve.
func builtinScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		admissionregistrationv1.AddToScheme,
		apiextensionsv1.AddToScheme,
		appsv1.AddToScheme,
		autoscalingv1.AddToScheme,
		autoscalingv2.AddToScheme,
		batchv1.AddToScheme,
		certificatesv1.AddToScheme,
		coordinationv1.AddToScheme,
		corev1.AddToScheme,
		discoveryv1.AddToScheme,
		networkingv1.AddToScheme,
		nodev1.AddToScheme,
		policyv1.AddToScheme,
		rbacv1.AddToScheme,
		schedulingv1.AddToScheme,
		storagev1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			panic(err) // only for two types of one name
		}
	}
	return scheme
}

// isClusterScoped names the built-in kinds that have no namespace; a test compares the list with client-go.
func isClusterScoped(gk schema.GroupKind) bool {
	switch gk.Group {
	case "":
		return slices.Contains([]string{"ComponentStatus", "Namespace", "Node", "PersistentVolume"}, gk.Kind)
	case "admissionregistration.k8s.io", "apiextensions.k8s.io", "node.k8s.io", "scheduling.k8s.io":
		return true
	case "certificates.k8s.io":
		return gk.Kind == "CertificateSigningRequest"
	case "networking.k8s.io":
		return slices.Contains([]string{"IngressClass", "IPAddress", "ServiceCIDR"}, gk.Kind)
	case "rbac.authorization.k8s.io":
		return gk.Kind == "ClusterRole" || gk.Kind == "ClusterRoleBinding"
	case "storage.k8s.io":
		return gk.Kind != "CSIStorageCapacity"
	}
	return false
}

// validateBuiltin decodes text strictly into the type of gvk.
func validateBuiltin(scheme *runtime.Scheme, gvk schema.GroupVersionKind, text []byte) ([]Problem, error) {
	if !scheme.IsGroupRegistered(gvk.Group) {
		return nil, noSchema(gvk)
	}
	typed, err := scheme.New(gvk)
	if err != nil {
		return unknownBuiltin(scheme, gvk)
	}
	meta, ok := typed.(metav1.Object)
	if !ok { // a List, or an option of a request
		return nil, noSchema(gvk)
	}
	strict, err := json.UnmarshalStrict(text, typed)
	if err != nil {
		return []Problem{decodeProblem(err, text, typed)}, nil
	}
	var problems []Problem
	for _, err := range strict {
		// Text that comes from a map has no duplicates, so all are unknown fields.
		var field json.FieldError
		if errors.As(err, &field) {
			problems = append(problems, Problem{Path: field.FieldPath(), Message: "unknown field"})
		} else {
			problems = append(problems, Problem{Message: err.Error()})
		}
	}
	return append(problems, validateMeta(meta, gvk.GroupKind(), !isClusterScoped(gvk.GroupKind()))...), nil
}

// unknownBuiltin tells a kind of an old version from one that never was. What a registered version does not have is a mistake when another
// group has it, or a similar name is there; else a newer Kubernetes may have added it. A version that is not registered is unknown.
func unknownBuiltin(scheme *runtime.Scheme, gvk schema.GroupVersionKind) ([]Problem, error) {
	if served := servedVersions(scheme, gvk.GroupKind()); len(served) > 0 {
		return notServed(gvk, served), nil
	}
	if scheme.IsVersionRegistered(gvk.GroupVersion()) && mistaken(scheme, gvk) {
		return []Problem{{Path: "kind", Message: fmt.Sprintf("%s has no kind %s", gvk.GroupVersion(), gvk.Kind)}}, nil
	}
	return nil, noSchema(gvk)
}

// mistaken reports whether a kind has the name of one in another group, or nearly that of one in its own.
func mistaken(scheme *runtime.Scheme, gvk schema.GroupVersionKind) bool {
	var own []string
	for known := range scheme.AllKnownTypes() {
		switch {
		case known.Kind == gvk.Kind:
			return true
		case known.GroupVersion() == gvk.GroupVersion():
			own = append(own, known.Kind)
		}
	}
	return diag.Slip(gvk.Kind, own) != ""
}

func servedVersions(scheme *runtime.Scheme, gk schema.GroupKind) []string {
	var served []string
	for _, gv := range scheme.VersionsForGroupKind(gk) {
		served = append(served, gv.Version)
	}
	slices.Sort(served)
	return served
}

// decodeProblem words a value of the wrong type. The strict decoder tells its place only in prose, so the standard one, which fails at the
// same value, is used; it names fields but not the elements of lists. Types that decode
// themselves, quantities for one, do not tell where they are.
func decodeProblem(err error, text []byte, typed any) Problem {
	var wrong *stdjson.UnmarshalTypeError
	if errors.As(stdjson.Unmarshal(text, typed), &wrong) {
		return Problem{Path: wrong.Field, Message: "found a " + wrong.Value + ", expected " + wrong.Type.String()}
	}
	return Problem{Message: err.Error()}
}
