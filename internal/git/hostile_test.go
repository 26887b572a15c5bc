package git_test

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hippotion/roster/internal/checkout"
	"github.com/hippotion/roster/internal/git"
)

// keep writes an object, whatever git thinks of it, and returns its name.
func (w *world) keep(kind string, data []byte) string {
	w.Helper()
	data = append(fmt.Appendf(nil, "%s %d\x00", kind, len(data)), data...)
	sum := sha1.Sum(data)
	id := hex.EncodeToString(sum[:])
	var b bytes.Buffer
	z, err := zlib.NewWriterLevel(&b, zlib.BestSpeed)
	if err == nil {
		_, err = z.Write(data)
		err = errors.Join(err, z.Close())
	}
	if err != nil {
		w.Fatal(err)
	}
	w.write(path.Join(".git/objects", id[:2], id[2:]), b.String())
	return id
}

func (w *world) blob(text string) string { return w.keep("blob", []byte(text)) }

// treeOf keeps a folder of entries, MODE NAME ID.
func (w *world) treeOf(entries ...[3]string) string {
	w.Helper()
	var b bytes.Buffer
	for _, e := range entries {
		id, err := hex.DecodeString(e[2])
		if err != nil {
			w.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %s\x00%s", e[0], e[1], id)
	}
	return w.keep("tree", b.Bytes())
}

// read are the files of the object of a folder.
func (w *world) read(tree string) *git.Files {
	w.Helper()
	t := w.open().Tree(git.Commit{Tree: tree})
	return w.tree(t)
}

// TestHostileNames: names that no path has are not there, and those of Git's own data cannot be read in any spelling.
func TestHostileNames(t *testing.T) {
	w := newWorld(t)
	b := w.blob("text")
	inner := w.treeOf([3]string{"100644", "x", b})
	var all [][3]string
	for _, name := range []string{".", "..", "a/b", "/etc", "", ".git", ".GIT", "git~1", ".g\u200cit", ".git ", "bad\xff", "line\nend", "-rf", "\x1b[31m", "ü"} {
		all = append(all, [3]string{"40000", name, inner})
	}
	f := w.read(w.treeOf(all...))
	list, err := f.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range list {
		names = append(names, e.Name())
	}
	if want := []string{"\x1b[31m", "-rf", "line\nend", "ü"}; !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
	for _, name := range names {
		if data, err := f.ReadFile(name + "/x"); err != nil || string(data) != "text" {
			t.Errorf("%q: %q, %v", name, data, err)
		}
	}
	for _, name := range []string{".git/x", ".GIT/x", "git~1/x", ".g\u200cit/x", ".git /x"} {
		if _, err := f.ReadFile(name); !errors.Is(err, checkout.ErrGit) {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"a/b", "bad\xff/x", "../etc", "./x", "a/b/x"} {
		if _, err := f.ReadFile(name); !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// TestHostileTrees: what cannot be read says why, and what is beside it can be read.
func TestHostileTrees(t *testing.T) {
	w := newWorld(t)
	b, missing := w.blob("text"), strings.Repeat("1", 40)
	long := w.blob(strings.Repeat("x", 5000))
	f := w.read(w.treeOf(
		[3]string{"40000", "twice", w.treeOf([3]string{"100644", "a", b}, [3]string{"40000", "a", w.treeOf()})},
		[3]string{"40000", "cut", w.keep("tree", []byte("100644 a\x00123"))},
		[3]string{"40000", "mode", w.treeOf([3]string{"rw-r--r--", "a", b})},
		[3]string{"40000", "gone", missing},
		[3]string{"40000", "file", b},
		[3]string{"100644", "folder", w.treeOf()},
		[3]string{"100644", "lost", missing},
		[3]string{"120000", "lost-link", missing},
		[3]string{"120000", "long-link", long},
		[3]string{"120000", "nul", w.blob("a\x00b")},
		[3]string{"160000", "module", missing},
		[3]string{"20000", "device", b},
		[3]string{"100644", "ok", b},
		[3]string{"100664", "old", b},
	))
	lost := "the object 111111111111 is missing in this repository, which may be a partial clone or damaged"
	for name, want := range map[string]string{
		"twice/a": `it has "a" twice, which only a damaged repository has`, "cut/a": "is damaged", "mode/a": "is damaged",
		"gone/a": lost, "lost": lost, "lost-link": lost, "file/a": "is a blob, not a tree", "folder": "is a tree, not a blob",
		"long-link": "it has 5000 bytes, more than 1 MiB", "nul": "invalid argument", "module/a": "file does not exist", "device": "is a directory",
	} {
		if _, err := f.ReadFile(name); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
		if data, err := f.ReadFile("ok"); err != nil || string(data) != "text" {
			t.Fatalf("after %s: %q, %v", name, data, err)
		}
	}
	if _, err := f.Stat("lost"); err == nil || !strings.HasSuffix(err.Error(), lost) {
		t.Errorf("got %v", err)
	}
	if list, err := f.ReadDir("module"); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
	if data, err := f.ReadFile("old"); err != nil || string(data) != "text" {
		t.Errorf("%q, %v", data, err)
	}
}

// TestBounds: what is too large is not held, and says so at once.
func TestBounds(t *testing.T) {
	w := newWorld(t)
	huge, b := w.keep("blob", make([]byte, git.MaxBlob+1)), w.blob("text")
	wide := make([][3]string, 200_000)
	for i := range wide {
		wide[i] = [3]string{"100644", fmt.Sprintf("f%d", i), b}
	}
	many := w.treeOf(wide...)
	var top [][3]string
	for i := range 3 {
		top = append(top, [3]string{"40000", fmt.Sprintf("d%d", i), many})
	}
	f := w.read(w.treeOf(append(top, [3]string{"100644", "huge", huge})...))
	if _, err := f.ReadFile("huge"); err == nil || err.Error() != "read huge: it has 134217729 bytes, more than 128 MiB" {
		t.Errorf("got %v", err)
	}
	if info, err := f.Stat("huge"); err != nil || info.Size() != git.MaxBlob+1 {
		t.Errorf("%v, %v", info, err)
	}
	files := 0
	err := fs.WalkDir(f, ".", func(_ string, _ fs.DirEntry, err error) error {
		files++
		return err
	})
	if want := "more than 500000 files and folders are not read"; err == nil || !strings.HasSuffix(err.Error(), want) || files > 500_100 {
		t.Errorf("%d files, and then %v", files, err)
	}
}

// TestBomb: few objects that are a tree of very many files end soon, and so do folders in folders.
func TestBomb(t *testing.T) {
	w := newWorld(t)
	b := w.blob("text")
	var leaves [][3]string
	for i := range 1000 {
		leaves = append(leaves, [3]string{"100644", fmt.Sprintf("f%d", i), b})
	}
	tree := w.treeOf(leaves...)
	for range 8 {
		var all [][3]string
		for i := range 10 {
			all = append(all, [3]string{"40000", fmt.Sprint(i), tree})
		}
		tree = w.treeOf(all...)
	}
	deep := w.blob("text")
	kind := "100644"
	for range 2100 {
		deep, kind = w.treeOf([3]string{kind, "d", deep}), "40000"
	}
	for name, tree := range map[string]string{"wide": tree, "deep": deep} {
		seen, longest := 0, 0
		err := fs.WalkDir(w.read(tree), ".", func(name string, _ fs.DirEntry, err error) error {
			seen, longest = seen+1, max(longest, len(name))
			return err
		})
		if err == nil || seen > 510_000 || longest > 4200 {
			t.Errorf("%s: %d files, a path of %d bytes, then %v", name, seen, longest, err)
		}
	}
}

// TestPartialClone: what a partial clone lacks is said, and not fetched, whatever git knows about that.
func TestPartialClone(t *testing.T) {
	w := newWorld(t)
	w.write("a", "content")
	w.write("b/c", "more")
	w.commit("first")
	w.git("config", "uploadpack.allowFilter", "true")
	clone := &world{t, filepath.Join(folder(t), "clone")}
	w.git("clone", "--quiet", "--no-checkout", "--filter=blob:none", "file://"+w.dir, clone.dir)
	ran := filepath.Join(folder(t), "ran")
	clone.git("config", "remote.origin.uploadpack", "touch '"+ran+"'; git-upload-pack")
	older := filepath.Join(folder(t), "git")
	if err := os.WriteFile(older, []byte("#!/bin/sh\nunset GIT_NO_LAZY_FETCH\nexport PATH='"+os.Getenv("PATH")+"'\nexec git \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{os.Getenv("PATH"), filepath.Dir(older)} {
		t.Setenv("PATH", path)
		f := clone.files("HEAD")
		if list, err := f.ReadDir("b"); err != nil || len(list) != 1 {
			t.Errorf("%v, %v", list, err)
		}
		for name, read := range map[string]func() error{
			"ReadFile": func() error { _, err := f.ReadFile("a"); return err },
			"Stat":     func() error { _, err := f.Stat("b/c"); return err },
		} {
			if err := read(); err == nil || !strings.HasSuffix(err.Error(), " is missing in this repository, which may be a partial clone or damaged") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("it was fetched")
	}
	if c := (&world{t, clone.dir}).git("cat-file", "-p", "HEAD:a"); c != "content" {
		t.Errorf("git itself fetches %q", c)
	}
	if _, err := os.Stat(ran); err != nil {
		t.Error("the remote's program would not be noticed")
	}
}

// TestForms: each form in which Git keeps objects is read, and replacements are not.
func TestForms(t *testing.T) {
	for name, options := range map[string][]string{"sha1": nil, "sha256": {"--object-format=sha256"}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, options...)
			w.write("a/b", "content")
			w.commit("first")
			for _, state := range []func(){func() {}, func() { w.git("gc", "--quiet") }, func() {
				w.git("replace", w.git("rev-parse", "HEAD:a/b"), w.gitWith([]byte("replaced"), "hash-object", "-w", "--stdin"))
			}} {
				state()
				if data, err := w.files("main").ReadFile("a/b"); err != nil || string(data) != "content" {
					t.Errorf("%q, %v", data, err)
				}
			}
		})
	}
}

// TestFolder: the files below a folder of a commit have none above it.
func TestFolder(t *testing.T) {
	w := newWorld(t)
	w.write("a/b/c", "content")
	w.write("secret", "secret")
	w.link("a/up", "../secret")
	w.link("way", "a")
	c := w.commit("first")
	r := w.open()
	commit, err := r.Commit(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := git.ParseTree(r.Tree(commit).In("way").Text())
	if err != nil {
		t.Fatal(err)
	}
	f := w.tree(tree)
	if data, err := f.ReadFile("b/c"); err != nil || string(data) != "content" {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := f.ReadFile("up"); err == nil || !strings.HasSuffix(err.Error(), "path escapes from parent") {
		t.Errorf("got %v", err)
	}
	for folder, want := range map[string]string{"none": "file does not exist", "secret": "not a directory", ".git": checkout.ErrGit.Error()} {
		if _, err := r.Tree(commit).In(folder).Open(); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", folder, err, want)
		}
	}
}

// TestTogether: several may read at once, and what reads for them ends when nothing is asked, when it is closed, and starts again.
func TestTogether(t *testing.T) {
	w := newWorld(t)
	for i := range 50 {
		w.write(fmt.Sprintf("d%d/f", i), strings.Repeat(fmt.Sprint(i), 5000))
	}
	w.commit("all")
	f := w.files("HEAD")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for i := range 50 {
				name := path.Join(fmt.Sprintf("d%d", i), "f")
				info, err := f.Stat(name)
				data, failed := f.ReadFile(name)
				if want := strings.Repeat(fmt.Sprint(i), 5000); errors.Join(err, failed) != nil || string(data) != want || info.Size() != int64(len(want)) {
					t.Errorf("%s: %v, %v", name, err, failed)
				}
			}
		})
	}
	group.Wait()
	if runtime.GOOS == "linux" && children(t) == 0 {
		t.Error("no process reads")
	}
	for deadline := time.Now().Add(10 * time.Second); runtime.GOOS == "linux" && children(t) > 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the processes do not end")
		}
	}
	if _, err := f.ReadFile("d1/f"); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil || children(t) > 0 {
		t.Errorf("%v, %d processes", err, children(t))
	}
	if _, err := f.ReadFile("d1/f"); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

// children is how many processes of this one run.
func children(t *testing.T) int {
	t.Helper()
	found, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, file := range found {
		text, _ := os.ReadFile(file) // of a thread that has ended
		n += len(strings.Fields(string(text)))
	}
	return n
}
