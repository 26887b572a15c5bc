package rendered

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/hippotion/roster/internal/trace"
)

const secretText = "correct horse battery staple"

func files(text string) fstest.MapFS {
	return fstest.MapFS{"deep/name-of-a-file": {Data: []byte(text)}}
}

func verifier(f fstest.MapFS) *trace.Verifier {
	return trace.Verify(map[string]fs.FS{"": f}, nil, 1<<20)
}

// keep keeps a result that was made of a file which holds text.
func keep(s *Store, details any, text, result string) {
	looked := []trace.Look{{Op: trace.Read, Name: "deep/name-of-a-file"}, {Op: trace.Stat, Name: "missing"}}
	own, _ := verifier(files(text)).All(looked[:1])
	shared, _ := verifier(files(text)).All(looked[1:])
	s.Keep(s.Of("test", details), own, []Part{s.Part(shared)}, []byte(result))
}

func find(s *Store, details any, f fstest.MapFS) string {
	result, _, ok := s.Find(s.Of("test", details), verifier(f))
	if !ok {
		return "nothing"
	}
	return string(result)
}

func openStore(t *testing.T, folder string) *Store {
	t.Helper()
	s := Cache{Folder: folder, Build: "1"}.Open()
	if s == nil {
		t.Fatal("it is not opened")
	}
	t.Cleanup(s.Close)
	return s
}

func names(t *testing.T, folder string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(folder, "rendered", "1", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestFind: a result is found for the same request, of the same program, while all that was looked at is the same.
func TestFind(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	keep(s, "request", "text", "result")
	keep(s, "request", "other", "other result") // such as of another branch
	late := files("text")
	late["missing"] = &fstest.MapFile{}
	for _, c := range []struct {
		what, details string
		files         fstest.MapFS
		want          string
	}{
		{"the same", "request", files("text"), "result"},
		{"what there was before", "request", files("other"), "other result"},
		{"other files", "request", files("third"), "nothing"},
		{"no file", "request", fstest.MapFS{}, "nothing"},
		{"a file that was missing", "request", late, "nothing"},
		{"another request", "other", files("text"), "nothing"},
	} {
		if got := find(openStore(t, dir), c.details, c.files); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
	other := Cache{Folder: dir, Build: "2"}.Open()
	defer other.Close()
	if got := find(other, "request", files("text")); got != "nothing" {
		t.Errorf("another program finds %s", got)
	}
	var off *Store
	keep(off, "request", "text", "result")
	if got := find(off, "request", files("text")); got != "nothing" {
		t.Errorf("a cache that is off has %s", got)
	}
}

// TestSealed: nothing of what went in, or of the result, can be read in the folder, and nobody else may try.
func TestSealed(t *testing.T) {
	dir := t.TempDir()
	keep(openStore(t, dir), "request "+secretText, "file "+secretText, "result "+secretText)
	all := names(t, dir)
	if len(all) != 4 { // with the key
		t.Fatal(all)
	}
	for _, name := range all {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{secretText, "name-of-a-file", "missing"} {
			if bytes.Contains(data, []byte(word)) || strings.Contains(name, word) {
				t.Errorf("%s can be read in %s", word, name)
			}
		}
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("others may read: %v, %v", info.Mode(), err)
		}
	}
	if info, err := os.Stat(filepath.Dir(all[0])); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("others may read: %v, %v", info.Mode(), err)
	}
	elsewhere := t.TempDir() // with another key, so that the same has other names
	keep(openStore(t, elsewhere), "request "+secretText, "file "+secretText, "result "+secretText)
	for _, name := range names(t, elsewhere) {
		if base := filepath.Base(name); base != keyFile && bytes.Contains([]byte(strings.Join(all, " ")), []byte(base)) {
			t.Errorf("%s is the name in both folders", base)
		}
	}
}

// TestDamaged: what somebody has changed is not there, and is made again.
func TestDamaged(t *testing.T) {
	for what, damage := range map[string]func(string) error{
		"changed":   func(p string) error { return change(p, func(b []byte) []byte { b[len(b)/2] ^= 1; return b }) },
		"truncated": func(p string) error { return change(p, func(b []byte) []byte { return b[:len(b)/2] }) },
		"empty":     func(p string) error { return os.Truncate(p, 0) },
		"longer":    func(p string) error { return change(p, func(b []byte) []byte { return append(b, 0) }) },
		"huge":      func(p string) error { return os.Truncate(p, maxEntry+1) },
		"foreign":   func(p string) error { return os.WriteFile(p, []byte(strings.Repeat("x", 100)), 0o600) },
		"a folder":  func(p string) error { _ = os.Remove(p); return os.Mkdir(p, 0o700) },
		"a link":    func(p string) error { _ = os.Rename(p, p+"2"); return os.Symlink(p+"2", p) },
		"gone":      os.Remove,
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			keep(openStore(t, dir), "request", "text", "result")
			for _, name := range names(t, dir) {
				good, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				if err := damage(name); err != nil {
					t.Fatal(err)
				}
				s := Cache{Folder: dir, Build: "1"}.Open() // without its key, it may make a new one, or be of no use
				if got := find(s, "request", files("text")); got != "nothing" {
					t.Errorf("%s: found %s", name, got)
				}
				s.Close()
				if err := errors.Join(os.RemoveAll(name), os.WriteFile(name, good, 0o600)); err != nil {
					t.Fatal(err)
				}
			}
			if got := find(openStore(t, dir), "request", files("text")); got != "result" {
				t.Errorf("with all as it was: %s", got)
			}
		})
	}
}

