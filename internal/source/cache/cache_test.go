package cache_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/source/cache"
)

// TestMain is also the process that TestKilled and TestFullDisk start: it writes contents until it is killed.
func TestMain(m *testing.M) {
	folder := os.Getenv("ROSTER_TEST_CACHE")
	if folder == "" {
		os.Exit(m.Run())
	}
	c, err := cache.Open(folder)
	for i := 0; err == nil; i++ {
		_, err = store(c, content(i%50))
		if err == nil {
			_, err = storeTree(c, content(i%50))
		}
	}
	fmt.Println(err)
	os.Exit(1)
}

// content is one of some contents, of different lengths.
func content(i int) string { return strings.Repeat(fmt.Sprint("content ", i, "\n"), 1+i*400) }

func store(c *cache.Cache, text string) (source.Digest, error) {
	w, err := c.Create(cache.MaxFile)
	if err != nil {
		return "", err
	}
	defer w.Discard()
	if _, err := w.Write([]byte(text)); err != nil {
		return "", err
	}
	return w.Digest(), w.Commit(w.Digest(), "a test")
}

func storeTree(c *cache.Cache, text string) (source.Digest, error) {
	w, err := c.Create(source.MaxTreeBytes)
	if err != nil {
		return "", err
	}
	defer w.Discard()
	tree := source.NewTreeWriter(w)
	if err := tree.Add("a/b", 0o644, strings.NewReader(text)); err != nil {
		return "", err
	}
	digest, err := tree.Close()
	if err != nil {
		return "", err
	}
	return digest, w.Commit(digest, "a tree")
}

