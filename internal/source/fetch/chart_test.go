package fetch_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/source/fetch"
)

func TestChart(t *testing.T) {
	s, x := newServer(t), try(t)
	charts := map[string][]byte{}
	for _, v := range []string{"1.0.0", "1.9.0", "1.10.0", "2.0.0-rc.1", "2.0.0+build.1"} {
		charts["web "+v] = packed(t, "web", v)
	}
	charts["webber 9.0.0"] = packed(t, "webber", "9.0.0")
	s.charts(charts)
	for asked, want := range map[string]string{"1.9.0": "1.9.0", "1.x": "1.10.0", "^1.0": "1.10.0", "": "2.0.0+build.1", "~1.9": "1.9.0", ">=1 <1.10": "1.9.0", ">=2.0.0-0 <2.0.0": "2.0.0-rc.1",
		"1.9": "1.9.0", "v1.0.0": "1.0.0"} {
		ref := chart(s, "web", asked)
		k, _ := x.must(ref).Find(ref)
		if k.Resolved != want || string(k.Digest) != "sha256:"+sum(charts["web "+want]) {
			t.Errorf("%q: got %s", asked, k.Resolved)
		}
		if x.text(ref, "web.tgz") != string(charts["web "+want]) {
			t.Errorf("%q: another content", asked)
		}
	}
	x.fails(`there is no version "3.x": the newest is 2.0.0+build.1`, chart(s, "web", "3.x"))
	x.fails(`"main" is no version, and no range of versions`, chart(s, "web", "main"))
	x.fails(`the repository has no chart "wib"`, chart(s, "wib", ""))
}

// TestAtHand: a run with everything at hand asks no server, and a lock that is there is obeyed.
func TestAtHand(t *testing.T) {
	s, x := newServer(t), try(t)
	s.charts(map[string][]byte{"web 1.0.0": packed(t, "web", "1.0.0")})
	ref := chart(s, "web", "1.x")
	x.must(ref)
	if got := s.requests(); !slices.Equal(got, []string{"/index.yaml", "/web-1.0.0.tgz"}) {
		t.Errorf("asked for %s", got)
	}
	s.charts(map[string][]byte{"web 1.0.0": packed(t, "web", "1.0.0"), "web 1.1.0": packed(t, "web", "1.1.0")})
	x.Locked = true
	x.must(ref)
	if got := s.requests(); len(got) > 0 {
		t.Errorf("asked for %s", got)
	}
	lock := x.Lock
	x = try(t) // another machine, with the lock alone
	x.Lock, x.Locked = lock, true
	if k, _ := x.must(ref).Find(ref); k.Resolved != "1.0.0" {
		t.Errorf("got %s", k.Resolved)
	}
	x.fails("it is not in roster.lock\n  hint: run roster fetch, and commit the file", chart(s, "web", "1.1.0"))
	x.Locked = false
	x.Update = func(r source.Reference) bool { return r == ref }
	if k, _ := x.must(ref).Find(ref); k.Resolved != "1.1.0" {
		t.Errorf("got %s", k.Resolved)
	}
	s.requests()
	x.must(ref) // an update without news
	if got := s.requests(); !slices.Equal(got, []string{"/index.yaml"}) {
		t.Errorf("asked for %s", got)
	}
}

// TestMovedChart: another content under the same version is never taken, and the message names both.
func TestMovedChart(t *testing.T) {
	s, x := newServer(t), try(t)
	old, moved := packed(t, "web", "1.0.0"), archive(t, "web/Chart.yaml", "name: web\nversion: 1.0.0\n")
	s.charts(map[string][]byte{"web 1.0.0": old})
	ref := chart(s, "web", "1.0.0")
	lock := x.must(ref)
	s.charts(map[string][]byte{"web 1.0.0": moved})
	want := fmt.Sprintf("version 1.0.0 has changed: roster.lock has sha256:%s, the server has sha256:%s\n  hint: find out why; if it is right, run roster fetch after you have removed its line from roster.lock", sum(old), sum(moved))
	x.Update = func(source.Reference) bool { return true }
	x.fails(want, ref)
	for _, locked := range []bool{false, true} {
		other := try(t)
		other.Lock, other.Locked = lock, locked
		other.fails(want, ref)
		s.files["/index.yaml"] = []byte(strings.ReplaceAll(string(s.files["/index.yaml"]), "    digest: "+sum(moved)+"\n", "")) // the index need not say it
	}
	s.charts(map[string][]byte{"web 1.1.0": moved})
	other := try(t)
	other.Lock = lock
	other.fails("version 1.0.0 has changed: roster.lock has sha256:"+sum(old)+", the server has nothing", ref)
}

