package report

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
)

// writeText is for people: what diag.List prints, with the severity, and at the end what was checked.
func writeText(b *bytes.Buffer, r *Report) error {
	for _, f := range r.Findings {
		fmt.Fprintf(b, "%s: %s: %s [%s]\n", r.shown(f.Pos), f.Severity, diag.Visible(headline(f)), diag.Visible(f.Code))
		for _, line := range r.details(f, r.shown) {
			fmt.Fprintf(b, "  %s\n", line)
		}
	}
	for _, l := range r.left {
		fmt.Fprintf(b, "%s: %s: %s\n  hint: %s\n", r.shown(l.first.Pos), l.first.Severity, diag.Visible(l.message()), allHint)
	}
	fmt.Fprintln(b, r.summary())
	return nil
}

// details are the lines below a finding: further places, and the hint.
func (r *Report) details(f Finding, shown func(diag.Position) string) []string {
	var lines []string
	for _, related := range f.Related {
		lines = append(lines, shown(related.Pos)+": "+diag.Visible(related.Note))
	}
	if f.Hint != "" {
		lines = append(lines, "hint: "+diag.Visible(f.Hint))
	}
	return lines
}

// shown is a place relative to the user's folder.
func (r *Report) shown(p diag.Position) string {
	p.File = r.inRepository(p)
	return diag.Shown(r.Frame.Seen(p))
}

// fromTop is a place relative to the top of the checkout.
func (r *Report) fromTop(p diag.Position) string {
	p.File = r.file(p)
	return diag.Shown(p)
}

// summary is one line that also tells what was not checked, so that no findings are not mistaken for no faults.
func (r *Report) summary() string {
	if r.Summary.Text != "" {
		return r.Summary.Text
	}
	var found, parts []string
	for _, s := range lint.Severities() {
		if n := r.count(s); n > 0 {
			found = append(found, number(n, string(s)))
		}
	}
	if found == nil {
		found = []string{"no findings"}
	}
	parts = append(parts, strings.Join(found, ", "))

	checked, skipped := number(r.Summary.Checked, "object")+" checked", 0
	var reasons []string
	for _, reason := range r.Summary.skipped() {
		skipped += r.Summary.Skipped[reason]
		reasons = append(reasons, fmt.Sprint(r.Summary.Skipped[reason], " ", diag.Visible(reason)))
	}
	if skipped > 0 {
		checked += fmt.Sprintf(", %d skipped (%s)", skipped, strings.Join(reasons, "; "))
	}
	parts = append(parts, checked)

	if n := r.Summary.Waived; n > 0 {
		parts = append(parts, fmt.Sprint(n, " waived"))
	}
	if n := r.Summary.Baselined; n > 0 {
		parts = append(parts, fmt.Sprint(n, " in the baseline"))
	}
	if n := len(r.Summary.Stale); n > 0 {
		parts = append(parts, fmt.Sprint(n, " no longer found but in the baseline: write it again"))
	}
	return strings.Join(parts, "; ")
}

func number(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprint(n, " ", what)
}
