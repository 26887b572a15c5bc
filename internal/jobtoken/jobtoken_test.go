package jobtoken_test

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"testing"

	"github.com/google/cel-go/common/types/traits"
	"github.com/hippotion/roster/internal/jobtoken"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/authentication/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

type claims = map[string]any

var (
	gitlab = claims{"project_path": "house/shop", "ref": "main", "ref_type": "branch", "ref_path": "refs/heads/main", "ref_protected": "true", "pipeline_source": "push",
		"sub": "project_path:house/shop:ref_type:branch:ref:main"}
	github = claims{"repository": "house/shop", "ref": "refs/heads/main", "event_name": "push", "sub": "repo:house/shop:ref:refs/heads/main"}
)

func with(of claims, key string, value any) claims {
	out := maps.Clone(of)
	if out[key] = value; value == nil {
		delete(out, key)
	}
	return out
}

// TestClaims has the API server's own engine read the claims of tokens.
func TestClaims(t *testing.T) {
	const gitlabMain, githubMain = "forge:project_path:house/shop:ref_type:branch:ref:main", "forge:repo:house/shop:ref:refs/heads/main"
	for _, c := range []struct {
		name, kind string
		claims     claims
		anyBranch  bool
		user       string // empty when the token is refused
		groups     string
		refused    string
	}{
		{name: "branch", kind: "gitlab", claims: gitlab, user: gitlabMain, groups: "[]"},
		{name: "other form of the subject", kind: "gitlab", claims: with(gitlab, "sub", "project_path:house/shop"), user: gitlabMain, groups: "[]"},
		{name: "other branch", kind: "gitlab", claims: with(with(gitlab, "ref", "feature"), "ref_path", "refs/heads/feature"), user: "forge:project_path:house/shop:ref_type:branch:ref:feature", groups: "[]"},
		{name: "tag of that name", kind: "gitlab", claims: with(with(gitlab, "ref_type", "tag"), "ref_path", "refs/tags/main"), user: "forge:project_path:house/shop:ref_type:tag:ref:main", groups: "[]"},
		{name: "environment", kind: "gitlab", claims: with(gitlab, "environment", "production"), user: gitlabMain, groups: "[" + gitlabMain + ":environment:production]"},
		{name: "no environment", kind: "gitlab", claims: with(gitlab, "environment", ""), user: gitlabMain, groups: "[]"},
		{name: "merge request of a fork's main", kind: "gitlab", claims: with(gitlab, "pipeline_source", "merge_request_event"), refused: "the job is of a merge request"},
		{name: "ref of a merge request", kind: "gitlab", claims: with(gitlab, "ref_path", "refs/merge-requests/1/head"), refused: "the job is of no branch and of no tag"},
		{name: "unprotected", kind: "gitlab", claims: with(gitlab, "ref_protected", "false"), refused: "the branch of the job is not protected"},
		{name: "unprotected, permitted", kind: "gitlab", claims: with(gitlab, "ref_protected", "false"), anyBranch: true, user: gitlabMain, groups: "[]"},
		{name: "without a claim", kind: "gitlab", claims: with(gitlab, "ref_path", nil), refused: "no such key: ref_path"},
		{name: "branch", kind: "github", claims: github, user: githubMain, groups: "[]"},
		{name: "environment", kind: "github", claims: with(with(github, "sub", "repo:house/shop:environment:production"), "environment", "production"), user: githubMain, groups: "[" + githubMain + ":environment:production]"},
		{name: "pull request", kind: "github", claims: with(github, "event_name", "pull_request"), refused: "the job is of a pull request"},
		{name: "target of a pull request", kind: "github", claims: with(github, "event_name", "pull_request_target"), refused: "the job is of a pull request"},
		{name: "tag", kind: "github", claims: with(github, "ref", "refs/tags/main"), user: "forge:repo:house/shop:ref:refs/tags/main", groups: "[]"},
	} {
		t.Run(c.kind+" "+c.name, func(t *testing.T) {
			forge, ok := jobtoken.Of(c.kind)
			if !ok {
				t.Fatal("there is no such forge")
			}
			user, groups, err := read(forge, c.claims, c.anyBranch)
			if c.refused != "" {
				if err == nil || err.Error() != c.refused {
					t.Errorf("got user %q and %v, want %q", user, err, c.refused)
				}
				return
			}
			if err != nil || user != c.user || groups != c.groups {
				t.Errorf("got user %q in %s (%v), want %q in %s", user, groups, err, c.user, c.groups)
			}
		})
	}
	for _, f := range jobtoken.Forges() {
		of := map[string]claims{"gitlab": gitlab, "github": github}[f.Kind]
		user, groups, err := read(f, with(of, "environment", "a b/c"), false)
		if want := f.User("forge", "house/shop", "main"); err != nil || user != want {
			t.Errorf("%s: the API server makes %q (%v) of the claims, and the binding has %q", f.Kind, user, err, want)
		}
		if want := "[" + f.Group("forge", "house/shop", "main", "a b/c") + "]"; groups != want {
			t.Errorf("%s: the API server makes %s of the claims, and the binding has %s", f.Kind, groups, want)
		}
	}
}

// read is what an API server makes of claims (k8s.io/apiserver plugin/pkg/authenticator/token/oidc).
func read(f jobtoken.Forge, c claims, anyBranch bool) (user, groups string, err error) {
	compiler := cel.NewCompiler(environment.MustBaseEnvSet(version.MajorMinor(1, 30)))
	eval := func(e cel.ExpressionAccessor) (any, error) {
		compiled, err := compiler.CompileClaimsExpression(e)
		if err != nil {
			return nil, err
		}
		value, _, err := compiled.Program.Eval(map[string]any{"claims": c})
		if err != nil {
			return nil, err
		}
		if list, ok := value.(traits.Lister); ok {
			return list.ConvertToNative(reflect.TypeFor[[]string]())
		}
		return value.Value(), nil
	}
	for _, r := range f.Rules(anyBranch) {
		switch ok, err := eval(&cel.ClaimValidationCondition{Expression: r.Expression, Message: r.Message}); {
		case err != nil:
			return "", "", err
		case ok != true:
			return "", "", errors.New(r.Message)
		}
	}
	u, err := eval(&cel.ClaimMappingExpression{Expression: f.UserExpression("forge")})
	if err != nil {
		return "", "", err
	}
	g, err := eval(&cel.ClaimMappingExpression{Expression: f.GroupsExpression("forge")})
	return fmt.Sprint(u), fmt.Sprint(g), err
}

func TestProjects(t *testing.T) {
	for project, want := range map[string]string{"house/shop": "github gitlab", "house/team/shop": "gitlab", "house": "", "": "", "house/": "", "/shop": "", "house/..": "", "house/sh op": "", "house/sh:op": "", "house/shop'": "", "House/_x.y-2": "github gitlab"} {
		got := ""
		for _, f := range jobtoken.Forges() {
			if f.IsProject(project) {
				got += " " + f.Kind
			}
		}
		if got != "" {
			got = got[1:]
		}
		if got != want {
			t.Errorf("%q is a project of %q, want %q", project, got, want)
		}
	}
}
