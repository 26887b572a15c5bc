package main

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/hippotion/roster/internal/eso"
)

// rewriteCase is a list of operations on keys.
type rewriteCase struct {
	Operations []operation
	Given      []string
}

// operation is one that is written for the engine as the CRD has it.
type operation struct{ eso.Rewrite }

func (o operation) MarshalJSON() ([]byte, error) {
	type fields = map[string]any
	switch {
	case o.Regexp:
		return json.Marshal(fields{"regexp": fields{"source": o.Source, "target": o.Target}})
	case o.Merge != nil:
		return json.Marshal(fields{"merge": fields{"strategy": o.Merge.Strategy, "into": o.Merge.Into, "conflictPolicy": "Ignore"}})
	}
	return json.Marshal(fields{"transform": fields{"template": o.Transform}})
}

// rewrites are all lists of one operation and of two.
func rewrites() []rewriteCase {
	var ops []operation
	for _, r := range [...][2]string{{"^", "DB_"}, {"db-(.*)", "$1"}, {"-", "_"}, {"(", ""}, {"(.+)", "$1$1"}, {"(?P<a>[a-z]+)", "${a}x"}, {"o", ""}, {"[^a-z]+$", ""}, {"(.)", "$2"}, {".*", ""}} {
		ops = append(ops, operation{eso.Rewrite{Regexp: true, Source: r[0], Target: r[1]}})
	}
	for _, text := range []string{"{{ .value | upper }}", `x-{{ .value | trimPrefix "db-" | replace "s" "z" }}`, "{{ upper .value }}", "{{ .value | snakecase }}", "{{ .usr }}", `{{ .value | trimSuffix "d" | trim | lower }}`, `{{ replace "o" "" .value }}`} {
		ops = append(ops, operation{eso.Rewrite{Transform: text}})
	}
	ops = append(ops, operation{eso.Rewrite{Merge: &eso.Merge{Strategy: "JSON", Into: "all"}}}, operation{eso.Rewrite{Merge: &eso.Merge{Strategy: "Extract"}}})
	given := []string{"Password", "db-user", "db-pass.word", "2nd"}
	var out []rewriteCase
	for _, first := range ops {
		out = append(out, rewriteCase{[]operation{first}, given})
		for _, second := range ops {
			out = append(out, rewriteCase{[]operation{first, second}, given})
		}
	}
	return out
}

// differences compares the keys that result with those that roster knows: all of them, unless it says that there may be others.
func (r *rewriteCase) differences(engine []string) []string {
	var ops []eso.Rewrite
	for _, o := range r.Operations {
		ops = append(ops, o.Rewrite)
	}
	keys := eso.Rewritten(eso.KeysOf(r.Given...), ops)
	slices.Sort(engine)
	ours := keys.Sorted()
	same := slices.Equal(ours, engine)
	if keys.Open {
		same = !slices.ContainsFunc(ours, func(key string) bool { return !slices.Contains(engine, key) })
	}
	if same {
		return nil
	}
	text, err := json.Marshal(r.Operations)
	return []string{fmt.Sprintf("%s: the engine makes %q, roster %q, others: %t %v", text, engine, ours, keys.Open, err)}
}
