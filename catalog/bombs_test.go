package catalog_test

import (
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
)

// TestBombs: a file whose aliases stand for gigabytes costs nothing in anything that the catalog reads. The engine reports those
// in a source's own files; a patch is part of the list.
func TestBombs(t *testing.T) {
	bomb := "x: &a " + strings.Repeat("A", 100_000) + "\ny: [" + strings.Repeat("*a,", 60_000) + "]\n"
	const list = "- {namespace: web-a, networkPolicies: isolated, applications: [{applicationCode: web-a, path: web}]}\n"
	const said = ": the aliases stand for more than 32 MiB [alias-bomb]\n  hint: write the values out\n"
	patch := func(patch string) string {
		return strings.Replace(list, "path: web}", "path: web, patches: ["+patch+"]}", 1)
	}
	for name, c := range map[string]struct{ file, list, want string }{
		"a kustomization":    {"web/kustomization.yaml", list, ""},
		"a base of it":       {"base/kustomization.yaml", list, ""},
		"Chart.yaml":         {"chart/Chart.yaml", strings.Replace(list, "path: web", "path: chart", 1), ""},
		"a file of a patch":  {"p/a.yml", patch("{path: p/a.yml}"), "p/a.yml:2:1007: web-a.applications[0].patches[0].path" + said},
		"the list":           {"applications.yml", "", "applications.yml:2:1007" + said},
		"platform.yml":       {"platform.yml", list, "platform.yml:2:1007" + said},
		"a profile":          {"profiles/a.yml", list, "profiles/a.yml:2:1007" + said},
		"a patch, in a text": {"x", "- namespace: web-a\n  networkPolicies: isolated\n  applications:\n    - applicationCode: web-a\n      path: web\n      patches:\n        - patch: |\n" + indent(bomb), "applications.yml:7:18: web-a.applications[0].patches[0].patch: the patch, on its line 2" + said},
	} {
		t.Run(name, func(t *testing.T) {
			fsys := fstest.MapFS{"web/a.yaml": {Data: []byte("{}")}, "base/a.yaml": {Data: []byte("{}")}}
			for name, text := range map[string]string{"platform.yml": "repository: {url: https://git.example/a.git}\n", "applications.yml": c.list,
				"web/kustomization.yaml": "resources: [../base]\n", c.file: bomb} {
				fsys[name] = &fstest.MapFile{Data: []byte(text)}
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, diags, err := catalog.Load(fsys, ".", catalog.Options{})
			runtime.ReadMemStats(&after)
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			_ = diags.Print(&b, diag.Frame{})
			if b.String() != c.want {
				t.Errorf("got  %.400s\nwant %s", b.String(), c.want)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 200<<20 {
				t.Errorf("it allocates %d MiB", used>>20)
			}
		})
	}
}

func indent(text string) string {
	return "            " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n            ") + "\n"
}