// TestIndexes reads indexes of all forms.
func TestIndexes(t *testing.T) {
	data := packed(t, "web", "1.10")
	entry := map[string]any{"version": "1.10", "urls": []string{"web-1.10.tgz"}, "digest": "sha256:" + sum(data)}
	asJSON, _ := json.Marshal(map[string]any{"apiVersion": "v1", "entries": map[string]any{"web": []any{entry}, "other": 1}})
	for name, index := range map[string]string{
		"JSON":             string(asJSON),
		"quoted":           "apiVersion: v1\nentries:\n    \"other\":\n        - {}\n    'web':\n        - version: 1.10\n          urls: [web-1.10.tgz]\n",
		"flow":             "{apiVersion: v1, entries: {web: [{version: 1.10, urls: [web-1.10.tgz]}]}}",
		"first":            "entries:\n  web:\n  - version: '1.10'\n    urls:\n    - web-1.10.tgz\n  other:\n  - version: x\napiVersion: v1\n",
		"no more":          "entries:\n  other: []\n  web:\n  - version: '1.10'\n    urls: [web-1.10.tgz]",
		"comments":         "entries:\n# a\n  # b\n\n  web: # c\n  # d\n  - version: '1.10'\n\n    urls:\n    - web-1.10.tgz\n#e\nmore: 1\n",
		"with bad ones":    "entries:\n  web:\n  - version: x\n    urls: [y]\n  - version: '3.0.0'\n  - null\n  - version: '1.10'\n    urls: [web-1.10.tgz]\n",
		"of Windows":       "apiVersion: v1\r\nentries:\r\n  web:\r\n  - version: '1.10'\r\n    urls:\r\n    - web-1.10.tgz\r\n",
		"a URL of its own": "entries:\n  web:\n  - version: '1.10'\n    urls: [SERVER/elsewhere/web.tgz]\n",
	} {
		s, x := newServer(t), try(t)
		s.files["/index.yaml"], s.files["/web-1.10.tgz"], s.files["/elsewhere/web.tgz"] = []byte(strings.ReplaceAll(index, "SERVER", s.URL)), data, data
		if err := x.fetch(chart(s, "web", "1.10")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		x.fails("has no chart", chart(s, "entries", ""))
	}
	const bomb = "entries: {a: &a [x,x,x,x,x,x,x,x], b: &b [*a,*a,*a,*a,*a,*a,*a,*a], c: &c [*b,*b,*b,*b,*b,*b,*b,*b], d: &d [*c,*c,*c,*c,*c,*c,*c,*c], e: &e [*d,*d,*d,*d,*d,*d,*d,*d], f: &f [*e,*e,*e,*e,*e,*e,*e,*e], web: [*f,*f,*f,*f,*f,*f]}"
	for name, c := range map[string]struct{ index, want string }{
		"no YAML":        {"<html>\n  <body a: b: c", "the repository's index cannot be read: it is not an index in YAML"},
		"an alias bomb":  {bomb, "the repository's index cannot be read: line 1: the aliases stand for too many values"},
		"deep":           {"entries: " + strings.Repeat("[", 10000) + strings.Repeat("]", 10000), "the repository's index cannot be read: line 1: expected at most 128 levels"},
		"no list":        {"entries:\n  web: 1\n", "its chart is not a list of versions"},
		"JSON, no list":  {`{"entries": {"web": {}}}`, "its chart is not a list of versions"},
		"JSON, no index": {`[]`, "it is not an index"},
		"huge":           {strings.Repeat("x", 2<<20), "the repository's index.yaml: the answer is larger than 1 MiB"},
		"a file here":    {"entries:\n  web:\n  - {version: 1.0.0, urls: ['file:///etc/passwd']}\n", "names a file of this machine, which is not read"},
		"a password":     {"entries:\n  web:\n  - {version: 1.0.0, urls: ['https://a:hunter2@web.example/x']}\n", "names a URL that is not one of https"},
		"gopher":         {"entries:\n  web:\n  - {version: 1.0.0, urls: ['gopher://web.example/x']}\n", "names a URL that is not one of https"},
		"no URL":         {"entries:\n  web:\n  - {version: 1.0.0, urls: [\"http://[::1\"]}\n", "names a URL that is none"},
	} {
		s, x := newServer(t), try(t)
		x.Network.Limits.Index = 1 << 20
		s.files["/index.yaml"] = []byte(c.index)
		if message := x.fails(c.want, chart(s, "web", "1.0.0")); strings.Contains(message, "hunter2") {
			t.Errorf("%s: shows a password: %s", name, message)
		}
	}
}

// TestLargeIndex: an index of some megabytes is no burden when one chart of it is wanted.
func TestLargeIndex(t *testing.T) {
	var index strings.Builder
	index.WriteString("apiVersion: v1\nentries:\n")
	for i := range 400 {
		fmt.Fprintf(&index, "  chart%d:\n", i)
		for j := range 200 {
			fmt.Fprintf(&index, "  - apiVersion: v2\n    description: %s\n    urls:\n    - https://web.example/%d\n    version: 1.%d.0\n", strings.Repeat("word ", 40), j, j)
		}
	}
	data := packed(t, "web", "1.0.0")
	index.WriteString("  web:\n  - urls:\n    - web.tgz\n    version: 1.0.0\n")
	s, x := newServer(t), try(t)
	s.files["/index.yaml"], s.files["/web.tgz"] = []byte(index.String()), data
	begin := time.Now()
	x.must(chart(s, "web", ""))
	if index.Len() < 16<<20 || time.Since(begin) > 10*time.Second {
		t.Errorf("%d bytes took %s", index.Len(), time.Since(begin))
	}
}

// TestArchives: a chart that would harm those who unpack it gets no name in the cache.
func TestArchives(t *testing.T) {
	zeros := strings.Repeat("\x00", 101<<20)
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"dots":          {archive(t, "web/Chart.yaml", "x", "web/../../x", "y"), `it has a file "web/../../x", which is not a path within it`},
		"inner dots":    {archive(t, "web/Chart.yaml", "x", "web/a/../b", "y"), `it has a file "web/a/../b", which is not a path within it`},
		"absolute":      {archive(t, "web/Chart.yaml", "x", "/etc/x", "y"), `it has a file "/etc/x", which is not a path within it`},
		"backslash":     {archive(t, "web/Chart.yaml", "x", `web\..\x`, "y"), `it has a file "web\\..\\x", which is not a path within it`},
		"link":          {archive(t, "web/Chart.yaml", "x", "web/x@", "/etc/passwd"), `its file "web/x" is a link`},
		"bomb":          {archive(t, "web/Chart.yaml", "x", "web/x", zeros), "unpacked, it is larger than 100 MiB"},
		"no chart":      {archive(t, "web/x", "y"), "it is not a chart: there is no Chart.yaml in it"},
		"no archive":    {[]byte("<html>not found</html>"), "it is not an archive, or a damaged one"},
		"truncated":     {packed(t, "web", "1.0.0")[:100], "it is not an archive, or a damaged one"},
		"empty":         {nil, "it is not an archive, or a damaged one"},
		"wrong content": {append(packed(t, "web", "1.0.0"), "more"...), "it is not an archive, or a damaged one"},
		"large":         {append(packed(t, "web", "1.0.0"), zeros[:2<<20]...), "it is larger than 1 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			s, x := newServer(t), try(t)
			x.Network.Limits.Chart = 1 << 20
			s.charts(map[string][]byte{"web 1.0.0": c.data})
			x.fails("version 1.0.0: "+c.want, chart(s, "web", "1.0.0"))
		})
	}
	s, x := newServer(t), try(t)
	s.charts(map[string][]byte{"web 1.0.0": packed(t, "web", "1.0.0")})
	s.files["/web-1.0.0.tgz"] = packed(t, "web", "1.0.1")
	x.fails("version 1.0.0: expected the content that the repository's index names, sha256:"+sum(packed(t, "web", "1.0.0")), chart(s, "web", "1.0.0"))
}

