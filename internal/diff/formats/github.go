package formats

import (
	"io"
	"strings"

	"github.com/hippotion/roster/internal/report"
)

// writeGitHub is a log of GitHub Actions in which the runner finds commands that annotate lines, as that of lint, and then a summary.
func writeGitHub(w io.Writer, r *Report) error {
	v, out := viewed(r), r.asFindings()
	var lines []string
	for _, side := range v.Broken {
		lines = append(lines, "the list of "+side.Side+" cannot be read")
	}
	for _, f := range v.Mended {
		lines = append(lines, "mended: "+located(f.Place, f.Message+" ["+f.Rule+"]"))
	}
	if len(v.Failed) > 0 {
		lines = append(lines, "fails, as --fail-on says: "+strings.Join(v.Failed, ", "))
	}
	out.Summary.Text = strings.Join(append(lines, v.summary()), "\n")
	return report.Write(w, "github", out)
}
