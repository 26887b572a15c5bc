package lint

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// services are those of a namespace, by name.
func (in *Input) servicesOf(namespace string) map[string]*corev1.Service {
	if in.services == nil {
		in.services = map[string]map[string]*corev1.Service{}
		for _, o := range in.Kind("Service") {
			var s corev1.Service
			if o.APIVersion == "v1" && runtime.DefaultUnstructuredConverter.FromUnstructured(o.Content(), &s) == nil {
				if in.services[o.Namespace] == nil {
					in.services[o.Namespace] = map[string]*corev1.Service{}
				}
				in.services[o.Namespace][o.Name] = &s
			}
		}
	}
	return in.services[namespace]
}

// missingServices are the faults of a router that refers to a Service or port that is not there.
func (in *Input) missingServices(r *router) []fault {
	var out []fault
	for i, b := range r.services {
		if b.name == "" || strings.Contains(b.name, "@") || !in.known(b.namespace) {
			continue
		}
		at := []string{"services", strconv.Itoa(i)}
		services := in.servicesOf(b.namespace)
		s, ok := services[b.name]
		switch {
		case !ok && in.operated(b.namespace):
		case !ok:
			var names []string
			for name := range services {
				names = append(names, name)
			}
			out = append(out, fault{nil, append(at, "name"), diag.DidYouMean(b.name, names),
				fmt.Sprintf("no application brings Service %s of namespace %s: Traefik drops the rule", b.name, b.namespace)})
		case s.Spec.Type == corev1.ServiceTypeExternalName && b.port.Type == intstr.Int && b.port.IntVal != 0: // any will do
		case b.port == (intstr.IntOrString{}):
			out = append(out, fault{nil, append(at, "port"), portHint(s, b.port),
				fmt.Sprintf("no port of Service %s is named: Traefik drops the rule", b.name)})
		case !slices.ContainsFunc(s.Spec.Ports, func(p corev1.ServicePort) bool { return isPort(&p, b.port) }):
			out = append(out, fault{nil, append(at, "port"), portHint(s, b.port),
				fmt.Sprintf("Service %s has no port %s: Traefik drops the rule", b.name, portText(b.port))})
		}
	}
	return out
}

// isPort compares as Traefik does: a text with names only, also when it is a number (crd/kubernetes.go, getServicePort).
func isPort(p *corev1.ServicePort, port intstr.IntOrString) bool {
	if port.Type == intstr.Int {
		return p.Port == port.IntVal
	}
	return p.Name == port.StrVal && p.Name != ""
}

func portText(port intstr.IntOrString) string {
	if port.Type == intstr.String {
		return `"` + port.StrVal + `"`
	}
	return port.String()
}

func portHint(s *corev1.Service, port intstr.IntOrString) string {
	var all []string
	for _, p := range s.Spec.Ports {
		switch {
		case port.Type == intstr.String && port.StrVal == strconv.Itoa(int(p.Port)):
			return "remove the quotes: a text is the name of a port"
		case port.Type == intstr.Int && port.IntVal != 0 && p.TargetPort == port:
			return fmt.Sprintf("write %d: %d is the port of the pods", p.Port, port.IntVal)
		}
		name := strconv.Itoa(int(p.Port))
		if p.Name != "" {
			name += " (" + p.Name + ")"
		}
		all = append(all, name)
	}
	return diag.OneOf("it has ", all)
}

// passive are the groups of kinds of which no operator makes a Service.
var passive = map[string]bool{
	"cert-manager.io": true, "cilium.io": true, "external-secrets.io": true, "kyverno.io": true, "policies.kyverno.io": true, "traefik.io": true,
}

// passiveKinds are kinds of which no operator makes a Service, in a group that has others.
var passiveKinds = []string{"AlertmanagerConfig", "PodMonitor", "Probe", "PrometheusRule", "ScrapeConfig", "ServiceMonitor"}

// operated says whether an operator may make Services in a namespace: something of a kind that Kubernetes has not is there.
func (in *Input) operated(namespace string) bool {
	return slices.ContainsFunc(in.Workloads, func(o *Object) bool {
		group, _, _ := strings.Cut(o.APIVersion, "/")
		builtIn := !strings.Contains(group, ".") || strings.HasSuffix(group, ".k8s.io")
		return o.Namespace == namespace && !builtIn && !passive[group] && !slices.Contains(passiveKinds, o.Kind)
	})
}
