package workload

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// packed is an archive of files.
func packed(t *testing.T, files fstest.MapFS) []byte {
	t.Helper()
	var out bytes.Buffer
	zip, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(zip)
	for name, f := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(f.Data)), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(f.Data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestHelmLinks(t *testing.T) {
	const escapes = "path escapes from parent"
	const one = "app/templates/a.yaml map[kind:A]\n"
	for name, c := range map[string]struct {
		links map[string]string
		want  string
	}{
		"to a template":     {map[string]string{"app/templates/b.yaml": "../../other/b.yaml"}, one + "app/templates/b.yaml map[kind:B]\n"},
		"to a folder":       {map[string]string{"app/templates/sub": "../../other"}, one + "app/templates/sub/b.yaml map[kind:B]\n"},
		"to a subchart":     {map[string]string{"app/charts": "../charts"}, one + "app/charts/s/templates/c.yaml map[kind:C]\n"},
		"out":               {map[string]string{"app/templates/b.yaml": "../../../outside.yaml"}, "app: web-app: the chart cannot be read: templates/b.yaml: " + escapes + " [helm-chart]\n"},
		"out, not rendered": {map[string]string{"app/x": "/etc/hostname"}, "app: web-app: the chart cannot be read: x: " + escapes + " [helm-chart]\n"},
		"values out":        {map[string]string{"app/values.yaml": "../../outside.yaml"}, "app: web-app: the chart cannot be read: values.yaml: " + escapes + " [helm-chart]\n"},
		"to nothing":        {map[string]string{"app/x": "none"}, "app: web-app: the chart cannot be read: x: it does not exist [helm-chart]\n"},
		"to itself":         {map[string]string{"app/x": "x"}, "app: web-app: the chart cannot be read: x: too many levels of symbolic links [helm-chart]\n"},
		"value file":        {map[string]string{"app/v.yml": "../other/b.yaml"}, one},
		"value file out":    {map[string]string{"app/v.yml": "../../outside.yaml", "app/.helmignore": "../ignore"}, "app/v.yml: web-app: the value file cannot be read: " + escapes + " [helm-values]\napp: web-app: the chart cannot be read: v.yml: " + escapes + " [helm-chart]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			files := chartTree("-- templates/a.yaml --\nkind: A\n-- ../other/b.yaml --\nkind: B\n-- ../ignore --\nv.yml\n" +
				"-- ../charts/s/Chart.yaml --\napiVersion: v2\nname: s\nversion: 1.0.0\n-- ../charts/s/templates/c.yaml --\nkind: C\n")
			got := helmOf(repositoryOf(t, files, c.links), func(app *Application) {
				app.Helm.ValueFiles, app.Helm.IgnoreMissingValueFiles = []string{"v.yml"}, true
			})
			if !sameLines(got, c.want) {
				t.Error(cmp.Diff(c.want, got))
			}
		})
	}
}

// sameLines reports whether two texts have the same lines in any order.
func sameLines(a, b string) bool {
	for line := range strings.Lines(a) {
		if !strings.Contains(b, line) {
			return false
		}
	}
	return len(a) == len(b)
}

// TestHelmLinkLoops follows links that lead to a folder above them.
func TestHelmLinkLoops(t *testing.T) {
	links := map[string]string{}
	for i := range 8 {
		links[fmt.Sprintf("app/l%d", i)] = "."
	}
	got := helmOf(repositoryOf(t, chartTree("-- templates/a.yaml --\nkind: A\n"), links), nil)
	if !strings.HasPrefix(got, "app: web-app: the chart cannot be read: ") {
		t.Error(got)
	}
}

