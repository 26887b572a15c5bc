package report

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
)

// githubCommands are GitHub's words for the severities.
var githubCommands = map[lint.Severity]string{lint.Error: "error", lint.Warning: "warning", lint.Info: "notice"}

// What ends a value, a property or a command, with the runner's escapes: the percent sign first.
var (
	githubMessage  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// writeGitHub is a log of GitHub Actions in which the runner finds commands that annotate lines. GitHub shows the first ten of
// each severity and step; the log has all of them.
func writeGitHub(b *bytes.Buffer, r *Report) error {
	for _, f := range r.withLeft() {
		// Characters that the runner can unescape stay as in the file's name. It has no escapes for other ones, and none of those may reach the log.
		file := diag.Visible(githubProperty.Replace(r.file(f.Pos)))
		fmt.Fprintf(b, "::%s file=%s", githubCommands[f.Severity], file)
		if f.Pos.Line > 0 {
			fmt.Fprintf(b, ",line=%d", f.Pos.Line)
			if f.Pos.Column > 0 {
				fmt.Fprintf(b, ",col=%d", f.Pos.Column)
			}
		}
		lines := append([]string{diag.Visible(headline(f))}, r.details(f, r.fromTop)...)
		fmt.Fprintf(b, ",title=%s::%s\n", githubProperty.Replace(r.Tool+" "+diag.Visible(f.Code)), githubMessage.Replace(strings.Join(lines, "\n")))
	}
	fmt.Fprintln(b, r.summary())
	return nil
}
