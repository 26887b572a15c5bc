package rules

import (
	"fmt"
	"strings"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/models/deployed"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
)

var selectorMissesTemplate = lint.Rule{
	Name:     "selector-misses-template",
	Severity: lint.Error,
	Summary:  "the selector of a workload does not match the labels of its own pods",
	Doc: `The API server refuses such a Deployment, StatefulSet, DaemonSet, ReplicaSet or ReplicationController: it would create pods forever without finding them. All
that is under ` + "`selector`" + ` has to be among ` + "`template.metadata.labels`" + `. The selector of an existing Deployment cannot be
changed: change the labels of the template if you can. A Job gets a selector of its own, unless it has
` + "`manualSelector: true`" + `.`,
	Bad: `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}]
-- a/app.yaml --
` + strings.Replace(hardened(""), "matchLabels: {app: app}", "matchLabels: {app: web}", 1),
	Mend: []string{"matchLabels: {app: web}", "matchLabels: {app: app}"},
	Check: func(in *lint.Context, report lint.Report) {
		for _, p := range in.Deployed.Pods() {
			if at, problem := selectorProblem(in, p); problem != "" {
				report(at, "", "%s: %s", p.Title(), problem)
			}
		}
	},
}

// selectorProblem returns why the API server refuses the selector of a workload (Kubernetes' pkg/apis/apps/validation and
// pkg/apis/batch/validation); empty when it does not. A selector that is missing is reported as a missing field.
func selectorProblem(in *lint.Context, p *deployed.Pod) (at catalog.Place, problem string) {
	written, ok := deployed.FieldAt(p.Object, "spec", "selector").(map[string]any)
	switch group := deployed.GroupOf(p.Object); {
	case !ok:
		return at, ""
	case p.Kind == "Job" && group == "batch":
		if manual, _ := deployed.FieldAt(p.Object, "spec", "manualSelector").(bool); !manual {
			return at, ""
		}
	case p.Kind == "ReplicationController" && group == "" && len(written) > 0: // an empty one becomes the labels
		written = map[string]any{"matchLabels": written}
	case group != "apps" || len(p.At) != 2: // not one of Kubernetes' workloads
		return at, ""
	}
	var s metav1.LabelSelector
	if runtime.DefaultUnstructuredConverter.FromUnstructured(written, &s) != nil {
		return at, "" // another rule reports it
	}
	selector, err := metav1.LabelSelectorAsSelector(&s)
	switch {
	case err != nil:
		return in.Places.Field(p.Object, "spec", "selector"), "the selector is not valid: " + err.Error()
	case selector.Empty():
		return in.Places.Field(p.Object, "spec", "selector"), "the selector is empty, and would match foreign pods"
	case selector.Matches(labels.Set(p.Labels)):
		return at, ""
	}
	requirements, _ := selector.Requirements()
	for _, r := range requirements {
		if r.Matches(labels.Set(p.Labels)) {
			continue
		}
		has := "the pods have no such label"
		if value, ok := p.Labels[r.Key()]; ok {
			has = fmt.Sprintf("the pods have %s=%s", r.Key(), value)
		}
		field := []string{"spec", "selector", "matchExpressions"}
		if p.Kind == "ReplicationController" {
			field = []string{"spec", "selector", r.Key()}
		} else if _, ok := s.MatchLabels[r.Key()]; ok {
			field = []string{"spec", "selector", "matchLabels", r.Key()}
		}
		return in.Places.Field(p.Object, field...), fmt.Sprintf("the selector requires %s, and %s", r.String(), has)
	}
	return at, ""
}
