package fetch

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
	"golang.org/x/tools/txtar"
)

const story = "testdata/homelab.txtar"

// TestHomelab fetches all of a house of which parts are elsewhere, and compares the lock, what is rendered from it without the network, and
// what lint finds in that, with what is in the story. The charts of the world that the example names are stand-ins.
func TestHomelab(t *testing.T) {
	archive, err := txtar.ParseFile(story)
	if err != nil {
		t.Fatal(err)
	}
	host := registry(t)
	p := newPlace(t)
	p.run("helm", "registry", "login", host, "--username", user, "--password", password, "--plain-http")
	charts := map[string]map[string]string{} // files, by folder
	for _, f := range archive.Files {
		text := strings.ReplaceAll(string(f.Data), "REGISTRY", "registry.house.example")
		folder, rest, _ := strings.Cut(f.Name, "/")
		switch folder {
		case "house", "git":
			p.write(f.Name, text)
		case "charts", "oci":
			name, file, _ := strings.Cut(rest, "/")
			if charts[folder+"/"+name] == nil {
				charts[folder+"/"+name] = map[string]string{}
			}
			charts[folder+"/"+name][file] = text
		}
	}
	if err := os.CopyFS(filepath.Join(p.folder, "house"), without{os.DirFS("../../examples/homelab")}); err != nil {
		t.Fatal(err)
	}
	p.change("house/applications.yml", func(text string) string { return text + part(archive, "more.txt") })
	p.change("house/platform.yml", func(text string) string {
		return strings.Replace(text, "\nargocd:\n", "\nargocd:\n  kustomize: {buildOptions: --enable-helm}\n", 1)
	})
	mapped := p.standIns(host)
	for folder, files := range charts {
		kind, name := path.Split(folder)
		file := p.chart(folder, files)
		if kind == "oci/" {
			p.run("helm", "push", file, "oci://"+host+"/house/house/charts", "--plain-http")
		} else {
			p.write("repository/"+name+".tgz", string(must(os.ReadFile(file))))
		}
	}
	p.run("helm", "repo", "index", "repository")
	server := httptest.NewServer(http.FileServer(http.Dir(filepath.Join(p.folder, "repository"))))
	defer server.Close()
	mapped = append(mapped, "https://charts.house.example="+server.URL, "oci://registry.house.example=oci://"+host+"/house")
	for _, name := range []string{"chat", "parts", "notes"} {
		mapped = append(mapped, "https://git.house.example/"+name+".git=git/"+name+"/repository")
		p.commits("git/" + name)
	}
	p.write("git/blog/v2026.11/deploy/a.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: blog}}\n")
	p.write("git/blog/v2026.11/deploy/kustomization.yaml", "resources: [a.yaml]\n")
	p.commits("git/blog")
	mapped = append(mapped, "https://gitlab.example/house/blog.git=git/blog/repository")
	fetch := []string{"fetch", "house"}
	for _, m := range mapped {
		fetch = append(fetch, "--map", m)
	}
	p.run("roster", fetch...)

	p.run("roster", append(fetch, "--locked")...)
	lock := string(must(os.ReadFile(filepath.Join(p.folder, "house", "roster.lock"))))
	var ours []string
	for line := range strings.Lines(lock) {
		if !strings.Contains(line, "kind: ") || strings.Contains(line, "house.example") {
			ours = append(ours, manifest.ReplaceAllString(line, "")) // helm push writes the time into it
		}
	}
	got := map[string]string{"roster.lock": strings.Join(ours, "")}
	server.Close() // from here on, nothing is asked
	for _, app := range []string{"web-wiki", "web-dash", "web-chat", "web-notes"} {
		got[app] = p.run("roster", "render", "--app", app, "house")
	}
	p.run("roster", "render", "--all", "house")
	got["findings"] = p.findings("house", "web-wiki", "web-dash", "web-chat", "web-notes")
	if os.Getenv("UPDATE") != "" {
		for i, f := range archive.Files {
			if text, ok := got[f.Name]; ok {
				archive.Files[i].Data = []byte(text)
			}
		}
		if err := os.WriteFile(story, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range got {
		if diff := cmp.Diff(part(archive, name), text); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

var manifest = regexp.MustCompile(` manifest: "sha256:[0-9a-f]{64}",`)

// part is a file of an archive.
func part(a *txtar.Archive, name string) string {
	return string(a.Files[slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == name })].Data)
}

// without is a folder without what was fetched for it.
type without struct{ fs.FS }

func (w without) Open(name string) (fs.File, error) {
	if path.Base(name) == "roster.lock" {
		return nil, fs.ErrNotExist
	}
	return w.FS.Open(name)
}

// change edits a file.
func (p *place) change(name string, edit func(string) string) {
	p.t.Helper()
	before := string(must(os.ReadFile(filepath.Join(p.folder, name))))
	after := edit(before)
	if after == before {
		p.t.Fatalf("%s stays as it is", name)
	}
	p.write(name, after)
}

// chart packs a chart, with the same bytes each time.
func (p *place) chart(folder string, files map[string]string) string {
	p.t.Helper()
	at := strings.LastIndex(folder, "-")
	name, version := path.Base(folder[:at]), folder[at+1:]
	files["Chart.yaml"] = "apiVersion: v2\nname: " + name + "\nversion: " + version + "\n"
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.NoCompression) // the same bytes with each Go
	if err != nil {
		p.t.Fatal(err)
	}
	w := tar.NewWriter(z)
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if err := w.WriteHeader(&tar.Header{Name: name + "/" + file, Mode: 0o644, Size: int64(len(files[file]))}); err != nil {
			p.t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[file])); err != nil {
			p.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		p.t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		p.t.Fatal(err)
	}
	p.write("packed/"+folder+".tgz", b.String())
	return filepath.Join(p.folder, "packed", folder+".tgz")
}

