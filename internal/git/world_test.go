package git_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/git"
)

// world is a folder with a repository.
type world struct {
	*testing.T
	dir string // of the checkout, without links
}

// environment is that of the user whose repository it is.
var environment = []string{"PATH=" + os.Getenv("PATH"), "HOME=/dev/null", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1"}

// newWorld makes an empty repository.
func newWorld(t *testing.T, options ...string) *world {
	t.Helper()
	w := &world{t, folder(t)}
	w.git(append([]string{"init", "--quiet", "--initial-branch=main"}, append(options, w.dir)...)...)
	return w
}

func folder(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// git runs git as a user does.
func (w *world) git(args ...string) string {
	w.Helper()
	return w.gitWith(nil, args...)
}

func (w *world) gitWith(stdin []byte, args ...string) string {
	w.Helper()
	c := exec.Command("git", append([]string{"-C", w.dir, "-c", "user.name=User", "-c", "user.email=user@example.org", "-c", "protocol.file.allow=always"}, args...)...)
	c.Env, c.Stdin = environment, bytes.NewReader(stdin)
	out, err := c.CombinedOutput()
	if err != nil {
		w.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// write writes a file, with the folders above it.
func (w *world) write(name, text string) {
	w.Helper()
	file := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		w.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		w.Fatal(err)
	}
}

func (w *world) link(name, target string) {
	w.Helper()
	if err := os.Symlink(target, filepath.Join(w.dir, name)); err != nil {
		w.Fatal(err)
	}
}

// commit commits everything, and returns the commit.
func (w *world) commit(message string) string {
	w.Helper()
	w.git("add", "--all")
	w.git("commit", "--quiet", "--allow-empty", "--message="+message)
	return w.git("rev-parse", "HEAD")
}

// open opens the repository.
func (w *world) open() *git.Repository {
	w.Helper()
	r, err := git.Open(w.Context(), w.dir)
	if err != nil {
		w.Fatal(err)
	}
	return r
}

// files are those of a revision.
func (w *world) files(revision string) *git.Files {
	w.Helper()
	r := w.open()
	c, err := r.Commit(w.Context(), revision)
	if err != nil {
		w.Fatal(err)
	}
	return w.tree(r.Tree(c))
}

func (w *world) tree(t git.Tree) *git.Files {
	w.Helper()
	f, err := t.Open()
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = f.Close() })
	return f
}
