package git

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// Repository is a repository on the disk.
type Repository struct {
	// Top is the folder in which its checkout begins, an absolute path without links. For a bare repository it is the repository itself.
	Top string

	program Program
	place   Place
	shallow bool
}

// quick is how long a question about a repository may take.
const quick = time.Minute

// offline is git that reaches nobody. GIT_NO_LAZY_FETCH is for what a partial clone lacks; a git that does not know it may start a fetch,
// which has no transport.
func offline(program string) Program {
	return Program{Path: program, Timeout: quick, Environment: []string{"GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none"}}
}

// Open opens the repository around a folder, which need not be there any more: a checkout, one of several, a submodule, or a bare
// repository. Variables of the environment do not lead to another one.
//
// The folder of Git's data is named to git, which does not look for one then and does not ask whose it is: see the package's comment for
// why that is safe.
func Open(ctx context.Context, dir string) (*Repository, error) {
	program, err := exec.LookPath("git")
	if err == nil {
		program, err = filepath.Abs(program)
	}
	if err != nil {
		return nil, fmt.Errorf("revisions are read by the program git, which does not run here: %w\n  hint: install git", err)
	}
	here, err := Existing(dir)
	if err != nil {
		return nil, err
	}
	r := &Repository{program: offline(program)}
	data := ""
	if r.Top, data = around(here); data == "" {
		return nil, fmt.Errorf("%q is not in a Git repository, so there are no revisions to read", dir)
	}
	r.place = placeOf(data)
	shallow, err := r.program.Run(ctx, r.place, "rev-parse", "--is-shallow-repository")
	if err != nil {
		return nil, fmt.Errorf("the Git repository %q cannot be read: %w", r.Top, err)
	}
	r.shallow = strings.TrimSpace(shallow) == "true"
	return r, nil
}

// placeOf is where git works that reads a repository whose data is in a folder, or that a file leads to. It is its own work tree: another
// one that its configuration has may be missing.
func placeOf(data string) Place {
	return Place{Dir: filepath.Dir(data), Flags: []string{"--git-dir=" + data, "--work-tree=" + filepath.Dir(data)}}
}

// Existing is the absolute path of a folder, without links as far as it exists.
func Existing(dir string) (string, error) {
	full, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	var missing []string
	for {
		real, err := filepath.EvalSymlinks(full)
		switch {
		case err == nil:
			return filepath.Join(append([]string{real}, missing...)...), nil
		case !errors.Is(err, os.ErrNotExist) || full == filepath.Dir(full):
			return "", fmt.Errorf("reading %w", err)
		}
		missing = append([]string{filepath.Base(full)}, missing...)
		full = filepath.Dir(full)
	}
}

// around is the checkout, or else the bare repository, around a folder, and where its data is; empty when there is none.
func around(dir string) (top, data string) {
	for at := dir; ; at = filepath.Dir(at) {
		if there(at, ".git") {
			return at, filepath.Join(at, ".git")
		}
		if at == filepath.Dir(at) {
			break
		}
	}
	for at := dir; ; at = filepath.Dir(at) {
		if there(at, "HEAD") && there(at, "objects") && there(at, "refs") {
			return at, at
		}
		if at == filepath.Dir(at) {
			return "", ""
		}
	}
}

func there(dir, name string) bool {
	_, err := os.Lstat(filepath.Join(dir, name))
	return err == nil
}

// ask returns what git prints, without the end of the line.
func (r *Repository) ask(ctx context.Context, args ...string) (string, error) {
	out, err := r.program.Run(ctx, r.place, args...)
	return strings.TrimSuffix(out, "\n"), err
}

// Tree is the tree of a commit.
func (r *Repository) Tree(c Commit) Tree {
	return Tree{Program: r.program.Path, Repository: strings.TrimPrefix(r.place.Flags[0], "--git-dir="), ID: c.Tree}
}

// Tree is a folder at a revision: all that another process must know to read it. The zero Tree is none.
type Tree struct {
	Program    string `json:",omitempty"` // git, as an absolute path: a worker has no PATH
	Repository string `json:",omitempty"` // its folder of data, or the file that leads there
	ID         string `json:",omitempty"` // of the object
	Folder     string `json:",omitempty"` // below it; empty for all of it
}

// Text is the tree as a text that ParseTree reads, for packages that do not know Git.
func (t Tree) Text() string {
	text, err := json.Marshal(t)
	if err != nil { // there are only texts in it
		panic(err)
	}
	return string(text)
}

// ParseTree is the inverse of Text.
func ParseTree(text string) (t Tree, err error) { return t, json.Unmarshal([]byte(text), &t) }

// In is a folder below the tree.
func (t Tree) In(folder string) Tree {
	if t.Folder = path.Join(t.Folder, folder); t.Folder == "." {
		t.Folder = ""
	}
	return t
}
