package formats

import (
	"io"

	"github.com/hippotion/roster/internal/report"
)

// writeGitLab is a Code Quality report of GitLab, as that of lint. It has no place for objects, and for what was not compared.
func writeGitLab(w io.Writer, r *Report) error { return report.Write(w, "gitlab", r.asFindings()) }
