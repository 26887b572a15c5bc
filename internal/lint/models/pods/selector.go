package pods

import (
	"maps"
	"slices"
	"strings"

	k8sconst "github.com/cilium/cilium/pkg/k8s/apis/cilium.io"
	slimmetav1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/apis/meta/v1"
	"github.com/cilium/cilium/pkg/policy/api"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

// TextIn names pods of a namespace for messages.
func (s Selector) TextIn(namespace string) string {
	labels := maps.Clone(s.Equal)
	for _, key := range []string{PodNamespace, k8sconst.PodNamespaceMetaLabels + ".kubernetes.io/metadata.name", k8sconst.PolicyLabelCluster} {
		delete(labels, key)
	}
	what := "pods"
	if len(labels) > 0 {
		what += " with " + LabelText(labels)
	}
	return what + " of " + namespace
}

const PodNamespace = "io.kubernetes.pod.namespace"

// Selector is what the labels of pods have to be, without the source before their keys.
type Selector struct {
	Equal map[string]string
	other []slimmetav1.LabelSelectorRequirement
}

func SelectorOf(s api.EndpointSelector) Selector {
	out := Selector{Equal: map[string]string{}}
	if s.LabelSelector == nil {
		return out
	}
	for key, value := range s.MatchLabels {
		out.Equal[bare(key)] = value
	}
	for _, r := range s.MatchExpressions {
		r.Key = bare(r.Key)
		if r.Operator == slimmetav1.LabelSelectorOpIn && len(r.Values) == 1 {
			out.Equal[r.Key] = r.Values[0]
		} else {
			out.other = append(out.other, r)
		}
	}
	return out
}

// bare is a label's key without the source of pods' labels before it. Other sources, such as reserved, stay.
func bare(key string) string {
	return strings.TrimPrefix(strings.TrimPrefix(key, "k8s:"), "any:")
}

// Any reports whether the selector requires nothing.
func (s Selector) Any() bool { return len(s.Equal)+len(s.other) == 0 }

// Mentions reports whether the selector has a key with that prefix.
func (s Selector) Mentions(prefix string) bool {
	for key := range s.Equal {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return slices.ContainsFunc(s.other, func(r slimmetav1.LabelSelectorRequirement) bool { return strings.HasPrefix(r.Key, prefix) })
}

// Disjoint reports whether certainly no pod fits both.
func (s Selector) Disjoint(t Selector) bool {
	for key, value := range s.Equal {
		if other, ok := t.Equal[key]; ok && other != value {
			return true
		}
	}
	return s.contradicts(t.other) || t.contradicts(s.other)
}

func (s Selector) contradicts(requirements []slimmetav1.LabelSelectorRequirement) bool {
	return slices.ContainsFunc(requirements, func(r slimmetav1.LabelSelectorRequirement) bool {
		_, known := s.Equal[r.Key]
		return known && !satisfies(s.Equal, r)
	})
}

// Covers reports whether certainly all pods that fit t also fit s.
func (s Selector) Covers(t Selector) bool {
	for key, value := range s.Equal {
		if other, ok := t.Equal[key]; !ok || other != value {
			return false
		}
	}
	return len(s.other) == 0
}

// satisfies reports whether labels meet a requirement.
func satisfies(labels map[string]string, r slimmetav1.LabelSelectorRequirement) bool {
	value, found := labels[r.Key]
	switch r.Operator {
	case slimmetav1.LabelSelectorOpIn:
		return found && slices.Contains(r.Values, value)
	case slimmetav1.LabelSelectorOpNotIn:
		return !found || !slices.Contains(r.Values, value)
	case slimmetav1.LabelSelectorOpExists:
		return found
	case slimmetav1.LabelSelectorOpDoesNotExist:
		return !found
	}
	return true
}

// Selects reports whether a selector of labels, such as a Service's, may select a pod.
func Selects(labels map[string]string, p *deployed.Pod) bool {
	return Selector{Equal: labels}.matches(p)
}

// matches reports whether the selector may select the pod.
func (s Selector) matches(p *deployed.Pod) bool {
	for key, value := range s.Equal {
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

// Key is the same for selectors of the same pods.
func (s Selector) Key() string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(s.Equal)) {
		b.WriteString(key + "=" + s.Equal[key] + "\x00")
	}
	for _, r := range s.other {
		b.WriteString(r.Key + " " + string(r.Operator) + " " + strings.Join(r.Values, "\x01") + "\x00")
	}
	return b.String()
}

func LabelText(labels map[string]string) string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, key+"="+labels[key])
	}
	return strings.Join(parts, ", ")
}
