package copies_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	revisions "github.com/hippotion/roster/internal/git"
	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/source/copies"
)

// inCommit are the copies of a repository as its files are committed now, without its checkout.
func inCommit(t *testing.T, c source.Copies) source.Copies {
	t.Helper()
	for _, args := range [][]string{{"init", "--quiet"}, {"add", "--all"}, {"-c", "user.name=User", "-c", "user.email=user@example.org", "commit", "--quiet", "--message=all"}} {
		command := exec.Command("git", args...)
		command.Dir, command.Env = c.Repository, []string{"PATH=" + os.Getenv("PATH"), "HOME=/dev/null", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1"}
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	r, err := revisions.Open(t.Context(), c.Repository)
	if err != nil {
		t.Fatal(err)
	}
	commit, err := r.Commit(t.Context(), "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(c.Repository, c.Folder)); err != nil {
		t.Fatal(err)
	}
	return source.Copies{Tree: r.Tree(commit).Text(), Folder: c.Folder}
}

// TestInCommit: copies are found in a commit as on the disk, and judged in the same way.
func TestInCommit(t *testing.T) {
	c := source.Copies{Repository: t.TempDir(), Folder: "more/vendor"}
	at := func(k source.Locked) string { return filepath.Join(c.Repository, c.Folder, k.CopyName()) }
	one, oneFiles := file("https://web.example/values.yaml")
	folder, folderFiles := git(t, "https://git.example/house/apps", files())
	changed, changedFiles := git(t, "https://git.example/house/changed", files())
	linked, _ := git(t, "https://git.example/house/linked", files())
	missing, _ := git(t, "https://git.example/house/missing", files())
	for k, from := range map[*source.Locked]fs.FS{&one: oneFiles, &folder: folderFiles, &changed: changedFiles} {
		if err := copies.Write(c, *k, from); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.WriteFile(filepath.Join(at(changed), "a.yaml"), []byte("a: 2\n"), 0o644), os.Symlink(at(folder), at(linked))); err != nil {
		t.Fatal(err)
	}
	in := inCommit(t, c)
	if in.None() {
		t.Error("a commit counts as nothing")
	}
	for _, of := range []struct {
		locked source.Locked
		from   fs.FS
	}{{one, oneFiles}, {folder, folderFiles}} {
		got, err := copies.Open(in, of.locked)
		if err != nil {
			t.Fatal(err)
		}
		err = fs.WalkDir(of.from, ".", func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			want, err := fs.ReadFile(of.from, name)
			text, failed := fs.ReadFile(got, name)
			if string(text) != string(want) {
				t.Errorf("%s: %q, want %q", name, text, want)
			}
			return errors.Join(err, failed)
		})
		if err != nil {
			t.Error(err)
		}
	}
	for _, k := range []source.Locked{changed, linked} {
		if _, err := copies.Open(in, k); !errors.Is(err, source.ErrChanged) {
			t.Errorf("%s: got %v", k, err)
		}
	}
	if _, err := copies.Open(in, missing); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if err := copies.Write(in, missing, folderFiles); err == nil {
		t.Error("a copy was written into a commit")
	}
}
