// Package guardrails is which workloads the guardrails of the catalog would refuse: what its policies, as they are rendered and patched,
// say of the workloads as they are deployed.
package guardrails

import (
	"context"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/admission"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	"github.com/hippotion/roster/internal/lint/models/once"
	"github.com/hippotion/roster/internal/lint/models/quotas"
)

// Model is what the guardrails say of all workloads.
type Model struct {
	deployed *deployed.Model
	quotas   *quotas.Model
	policies once.Value[[]policy]
	judged   once.Value[[]Judgement]
	by       once.Value[map[subject][]Judgement]
}

// subject is a guardrail in a namespace.
type subject struct{ guardrail, namespace string }

// New is the guardrails of what is deployed.
func New(d *deployed.Model, q *quotas.Model) *Model { return &Model{deployed: d, quotas: q} }

// Judgement is what a guardrail says of a workload.
type Judgement struct {
	*deployed.Pod
	Guardrail string
	Action    string // catalog.Audit or catalog.Enforce
	Unknown   bool   // whether it cannot be told
	Left      bool   // whether the workload is excepted
	Passes    bool   // whether it fits all the same
	Message   string // why not
}

// Unfit reports whether the workload certainly does not fit, and is not excepted.
func (j *Judgement) Unfit() bool { return !j.Unknown && !j.Left && !j.Passes }

// policy is one of the guardrails' policies.
type policy struct {
	*admission.Policy
	guardrail string
	namespace bool // whether it looks at the namespace, too
}

// mostJudged bounds how many workloads, by their containers, are held against policies, which takes about a millisecond each.
const mostJudged = 50_000

// Judged is what all guardrails say, by workload and then by guardrail. What is beyond the bound is unknown.
func (in *Model) Judged() []Judgement {
	return in.judged.Get(func() []Judgement {
		var out []Judgement
		left := mostJudged
		for _, p := range in.deployed.Pods() {
			out = append(out, in.judge(p, &left)...)
		}
		return out
	})
}

// Judge is what all guardrails say of one workload.
func (in *Model) Judge(p *deployed.Pod) []Judgement {
	left := mostJudged
	return in.judge(p, &left)
}

// judge is what they say of a workload, as long as something of the bound is left.
func (in *Model) judge(p *deployed.Pod, left *int) []Judgement {
	policies := in.policies.Get(in.compiled)
	n := in.deployed.Entry(p.Object.Namespace)
	if len(policies) == 0 || n == nil || !admission.Judges(p.Object.Content()) {
		return nil
	}
	var out []Judgement
	for _, by := range policies {
		if action := n.Guardrails.Actions[by.guardrail]; action != "" {
			if *left -= 1 + len(p.Spec.InitContainers) + len(p.Spec.Containers); *left < 0 {
				out = append(out, Judgement{Pod: p, Guardrail: by.guardrail, Action: action, Unknown: true})
			} else if j, ok := judge(p, n, by); ok {
				j.Action = action
				// A LimitRange fills in what a pod does not say before a policy sees it; what makes pods is seen as it is written.
				j.Unknown = j.Unknown || by.guardrail == "limits" && p.Object.Kind == "Pod" && !j.Passes && in.quotas.Rooms()[n.Name].FillsIn()
				out = append(out, j)
			}
		}
	}
	return out
}

// judge is what a policy says of a workload; not ok when it does not look at it.
func judge(p *deployed.Pod, n *catalog.Namespace, by policy) (Judgement, bool) {
	labels := map[string]string{}
	if n.Managed {
		labels = n.Labels
	}
	verdict, err := by.Judge(context.Background(), admission.Request{Object: p.Object.Content(), Namespace: n.Name, NamespaceLabels: labels})
	j := Judgement{Pod: p, Guardrail: by.guardrail, Left: verdict.Left, Passes: verdict.Passes, Message: verdict.Message}
	// Labels of a namespace that roster does not render are not known.
	j.Unknown = err != nil || by.namespace && !n.Managed && !verdict.Passes
	return j, verdict.Applies
}

// compiled are the policies of the guardrails' application, each once: what it looks for is the same for all namespaces, and which these are is
// said by the list.
func (in *Model) compiled() []policy {
	var out []policy
	var compiler *admission.Compiler
	seen := map[string]bool{}
	for _, o := range in.deployed.Workloads {
		if o.Application.Catalog != catalog.GuardrailsName || o.Kind != "ValidatingPolicy" && o.Kind != "ValidatingAdmissionPolicy" {
			continue
		}
		guardrail, suffix := guardrailOf(o.Name)
		spec, _ := o.Content()["spec"].(map[string]any)
		if guardrail == "" || spec == nil || suffix != "" && suffix != catalog.Audit && suffix != catalog.Enforce {
			continue // or it is for the namespaces that are not in the list
		}
		if compiler == nil {
			var err error
			if compiler, err = admission.NewCompiler(); err != nil {
				return nil
			}
		}
		if p, err := compiler.Compile(spec); err == nil && !seen[guardrail+suffix] {
			seen[guardrail+suffix] = true
			out = append(out, policy{p, guardrail, mentions(spec, "namespaceObject")})
		}
	}
	return out
}

// guardrailOf is the guardrail that a policy is for, and the rest of its name.
func guardrailOf(name string) (guardrail, suffix string) {
	name, ours := strings.CutPrefix(name, "roster-")
	for _, g := range catalog.GuardrailNames() {
		if rest, ok := strings.CutPrefix(name, g); ours && ok && (rest == "" || rest[0] == '-') {
			return g, strings.TrimPrefix(rest, "-")
		}
	}
	return "", ""
}

// mentions reports whether an expression of a policy has a word.
func mentions(spec map[string]any, word string) bool {
	variables, _ := spec["variables"].([]any)
	for _, v := range variables {
		v, _ := v.(map[string]any)
		if text, _ := v["expression"].(string); strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// Of is what a guardrail says of the workloads of a namespace.
func (in *Model) Of(guardrail, namespace string) []Judgement {
	return in.by.Get(func() map[subject][]Judgement {
		out := map[subject][]Judgement{}
		for _, j := range in.Judged() {
			key := subject{j.Guardrail, j.Pod.Object.Namespace}
			out[key] = append(out[key], j)
		}
		return out
	})[subject{guardrail, namespace}]
}
