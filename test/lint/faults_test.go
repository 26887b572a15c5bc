package lint

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hippotion/roster/test/examples"
)

// report is what the tests read of what roster lint --format json prints.
type report struct {
	Findings []struct {
		Rule, Severity, File, Message string
		Line                          int
	}
	Summary struct{ Checked, Waived int }
}

// lint runs roster lint on a folder. It exits with 1 when there is a finding, and only then.
func lint(t *testing.T, roster, dir string, flags ...string) report {
	t.Helper()
	c := exec.Command(roster, append([]string{"lint", "--format", "json"}, flags...)...)
	c.Dir = dir
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	code := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(out, &r); err != nil || code != min(1, len(r.Findings)) {
		t.Fatalf("%s: exit code %d with %d findings: %v\n%s", dir, code, len(r.Findings), err, &stderr)
	}
	return r
}

// TestExamples: the examples are clean, and where a comment waives a finding, it has a reason: one without is a finding.
func TestExamples(t *testing.T) {
	roster := examples.Roster(t)
	waived := 0
	for _, name := range examples.Names(t) {
		r := lint(t, roster, filepath.Join(examples.Root(), "examples", name))
		for _, f := range r.Findings {
			if f.Rule == "not-fetched" { // no test fetches what the examples name
				continue
			}
			t.Errorf("%s:%d: %s [%s]", f.File, f.Line, f.Message, f.Rule)
		}
		if r.Summary.Checked == 0 {
			t.Errorf("%s: nothing was checked", name)
		}
		waived += r.Summary.Waived
	}
	if waived == 0 {
		t.Error("no waiver was tried")
	}
}

// fault is something wrong that is put into a copy of an example.
type fault struct {
	example  string // homelab when it is empty; of those alone only
	file     string
	old, new string // the one place in the file that changes; empty when the whole file is from testdata/added
	finds    []find
	with     []edit // what changes besides, for a fault of those that are alone
}

// edit is the one place in a file that changes.
type edit struct{ file, old, new string }

// find is a finding that a fault leads to.
type find struct {
	rule string
	text string // what the line begins with, or has, that is pointed at; nothing else in the file has it
	file string // where the text is, when it is not the file of the fault
}

// TestFaults seeds all faults at once, and demands that each is found, at its line, and that nothing else is.
func TestFaults(t *testing.T) {
	roster := examples.Roster(t)
	clean, faulty := homelab(t), homelab(t)
	if err := os.CopyFS(faulty, os.DirFS("testdata/added")); err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		if f.old != f.new {
			replace(t, filepath.Join(faulty, f.file), f.old, f.new)
		}
	}

	var want []string
	seeded := map[string]bool{}
	for _, f := range faults {
		for _, expected := range f.finds {
			seeded[expected.rule] = true
			file := cmp.Or(expected.file, f.file)
			want = append(want, finding(expected.rule, file, lineOf(t, faulty, file, expected.text)))
		}
	}
	before := lint(t, roster, clean, "--severity", "info").Findings // what the example itself could do better
	for _, f := range before {
		lines := strings.Split(read(t, filepath.Join(clean, f.File)), "\n")
		want = append(want, finding(f.Rule, f.File, lineOf(t, faulty, f.File, lines[f.Line-1]+"\n")))
	}

	var got []string
	messages := map[string]string{}
	for _, f := range lint(t, roster, faulty, "--severity", "info").Findings {
		place := finding(f.Rule, f.File, f.Line)
		got, messages[place] = append(got, place), f.Message
	}
	for _, w := range want {
		if i := slices.Index(got, w); i >= 0 {
			got = slices.Delete(got, i, i+1)
		} else {
			t.Errorf("not found: %s", w)
		}
	}
	for _, g := range got {
		t.Errorf("found, and not expected: %s: %s", g, messages[g])
	}

	for _, f := range alone {
		dir, before := "", before
		if f.example == "" {
			dir = homelab(t)
		} else {
			dir = houseOf(t, f.example)
			before = lint(t, roster, dir, "--severity", "info").Findings
		}
		for _, e := range append(f.with, edit{f.file, f.old, f.new}) {
			replace(t, filepath.Join(dir, e.file), e.old, e.new)
		}
		var got []string
		for _, found := range lint(t, roster, dir, "--severity", "info").Findings {
			got = append(got, finding(found.Rule, strings.TrimPrefix(found.File, f.example+"/"), found.Line))
		}
		for _, expected := range f.finds {
			seeded[expected.rule] = true
			file := cmp.Or(expected.file, f.file)
			if want := finding(expected.rule, file, lineOf(t, dir, file, expected.text)); !slices.Contains(got, want) {
				t.Errorf("not found: %s", want)
			}
		}
		if len(got) != len(before)+len(f.finds) {
			t.Errorf("%d findings, and %d before %+v: %q", len(got), len(before), f, got)
		}
	}

	for _, rule := range rules(t, roster) {
		if !seeded[rule] {
			t.Errorf("there is no fault for %s", rule)
		}
	}
	if len(faults) < 40 {
		t.Errorf("only %d faults", len(faults))
	}
}

func finding(rule, file string, line int) string { return fmt.Sprintf("%s:%d %s", file, line, rule) }

// homelab is a copy of the example, as a repository, in which the strict rules are on as well.
func homelab(t *testing.T) string {
	t.Helper()
	return strictly(t, filepath.Join("examples", "homelab"), ".")
}

// houseOf is an example in a copy of all, as a repository: some have files in common.
func houseOf(t *testing.T, example string) string {
	t.Helper()
	return strictly(t, "examples", example)
}

// strictly is a list in a copy of a folder, which is a repository, with the strict rules.
func strictly(t *testing.T, folder, list string) string {
	t.Helper()
	root := t.TempDir()
	if err := os.CopyFS(root, os.DirFS(filepath.Join(examples.Root(), folder))); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(root, ".git"), 0o755); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(root, list)
	file := filepath.Join(dir, "platform.yml")
	write(t, file, read(t, file)+"\nlint: {strict: true}\n")
	return dir
}

// rules are the names that roster lint --list prints in front of the footnote.
func rules(t *testing.T, roster string) []string {
	t.Helper()
	out, err := exec.Command(roster, "lint", "--list").Output()
	if err != nil {
		t.Fatal(err)
	}
	list, _, _ := strings.Cut(string(out), "\n\n")
	var names []string
	for line := range strings.Lines(list) {
		names = append(names, strings.Fields(line)[1])
	}
	return names
}

// lineOf is the line on which the only place of a text begins.
func lineOf(t *testing.T, dir, file, text string) int {
	t.Helper()
	all := read(t, filepath.Join(dir, file))
	if n := strings.Count(all, text); n != 1 {
		t.Fatalf("%s has %q %d times", file, text, n)
	}
	return 1 + strings.Count(all[:strings.Index(all, text)], "\n")
}

func replace(t *testing.T, file, before, after string) {
	t.Helper()
	text := read(t, file)
	if n := strings.Count(text, before); n != 1 {
		t.Fatalf("%s has %q %d times", file, before, n)
	}
	write(t, file, strings.Replace(text, before, after, 1))
}

func read(t testing.TB, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func write(t testing.TB, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
