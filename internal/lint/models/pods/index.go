package pods

import (
	"maps"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	corev1 "k8s.io/api/core/v1"
)

// index finds pods by their labels.
type index struct {
	groups []*podGroup
	by     map[[2]string][]*podGroup // by key and value of a label
	found  map[string]*Selection     // by selector
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

func newIndex(pods []*deployed.Pod) *index {
	x := &index{by: map[[2]string][]*podGroup{}, found: map[string]*Selection{}, left: maxCompared}
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
		g.injected = g.injected || deployed.Injected(p.Labels) || deployed.Injected(p.Annotations)
		for _, port := range p.NamedPorts() {
			g.ports[port.Name], g.ports[port.Name+"/"+string(deployed.ProtocolOf(port.Protocol))] = true, true
		}
	}
	return x
}

// Selection is what is known about the pods that a selector selects.
type Selection struct {
	None     bool
	Ports    map[string]bool // names of ports, with and without their protocol: http and http/TCP
	Injected bool            // whether something adds containers to one of them
	Names    string          // which ports they have, for a hint
}

// selected is what a selector of labels selects; nil when that costs too much to find out.
func (x *index) selected(labels map[string]string) *Selection {
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
	s := &Selection{None: true, Ports: map[string]bool{}}
	for _, g := range fewest {
		if (Selector{Equal: labels}).matches(&deployed.Pod{PodTemplateSpec: withLabelsOf(g)}) {
			s.None, s.Injected = false, s.Injected || g.injected
			maps.Copy(s.Ports, g.ports)
		}
	}
	s.Names = portNames(s.Ports)
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
