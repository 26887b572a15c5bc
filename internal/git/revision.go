package git

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
)

// Commit is a commit.
type Commit struct {
	ID   string // in full
	Tree string // the object of its files
}

// Commit is the commit that a user means with a revision (gitrevisions(7)). What is wrong with it is an error that says what to do.
func (r *Repository) Commit(ctx context.Context, revision string) (Commit, error) {
	if revision == "" || strings.ContainsAny(revision[:1], "-^") || strings.ContainsAny(revision, "\x00\n") || strings.Contains(revision, "..") {
		return Commit{}, fmt.Errorf("%q is not a revision\n  hint: name a branch, a tag or a commit", revision)
	}
	kind := "^{commit}"
	if strings.HasPrefix(revision, ":/") { // the rest is a pattern
		kind = ""
	}
	id, err := r.resolve(ctx, revision, kind)
	if err != nil {
		return Commit{}, r.unresolved(ctx, revision, err)
	}
	tree, err := r.resolve(ctx, id, "^{tree}")
	return Commit{id, tree}, err
}

var errAmbiguous = errors.New("ambiguous")

// resolve is the object that a revision is. What git says of names that several things have is an error: it takes one of them.
func (r *Repository) resolve(ctx context.Context, revision, kind string) (string, error) {
	said, out := &Tail{Most: mostSaid}, &Tail{Most: mostSaid}
	err := r.program.pipe(ctx, r.place, streams{out: out, said: said}, "rev-parse", "--verify", revision+kind)
	if !isID(revision) && strings.Contains(string(said.Text), " is ambiguous") { // a whole ID is never taken for a name
		return "", errAmbiguous
	}
	if err != nil {
		return "", err
	}
	id := strings.TrimSpace(string(out.Text))
	if !isID(id) {
		return "", fmt.Errorf("git has no object for %q", revision)
	}
	return id, nil
}

func isID(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}

// unresolved is why a revision is no commit.
func (r *Repository) unresolved(ctx context.Context, revision string, err error) error {
	var failed *exec.ExitError
	switch {
	case errors.Is(err, errAmbiguous) && strings.Trim(revision, "0123456789abcdefABCDEF") == "":
		return fmt.Errorf("the revision %q is ambiguous: several objects or names begin with it\n  hint: write more of the commit, or refs/heads/%s for a branch", revision, revision)
	case errors.Is(err, errAmbiguous):
		return fmt.Errorf("the revision %q is ambiguous: it is a branch and a tag, or a local and a remote branch\n  hint: write its full name, such as refs/heads/%s or refs/tags/%s", revision, revision, revision)
	case !errors.As(err, &failed):
		return err
	}
	if id, err := r.resolve(ctx, revision, ""); err == nil {
		kind, err := r.ask(ctx, "cat-file", "-t", id)
		switch {
		case err == nil && kind == "tag":
			return fmt.Errorf("the tag %q is not of a commit, or its commit is missing in this repository%s", revision, r.deepen())
		case err == nil && kind != "commit":
			return fmt.Errorf("%q is a %s, not a commit\n  hint: name a branch, a tag or a commit", revision, kind)
		case err == nil:
			return fmt.Errorf("the commit %q cannot be read", revision)
		}
		return fmt.Errorf("the commit %q is missing in this repository%s", revision, r.deepen())
	}
	if r.shallow {
		return fmt.Errorf("there is no revision %q in this repository, which is a shallow clone: it has only the newest commits, and mostly only one branch%s", revision, r.deepen())
	}
	return fmt.Errorf("there is no revision %q in this repository\n  hint: name a branch, a tag or a commit; git fetch brings what is new", revision)
}

// deepen is a hint about how to get more of the history.
func (r *Repository) deepen() string {
	if r.shallow {
		return "\n  hint: git fetch --unshallow brings all of it; in CI, clone with the whole history (fetch-depth: 0 on GitHub, GIT_DEPTH: 0 on GitLab)"
	}
	return "\n  hint: git fetch may bring it"
}

// MergeBase is where the histories of two commits part: the newest commit that both have.
func (r *Repository) MergeBase(ctx context.Context, a, b Commit) (Commit, error) {
	id, err := r.ask(ctx, "merge-base", a.ID, b.ID)
	var failed *exec.ExitError
	switch {
	case err == nil && isID(id):
		return r.Commit(ctx, id)
	case !errors.As(err, &failed) || failed.ExitCode() != 1:
		return Commit{}, fmt.Errorf("finding where the histories of %s and %s part: %w", short(a.ID), short(b.ID), err)
	case r.shallow:
		return Commit{}, fmt.Errorf("%s and %s have no common commit in this repository, which is a shallow clone: the place where they part is not in it%s", short(a.ID), short(b.ID), r.deepen())
	}
	return Commit{}, fmt.Errorf("the histories of %s and %s have no common commit\n  hint: name both revisions, as REV..REV", short(a.ID), short(b.ID))
}

func short(id string) string { return id[:min(len(id), 12)] }

// DefaultBranch is the branch into which changes go, as a revision: what origin, or the only other remote, says; else main or master there,
// or here. The error says what to do when that is not clear.
func (r *Repository) DefaultBranch(ctx context.Context) (string, error) {
	listed, err := r.ask(ctx, "for-each-ref", "--format=%(refname) %(symref)", "refs/remotes/**/HEAD", "refs/remotes/origin/main", "refs/remotes/origin/master", "refs/heads/main", "refs/heads/master")
	if err != nil {
		return "", fmt.Errorf("finding the default branch: %w", err)
	}
	var heads, names []string
	for line := range strings.Lines(listed) {
		name, target, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case name == "refs/remotes/origin/HEAD" && target != "":
			return strings.TrimPrefix(target, "refs/remotes/"), nil
		case strings.HasSuffix(name, "/HEAD") && target != "":
			heads = append(heads, strings.TrimPrefix(target, "refs/remotes/"))
		default:
			names = append(names, name)
		}
	}
	if len(heads) == 1 {
		return heads[0], nil
	}
	for _, where := range []string{"refs/remotes/", "refs/heads/"} {
		prefix := where
		if where == "refs/remotes/" {
			prefix += "origin/"
		}
		main, master := slices.Contains(names, prefix+"main"), slices.Contains(names, prefix+"master")
		switch {
		case main && master:
			return "", errors.New("there are a branch main and a branch master: which of them changes go into is unknown\n  hint: name a revision, or run git remote set-head origin --auto")
		case main:
			return strings.TrimPrefix(prefix+"main", where), nil
		case master:
			return strings.TrimPrefix(prefix+"master", where), nil
		}
	}
	return "", errors.New("the default branch is unknown: there is no origin/HEAD, and no branch main or master\n  hint: name a revision, such as HEAD, or run git remote set-head origin --auto")
}

// mostNames is how many names of commits are told: who completes a word does not look at more.
const mostNames = 1000

// Names are names of commits, for completion: HEAD, and the branches and tags as one types them, those of the newest commits.
func (r *Repository) Names(ctx context.Context) ([]string, error) {
	listed, err := r.ask(ctx, "for-each-ref", fmt.Sprint("--count=", mostNames), "--sort=-creatordate", "--format=%(refname:lstrip=2)", "refs/heads", "refs/remotes", "refs/tags")
	if err != nil {
		return nil, fmt.Errorf("listing the branches and tags: %w", err)
	}
	names := append([]string{"HEAD"}, strings.Fields(listed)...)
	slices.Sort(names)
	return slices.Compact(names), nil
}
