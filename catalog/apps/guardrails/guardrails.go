// Package guardrails is what pods must have before they may run: policies of Kyverno, or of Kubernetes itself.
//
// Which guardrail applies to which namespace is said by the entries of the list, which package catalog reads; what a guardrail looks
// for is in the chart.
package guardrails

import (
	"embed"
	"maps"
	"slices"

	"github.com/hippotion/roster/catalog/apps/builtin"
)

//go:embed all:chart
var files embed.FS

// Application is the guardrails.
var Application = builtin.Application{
	Name:    "guardrails",
	Chart:   builtin.Chart(files),
	Declare: declare,
}

// values are the chart's values as far as something around the chart depends on them.
type values struct {
	Engine      string
	Guardrails  map[string]string
	Others      map[string]string
	DefaultDeny struct{ Action string }
}

func declare(s *builtin.Surroundings) (builtin.Declaration, []builtin.Problem, error) {
	var v values
	if err := s.Values.Decode(&v); err != nil {
		return builtin.Declaration{}, nil, err
	}
	var problems builtin.Problems
	const enforce = "enforce"
	for _, name := range slices.Sorted(maps.Keys(v.Others)) {
		if v.Others[name] == enforce && name != liveState {
			problems.Add([]string{"others", name}, "write audit, or add the namespaces to the list",
				"nobody knows which workloads of namespaces outside of the list would be refused")
		}
	}
	for at, of := range [...]map[string]string{v.Guardrails, v.Others} {
		if v.Engine != kyverno && of[liveState] == enforce {
			problems.Add([]string{[...]string{"guardrails", "others"}[at], liveState}, "write engine: kyverno, or live-state: none",
				"Kubernetes itself changes objects only from 1.36 on, and roster does not write such policies")
		}
	}
	d := builtin.Declaration{Profile: "isolated", ClusterResources: resources[v.Engine]} // it has no pods
	if v.DefaultDeny.Action == enforce {
		if v.Engine != kyverno {
			problems.Add([]string{"defaultDeny", "action"}, "write engine: kyverno, or remove defaultDeny", "Kubernetes itself generates no objects: only Kyverno can give other namespaces a policy")
		}
		d.ClusterResources = append(slices.Clone(d.ClusterResources), "policies.kyverno.io/GeneratingPolicy", "rbac.authorization.k8s.io/ClusterRole")
	}
	if v.Engine == kyverno {
		d.Installs = "policies.kyverno.io"
	}
	return d, problems, nil
}

const kyverno, liveState = "kyverno", "live-state"

// resources are the kinds of the cluster that each engine's policies have.
var resources = map[string][]string{
	kyverno:     {"policies.kyverno.io/MutatingPolicy", "policies.kyverno.io/ValidatingPolicy"},
	"admission": {"admissionregistration.k8s.io/ValidatingAdmissionPolicy", "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding"},
}
