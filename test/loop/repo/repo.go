// Package repo makes Git repositories for tests to push to.
package repo

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Repo is a bare repository with the branch main, and a working copy of it.
type Repo struct {
	Dir  string // the bare repository
	Work string // the working copy
}

// New makes an empty repository, which is gone with the test.
func New(t testing.TB) *Repo {
	t.Helper()
	dir := t.TempDir()
	r := &Repo{Dir: filepath.Join(dir, "repo.git"), Work: filepath.Join(dir, "work")}
	git(t, dir, "init", "--quiet", "--bare", "--initial-branch=main", r.Dir)
	git(t, dir, "init", "--quiet", "--initial-branch=main", r.Work)
	return r
}

// URL is where programs on this machine find the repository.
func (r *Repo) URL() string { return "file://" + r.Dir }

// Commit writes files by their paths, removes those whose content is nil, pushes, and returns the revision.
func (r *Repo) Commit(t testing.TB, files map[string][]byte) string {
	t.Helper()
	for name, data := range files {
		path := filepath.Join(r.Work, filepath.FromSlash(name))
		if data == nil {
			must(t, os.RemoveAll(path))
			continue
		}
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, data, 0o644))
	}
	revision := r.commit(t)
	r.Push(t)
	return revision
}

// Replace makes the tree that of fsys, pushes, and returns the revision.
func (r *Repo) Replace(t testing.TB, fsys fs.FS) string {
	t.Helper()
	revision := r.Record(t, fsys)
	r.Push(t)
	return revision
}

// Record makes the tree of the working copy that of fsys, in a commit that is not pushed, and returns the revision.
func (r *Repo) Record(t testing.TB, fsys fs.FS) string {
	t.Helper()
	git(t, r.Work, "rm", "-r", "--quiet", "--ignore-unmatch", ".")
	must(t, os.CopyFS(r.Work, fsys))
	return r.commit(t)
}

// Push pushes what was recorded.
func (r *Repo) Push(t testing.TB) {
	t.Helper()
	git(t, r.Work, "push", "--quiet", r.Dir, "HEAD:main")
}

// Submodule adds a submodule, a commit of the repository at a URL, pushes, and returns the revision.
func (r *Repo) Submodule(t testing.TB, path, url, commit string) string {
	t.Helper()
	must(t, os.MkdirAll(filepath.Join(r.Work, filepath.FromSlash(path)), 0o755))
	git(t, r.Work, "update-index", "--add", "--cacheinfo", "160000,"+commit+","+path)
	return r.Commit(t, map[string][]byte{".gitmodules": fmt.Appendf(nil, "[submodule %q]\n\tpath = %s\n\turl = %s\n", path, path, url)})
}

// Tag makes the newest revision a release.
func (r *Repo) Tag(t testing.TB, name string) {
	t.Helper()
	git(t, r.Dir, "tag", name, "main")
}

func (r *Repo) commit(t testing.TB) string {
	t.Helper()
	git(t, r.Work, "add", "--all", "--force") // a .gitignore is content like any other
	git(t, r.Work, "commit", "--quiet", "--allow-empty", "--message", t.Name())
	return git(t, r.Work, "rev-parse", "HEAD")
}

// git runs Git with no configuration but the repository's.
func git(t testing.TB, dir string, args ...string) string {
	t.Helper()
	c := exec.Command("git", args...)
	c.Dir = dir
	c.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=test", "GIT_AUTHOR_EMAIL=test@example.com", "GIT_COMMITTER_NAME=test", "GIT_COMMITTER_EMAIL=test@example.com",
	}
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", c, err, &stderr)
	}
	return strings.TrimSpace(stdout.String())
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
