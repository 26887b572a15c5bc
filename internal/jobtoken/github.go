package jobtoken

// github has the claims repository, ref, event_name and, for a job with one, environment
// (https://docs.github.com/actions/reference/security/oidc#oidc-token-claims). A job of a pull request is no job of a branch, whichever
// branch its workflow is taken from.
func github() Forge {
	return Forge{
		Kind: "github", URL: "https://token.actions.githubusercontent.com", Project: "OWNER/REPOSITORY", depth: [2]int{2, 2},
		head:  "repo:",
		user:  func(project, branch string) string { return project + ":ref:refs/heads/" + branch },
		claim: "claims.repository + ':ref:' + claims.ref",
		rules: []Rule{{"!claims.event_name.startsWith('pull_request')", "the job is of a pull request"}},
	}
}
