package trace_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/trace"
)

// checkout is a folder on the disk with these files.
func checkout(t *testing.T, names ...string) (dir string, files fs.FS) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range names {
		if err := errors.Join(os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755), os.WriteFile(filepath.Join(dir, name), []byte(name), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return dir, root.FS()
}

func still(t *testing.T, seen trace.Seen, files fs.FS) bool {
	t.Helper()
	now, ok := trace.Verify(map[string]fs.FS{"": files}, nil, 1<<20).All(seen.Looks())
	return ok && now.Digest() == seen.Digest()
}

// TestLooks: each way to look at something is noticed, and then each change of what would be seen, and no other.
func TestLooks(t *testing.T) {
	readAll := func(files fs.FS, name string) (any, error) {
		f, err := files.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return io.ReadAll(f)
	}
	for what, look := range map[string]func(files fs.FS, name string) (any, error){
		"r": func(f fs.FS, name string) (any, error) { return fs.ReadFile(f, name) },
		"o": readAll,
		"d": func(f fs.FS, name string) (any, error) { return fs.ReadDir(f, name) },
		"s": func(f fs.FS, name string) (any, error) { return fs.Stat(f, name) },
		"l": func(f fs.FS, name string) (any, error) { return fs.Lstat(f, name) },
		"k": func(f fs.FS, name string) (any, error) { return fs.ReadLink(f, name) },
	} {
		for _, name := range []string{"a/file", "a", "a/link", "a/none"} {
			if what == "r" && name == "a" {
				continue // reading a folder as a file has no answer
			}
			for change, c := range map[string]struct {
				do    func(dir string) error
				shows string // in which looks, as LOOK:NAME
			}{
				"nothing":       {func(string) error { return nil }, ""},
				"touch":         {func(dir string) error { return os.Chtimes(dir+"/a/file", fixed, fixed) }, ""},
				"permissions":   {func(dir string) error { return os.Chmod(dir+"/a/file", 0o755) }, ""},
				"other content": {func(dir string) error { return os.WriteFile(dir+"/a/file", []byte("A/FILE"), 0o644) }, "r:a/file o:a/file r:a/link o:a/link"},
				"more content": {func(dir string) error { return os.WriteFile(dir+"/a/file", []byte("longer text"), 0o644) },
					"r:a/file o:a/file r:a/link o:a/link s:a/file l:a/file s:a/link"},
				"a new file": {func(dir string) error { return os.WriteFile(dir+"/a/none", nil, 0o644) }, "d:a o:a d:a/none r:a/none o:a/none s:a/none l:a/none k:a/none"},
				"no file": {func(dir string) error { return os.Remove(dir + "/a/file") },
					"d:a o:a r:a/file o:a/file s:a/file l:a/file k:a/file d:a/file r:a/link o:a/link s:a/link d:a/link"},
				"another link": {func(dir string) error {
					return errors.Join(os.Remove(dir+"/a/link"), os.Symlink("other", dir+"/a/link"))
				},
					"k:a/link r:a/link o:a/link s:a/link"},
				"a folder": {func(dir string) error { return errors.Join(os.Remove(dir+"/a/file"), os.Mkdir(dir+"/a/file", 0o755)) },
					"d:a o:a r:a/file o:a/file s:a/file l:a/file d:a/file r:a/link o:a/link s:a/link d:a/link"},
				"a pipe in place of a file": {func(dir string) error { return errors.Join(os.Remove(dir+"/a/file"), pipe(dir+"/a/file")) },
					"d:a o:a d:a/file d:a/link r:a/file o:a/file s:a/file l:a/file r:a/link o:a/link s:a/link"},
			} {
				dir, files := checkout(t, "a/file", "a/other")
				if err := os.Symlink("file", dir+"/a/link"); err != nil {
					t.Fatal(err)
				}
				r := trace.New(files, nil)
				r.Begin()
				got, err := look(r.Files(), name)
				want, wanted := look(files, name)
				if (err == nil) != (wanted == nil) || err != nil && err.Error() != wanted.Error() && what != "o" {
					t.Errorf("%s of %s: %v, want %v", what, name, err, wanted)
				}
				if text, ok := got.([]byte); ok && string(text) != string(want.([]byte)) {
					t.Errorf("%s of %s: %s", what, name, text)
				}
				taken := r.End(nil)
				if taken == nil || len(taken.Seen) == 0 {
					t.Fatalf("%s of %s: nothing is recorded", what, name)
				}
				if err := c.do(dir); err != nil {
					t.Fatal(err)
				}
				if got, want := still(t, taken.Seen, files), !has(c.shows, what+":"+name); got != want {
					t.Errorf("%s: %s of %s: the same: %v, want %v", change, what, name, got, want)
				}
			}
		}
	}
}

// TestFS: what is recorded is a file system as any other.
func TestFS(t *testing.T) {
	_, files := checkout(t, "a/b/c", "d")
	if err := fstest.TestFS(trace.New(files, nil).Files(), "a/b/c", "d"); err != nil {
		t.Error(err)
	}
}

// TestPart: a file of which only a part was read may differ in the rest, so that the record is of no use.
func TestPart(t *testing.T) {
	_, files := checkout(t, "a")
	r := trace.New(files, nil)
	f, err := r.Files().Open("a")
	if err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	if r.End(nil) != nil {
		t.Error("it is of use")
	}
	if r.Begin(); r.End(nil) == nil {
		t.Error("what comes then is of no use")
	}
}

// TestBetween: a file that is changed while it is being looked at.
func TestBetween(t *testing.T) {
	dir, files := checkout(t, "a")
	r := trace.New(files, nil)
	_, _ = fs.ReadFile(r.Files(), "a")
	if err := os.WriteFile(dir+"/a", []byte("new"), 0o644); err != nil {
		t.Fatal(err)
	}
	if taken := r.End(nil); taken == nil || still(t, taken.Seen, files) {
		t.Error("what was seen before is taken for what is there now")
	}
	r.Begin()
	_, _ = fs.ReadFile(r.Files(), "a")
	_ = os.WriteFile(dir+"/a", []byte("newer"), 0o644)
	_, _ = fs.ReadFile(r.Files(), "a")
	if r.End(nil) != nil {
		t.Error("two answers to one question are of use")
	}
}

// TestShared: what is looked at once for several is noted for each.
func TestShared(t *testing.T) {
	_, files := checkout(t, "a", "b", "c")
	r := trace.New(files, nil)
	read := func(name string) func() { return func() { _, _ = fs.ReadFile(r.Files(), name) } }
	r.Begin()
	inner := 0
	number := r.Shared(func() {
		read("a")()
		inner = r.Shared(read("b"))
	})
	read("c")()
	first := r.End(nil)
	r.Begin()
	r.Again(number)
	second := r.End(nil)
	r.Begin()
	r.Again(inner)
	third := r.End(nil)
	for _, c := range []struct {
		taken *trace.Taken
		own   int
		parts string
	}{{first, 1, fmt.Sprint([]int{number})}, {second, 0, fmt.Sprint([]int{number})}, {third, 0, fmt.Sprint([]int{inner})}} {
		if len(c.taken.Seen) != c.own || fmt.Sprint(c.taken.Shared) != c.parts {
			t.Errorf("%+v, want %+v", c.taken, c)
		}
	}
	if len(r.Part(number)) != 2 || len(r.Part(inner)) != 1 || r.Parts() != 2 {
		t.Errorf("%v, %v of %d", r.Part(number), r.Part(inner), r.Parts())
	}
	number = r.Shared(func() {
		f, _ := r.Files().Open("a")
		_ = f.Close()
	})
	if r.Begin(); r.End(nil) == nil {
		t.Error("without it, the record is of use")
	}
	if r.Again(number); r.End(nil) != nil {
		t.Error("what is shared and of no use makes it so")
	}
}

// sources are what was fetched: references by their URL.
type sources map[string]struct {
	digest source.Digest
	files  fs.FS
	err    error
}

func (s sources) Open(ref source.Reference) (fs.FS, error) {
	if found, ok := s[ref.URL]; ok {
		return found.files, found.err
	}
	return nil, source.ErrNotFetched
}

func (s sources) State(ref source.Reference) (source.Digest, error) {
	if found, ok := s[ref.URL]; ok {
		return found.digest, nil
	}
	return "", source.ErrNotFetched
}

// broken are files that cannot be read.
type broken struct{ fs.FS }

func (broken) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: source.ErrDamaged}
}

