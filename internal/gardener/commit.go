package gardener

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	program "github.com/hippotion/roster/internal/git"
)

// base is the commit that a run starts from.
type base struct {
	commit  string
	in      program.Place // where git reads it
	objects string        // the folder of its objects
	shallow []byte        // the file of that name: where the history was cut off
}

// proposal is a commit that has landed nowhere yet. It is in a Git directory of its own, which was created after the decider had ended.
type proposal struct {
	commit, parent string
	dir            string // the Git directory; branch is on the commit there
	changes        []change
}

const proposed = "refs/heads/gardener"

// author is who commits.
type author struct{ name, email string }

func parseAuthor(s string) (author, error) {
	name, rest, found := strings.Cut(s, " <")
	email, after, closed := strings.Cut(rest, ">")
	if !found || !closed || after != "" || name == "" || email == "" || strings.ContainsAny(name+email, "<>") || !printable(s) {
		return author{}, fmt.Errorf("expected an author as NAME <EMAIL>, found %q", s)
	}
	return author{name, email}, nil
}

// propose makes the commit in dir, a new folder. The changes are sorted.
func propose(ctx context.Context, g *git, b base, dir string, changes []change, message string) (*proposal, error) {
	format := "sha1"
	if len(b.commit) == 64 {
		format = "sha256"
	}
	if _, err := g.run(ctx, program.Place{}, nil, "init", "--quiet", "--bare", "--template=", "--object-format="+format, dir); err != nil {
		return nil, err
	}
	if strings.ContainsAny(b.objects, "\n\r") {
		return nil, errors.New("the repository's path has an end of a line in it")
	}
	info := filepath.Join(dir, "objects", "info")
	err := errors.Join(os.MkdirAll(info, 0o755), os.WriteFile(filepath.Join(info, "alternates"), []byte(b.objects+"\n"), 0o644))
	if len(b.shallow) > 0 {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, "shallow"), b.shallow, 0o644))
	}
	if err != nil {
		return nil, err
	}
	in := bare(dir)
	var entries bytes.Buffer
	var paths []string
	for _, c := range changes { // first removals: a folder may replace a file
		if c.kind == "deleted" {
			fmt.Fprintf(&entries, "0 %s\t%s\x00", strings.Repeat("0", len(b.commit)), c.path)
		}
	}
	for _, c := range changes {
		paths = append(paths, c.path)
		if c.kind == "deleted" {
			continue
		}
		object, err := g.run(ctx, in, bytes.NewReader(c.text), "hash-object", "-w", "--stdin")
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&entries, "%s %s\t%s\x00", c.mode, strings.TrimSpace(object), c.path)
	}
	if _, err := g.run(ctx, in, nil, "read-tree", b.commit); err != nil {
		return nil, err
	}
	if _, err := g.run(ctx, in, &entries, "update-index", "-z", "--index-info"); err != nil {
		return nil, err
	}
	tree, err := g.run(ctx, in, nil, "write-tree")
	if err != nil {
		return nil, err
	}
	commit, err := g.run(ctx, in, strings.NewReader(message), "commit-tree", "-p", b.commit, "-F", "-", strings.TrimSpace(tree))
	if err != nil {
		return nil, err
	}
	commit = strings.TrimSpace(commit)
	if _, err := g.run(ctx, in, nil, "update-ref", proposed, commit); err != nil {
		return nil, err
	}
	// What git made of it must be what was checked.
	differing, err := g.run(ctx, in, nil, "diff-tree", "-r", "-z", "--no-renames", "--name-only", b.commit, commit)
	got := strings.Split(strings.TrimSuffix(differing, "\x00"), "\x00")
	slices.Sort(got)
	if err == nil && !slices.Equal(got, paths) {
		err = errors.New("git made a different commit than expected")
	}
	return &proposal{commit, b.commit, dir, changes}, err
}

// ignored refuses new files that the repository's own .gitignore files exclude: in a checkout, they could come from anyone.
func ignored(ctx context.Context, g *git, dir string, c *copyOf, changes []change) error {
	var added bytes.Buffer
	for _, ch := range changes {
		if ch.kind == "added" {
			added.WriteString("./" + ch.path + "\x00") // a leading colon would have a meaning for git
		}
	}
	if added.Len() == 0 {
		return nil
	}
	out, err := g.run(ctx, program.Place{Dir: c.dir, Flags: []string{"--git-dir=" + dir, "--work-tree=" + c.dir}}, &added, "check-ignore", "-z", "--stdin", "--no-index")
	if names := strings.Split(strings.TrimSuffix(out, "\x00"), "\x00"); names[0] != "" {
		for i, name := range names {
			names[i] = clean(strings.TrimPrefix(name, "./"), 200) + ": .gitignore excludes it"
		}
		return refuse(append([]string{"the decider did what is not permitted:"}, names[:min(maxProblems, len(names))]...)...)
	}
	if exitCode(err) == 1 { // none is
		return nil
	}
	return err
}

// message is the text of the commit.
func message(changes []change, summary string) string {
	var b strings.Builder
	n := map[string]int{}
	for _, c := range changes {
		n[c.kind]++
	}
	var parts []string
	for _, kind := range []string{"added", "changed", "deleted"} {
		if n[kind] > 0 {
			parts = append(parts, fmt.Sprint(n[kind], " ", kind))
		}
	}
	fmt.Fprintf(&b, "gardener: %s, %s\n", count(len(changes), "file"), strings.Join(parts, ", "))
	if summary != "" {
		fmt.Fprintf(&b, "\nThe decider says: %s\n", summary)
	}
	return b.String()
}

// stat is git's own account of a proposal.
func (p *proposal) stat(ctx context.Context, g *git) (string, error) {
	return g.run(ctx, bare(p.dir), nil, "diff", "--stat", "--no-renames", p.parent, p.commit)
}