func TestFile(t *testing.T) {
	s, x := newServer(t), try(t)
	s.files["/a/values.yaml"] = []byte("a: 1\n")
	ref := source.Reference{Kind: source.File, URL: s.URL + "/a/values.yaml?x=1"}
	lock := x.must(ref)
	if got := x.text(ref, "values.yaml"); got != "a: 1\n" {
		t.Errorf("got %q", got)
	}
	s.files["/a/values.yaml"] = []byte("a: 2\n")
	x.must(ref)
	if got := x.text(ref, "values.yaml"); got != "a: 1\n" {
		t.Errorf("got %q", got)
	}
	other := try(t)
	other.Lock = lock
	other.fails("the file has changed: roster.lock has sha256:"+sum([]byte("a: 1\n"))+", the server has sha256:"+sum([]byte("a: 2\n")), ref)
	x.Update = func(source.Reference) bool { return true } // a file has no version that could stay the same
	x.must(ref)
	if got := x.text(ref, "values.yaml"); got != "a: 2\n" {
		t.Errorf("got %q", got)
	}
}

// TestMap looks elsewhere for what the list names, and the lock does not tell.
func TestMap(t *testing.T) {
	s, x := newServer(t), try(t)
	data := packed(t, "web", "1.0.0")
	s.files["/mirror/index.yaml"] = []byte("entries:\n  web:\n  - {version: 1.0.0, urls: ['https://downloads.example/x/web.tgz']}\n")
	s.files["/mirror/other/web.tgz"] = data
	ref := source.Reference{Kind: source.Chart, URL: "https://charts.example/stable", Name: "web", Version: "1.0.0"}
	mapped := func(texts ...string) fetch.Map {
		var out fetch.Map
		for _, text := range texts {
			m, err := fetch.ParseMapping(text, "/nowhere")
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, m)
		}
		return out
	}
	x.Network.Map = mapped("https://charts.example="+s.URL+"/wrong", "https://charts.example/stable="+s.URL+"/mirror/", "https://charts.example/sta="+s.URL+"/wrong", "https://downloads.example/x="+s.URL+"/mirror/other")
	lock := x.must(ref)
	folder := t.TempDir()
	write(t, folder, map[string]string{"index.yaml": "entries:\n  web:\n  - {version: 1.0.0, urls: [sub/web.tgz]}\n  out:\n  - {version: 1.0.0, urls: [../../../../etc/passwd]}\n  link:\n  - {version: 1.0.0, urls: [link]}\n  folder:\n  - {version: 1.0.0, urls: [sub]}\n",
		"sub/web.tgz": string(data), "values.yaml": "a: 1\n"})
	if err := os.Symlink("/etc/passwd", filepath.Join(folder, "link")); err != nil {
		t.Fatal(err)
	}
	y := try(t)
	y.Network.Map = mapped("https://charts.example/stable="+folder, "https://web.example/v.yaml="+filepath.Join(folder, "values.yaml"))
	if got := string(y.must(ref).Text()); got != string(lock.Text()) {
		t.Errorf("the lock tells: %s", got)
	}
	file := source.Reference{Kind: source.File, URL: "https://web.example/v.yaml"}
	y.must(file)
	if got := y.text(file, "v.yaml"); got != "a: 1\n" {
		t.Errorf("got %q", got)
	}
	for name, want := range map[string]string{"out": "escapes", "link": "escapes", "folder": "file does not exist"} {
		y.fails(want, source.Reference{Kind: source.Chart, URL: "https://charts.example/stable", Name: name})
	}
	for text, want := range map[string]string{
		"x":                            "expected URL=PATH or URL=URL",
		"x=y":                          "expected a URL in front of the =",
		"https://x=":                   "expected a path or a URL behind the =",
		"https://x=https://a:b@c.test": "without user name behind the =",
	} {
		if _, err := fetch.ParseMapping(text, "."); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", text, err)
		}
	}
	for text, want := range map[string]fetch.Mapping{
		"https://x?a=b=../y":      {From: "https://x?a=b", To: "/z/y"},
		"git@x:y=/a/b/":           {From: "git@x:y", To: "/a/b"},
		"oci://x/=oci://y/z":      {From: "oci://x", To: "oci://y/z"},
		"https://x=ssh://git@y/z": {From: "https://x", To: "ssh://git@y/z"},
	} {
		if got, err := fetch.ParseMapping(text, "/z/w"); err != nil || got != want {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
}

// TestCredentials: a server gets what is for it, and no other server does, whatever redirects and indexes say.
func TestCredentials(t *testing.T) {
	const password = "hunter2"
	elsewhere := newServer(t)
	leaked := func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("Authorization") != "" {
			t.Errorf("the other server got %s", r.Header.Get("Authorization"))
		}
		return false
	}
	elsewhere.before = leaked
	far := strings.Replace(elsewhere.URL, "127.0.0.1", "localhost", 1) // another host, not only another port
	s := newServer(t)
	s.before = func(w http.ResponseWriter, r *http.Request) bool {
		user, given, _ := r.BasicAuth()
		switch {
		case user != "me" || given != password:
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/web-1.0.0.tgz":
			http.Redirect(w, r, far+"/moved.tgz", http.StatusFound)
		default:
			return false
		}
		return true
	}
	data := packed(t, "web", "1.0.0")
	elsewhere.files["/moved.tgz"], elsewhere.files["/other.tgz"] = data, data
	s.charts(map[string][]byte{"web 1.0.0": data})
	s.files["/index.yaml"] = append(s.files["/index.yaml"], []byte("  other:\n")...)
	s.files["/index.yaml"] = []byte("entries:\n  web:\n  - {version: 1.0.0, urls: [web-1.0.0.tgz]}\n  other:\n  - {version: 1.0.0, urls: ['" + far + "/other.tgz']}\n")
	host := strings.TrimPrefix(s.URL, "http://")
	own := filepath.Join(t.TempDir(), "netrc")
	write(t, filepath.Dir(own), map[string]string{"netrc": "# mine\nmacdef init\nmachine " + host + "\nlogin x\n\nmachine other login a\n  password b\nmachine " + host + "\n login me password " + password + "\n"})
	for name, files := range map[string]fetch.Files{
		"given":          {Given: "machine 127.0.0.1 login wrong password wrong machine " + host + " login me password " + password},
		"without port":   {Given: "machine 127.0.0.1 login me password " + password},
		"netrc":          {Netrc: own},
		"given is first": {Given: "machine " + host + " login me password " + password, Netrc: filepath.Join(t.TempDir(), "missing")},
	} {
		credentials, err := fetch.ReadCredentials(files)
		if err != nil {
			t.Fatal(err)
		}
		x := try(t)
		x.Network.Credentials = credentials
		lock := x.must(chart(s, "web", ""), chart(s, "other", ""))
		if strings.Contains(string(lock.Text()), password) {
			t.Errorf("%s: the lock tells: %s", name, lock.Text())
		}
	}
	for _, given := range []string{"", "machine " + host + " login me password expired", "default login me password " + password} {
		credentials, err := fetch.ReadCredentials(fetch.Files{Given: given})
		if err != nil {
			t.Fatal(err)
		}
		x := try(t)
		x.Network.Credentials = credentials
		message := x.fails("the repository's index.yaml: "+host+" answers 401 Unauthorized\n  hint: are there credentials for "+host+", and are they still good?", chart(s, "web", ""))
		message += x.fails(host+" answers 401 Unauthorized\n  hint: are there credentials for "+host, source.Reference{Kind: source.File, URL: s.URL + "/values.yaml"})
		if strings.Contains(message, "expired") || strings.Contains(message, password) {
			t.Errorf("shows a password: %s", message)
		}
	}
}

