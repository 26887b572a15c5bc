package catalog_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
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
		f.Add(section(string(data), "applications.yml"), section(string(data), "platform.yml"))
	}
	f.Fuzz(func(t *testing.T, applications, platform string) {
		fsys := fstest.MapFS{
			"applications.yml":         {Data: []byte(applications)},
			"platform.yml":             {Data: []byte(platform)},
			"charts/app/Chart.yaml":    {Data: []byte("name: app\n")},
			"kustom/kustomization.yml": {Data: []byte("resources: [../manifests]\n")},
			"manifests/a.yaml":         {Data: []byte("{}\n")},
		}
		p, diags, err := catalog.Load(fsys, ".", catalog.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range diags {
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
		if (p == nil) == (len(diags) == 0) {
			t.Fatalf("a platform %v with %d messages", p, len(diags))
		}
		if p == nil {
			return
		}
		seen := map[string]bool{}
		var e object.Encoder
		for _, o := range render.Build(p) {
			if len(e.Encode(nil, o.Value())) == 0 {
				t.Errorf("nothing in %s", o.File())
			}
			if seen[o.File()] {
				t.Errorf("two objects in %s", o.File())
			}
			seen[o.File()] = true
		}
	})
}

// section is a file of a txtar script.
func section(script, name string) string {
	_, text, _ := strings.Cut(script, "-- "+name+" --\n")
	text, _, _ = strings.Cut(text, "\n-- ")
	return text
}