func open(t *testing.T) *cache.Cache {
	t.Helper()
	c, err := cache.Open(filepath.Join(t.TempDir(), "not", "yet", "there"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func must[T any](t *testing.T) func(v T, err error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestCache(t *testing.T) {
	c := open(t)
	file, tree := must[source.Digest](t)(store(c, "one")), must[source.Digest](t)(storeTree(c, "two"))
	if again := must[source.Digest](t)(store(c, "one")); again != file {
		t.Errorf("%s, %s", file, again)
	}
	if data, err := c.File(file); err != nil || string(data) != "one" {
		t.Errorf("%q, %v", data, err)
	}
	files := must[fs.FS](t)(c.Tree(tree))
	if data, err := fs.ReadFile(files, "a/b"); err != nil || string(data) != "two" {
		t.Errorf("%q, %v", data, err)
	}
	for _, d := range []source.Digest{file, tree} {
		if err := c.Verify(d); err != nil {
			t.Error(err)
		}
	}
	for _, d := range []source.Digest{"", "sha256:../../x", file[:20], "sha256:" + source.Digest(strings.Repeat("0", 64))} {
		if _, err := c.File(d); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", d, err)
		}
	}
	if _, err := c.File(tree); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a tree as a file: %v", err)
	}
	if _, err := c.Tree(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file as a tree: %v", err)
	}
	list := must[[]cache.Content](t)(c.List())
	if len(list) != 2 || list[0].Digest != tree || list[0].FetchedAs != "a tree" || list[1].Size != 3 || list[1].FetchedAs != "a test" {
		t.Errorf("%+v", list)
	}
	if info, err := os.Stat(c.Folder()); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("others may read: %v, %v", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(c.Folder(), "1", "new", "*")); len(left) > 0 {
		t.Errorf("left: %s", left)
	}
}

// TestWriter: what is too large, or is another content than the one that was expected, gets no name.
func TestWriter(t *testing.T) {
	c := open(t)
	w := must[*cache.Writer](t)(c.Create(3))
	if _, err := w.Write([]byte("four")); !errors.Is(err, cache.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
	w.Discard()
	w = must[*cache.Writer](t)(c.Create(3))
	_, _ = w.Write([]byte("one"))
	if err := w.Commit("sha256:"+source.Digest(strings.Repeat("0", 64)), "x"); !errors.Is(err, source.ErrDamaged) {
		t.Errorf("got %v", err)
	}
	w.Discard()
	if list := must[[]cache.Content](t)(c.List()); len(list) > 0 {
		t.Errorf("%+v", list)
	}
	if left, _ := filepath.Glob(filepath.Join(c.Folder(), "1", "new", "*")); len(left) > 0 {
		t.Errorf("left: %s", left)
	}
}

// path is where a content lies.
func path(c *cache.Cache, d source.Digest) string {
	kind, hex, _ := strings.Cut(string(d), ":")
	return filepath.Join(c.Folder(), "1", kind, hex[:2], hex)
}

// TestDamaged: what somebody has changed is noticed, and fetching it again mends it.
func TestDamaged(t *testing.T) {
	c := open(t)
	file, tree := must[source.Digest](t)(store(c, "one")), must[source.Digest](t)(storeTree(c, "two"))
	lock := source.NewLock(source.Locked{Reference: source.Reference{Kind: source.File, URL: "https://web.example/x"}, Digest: file},
		source.Locked{Reference: source.Reference{Kind: source.Git, URL: "https://git.example/x"}, Digest: tree})
	pinned := cache.Pinned{Folder: c.Folder(), Lock: lock}
	elsewhere := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(elsewhere, []byte("one"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func(string) error{
		"changed":   func(p string) error { return os.WriteFile(p, []byte("two"), 0o600) },
		"truncated": func(p string) error { return os.Truncate(p, 2) },
		"a link":    func(p string) error { return errors.Join(os.Remove(p), os.Symlink(elsewhere, p)) },
		"a folder":  func(p string) error { return errors.Join(os.Remove(p), os.Mkdir(p, 0o700)) },
		"missing":   os.Remove,
	} {
		for _, k := range lock {
			if err := damage(path(c, k.Digest)); err != nil {
				t.Fatal(err)
			}
			if err := c.Verify(k.Digest); err == nil {
				t.Errorf("%s: not noticed", name)
			}
			if _, err := pinned.Open(k.Reference); !errors.Is(err, source.ErrNotFetched) {
				t.Errorf("%s: opened: %v", name, err)
			}
			_ = os.Remove(path(c, k.Digest))
		}
		must[source.Digest](t)(store(c, "one"))
		must[source.Digest](t)(storeTree(c, "two"))
		for _, k := range lock {
			if err := c.Verify(k.Digest); err != nil {
				t.Errorf("%s: not mended: %v", name, err)
			}
		}
	}
}

func TestPinned(t *testing.T) {
	c := open(t)
	chart := source.Reference{Kind: source.Chart, URL: "https://charts.example", Name: "web", Version: "1.x"}
	git := source.Reference{Kind: source.Git, URL: "https://git.example/x"}
	lock := source.NewLock(source.Locked{Reference: chart, Resolved: "1.2.0", Digest: must[source.Digest](t)(store(c, "chart"))},
		source.Locked{Reference: git, Digest: must[source.Digest](t)(storeTree(c, "two"))})
	pinned := cache.Pinned{Folder: c.Folder(), Lock: lock}
	if data, err := fs.ReadFile(must[fs.FS](t)(pinned.Open(chart)), "web.tgz"); err != nil || string(data) != "chart" {
		t.Errorf("%q, %v", data, err)
	}
	if data, err := fs.ReadFile(must[fs.FS](t)(pinned.Open(git)), "a/b"); err != nil || string(data) != "two" {
		t.Errorf("%q, %v", data, err)
	}
	other := chart
	other.Version = "2.x"
	for _, c := range []struct {
		sources cache.Pinned
		open    source.Reference
		want    string
	}{
		{pinned, other, `chart web 2.x of https://charts.example is not fetched: roster.lock has "1.x"`},
		{cache.Pinned{Folder: t.TempDir(), Lock: lock}, chart, "chart web 1.x of https://charts.example is in roster.lock, but not fetched on this machine"},
		{cache.Pinned{Folder: "/nonexistent/cache", Lock: lock}, git, "HEAD of https://git.example/x is in roster.lock, but not fetched on this machine"},
	} {
		if _, err := c.sources.Open(c.open); !errors.Is(err, source.ErrNotFetched) || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
	if _, err := os.Stat("/nonexistent/cache"); err == nil {
		t.Error("reading has made a cache")
	}
}

// TestPrune removes what was not used for long, and what runs have left that were killed.
func TestPrune(t *testing.T) {
	c := open(t)
	old, used := must[source.Digest](t)(store(c, "old")), must[source.Digest](t)(storeTree(c, "used"))
	long := time.Now().Add(-100 * time.Hour)
	for _, d := range []source.Digest{old, used} {
		if err := os.Chtimes(path(c, d), long, long); err != nil {
			t.Fatal(err)
		}
	}
	left := must[*cache.Writer](t)(c.Create(10)) // by one that was killed, and by one that writes
	written := must[*cache.Writer](t)(c.Create(10))
	defer written.Discard()
	_ = left
	names, _ := filepath.Glob(filepath.Join(c.Folder(), "1", "new", "*"))
	if err := os.Chtimes(names[0], long, long); err != nil || len(names) != 2 {
		t.Fatal(names, err)
	}
	must[fs.FS](t)(c.Tree(used))
	removed := must[[]cache.Content](t)(c.Prune(time.Now().Add(-50 * time.Hour)))
	if len(removed) != 1 || removed[0].Digest != old {
		t.Errorf("removed %+v", removed)
	}
	if list := must[[]cache.Content](t)(c.List()); len(list) != 1 || list[0].Digest != used {
		t.Errorf("%+v", list)
	}
	if now, _ := filepath.Glob(filepath.Join(c.Folder(), "1", "new", "*")); len(now) != 1 || now[0] != names[1] {
		t.Errorf("%v of %v", now, names)
	}
	if about, _ := filepath.Glob(filepath.Join(c.Folder(), "1", "about", "*")); len(about) != 1 {
		t.Errorf("%v", about)
	}
	if removed, err := open(t).Prune(time.Now()); err != nil || len(removed) > 0 {
		t.Errorf("an empty cache: %v, %v", removed, err)
	}
}

// TestTogether: many write the same contents at once, and others read them.
func TestTogether(t *testing.T) {
	c := open(t)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			mine, err := cache.Open(c.Folder())
			if err != nil {
				t.Error(err)
				return
			}
			defer mine.Close()
			for i := range 10 {
				d, err := store(mine, content(i))
				if err == nil {
					err = mine.Verify(d)
				}
				if err == nil {
					d, err = storeTree(mine, content(i))
				}
				if err = errors.Join(err, mine.Verify(d)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if list := must[[]cache.Content](t)(c.List()); len(list) != 20 {
		t.Errorf("%d contents", len(list))
	}
}

// writer starts a process that writes into the cache without end.
func writer(t *testing.T, c *cache.Cache, shell string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	command := exec.Command("sh", "-c", shell+` exec "$0"`, must[string](t)(os.Executable()))
	command.Env = append(os.Environ(), "ROSTER_TEST_CACHE="+c.Folder())
	command.Stdout = &out
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	return command, &out
}

// TestKilled: whatever has a name in the cache is whole, whenever those that write are killed.
func TestKilled(t *testing.T) {
	c := open(t)
	for i := range 12 {
		command, _ := writer(t, c, "")
		time.Sleep(time.Duration(20+7*i) * time.Millisecond)
		_ = command.Process.Kill()
		_ = command.Wait()
	}
	list := must[[]cache.Content](t)(c.List())
	if len(list) == 0 {
		t.Error("nothing was written: the test shows nothing")
	}
	for _, content := range list {
		if err := c.Verify(content.Digest); err != nil {
			t.Errorf("%s: %v", content.Digest, err)
		}
	}
}

// TestFullDisk: a content that does not fit gets no name, and leaves nothing behind; the message says why.
func TestFullDisk(t *testing.T) {
	c := open(t)
	command, out := writer(t, c, "trap '' XFSZ; ulimit -f 200;")
	_ = command.Wait()
	if !strings.HasPrefix(out.String(), "writing into the cache: file too large") {
		t.Errorf("got %s", out)
	}
	list := must[[]cache.Content](t)(c.List())
	if len(list) == 0 {
		t.Error("nothing was written: the test shows nothing")
	}
	for _, content := range list {
		if err := c.Verify(content.Digest); err != nil {
			t.Errorf("%s: %v", content.Digest, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(c.Folder(), "1", "new", "*")); len(left) > 0 {
		t.Errorf("left: %s", left)
	}
}
