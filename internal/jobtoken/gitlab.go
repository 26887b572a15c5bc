package jobtoken

// gitlab has the claims project_path, ref, ref_type, ref_path, ref_protected, pipeline_source and, for a job with one, environment
// (https://docs.gitlab.com/ci/secrets/id_token_authentication/#token-payload). All values are strings. The pipeline of a merge request has the
// branch of the merge request as its ref, which may be called main in a fork: such tokens are refused.
func gitlab() Forge {
	return Forge{
		Kind: "gitlab", URL: "https://gitlab.com", Project: "GROUP/PROJECT, with all groups", Protects: true, depth: [2]int{2, 0},
		head:  "project_path:",
		user:  func(project, branch string) string { return project + ":ref_type:branch:ref:" + branch },
		claim: "claims.project_path + ':ref_type:' + claims.ref_type + ':ref:' + claims.ref",
		rules: []Rule{
			{"claims.ref_path == (claims.ref_type == 'tag' ? 'refs/tags/' : 'refs/heads/') + claims.ref", "the job is of no branch and of no tag"},
			{"!(claims.pipeline_source in ['merge_request_event', 'external_pull_request_event'])", "the job is of a merge request"},
		},
	}
}
