package main

import (
	"maps"
	"testing"
)

// TestTable holds the table against the policies of both engines, as the API server's evaluator sees them: they refuse the same, and say the same.
func TestTable(t *testing.T) {
	all, err := requests()
	if err != nil {
		t.Fatal(err)
	}
	said := map[string][]map[string]string{}
	for _, engine := range []string{"kyverno", "admission"} {
		objects, err := policies(engine)
		if err != nil {
			t.Fatal(err)
		}
		by, err := compiled(objects)
		if err != nil {
			t.Fatal(err)
		}
		if len(by) != 10 { // five guardrails, two actions
			t.Errorf("%s: %d policies", engine, len(by))
		}
		for _, r := range all {
			got, err := judged(by, r)
			if err != nil {
				t.Fatal(err)
			}
			if names(got) != r.want {
				t.Errorf("%s, %s: %q, want %q", engine, r.name, names(got), r.want)
			}
			said[engine] = append(said[engine], got)
		}
	}
	for i, r := range all {
		if !maps.Equal(said["kyverno"][i], said["admission"][i]) {
			t.Errorf("%s: %q, and %q", r.name, said["kyverno"][i], said["admission"][i])
		}
	}
}
