package fetch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/source/cache"
	"github.com/hippotion/roster/internal/source/fetch"
)

// child is what a process of TestKilled or TestFullDisk does: it fetches references, or all charts of a server.
func child(folder, what string) error {
	c, err := cache.Open(folder)
	if err != nil {
		return err
	}
	var refs []source.Reference
	if json.Unmarshal([]byte(what), &refs) != nil {
		refs = many(what)
	}
	_, err = fetch.All(context.Background(), func(source.Sources) ([]source.Reference, error) {
		return refs, nil
	}, fetch.Options{Cache: c, Network: &fetch.Network{Git: os.Environ()}})
	return err
}

const charts = 20

func many(url string) []source.Reference {
	var out []source.Reference
	for i := range charts {
		out = append(out, source.Reference{Kind: source.Chart, URL: url, Name: fmt.Sprint("web", i)})
	}
	return out
}

// manyCharts serves the charts of many, of 400 KB each.
func manyCharts(t *testing.T) *server {
	s := newServer(t)
	all := map[string][]byte{}
	for i := range charts {
		name := fmt.Sprint("web", i)
		all[name+" 1.0.0"] = archive(t, name+"/Chart.yaml", "name: "+name+"\n", name+"/x", noise(400<<10, i))
	}
	s.charts(all)
	return s
}

// noise is a text that cannot be packed well.
func noise(size, seed int) string {
	var b strings.Builder
	x := uint64(seed) + 1
	for b.Len() < size {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		fmt.Fprintf(&b, "%x", x)
	}
	return b.String()
}

func start(t *testing.T, x *tried, url, shell string) (*exec.Cmd, *strings.Builder) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command("sh", "-c", shell+` exec "$0"`, program)
	command.Env = append(os.Environ(), "ROSTER_TEST_CACHE="+x.Cache.Folder(), "ROSTER_TEST_URL="+url)
	var out strings.Builder
	command.Stdout = &out
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	return command, &out
}

// TestKilled: whenever a run is killed, all that has a name in the cache is whole, and the next run brings what is missing.
func TestKilled(t *testing.T) {
	s, x := manyCharts(t), try(t)
	for i := range 8 {
		command, _ := start(t, x, s.URL, "")
		time.Sleep(time.Duration(30+15*i) * time.Millisecond)
		_ = command.Process.Kill()
		_ = command.Wait()
		list, err := x.Cache.List()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range list {
			if err := x.Cache.Verify(c.Digest); err != nil {
				t.Errorf("%s: %v", c.Digest, err)
			}
		}
	}
	if lock := x.must(many(s.URL)...); len(lock) != charts {
		t.Errorf("%d charts", len(lock))
	}
}

// TestFullDisk: what does not fit is said, and not there; all else is.
func TestFullDisk(t *testing.T) {
	s, x := newServer(t), try(t)
	all := map[string][]byte{}
	for i := range charts {
		name, size := fmt.Sprint("web", i), 1000
		if i == 3 {
			size = 1 << 20
		}
		all[name+" 1.0.0"] = archive(t, name+"/Chart.yaml", "name: "+name+"\n", name+"/x", noise(size, i))
	}
	s.charts(all)
	command, out := start(t, x, s.URL, "trap '' XFSZ; ulimit -f 200;")
	_ = command.Wait()
	if want := "chart web3 of " + s.URL + ": version 1.0.0: writing into the cache: file too large\n"; out.String() != want {
		t.Errorf("got %s, want %s", out, want)
	}
	if got := strings.Count(x.contents(), "\n") + 1; got != charts-1 {
		t.Errorf("%d contents", got)
	}
}

// TestTogether: two runs into one cache at once do no harm to each other.
func TestTogether(t *testing.T) {
	s, x := manyCharts(t), try(t)
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			if err := child(x.Cache.Folder(), s.URL); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := strings.Count(x.contents(), "\n") + 1; got != charts {
		t.Errorf("%d contents", got)
	}
	s.requests()
	x.Lock = nil
	x.must(many(s.URL)...)
}

// TestHalf: a download that ends in the middle is tried again, and is not taken when that does not help.
func TestHalf(t *testing.T) {
	s, x := newServer(t), try(t)
	s.charts(map[string][]byte{"web 1.0.0": packed(t, "web", "1.0.0")})
	var times atomic.Int32
	helps := int32(2)
	s.before = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, ".tgz") || times.Add(1) > helps {
			return false
		}
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte("half"))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	helps = 100
	x.fails("version 1.0.0: the server ended in the middle: unexpected EOF", chart(s, "web", ""))
	if times.Load() != 3 {
		t.Errorf("tried %d times", times.Load())
	}
	times.Store(0)
	helps = 2
	x.must(chart(s, "web", ""))
}

