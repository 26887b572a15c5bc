package gardener

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hippotion/roster/internal/filelock"

	program "github.com/hippotion/roster/internal/git"
)

// source is where the notes come from, and where a commit lands.
type source interface {
	// lock keeps another run out.
	lock(ctx context.Context) (unlock func(), err error)
	// begin returns the commit to work on. Problem is why nothing could land; the notes can still be read.
	begin(ctx context.Context) (b base, problem error, err error)
	// land puts a proposal where it belongs, or leaves all as it was.
	land(ctx context.Context, p *proposal) error
}

// branch is a branch of a remote repository.
type branch struct {
	g         *git
	url, name string
}

func (r *branch) ref() string { return "refs/heads/" + r.name }

// head is the commit that the branch is on.
func (r *branch) head(ctx context.Context) (string, error) {
	out, err := r.g.run(ctx, program.Place{Dir: r.g.home}, nil, "ls-remote", "--", r.url, r.ref())
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(out) {
		if commit, ref, _ := strings.Cut(strings.TrimSpace(line), "\t"); ref == r.ref() {
			return commit, nil
		}
	}
	return "", fmt.Errorf("the remote repository has no branch %s", r.name)
}

var errMoved = errors.New("the remote branch has moved since the run began: nothing was pushed")

// push puts exactly the proposal on the branch, and only if the branch still is where the run began. The lease forces nothing: the
// commit's parent is what the lease names, so that only a step forward can happen.
func (r *branch) push(ctx context.Context, p *proposal) error {
	if now, err := r.head(ctx); err != nil {
		return err
	} else if now != p.parent {
		return errMoved
	}
	_, err := r.g.run(ctx, bare(p.dir), nil, "push", "--quiet", "--no-verify", "--force-with-lease="+r.ref()+":"+p.parent, "--", r.url, p.commit+":"+r.ref())
	if err == nil {
		return nil
	}
	// The answer may have been lost, but not the commit.
	if now, again := r.head(ctx); again == nil && now == p.commit {
		return nil
	}
	return err
}

// clone is a source that is fetched for a run, and pushed to.
type clone struct {
	branch
	dir  string // of the Git directory
	work string // holds the lock
}

func (c *clone) lock(context.Context) (unlock func(), err error) {
	name := fmt.Sprintf("gardener-%d-%.12s.lock", os.Getuid(), objectName([]byte(c.url+" "+c.name), 40))
	return filelock.Take(filepath.Join(c.work, name))
}

// begin fetches the last commit alone: the history is not needed.
func (c *clone) begin(ctx context.Context) (base, error, error) {
	commit, err := c.head(ctx)
	if err != nil {
		return base{}, nil, err
	}
	format := "sha1"
	if len(commit) == 64 {
		format = "sha256"
	}
	if _, err := c.g.run(ctx, program.Place{}, nil, "init", "--quiet", "--bare", "--template=", "--object-format="+format, c.dir); err != nil {
		return base{}, nil, err
	}
	in := bare(c.dir)
	if _, err := c.g.run(ctx, in, nil, "fetch", "--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", "--", c.url, "+"+c.ref()+":"+c.ref()); err != nil {
		return base{}, nil, err
	}
	commit, err = c.g.run(ctx, in, nil, "rev-parse", "--verify", c.ref()+"^{commit}")
	if err != nil {
		return base{}, nil, err
	}
	shallow, err := os.ReadFile(filepath.Join(c.dir, "shallow"))
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return base{strings.TrimSpace(commit), in, filepath.Join(c.dir, "objects"), shallow}, nil, err
}

func (c *clone) land(ctx context.Context, p *proposal) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return c.push(context.WithoutCancel(ctx), p) // stopping in the middle would leave the outcome unknown
}
