// Package pods is which pods are in a namespace, which of them a selector selects, what they listen on, and what Pod Security permits them.
package pods

import (
	"slices"

	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/once"
	"github.com/hippotion/roster/internal/lint/models/places"
	admission "k8s.io/pod-security-admission/policy"
)

// Model is the pods of all namespaces.
type Model struct {
	deployed *deployed.Model
	places   *places.Model

	podSets     map[string]*Set // by namespace
	evaluator   once.Value[admission.Evaluator]
	unpermitted map[judgement][]admission.CheckResult
	passed      map[string]string // by namespace, a level
}

// New is the pods of what is deployed.
func New(d *deployed.Model, p *places.Model) *Model { return &Model{deployed: d, places: p} }

// In is the pods of a namespace; nil when there may be others.
func (in *Model) In(namespace string) *Set {
	pods, known := in.podSets[namespace]
	if !known {
		if in.podSets == nil {
			in.podSets = map[string]*Set{}
		}
		pods = in.allPodsOf(namespace)
		in.podSets[namespace] = pods
	}
	return pods
}

func (in *Model) allPodsOf(namespace string) *Set {
	n := in.deployed.Entry(namespace)
	if n == nil || !n.Managed || !in.deployed.RenderedHere(n) || slices.ContainsFunc(n.Access, deployed.Deploys) || in.deployed.OtherPods()[namespace] {
		return nil
	}
	var pods []*deployed.Pod
	for _, o := range in.deployed.Within(namespace) {
		if p := in.deployed.Readable()[o]; p != nil {
			pods = append(pods, p)
		}
	}
	if len(pods) == 0 {
		return nil
	}
	return newSet(pods)
}
