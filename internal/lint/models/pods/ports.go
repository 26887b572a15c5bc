package pods

import (
	"github.com/hippotion/roster/internal/lint/models/deployed"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Ports is what some pods listen on, and which Services lead to them.
type Ports struct {
	pods    *Set
	named   map[string]map[*deployed.Pod]int // the ports of a name
	order   map[string][]*deployed.Pod       // the pods that have a port of a name, in order
	silent  map[*deployed.Pod]bool           // the pods that declare no ports
	listens map[int]bool                     // what one of the pods declares, or a Service leads to
	leads   map[int][]Lead                   // by the port of the Service, those that lead to another port of the pods
	whole   map[int]bool                     // whether all silent pods are behind these, as far as it was asked for
}

// Lead is a Service that leads from one port to another one of pods.
type Lead struct {
	Service string
	Target  int
	labels  map[string]string // of the pods, if they may be silent; nil for those that name the port
}

// PortsIn is what the pods of a namespace with some labels listen on.
func (in *Model) PortsIn(pods *Set, namespace string, labels map[string]string) *Ports {
	key := Selector{Equal: labels}.Key()
	if out := pods.ports[key]; out != nil {
		return out
	}
	out := &Ports{pods: newSet(pods.With(labels)), named: map[string]map[*deployed.Pod]int{}, order: map[string][]*deployed.Pod{}, silent: map[*deployed.Pod]bool{},
		listens: map[int]bool{}, leads: map[int][]Lead{}, whole: map[int]bool{}}
	pods.ports[key] = out
	for _, p := range out.pods.all {
		out.listen(p)
	}
	for _, o := range in.deployed.Within(namespace) {
		var s corev1.Service
		if o.Kind != "Service" || runtime.DefaultUnstructuredConverter.FromUnstructured(o.Content(), &s) != nil || len(s.Spec.Selector) == 0 {
			continue
		}
		for _, sp := range s.Spec.Ports {
			out.add(o.Name, sp, s.Spec.Selector)
		}
	}
	return out
}

// listen notes which ports a pod declares.
func (x *Ports) listen(p *deployed.Pod) {
	x.silent[p] = true
	for _, list := range [][]corev1.Container{p.Spec.InitContainers, p.Spec.Containers} {
		for i := range list {
			for _, port := range list[i].Ports {
				delete(x.silent, p)
				x.listens[int(port.ContainerPort)] = true
				if x.named[port.Name] == nil {
					x.named[port.Name] = map[*deployed.Pod]int{}
				}
				if _, again := x.named[port.Name][p]; !again {
					x.named[port.Name][p] = int(port.ContainerPort)
					x.order[port.Name] = append(x.order[port.Name], p)
				}
			}
		}
	}
}

// add notes where a port of a Service leads to.
func (x *Ports) add(service string, sp corev1.ServicePort, labels map[string]string) {
	from := int(sp.Port)
	if sp.TargetPort.Type == intstr.Int {
		number := from
		if sp.TargetPort.IntVal != 0 {
			number = int(sp.TargetPort.IntVal)
		}
		if len(x.pods.With(labels)) == 0 {
			return
		}
		x.listens[number] = true
		if number != from {
			x.leads[from] = append(x.leads[from], Lead{service, number, labels})
		}
		return
	}
	s := Selector{Equal: labels}
	last := 0
	for _, p := range x.order[sp.TargetPort.StrVal] {
		if number := x.named[sp.TargetPort.StrVal][p]; s.matches(p) {
			x.listens[number] = true
			if number != from {
				last = number
			}
		}
	}
	if last != 0 {
		x.leads[from] = append(x.leads[from], Lead{service, last, nil})
	}
}

// Behind is a Service that leads from a port to another one of the pods. There is none when a pod may listen on the port itself:
// one that declares no ports may, unless it is behind the Service.
func (x *Ports) Behind(port int) (Lead, bool) {
	leads := x.leads[port]
	if len(leads) == 0 || x.listens[port] {
		return Lead{}, false
	}
	whole, known := x.whole[port]
	if !known {
		whole = x.allSilent(leads)
		x.whole[port] = whole
	}
	return leads[len(leads)-1], whole
}

// allSilent reports whether all pods that declare no ports are behind Services.
func (x *Ports) allSilent(leads []Lead) bool {
	if len(x.silent) == 0 {
		return true
	}
	seen, asked := map[*deployed.Pod]bool{}, map[string]bool{}
	for _, l := range leads {
		if key := (Selector{Equal: l.labels}).Key(); l.labels != nil && !asked[key] {
			asked[key] = true
			for _, p := range x.pods.With(l.labels) {
				if x.silent[p] {
					seen[p] = true
				}
			}
		}
		if len(seen) == len(x.silent) {
			return true
		}
	}
	return false
}
