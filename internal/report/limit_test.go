package report_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/report"
)

// noisy is a report with many findings of one rule, one of another, and a limit.
func noisy(most int) *report.Report {
	var found []lint.Finding
	for i := range 20_000 {
		found = append(found, finding(lint.Warning, diag.Diagnostic{Pos: at("a.yml", i+1, 1), Code: "plain", Message: fmt.Sprintf("number %05d", i)}))
	}
	found = append(found, finding(lint.Error, diag.Diagnostic{Pos: at("b.yml", 1, 1), Code: "other", Message: "the only one"}))
	return &report.Report{Tool: "roster", Frame: diag.Frame{Folder: ".", Within: "."}, Rules: []*lint.Rule{rule("plain", lint.Warning)}, Findings: report.Fingerprint(found), Most: most}
}

// TestLimit writes ten findings of a rule that has 20,000, tells how many more there are, and counts all.
func TestLimit(t *testing.T) {
	const more = "and 19,990 more findings of plain"
	for _, format := range report.Formats() {
		text := written(t, format, noisy(10))
		for want, times := range map[string]int{"number 00009": 1, "number 00010": 0, "the only one": 1} {
			if got := strings.Contains(text, want); got != (times > 0) {
				t.Errorf("%s: %q is there: %v", format, want, got)
			}
		}
		if all := written(t, format, noisy(0)); !strings.Contains(all, "number 19999") || strings.Contains(all, "more findings") {
			t.Errorf("%s: without a limit, something is left out", format)
		}
		if format == "json" {
			continue
		}
		if strings.Count(text, more) == 0 || !strings.Contains(text, "--max-findings 0 writes all of them") {
			t.Errorf("%s: it does not say that there are more", format)
		}
	}
	for _, format := range []string{"text", "github"} {
		if text := written(t, format, noisy(10)); !strings.Contains(text, "1 error, 20000 warnings;") {
			t.Errorf("%s: not all are counted: %s", format, text[strings.LastIndex(text[:len(text)-1], "\n"):])
		}
	}
	var r struct {
		Findings []any
		Summary  struct {
			Errors, Warnings int
			More             []struct {
				Rule  string
				Count int
			}
		}
	}
	if err := json.Unmarshal([]byte(written(t, "json", noisy(10))), &r); err != nil {
		t.Fatal(err)
	}
	if s := r.Summary; len(r.Findings) != 11 || s.Errors != 1 || s.Warnings != 20_000 || len(s.More) != 1 || s.More[0].Rule != "plain" || s.More[0].Count != 19_990 {
		t.Errorf("json: %d findings, %+v", len(r.Findings), s)
	}
	// A baseline knows all of them.
	if _, text := baseline(t, noisy(10).Findings); strings.Count(text, "\n") != 20_001+2 {
		t.Errorf("the baseline has %d lines", strings.Count(text, "\n"))
	}
}

// TestLongTexts writes findings that quote very long texts.
func TestLongTexts(t *testing.T) {
	long := strings.Repeat("é", 5<<20)
	f := finding(lint.Error, diag.Diagnostic{Pos: at("a.yml", 1, 1), Path: "p" + long, Code: "plain", Message: "m" + long, Hint: "h" + long,
		Related: []diag.Related{{Pos: at("a.yml", 2, 1), Note: "n" + long}}})
	other := f
	other.Message += "another end"
	r := &report.Report{Tool: "roster", Frame: diag.Frame{Folder: ".", Within: "."}, Findings: report.Fingerprint([]lint.Finding{f, other})}
	if r.Findings[0].Fingerprint == r.Findings[1].Fingerprint {
		t.Error("what is not written makes no difference")
	}
	for _, format := range report.Formats() {
		text := written(t, format, r)
		if len(text) > 100_000 || !strings.Contains(text, "é…") || strings.Contains(text, "\ufffd") || strings.Contains(text, `\xc3`) {
			t.Errorf("%s: %d bytes: %.300q", format, len(text), text)
		}
	}
	if _, text := baseline(t, r.Findings); len(text) > 20_000 {
		t.Errorf("the baseline has %d bytes", len(text))
	}
}
