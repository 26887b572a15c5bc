// Package fetch compares what `roster fetch` brings with what Helm brings, as whole programs: from a repository of charts over HTTP, and
// from the registry of the CNCF.
package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/distribution/distribution/v3/configuration"
	_ "github.com/distribution/distribution/v3/registry/auth/htpasswd"
	"github.com/distribution/distribution/v3/registry/handlers"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
	"github.com/sirupsen/logrus"
	"golang.org/x/crypto/bcrypt"
)

const user, password = "ci", "hunter2"

var programs string // the folder with roster and helm

func TestMain(m *testing.M) {
	var err error
	if programs, err = os.MkdirTemp("", ""); err == nil {
		err = build()
	}
	code := 1
	if err == nil {
		code = m.Run()
	} else {
		fmt.Fprintln(os.Stderr, err)
	}
	_ = os.RemoveAll(programs)
	os.Exit(code)
}

func build() error {
	for dir, pkg := range map[string]string{"../..": "./cmd/roster", "../engines/tools": "helm.sh/helm/v3/cmd/helm"} {
		c := exec.Command("go", "build", "-o", programs+string(filepath.Separator), pkg)
		c.Dir = dir
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("building %s: %w\n%s", pkg, err, out)
		}
	}
	return nil
}

// place is a folder of a user's, with the configuration of helm and roster.
type place struct {
	t      *testing.T
	folder string
}

func newPlace(t *testing.T) *place { return &place{t, t.TempDir()} }

func (p *place) try(program string, args ...string) (string, error) {
	c := exec.Command(filepath.Join(programs, program), args...)
	c.Dir = p.folder
	c.Env = []string{"HOME=" + p.folder, "PATH=" + os.Getenv("PATH"), "ROSTER_CACHE=" + filepath.Join(p.folder, "cache")}
	out, err := c.CombinedOutput()
	return string(out), err
}

func (p *place) run(program string, args ...string) string {
	p.t.Helper()
	out, err := p.try(program, args...)
	if err != nil {
		p.t.Fatalf("%s %s: %v\n%s", program, args, err, out)
	}
	return out
}

func (p *place) write(name, text string) {
	p.t.Helper()
	name = filepath.Join(p.folder, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// packed are the versions of the chart web, as helm packs them.
func (p *place) packed(versions ...string) []string {
	var out []string
	for _, v := range versions {
		p.write("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: "+v+"\n")
		p.write("web/templates/x.yaml", "kind: ConfigMap\napiVersion: v1\nmetadata: {name: x}\n")
		p.run("helm", "package", "web", "--destination", "repository")
		out = append(out, filepath.Join(p.folder, "repository", "web-"+v+".tgz"))
	}
	return out
}

// list writes a list with an application for each version of a chart.
func (p *place) list(repoURL, chart string, versions ...string) {
	p.write("list/platform.yml", "repository: {url: https://git.example/homelab.git}\n")
	var b strings.Builder
	b.WriteString("- namespace: web\n  networkPolicies: isolated\n  applications:\n")
	for i, v := range versions {
		fmt.Fprintf(&b, "    - {applicationCode: web-%d, chart: %s, repoURL: %s, version: %q}\n", i, chart, repoURL, v)
	}
	p.write("list/applications.yml", b.String())
}

// digests are what roster.lock says of each version that was asked for.
func (p *place) digests() map[string]string {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(p.folder, "list", "roster.lock"))
	if err != nil {
		p.t.Fatal(err)
	}
	if strings.Contains(string(text), password) {
		p.t.Errorf("the lock tells: %s", text)
	}
	value := func(line, key string) string {
		_, rest, _ := strings.Cut(line, " "+key+": ")
		var out string
		_ = json.NewDecoder(strings.NewReader(rest)).Decode(&out)
		return out
	}
	out := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, "kind: ") {
			out[value(line, "version")] = value(line, "digest")
		}
	}
	return out
}

