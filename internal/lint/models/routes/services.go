package routes

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Service is a Service that an application deploys, and its ports as routes name them.
type Service struct {
	*corev1.Service
	numbers map[int32]bool
	names   map[string]bool
	targets map[intstr.IntOrString]int32 // the first port that leads to one of the pods
	listed  string                       // what ports it has, for hints
}

// ServicesOf are those of a namespace, by name.
func (in *Model) ServicesOf(namespace string) map[string]*Service {
	return in.services.Get(func() map[string]map[string]*Service {
		out := map[string]map[string]*Service{}
		for _, o := range in.deployed.All("Service") {
			var s corev1.Service
			if o.APIVersion == "v1" && runtime.DefaultUnstructuredConverter.FromUnstructured(o.Content(), &s) == nil {
				if out[o.Namespace] == nil {
					out[o.Namespace] = map[string]*Service{}
				}
				out[o.Namespace][o.Name] = withPorts(&s)
			}
		}
		return out
	})[namespace]
}

func withPorts(s *corev1.Service) *Service {
	out := &Service{Service: s, numbers: map[int32]bool{}, names: map[string]bool{}, targets: map[intstr.IntOrString]int32{}}
	var all []string
	for i := range s.Spec.Ports {
		p := &s.Spec.Ports[i]
		name := strconv.Itoa(int(p.Port))
		if p.Name != "" {
			name += " (" + p.Name + ")"
			out.names[p.Name] = true
		}
		all = append(all, name)
		out.numbers[p.Port] = true
		if _, again := out.targets[p.TargetPort]; !again {
			out.targets[p.TargetPort] = p.Port
		}
	}
	out.listed = diag.OneOf("it has ", all)
	return out
}

// has compares as Traefik does: text only with names, even if it is a number (crd/kubernetes.go, getServicePort).
func (s *Service) has(port intstr.IntOrString) bool {
	if port.Type == intstr.Int {
		return s.numbers[port.IntVal]
	}
	return port.StrVal != "" && s.names[port.StrVal]
}

// same reports whether two names are those of one port. The Service may be nil.
func (s *Service) same(a, b intstr.IntOrString) bool {
	number := func(p intstr.IntOrString) int32 {
		for i := range s.Spec.Ports {
			if p.Type == intstr.String && s.Spec.Ports[i].Name == p.StrVal {
				return s.Spec.Ports[i].Port
			}
		}
		return p.IntVal
	}
	return s != nil && number(a) != 0 && number(a) == number(b)
}

func portText(port intstr.IntOrString) string {
	if port.Type == intstr.String {
		return `"` + port.StrVal + `"`
	}
	return port.String()
}

func (s *Service) portHint(port intstr.IntOrString) string {
	if number, err := strconv.Atoi(port.StrVal); err == nil && port.Type == intstr.String && strconv.Itoa(number) == port.StrVal && s.numbers[int32(number)] {
		return "remove the quotes: a string is the name of a port"
	}
	if number, ok := s.targets[port]; ok && port.Type == intstr.Int && port.IntVal != 0 {
		return fmt.Sprintf("write %d: %d is the port of the pods", number, port.IntVal)
	}
	return s.listed
}

// lacksService reports whether no application deploys a Service, though all is known that is in its namespace. An operator may make it.
func (in *Model) lacksService(namespace, name string) bool {
	return in.known(namespace) && in.ServicesOf(namespace)[name] == nil
}

// operated reports whether an operator may create Services in a namespace: it has an object of a custom kind.
func (in *Model) operated(namespace string) bool {
	return in.operators.Get(func() map[string]bool {
		out := map[string]bool{}
		for _, o := range in.deployed.Workloads {
			group, _, _ := strings.Cut(o.APIVersion, "/")
			builtIn := !strings.Contains(group, ".") || strings.HasSuffix(group, ".k8s.io")
			if !builtIn && !deployed.IsPassive(o) {
				out[o.Namespace] = true
			}
		}
		return out
	})[namespace]
}
