package engines

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/cgi"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// What comes from elsewhere: the tools fetch it from a server, and roster gets it in folders. The server has charts of the folder
// served/charts under /charts, the Git repositories under served/git under /git, and the files under served/files under /files.

// served are the servers, and what roster gets of them.
type served struct {
	url    string
	shelf  []map[string]string
	folder string
}

// serve starts the servers for testdata/sources/served.
func serve(t *testing.T) *served {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &served{url: "http://" + listener.Addr().String(), folder: t.TempDir()}
	from := t.TempDir()
	if err := os.CopyFS(from, os.DirFS("testdata/sources/served")); err != nil {
		t.Fatal(err)
	}
	s.fill(t, from)

	charts := filepath.Join(s.folder, "charts")
	for _, chart := range glob(t, from, "charts/*") {
		run(t, from, "helm", "package", "--destination", charts, chart)
	}
	run(t, charts, "helm", "repo", "index", ".", "--url", s.url+"/charts")

	for _, tree := range glob(t, from, "git/*") {
		for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "-A"}, {"-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "all"}, {"tag", "v1"}} {
			run(t, tree, "git", args...)
		}
		bare := filepath.Join(s.folder, "git", filepath.Base(tree)+".git")
		run(t, from, "git", "clone", "-q", "--bare", tree, bare)
		if err := os.RemoveAll(filepath.Join(tree, ".git")); err != nil {
			t.Fatal(err)
		}
		for _, version := range []string{"", "v1"} {
			s.add("git", s.url+"/git/"+filepath.Base(bare), "", version, tree)
		}
	}
	for _, file := range glob(t, from, "files/*") {
		alone := t.TempDir()
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(alone, filepath.Base(file)), data)
		s.add("file", s.url+"/files/"+filepath.Base(file), "", "", alone)
	}

	git := strings.TrimSpace(string(run(t, from, "git", "--exec-path")))
	mux := http.NewServeMux()
	mux.Handle("/charts/", http.FileServer(http.Dir(s.folder)))
	mux.Handle("/files/", http.FileServer(http.Dir(from)))
	mux.Handle("/git/", http.StripPrefix("/git", &cgi.Handler{Path: filepath.Join(git, "git-http-backend"),
		Env: []string{"GIT_PROJECT_ROOT=" + filepath.Join(s.folder, "git"), "GIT_HTTP_EXPORT_ALL=1"}}))
	server := &http.Server{Handler: mux}
	go func() { _ = server.Serve(listener) }() // until Close
	t.Cleanup(func() { _ = server.Close() })
	return s
}