// pulled is the digest of what helm pulls.
func (p *place) pulled(args ...string) string {
	p.t.Helper()
	folder := p.t.TempDir()
	p.run("helm", append([]string{"pull", "--destination", folder}, args...)...)
	files, err := filepath.Glob(filepath.Join(folder, "*.tgz"))
	if err != nil || len(files) != 1 {
		p.t.Fatal(files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		p.t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

var (
	versions = []string{"1.0.0", "1.2.0", "1.10.0", "2.0.0", "2.1.0-rc.1", "2.0.1+build.5"}
	asked    = []string{"1.0.0", "1.x", "^1.0", "~1.2", ">=1.0.0 <1.10.0", "1.0.0 - 1.5.0", ">1", "*", ">=2.1.0-0", "2.0.1+build.5", "!=2.0.1"}
)

// TestHTTP: from a repository that wants a password, roster takes the same charts as helm pull.
func TestHTTP(t *testing.T) {
	p := newPlace(t)
	p.packed(versions...)
	p.run("helm", "repo", "index", "repository")
	files := http.FileServer(http.Dir(filepath.Join(p.folder, "repository")))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if u, given, _ := r.BasicAuth(); u != user || given != password {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		files.ServeHTTP(w, r)
	}))
	defer s.Close()
	p.list(s.URL, "web", asked...)
	if out, err := p.try("roster", "fetch", "list"); err == nil || !strings.Contains(out, "401 Unauthorized") {
		t.Errorf("without a password: %v, %s", err, out)
	}
	p.write(".netrc", "machine 127.0.0.1 login "+user+" password "+password+"\n")
	p.run("roster", "fetch", "list")
	got := p.digests()
	for _, v := range asked {
		if want := p.pulled("web", "--repo", s.URL, "--username", user, "--password", password, "--version", v); got[v] != want {
			t.Errorf("%s: roster takes %s, helm %s", v, got[v], want)
		}
	}
}

// registry is a registry that wants a password.
func registry(t *testing.T) string {
	t.Helper()
	hashed, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	users := filepath.Join(t.TempDir(), "htpasswd")
	if err := os.WriteFile(users, []byte(user+":"+string(hashed)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	logrus.SetOutput(io.Discard)
	config := &configuration.Configuration{}
	config.Storage = configuration.Storage{"inmemory": configuration.Parameters{}}
	config.Auth = configuration.Auth{"htpasswd": configuration.Parameters{"realm": "test", "path": users}}
	config.HTTP.Secret = "test"
	config.Catalog.MaxEntries = 1000
	s := httptest.NewServer(handlers.NewApp(context.Background(), config))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

// TestOCI: from a registry, roster takes the same charts as helm pull, with the credentials of helm registry login.
func TestOCI(t *testing.T) {
	p, host := newPlace(t), registry(t)
	p.run("helm", "registry", "login", host, "--username", user, "--password", password, "--plain-http")
	for _, file := range p.packed(versions...) {
		p.run("helm", "push", file, "oci://"+host+"/house/charts", "--plain-http")
	}
	p.list("oci://"+host+"/house/charts", "web", asked...)
	p.run("roster", "fetch", "list")
	got := p.digests()
	for _, v := range asked {
		if want := p.pulled("oci://"+host+"/house/charts/web", "--plain-http", "--version", v); got[v] != want {
			t.Errorf("%s: roster takes %s, helm %s", v, got[v], want)
		}
	}
	other := newPlace(t)
	other.list("oci://"+host+"/house/charts", "web", asked...)
	if out, err := other.try("roster", "fetch", "list"); err == nil || !strings.Contains(out, "401 Unauthorized") {
		t.Errorf("without a password: %v, %s", err, out)
	}
	p.write("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\ndescription: moved\n") // under the same tag
	p.run("helm", "package", "web", "--destination", "repository")
	p.run("helm", "push", filepath.Join(p.folder, "repository", "web-1.0.0.tgz"), "oci://"+host+"/house/charts", "--plain-http")
	p.run("roster", "fetch", "list")
	if out, err := p.try("roster", "fetch", "--update", "list"); err == nil || !strings.Contains(out, "tag 1.0.0 has changed: roster.lock has sha256:") {
		t.Errorf("a moved tag: %v, %s", err, out)
	}
	if out, err := p.try("roster", "outdated", "list"); err == nil || !strings.Contains(out, "moved") {
		t.Errorf("a moved tag: %v, %s", err, out)
	}
}

// TestImages: the newest tags of an image, as the registry has them for who has a password; a repository that it has not is one line.
func TestImages(t *testing.T) {
	p, host := newPlace(t), registry(t)
	p.run("helm", "registry", "login", host, "--username", user, "--password", password, "--plain-http")
	for _, file := range p.packed("1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0", "2.1.0-rc.1") {
		p.run("helm", "push", file, "oci://"+host+"/house", "--plain-http")
	}
	p.write("list/platform.yml", "repository: {url: https://git.example/homelab.git}\n")
	p.write("list/applications.yml", "- namespace: web\n  networkPolicies: isolated\n  applications: [{applicationCode: web, path: web}]\n")
	p.write("list/web/pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: a, image: '"+host+"/house/web:1.0.0'}, {name: b, image: '"+host+"/house/none:1.0.0'}]}\n")
	out, err := p.try("roster", "outdated", "list", "--repository", "list")
	for _, want := range []string{"1.0.0   1.10.0  2.0.0   image " + host + "/house/web of web\n", "image " + host + "/house/none: " + host + " answers 404 Not Found\n"} {
		if err == nil || !strings.Contains(out, want) {
			t.Errorf("got %s, want %s", out, want)
		}
	}
}

// TestMany fetches 300 charts, and then nothing.
func TestMany(t *testing.T) {
	const many = 300
	p := newPlace(t)
	p.packed("1.0.0")
	p.write("list/platform.yml", "repository: {url: https://git.example/homelab.git}\n")
	var index, list strings.Builder
	index.WriteString("apiVersion: v1\nentries:\n")
	list.WriteString("- namespace: web\n  networkPolicies: isolated\n  applications:\n")
	s := httptest.NewServer(http.FileServer(http.Dir(filepath.Join(p.folder, "repository"))))
	defer s.Close()
	data, err := os.ReadFile(filepath.Join(p.folder, "repository", "web-1.0.0.tgz"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range many {
		fmt.Fprintf(&index, "  web%d:\n  - version: 1.0.0\n    urls: [web%d.tgz]\n", i, i)
		fmt.Fprintf(&list, "    - {applicationCode: web-%d, chart: web%d, repoURL: %s, version: 1.0.0}\n", i, i, s.URL)
		p.write(fmt.Sprintf("repository/web%d.tgz", i), string(data))
	}
	p.write("repository/index.yaml", index.String())
	p.write("list/applications.yml", list.String())
	for _, what := range []string{"from a server", "at hand"} {
		begin := time.Now()
		p.run("roster", "fetch", "list")
		t.Logf("%d charts %s: %s", many, what, time.Since(begin).Round(time.Millisecond))
	}
	if got := strings.Count(string(must(os.ReadFile(filepath.Join(p.folder, "list", "roster.lock")))), "kind: chart"); got != many {
		t.Errorf("%d charts", got)
	}
}

func must(data []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return data
}
