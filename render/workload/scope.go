package workload

import (
	"strings"
)

// clusterKinds are Kubernetes' own cluster-scoped kinds, as GROUP/KIND. A test compares them with the API's sources.
const clusterKinds = ` Namespace Node PersistentVolume ComponentStatus
	admissionregistration.k8s.io/MutatingWebhookConfiguration admissionregistration.k8s.io/ValidatingWebhookConfiguration
	admissionregistration.k8s.io/MutatingAdmissionPolicy admissionregistration.k8s.io/MutatingAdmissionPolicyBinding
	admissionregistration.k8s.io/ValidatingAdmissionPolicy admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding
	apiextensions.k8s.io/CustomResourceDefinition apiregistration.k8s.io/APIService
	authentication.k8s.io/SelfSubjectReview authentication.k8s.io/TokenReview
	authorization.k8s.io/SelfSubjectAccessReview authorization.k8s.io/SelfSubjectRulesReview authorization.k8s.io/SubjectAccessReview
	certificates.k8s.io/CertificateSigningRequest certificates.k8s.io/ClusterTrustBundle
	flowcontrol.apiserver.k8s.io/FlowSchema flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration
	imagepolicy.k8s.io/ImageReview internal.apiserver.k8s.io/StorageVersion
	networking.k8s.io/IPAddress networking.k8s.io/IngressClass networking.k8s.io/ServiceCIDR node.k8s.io/RuntimeClass
	policy/PodSecurityPolicy rbac.authorization.k8s.io/ClusterRole rbac.authorization.k8s.io/ClusterRoleBinding
	resource.k8s.io/DeviceClass resource.k8s.io/DeviceTaintRule resource.k8s.io/ResourceSlice scheduling.k8s.io/PriorityClass
	storage.k8s.io/CSIDriver storage.k8s.io/CSINode storage.k8s.io/StorageClass storage.k8s.io/VolumeAttachment
	storage.k8s.io/VolumeAttributesClass storagemigration.k8s.io/StorageVersionMigration `

// scopes are the cluster-scoped kinds, as GROUP/KIND.
type scopes map[string]bool

// scopes are Kubernetes' own kinds, those of the CRDs among in, and those that the AppProject permits: it would refuse any
// other cluster-scoped kind.
func (app *Application) scopes(in []manifest) scopes {
	s := scopes{}
	for _, kind := range append(strings.Fields(clusterKinds), app.ClusterKinds...) {
		s[kind] = true
	}
	for _, m := range in {
		if spec, ok := m.value["spec"].(map[string]any); ok && m.value["kind"] == "CustomResourceDefinition" {
			names, _ := spec["names"].(map[string]any)
			s[qualified(text(spec, "group"), text(names, "kind"))] = text(spec, "scope") == "Cluster"
		}
	}
	return s
}

// namespace is the namespace that Argo CD gives an object; it is written into value.
func (s scopes) namespace(app *Application, value map[string]any) string {
	meta := metadata(value)
	switch {
	case s[qualified(group(text(value, "apiVersion")), text(value, "kind"))]:
		delete(meta, "namespace")
	case text(meta, "namespace") == "":
		meta["namespace"] = app.Namespace
	}
	return text(meta, "namespace")
}

// group is the API group of an apiVersion; empty for the core group.
func group(apiVersion string) string {
	g, _, found := strings.Cut(apiVersion, "/")
	if !found {
		return ""
	}
	return g
}

func qualified(group, kind string) string {
	if group == "" {
		return kind
	}
	return group + "/" + kind
}
