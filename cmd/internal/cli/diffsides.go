package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/diff/sides"
	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/git"
	"github.com/hippotion/roster/internal/inspection"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/report"
	"github.com/hippotion/roster/internal/source"
)

// state is one of the two that are compared.
type state struct {
	name, commit string
	branch       string // the default branch, where it has all commits of HEAD already
	place        fleet.Place
	sources      source.Sources // what the lock there names, in the cache; nil when there is none
}

// input is what is built of it, or checked.
func (o *diffOptions) input(ctx context.Context, s *state) inspection.Input {
	return inspection.Input{Place: s.place, Sources: s.sources, Rendered: keeping(o.noCache), Today: time.Now(), Timeout: left(ctx)}
}

// theWorkingTree is how a reader knows the files as they are.
const theWorkingTree = "the working tree"

// states are what is compared, as the arguments say it.
func (o *diffOptions) states(ctx context.Context, args []string) (both [2]state, err error) {
	if o.base != "" || o.baseRoster != "" {
		dir := folderOf(args)
		place, err := fleet.Find(dir, o.repository)
		if err != nil {
			return both, err
		}
		if o.baseRoster != "" {
			return [2]state{{name: o.baseRoster, place: place}, {name: "this roster", place: place}}, nil
		}
		base, err := fleet.Find(o.base, o.repository)
		if _, missing := os.Stat(o.base); err != nil && missing != nil {
			err = fmt.Errorf("%w\n  hint: --base is for folders; roster diff %s compares with a revision", err, o.base)
		}
		return [2]state{{name: o.base, place: base}, {name: dir, place: place}}, err
	}
	revisions, dir, err := revisionsAndFolder(ctx, args)
	if err != nil {
		return both, err
	}
	repository, err := git.Open(ctx, dir)
	if err != nil {
		return both, fmt.Errorf("%w\n  hint: roster diff --base DIR compares two folders", err)
	}
	return o.revisions(ctx, repository, revisions, dir)
}

// revisions are the states that revisions name: the last one is the working tree unless they are two.
func (o *diffOptions) revisions(ctx context.Context, r *git.Repository, text, dir string) (both [2]state, err error) {
	from, to, two := strings.Cut(text, "...")
	common := two
	if !two {
		from, to, two = strings.Cut(text, "..")
	}
	if two && (from == "" || from == "HEAD") && (to == "" || to == "HEAD") {
		return both, fmt.Errorf("%q compares HEAD with itself\n  hint: is a variable empty? name two revisions, such as main...HEAD", text)
	}
	var commits [2]git.Commit
	if text == "" {
		if from, err = r.DefaultBranch(ctx); err != nil {
			return both, err
		}
		common = true
	}
	from, to = cmp.Or(from, "HEAD"), cmp.Or(to, "HEAD")
	for i, rev := range []string{from, to} {
		if i == 0 || two || common {
			if commits[i], err = r.Commit(ctx, rev); err != nil {
				return both, err
			}
			both[i] = state{name: rev, commit: commits[i].ID}
		}
	}
	if common {
		if commits[0], err = r.MergeBase(ctx, commits[0], commits[1]); err != nil {
			return both, err
		}
		both[0] = state{name: "the merge base with " + from, commit: commits[0].ID}
		if commits[0].ID == commits[1].ID && !two {
			both[0].branch = from
		}
	}
	for i := range both {
		if i == 0 || two {
			both[i].place, err = fleet.FindIn(dir, o.repository, r, commits[i])
		} else {
			both[i].name, both[i].commit = theWorkingTree, ""
			both[i].place, err = fleet.Find(dir, o.repository)
		}
		if err != nil {
			return both, err
		}
	}
	return both, nil
}