func change(name string, change func([]byte) []byte) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	return os.WriteFile(name, change(data), 0o600)
}

// TestSwapped: an entry under the name of another is not taken for it.
func TestSwapped(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	keep(s, "one", "text", "result one")
	keep(s, "two", "text", "result two")
	all := names(t, dir)
	for _, from := range all {
		for _, to := range all {
			if from == to || filepath.Base(from) == keyFile || filepath.Base(to) == keyFile {
				continue
			}
			good, _ := os.ReadFile(to)
			data, _ := os.ReadFile(from)
			if err := os.WriteFile(to, data, 0o600); err != nil {
				t.Fatal(err)
			}
			for _, request := range []string{"one", "two"} {
				if got := find(openStore(t, dir), request, files("text")); got != "nothing" && got != "result "+request {
					t.Errorf("for %s: %s", request, got)
				}
			}
			if err := os.WriteFile(to, good, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestUnusable: without a folder, or in one that others may write to, nothing is kept, and that is no error.
func TestUnusable(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	shared := filepath.Join(dir, "shared")
	if err := os.MkdirAll(filepath.Join(shared, "rendered", "1"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(shared, "rendered", "1"), 0o777); err != nil {
		t.Fatal(err)
	}
	for what, folder := range map[string]string{"none": "", "a file": file, "below a file": filepath.Join(file, "x"), "shared": shared} {
		if s := (Cache{Folder: folder}).Open(); s != nil {
			t.Errorf("%s: it is opened", what)
		}
	}
	s := openStore(t, dir)
	if err := os.RemoveAll(filepath.Join(dir, "rendered")); err != nil { // while it is open
		t.Fatal(err)
	}
	keep(s, "request", "text", "result")
	if got := find(s, "request", files("text")); got != "nothing" {
		t.Errorf("found %s", got)
	}
}

// TestForeign: a folder of another user is not used, in which he may have put results that he likes.
func TestForeign(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	user := os.Geteuid()
	if !s.mine(user) {
		t.Error("it is not its owner's")
	}
	if user == 0 { // whose folders all trust
		if err := os.Chown(filepath.Join(dir, "rendered", "1"), 1, -1); err != nil {
			t.Fatal(err)
		}
		if (Cache{Folder: dir}).Open() != nil {
			t.Error("it is opened")
		}
		user = 1
	}
	if s.mine(user + 1) {
		t.Error("it is another user's")
	}
}

// TestPrune: the oldest go first when there is too much, and what a run has left that was killed.
func TestPrune(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	at := func(i int) time.Time { return time.Now().Add(time.Duration(i-100) * time.Hour) }
	for i := range 10 {
		s.put([]byte{byte(i)}, make([]byte, 1000))
		name, _ := s.sealed([]byte{byte(i)})
		if err := s.root.Chtimes(name, at(i), at(i)); err != nil {
			t.Fatal(err)
		}
	}
	for name, age := range map[string]int{".old.tmp": 0, ".new.tmp": 100} {
		if err := s.root.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := s.root.Chtimes(name, at(age), at(age)); err != nil {
			t.Fatal(err)
		}
	}
	left := func() (out string) {
		for i := range 10 {
			name, _ := s.sealed([]byte{byte(i)})
			if _, err := s.root.Lstat(name); err == nil {
				out += fmt.Sprint(i)
			}
		}
		for _, name := range []string{".old.tmp", ".new.tmp", keyFile} {
			if _, err := s.root.Lstat(name); err == nil {
				out += " " + name
			}
		}
		return out
	}
	for _, c := range []struct {
		most  bounds
		since time.Time
		want  string
	}{
		{bounds{1 << 20, 100}, time.Time{}, "0123456789 .new.tmp key"},
		{bounds{1 << 20, 100}, at(2).Add(-time.Minute), "23456789 .new.tmp key"},
		{bounds{8000, 100}, time.Time{}, "56789 .new.tmp key"}, // eight of 1028 bytes are more, and five are three quarters
		{bounds{1 << 20, 5}, time.Time{}, "89 .new.tmp key"},   // three quarters, with the one that is being written
		{bounds{1 << 20, 100}, time.Now().Add(time.Hour), " key"},
	} {
		if _, err := s.prune(c.most, c.since); err != nil {
			t.Fatal(err)
		}
		if got := left(); got != c.want {
			t.Errorf("%v since %v: left are %s, want %s", c.most, c.since, got, c.want)
		}
	}
}

// TestTogether: several runs use one folder at once.
func TestTogether(t *testing.T) {
	dir := t.TempDir()
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			s := Cache{Folder: dir, Build: "1"}.Open()
			if s == nil {
				t.Error("it is not opened")
				return
			}
			defer s.Close()
			for i := range 50 {
				text := fmt.Sprint("text ", i)
				keep(s, i, text, "result of "+text)
				if got := find(s, i, files(text)); got != "result of "+text && got != "nothing" {
					t.Errorf("%s gives %s", text, got)
				}
			}
		})
	}
	group.Wait()
	s := openStore(t, dir)
	for i := range 50 {
		text := fmt.Sprint("text ", i)
		if got := find(s, i, files(text)); got != "result of "+text {
			t.Errorf("%s gives %s", text, got)
		}
	}
}
