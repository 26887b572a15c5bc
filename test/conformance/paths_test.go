package conformance

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/test/examples"
)

// TestGeneratePaths: Argo CD sends a plugin only what manifest-generate-paths names, and renders an Application again only when
// one of these changes. So the platform, and each of its applications, must come out the same when nothing else is there.
func TestGeneratePaths(t *testing.T) {
	roster := examples.Roster(t)
	lists, err := filepath.Glob(filepath.Join(examples.Root(), "examples", "*", "applications.yml"))
	if err != nil {
		t.Fatal(err)
	}
	sources, err := filepath.Glob(filepath.Join(examples.Root(), "test", "engines", "testdata", "*", "*", "applications.yml"))
	if err != nil || len(sources) < 20 {
		t.Fatalf("%d sources: %v", len(sources), err)
	}
	checked, parts := 0, 0
	for i, list := range slices.Concat(lists, sources) {
		dir := filepath.Dir(list)
		name := filepath.Base(filepath.Dir(dir)) + "/" + filepath.Base(dir)
		if name == "helm/subcharts" || name == "helm/vendored" { // Helm must first put charts into these
			continue
		}
		if name == "sources/repository" { // its addresses are those of a server that test/engines starts
			continue
		}
		t.Run(name, func(t *testing.T) {
			repository, from, folder := t.TempDir(), dir, "."
			if i < len(lists) {
				from, folder = examples.Repository(t, filepath.Base(dir))
			}
			copyTo(t, repository, from)
			if err := os.Mkdir(filepath.Join(repository, ".git"), 0o755); err != nil { // by which roster knows the root
				t.Fatal(err)
			}
			if platform := filepath.Join(repository, folder, "platform.yml"); !exists(platform) { // all folders of test/engines share one
				copyFile(t, platform, filepath.Join(filepath.Dir(filepath.Dir(dir)), "platform.yml"))
			}
			root, err := os.OpenRoot(repository)
			if err != nil {
				t.Fatal(err)
			}
			defer root.Close()
			in, err := catalog.Read(root.FS(), folder, catalog.Options{})
			if err != nil || len(in.Mistakes) > 0 {
				t.Fatal(err, in.Mistakes)
			}
			for _, c := range in.Clusters {
				p := c.Platform
				parameter := ""
				if p.Cluster.Remote {
					parameter = p.RootName()
				}
				rendered := func(app string) []byte {
					return run(t, roster, filepath.Join(repository, folder), nil, "render", "--app", app)
				}
				in := checkout{repository, folder}
				reads := in.fromRoot(p.Repository.ListPaths) // by the plugin
				in.check(t, roster, []string{"/" + p.Repository.Reads}, p.RootName(), parameter, rendered(p.RootName()))
				for name, paths := range partPaths(t, p) {
					in.check(t, roster, in.fromRoot(paths), name, name, rendered(name))
					parts++
				}
				for _, a := range applications(p) {
					if a.Workload == nil || a.GeneratePaths == nil {
						continue
					}
					if a.Sources[0].Plugin == nil && len(a.Patches) > 0 { // Argo CD reads them from the Application, and no file
						continue
					}
					paths := slices.Clone(reads)
					for _, read := range a.GeneratePaths {
						if !strings.HasPrefix(read, "/") { // seen from the folder that Argo CD calls the plugin, or the tool, in
							read = "/" + path.Join(a.Sources[0].Path, read)
						}
						paths = append(paths, read)
					}
					if isSource := i >= len(lists); isSource && len(paths) == len(reads)+1 && paths[len(reads)] == "/"+a.Sources[0].Path {
						continue // nothing outside of its folder is read; the examples have many of these
					}
					in.check(t, roster, paths, a.Name, a.Name, rendered(a.Name))
					checked++
				}
			}
		})
	}
	if checked < 30 || parts < 10 {
		t.Errorf("only %d applications have paths, and %d parts", checked, parts)
	}
}

