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
	work string
}

// New makes an empty repository, which is gone with the test.
func New(t testing.TB) *Repo {
	t.Helper()
	dir := t.TempDir()
	r := &Repo{Dir: filepath.Join(dir, "repo.git"), work: filepath.Join(dir, "work")}
	git(t, dir, "init", "--quiet", "--bare", "--initial-branch=main", r.Dir)
	git(t, dir, "init", "--quiet", "--initial-branch=main", r.work)
	return r
}

// URL is where programs on this machine find the repository.
func (r *Repo) URL() string { return "file://" + r.Dir }

// Commit writes files by their paths, removes those whose content is nil, pushes, and returns the revision.
func (r *Repo) Commit(t testing.TB, files map[string][]byte) string {
	t.Helper()
	for name, data := range files {
		path := filepath.Join(r.work, filepath.FromSlash(name))
		if data == nil {
			must(t, os.RemoveAll(path))
			continue
		}
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.WriteFile(path, data, 0o644))
	}
	return r.push(t)
}

// Replace makes the tree that of fsys, pushes, and returns the revision.
func (r *Repo) Replace(t testing.TB, fsys fs.FS) string {
	t.Helper()
	git(t, r.work, "rm", "-r", "--quiet", "--ignore-unmatch", ".")
	must(t, os.CopyFS(r.work, fsys))
	return r.push(t)
}

// Submodule adds a submodule, a commit of the repository at a URL, pushes, and returns the revision.
func (r *Repo) Submodule(t testing.TB, path, url, commit string) string {
	t.Helper()
	must(t, os.MkdirAll(filepath.Join(r.work, filepath.FromSlash(path)), 0o755))
	git(t, r.work, "update-index", "--add", "--cacheinfo", "160000,"+commit+","+path)
	return r.Commit(t, map[string][]byte{".gitmodules": fmt.Appendf(nil, "[submodule %q]\n\tpath = %s\n\turl = %s\n", path, path, url)})
}

// Tag makes the newest revision a release.
func (r *Repo) Tag(t testing.TB, name string) {
	t.Helper()
	git(t, r.Dir, "tag", name, "main")
}

func (r *Repo) push(t testing.TB) string {
	t.Helper()
	git(t, r.work, "add", "--all", "--force") // a .gitignore is content like any other
	git(t, r.work, "commit", "--quiet", "--allow-empty", "--message", t.Name())
	git(t, r.work, "push", "--quiet", r.Dir, "HEAD:main")
	return git(t, r.work, "rev-parse", "HEAD")
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
