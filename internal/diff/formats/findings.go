package formats

import (
	"path"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/report"
)

// severities are how forges, which know findings, show consequences.
var severities = map[diff.Weight]lint.Severity{diff.Danger: lint.Error, diff.Notice: lint.Warning, diff.Plain: lint.Info}

// asFindings is the report as one of lint, so that both verbs look the same in a forge: consequences at the lines after the change that cause
// them, findings of lint that the change brings, what was not compared, and mistakes of lists that cannot be read.
func (r *Report) asFindings() *report.Report {
	var all []lint.Finding
	for i := range r.Consequences {
		c := &r.Consequences[i]
		message := strings.Join(append([]string{c.Message}, c.Details...), "; ")
		if len(c.Clusters) > 0 {
			message += "; on " + strings.Join(c.Clusters, ", ")
		}
		all = append(all, r.finding(c.Word, message, severities[c.Weight], c.Causes))
	}
	all = append(all, r.Findings...)
	for _, n := range r.NotCompared {
		all = append(all, r.finding("not-compared", on(n.Cluster, "application "+n.Application)+" is not compared: "+n.Why, lint.Info, []diff.Cause{n.At}))
	}
	for _, n := range r.NotJudged {
		all = append(all, r.finding("not-judged", on(n.Cluster, "consequences of kind "+n.Kind)+" are not judged: "+n.Why, lint.Info, nil))
	}
	if r.Broken[0] {
		for _, d := range r.Before.Mistakes {
			all = append(all, r.finding(d.Code, headline(d), lint.Error, []diff.Cause{{Pos: d.Pos, Before: true}}))
		}
	}
	for _, d := range r.mistakesAfter() {
		all = append(all, lint.Finding{Diagnostic: d, Severity: lint.Error})
	}
	return &report.Report{Tool: r.Tool + " diff", Version: r.Version, Findings: report.Fingerprint(all), Frame: r.After.Frame, Root: r.Root}
}

// mistakesAfter are those of the side after the change that matter: all when it cannot be read, otherwise those that the change brings.
func (r *Report) mistakesAfter() diag.List {
	if r.Broken[1] {
		return r.After.Mistakes
	}
	return r.NewMistakes()
}

// finding is a finding at its first line after the change. Where only lines of the side before are its cause, it is one of the file as a
// whole: a forge knows no other lines than those of the checkout.
func (r *Report) finding(code, message string, severity lint.Severity, causes []diff.Cause) lint.Finding {
	d := diag.Diagnostic{Code: code, Message: message}
	first := slices.IndexFunc(causes, func(c diff.Cause) bool { return !c.Before })
	for i, c := range causes {
		switch {
		case c.Pos.File == "":
		case i == first:
			d.Pos = c.Pos
		case c.Before:
			d.Message += "; before the change: " + revisionOf(r.Before) + ":" + path.Join(r.Root, c.Pos.String())
		default:
			d.Related = append(d.Related, diag.Related{Pos: c.Pos, Note: "causes it as well"})
		}
	}
	if first < 0 && len(causes) > 0 {
		d.Pos.File = causes[0].Pos.File
	}
	return lint.Finding{Diagnostic: d, Severity: severity}
}

// fails reports whether --fail-on names a consequence.
func (r *Report) fails(c *diff.Consequence) bool { return slices.ContainsFunc(r.Failed, c.Is) }