// partPaths are the manifest-generate-paths of the Applications that have the objects of a cluster with another one's Argo CD.
func partPaths(t *testing.T, p *catalog.Platform) map[string]string {
	t.Helper()
	out := map[string]string{}
	if !p.Cluster.Remote {
		return out
	}
	names := map[string]bool{}
	for _, part := range []catalog.Part{catalog.NamespacePart, catalog.PolicyPart, catalog.StorePart, catalog.RoutePart, catalog.MetricsPart, catalog.BackupPart} {
		names[p.PartName(part, "")] = true
	}
	for _, a := range applications(p) {
		names[p.PartName(catalog.SecretPart, a.Code)] = true
	}
	for _, o := range render.InArgoCD(p) {
		if o.Kind == "Application" && names[o.Name] {
			out[o.Name] = content(t, o).GetAnnotations()[render.ManifestGeneratePaths]
		}
	}
	return out
}

func applications(p *catalog.Platform) []catalog.Application {
	var out []catalog.Application
	for _, n := range p.Namespaces {
		out = append(out, n.Applications...)
	}
	return out
}

// checkout is a repository, and the folder of the list in it.
type checkout struct{ repository, folder string }

// fromRoot are paths of an Application that has the list's folder as its own, from the repository's root.
func (c checkout) fromRoot(paths string) []string {
	out := strings.Split(paths, ";")
	for i, read := range out {
		if !strings.HasPrefix(read, "/") {
			out[i] = path.Join("/", c.folder, read)
		}
	}
	return out
}

// check demands that the plugin prints want where only paths of the repository are there.
func (c checkout) check(t *testing.T, roster string, paths []string, app, parameter string, want []byte) {
	t.Helper()
	sent := t.TempDir()
	for _, p := range paths {
		if from := filepath.Join(c.repository, filepath.FromSlash(p)); exists(from) {
			copyTo(t, filepath.Join(sent, filepath.FromSlash(p)), from)
		}
	}
	env := []string{"ARGOCD_APP_NAME=" + app, "ARGOCD_APP_SOURCE_PATH=" + c.folder, "ARGOCD_APP_SOURCE_REPO_URL=https://git.example/repository.git"}
	if parameter != "" {
		parameters, err := json.Marshal([]any{map[string]any{"name": render.PluginParameter, "string": parameter}})
		if err != nil {
			t.Fatal(err)
		}
		env = append(env, "ARGOCD_APP_PARAMETERS="+string(parameters))
	}
	if got := run(t, roster, filepath.Join(sent, c.folder), env, "plugin", "generate"); !bytes.Equal(got, want) {
		t.Errorf("%s: with %q alone, the plugin prints\n%s\nwant\n%s", app, paths, got, want)
	}
}

func run(t *testing.T, roster, dir string, env []string, args ...string) []byte {
	t.Helper()
	c := exec.Command(roster, args...)
	c.Dir, c.Env = dir, append(os.Environ(), env...)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Errorf("roster %q %q: %v\n%s", args, env, err, &stderr)
	}
	return out
}

func exists(file string) bool {
	_, err := os.Lstat(file)
	return err == nil
}

// copyTo copies a file or a folder. Symbolic links stay links.
func copyTo(t *testing.T, to, from string) {
	t.Helper()
	info, err := os.Lstat(from)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case info.Mode()&os.ModeSymlink != 0:
		target, err := os.Readlink(from)
		if err == nil && !exists(to) {
			err = os.MkdirAll(filepath.Dir(to), 0o755)
		}
		if err == nil && !exists(to) {
			err = os.Symlink(target, to)
		}
		if err != nil {
			t.Fatal(err)
		}
	case info.IsDir():
		entries, err := os.ReadDir(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(to, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			copyTo(t, filepath.Join(to, e.Name()), filepath.Join(from, e.Name()))
		}
	default:
		copyFile(t, to, from)
	}
}

func copyFile(t *testing.T, to, from string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o755)
	}
	if err == nil {
		err = os.WriteFile(to, data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
