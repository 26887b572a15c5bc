package fetch_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/source/fetch"
)

const (
	helmConfig  = "application/vnd.cncf.helm.config.v1+json"
	helmContent = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
	emptyConfig = "application/vnd.oci.empty.v1+json"
	imageLayer  = "application/vnd.oci.image.layer.v1.tar+gzip"
)

// registry answers as one does, for the repository house/web. The real one is in test/fetch.
type registry struct {
	*server
	tags map[string]string // the digest of each
	page int
}

func newRegistry(t *testing.T) *registry {
	r := &registry{newServer(t), map[string]string{}, 0}
	r.before = r.serve
	return r
}

const base = "/v2/house/web/"

func (r *registry) serve(w http.ResponseWriter, q *http.Request) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	what, found := strings.CutPrefix(q.URL.Path, base)
	switch kind, name, _ := strings.Cut(what, "/"); {
	case !found:
		return false
	case kind == "tags":
		var tags []string
		for tag := range r.tags {
			tags = append(tags, tag)
		}
		slices.Sort(tags)
		if last := q.URL.Query().Get("last"); r.page > 0 {
			i := slices.Index(tags, last) + 1
			if end := i + r.page; end < len(tags) {
				tags = tags[:end]
				w.Header().Set("Link", fmt.Sprintf(`<%stags/list?last=%s>; rel="next"`, base, tags[end-1]))
			}
			tags = tags[i:]
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"name": "house/web", "tags": tags})
		return true
	case kind == "manifests":
		if digest, tag := r.tags[name]; tag {
			name = digest
		}
		data, ok := r.files[base+"blobs/"+name]
		if !ok {
			return false
		}
		w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
		w.Header().Set("Docker-Content-Digest", name)
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		_, _ = w.Write(data)
		return true
	}
	return false
}

func (r *registry) blob(data []byte) string {
	digest := "sha256:" + sum(data)
	r.files[base+"blobs/"+digest] = data
	return digest
}

