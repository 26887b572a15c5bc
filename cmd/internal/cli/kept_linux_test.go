package cli_test

import (
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestKeptStartsNothing: what is in the cache is given without any process, and what may differ each time is not in it.
func TestKeptStartsNothing(t *testing.T) {
	k := keptCheckout(t)
	want, findings := k.build(true), k.lint(true)
	before := timeOfChildren(t)
	if before == 0 {
		t.Fatal("nothing was started: the test shows nothing")
	}
	if diff := cmp.Diff(want, k.build(true)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(findings, k.lint(true)); diff != "" {
		t.Error(diff)
	}
	if timeOfChildren(t) != before {
		t.Error("a process was started")
	}
	k.cache.Build = "another"
	if diff := cmp.Diff(want, k.build(true)); diff != "" {
		t.Error(diff)
	}
	if timeOfChildren(t) == before {
		t.Error("another build of roster uses what this one has kept")
	}
	k.write("chart/templates/z.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: z}, data: {id: {{ uuidv4 }}}}\n")
	if first, second := k.build(true), k.build(true); first == second {
		t.Error("what is random is kept")
	}
	findings = k.lint(true)
	k.replace("applications.yml", "- namespace", "# a comment\n- namespace") // so that the rules are applied again
	if k.lint(true) == findings {
		t.Error("the places are those of before")
	}
	k.replace("applications.yml", "# a comment\n", "")
	if before = timeOfChildren(t); k.lint(true) != findings || timeOfChildren(t) != before {
		t.Error("findings about what is random are not kept")
	}
}

// timeOfChildren is how much time all processes took that this one has started.
func timeOfChildren(t *testing.T) int64 {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &usage); err != nil {
		t.Fatal(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}
