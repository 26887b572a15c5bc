package report

import (
	"bytes"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
)

// jsonVersion is the version of the format, which docs/ci/report.schema.json documents. Fields may be added to a version; existing ones
// keep their meaning.
const jsonVersion = 1

type jsonReport struct {
	Version  int           `json:"version"`
	Tool     jsonTool      `json:"tool"`
	Findings []jsonFinding `json:"findings"`
	Summary  jsonSummary   `json:"summary"`
}

type jsonTool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type jsonFinding struct {
	Rule        string        `json:"rule"`
	Severity    lint.Severity `json:"severity"`
	File        string        `json:"file"`
	Line        int           `json:"line"`
	Column      int           `json:"column"`
	Path        string        `json:"path"`
	Message     string        `json:"message"`
	Hint        string        `json:"hint"`
	Related     []jsonRelated `json:"related"`
	Fingerprint string        `json:"fingerprint"`
}

type jsonRelated struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Note   string `json:"note"`
}

type jsonSummary struct {
	Errors    int           `json:"errors"`
	Warnings  int           `json:"warnings"`
	Infos     int           `json:"infos"`
	Checked   int           `json:"checked"`
	Skipped   []jsonSkipped `json:"skipped"`
	Waived    int           `json:"waived"`
	Baselined int           `json:"baselined"`
	Stale     []Known       `json:"stale"`
	More      []jsonMore    `json:"more"`
}

type jsonMore struct {
	Rule  string `json:"rule"`
	Count int    `json:"count"`
}

type jsonSkipped struct {
	Reason string `json:"reason"`
	Count  int    `json:"count"`
}

// writeJSON is for programs of the user's.
func writeJSON(b *bytes.Buffer, r *Report) error {
	out := jsonReport{
		Version: jsonVersion, Tool: jsonTool{r.Tool, r.Version}, Findings: []jsonFinding{},
		Summary: jsonSummary{
			Errors: r.count(lint.Error), Warnings: r.count(lint.Warning), Infos: r.count(lint.Info),
			Checked: r.Summary.Checked, Skipped: []jsonSkipped{}, Waived: r.Summary.Waived, Baselined: r.Summary.Baselined,
			Stale: []Known{}, More: []jsonMore{},
		},
	}
	for _, k := range r.Summary.Stale { // as the baseline file has it
		out.Summary.Stale = append(out.Summary.Stale, Known{diag.Visible(k.Rule), diag.Visible(k.File), diag.Visible(k.Message), k.Fingerprint})
	}
	for _, f := range r.Findings {
		related := []jsonRelated{}
		for _, s := range f.Related {
			related = append(related, jsonRelated{r.location(s.Pos), s.Pos.Line, columnOf(s.Pos), diag.Visible(s.Note)})
		}
		out.Findings = append(out.Findings, jsonFinding{
			Rule: diag.Visible(f.Code), Severity: f.Severity, File: r.location(f.Pos), Line: f.Pos.Line, Column: columnOf(f.Pos),
			Path: diag.Visible(f.Path), Message: diag.Visible(f.Message), Hint: diag.Visible(f.Hint), Related: related,
			Fingerprint: f.Fingerprint,
		})
	}
	for _, reason := range r.Summary.skipped() {
		out.Summary.Skipped = append(out.Summary.Skipped, jsonSkipped{diag.Visible(reason), r.Summary.Skipped[reason]})
	}
	for _, l := range r.left {
		out.Summary.More = append(out.Summary.More, jsonMore{l.rule, l.count})
	}
	return encode(b, out)
}

// columnOf is the column of a place, and 0 when it is the file as a whole.
func columnOf(p diag.Position) int {
	if p.Line == 0 {
		return 0
	}
	return p.Column
}