// sides builds both states, at once: where workers have to render, the second one finds what the first has kept.
func (o *diffOptions) sides(ctx context.Context, states *[2]state, stderr io.Writer) (both [2]*diff.Side, closer func(), err error) {
	first := 0
	if o.baseRoster != "" {
		first = 1 // the other one does not build it
	}
	for i := first; i < len(states); i++ {
		if states[i].sources, err = fetched(states[i].place, o.repository, stderr); err != nil {
			return both, nil, err
		}
	}
	var turn sync.Mutex
	var group sync.WaitGroup
	var closers [2]func() error
	var errs [2]error
	var faults [2]any
	for i := first; i < len(states); i++ {
		in := o.input(ctx, &states[i])
		in.Turn = &turn
		group.Go(func() {
			defer func() { faults[i] = recover() }()
			both[i], closers[i], errs[i] = sides.Open(in, states[i].name, states[i].commit)
		})
	}
	group.Wait()
	if fault := cmp.Or(faults[0], faults[1]); fault != nil {
		panic(fault) // which Run reports
	}
	closer = func() {
		for _, c := range closers {
			if c != nil {
				_ = c() // of files that were only read
			}
		}
	}
	if err := cmp.Or(errs[0], errs[1]); err != nil {
		closer()
		return both, nil, err
	}
	if o.baseRoster != "" {
		both, err = o.upgrade(ctx, states, both[1])
	}
	return both, closer, err
}

// upgrade compares what another version of roster prints with what this one prints.
func (o *diffOptions) upgrade(ctx context.Context, states *[2]state, side *diff.Side) (both [2]*diff.Side, err error) {
	if side.Clusters == nil {
		return [2]*diff.Side{side, side}, nil
	}
	texts := [2]map[string][]byte{{}, {}}
	for _, c := range side.Clusters {
		if texts[0][c.Name], err = o.printedBy(ctx, c.Name, states[0].place); err != nil {
			return both, err
		}
		texts[1][c.Name] = sides.Text(c)
	}
	for i, s := range states {
		if both[i], err = sides.Printed(side, s.name, texts[i]); err != nil {
			return both, err
		}
	}
	return both, nil
}

// longestPrint is how many bytes another roster may print.
const longestPrint = 1 << 30

// printedBy is what another version of roster prints for a cluster.
func (o *diffOptions) printedBy(ctx context.Context, cluster string, place fleet.Place) ([]byte, error) {
	args := []string{"render", "--all"}
	if cluster != "" {
		args = append(args, "--cluster", cluster)
	}
	if o.repository != "" {
		args = append(args, "--repository", o.repository)
	}
	c := exec.CommandContext(ctx, o.baseRoster, append(args, place.Shown)...)
	out, stderr := &limitedBuffer{most: longestPrint}, &limitedBuffer{most: 4 << 10}
	c.Stdout, c.Stderr = out, stderr
	err := c.Run()
	if errors.Is(err, exec.ErrDot) || errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("--base-roster: there is no program %q\n  hint: write its path, such as ./roster-1.4", o.baseRoster)
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == exitPartial { // what is not rendered there is not rendered here
		err = nil
	}
	if err == nil && out.cut {
		err = fmt.Errorf("it prints more than %d MiB", longestPrint>>20)
	}
	if err != nil {
		return nil, fmt.Errorf("--base-roster: %s %s: %w: %s", o.baseRoster, strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return out.Bytes(), nil
}

// limitedBuffer keeps the beginning of what is written to it.
type limitedBuffer struct {
	bytes.Buffer
	most int
	cut  bool
}

func (b *limitedBuffer) Write(p []byte) (int, error) {
	kept := p[:min(len(p), b.most-b.Len())]
	b.cut = b.cut || len(kept) < len(p)
	b.Buffer.Write(kept)
	return len(p), nil
}

// left is how much time there is.
func left(ctx context.Context) time.Duration {
	deadline, _ := ctx.Deadline() // run has set one
	return max(time.Until(deadline), time.Millisecond)
}

// findings asks lint about both states, and sets what the change brings and mends.
func (o *diffOptions) findings(ctx context.Context, r *diff.Result, states *[2]state) error {
	var found [2][]lint.Finding
	for i := range states {
		result, err := inspection.Supervised(o.input(ctx, &states[i]))
		if err != nil {
			return fmt.Errorf("lint of %s: %w", states[i].name, err)
		}
		found[i] = result.Findings
	}
	r.Linted, r.Findings, r.Mended = true, without(found[1], found[0]), without(found[0], found[1])
	return nil
}

// without are those of some findings that others do not have, wherever their lines are now.
func without(some, others []lint.Finding) []lint.Finding {
	known := map[string]bool{}
	for _, f := range report.Fingerprint(others) {
		known[f.Fingerprint] = true
	}
	var out []lint.Finding
	for _, f := range report.Fingerprint(some) {
		if !known[f.Fingerprint] {
			out = append(out, f.Finding)
		}
	}
	return out
}
