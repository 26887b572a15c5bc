package conformance

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	argo "github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/schema"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
	"github.com/hippotion/roster/test/examples"
	"go.yaml.in/yaml/v3"
)

const clustersPlatform = "examples/clusters/platform.yml"

// TestClusters asks Argo CD's own code, and the schemas, about each way in which it can know another cluster, and about an Argo CD in each.
func TestClusters(t *testing.T) {
	root, err := os.OpenRoot(examples.Root())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	before, err := fs.ReadFile(root.FS(), clustersPlatform)
	if err != nil {
		t.Fatal(err)
	}
	const server = "server: https://vps.example:6443"
	set := schema.New()
	for _, c := range []struct{ name, by, more string }{
		{"by name", "name: rented", ""},
		{"by server, with accounts", server, "argocd: {impersonation: true}\n"},
		{"by name, with accounts", "name: rented", "argocd: {impersonation: true}\n"},
		{"another root", server, "argocd: {root: house}\n"},
		{"an Argo CD in each", "apiServer: {port: 6443}", "argocd: {impersonation: true}\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(string(before), server, c.by, 1) + c.more
			clusters := examples.ClustersIn(t, replaced{root.FS(), fstest.MapFS{clustersPlatform: {Data: []byte(text)}}}, "clusters")
			judge(t, clusters)
			var e object.Encoder
			for _, on := range clusters {
				roots(t, on)
				objects := on.Objects
				for _, p := range on.Managed {
					objects = append(objects, render.Root(p)...)
				}
				for _, o := range objects {
					problems, err := set.ValidateYAML(e.Encode(nil, o.Value()))
					if err != nil || len(problems) > 0 {
						t.Errorf("%s: %v %v", o.File(), err, problems)
					}
				}
			}
		})
	}
}

// TestEachObjectOnce: what the Applications deploy, each asked for by its name, is what the folder of each cluster has, and no object comes
// from two of them: these would take turns.
func TestEachObjectOnce(t *testing.T) {
	roster := examples.Roster(t)
	const name = "clusters"
	out := t.TempDir()
	examples.RenderAll(t, roster, name, "--output-dir", out)
	const mark = "# rendered by roster\n" // at the top of what is not roster's own
	want := map[string]string{}
	err := filepath.WalkDir(out, func(file string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(file) != ".yaml" {
			return err
		}
		text, err := os.ReadFile(file)
		file, _ = filepath.Rel(out, file)
		want[filepath.ToSlash(file)] = strings.TrimPrefix(string(text), mark)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, c := range examples.Clusters(t, name) {
		applications := slices.DeleteFunc(slices.Clone(c.Objects), func(o object.Object) bool { return o.Kind != "Application" })
		for _, p := range c.Managed {
			applications = append(applications, render.Root(p)[1])
		}
		for _, o := range applications {
			var app argo.Application
			decode(t, o, &app)
			into := "home"
			if app.Spec.Destination.Server == "https://vps.example:6443" {
				into = "vps"
			}
			for file, text := range deployed(t, roster, name, o.Name) {
				file = into + "/" + file
				if _, twice := got[file]; twice {
					t.Errorf("%s also deploys %s", o.Name, file)
				}
				got[file] = text
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got) < 100 {
		t.Errorf("%d objects (-in the folders +of the Applications):\n%s", len(got), diff)
	}
}

// deployed is what an Application deploys, by the files of the objects.
func deployed(t *testing.T, roster, example, application string) map[string]string {
	t.Helper()
	stdout, elsewhere := examples.Render(t, roster, example, "--app", application)
	out := map[string]string{}
	if len(elsewhere) > 0 {
		return out
	}
	for text := range bytes.SplitSeq(bytes.TrimPrefix(stdout, []byte("---\n")), []byte("\n---\n")) {
		var o struct {
			APIVersion, Kind string
			Metadata         struct{ Name, Namespace string }
		}
		if err := yaml.Unmarshal(text, &o); err != nil {
			t.Fatalf("%s: %v", application, err)
		}
		file := object.Object{Kind: o.Kind, Namespace: o.Metadata.Namespace, Name: o.Metadata.Name}.File()
		out[file] = strings.TrimSuffix(string(text), "\n") + "\n"
	}
	return out
}

// TestSplit: a list has one meaning, in one file or in many. Only the paths that Argo CD sends know the folder.
func TestSplit(t *testing.T) {
	for _, name := range examples.Names(t) {
		t.Run(name, func(t *testing.T) {
			repository := t.TempDir()
			from, list := examples.Repository(t, name)
			if err := os.CopyFS(repository, os.DirFS(from)); err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(repository, list)
			want := text(t, os.DirFS(repository), list)
			lists, err := filepath.Glob(filepath.Join(dir, catalog.ApplicationsDir, "*.yml"))
			if err != nil {
				t.Fatal(err)
			}
			var entries []*yaml.Node
			for _, file := range append(lists, filepath.Join(dir, catalog.ApplicationsFile)) {
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				var doc yaml.Node
				if err := yaml.Unmarshal(data, &doc); err != nil {
					t.Fatal(err)
				}
				entries = append(entries, withoutAliases(doc.Content[0]).Content...)
			}
			one := &yaml.Node{Kind: yaml.SequenceNode, Content: entries}
			each := map[string]*yaml.Node{}
			for i, e := range entries {
				each[filepath.Join(catalog.ApplicationsDir, string(rune('a'+i%26))+strings.Repeat("z", i/26)+".yml")] = &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{e}}
			}
			half := map[string]*yaml.Node{catalog.ApplicationsFile: {Kind: yaml.SequenceNode, Content: entries[:1]}}
			if len(entries) > 1 {
				half[filepath.Join(catalog.ApplicationsDir, "rest.yml")] = &yaml.Node{Kind: yaml.SequenceNode, Content: entries[1:]}
			}
			for what, files := range map[string]map[string]*yaml.Node{"one file": {catalog.ApplicationsFile: one}, "a file for each entry": each, "both": half} {
				if err := os.RemoveAll(filepath.Join(dir, catalog.ApplicationsDir)); err != nil {
					t.Fatal(err)
				}
				if err := os.Remove(filepath.Join(dir, catalog.ApplicationsFile)); err != nil && !os.IsNotExist(err) {
					t.Fatal(err)
				}
				for _, file := range slices.Sorted(maps.Keys(files)) {
					data, err := yaml.Marshal(files[file])
					if err == nil {
						err = os.MkdirAll(filepath.Dir(filepath.Join(dir, file)), 0o755)
					}
					if err == nil {
						err = os.WriteFile(filepath.Join(dir, file), data, 0o644)
					}
					if err != nil {
						t.Fatal(err)
					}
				}
				if got := text(t, os.DirFS(repository), list); withoutFolder(got) != withoutFolder(want) {
					t.Errorf("%s: other bytes: %s", what, cmp.Diff(want, got))
				}
			}
		})
	}
}

// withoutFolder leaves the folder of the list's files out of the paths that Argo CD sends.
func withoutFolder(text string) string {
	return strings.ReplaceAll(text, ";applications", "")
}