// push puts an artifact there: pairs of a type and a layer.
func (r *registry) push(tag, config string, layers ...string) (manifest string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	described := func(kind, data string) map[string]any {
		return map[string]any{"mediaType": kind, "digest": r.blob([]byte(data)), "size": len(data)}
	}
	var all []map[string]any
	for i := 0; i < len(layers); i += 2 {
		all = append(all, described(layers[i], layers[i+1]))
	}
	data, _ := json.Marshal(map[string]any{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": described(config, "{}"), "layers": all})
	manifest = r.blob(data)
	r.tags[tag] = manifest
	return manifest
}

func (r *registry) ref(version string) source.Reference {
	return source.Reference{Kind: source.OCI, URL: "oci://" + strings.TrimPrefix(r.URL, "http://") + "/house/web", Version: version}
}

func TestOCIChart(t *testing.T) {
	r, x := newRegistry(t), try(t)
	r.page = 2
	manifests := map[string]string{}
	for _, v := range []string{"1.0.0", "1.9.0", "1.10.0", "2.0.0-rc.1", "2.0.0+build.1", "latest"} {
		manifests[v] = r.push(strings.ReplaceAll(v, "+", "_"), helmConfig, helmContent, string(packed(t, "web", v)), "application/vnd.cncf.helm.chart.provenance.v1.prov", "signature")
	}
	for asked, want := range map[string]string{"1.9.0": "1.9.0", "1.x": "1.10.0", "": "2.0.0+build.1", "2.0.0+build.1": "2.0.0+build.1", ">=2.0.0-0": "2.0.0+build.1", "latest": "latest",
		manifests["1.0.0"]: manifests["1.0.0"]} {
		k, _ := x.must(r.ref(asked)).Find(r.ref(asked))
		if k.Resolved != want || k.Manifest != manifests[want] && k.Manifest != want {
			t.Errorf("%q: got %s, %s", asked, k.Resolved, k.Manifest)
		}
	}
	x.must(r.ref("1.9.0"))
	if got := x.text(r.ref("1.9.0"), "web.tgz"); got != string(packed(t, "web", "1.9.0")) {
		t.Error("another content")
	}
	r.requests()
	x.must(r.ref("1.9.0"))
	if got := r.requests(); len(got) > 0 {
		t.Errorf("asked for %s", got)
	}
	x.fails(`there is no version "3.x": the newest is 2.0.0+build.1`, r.ref("3.x"))
	x.fails("answers 404 Not Found", r.ref("3.0.0"))
	x.fails("answers 404 Not Found", source.Reference{Kind: source.OCI, URL: strings.Replace(r.ref("").URL, "house", "other", 1)})
}

// TestOCITags: of tags that are no strict versions the newest is taken, too, when there are no others.
func TestOCITags(t *testing.T) {
	r, x := newRegistry(t), try(t)
	for _, v := range []string{"v1.0.0", "v1.2.0", "main"} {
		r.push(v, emptyConfig, imageLayer, string(archive(t, "a", v)))
	}
	if k, _ := x.must(r.ref("1.x")).Find(r.ref("1.x")); k.Resolved != "v1.2.0" {
		t.Errorf("got %s", k.Resolved)
	}
}

func TestOCIManifests(t *testing.T) {
	r, x := newRegistry(t), try(t)
	r.push("1.0.0", emptyConfig, imageLayer, string(archive(t, "./a.yaml", "a: 1\n", "b/c.yaml", "c: 1\n", "b/l@", "../a.yaml")))
	x.must(r.ref("1.0.0"))
	for name, want := range map[string]string{"a.yaml": "a: 1\n", "b/c.yaml": "c: 1\n", "b/l": "a: 1\n"} {
		if got := x.text(r.ref("1.0.0"), name); got != want {
			t.Errorf("%s: got %q", name, got)
		}
	}
	for name, c := range map[string]struct {
		layers []string
		want   string
	}{
		"link":        {[]string{imageLayer, string(archive(t, "a/l@", "../../x"))}, `its link "a/l" leads out of it`},
		"dots":        {[]string{imageLayer, string(archive(t, "../x", "y"))}, `it has a file "../x", which is not a path within it`},
		".git":        {[]string{imageLayer, string(archive(t, ".git/config", "y"))}, `it has a file ".git/config", which is not a path within it`},
		"through":     {[]string{imageLayer, string(archive(t, "l@", "b", "l/x", "y"))}, `is a file, and a folder`},
		"twice":       {[]string{imageLayer, string(archive(t, "a", "b", "a", "y"))}, `"a" occurs twice`},
		"no archive":  {[]string{imageLayer, "x"}, "it is not an archive"},
		"two":         {[]string{imageLayer, "x", imageLayer, "y"}, "expected one layer with a chart or manifests, found 2"},
		"none":        {nil, "expected one layer with a chart or manifests, found 0"},
		"eleven":      {slices.Repeat([]string{"a", "b"}, 11), "expected at most 10 layers, found 11"},
		"other type":  {[]string{"application/vnd.acme.tar+gzip", "x"}, `it has a layer of the type "application/vnd.acme.tar+gzip", which Argo CD does not unpack`},
		"chart":       {[]string{helmContent, string(archive(t, "web/x", "y"))}, "it is not a chart"},
		"large":       {[]string{imageLayer, strings.Repeat("x", 2<<20)}, "it is larger than 1 MiB"},
		"large chart": {[]string{helmContent, strings.Repeat("x", 2<<20)}, "it is larger than 1 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			y := try(t)
			y.Network.Limits = fetch.Limits{Chart: 1 << 20, Tree: 1 << 20}
			r.push("2.0.0", emptyConfig, c.layers...)
			y.fails(c.want, r.ref("2.0.0"))
		})
	}
}

// TestOCIMoved: a version that has moved is an error; a name that moves is not, as long as what the lock has is there.
func TestOCIMoved(t *testing.T) {
	r, x := newRegistry(t), try(t)
	push := func(tag, content string) string {
		return r.push(tag, emptyConfig, imageLayer, string(archive(t, "a", content)))
	}
	old, floating := push("1.0.0", "old"), push("latest", "old latest")
	lock := x.must(r.ref("1.0.0"), r.ref("latest"))
	moved, newest := push("1.0.0", "new"), push("latest", "new latest")
	want := fmt.Sprintf("tag 1.0.0 has changed: roster.lock has %s, the server has %s\n  hint: ", old, moved)
	x.must(r.ref("1.0.0"), r.ref("latest")) // nobody is asked
	x.Update = func(source.Reference) bool { return true }
	x.fails(want, r.ref("1.0.0"))
	if k, _ := x.must(r.ref("latest")).Find(r.ref("latest")); k.Manifest != newest {
		t.Errorf("got %s", k.Manifest)
	}
	for _, locked := range []bool{false, true} {
		y := try(t)
		y.Lock, y.Locked = lock, locked
		y.fails(want, r.ref("1.0.0"))
		y.must(r.ref("latest"))
		if got := y.text(r.ref("latest"), "a"); got != "old latest" {
			t.Errorf("got %s", got)
		}
	}
	delete(r.files, base+"blobs/"+floating)
	y := try(t)
	y.Lock = lock
	y.fails(fmt.Sprintf("tag latest has changed: roster.lock has %s, the server has %s", floating, newest), r.ref("latest"))
	delete(r.tags, "1.0.0")
	y.fails(fmt.Sprintf("tag 1.0.0 has changed: roster.lock has %s, the server has nothing", old), r.ref("1.0.0"))
}

// TestOCIWrong: what is not what its digest says is not taken.
func TestOCIWrong(t *testing.T) {
	r := newRegistry(t)
	data := packed(t, "web", "1.0.0")
	r.push("1.0.0", helmConfig, helmContent, string(data))
	blob := base + "blobs/sha256:" + sum(data)
	other := slices.Clone(data)
	other[len(other)-1] ^= 1
	r.files[blob] = other
	try(t).fails("expected the content sha256:"+sum(data)+", found sha256:"+sum(other), r.ref("1.0.0"))
	r.files[blob] = data[:50]
	try(t).fails("mismatch Content-Length", r.ref("1.0.0"))
	r.files[blob] = data
	manifest := base + "blobs/" + r.tags["1.0.0"]
	r.files[manifest] = []byte(strings.Replace(string(r.files[manifest]), "helm", "hELM", 1))
	try(t).fails("expected the manifest", r.ref("1.0.0"))
	r.files[manifest] = []byte("{")
	r.tags["1.0.0"] = r.blob([]byte("{"))
	try(t).fails("its manifest is not JSON", r.ref("1.0.0"))
}

// TestOCICredentials: a registry gets the credentials that docker login, helm registry login or a helper have for it. It may send for a
// token elsewhere, and for its contents, which get none.
func TestOCICredentials(t *testing.T) {
	const password = "hunter2"
	contents := newServer(t)
	contents.before = func(_ http.ResponseWriter, q *http.Request) bool {
		if q.Header.Get("Authorization") != "" {
			t.Errorf("the other server got %s", q.Header.Get("Authorization"))
		}
		return false
	}
	r := newRegistry(t)
	host := strings.TrimPrefix(r.URL, "http://")
	data := packed(t, "web", "1.0.0")
	r.push("1.0.0", helmConfig, helmContent, string(data))
	contents.files["/x"] = data
	bearer := false
	serve := r.serve
	r.before = func(w http.ResponseWriter, q *http.Request) bool {
		user, given, basic := q.BasicAuth()
		switch {
		case q.URL.Path == "/token" && basic && user == "me" && given == password:
			_ = json.NewEncoder(w).Encode(map[string]string{"token": "t0ken"})
		case bearer && q.Header.Get("Authorization") != "Bearer t0ken":
			w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="%s/token",service="x"`, r.URL))
			w.WriteHeader(http.StatusUnauthorized)
		case !bearer && (user != "me" || given != password):
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
		case strings.HasSuffix(q.URL.Path, sum(data)):
			http.Redirect(w, q, contents.URL+"/x", http.StatusTemporaryRedirect)
		default:
			return serve(w, q)
		}
		return true
	}
	folder := t.TempDir()
	auth := base64.StdEncoding.EncodeToString([]byte("me:" + password))
	write(t, folder, map[string]string{
		"docker.json":                       `{"auths": {"` + host + `": {"auth": "` + auth + `"}}}`,
		"helper.json":                       `{"credHelpers": {"` + host + `": "rostertest"}}`,
		"failing.json":                      `{"credHelpers": {"` + host + `": "rosterfails"}}`,
		"empty.json":                        `{}`,
		"broken.json":                       `{"auths": hunter2`,
		"netrc":                             "machine " + host + " login me password " + password,
		"bin/docker-credential-rostertest":  "#!/bin/sh\nread host\necho " + password + " >&2\n(echo " + password + " >/dev/tty) 2>/dev/null\ntest -z \"$ROSTER_CREDENTIALS\" || exit 1\necho '{\"ServerURL\": \"'$host'\", \"Username\": \"me\", \"Secret\": \"" + password + "\"}'\n",
		"bin/docker-credential-rosterfails": "#!/bin/sh\necho hunter2\nexit 1\n",
		"bin/docker-credential-rosternone":  "#!/bin/sh\necho credentials not found in native keychain\nexit 1\n",
		"store.json":                        `{"credsStore": "rostertest"}`,
		"none.json":                         `{"credsStore": "rosternone"}`,
		"path.json":                         `{"credsStore": "/../x"}`,
	})
	for _, name := range []string{"rostertest", "rosterfails", "rosternone"} {
		if err := os.Chmod(filepath.Join(folder, "bin", "docker-credential-"+name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	shown, err := os.Create(filepath.Join(folder, "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	own := os.Stderr
	os.Stderr = shown
	defer func() {
		os.Stderr = own
		if text, err := os.ReadFile(shown.Name()); err != nil || len(text) > 0 {
			t.Errorf("a helper has written %s, %v", text, err)
		}
	}()
	t.Setenv("ROSTER_CREDENTIALS", "machine x login y password z")
	t.Setenv("PATH", filepath.Join(folder, "bin")+":"+os.Getenv("PATH"))
	in := func(name string) string { return filepath.Join(folder, name) }
	for _, bearer = range []bool{false, true} {
		for name, files := range map[string]fetch.Files{
			"docker": {Registries: []string{in("missing.json"), in("empty.json"), in("docker.json")}},
			"helper": {Registries: []string{in("helper.json")}},
			"store":  {Registries: []string{in("none.json"), in("store.json")}},
			"given":  {Given: "machine " + host + " login me password " + password, Registries: []string{in("failing.json")}},
			"netrc":  {Registries: []string{in("empty.json")}, Netrc: in("netrc")},
		} {
			credentials, err := fetch.ReadCredentials(files)
			if err != nil {
				t.Fatal(err)
			}
			x := try(t)
			x.Network.Credentials = credentials
			if lock := x.must(r.ref("1.x")); strings.Contains(string(lock.Text()), password) {
				t.Errorf("%s: the lock tells: %s", name, lock.Text())
			}
		}
		for want, files := range map[string]fetch.Files{
			" answers 401 Unauthorized\n  hint: are there credentials for " + host: {Given: "machine " + host + " login me password expired"},
			" answers 401 Unauthorized\n  hint: are there":                         {},
			"the credential helper for " + host + " failed":                        {Registries: []string{in("failing.json")}},
			"helper for " + host + " failed":                                       {Registries: []string{in("path.json")}},
		} {
			credentials, err := fetch.ReadCredentials(files)
			if err != nil {
				t.Fatal(err)
			}
			x := try(t)
			x.Network.Credentials = credentials
			if message := x.fails(want, r.ref("1.x")); strings.Contains(message, password) || strings.Contains(message, "expired") {
				t.Errorf("shows a password: %s", message)
			}
		}
	}
	if _, err := fetch.ReadCredentials(fetch.Files{Registries: []string{in("broken.json")}}); err == nil || strings.Contains(err.Error(), password) {
		t.Errorf("got %v", err)
	}
}