// TestSources: of what was fetched its digest counts, and what is damaged is no record.
func TestSources(t *testing.T) {
	good := fstest.MapFS{"a": {Data: []byte("a")}}
	a, b := source.Reference{URL: "a"}, source.Reference{URL: "b"}
	open := func(s source.Sources, ref source.Reference) *trace.Taken {
		r := trace.New(good, s)
		if files, err := r.Sources().Open(ref); err == nil {
			_, _ = fs.ReadFile(files, "a")
			_, _ = fs.ReadFile(files, "none")
		}
		return r.End([]source.Reference{ref})
	}
	before := sources{"a": {digest: "1", files: good}}
	for _, c := range []struct {
		ref  source.Reference
		now  sources
		want bool
	}{
		{a, before, true},
		{a, sources{"a": {digest: "2"}}, false},
		{a, sources{}, false},
		{b, before, true},
		{b, sources{"b": {digest: "1"}}, false},
	} {
		taken := open(before, c.ref)
		if taken == nil {
			t.Fatalf("%s: nothing is recorded", c.ref.URL)
		}
		now, ok := trace.Verify(nil, c.now, 1).All(taken.Seen.Looks())
		if same := ok && now.Digest() == taken.Seen.Digest(); same != c.want {
			t.Errorf("%s with %v: the same: %v", c.ref.URL, c.now, same)
		}
	}
	for what, s := range map[string]source.Sources{
		"damaged":         sources{"a": {digest: "1", err: fmt.Errorf("%w: %w", source.ErrNotFetched, source.ErrDamaged)}},
		"a damaged file":  sources{"a": {digest: "1", files: broken{}}},
		"another mistake": sources{"a": {digest: "1", err: errors.New("too many open files")}},
		"without digests": struct{ source.Sources }{before},
	} {
		if open(s, a) != nil {
			t.Errorf("%s: it is of use", what)
		}
	}
}

