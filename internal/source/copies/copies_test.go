package copies_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/source/copies"
)

const commit = "0123456789abcdef0123456789abcdef01234567"

// file is a locked file of a web server, and its files.
func file(url string) (source.Locked, fs.FS) {
	const text = "a: 1\n"
	sum := sha256.Sum256([]byte(text))
	k := source.Locked{Reference: source.Reference{Kind: source.File, URL: url}, Digest: source.Digest("sha256:" + hex.EncodeToString(sum[:]))}
	return k, source.OneFile(k.FileName(), []byte(text))
}

// git is a locked Git repository, and its files.
func git(t *testing.T, url string, files fstest.MapFS) (source.Locked, fs.FS) {
	t.Helper()
	var b bytes.Buffer
	w := source.NewTreeWriter(&b)
	if err := source.AddFolder(w, files); err != nil {
		t.Fatal(err)
	}
	digest, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	tree, err := source.OpenTree(bytes.NewReader(b.Bytes()), int64(b.Len()), digest)
	if err != nil {
		t.Fatal(err)
	}
	return source.Locked{Reference: source.Reference{Kind: source.Git, URL: url, Version: "main"}, Resolved: commit, Digest: digest}, tree
}

func files() fstest.MapFS {
	return fstest.MapFS{"a.yaml": {Data: []byte("a: 1\n"), Mode: 0o644}, "b/run.sh": {Data: []byte("#!/bin/sh\n"), Mode: 0o755}, "b/link": {Data: []byte("../a.yaml"), Mode: fs.ModeSymlink | 0o777}}
}

func TestCopies(t *testing.T) {
	c := source.Copies{Repository: t.TempDir(), Folder: "more/vendor"}
	at := func(name string) string { return filepath.Join(c.Repository, c.Folder, name) }
	for _, of := range []func() (source.Locked, fs.FS){
		func() (source.Locked, fs.FS) { return file("https://web.example/a/values.yaml?x=1") },
		func() (source.Locked, fs.FS) { return git(t, "https://git.example/house/apps", files()) },
	} {
		k, from := of()
		if _, err := copies.Open(c, k); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: got %v", k, err)
		}
		if err := copies.Write(c, k, from); err != nil {
			t.Fatal(err)
		}
		if err := copies.Write(c, k, from); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: written over: %v", k, err)
		}
		got, err := copies.Open(c, k)
		if err != nil {
			t.Fatal(err)
		}
		if err := fs.WalkDir(from, ".", func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			want, err1 := fs.ReadFile(from, name)
			text, err2 := fs.ReadFile(got, name)
			a, err3 := fs.Stat(from, name)
			b, err4 := fs.Stat(got, name)
			if string(text) != string(want) || a.Mode() != b.Mode() {
				t.Errorf("%s %s: got %q, %s", k, name, text, b.Mode())
			}
			return errors.Join(err1, err2, err3, err4)
		}); err != nil {
			t.Error(err)
		}
	}
	entries, err := os.ReadDir(at("."))
	if err != nil || len(entries) != 2 {
		t.Errorf("left there: %v, %v", entries, err)
	}
	k, from := git(t, "https://git.example/house/apps", files())
	opened, err := copies.Open(c, k)
	if err != nil {
		t.Fatal(err)
	}
	name := at("git/git.example/house/apps@0123456789ab")
	for _, change := range []func() error{
		func() error { return os.WriteFile(filepath.Join(name, "a.yaml"), []byte("a: 2\n"), 0o644) },
		func() error { return os.WriteFile(filepath.Join(name, "more.yaml"), nil, 0o644) },
		func() error { return os.Remove(filepath.Join(name, "a.yaml")) },
		func() error { return os.Chmod(filepath.Join(name, "b/run.sh"), 0o644) },
		func() error {
			return errors.Join(os.Remove(filepath.Join(name, "b/link")), os.Symlink("/etc/passwd", filepath.Join(name, "b/link")))
		},
		func() error { return errors.Join(os.RemoveAll(name), os.WriteFile(name, nil, 0o644)) },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if _, err := copies.Open(c, k); !errors.Is(err, source.ErrChanged) {
			t.Errorf("got %v", err)
		}
		if err := copies.Write(c, k, from); !errors.Is(err, fs.ErrExist) {
			t.Errorf("written over: %v", err)
		}
		if err := errors.Join(copies.Remove(c, k), copies.Write(c, k, from)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(name, "a.yaml"), []byte("a: 3\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := fs.ReadFile(opened, "a.yaml"); err == nil {
		t.Error("what changed after it was opened is read")
	}
	f, text := file("https://web.example/a/values.yaml?x=1")
	if err := os.WriteFile(at("files/web.example/a/values.yaml_x=1"), []byte("a: 2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := copies.Open(c, f); !errors.Is(err, source.ErrChanged) {
		t.Errorf("got %v", err)
	}
	if err := os.Mkdir(at(".roster-new-X"), 0o755); err != nil { // of a run that was killed
		t.Fatal(err)
	}
	if err := errors.Join(copies.Remove(c, f), copies.Remove(c, k), copies.Sweep(c)); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(at(".")); err != nil || len(entries) > 0 {
		t.Errorf("left there: %v, %v", entries, err)
	}
	_ = text
}

// TestLinks: neither the folder nor what is on the way to a copy may be a link, and no copy holds one that leads out.
func TestLinks(t *testing.T) {
	outside := t.TempDir()
	k, from := git(t, "https://git.example/house/apps", files())
	f, text := file("https://web.example/v.yaml")
	for name, link := range map[string]string{"the folder": "vendor", "a folder on the way": "vendor/git", "one below": "vendor/git/git.example"} {
		c := source.Copies{Repository: t.TempDir(), Folder: "vendor"}
		inside := filepath.Join(c.Repository, "inside")
		at := filepath.Join(c.Repository, filepath.FromSlash(link))
		if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o755), os.Mkdir(inside, 0o755)); err != nil {
			t.Fatal(err)
		}
		for _, to := range []string{outside, inside} {
			if err := os.Symlink(to, at); err != nil {
				t.Fatal(err)
			}
			if err := copies.Write(c, k, from); err == nil || !strings.Contains(err.Error(), link+" is not a folder") {
				t.Errorf("%s: got %v", name, err)
			}
			if _, err := copies.Open(c, k); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: got %v", name, err)
			}
			if err := os.Remove(at); err != nil {
				t.Fatal(err)
			}
		}
	}
	c := source.Copies{Repository: t.TempDir(), Folder: "vendor"}
	secret := filepath.Join(outside, "v.yaml")
	if err := errors.Join(os.WriteFile(secret, []byte("a: 1\n"), 0o644), os.MkdirAll(filepath.Join(c.Repository, "vendor/files/web.example"), 0o755),
		os.Symlink(secret, filepath.Join(c.Repository, "vendor/files/web.example/v.yaml"))); err != nil {
		t.Fatal(err)
	}
	if _, err := copies.Open(c, f); !errors.Is(err, source.ErrChanged) {
		t.Errorf("a link in place of a copy: %v", err)
	}
	if err := copies.Write(c, f, text); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a link in place of a copy: %v", err)
	}
	if entries, err := os.ReadDir(outside); err != nil || len(entries) != 1 {
		t.Errorf("written outside: %v, %v", entries, err)
	}
	bad, from := git(t, "https://git.example/bad", fstest.MapFS{"link": {Data: []byte("../../etc/passwd"), Mode: fs.ModeSymlink | 0o777}})
	if err := copies.Write(c, bad, from); err == nil || !strings.Contains(err.Error(), "its link link leads out of it") {
		t.Errorf("got %v", err)
	}
	if entries, err := filepath.Glob(filepath.Join(c.Repository, "vendor", ".roster*")); err != nil || len(entries) > 0 {
		t.Errorf("left there: %v", entries)
	}
}

