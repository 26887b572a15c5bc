package deployed

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/catalog"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// Pod is the template of a workload's pods.
type Pod struct {
	*Object
	corev1.PodTemplateSpec
	At []string // the fields that lead to it
}

// podTemplates is where each kind of workload has its pod template.
var podTemplates = map[string][]string{
	"CronJob": {"spec", "jobTemplate", "spec", "template"}, "DaemonSet": {"spec", "template"}, "Deployment": {"spec", "template"},
	"Job": {"spec", "template"}, "Pod": {}, "ReplicaSet": {"spec", "template"}, "ReplicationController": {"spec", "template"},
	"StatefulSet": {"spec", "template"},
}

// Pods are the pods of all workloads. What is not a pod template is left out: another rule reports it.
func (in *Model) Pods() []*Pod {
	return in.pods.Get(func() []*Pod {
		var out []*Pod
		for _, o := range in.Workloads {
			if p := PodOf(o); p != nil {
				out = append(out, p)
			}
		}
		return out
	})
}

// PodOf is the pod template of one workload, and nil of anything else. Each call reads it anew.
func PodOf(o *Object) *Pod {
	at, ok := podTemplates[o.Kind]
	if !ok {
		return nil
	}
	value, _, _ := unstructured.NestedFieldNoCopy(o.Content(), at...)
	content, found := value.(map[string]any)
	if !found {
		return nil
	}
	p := &Pod{Object: o, At: at}
	if runtime.DefaultUnstructuredConverter.FromUnstructured(content, &p.PodTemplateSpec) != nil {
		return nil
	}
	return p
}

// Readable are the pods, by their objects.
func (in *Model) Readable() map[*Object]*Pod {
	return in.podOf.Get(func() map[*Object]*Pod {
		out := map[*Object]*Pod{}
		for _, p := range in.Pods() {
			out[p.Object] = p
		}
		return out
	})
}

// OtherPods are the namespaces in which there may be pods that are not those of a pod template.
func (in *Model) OtherPods() map[string]bool {
	return in.morePods.Get(func() map[string]bool {
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

// Deploys reports whether a program may create pods besides those of the list.
func Deploys(a catalog.Access) bool { return a.SubjectKind == "ServiceAccount" && a.Role != "view" }

// makesPods reports whether an object may lead to pods that are not those of a pod template.
func (in *Model) makesPods(o *Object) bool {
	group, _, found := strings.Cut(o.APIVersion, "/")
	if !found {
		group = ""
	}
	switch {
	case o.Kind == "ReplicationController":
		return true
	case podTemplates[o.Kind] != nil && in.Readable()[o] == nil:
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
	"cilium.io", "external-secrets.io", "kyverno.io", "policies.kyverno.io", "traefik.io",
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
		return slices.Contains([]string{"admin", "cluster-admin", "edit"}, StringAt(o, "roleRef", "name"))
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

// Containers are all containers of a pod.
func (p *Pod) Containers() []corev1.Container {
	return slices.Concat(p.Spec.InitContainers, p.Spec.Containers)
}

// ContainerAt are the fields that lead to a field of one of the containers.
func (p *Pod) ContainerAt(i int, field string) []string {
	list := "initContainers"
	if inits := len(p.Spec.InitContainers); i >= inits {
		list, i = "containers", i-inits
	}
	return slices.Concat(p.At, []string{"spec", list, strconv.Itoa(i), field})
}

// NamedPorts are the ports of a pod that can be asked for by name: those of its containers, and of init containers that go on
// running (Kubernetes' pkg/api/v1/pod, FindPort).
func (p *Pod) NamedPorts() []corev1.ContainerPort {
	var out []corev1.ContainerPort
	for _, c := range p.Spec.InitContainers {
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			out = append(out, c.Ports...)
		}
	}
	for _, c := range p.Spec.Containers {
		out = append(out, c.Ports...)
	}
	return slices.DeleteFunc(out, func(port corev1.ContainerPort) bool { return port.Name == "" })
}

// PortNamed is the number of the port of that name and protocol; 0 when there is none.
func (p *Pod) PortNamed(name string, protocol corev1.Protocol) int32 {
	for _, port := range p.NamedPorts() {
		if port.Name == name && ProtocolOf(port.Protocol) == ProtocolOf(protocol) {
			return port.ContainerPort
		}
	}
	return 0
}

// Declares reports whether a container of the pods lists a port for TCP, by its number or its name.
func (p *Pod) Declares(port string) bool {
	return slices.ContainsFunc(p.Containers(), func(c corev1.Container) bool {
		return slices.ContainsFunc(c.Ports, func(d corev1.ContainerPort) bool {
			return (d.Name == port || strconv.Itoa(int(d.ContainerPort)) == port) && ProtocolOf(d.Protocol) == corev1.ProtocolTCP
		})
	})
}

func ProtocolOf(p corev1.Protocol) corev1.Protocol {
	if p == "" {
		return corev1.ProtocolTCP
	}
	return p
}

// Injected reports whether labels or annotations request containers that are not in the template, such as those of service meshes and
// agents: sidecar.istio.io/inject, linkerd.io/inject, vault.hashicorp.com/agent-inject.
func Injected(of map[string]string) bool {
	for key, value := range of {
		if strings.Contains(key, "inject") && value != "false" && value != "disabled" {
			return true
		}
	}
	return false
}
