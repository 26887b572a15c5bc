package workload

import (
	"path"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
)

// TestBombs: a small text whose aliases stand for gigabytes is refused in each file that is read, at the alias that is one too many,
// before it is expanded.
func TestBombs(t *testing.T) {
	bomb := "x: &a " + strings.Repeat("A", 100_000) + "\ny: [" + strings.Repeat("*a,", 60_000) + "]\n"
	indented := "    " + strings.ReplaceAll(strings.TrimSuffix(bomb, "\n"), "\n", "\n    ") + "\n"
	const chart = "apiVersion: v2\nname: web\nversion: 1.2.3\n"
	const said = ": the aliases stand for more than 32 MiB [alias-bomb]\n"
	for name, c := range map[string]struct {
		kind  Kind
		files map[string]string
		want  string
	}{
		"kustomization":        {Kustomization, map[string]string{"kustomization.yaml": bomb}, "app/kustomization.yaml:2:1007: web-app" + said},
		"what it names":        {Kustomization, map[string]string{"kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": bomb}, "app/a.yaml:2:1007: web-app" + said},
		"a base":               {Kustomization, map[string]string{"kustomization.yaml": "resources: [../base]\n", "../base/kustomization.yaml": bomb}, "base/kustomization.yaml:2:1007: web-app" + said},
		"a patch in it":        {Kustomization, map[string]string{"kustomization.yaml": "patches:\n- patch: |\n" + indented}, "app/kustomization.yaml:2:10: web-app: in this text, the aliases stand for more than 32 MiB [alias-bomb]\n"},
		"an older patch in it": {Kustomization, map[string]string{"kustomization.yaml": "patchesStrategicMerge:\n- |\n" + indented}, "app/kustomization.yaml:2:3: web-app: in this text, the aliases stand for more than 32 MiB [alias-bomb]\n"},
		"a generator in it":    {Kustomization, map[string]string{"kustomization.yaml": "generators:\n- |\n" + indented}, "app/kustomization.yaml:2:3: web-app: in this text, the aliases stand for more than 32 MiB [alias-bomb]\n"},
		"Chart.yaml":           {Chart, map[string]string{"Chart.yaml": bomb}, "app/Chart.yaml:2:1007: web-app" + said},
		"Chart.lock":           {Chart, map[string]string{"Chart.yaml": chart, "Chart.lock": bomb}, "app/Chart.lock:2:1007: web-app" + said},
		"requirements.yaml":    {Chart, map[string]string{"Chart.yaml": strings.Replace(chart, "v2", "v1", 1), "requirements.yaml": bomb}, "app/requirements.yaml:2:1007: web-app" + said},
		"values.yaml":          {Chart, map[string]string{"Chart.yaml": chart, "values.yaml": bomb}, "app/values.yaml:2:1007: web-app" + said},
		"a value file":         {Chart, map[string]string{"Chart.yaml": chart, "v.yml": bomb}, "app/v.yml:2:1007: web-app" + said},
		"a subchart's values":  {Chart, map[string]string{"Chart.yaml": chart, "charts/s/Chart.yaml": chart, "charts/s/values.yaml": bomb}, "app/charts/s/values.yaml:2:1007: web-app" + said},
		"a CRD":                {Chart, map[string]string{"Chart.yaml": chart, "crds/a.yaml": "a: b\n---\n" + bomb}, "app/crds/a.yaml:4:1007: web-app" + said},
		"a template":           {Chart, map[string]string{"Chart.yaml": chart, "templates/a.yaml": bomb}, "app/templates/a.yaml: web-app: in the output, the aliases stand for more than 32 MiB [alias-bomb]\n"},
		".argocd-source.yaml":  {Manifests, map[string]string{".argocd-source.yaml": bomb}, "app/.argocd-source.yaml:2:1007: web-app" + said},
		"a manifest":           {Manifests, map[string]string{"a.yaml": "apiVersion: v1\nkind: A\nmetadata: {name: a}\n---\n" + bomb}, "app/a.yaml:6:1007: web-app" + said},
		"no manifest":          {Manifests, map[string]string{"a.yaml": bomb}, "app/a.yaml:2:1007: web-app" + said},
		"deep JSON":            {Manifests, map[string]string{"a.json": strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200)}, "app/a.json:1:641: web-app: expected at most 128 levels of nesting, found more [too-deep]\n"},
		"deep Jsonnet":         {Manifests, map[string]string{"a.jsonnet": "local f(n) = if n == 0 then 1 else {a: f(n - 1)}; f(200)"}, "app/a.jsonnet: web-app: expected at most 128 levels of nesting, found more [too-deep]\n"},
		"a deep schema":        {Chart, map[string]string{"Chart.yaml": chart, "values.schema.json": strings.Repeat(`{"not":`, 200) + "true" + strings.Repeat("}", 200)}, "app/values.schema.json: web-app: the schema: line 1: expected at most 128 levels of nesting, found more [helm-schema]\n"},
		"a value file, large":  {Chart, map[string]string{"Chart.yaml": chart, "../v.yml": strings.Repeat("#", 17<<20)}, "v.yml: web-app: expected at most 16 MiB, found 17 MiB [too-large]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			files := fstest.MapFS{}
			for name, text := range c.files {
				files[path.Join("app", name)] = &fstest.MapFile{Data: []byte(text)}
			}
			app := *testApp
			app.Kind = c.kind
			for _, name := range []string{"v.yml", "../v.yml"} {
				if c.files[name] != "" {
					app.Helm.ValueFiles = []string{name}
				}
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			got := byBoth(func(cluster Cluster) string {
				_, diags := New(Files{Repository: files}, cluster).Render(&app)
				return strings.ReplaceAll(told(nil, diags), "  hint: write the values out\n", "")
			})
			runtime.ReadMemStats(&after)
			if got != c.want {
				t.Errorf("got  %.300s\nwant %s", got, c.want)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 400<<20 {
				t.Errorf("it allocates %d MiB", used>>20)
			}
		})
	}
}
