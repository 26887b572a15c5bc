package rules_test

import (
	"slices"
	"testing"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/progress"
	"github.com/hippotion/roster/internal/lint/rules"
)

// TestHidden shows a rule less than there is: what it is not shown is unknown, and not absent; other rules see it.
func TestHidden(t *testing.T) {
	all := rules.All()
	of := func(name string) *lint.Rule {
		return all[slices.IndexFunc(all, func(r *lint.Rule) bool { return r.Name == name })]
	}
	const name = "missing-service"
	in := inputOf(t, of(name).Mended(), nil)
	service := slices.IndexFunc(in.Workloads, func(o *lint.Object) bool { return o.Kind == "Service" })
	finds := func(in *lint.Input, o lint.Options) int {
		o.Today, o.Only = today, []string{name}
		return len(all.Run(in, o).Findings)
	}
	absent := *in
	absent.Workloads = slices.Delete(slices.Clone(in.Workloads), service, service+1)
	second := *in // of two clusters
	second.First = 10
	for what, test := range map[string]struct {
		in   *lint.Input
		o    lint.Options
		want int
	}{
		"all of it":              {in, lint.Options{}, 0},
		"absent":                 {&absent, lint.Options{}, 1},
		"hidden":                 {in, lint.Options{Hidden: map[string][]int{name: {service}}}, 0},
		"hidden on a cluster":    {&second, lint.Options{Hidden: map[string][]int{name: {10 + service}}}, 0},
		"hidden from others":     {&absent, lint.Options{Hidden: map[string][]int{"missing-image": {0}}}, 1},
		"something else, hidden": {&absent, lint.Options{Hidden: map[string][]int{name: {0}}}, 0},
		"not applied":            {&absent, lint.Options{Without: []string{name}}, 0},
	} {
		if got := finds(test.in, test.o); got != test.want {
			t.Errorf("%s: %d findings, want %d", what, got, test.want)
		}
	}
	if len(in.Failed) > 0 || len(in.Workloads) != len(absent.Workloads)+1 {
		t.Error("the input has changed")
	}

	// A cell shows the rule, and the object by its number in all of them.
	var cell progress.Cell
	var at [2]int
	probe := lint.Rules{{Name: "a"}, {Name: "b", Check: func(c *lint.Context, _ lint.Report) {
		c.Workloads[len(c.Workloads)-1].Content()
		at[0], at[1] = cell.At()
	}}}
	probe.Run(in, lint.Options{Progress: &cell, Hidden: map[string][]int{"b": {0}}})
	if at != [2]int{1, len(in.Workloads) - 1} {
		t.Errorf("it is at %v", at)
	}
}
