package report

import (
	"bytes"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
)

type gitlabIssue struct {
	Description string         `json:"description"`
	CheckName   string         `json:"check_name"`
	Fingerprint string         `json:"fingerprint"`
	Severity    string         `json:"severity"`
	Location    gitlabLocation `json:"location"`
}

type gitlabLocation struct {
	Path  string      `json:"path"`
	Lines gitlabLines `json:"lines"`
}

type gitlabLines struct {
	Begin int `json:"begin"`
}

// gitlabSeverities leave out minor, and blocker: roster has three severities.
var gitlabSeverities = map[lint.Severity]string{lint.Error: "critical", lint.Warning: "major", lint.Info: "info"}

// writeGitLab is a Code Quality report of GitLab. GitLab shows the description on one line, and wants a line for each finding.
func writeGitLab(b *bytes.Buffer, r *Report) error {
	out := []gitlabIssue{}
	for _, f := range r.withLeft() {
		description := diag.Visible(headline(f))
		if f.Hint != "" {
			description += " (" + diag.Visible(f.Hint) + ")"
		}
		out = append(out, gitlabIssue{
			Description: description, CheckName: diag.Visible(f.Code), Fingerprint: f.Fingerprint, Severity: gitlabSeverities[f.Severity],
			Location: gitlabLocation{r.location(f.Pos), gitlabLines{max(1, f.Pos.Line)}},
		})
	}
	return encode(b, out)
}