// TestBusy: a server that is busy is asked again, one that says no is not.
func TestBusy(t *testing.T) {
	for code, want := range map[int]int32{503: 3, 502: 3, 429: 3, 500: 1, 404: 1, 401: 1} {
		s, x := newServer(t), try(t)
		var times atomic.Int32
		s.before = func(w http.ResponseWriter, _ *http.Request) bool {
			times.Add(1)
			w.WriteHeader(code)
			return true
		}
		x.fails(fmt.Sprintf(" answers %d %s", code, http.StatusText(code)), source.Reference{Kind: source.File, URL: s.URL + "/a"})
		if times.Load() != want {
			t.Errorf("%d: asked %d times", code, times.Load())
		}
	}
}

// TestSlow: neither a server that says nothing, nor one that says it byte by byte, holds a run up for longer than it may.
func TestSlow(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	wait := func(r *http.Request, d time.Duration) bool {
		select {
		case <-stop:
			return false
		case <-r.Context().Done():
			return false
		case <-time.After(d):
			return true
		}
	}
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request)
		limits fetch.Limits
		want   string
	}{
		"silent": {func(w http.ResponseWriter, r *http.Request) { wait(r, time.Hour) }, fetch.Limits{Stall: 100 * time.Millisecond}, "no answer in time"},
		"stops": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte("a"))
			_ = http.NewResponseController(w).Flush()
			wait(r, time.Hour)
		}, fetch.Limits{Stall: 100 * time.Millisecond}, "the server stopped sending"},
		"slow": {func(w http.ResponseWriter, r *http.Request) {
			for wait(r, 20*time.Millisecond) {
				_, _ = w.Write([]byte("a"))
				_ = http.NewResponseController(w).Flush()
			}
		}, fetch.Limits{Stall: 200 * time.Millisecond, Each: 400 * time.Millisecond}, "it took too long"},
		"endless": {func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
		}, fetch.Limits{File: 1 << 20}, "it is larger than 1 MiB"},
		"endless headers": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X", strings.Repeat("x", 1<<20))
		}, fetch.Limits{}, "exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			s, x := newServer(t), try(t)
			x.Network.Limits = c.limits
			s.before = func(w http.ResponseWriter, r *http.Request) bool { c.answer(w, r); return true }
			begin := time.Now()
			x.fails(c.want, source.Reference{Kind: source.File, URL: s.URL + "/a"})
			if took := time.Since(begin); took > 5*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

// TestDead: each kind of source says that its server is not there.
func TestDead(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	for _, ref := range []source.Reference{
		{Kind: source.Chart, URL: "http://" + address, Name: "web"}, {Kind: source.OCI, URL: "oci://" + address + "/web", Version: "1.0.0"},
		{Kind: source.OCI, URL: "oci://" + address + "/web"}, {Kind: source.File, URL: "http://" + address + "/x"},
	} {
		try(t).fails("connection refused", ref)
	}
}

// TestDamagedCache: what the disk has damaged is fetched again.
func TestDamagedCache(t *testing.T) {
	s, x := newServer(t), try(t)
	s.files["/a"] = []byte("a")
	ref := source.Reference{Kind: source.File, URL: s.URL + "/a"}
	k, _ := x.must(ref).Find(ref)
	name := x.Cache.Folder() + "/1/sha256/" + k.Digest.Hex()[:2] + "/" + k.Digest.Hex()
	if err := os.WriteFile(name, []byte("b"), 0o600); err != nil {
		t.Fatal(err)
	}
	x.Locked = true
	x.must(ref)
	if got := x.text(ref, "a"); got != "a" {
		t.Errorf("got %q", got)
	}
}

// kindOfSource is a server of some kind with large things.
type kindOfSource struct {
	refs []source.Reference
	// broken has the server end in the middle from then on; asked is how often it was asked since the last call.
	broken *atomic.Bool
	asked  func() int
}

