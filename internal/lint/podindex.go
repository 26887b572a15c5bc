package lint

import (
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	corev1 "k8s.io/api/core/v1"
)

// podIndex finds pods by their labels.
type podIndex struct {
	groups []*podGroup
	by     map[[2]string][]*podGroup // by key and value of a label
	found  map[string]*selection     // by selector
	left   int                       // how many groups may still be looked at
}

// podGroup is pods that have the same labels.
type podGroup struct {
	labels   map[string]string
	ports    map[string]bool // names of ports, with and without their protocol: http and http/TCP
	injected bool            // whether something adds containers to one of them
}

// maxCompared bounds what the selectors of a namespace cost, when each of many selects many pods in a way of its own.
const maxCompared = 5_000_000

func newPodIndex(pods []*Pod) *podIndex {
	x := &podIndex{by: map[[2]string][]*podGroup{}, found: map[string]*selection{}, left: maxCompared}
	same := map[string]*podGroup{}
	for _, p := range pods {
		key := labelKey(p.Labels)
		g := same[key]
		if g == nil {
			g = &podGroup{labels: p.Labels, ports: map[string]bool{}}
			same[key], x.groups = g, append(x.groups, g)
			for key, value := range p.Labels {
				x.by[[2]string{key, value}] = append(x.by[[2]string{key, value}], g)
			}
		}
		g.injected = g.injected || injected(p.Labels) || injected(p.Annotations)
		for _, port := range p.namedPorts() {
			g.ports[port.Name], g.ports[port.Name+"/"+string(protocolOf(port.Protocol))] = true, true
		}
	}
	return x
}

// selection is what is known about the pods that a selector selects.
type selection struct {
	none     bool
	ports    map[string]bool // names of ports, with and without their protocol: http and http/TCP
	injected bool            // whether something adds containers to one of them
	names    string          // which ports they have, for a hint
}

// selected is what a selector of labels selects; nil when that costs too much to find out.
func (x *podIndex) selected(labels map[string]string) *selection {
	key := labelKey(labels)
	if s := x.found[key]; s != nil {
		return s
	}
	fewest := x.groups
	for key, value := range labels {
		if of := x.by[[2]string{key, value}]; !givenLater(key) && len(of) < len(fewest) {
			fewest = of
		}
	}
	if x.left -= len(fewest); x.left < 0 {
		return nil
	}
	s := &selection{none: true, ports: map[string]bool{}}
	for _, g := range fewest {
		if (selector{equal: labels}).matches(&Pod{PodTemplateSpec: withLabelsOf(g)}) {
			s.none, s.injected = false, s.injected || g.injected
			maps.Copy(s.ports, g.ports)
		}
	}
	s.names = portNames(s.ports)
	x.found[key] = s
	return s
}

// portNames tells which ports some pods have, for a hint.
func portNames(ports map[string]bool) string {
	var all []string
	for name := range ports {
		if !strings.Contains(name, "/") {
			all = append(all, name)
		}
	}
	if len(all) == 0 {
		return "give the container's port this name, or write its number"
	}
	return diag.OneOf("they have ", all)
}

func withLabelsOf(g *podGroup) corev1.PodTemplateSpec {
	var out corev1.PodTemplateSpec
	out.Labels = g.labels
	return out
}

// labelKey is a text that only the same labels have.
func labelKey(labels map[string]string) string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		b.WriteString(key + "\x00" + labels[key] + "\x00")
	}
	return b.String()
}

// namedPorts are the ports of a pod that can be asked for by name: those of its containers, and of init containers that go on
// running (Kubernetes' pkg/api/v1/pod, FindPort).
func (p *Pod) namedPorts() []corev1.ContainerPort {
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

func protocolOf(p corev1.Protocol) corev1.Protocol {
	if p == "" {
		return corev1.ProtocolTCP
	}
	return p
}

// injected reports whether labels or annotations request containers that are not in the template, such as those of service meshes and
// agents: sidecar.istio.io/inject, linkerd.io/inject, vault.hashicorp.com/agent-inject.
func injected(of map[string]string) bool {
	for key, value := range of {
		if strings.Contains(key, "inject") && value != "false" && value != "disabled" {
			return true
		}
	}
	return false
}
