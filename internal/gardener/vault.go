package gardener

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/hippotion/roster/internal/filelock"
)

// checkout is a source that others may edit at any time: gardener works on its last commit, and moves it forward when
// nothing in it has changed.
type checkout struct {
	g      *git
	dir    string
	branch string
	remote string // to push to; empty for none

	gitDir, objects string
	to              *branch // what remote leads to
	head            string  // when the run began
}

func (c *checkout) git(ctx context.Context, args ...string) (string, error) {
	out, err := c.g.run(ctx, at(c.dir), nil, args...)
	return strings.TrimSuffix(out, "\n"), err
}

func (c *checkout) lock(ctx context.Context) (unlock func(), err error) {
	top, err := c.git(ctx, "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, err
	}
	given, err := filepath.EvalSymlinks(c.dir)
	if err != nil {
		return nil, err
	}
	if given, err = filepath.Abs(given); err != nil || given != top {
		return nil, cmp.Or(err, fmt.Errorf("%s is not the top of a checkout: give %s, and the folder of the notes with --path", c.dir, top))
	}
	c.dir = top
	if c.gitDir, err = c.git(ctx, "rev-parse", "--absolute-git-dir"); err != nil {
		return nil, err
	}
	if c.objects, err = c.git(ctx, "rev-parse", "--path-format=absolute", "--git-path", "objects"); err != nil {
		return nil, err
	}
	return filelock.TakeFolder(c.gitDir)
}

func (c *checkout) begin(ctx context.Context) (base, error, error) {
	var err error
	if c.head, err = c.git(ctx, "rev-parse", "--verify", "HEAD^{commit}"); err != nil {
		return base{}, nil, err
	}
	problem := c.unchanged(ctx)
	if problem == nil && c.remote != "" {
		problem = c.findRemote(ctx)
	}
	shallow, err := os.ReadFile(filepath.Join(filepath.Dir(c.objects), "shallow"))
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return base{c.head, at(c.dir), c.objects, shallow}, problem, err
}

// findRemote checks that pushing would add the proposal alone.
func (c *checkout) findRemote(ctx context.Context) error {
	address, err := c.git(ctx, "remote", "get-url", "--push", "--", c.remote)
	if err != nil {
		return err
	}
	if err := checkURL(address); err != nil {
		return fmt.Errorf("the remote %s of the vault: %w", c.remote, err)
	}
	if err := c.g.access.enough(address); err != nil {
		return err
	}
	c.to = &branch{c.g, address, c.branch}
	head, err := c.to.head(ctx)
	if err == nil && head != c.head {
		err = refuse("the remote branch is not on the vault's commit: pull or push first")
	}
	return err
}

// unchanged reports what in the vault is not as a commit needs it, or has changed.
func (c *checkout) unchanged(ctx context.Context) error {
	head, err := c.git(ctx, "rev-parse", "--verify", "HEAD^{commit}")
	if err != nil {
		return err
	}
	if head != c.head {
		return refuse("the vault's HEAD has moved since the run began")
	}
	if on, err := c.git(ctx, "symbolic-ref", "--quiet", "HEAD"); exitCode(err) == 1 || err == nil && on != "refs/heads/"+c.branch {
		return refuse(fmt.Sprintf("the vault is not on the branch %s", c.branch))
	} else if err != nil {
		return err
	}
	for _, name := range []string{"MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "BISECT_LOG", "rebase-merge", "rebase-apply", "sequencer", "index.lock"} {
		if _, err := os.Lstat(filepath.Join(c.gitDir, name)); err == nil {
			return refuse("git is in the middle of an operation in the vault: there is a " + name)
		}
	}
	status, err := c.git(ctx, "status", "--porcelain", "-z", "--untracked-files=all", "--ignore-submodules=none")
	if err != nil {
		return err
	}
	if status != "" {
		return refuse("the vault has changes that are not committed")
	}
	// git treats files with these marks as unchanged, and would overwrite them.
	marks, err := c.git(ctx, "ls-files", "-v", "-z")
	if err != nil {
		return err
	}
	for entry := range strings.SplitSeq(marks, "\x00") {
		if entry != "" && entry[0] != 'H' {
			return refuse("the vault has files that git was told to treat as unchanged, or to leave out (assume-unchanged, skip-worktree)")
		}
	}
	return nil
}

// free refuses a proposal that would replace a file unknown to git.
func (c *checkout) free(p *proposal) error {
	for _, ch := range p.changes {
		if ch.kind != "added" {
			continue
		}
		if _, err := os.Lstat(filepath.Join(c.dir, filepath.FromSlash(ch.path))); err == nil {
			return refuse("the vault has a file in place of a new one: " + clean(ch.path, 200))
		}
	}
	return nil
}

func (c *checkout) land(ctx context.Context, p *proposal) error {
	if err := errors.Join(c.unchanged(ctx), c.free(p)); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx) // what begins now must not end in the middle
	behind := func(err error) error { return err }
	if c.to != nil {
		if err := c.to.push(ctx, p); err != nil {
			return err
		}
		behind = func(err error) error {
			return fmt.Errorf("commit %.12s was pushed, but the vault was left as it is (pull it by hand): %w", p.commit, err)
		}
		if err := errors.Join(c.unchanged(ctx), c.free(p)); err != nil {
			return behind(err)
		}
	}
	if _, err := c.git(ctx, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--", p.dir, proposed); err != nil {
		return behind(err)
	}
	// A merge refuses to overwrite what has changed since; with this flag, also ignored files.
	if _, err := c.git(ctx, "merge", "--quiet", "--ff-only", "--no-overwrite-ignore", "--no-verify", p.commit); err != nil {
		return behind(err)
	}
	if c.to != nil { // so that git status knows; it is no loss if this fails
		tracking := "refs/remotes/" + c.remote + "/" + c.branch
		if now, err := c.git(ctx, "rev-parse", "--verify", "--quiet", tracking); err == nil {
			_, _ = c.git(ctx, "update-ref", "-m", "gardener: push", tracking, p.commit, now)
		}
	}
	if now, err := c.git(ctx, "rev-parse", "--verify", "HEAD"); err != nil || now != p.commit {
		return cmp.Or(err, errors.New("git merge did not do what it was told"))
	}
	return nil
}

func exitCode(err error) int {
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return -1
}
