package pods

import (
	"maps"
	"slices"

	slimmetav1 "github.com/cilium/cilium/pkg/k8s/slim/k8s/apis/meta/v1"
	"github.com/hippotion/roster/internal/lint/models/deployed"
)

// Set is pods that are looked up by their labels.
type Set struct {
	all      []*deployed.Pod
	labelled map[string]map[string][]*deployed.Pod // by label and value
	selected map[string][]*deployed.Pod            // by the labels of a selector, as far as they were asked for
	ports    map[string]*Ports                     // of pods with some labels, likewise
}

func newSet(pods []*deployed.Pod) *Set {
	s := &Set{all: pods, labelled: map[string]map[string][]*deployed.Pod{}, selected: map[string][]*deployed.Pod{}, ports: map[string]*Ports{}}
	for _, p := range pods {
		for label, value := range p.Labels {
			if s.labelled[label] == nil {
				s.labelled[label] = map[string][]*deployed.Pod{}
			}
			s.labelled[label][value] = append(s.labelled[label][value], p)
		}
	}
	return s
}

// With are the pods that have labels.
func (s *Set) With(labels map[string]string) []*deployed.Pod {
	if len(labels) == 0 {
		return s.all
	}
	sel := Selector{Equal: labels}
	key := sel.Key()
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
func (s *Set) candidates(sel Selector) []*deployed.Pod {
	out := s.all
	for label, value := range sel.Equal {
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
		var pods []*deployed.Pod
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

// Selects reports whether a selector of a policy may select one of the pods.
func (s *Set) Selects(sel Selector) bool {
	return slices.ContainsFunc(s.candidates(sel), sel.matches)
}

// LabelHint is the hint for the first label that no pod has.
func (in *Model) LabelHint(s *Set, labels map[string]string) string {
	for _, label := range slices.Sorted(maps.Keys(labels)) {
		values := s.labelled[label]
		switch {
		case values[labels[label]] != nil || givenLater(label):
		case len(values) == 0:
			return "no pod there has the label " + label
		default:
			return in.deployed.DidYouMean(labels[label], len(values), maps.Keys(values))
		}
	}
	return "no pod there has all of them"
}
