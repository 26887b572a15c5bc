package catalog_test

import (
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
	"golang.org/x/tools/txtar"
)

// FuzzLoad gives Load any two files: it reports mistakes, each with its file and code, or the platform renders.
func FuzzLoad(f *testing.F) {
	examples, err := filepath.Glob("../examples/*/applications.yml")
	if err != nil {
		f.Fatal(err)
	}
	for _, example := range examples {
		applications, err := os.ReadFile(example)
		if err != nil {
			f.Fatal(err)
		}
		platform, _ := os.ReadFile(filepath.Join(filepath.Dir(example), "platform.yml"))
		f.Add(string(applications), string(platform))
	}
	scripts, err := filepath.Glob("../cmd/internal/cli/testdata/script/bad_*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, script := range scripts {
		data, err := os.ReadFile(script)
		if err != nil {
			f.Fatal(err)
		}
		files := map[string]string{}
		for _, file := range txtar.Parse(data).Files {
			files[file.Name] = string(file.Data)
		}
		for name, text := range files {
			if dir, file := path.Split(name); file == "applications.yml" {
				f.Add(text, files[dir+"platform.yml"])
			}
		}
	}
	f.Fuzz(func(t *testing.T, applications, platform string) {
		fsys := fstest.MapFS{
			"applications.yml":         {Data: []byte(applications)},
			"platform.yml":             {Data: []byte(platform)},
			"charts/app/Chart.yaml":    {Data: []byte("name: app\n")},
			"kustom/kustomization.yml": {Data: []byte("resources: [../manifests]\n")},
			"manifests/a.yaml":         {Data: []byte("{}\n")},
		}
		in, err := catalog.Read(fsys, ".", catalog.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range in.Mistakes {
			if d.Pos.File == "" || d.Code == "" || d.Message == "" {
				t.Errorf("incomplete: %+v", d)
			}
			if strings.HasPrefix(d.Pos.File, "built-in") {
				t.Errorf("blames what the user did not write: %+v", d)
			}
			if strings.Contains(d.Message+d.Hint, "%!") {
				t.Errorf("badly formatted: %+v", d)
			}
		}
		if (len(in.Clusters) == 0) == (len(in.Mistakes) == 0) {
			t.Fatalf("%d platforms with %d messages", len(in.Clusters), len(in.Mistakes))
		}
		seen := map[string]bool{}
		var e object.Encoder
		for _, c := range in.Clusters {
			objects := map[string][]object.Object{c.Platform.Cluster.Name: render.Build(c.Platform)}
			if c.Platform.Cluster.Remote {
				objects[c.Platform.Cluster.Manager] = render.InArgoCD(c.Platform)
			}
			for cluster, list := range objects {
				for _, o := range list {
					if len(e.Encode(nil, o.Value())) == 0 {
						t.Errorf("nothing in %s", o.File())
					}
					if seen[cluster+"/"+o.File()] {
						t.Errorf("two objects in %s of %q", o.File(), cluster)
					}
					seen[cluster+"/"+o.File()] = true
				}
			}
		}
	})
}
