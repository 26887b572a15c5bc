package rules_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/lint/rules"
)

// TestReference fails when docs/lint.md is not what the rules say. UPDATE=1 rewrites it.
func TestReference(t *testing.T) {
	const file = "../../../docs/lint.md"
	want := rules.All().Reference()
	if os.Getenv("UPDATE") == "1" {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/lint.md is stale (-rules +file):\n%s", diff)
	}
}