func TestCopyName(t *testing.T) {
	const digest = source.Digest("sha256:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b")
	for want, k := range map[string]source.Locked{
		"web-1.0.0+b.1.tgz":                          {Reference: source.Reference{Kind: source.Chart, URL: "https://charts.example", Name: "web"}, Resolved: "1.0.0+b.1", Digest: digest},
		"db-1.0.0.tgz":                               {Reference: source.Reference{Kind: source.Chart, URL: "@house", Name: "charts/db"}, Resolved: "1.0.0", Digest: digest},
		"redis-18.1.0.tgz":                           {Reference: source.Reference{Kind: source.OCI, URL: "oci://r.example:5000/a/redis"}, Resolved: "18.1.0", Digest: digest},
		"redis-sha256_12.tgz":                        {Reference: source.Reference{Kind: source.OCI, URL: "oci://r.example/a/redis"}, Resolved: "sha256:12", Digest: digest},
		"oci/r.example_5000/a/b@v1":                  {Reference: source.Reference{Kind: source.OCI, URL: "oci://r.example:5000/a/b"}, Resolved: "v1", Digest: "tree-" + digest},
		"git/git.example/a/b.git@0123456789ab":       {Reference: source.Reference{Kind: source.Git, URL: "git@git.example:a/b.git"}, Resolved: commit, Digest: "tree-" + digest},
		"git/git.example_22/a/b@0123456789ab":        {Reference: source.Reference{Kind: source.Git, URL: "ssh://git@git.example:22/a/b"}, Resolved: commit, Digest: "tree-" + digest},
		"git/git.example/_git/_./x@0123456789ab":     {Reference: source.Reference{Kind: source.Git, URL: "https://git.example/.git/../x"}, Resolved: commit, Digest: "tree-" + digest},
		"files/web.example/a_b/v.yaml_token_=_2Fx__": {Reference: source.Reference{Kind: source.File, URL: "https://web.example/a%20b/v.yaml?token[=%2Fx()"}, Digest: digest},
	} {
		if got := k.CopyName(); got != want {
			t.Errorf("got %s, want %s", got, want)
		} else if !fs.ValidPath(got) {
			t.Errorf("%s is no path", got)
		}
	}
}
