package fetch_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/source/cache"
	"github.com/hippotion/roster/internal/source/fetch"
)

// TestMain has this process trust the certificate of all servers of httptest, as a user trusts that of a private authority.
// It is also the process that a test starts to kill it.
func TestMain(m *testing.M) {
	if folder := os.Getenv("ROSTER_TEST_CACHE"); folder != "" {
		if err := child(folder, os.Getenv("ROSTER_TEST_URL")); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	s := httptest.NewTLSServer(nil)
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	certificate := filepath.Join(folder, "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := errors.Join(os.WriteFile(certificate, text, 0o600), os.Setenv("SSL_CERT_FILE", certificate)); err != nil {
		panic(err)
	}
	code := m.Run()
	s.Close()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// archive packs files: pairs of a name and a content. A name that ends in @ is a link.
func archive(t *testing.T, contents ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for i := 0; i < len(contents); i += 2 {
		h := &tar.Header{Name: contents[i], Mode: 0o644, Size: int64(len(contents[i+1]))}
		if name, link := strings.CutSuffix(h.Name, "@"); link {
			h = &tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: contents[i+1]}
			contents[i+1] = ""
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(contents[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func packed(t *testing.T, name, version string) []byte {
	return archive(t, name+"/Chart.yaml", "apiVersion: v2\nname: "+name+"\nversion: "+version+"\n", name+"/templates/x.yaml", "x: 1\n")
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

// server answers with texts, and counts what it was asked for.
type server struct {
	*httptest.Server
	mu    sync.Mutex
	files map[string][]byte
	asked []string
	// before, when set, may answer itself.
	before func(http.ResponseWriter, *http.Request) bool
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{files: map[string][]byte{}}
	s.Server = httptest.NewServer(http.HandlerFunc(s.answer))
	t.Cleanup(s.Close)
	return s
}

func (s *server) answer(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked = append(s.asked, r.URL.Path)
	data, ok := s.files[r.URL.Path]
	s.mu.Unlock()
	if s.before != nil && s.before(w, r) {
		return
	}
	if !ok {
		http.NotFound(w, r)
		return
	}
	_, _ = w.Write(data)
}

// requests are those since the last call.
func (s *server) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.asked
	s.asked = nil
	slices.Sort(out)
	return out
}

// charts puts a repository of charts there: NAME VERSION, packed as they are given.
func (s *server) charts(charts map[string][]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var index strings.Builder
	index.WriteString("apiVersion: v1\nentries:\n")
	last := ""
	var names []string
	for name := range charts {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, key := range names {
		name, version, _ := strings.Cut(key, " ")
		if name != last {
			fmt.Fprintf(&index, "  %s:\n", name)
		}
		last = name
		file := name + "-" + version + ".tgz"
		fmt.Fprintf(&index, "  - apiVersion: v2\n    description: |\n      entries:\n      %s:\n    digest: %s\n    name: %s\n    urls:\n    - %s\n    version: %s\n", name, sum(charts[key]), name, file, version)
		s.files["/"+file] = charts[key]
	}
	index.WriteString("generated: \"2026-01-01T00:00:00Z\"\n")
	s.files["/index.yaml"] = []byte(index.String())
}

// tried is a cache, and what is fetched into it.
type tried struct {
	t *testing.T
	fetch.Options
}

func try(t *testing.T) *tried {
	t.Helper()
	c, err := cache.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return &tried{t, fetch.Options{Cache: c, Network: &fetch.Network{}}}
}

// fetch fetches references. When all goes well, the lock is the new one. A run has a network of its own, as in the command line.
func (x *tried) fetch(refs ...source.Reference) error {
	x.t.Helper()
	n := x.Network
	x.Network = &fetch.Network{Credentials: n.Credentials, Map: n.Map, Git: n.Git, NoSubmodules: n.NoSubmodules, Limits: n.Limits}
	lock, err := fetch.All(x.t.Context(), func(source.Sources) ([]source.Reference, error) { return refs, nil }, x.Options)
	if err == nil {
		x.Lock = lock
	}
	return err
}

// must fetches references, of which the lock then has exactly these.
func (x *tried) must(refs ...source.Reference) source.Lock {
	x.t.Helper()
	if err := x.fetch(refs...); err != nil {
		x.t.Fatal(err)
	}
	return x.Lock
}

// fails fetches references, and expects that this fails with such a message, and changes neither the lock nor the contents.
func (x *tried) fails(want string, refs ...source.Reference) (message string) {
	x.t.Helper()
	before, lock := x.contents(), string(x.Lock.Text())
	err := x.fetch(refs...)
	if err == nil || !strings.Contains(err.Error(), want) {
		x.t.Errorf("got %v, want %s", err, want)
	}
	if string(x.Lock.Text()) != lock || x.contents() != before {
		x.t.Errorf("the lock or the cache were changed: %s, %s", x.Lock.Text(), x.contents())
	}
	return fmt.Sprint(err)
}

// contents are what the cache has, each of them verified. There must be nothing else in it.
func (x *tried) contents() string {
	x.t.Helper()
	list, err := x.Cache.List()
	if err != nil {
		x.t.Fatal(err)
	}
	var out []string
	for _, c := range list {
		if err := x.Cache.Verify(c.Digest); err != nil {
			x.t.Errorf("%s: %v", c.Digest, err)
		}
		out = append(out, string(c.Digest))
	}
	slices.Sort(out)
	if left, _ := filepath.Glob(filepath.Join(x.Cache.Folder(), "1", "new", "*")); len(left) > 0 {
		x.t.Errorf("left in the cache: %s", left)
	}
	return strings.Join(out, "\n")
}

// open opens a reference, as a worker does: with nothing but the folder and the lock.
func (x *tried) open(r source.Reference) fs.FS {
	x.t.Helper()
	files, err := cache.Pinned{Folder: x.Cache.Folder(), Lock: x.Lock}.Open(r)
	if err != nil {
		x.t.Fatal(err)
	}
	return files
}

func (x *tried) text(r source.Reference, name string) string {
	x.t.Helper()
	data, err := fs.ReadFile(x.open(r), name)
	if err != nil {
		x.t.Fatal(err)
	}
	return string(data)
}

func chart(s *server, name, version string) source.Reference {
	return source.Reference{Kind: source.Chart, URL: s.URL, Name: name, Version: version}
}

// TestRounds: what was fetched may refer to more, which is fetched, too, until there is no more.
func TestRounds(t *testing.T) {
	s, x := newServer(t), try(t)
	for i := range 30 {
		s.files[fmt.Sprintf("/%d", i)] = fmt.Appendf(nil, "%d", i+1)
	}
	at := func(i string) source.Reference { return source.Reference{Kind: source.File, URL: s.URL + "/" + i} }
	chain := func(last string) func(source.Sources) ([]source.Reference, error) {
		return func(known source.Sources) ([]source.Reference, error) {
			next, refs := "0", []source.Reference(nil)
			for {
				refs = append(refs, at(next), at(next))
				files, err := known.Open(at(next))
				if errors.Is(err, source.ErrNotFetched) || next == last {
					return refs, nil
				} else if err != nil {
					return nil, err
				}
				text, err := fs.ReadFile(files, next)
				if err != nil {
					return nil, err
				}
				next = string(text)
			}
		}
	}
	lock, err := fetch.All(t.Context(), chain("5"), x.Options)
	if err != nil || len(lock) != 6 {
		t.Errorf("%v, %s", err, lock.Text())
	}
	if _, err := fetch.All(t.Context(), chain(""), x.Options); err == nil || !strings.Contains(err.Error(), "refers to more, 20 times over") {
		t.Errorf("got %v", err)
	}
	broken := errors.New("broken")
	if _, err := fetch.All(t.Context(), func(source.Sources) ([]source.Reference, error) { return nil, broken }, x.Options); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// TestMany: one reference that cannot be had does not keep others from being fetched, and each is named.
func TestMany(t *testing.T) {
	s, x := newServer(t), try(t)
	s.files["/a"] = []byte("a")
	file := func(name string) source.Reference {
		return source.Reference{Kind: source.File, URL: s.URL + "/" + name}
	}
	lock, err := fetch.All(t.Context(), func(source.Sources) ([]source.Reference, error) {
		return []source.Reference{file("z"), file("a"), file("b"), {Kind: source.File, URL: "ftp://x/y"}}, nil
	}, x.Options)
	if _, ok := lock.Find(file("a")); !ok || len(lock) != 1 {
		t.Errorf("%s", lock.Text())
	}
	host := strings.TrimPrefix(s.URL, "http://")
	const hint = "\n  hint: check the name and the version; some servers say this, too, when they want credentials"
	want := "ftp://x/y: expected a URL that begins with https:// or http://\n" + s.URL + "/b: " + host + " answers 404 Not Found" + hint + "\n" + s.URL + "/z: " + host + " answers 404 Not Found" + hint
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// TestProgress tells of each reference that is asked for, and of none that is at hand.
func TestProgress(t *testing.T) {
	s, x := newServer(t), try(t)
	s.files["/a"] = []byte("a")
	var told []string
	x.Progress = func(e fetch.Event) {
		told = append(told, fmt.Sprint(e.Reference.URL[len(s.URL):], e.Done, e.Err != nil))
	}
	a, b := source.Reference{Kind: source.File, URL: s.URL + "/a"}, source.Reference{Kind: source.File, URL: s.URL + "/b"}
	x.must(a)
	_ = x.fetch(a, b)
	if got := strings.Join(told, " "); got != "/afalse false /atrue false /bfalse false /btrue true" {
		t.Errorf("got %s", got)
	}
}

// TestCancelled ends at once.
func TestCancelled(t *testing.T) {
	s, x := newServer(t), try(t)
	stop := make(chan struct{})
	s.before = func(http.ResponseWriter, *http.Request) bool { <-stop; return true }
	defer close(stop)
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, errors.New("enough"))
	defer cancel()
	_, err := fetch.All(ctx, func(source.Sources) ([]source.Reference, error) {
		return []source.Reference{{Kind: source.File, URL: s.URL + "/a"}}, nil
	}, x.Options)
	if err == nil || err.Error() != "enough" {
		t.Errorf("got %v", err)
	}
}

// write makes files in a folder.
func write(t *testing.T, folder string, contents map[string]string) {
	t.Helper()
	for name, text := range contents {
		name = filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