// TestRedirects are followed a few times, and never to what is not encrypted.
func TestRedirects(t *testing.T) {
	plain, loop := newServer(t), newServer(t)
	loop.before = func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, "/x"+r.URL.Path, http.StatusFound)
		return true
	}
	x := try(t)
	x.fails("the server redirects more than 5 times", source.Reference{Kind: source.File, URL: loop.URL + "/a"})
	if got := loop.requests(); len(got) != 6 {
		t.Errorf("asked %d times", len(got))
	}
	encrypted := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, plain.URL+"/secret?token=hunter2", http.StatusFound)
	}))
	defer encrypted.Close()
	message := x.fails("the server redirects from https to http, which is not followed", source.Reference{Kind: source.File, URL: encrypted.URL + "/a"})
	if strings.Contains(message, "hunter2") || len(plain.requests()) > 0 {
		t.Errorf("%s", message)
	}
	index := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("entries:\n  web:\n  - {version: 1.0.0, urls: ['" + plain.URL + "/web.tgz']}\n"))
	}))
	defer index.Close()
	x.fails("the server names a URL without https, which is not followed", source.Reference{Kind: source.Chart, URL: index.URL, Name: "web"})
	if got := plain.requests(); len(got) > 0 {
		t.Errorf("asked for %s", got)
	}
}