// chart notes the version of a chart that a range of versions stands for.
func (s *served) chart(t *testing.T, name, asked, version string) {
	t.Helper()
	alone := t.TempDir()
	data, err := os.ReadFile(filepath.Join(s.folder, "charts", name+"-"+version+".tgz"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(alone, name+".tgz"), data)
	s.add("chart", s.url+"/charts", name, asked, alone)
}

func (s *served) add(kind, url, name, version, folder string) {
	s.shelf = append(s.shelf, map[string]string{"Kind": kind, "URL": url, "Name": name, "Version": version, "Folder": folder})
}

// fill puts the address of the server into all files below a folder.
func (s *served) fill(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(name, []byte(strings.ReplaceAll(string(data), "SERVER", s.url)), 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func glob(t *testing.T, dir, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(found) == 0 {
		t.Fatalf("there is nothing at %s: %v", pattern, err)
	}
	return found
}

// TestSources compares what roster makes of what was fetched with what the tools make of what they fetch, and Argo CD's repo server
// with them.
func TestSources(t *testing.T) {
	s := serve(t)
	for _, c := range [][3]string{{"db", "1.x", "1.2.0"}, {"db", "1.2.x", "1.2.0"}, {"db", "1.1.0", "1.1.0"}, {"db", "1.2.0", "1.2.0"}, {"db", "", "1.2.0"}, {"full", "0.1.0", "0.1.0"}} {
		s.chart(t, c[0], c[1], c[2])
	}
	dir := clone(t, "testdata/sources/repository")
	s.fill(t, dir)
	run(t, dir, "helm", "repo", "add", "served", s.url+"/charts")
	// A lock that is behind what the range of versions stands for.
	lock := filepath.Join(dir, "locked")
	run(t, dir, "helm", "dependency", "update", lock)
	if err := os.RemoveAll(filepath.Join(lock, "charts")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(lock, "Chart.yaml")
	if data, err := os.ReadFile(filepath.Join(lock, "Chart.lock")); err != nil || !strings.Contains(string(data), "1.1.0") {
		t.Fatalf("%s is locked otherwise: %s, %v", file, data, err)
	}
	shelf, err := json.Marshal(s.shelf)
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(t.TempDir(), "sources.json")
	write(t, list, shelf)

	p := load(t, dir)
	for code, c := range map[string]struct {
		objects int
		print   tool
		argo    bool
	}{
		"umbrella":  {5, (*platform).dependent, true},
		"locked":    {1, (*platform).dependent, false}, // Argo CD adds repositories for https and OCI alone, which a lock needs
		"older":     {1, (*platform).dependent, true},
		"bases":     {6, (*platform).fetching, true},
		"charts":    {12, (*platform).fetching, true},
		"versions":  {2, (*platform).fetching, true},
		"told":      {4, (*platform).fetching, true},
		"generator": {3, (*platform).fetching, true},
		"remote": {1, func(p *platform, t *testing.T, a app, dir string) []*unstructured.Unstructured {
			return split(t, run(t, dir, "helm", "template", a.Name, "db", "--repo", s.url+"/charts", "--version", "1.x", "--namespace", a.Spec.Destination.Namespace,
				"--values", "values.yml", "--values", s.url+"/files/values.yml"))
		}, false},
		"foreign": {2, func(p *platform, t *testing.T, a app, dir string) []*unstructured.Unstructured {
			other := filepath.Join(t.TempDir(), "other")
			run(t, dir, "git", "clone", "-q", s.url+"/git/other.git", other)
			run(t, dir, "helm", "dependency", "build", filepath.Join(other, "chart"))
			return split(t, run(t, dir, "helm", "template", a.Name, filepath.Join(other, "chart"), "--namespace", a.Spec.Destination.Namespace,
				"--values", filepath.Join(other, "chart", "own.yml"), "--values", "values.yml"))
		}, false},
		"elsewhere": {2, func(p *platform, t *testing.T, a app, dir string) []*unstructured.Unstructured {
			return split(t, run(t, dir, "kustomize", "build", s.url+"/git/other.git//base?ref=v1"))
		}, false},
	} {
		t.Run(code, func(t *testing.T) {
			ours := objects{}
			for _, o := range read(t, run(t, dir, "sources", list, code, dir)) {
				ours[keyOf(o)] = o
			}
			if len(ours) != c.objects {
				t.Errorf("roster prints %d objects, expected %d:\n%s", len(ours), c.objects, keys(ours))
			}
			same(t, "the tool", ours, p.theirs(t, code, c.print))
			if c.argo {
				same(t, "Argo CD", ours, p.theirs(t, code, (*platform).generate))
			}
		})
	}
}

// dependent is helm template behind helm dependency build.
func (p *platform) dependent(t *testing.T, a app, dir string) []*unstructured.Unstructured {
	t.Helper()
	run(t, dir, "helm", "dependency", "build", filepath.Join(dir, a.Spec.GetSource().Path))
	return p.helm(t, a, dir)
}

// fetching is kustomize build as Argo CD calls it when it may inflate charts.
func (p *platform) fetching(t *testing.T, a app, dir string) []*unstructured.Unstructured {
	t.Helper()
	source := a.Spec.GetSource()
	args := []string{"build", filepath.Join(dir, source.Path), "--enable-helm", "--helm-kube-version", source.GetKubeVersionOrDefault(p.kubeVersion)}
	for _, v := range source.GetAPIVersionsOrDefault(p.apiVersions) {
		args = append(args, "--helm-api-versions", v)
	}
	return split(t, run(t, dir, "kustomize", args...))
}