// TestHelmFetchesNothing names a server in every place of a schema, of a chart and of an application that holds a URL.
func TestHelmFetchesNothing(t *testing.T) {
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	defer server.Close()
	dependency := "-- Chart.yaml --\napiVersion: v2\nname: web\nversion: 1.0.0\ndependencies: [{name: a, version: 1.0.0, repository: 'URL'}]\n"
	for name, files := range map[string]string{
		"$ref":       `{"$ref":"URL/s.json"}`,
		"$schema":    `{"$schema":"URL/s.json"}`,
		"$id":        `{"$id":"URL/a.json","properties":{"a":{"$ref":"b.json#/x"}}}`,
		"subschema":  `{"properties":{"a":{"allOf":[{"$ref":"URL/s.json"}]}}}`,
		"$recursive": `{"$dynamicRef":"URL/s.json#a"}`,
		"dependency": "{}\n" + dependency,
	} {
		t.Run(name, func(t *testing.T) {
			app := *testApp
			app.Kind = Chart
			got := byBoth(func(cluster Cluster) string {
				return renderedOf(New(Files{Repository: chartTree(strings.ReplaceAll("-- values.schema.json --\n"+files+"\n", "URL", server.URL))}, cluster), &app)
			})
			if !strings.Contains(got, ", which is not ") && !strings.Contains(got, "was not fetched") {
				t.Error(got)
			}
		})
	}
	got := helmOf(chartTree(""), func(app *Application) { app.Helm.ValueFiles = []string{server.URL + "/v.yml"} })
	if !strings.Contains(got, "was not fetched") {
		t.Error(got)
	}
	if n := requests.Load(); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// showAll is the hint below a part of what a template has printed.
const showAll = "  hint: roster render --app web-app --debug shows all of it, also the values in it\n"

func TestHelmBounds(t *testing.T) {
	const aliases = "b: [*a, *a, *a, *a, *a, *a, *a, *a]\n"
	large := "a: &a " + strings.Repeat("x", 4<<20) + "\n"
	for name, c := range map[string]struct{ files, want string }{
		"output":          {"-- templates/a.yaml --\n{{ range until 1000 }}# {{ repeat 34000 \"x\" }}\n{{ end }}\n", "app: web-app: the output of the chart is larger than 32 MiB [too-large]\n"},
		"a file":          {"-- a --\n" + strings.Repeat("x", 6<<20) + "\n", "app: web-app: the chart cannot be read: a: larger than 5 MiB [helm-chart]\n"},
		"aliases":         {"-- templates/a.yaml --\n{{/* */}}" + large + aliases, "app/templates/a.yaml: web-app: in the output, the aliases stand for more than 32 MiB [alias-bomb]\n"},
		"their values":    {"-- values.yaml --\n" + large + aliases, "app/values.yaml:2:29: web-app: the aliases stand for more than 32 MiB [alias-bomb]\n  hint: write the values out\n"},
		"env":             {"-- templates/a.yaml --\na: {{ env \"HOME\" }}\n", "app/templates/a.yaml:1:1: web-app: function \"env\" not defined [helm-template]\n"},
		"expandenv":       {"-- templates/a.yaml --\na: {{ expandenv \"$HOME\" }}\n", "app/templates/a.yaml:1:1: web-app: function \"expandenv\" not defined [helm-template]\n"},
		"include":         {"-- templates/a.yaml --\na: {{ include \"m\" . }}\n{{ define \"m\" }}{{ include \"m\" . }}{{ end }}\n", "app/templates/a.yaml:2:20: web-app: <include \"m\" .>: error calling include: rendering template has a nested reference name: m: unable to execute template [helm-template]\n  app/templates/a.yaml:1:7: included from here\n"},
		"include, by tpl": {"-- templates/a.yaml --\na: {{ tpl \"{{ include `m` . }}\" . }}\n{{ define \"m\" }}{{ include \"m\" . }}{{ end }}\n", "app/templates/a.yaml:2:20: web-app: <include \"m\" .>: error calling include: rendering template has a nested reference name: m: unable to execute template [helm-template]\n  app/templates/a.yaml:1:7: included from here\n"},
		"template":        {"-- templates/a.yaml --\n{{ template \"m\" . }}\n{{ define \"m\" }}{{ template \"m\" . }}{{ end }}\n", "app/templates/a.yaml:2:29: web-app: <{{template \"m\" .}}>: exceeded maximum template depth (100000) [helm-template]\n"},
		"nested lists":    {"-- templates/a.yaml --\na: {{ repeat 100000 \"[\" }}\n", "app/templates/a.yaml: web-app: the output is not YAML: line 1: exceeded max depth of 10000 [bad-yaml]\n  app/templates/a.yaml: >    1 | …\n" + showAll},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, helmOf(chartTree(c.files), nil)); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("many files", func(t *testing.T) {
		files := chartTree("")
		for i := range 25 {
			files[fmt.Sprintf("app/f%d", i)] = &fstest.MapFile{Data: make([]byte, 5<<20)}
		}
		if got := helmOf(files, nil); !strings.HasSuffix(got, "it is larger than 100 MiB in all [helm-chart]\n") {
			t.Error(got)
		}
	})
}

const packedChart = `
-- web/Chart.yaml --
apiVersion: v2
name: web
version: 1.0.0
-- web/templates/a.yaml --
kind: A
v: {{ .Values.a.b }}
-- web/crds/c.yaml --

kind: C
-- web/charts/s/Chart.yaml --
apiVersion: v2
name: sub
version: 1.0.0
-- web/charts/s/templates/a.yaml --
kind: S
v: {{ .Values.a.b }}
`

func TestHelmArchives(t *testing.T) {
	bomb := tree("-- web/Chart.yaml --\napiVersion: v2\nname: web\nversion: 1.0.0\n")
	for i := range 25 {
		bomb[fmt.Sprintf("web/f%d", i)] = &fstest.MapFile{Data: make([]byte, 5<<20)}
	}
	nested := packed(t, tree("-- s/Chart.yaml --\napiVersion: v2\nname: s\nversion: 1.0.0\n-- s/templates/b.yaml --\nkind: B\nv: {{ .Values.x.y }}\n"))
	deep := nested
	for range 20 {
		outer := tree("-- s/Chart.yaml --\napiVersion: v2\nname: s\nversion: 1.0.0\n")
		outer["s/charts/s.tgz"] = &fstest.MapFile{Data: deep}
		deep = packed(t, outer)
	}
	files := fstest.MapFS{
		"web.tgz": {Data: packed(t, tree(packedChart))}, "bomb.tgz": {Data: packed(t, bomb)}, "text.tgz": {Data: []byte("text of some length")}, "deep.tgz": {Data: deep},
		"up.tgz": {Data: packed(t, tree("-- web/../../x --\nx\n"))}, "v.yml": {Data: []byte("a: {b: 1}\nsub: {a: {b: 2}}\n")}, "empty.tgz": {Data: packed(t, nil)},
		"web/Chart.yaml": {Data: []byte("apiVersion: v2\nname: web\nversion: 1.0.0\n")}, "web/charts/s.tgz": {Data: nested},
	}
	const unread = ": web-app: the chart cannot be read: "
	for path, c := range map[string]struct{ file, want string }{
		"web.tgz":       {"/v.yml", "web.tgz map[kind:C]\nweb.tgz map[kind:A v:1]\nweb.tgz map[kind:S v:2]\n"},
		"./web.tgz":     {"", "web.tgz: web-app: charts/s/templates/a.yaml:2:14: <.Values.a.b>: nil pointer evaluating interface {}.b [helm-template]\n"},
		"bomb.tgz":      {"", "bomb.tgz" + unread + "decompressed chart is larger than the maximum size 104857600 [helm-chart]\n"},
		"text.tgz":      {"", "text.tgz" + unread + "gzip: invalid header [helm-chart]\n"},
		"deep.tgz":      {"", "deep.tgz: web-app: " + strings.Repeat("charts/s.tgz/", 16) + "charts/s.tgz: there are subcharts in more than 16 subcharts [helm-chart]\n"},
		"up.tgz":        {"", "up.tgz" + unread + "chart illegally references parent directory [helm-chart]\n"},
		"empty.tgz":     {"", "empty.tgz" + unread + "no files in chart archive [helm-chart]\n"},
		"none.tgz":      {"", "none.tgz" + unread + "it does not exist [helm-chart]\n"},
		"no/../web.tgz": {"x.yml", "web.tgz: web-app: the value file \"x.yml\" must begin with a slash, since the chart is an archive [helm-values]\n"},
		"web":           {"", "web/charts/s.tgz: web-app: templates/b.yaml:2:14: <.Values.x.y>: nil pointer evaluating interface {}.y [helm-template]\n"},
	} {
		t.Run(path, func(t *testing.T) {
			got := helmOf(files, func(app *Application) {
				app.Path = path
				if c.file != "" {
					app.Helm.ValueFiles = []string{c.file}
				}
			})
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
