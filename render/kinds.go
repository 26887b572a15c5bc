package render

import (
	"cmp"
	"slices"

	"github.com/argoproj/argo-cd/v2/pkg/apis/application"
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render/object"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// kinds are what is rendered, in the order of one wave: what others refer to comes first. Argo CD applies a wave in an order of its own
// (gitops-engine pkg/sync/sync_tasks.go); this one is for those who read the output, or pipe it to kubectl. The project of the root
// Application permits these kinds, and no other.
//
// To add a kind, add its file, and its line here.
var kinds = [...]row{
	{Kind{"", "v1", "Namespace", cluster}, catalog.NamespacePart, each(namespace)},
	{Kind{"", "v1", "ServiceAccount", namespaced}, catalog.NamespacePart, each(serviceAccounts)},
	{Kind{"", "v1", "LimitRange", namespaced}, catalog.NamespacePart, each(limitRanges)},
	{Kind{"", "v1", "ResourceQuota", namespaced}, catalog.NamespacePart, each(resourceQuotas)},
	{Kind{"scheduling.k8s.io", "v1", "PriorityClass", cluster}, catalog.NamespacePart, priorityClasses},
	{Kind{rbacv1.GroupName, "v1", "ClusterRole", cluster}, catalog.NamespacePart, each(clusterRole)},
	{Kind{rbacv1.GroupName, "v1", "ClusterRoleBinding", cluster}, catalog.NamespacePart, each(clusterRoleBinding)},
	{Kind{rbacv1.GroupName, "v1", "RoleBinding", namespaced}, catalog.NamespacePart, each(roleBindings)},
	{Kind{"cilium.io", "v2", "CiliumNetworkPolicy", namespaced}, catalog.PolicyPart, each(ciliumNetworkPolicies)},
	{Kind{networkingv1.GroupName, "v1", "NetworkPolicy", namespaced}, catalog.PolicyPart, each(networkPolicies)},
	{Kind{"", "v1", "ConfigMap", namespaced}, everyPart, configMaps},
	{Kind{application.Group, "v1alpha1", application.AppProjectKind, namespaced}, catalog.RootPart, each(appProject)},
	{Kind{externalSecretsGroup, "v1", "ClusterSecretStore", cluster}, catalog.StorePart, clusterSecretStores}, // the only version that the operator serves since 0.17
	{Kind{externalSecretsGroup, "v1", "SecretStore", namespaced}, catalog.StorePart, each(secretStores)},
	{Kind{generators, "v1alpha1", "ACRAccessToken", namespaced}, catalog.SecretPart, each(generatorsOf)},
	{Kind{generators, "v1alpha1", "CloudsmithAccessToken", namespaced}, catalog.SecretPart, each(generatorsOf)},
	{Kind{generators, "v1alpha1", "ECRAuthorizationToken", namespaced}, catalog.SecretPart, each(generatorsOf)},
	{Kind{generators, "v1alpha1", "Fake", namespaced}, catalog.SecretPart, each(generatorsOf)},
	{Kind{generators, "v1alpha1", "GCRAccessToken", namespaced}, catalog.SecretPart, each(generatorsOf)},
	{Kind{generators, "v1alpha1", "GithubAccessToken", namespaced}, catalog.SecretPart, each(generatorsOf)},
	{Kind{generators, "v1alpha1", "Grafana", namespaced}, catalog.SecretPart, each(generatorsOf)},
	{Kind{generators, "v1alpha1", "MFA", namespaced}, catalog.SecretPart, each(generatorsOf)},
	{Kind{generators, "v1alpha1", "Password", namespaced}, catalog.SecretPart, each(generatorsOf)},
	{Kind{generators, "v1alpha1", "QuayAccessToken", namespaced}, catalog.SecretPart, each(generatorsOf)},
	{Kind{generators, "v1alpha1", "SSHKey", namespaced}, catalog.SecretPart, each(generatorsOf)},
	{Kind{generators, "v1alpha1", "STSSessionToken", namespaced}, catalog.SecretPart, each(generatorsOf)},
	{Kind{generators, "v1alpha1", "UUID", namespaced}, catalog.SecretPart, each(generatorsOf)},
	{Kind{generators, "v1alpha1", "VaultDynamicSecret", namespaced}, catalog.SecretPart, each(generatorsOf)},
	{Kind{generators, "v1alpha1", "Webhook", namespaced}, catalog.SecretPart, each(generatorsOf)},
	{Kind{externalSecretsGroup, "v1", "ExternalSecret", namespaced}, catalog.SecretPart, each(externalSecrets)},
	{Kind{externalSecretsGroup, "v1alpha1", "PushSecret", namespaced}, catalog.RoutePart, each(pushSecrets)}, // beside the applications: they may make the Secret
	{Kind{application.Group, "v1alpha1", application.ApplicationKind, namespaced}, catalog.RootPart, each(applications)},
	{Kind{"", "v1", "Service", namespaced}, catalog.RoutePart, each(outsideServices)},
	{Kind{"discovery.k8s.io", "v1", "EndpointSlice", namespaced}, catalog.RoutePart, each(endpointSlices)},
	{Kind{"cert-manager.io", "v1", "Certificate", namespaced}, catalog.RoutePart, each(certificates)},
	{Kind{"monitoring.coreos.com", "v1", "ServiceMonitor", namespaced}, catalog.MetricsPart, each(serviceMonitors)},
	{Kind{"monitoring.coreos.com", "v1", "PodMonitor", namespaced}, catalog.MetricsPart, each(podMonitors)},
	{Kind{"volsync.backube", "v1alpha1", "ReplicationSource", namespaced}, catalog.BackupPart, each(replicationSources)},
	{Kind{"velero.io", "v1", "Schedule", namespaced}, catalog.BackupPart, each(veleroSchedules)},
	{Kind{"traefik.io", "v1alpha1", "Middleware", namespaced}, catalog.RoutePart, each(middlewares)},
	{Kind{"traefik.io", "v1alpha1", "ServersTransport", namespaced}, catalog.RoutePart, each(serversTransports)},
	{Kind{"traefik.io", "v1alpha1", "TraefikService", namespaced}, catalog.RoutePart, each(traefikServices)},
	{Kind{"traefik.io", "v1alpha1", "IngressRoute", namespaced}, catalog.RoutePart, each(ingressRoutes)},
	{Kind{"traefik.io", "v1alpha1", "IngressRouteTCP", namespaced}, catalog.RoutePart, each(ingressRoutesTCP)},
	{Kind{"traefik.io", "v1alpha1", "IngressRouteUDP", namespaced}, catalog.RoutePart, each(ingressRoutesUDP)},
	{Kind{"networking.k8s.io", "v1", "Ingress", namespaced}, catalog.RoutePart, each(ingresses)},
	{Kind{gatewayGroup, "v1beta1", "ReferenceGrant", namespaced}, catalog.RoutePart, each(referenceGrants)}, // releases before 1.5 serve no other version
	{Kind{gatewayGroup, "v1", "BackendTLSPolicy", namespaced}, catalog.RoutePart, each(backendTLSPolicies)},
	{Kind{envoyGroup, "v1alpha1", "SecurityPolicy", namespaced}, catalog.RoutePart, each(securityPolicies)}, // before its route: nobody comes in without it
	{Kind{gatewayGroup, "v1", "HTTPRoute", namespaced}, catalog.RoutePart, each(httpRoutes)},
	{Kind{gatewayGroup, "v1", "TLSRoute", namespaced}, catalog.RoutePart, each(streamRoutes(catalog.TLS))},
	{Kind{gatewayGroup, "v1", "TCPRoute", namespaced}, catalog.RoutePart, each(streamRoutes(catalog.TCP))},
	{Kind{gatewayGroup, "v1", "UDPRoute", namespaced}, catalog.RoutePart, each(streamRoutes(catalog.UDP))},
}

// row is a kind, and what renders all its objects.
type row struct {
	Kind
	part    catalog.Part // which Application deploys them, where there are several for a cluster
	objects func(kind, *catalog.Platform) []object.Object
}

// Kind is a kind of object that is rendered.
type Kind struct {
	Group, Version, Kind string
	Namespaced           bool
}

// everyPart is the part of what each Application has: guards.
const everyPart catalog.Part = "*"

const (
	cluster    = false
	namespaced = true
)

// Kinds are all of them, in the order of one wave.
func Kinds() []Kind {
	out := make([]Kind, len(kinds))
	for i, k := range kinds {
		out[i] = k.Kind
	}
	return out
}

// permitted are the kinds of one scope as the root's project lists them: group by group.
func permitted(namespaced bool) []metav1.GroupKind {
	var out []metav1.GroupKind
	first := map[string]int{} // the place of a group
	for i, k := range kinds {
		if _, known := first[k.Group]; !known {
			first[k.Group] = i
		}
		if k.Namespaced == namespaced {
			out = append(out, metav1.GroupKind{Group: k.Group, Kind: k.Kind.Kind})
		}
	}
	slices.SortStableFunc(out, func(a, b metav1.GroupKind) int { return cmp.Compare(first[a.Group], first[b.Group]) })
	return out
}

// kind is what all objects of a kind have in common.
type kind struct {
	metav1.TypeMeta
	place int // in kinds
}

// of is what all objects of the kind at a place have in common.
func of(place int) kind {
	k := kinds[place].Kind
	return kind{metav1.TypeMeta{APIVersion: metav1.GroupVersion{Group: k.Group, Version: k.Version}.String(), Kind: k.Kind}, place}
}

// named is the same for the kind of a name.
func named(name string) kind {
	return of(slices.IndexFunc(kinds[:], func(r row) bool { return r.Kind.Kind == name }))
}

// each renders a kind for one namespace after the other.
func each(objects func(kind, *catalog.Platform, *catalog.Namespace) []object.Object) func(kind, *catalog.Platform) []object.Object {
	return func(k kind, p *catalog.Platform) []object.Object {
		out := make([]object.Object, 0, len(p.Namespaces))
		for i := range p.Namespaces {
			out = append(out, objects(k, p, &p.Namespaces[i])...)
		}
		return out
	}
}
