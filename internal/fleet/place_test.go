package fleet_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/git"
)

// commitOf makes a repository with files, whose text may be -> TARGET for a link, and commits them.
func commitOf(t *testing.T, files map[string]string) (dir string, r *git.Repository, c git.Commit) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		name = filepath.Join(dir, name)
		err := os.MkdirAll(filepath.Dir(name), 0o755)
		if target, link := strings.CutPrefix(text, "-> "); link {
			err = errors.Join(err, os.Symlink(target, name))
		} else {
			err = errors.Join(err, os.WriteFile(name, []byte(text), 0o644))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"init", "--quiet"}, {"add", "--all"}, {"-c", "user.name=User", "-c", "user.email=user@example.org", "commit", "--quiet", "--message=all"}} {
		command := exec.Command("git", args...)
		command.Dir, command.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=/dev/null", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1"}
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	if r, err = git.Open(t.Context(), dir); err == nil {
		c, err = r.Commit(t.Context(), "HEAD")
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir, r, c
}

// TestFindIn: a folder has the same place in a commit as on the disk, whether it is there or not.
func TestFindIn(t *testing.T) {
	dir, r, c := commitOf(t, map[string]string{"platform/home/applications.yml": "- namespace: web-a\n", "platform/home/platform.yml": "domain: home.example\n"})
	if err := os.RemoveAll(filepath.Join(dir, "platform")); err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(dir, "platform", "home")
	for _, of := range []struct{ repository, dir, folder string }{{"", "platform/home", ""}, {dir, "platform/home", ""}, {filepath.Join(dir, "platform"), "home", "platform"}} {
		place, err := fleet.FindIn(home, of.repository, r, c)
		if err != nil || !place.Committed() || place.Top != "" || place.Dir != of.dir || place.Tree.Folder != of.folder || place.Shown != filepath.ToSlash(home) {
			t.Errorf("%+v, %v", place, err)
		}
		out, diags, err := fleet.Build(fleet.Input{Place: place})
		if err != nil || len(diags) > 0 || out.Platform() == nil || out.Platform().Namespaces[0].Name != "web-a" {
			t.Errorf("%v, %v", diags, err)
		}
	}
	for dir, repository := range map[string]string{filepath.Dir(dir): "", home: filepath.Join(dir, "other"), dir: filepath.Join(dir, "platform")} {
		if _, err := fleet.FindIn(dir, repository, r, c); err == nil || !strings.Contains(err.Error(), "is not in the repository") {
			t.Errorf("%s: got %v", dir, err)
		}
	}
	place, err := fleet.FindIn(filepath.Join(dir, "new"), "", r, c)
	if err != nil {
		t.Fatal(err)
	}
	out, diags, err := fleet.Build(fleet.Input{Place: place})
	if err != nil || !out.Unread || len(diags) == 0 {
		t.Errorf("a folder that is not in the commit: %+v, %v, %v", out, diags, err)
	}
}

// TestBeside: a file beside the list is read from the commit, but no link, no folder, and nothing large.
func TestBeside(t *testing.T) {
	dir, r, c := commitOf(t, map[string]string{"home/lock": "text", "home/link": "-> lock", "home/out": "-> /etc/passwd", "home/folder/x": "x"})
	place, err := fleet.FindIn(filepath.Join(dir, "home"), "", r, c)
	if err != nil {
		t.Fatal(err)
	}
	if data, err := place.Beside("lock", 4); err != nil || string(data) != "text" {
		t.Errorf("%q, %v", data, err)
	}
	for name, want := range map[string]string{"link": "reading home/link: it is not a file", "out": "reading home/out: it is not a file", "folder": "reading home/folder: it is not a file"} {
		if _, err := place.Beside(name, 1<<20); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
	if _, err := place.Beside("lock", 3); err == nil || err.Error() != "reading home/lock: it has more than 0 MiB" {
		t.Errorf("got %v", err)
	}
	if _, err := place.Beside("none", 1<<20); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
