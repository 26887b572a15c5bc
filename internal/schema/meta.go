package schema

import (
	"k8s.io/apimachinery/pkg/api/validation"
	pathvalidation "k8s.io/apimachinery/pkg/api/validation/path"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// validateMeta checks name, namespace, labels, annotations, finalizers and owner
// references. A namespaced object may leave its namespace out: Argo CD, for one, fills it in when it applies the object. One that must not
// have a namespace is
// reported, though the API server would only clear it.
func validateMeta(meta metav1.Object, gk schema.GroupKind, namespaced bool) []Problem {
	requiresNamespace := namespaced && meta.GetNamespace() != ""
	return fieldProblems(validation.ValidateObjectMetaAccessor(meta, requiresNamespace, nameRule(gk), field.NewPath("metadata")))
}

// nameRule follows k8s.io/kubernetes/pkg/apis/*/validation; whatever is not
// named here takes DNS subdomains, as every custom kind does.
func nameRule(gk schema.GroupKind) validation.ValidateNameFunc {
	switch {
	case gk.Group == "rbac.authorization.k8s.io":
		return func(name string, _ bool) []string { return pathvalidation.IsValidPathSegmentName(name) }
	case gk.Group == "" && gk.Kind == "Namespace":
		return validation.ValidateNamespaceName
	case gk.Group == "" && gk.Kind == "Service":
		return validation.NameIsDNS1035Label
	}
	return validation.NameIsDNSSubdomain
}
