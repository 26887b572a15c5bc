package inspection_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/inspection"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/rules"
)

// TestMain is also the process that looks: there, the rules are not lint's but the faults of a name.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 {
		switch os.Args[1] {
		case inspection.Verb:
			if err := inspection.Serve(os.Stdin, os.Stdout, inspection.Serving{Apply: faulty}); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			os.Exit(0)
		case fleet.WorkerVerb:
			if fleet.Serve(os.Stdin, os.Stdout, nil) != nil {
				os.Exit(1)
			}
			os.Exit(0)
		}
	}
	os.Exit(m.Run())
}

// faults are what the second rule does at an object, by the beginning of the object's name.
var faults = map[string]func(){
	"loops":    func() { select {} },
	"takes":    func() { takeMemory(nil) },
	"recurses": func() { fmt.Print(recurse(0)) },
	"panics":   func() { panic("a fault of the rule") },
}

// takeMemory allocates more and more, and keeps it.
func takeMemory(held [][]byte) {
	for len(held) < 1<<20 {
		held = append(held, make([]byte, 256<<20))
	}
	fmt.Print(held)
}

func recurse(n int) int {
	if n < 0 {
		return n
	}
	return recurse(n+1) + recurse(n+2)
}

// faulty is a run of three rules of lint, the second of which meets the faults.
func faulty(in *lint.Input, o lint.Options) lint.Result {
	var out lint.Result
	for number, name := range rules.All().Names()[:3] {
		if number == 1 && in.Workloads[0].Name == "stuck" {
			o.Progress.Rule(number)
			select {} // whatever is left out
		}
		if contains(o.Without, name) {
			continue
		}
		o.Progress.Rule(number)
		var found []lint.Finding
		for i, w := range in.Workloads {
			if contains(o.Hidden[name], i) {
				continue
			}
			o.Progress.Object(i)
			kind, _, _ := strings.Cut(w.Name, "-")
			if fault := faults[kind]; fault != nil && number == 1 {
				fault()
			}
			found = append(found, lint.Finding{Diagnostic: diag.Diagnostic{Pos: w.Pos, Code: name, Message: "looked at " + w.Name}, Severity: lint.Info})
		}
		o.Found(found)
		out.Findings = append(out.Findings, found...)
	}
	return out
}

func contains[T comparable](list []T, e T) bool {
	for _, other := range list {
		if e == other {
			return true
		}
	}
	return false
}

// supervised looks at a list with one application, which deploys a ConfigMap of each name.
func supervised(t *testing.T, timeout time.Duration, names ...string) (inspection.Result, error) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("platform.yml", "repository: {url: https://git.example/homelab.git}\n")
	write("applications.yml", "- {namespace: web-a, networkPolicies: isolated, applications: [{applicationCode: web-a, path: web}]}\n")
	for i, name := range names {
		write(fmt.Sprintf("web/%d.yaml", i), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "+name+"}\n")
	}
	place, err := fleet.Find(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	return inspection.Supervised(inspection.Input{Place: place, Today: time.Now(), Timeout: timeout})
}

// text is the findings, one a line.
func text(r inspection.Result) string {
	var lines []string
	for _, f := range r.Findings {
		lines = append(lines, fmt.Sprintf("%s: %s: %s [%s]", f.Pos, f.Severity, f.Message, f.Code))
	}
	return strings.Join(lines, "\n")
}

// TestFaults: whatever a rule does at an object, that is one finding at the object's place, and everything else is found.
func TestFaults(t *testing.T) {
	first, second, third := rules.All().Names()[0], rules.All().Names()[1], rules.All().Names()[2]
	for name, cause := range map[string]string{
		"loops": "it took too long", "takes": "it needs more than 4096 MiB of memory", "recurses": "it recurses without end",
		"panics": "the process stopped (EOF): panic: a fault of the rule",
	} {
		t.Run(name, func(t *testing.T) {
			timeout := time.Minute
			if name == "loops" {
				timeout = 12 * time.Second // a third of it is a rule's
			}
			r, err := supervised(t, timeout, "good", name, "fine")
			if err != nil {
				t.Fatal(err)
			}
			got := text(r)
			if name == "takes" || name == "recurses" { // on a machine that is busy, the time may be up first
				got = strings.Replace(got, "it took too long", cause, 1)
			}
			want := []string{
				"web/0.yaml:1:1: info: looked at good [" + first + "]", "web/0.yaml:1:1: info: looked at good [" + second + "]",
				"web/0.yaml:1:1: info: looked at good [" + third + "]",
				"web/1.yaml:1:1: info: looked at " + name + " [" + first + "]", "web/1.yaml:1:1: info: looked at " + name + " [" + third + "]",
				"web/1.yaml:1:1: error: the rule " + second + " was not applied to ConfigMap " + name + ": " + cause + " [not-checked]",
				"web/2.yaml:1:1: info: looked at fine [" + first + "]", "web/2.yaml:1:1: info: looked at fine [" + second + "]",
				"web/2.yaml:1:1: info: looked at fine [" + third + "]",
			}
			for _, line := range want {
				if !strings.Contains(got, line) {
					t.Errorf("missing: %s", line)
				}
			}
			if n := strings.Count(got, "\n") + 1; n != len(want) {
				t.Errorf("%d findings, want %d:\n%s", n, len(want), got)
			}
		})
	}
}

// TestManyFaults: a rule that is stopped again and again is not applied at all, and the others are.
func TestManyFaults(t *testing.T) {
	r, err := supervised(t, time.Minute, "panics-0", "panics-1", "panics-2", "panics-3", "panics-4", "fine")
	if err != nil {
		t.Fatal(err)
	}
	got := text(r)
	if want := "applications.yml: error: the rule " + rules.All().Names()[1] + " was not applied: "; !strings.Contains(got, want) {
		t.Errorf("missing: %s\n%s", want, got)
	}
	if strings.Contains(got, "looked at fine ["+rules.All().Names()[1]) || !strings.Contains(got, "looked at fine ["+rules.All().Names()[2]) {
		t.Errorf("only the faulty rule is left out:\n%s", got)
	}
}

// TestLate: what was found before the time was up is not lost.
func TestLate(t *testing.T) {
	r, err := supervised(t, 5*time.Second, "stuck")
	if err != nil {
		t.Fatal(err)
	}
	got := text(r)
	if !strings.Contains(got, "looked at stuck [") || !strings.Contains(got, "applications.yml: error: the time was up before ") {
		t.Errorf("found:\n%s", got)
	}
}

// TestUnread: a list that is not YAML is distinguished from one with mistakes.
func TestUnread(t *testing.T) {
	for text, unread := range map[string]bool{"- {namespace: web-a\n": true, "": true, "- {nmespace: web-a}\n": false} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "applications.yml"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		place, err := fleet.Find(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		r, err := inspection.Supervised(inspection.Input{Place: place, Today: time.Now()})
		if err != nil || r.Unread != unread || len(r.Findings) == 0 {
			t.Errorf("%q: unread %v, want %v; %d findings, error %v", text, r.Unread, unread, len(r.Findings), err)
		}
	}
}