// standIns are charts in place of those of the world that the list names, and where they are.
func (p *place) standIns(host string) []string {
	p.t.Helper()
	var entries []struct {
		Applications []yaml.Node
	}
	if err := yaml.Unmarshal(must(os.ReadFile(filepath.Join(p.folder, "house", "applications.yml"))), &entries); err != nil {
		p.t.Fatal(err)
	}
	var mapped []string
	for _, e := range entries {
		for _, n := range e.Applications {
			var a struct {
				Chart, Version string
				RepoURL        string `yaml:"repoURL"`
			}
			if n.Kind != yaml.MappingNode || n.Decode(&a) != nil || a.Chart == "" {
				continue
			}
			file := p.chart("world/"+a.Chart+"-"+a.Version, map[string]string{"templates/a.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: " + a.Chart + "}}\n"})
			if rest, oci := strings.CutPrefix(a.RepoURL, "oci://"); oci {
				p.run("helm", "push", file, "oci://"+host+"/world/"+rest, "--plain-http")
				mapped = append(mapped, a.RepoURL+"=oci://"+host+"/world/"+rest)
				continue
			}
			folder := fmt.Sprintf("world/%d", len(mapped))
			p.write(folder+"/"+filepath.Base(file), string(must(os.ReadFile(file))))
			p.run("helm", "repo", "index", folder)
			mapped = append(mapped, a.RepoURL+"="+folder)
		}
	}
	if len(mapped) < 13 {
		p.t.Errorf("%d charts", len(mapped))
	}
	slices.Sort(mapped)
	return slices.Compact(mapped)
}

// commits makes a repository of what is in a folder: each folder in it is a commit with a tag.
func (p *place) commits(folder string) {
	p.t.Helper()
	folder = filepath.Join(p.folder, folder)
	at := filepath.Join(folder, "repository")
	tags, err := os.ReadDir(folder)
	if err != nil {
		p.t.Fatal(err)
	}
	git := func(args ...string) {
		c := exec.Command("git", args...)
		c.Dir = at
		c.Env = append(os.Environ(), "HOME="+p.folder, "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_AUTHOR_DATE=2026-01-01T00:00:00Z",
			"GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com", "GIT_COMMITTER_DATE=2026-01-01T00:00:00Z")
		if out, err := c.CombinedOutput(); err != nil {
			p.t.Fatalf("git %s: %v\n%s", args, err, out)
		}
	}
	if err := os.Mkdir(at, 0o755); err != nil {
		p.t.Fatal(err)
	}
	git("init", "--quiet", "--initial-branch=main")
	for _, tag := range tags {
		if err := os.CopyFS(at, os.DirFS(filepath.Join(folder, tag.Name()))); err != nil {
			p.t.Fatal(err)
		}
		git("add", "--all")
		git("commit", "--quiet", "--message="+tag.Name())
		git("tag", tag.Name())
	}
	git("branch", "next")
}

// findings are what lint finds in some applications, and whether anything could not be seen.
func (p *place) findings(list string, codes ...string) string {
	p.t.Helper()
	out, err := p.try("roster", "lint", "--format", "json", list)
	if exit := (*exec.ExitError)(nil); err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 1) {
		p.t.Fatal(err, out)
	}
	var report struct {
		Findings []struct {
			Rule, File, Path, Message string
			Line                      int
		}
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		p.t.Fatal(err, out)
	}
	var b strings.Builder
	for _, f := range report.Findings {
		if f.Rule == "not-fetched" || f.Rule == "cannot-render" || slices.ContainsFunc(codes, func(c string) bool { return strings.HasPrefix(f.Path, c) }) {
			fmt.Fprintf(&b, "%s: %s: %s [%s]\n", f.File, f.Path, f.Message, f.Rule)
		}
	}
	return b.String()
}
