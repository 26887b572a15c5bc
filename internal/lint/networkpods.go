package lint

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// namespacePods is the pods of a namespace; nil when there may be others.
func (in *Input) namespacePods(namespace string) *podSet {
	pods, known := in.podSets[namespace]
	if !known {
		if in.podSets == nil {
			in.podSets = map[string]*podSet{}
		}
		pods = in.allPodsOf(namespace)
		in.podSets[namespace] = pods
	}
	return pods
}

func (in *Input) allPodsOf(namespace string) *podSet {
	n := in.Entry(namespace)
	if n == nil || !n.Managed || !in.renderedHere(n) || slices.ContainsFunc(n.Access, deploys) || in.otherPods()[namespace] {
		return nil
	}
	var pods []*Pod
	for _, o := range in.within(namespace) {
		if p := in.readable()[o]; p != nil {
			pods = append(pods, p)
		}
	}
	if len(pods) == 0 {
		return nil
	}
	return newPodSet(pods)
}

// readable are the pods, by their objects.
func (in *Input) readable() map[*Object]*Pod {
	return in.podOf.get(func() map[*Object]*Pod {
		out := map[*Object]*Pod{}
		for _, p := range in.Pods() {
			out[p.Object] = p
		}
		return out
	})
}

// otherPods are the namespaces in which there may be pods that are not those of a pod template.
func (in *Input) otherPods() map[string]bool {
	return in.morePods.get(func() map[string]bool {
		out := map[string]bool{}
		for _, o := range in.Workloads {
			if in.makesPods(o) {
				out[o.Namespace] = true
				if o.Kind == "ClusterRole" {
					out[o.Entry.Name] = true
				}
			}
		}
		return out
	})
}

// deploys reports whether a program may create pods besides those of the list.
func deploys(a catalog.Access) bool { return a.SubjectKind == "ServiceAccount" && a.Role != "view" }

// makesPods reports whether an object may lead to pods that are not those of a pod template.
func (in *Input) makesPods(o *Object) bool {
	group, _, found := strings.Cut(o.APIVersion, "/")
	if !found {
		group = ""
	}
	switch {
	case o.Kind == "ReplicationController":
		return true
	case podTemplates[o.Kind] != nil && in.readable()[o] == nil:
		return true // it cannot be read
	case group == "rbac.authorization.k8s.io":
		return permitsPods(o)
	case slices.Contains(groupsWithoutPods[:], group):
		return false
	}
	return !slices.Contains(kindsWithoutPods[:], group+"/"+o.Kind)
}

// groupsWithoutPods are the API groups whose controllers create no pods, other than by the pod templates in them.
var groupsWithoutPods = [...]string{
	"", "apps", "autoscaling", "batch", "policy",
	"admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "certificates.k8s.io", "coordination.k8s.io",
	"discovery.k8s.io", "networking.k8s.io", "node.k8s.io", "scheduling.k8s.io", "storage.k8s.io",
	"cilium.io", "external-secrets.io", "kyverno.io", "traefik.io",
}

// kindsWithoutPods are kinds of other groups that are known to create no pods. Those of any other kind may.
var kindsWithoutPods = [...]string{
	"argoproj.io/AppProject", "argoproj.io/Application", "gateway.networking.k8s.io/HTTPRoute",
	"monitoring.coreos.com/AlertmanagerConfig", "monitoring.coreos.com/PodMonitor", "monitoring.coreos.com/Probe",
	"monitoring.coreos.com/PrometheusRule", "monitoring.coreos.com/ScrapeConfig", "monitoring.coreos.com/ServiceMonitor",
}

// permitsPods reports whether a role, or a binding to one that every cluster has, permits creating pods, as runners and notebook servers do.
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

// matches reports whether the selector may select the pod.
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

// givenLater reports whether a pod may get a label that its template does not have: from Kubernetes' controllers, or from
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
