package golden

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hippotion/roster/catalog/apps"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/profiles"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
	"github.com/hippotion/roster/test/examples"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// TestKinds compares the kinds of the platform's objects in the golden folders with the table of those that are rendered.
func TestKinds(t *testing.T) {
	got, want := map[render.Kind]bool{}, map[render.Kind]bool{}
	for _, k := range render.Kinds() {
		want[k] = true
	}
	for _, name := range examples.Names(t) {
		for file, text := range read(t, name) {
			if !strings.Contains(text, "\n    app.kubernetes.io/managed-by: roster\n") { // an application deploys it
				continue
			}
			var o metav1.PartialObjectMetadata
			if err := yaml.Unmarshal([]byte(text), &o); err != nil {
				t.Errorf("%s/%s: %v", name, file, err)
			}
			gvk := o.GroupVersionKind()
			got[render.Kind{Group: gvk.Group, Version: gvk.Version, Kind: gvk.Kind, Namespaced: o.Namespace != ""}] = true
		}
	}
	for k := range got {
		if !want[k] {
			t.Errorf("not in the table of kinds: %+v", k)
		}
	}
	for k := range want {
		if !got[k] {
			t.Errorf("in no example: %+v", k)
		}
	}
}

// TestComplete fails when an example exercises no built-in profile or catalog application of some name.
func TestComplete(t *testing.T) {
	origins, plugins := map[string]bool{}, 0
	var e object.Encoder
	for _, c := range examples.Every(t) {
		for _, o := range c.Objects {
			for line := range strings.Lines(string(e.Encode(nil, o.Value()))) {
				if _, origin, ok := strings.Cut(line, "roster.hippotion.github.io/origin: "); ok {
					file, _, _ := strings.Cut(strings.Trim(origin, "\"\n"), "#")
					origins[file] = true
				}
				if strings.TrimSpace(line) == "plugin:" {
					plugins++
				}
			}
		}
	}
	var diags diag.List
	set, err := profiles.Load(os.DirFS("."), "none", "none", profiles.Names{APIServerPort: 6443}, &diags)
	if err != nil || len(diags) > 0 {
		t.Fatal(err, diags)
	}
	for name, p := range set {
		for _, policy := range p.Policies {
			if !origins[policy.Origin] {
				t.Errorf("no example uses %s, which profile %s needs", policy.Origin, name)
			}
		}
	}
	used := sources(t)
	for _, name := range apps.Names() {
		if !strings.Contains(used, "catalog: "+name) {
			t.Errorf("no example uses the catalog application %s", name)
		}
	}
	if plugins < len(apps.Names()) {
		t.Errorf("%d Applications are rendered by the plugin", plugins)
	}
	for _, name := range set.Names() {
		if !regexp.MustCompile(`(networkPolicies|profile): ` + name + `\s`).MatchString(used) {
			t.Errorf("no example uses the profile %s", name)
		}
	}
}

// sources is the text of all input files of the examples.
func sources(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(filepath.Join(examples.Root(), "examples"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yml" {
			return err
		}
		data, err := os.ReadFile(path)
		b.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
