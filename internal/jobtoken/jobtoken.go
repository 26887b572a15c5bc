// Package jobtoken is who a job of a CI pipeline is for an API server: what a forge writes into the token that it gives to the job, and which user
// and groups Kubernetes makes of that. It reads no token.
//
// The names are made of the claims about the project and the branch, never of the subject (sub), whose form projects can change in both forges. The user
// says nothing about the environment; a job that has one is also in a group. So a permission for a branch holds for each of its jobs, and one for
// an environment only for jobs of that branch with that environment.
package jobtoken

import (
	"slices"
	"strings"
)

// Forge is a kind of issuer of tokens.
type Forge struct {
	Kind string // as it is written in platform.yml
	URL  string // of the public one, as the claim iss has it
	// Project is the form of a project's path, for those who write one.
	Project string
	// Protects says that its tokens tell whether a branch is protected.
	Protects bool

	head  string                              // what follows the prefix in the name of the user
	user  func(project, branch string) string // and what follows that
	claim string                              // the same in CEL
	rules []Rule
	depth [2]int // how many parts the path of a project has, at least and at most; 0 is any number
}

// Rule is a condition in CEL that the claims of a token must meet, and what is wrong otherwise.
type Rule struct {
	Expression string `json:"expression"`
	Message    string `json:"message"`
}

// Forges are all kinds. To add one, add its file and its line here.
func Forges() []Forge { return []Forge{github(), gitlab()} }

// Of is the forge of a kind.
func Of(kind string) (Forge, bool) {
	all := Forges()
	i := slices.IndexFunc(all, func(f Forge) bool { return f.Kind == kind })
	if i < 0 {
		return Forge{}, false
	}
	return all[i], true
}

// Prefix begins the names of all users and groups of an issuer, so that no token is somebody else.
func Prefix(issuer string) string { return issuer + ":" }

// User is the user that a job of a branch is.
func (f Forge) User(issuer, project, branch string) string {
	return Prefix(issuer) + f.head + f.user(project, branch)
}

// Group is the group of the jobs of a branch with an environment.
func (f Forge) Group(issuer, project, branch, environment string) string {
	return f.User(issuer, project, branch) + environmentPart + environment
}

const environmentPart = ":environment:"

// UserExpression is User in CEL.
func (f Forge) UserExpression(issuer string) string {
	return "'" + Prefix(issuer) + f.head + "' + " + f.claim
}

// GroupsExpression is a list of Group, or an empty one, in CEL.
func (f Forge) GroupsExpression(issuer string) string {
	return "has(claims.environment) && claims.environment != '' ? [" + f.UserExpression(issuer) + " + '" + environmentPart + "' + claims.environment] : []"
}

// Rules are what the claims of a token must meet, with anyBranch also those of a branch that is not protected.
func (f Forge) Rules(anyBranch bool) []Rule {
	rules := slices.Clone(f.rules)
	if f.Protects && !anyBranch {
		rules = append(rules, Rule{"claims.ref_protected == 'true'", "the branch of the job is not protected"})
	}
	return rules
}

// IsProject reports whether a path can be that of a project.
func (f Forge) IsProject(path string) bool {
	parts := strings.Split(path, "/")
	if len(parts) < f.depth[0] || f.depth[1] > 0 && len(parts) > f.depth[1] {
		return false
	}
	return !slices.ContainsFunc(parts, func(part string) bool {
		return part == "" || strings.Trim(part, ".") == "" || strings.ContainsFunc(part, func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r))
		})
	})
}