// TestMost: what there is to read is bounded.
func TestMost(t *testing.T) {
	files := fstest.MapFS{"a": {Data: make([]byte, 60)}, "b": {Data: make([]byte, 60)}}
	looks := []trace.Look{{Op: trace.Read, Name: "a"}, {Op: trace.Read, Name: "b"}}
	for most, want := range map[int64]bool{119: false, 120: true} {
		if _, ok := trace.Verify(map[string]fs.FS{"": files}, nil, most).All(looks); ok != want {
			t.Errorf("%d bytes: %v", most, ok)
		}
	}
}

// TestTrees: the same question about another tree is another one.
func TestTrees(t *testing.T) {
	seen := trace.Seen{{Op: trace.Read, Name: "a"}: {}, {Op: trace.Source, Name: "{}"}: {}}
	other := seen.In("x")
	if other.Digest() == seen.Digest() || len(other) != 2 {
		t.Error(other)
	}
	if !other.Add(seen) || len(other) != 3 {
		t.Error(other)
	}
	if seen.Add(trace.Seen{{Op: trace.Read, Name: "a"}: {1}}) {
		t.Error("it contradicts")
	}
	if _, ok := trace.Verify(nil, nil, 1).All(seen.Looks()); ok {
		t.Error("there is no such tree")
	}
}