// eachKind has one of each kind.
func eachKind(t *testing.T) map[string]kindOfSource {
	out := map[string]kindOfSource{}
	const size = 300 << 10
	half := func(w http.ResponseWriter) bool {
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write([]byte("half"))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	breaking := func(s *server, large func(path string) bool) *atomic.Bool {
		broken, serve := &atomic.Bool{}, s.before
		s.before = func(w http.ResponseWriter, r *http.Request) bool {
			return broken.Load() && large(r.URL.Path) && half(w) || serve != nil && serve(w, r)
		}
		return broken
	}
	charts, files, registry, c := newServer(t), newServer(t), newRegistry(t), newCheckout(t)
	all := map[string][]byte{}
	var ofCharts, ofFiles, ofRegistry, ofCommits []source.Reference
	for i := range 3 {
		name, text := fmt.Sprint("web", i), noise(size, i)
		all[name+" 1.0.0"] = archive(t, name+"/Chart.yaml", "name: "+name+"\n", name+"/x", text)
		ofCharts = append(ofCharts, chart(charts, name, "1.0.0"))
		files.files["/"+name] = []byte(text)
		ofFiles = append(ofFiles, source.Reference{Kind: source.File, URL: files.URL + "/" + name})
		tag := fmt.Sprintf("1.0.%d", i)
		registry.push(tag, emptyConfig, imageLayer, string(archive(t, "a", text)))
		ofRegistry = append(ofRegistry, registry.ref(tag))
		c.commit(map[string]string{"a": text})
		c.git("tag", tag)
	}
	charts.charts(all)
	brokenGit, askedGit := &atomic.Bool{}, &atomic.Int32{}
	url := c.overHTTP(func(w http.ResponseWriter, r *http.Request) bool {
		askedGit.Add(1)
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if brokenGit.Load() && bytes.Contains(body, []byte("command=fetch")) {
			half(w)
		}
		return true
	}).URL + "/.git"
	for i := range 3 {
		ofCommits = append(ofCommits, ofGit(url, fmt.Sprintf("1.0.%d", i)))
	}
	count := func(s *server) func() int { return func() int { return len(s.requests()) } }
	out["chart"] = kindOfSource{ofCharts, breaking(charts, func(p string) bool { return strings.HasSuffix(p, ".tgz") }), count(charts)}
	out["file"] = kindOfSource{ofFiles, breaking(files, func(string) bool { return true }), count(files)}
	out["oci"] = kindOfSource{ofRegistry, breaking(registry.server, func(p string) bool { return strings.Contains(p, "/blobs/") }), count(registry.server)}
	out["git"] = kindOfSource{ofCommits, brokenGit, func() int { return int(askedGit.Swap(0)) }}
	return out
}

// TestEachKind: whatever goes wrong with a source of some kind, what has a name in the cache is whole, the lock is as it was, and the
// next run brings what is missing; and then nobody is asked.
func TestEachKind(t *testing.T) {
	for kind, s := range eachKind(t) {
		t.Run(kind, func(t *testing.T) {
			what, err := json.Marshal(s.refs)
			if err != nil {
				t.Fatal(err)
			}
			x := try(t)
			x.Network.Git = os.Environ()
			s.broken.Store(true)
			x.fails(map[string]string{"chart": "ended in the middle", "file": "ended in the middle", "git": "the remote end hung up unexpectedly", "oci": "ended in the middle"}[kind], s.refs...)
			s.broken.Store(false)
			full := try(t)
			command, out := start(t, full, string(what), "trap '' XFSZ; ulimit -f 200;")
			_ = command.Wait()
			said := "file too large"
			if kind == "git" { // which the limit kills before it can say it
				said = "invalid index-pack output"
			}
			if strings.Count(out.String(), said) != len(s.refs) {
				t.Errorf("on a full disk: %s", out)
			}
			if got := full.contents(); got != "" {
				t.Errorf("on a full disk: %s", got)
			}
			for i := range 3 {
				command, _ := start(t, x, string(what), "")
				time.Sleep(time.Duration(40+40*i) * time.Millisecond)
				_ = command.Process.Kill()
				_ = command.Wait()
			}
			list, err := x.Cache.List()
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range list {
				if err := x.Cache.Verify(c.Digest); err != nil {
					t.Errorf("%s: %v", c.Digest, err)
				}
			}
			together := try(t)
			var group sync.WaitGroup
			for range 2 {
				group.Go(func() {
					if err := child(together.Cache.Folder(), string(what)); err != nil {
						t.Error(err)
					}
				})
			}
			group.Wait()
			if got := strings.Count(together.contents(), "\n") + 1; got != len(s.refs) {
				t.Errorf("%d contents", got)
			}
			lock := x.must(s.refs...)
			if len(lock) != len(s.refs) {
				t.Errorf("%s", lock.Text())
			}
			s.asked()
			x.must(s.refs...)
			x.Locked = true
			x.must(s.refs...)
			if got := s.asked(); got > 0 {
				t.Errorf("asked %d times for what is at hand", got)
			}
		})
	}
}

// TestGitFullDisk: of what Git says, the reason is shown.
func TestGitFullDisk(t *testing.T) {
	c := newCheckout(t)
	c.commit(map[string]string{"a": "1"})
	url := c.overHTTP(nil).URL + "/.git"
	real, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	write(t, folder, map[string]string{"git": "#!/bin/sh\ncase \"$*\" in *' fetch '*)\n  echo 'fatal: write error: No space left on device' >&2\n  echo 'fatal: fetch-pack: invalid index-pack output' >&2\n  exit 128;;\nesac\nexec " + real + " \"$@\"\n"})
	if err := os.Chmod(filepath.Join(folder, "git"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
	tryGit(t, c).fails("main of "+url+": writing into the cache: no space left on device", ofGit(url, "main"))
}
