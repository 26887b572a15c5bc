package checkout_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/internal/checkout"
)

// repository is a checkout with files, and links as PATH -> TARGET.
func repository(t *testing.T, files ...string) fs.FS {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		name, target, link := strings.Cut(f, " -> ")
		name = filepath.Join(dir, name)
		err := os.MkdirAll(filepath.Dir(name), 0o755)
		if link {
			err = errors.Join(err, os.Symlink(target, name))
		} else {
			err = errors.Join(err, os.WriteFile(name, []byte("s3cr3t"), 0o644))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return checkout.FS(root)
}

// TestGit: nothing of .git can be read, listed or asked for, in any way.
func TestGit(t *testing.T) {
	fsys := repository(t, ".git/config", "a/b/.git/config", "a/.GIT/x", "sub/.git", "x -> .git/config", "y -> .git", "z/far -> ../y/config",
		"z/up -> ../a/../.git/config", "chain -> x", "a/plain", "through -> a/b", "a/.giT /x", "a/git~1/x", "a/.g\u200cit/x", "a/.git::$INDEX_ALLOCATION/x", "a/.gitignore", "a/git/x", "ok -> a/plain")
	for _, name := range []string{".git", ".git/config", "a/b/.git/config", "a/.GIT/x", "sub/.git", "x", "y", "y/config", "z/far", "z/up", "chain", "through/.git/config",
		"a/.giT /x", "a/git~1/x", "a/.g\u200cit/x", "a/.git::$INDEX_ALLOCATION/x", ".git/none"} {
		for what, err := range map[string]error{
			"Open": second(fsys.Open(name)), "ReadFile": second(fs.ReadFile(fsys, name)), "Stat": second(fs.Stat(fsys, name)), "ReadDir": second(fs.ReadDir(fsys, name)),
		} {
			if !errors.Is(err, checkout.ErrGit) || !errors.Is(err, fs.ErrPermission) {
				t.Errorf("%s of %s: got %v", what, name, err)
			}
		}
	}
	for _, name := range []string{".git/config", "y/config", "through/.git/config"} {
		if _, err := fs.Lstat(fsys, name); !errors.Is(err, checkout.ErrGit) {
			t.Errorf("Lstat of %s: got %v", name, err)
		}
		if _, err := fs.ReadLink(fsys, name); !errors.Is(err, checkout.ErrGit) {
			t.Errorf("ReadLink of %s: got %v", name, err)
		}
	}
	var seen []string
	_ = fs.WalkDir(fsys, ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			t.Error(err)
		}
		seen = append(seen, name)
		return nil
	})
	want := strings.Fields(". a a/.gitignore a/b a/git a/git/x a/plain chain ok sub through x y z z/far z/up")
	if !slices.Equal(seen, want) {
		t.Errorf("got  %v\nwant %v", seen, want)
	}
	for _, name := range []string{"ok", "a/plain", "a/git/x", "a/.gitignore"} {
		if data, err := fs.ReadFile(fsys, name); err != nil || string(data) != "s3cr3t" {
			t.Errorf("%s: got %q, %v", name, data, err)
		}
	}
	if target, err := fs.ReadLink(fsys, "x"); err != nil || target != ".git/config" { // the link itself is in the repository
		t.Errorf("got %q, %v", target, err)
	}
	f, err := fsys.Open("a")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var names []string
	for {
		entries, err := f.(fs.ReadDirFile).ReadDir(1)
		if err != nil {
			break
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	if want := strings.Fields(".gitignore b git plain"); !slices.Equal(names, want) {
		t.Errorf("an open folder has %v, want %v", names, want)
	}
}

func second[T any](_ T, err error) error { return err }

// TestGitElsewhere: a checkout whose Git data lie in it under another name.
func TestGitElsewhere(t *testing.T) {
	for name, write := range map[string]func(git string) error{
		"a link": func(git string) error { return os.Symlink("meta/data", git) },
		"a file": func(git string) error { return os.WriteFile(git, []byte("gitdir: ./meta/data\n"), 0o644) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := errors.Join(os.MkdirAll(filepath.Join(dir, "meta/data"), 0o755), write(filepath.Join(dir, ".git")),
				os.WriteFile(filepath.Join(dir, "meta/data/config"), nil, 0o644), os.WriteFile(filepath.Join(dir, "meta/other"), nil, 0o644),
				os.Symlink("meta/data/config", filepath.Join(dir, "x"))); err != nil {
				t.Fatal(err)
			}
			root, err := os.OpenRoot(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer root.Close()
			fsys := checkout.FS(root)
			for _, name := range []string{"meta/data", "meta/data/config", "x"} {
				if _, err := fs.Stat(fsys, name); !errors.Is(err, checkout.ErrGit) {
					t.Errorf("%s: got %v", name, err)
				}
			}
			if entries, err := fs.ReadDir(fsys, "meta"); err != nil || len(entries) != 2 {
				t.Errorf("got %v, %v", entries, err) // the name is no secret
			}
			if _, err := fs.ReadFile(fsys, "meta/other"); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestFS: all else is a file system as any other.
func TestFS(t *testing.T) {
	if err := fstest.TestFS(repository(t, "a/b/c", "d"), "a/b/c", "d"); err != nil {
		t.Error(err)
	}
	outside := repository(t, "out -> ../../etc", "abs -> /etc/hosts", "loop -> loop", "none -> nothing")
	for _, name := range []string{"out/hosts", "abs", "loop", "none", "../x"} {
		if _, err := fs.ReadFile(outside, name); err == nil || errors.Is(err, checkout.ErrGit) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestPipe asks for the folder that a pipe would be, also through a link. Opening it would wait for a writer without end.
func TestPipe(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644), os.Symlink("pipe", filepath.Join(dir, "link"))); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for _, name := range []string{"pipe", "link"} {
		if entries, err := fs.ReadDir(checkout.FS(root), name); err == nil || len(entries) > 0 {
			t.Errorf("%s: got %d entries (%v)", name, len(entries), err)
		}
	}
}
