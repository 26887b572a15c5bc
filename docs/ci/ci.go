// Package ci holds the pieces for CI that README.md describes, so that roster init writes the same.
package ci

import _ "embed" // the pieces

// The pieces are texts of YAML. Each names the folder of the list once, in the line of ROSTER_DIR.
var (
	//go:embed github.yml
	gitHub string
	//go:embed github-diff.yml
	gitHubDiff string
	//go:embed gitlab.yml
	gitLab string
	//go:embed gitlab-diff.yml
	gitLabDiff string
)

// Piece is a file of a forge's CI.
type Piece struct {
	Name string // where it belongs, relative to the top of the repository
	Text string
}

// GitHub are the workflows: what lint finds, and what a pull request does.
func GitHub() []Piece {
	return []Piece{{".github/workflows/roster.yml", gitHub}, {".github/workflows/roster-diff.yml", gitHubDiff}}
}

// GitLab are the jobs, which a file of the project includes.
func GitLab() []Piece {
	return []Piece{{".gitlab/ci/roster.yml", gitLab}, {".gitlab/ci/roster-diff.yml", gitLabDiff}}
}
