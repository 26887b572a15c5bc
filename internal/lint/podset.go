package lint

import (
	"maps"
	"slices"

	slimmetav1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/apis/meta/v1"
	"github.com/cilium/cilium/pkg/policy/api"
)

// podSet is pods that are looked up by their labels.
type podSet struct {
	all      []*Pod
	labelled map[string]map[string][]*Pod // by label and value
	selected map[string][]*Pod            // by the labels of a selector, as far as they were asked for
	ports    map[string]*podPorts         // of pods with some labels, likewise
}

func newPodSet(pods []*Pod) *podSet {
	s := &podSet{all: pods, labelled: map[string]map[string][]*Pod{}, selected: map[string][]*Pod{}, ports: map[string]*podPorts{}}
	for _, p := range pods {
		for label, value := range p.Labels {
			if s.labelled[label] == nil {
				s.labelled[label] = map[string][]*Pod{}
			}
			s.labelled[label][value] = append(s.labelled[label][value], p)
		}
	}
	return s
}

// with are the pods that have labels.
func (s *podSet) with(labels map[string]string) []*Pod {
	if len(labels) == 0 {
		return s.all
	}
	sel := selector{equal: labels}
	key := sel.key()
	out, known := s.selected[key]
	if !known {
		for _, p := range s.candidates(sel) {
			if sel.matches(p) {
				out = append(out, p)
			}
		}
		s.selected[key] = out
	}
	return out
}

// candidates are the pods with the rarest label of a selector; all that it selects are among them.
func (s *podSet) candidates(sel selector) []*Pod {
	out := s.all
	for label, value := range sel.equal {
		if !givenLater(label) && len(s.labelled[label][value]) < len(out) {
			out = s.labelled[label][value]
		}
	}
	for _, r := range sel.other {
		if givenLater(r.Key) {
			continue
		}
		possible := false // whether some value of the label is as it should be
		count := 0
		var pods []*Pod
		for value, with := range s.labelled[r.Key] {
			count += len(with)
			if satisfies(map[string]string{r.Key: value}, r) {
				possible = true
				if r.Operator == slimmetav1.LabelSelectorOpIn {
					pods = append(pods, with...)
				}
			}
		}
		absent := r.Operator == slimmetav1.LabelSelectorOpNotIn || r.Operator == slimmetav1.LabelSelectorOpDoesNotExist
		switch {
		case !possible && !(absent && count < len(s.all)):
			return nil
		case r.Operator == slimmetav1.LabelSelectorOpIn && len(pods) < len(out):
			out = pods
		}
	}
	return out
}

// selects reports whether an endpointSelector may select one of the pods.
func (s *podSet) selects(e api.EndpointSelector) bool {
	sel := selectorOf(e)
	return slices.ContainsFunc(s.candidates(sel), sel.matches)
}

// labelHint is the hint for the first label that no pod has.
func (in *Input) labelHint(s *podSet, labels map[string]string) string {
	for _, label := range slices.Sorted(maps.Keys(labels)) {
		values := s.labelled[label]
		switch {
		case values[labels[label]] != nil || givenLater(label):
		case len(values) == 0:
			return "no pod there has the label " + label
		default:
			return in.didYouMean(labels[label], len(values), maps.Keys(values))
		}
	}
	return "no pod there has all of them"
}
