package lint

import (
	"slices"
	"strconv"
	"strings"

	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/hippotion/roster/catalog"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// namespacePods is the pods of a namespace. Known says whether there are certainly no others.
func (in *Input) namespacePods(namespace string) (pods []*Pod, known bool) {
	n := in.Entry(namespace)
	if n == nil || !n.Managed || !in.renderedHere(n) || slices.ContainsFunc(n.Access, deploys) {
		return nil, false
	}
	for _, o := range in.Workloads {
		if (o.Namespace == namespace || o.Kind == "ClusterRole" && o.Entry.Name == namespace) && in.makesPods(o) {
			return nil, false
		}
	}
	for _, p := range in.Pods() {
		if p.Object.Namespace == namespace {
			pods = append(pods, p)
		}
	}
	return pods, len(pods) > 0
}

// deploys says whether somebody's program may make pods beside those of the list.
func deploys(a catalog.Access) bool { return a.SubjectKind == "ServiceAccount" && a.Role != "view" }

// makesPods says whether pods may come of an object that are not those of a pod template.
func (in *Input) makesPods(o *Object) bool {
	group, _, found := strings.Cut(o.APIVersion, "/")
	if !found {
		group = ""
	}
	switch {
	case o.Kind == "ReplicationController":
		return true
	case podTemplates[o.Kind] != nil && !slices.ContainsFunc(in.Pods(), func(p *Pod) bool { return p.Object == o }):
		return true // it cannot be read
	case group == "rbac.authorization.k8s.io":
		return permitsPods(o)
	case slices.Contains(groupsWithoutPods[:], group):
		return false
	}
	return !slices.Contains(kindsWithoutPods[:], group+"/"+o.Kind)
}

// groupsWithoutPods are the API groups of which no controller makes pods, other than by the pod templates in them.
var groupsWithoutPods = [...]string{
	"", "apps", "autoscaling", "batch", "policy",
	"admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "certificates.k8s.io", "coordination.k8s.io",
	"discovery.k8s.io", "networking.k8s.io", "node.k8s.io", "scheduling.k8s.io", "storage.k8s.io",
	"cilium.io", "external-secrets.io", "kyverno.io", "traefik.io",
}

// kindsWithoutPods are kinds of other groups that are known to make no pods. Those of any other kind may.
var kindsWithoutPods = [...]string{
	"argoproj.io/AppProject", "argoproj.io/Application", "gateway.networking.k8s.io/HTTPRoute",
	"monitoring.coreos.com/AlertmanagerConfig", "monitoring.coreos.com/PodMonitor", "monitoring.coreos.com/Probe",
	"monitoring.coreos.com/PrometheusRule", "monitoring.coreos.com/ScrapeConfig", "monitoring.coreos.com/ServiceMonitor",
}

// permitsPods says whether a role, or a binding to one that every cluster has, permits to make pods, as runners and notebook servers
// do.
func permitsPods(o *Object) bool {
	if strings.HasSuffix(o.Kind, "Binding") {
		return slices.Contains([]string{"admin", "cluster-admin", "edit"}, stringAt(o, "roleRef", "name"))
	}
	var role rbacv1.ClusterRole
	if runtime.DefaultUnstructuredConverter.FromUnstructured(o.Content(), &role) != nil {
		return true
	}
	resources := []string{"*", "pods", "deployments", "statefulsets", "daemonsets", "replicasets", "jobs", "cronjobs"}
	return slices.ContainsFunc(role.Rules, func(r rbacv1.PolicyRule) bool {
		return (slices.Contains(r.Verbs, "create") || slices.Contains(r.Verbs, "*")) &&
			slices.ContainsFunc(r.Resources, func(s string) bool { return slices.Contains(resources, s) })
	})
}

// matches says whether the selector may select the pod.
func (s selector) matches(p *Pod) bool {
	for key, value := range s.equal {
		if p.Labels[key] != value && !givenLater(key) {
			return false
		}
	}
	for _, r := range s.other {
		if !givenLater(r.Key) && !satisfies(p.Labels, r) {
			return false
		}
	}
	return true
}

// givenLater says whether a label may come to a pod that its template does not have: from Kubernetes' controllers, or from
// Cilium.
func givenLater(key string) bool {
	switch key {
	case "controller-revision-hash", "controller-uid", "job-name", "pod-template-generation", "pod-template-hash":
		return true
	}
	for _, prefix := range []string{"apps.kubernetes.io/", "batch.kubernetes.io/", "statefulset.kubernetes.io/", "topology.kubernetes.io/",
		"io.cilium.", "io.kubernetes.pod.", "reserved:"} {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}

// withLabels are the pods that have labels.
func withLabels(pods []*Pod, labels map[string]string) []*Pod {
	s := selector{equal: labels}
	return slices.DeleteFunc(slices.Clone(pods), func(p *Pod) bool { return !s.matches(p) })
}

// selects says whether an endpointSelector may select one of the pods.
func selects(e api.EndpointSelector, pods []*Pod) bool {
	return slices.ContainsFunc(pods, selectorOf(e).matches)
}

// containers are all containers of a pod.
func (p *Pod) containers() []corev1.Container {
	return slices.Concat(p.Spec.InitContainers, p.Spec.Containers)
}

// containerAt are the fields that lead to a field of one of the containers.
func (p *Pod) containerAt(i int, field string) []string {
	list := "initContainers"
	if inits := len(p.Spec.InitContainers); i >= inits {
		list, i = "containers", i-inits
	}
	return slices.Concat(p.At, []string{"spec", list, strconv.Itoa(i), field})
}
