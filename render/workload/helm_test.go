package workload

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/argocd"
)

// helmOf renders the chart in the folder app.
func helmOf(repository fs.FS, change func(*Application)) string {
	app := *testApp
	app.Kind = Chart
	if change != nil {
		change(&app)
	}
	return byBoth(func(c Cluster) string {
		c.APIVersions = []string{"example.org/v1"}
		return told(New(Files{Repository: repository}, c).helm(&app))
	})
}

// helm3Cluster has an Argo CD with Helm 3.
var helm3Cluster = Cluster{Helm: "v3.19.4"}

// byBoth is what Helm 3 and Helm 4 lead to: both results when they differ.
func byBoth(result func(Cluster) string) string {
	of3, of4 := result(helm3Cluster), result(Cluster{})
	if of3 != of4 {
		return "Helm 3:\n" + of3 + "Helm 4:\n" + of4
	}
	return of4
}

// chartTree is a chart in the folder app with more files.
func chartTree(archive string) fstest.MapFS {
	out := fstest.MapFS{"app/Chart.yaml": {Data: []byte("apiVersion: v2\nname: web\nversion: 1.2.3\n")}}
	for name, f := range tree(archive) {
		out[path.Join("app", name)] = f
	}
	return out
}

// shown is a chart whose one object shows what a template sees.
func shown(expression string) string {
	return "-- templates/a.yaml --\nkind: A\nv: {{ " + expression + " | toJson | quote }}\n"
}

const seen = "app/templates/a.yaml map[kind:A v:%s]\n"

func TestHelmValues(t *testing.T) {
	const values = "-- values.yaml --\na: {b: 1, c: [1]}\nt: x\nd: {e: 1}\n"
	for name, c := range map[string]struct {
		files  string
		helm   Helm
		value  string
		wanted string
	}{
		"of the chart":         {values, Helm{}, ".Values", `{"a":{"b":1,"c":[1]},"d":{"e":1},"t":"x"}`},
		"a file":               {values + "-- v.yml --\na: {c: [2], z: null}\nd: null\n", Helm{ValueFiles: []string{"v.yml"}}, ".Values", `{"a":{"b":1,"c":[2],"z":null},"t":"x"}`},
		"the last one wins":    {"-- v.yml --\na: 1\nb: 1\n-- w.yml --\nb: 2\nc: 2\n", Helm{ValueFiles: []string{"v.yml", "w.yml"}, Values: json.RawMessage(`{"c":3,"d":3}`), Parameters: []Parameter{{Name: "d", Value: "4"}}}, ".Values", `{"a":1,"b":2,"c":3,"d":4}`},
		"the same file twice":  {"-- v.yml --\na: 1\n-- w.yml --\na: 2\n", Helm{ValueFiles: []string{"v.yml", "w.yml", "../app/v.yml"}}, ".Values", `{"a":2}`},
		"from the root":        {"-- ../v.yml --\na: 1\n", Helm{ValueFiles: []string{"/v.yml", "../v.yml"}}, ".Values", `{"a":1}`},
		"named by a variable":  {"-- v-web-app.yml --\na: 1\n", Helm{ValueFiles: []string{"v-$ARGOCD_APP_NAME.yml"}}, ".Values", `{"a":1}`},
		"a pattern":            {"-- v/a.yml --\na: 1\nb: 1\n-- v/b/c.yml --\nb: 2\nc: 2\n-- v/z.yml --\nc: 3\n", Helm{ValueFiles: []string{"v/z.yml", "v/**/*.yml", "none*"}, IgnoreMissingValueFiles: true}, ".Values", `{"a":1,"b":2,"c":2}`},
		"missing, permitted":   {values, Helm{ValueFiles: []string{"none.yml"}, IgnoreMissingValueFiles: true}, ".Values.t", `"x"`},
		"empty file":           {"-- v.yml --\n# nothing\n", Helm{ValueFiles: []string{"v.yml"}}, ".Values", `{}`},
		"numbers of a file":    {"-- v.yml --\na: [1000000, 1e6, 0777, 0o17, 0x1F, 1.10, 12345678901234567890, yes, 1_000]\n", Helm{ValueFiles: []string{"v.yml"}}, "printf \"%v\" .Values.a", `"[1e+06 1e+06 511 15 31 1.1 1.2345678901234567e+19 true 1000]"`},
		"numbers of values":    {"", Helm{Values: json.RawMessage(`{"a":[1000000,1e6,1.10,12345678901234567890,"0777"]}`)}, "printf \"%v %T\" .Values.a (index .Values.a 0)", `"[1e+06 1e+06 1.1 1.2345678901234567e+19 0777] float64"`},
		"numbers of parameter": {"", Helm{Parameters: []Parameter{{Name: "a", Value: "1000000"}, {Name: "b", Value: "0777"}, {Name: "c", Value: "1.50"}, {Name: "d", Value: "true"}, {Name: "e", Value: "null"}}}, ".Values", `{"a":1000000,"b":"0777","c":"1.50","d":true,"e":null}`},
		"forced to be text":    {"", Helm{Parameters: []Parameter{{Name: "a", Value: "1", ForceString: true}, {Name: "b", Value: "1"}}}, ".Values", `{"a":"1","b":1}`},
		"commas":               {"", Helm{Parameters: []Parameter{{Name: "a", Value: `x,y\,z`}, {Name: "b", Value: "{x,y}"}, {Name: "c[1].d", Value: "z"}, {Name: `e\.f`, Value: "$ARGOCD_APP_NAMESPACE"}}}, ".Values", `{"a":"x,y,z","b":["x","y"],"c":[null,{"d":"z"}],"e.f":"web"}`},
		"over nothing":         {"-- values.yaml --\n", Helm{Values: json.RawMessage(`{"a":null}`)}, ".Values", `{"a":null}`},
		"release":              {"", Helm{ReleaseName: "other"}, ".Release", `{"IsInstall":true,"IsUpgrade":false,"Name":"other","Namespace":"web","Revision":1,"Service":"Helm"}`},
		"release by its code":  {"", Helm{}, ".Release.Name", `"web-app"`},
		"capabilities":         {"", Helm{}, `list .Capabilities.KubeVersion (.Capabilities.APIVersions.Has "apps/v1") (.Capabilities.APIVersions.Has "example.org/v1") (.Capabilities.APIVersions.Has "example.org/v2")`, `[{"Version":"v1.35.0","Major":"1","Minor":"35"},true,true,false]`},
		"files":                {"-- .helmignore --\nno*\n-- no.txt --\n-- yes.txt --\nx\n", Helm{}, `list (.Files.Get "yes.txt") (.Files.Get "no.txt") (.Files.Get "../v.yml") (.Files.Get "/etc/hostname") (.Files.Get "templates/a.yaml")`, `["x","","","",""]`},
		"namespace":            {"", Helm{Namespace: "other"}, ".Release.Namespace", `"other"`},
		"told":                 {"", Helm{KubeVersion: "v1.33.1", APIVersions: []string{"example.org/v2"}}, `list .Capabilities.KubeVersion.Version (.Capabilities.APIVersions.Has "apps/v1") (.Capabilities.APIVersions.Has "example.org/v1") (.Capabilities.APIVersions.Has "example.org/v2")`, `["v1.33.1",true,false,true]`},
		"a file's text":        {"-- ../v.txt --\na, b=c\n-- w.txt --\nx", Helm{Parameters: []Parameter{{Name: "a", Value: "1", ForceString: true}}, FileParameters: []argocd.FileParameter{{Name: "a", Path: "/v.txt"}, {Name: "c.d", Path: "w.txt"}}}, ".Values", `{"a":"a, b=c","c":{"d":"x"}}`},
		"nothing outside":      {"", Helm{}, `list (lookup "v1" "Secret" "" "") (getHostByName "localhost")`, `[{},""]`},
		"template":             {"", Helm{}, `.Template`, `{"BasePath":"web/templates","Name":"web/templates/a.yaml"}`},
	} {
		t.Run(name, func(t *testing.T) {
			got := helmOf(chartTree(shown(c.value)+c.files), func(app *Application) { app.Helm = c.helm })
			if diff := cmp.Diff(fmt.Sprintf(seen, c.wanted), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// awkward is a chart of everything that Helm prints in an order of its own, or not at all.
const awkward = `
-- templates/z.yaml --
kind: Deployment
---
# only a comment
---
kind: Namespace
---
---
{"kind": "Service", "n": 12345678901234567890, "f": 1e3}
-- templates/a.txt --
kind: Any
-- templates/list.yaml --
kind: List
items: [{kind: A}, {kind: B}]
-- templates/empty.yaml --
{{ if false }}kind: No{{ end }}
-- templates/NOTES.txt --
kind: No
-- templates/_partial.yaml --
kind: No
{{ define "p" }}p{{ end }}
-- templates/.hidden.yaml --
kind: No
-- templates/hooks.yaml --
kind: Job
metadata: {annotations: {helm.sh/hook: post-install}}
---
kind: Pod
metadata: {annotations: {helm.sh/hook: "test-success, pre-install"}}
---
kind: Unknown
metadata: {annotations: {helm.sh/hook: crd-install}}
-- crds/a.yaml --
# first
kind: CRD
---
kind: Second
-- crds/b.json --
{"kind": "Third"}
-- crds/README.md --
kind: No
-- charts/sub/Chart.yaml --
apiVersion: v2
name: other
version: 1.0.0
-- charts/sub/crds/c.yml --
kind: Sub
-- charts/sub/templates/NOTES.txt --
kind: No
-- charts/sub/templates/a.yaml --
kind: Namespace
-- charts/_no/x --
-- charts/lib/Chart.yaml --
apiVersion: v2
name: lib
version: 1.0.0
type: library
-- charts/lib/templates/a.yaml --
kind: No
`

func TestHelmOrder(t *testing.T) {
	const rest = `app/charts/sub/templates/a.yaml map[kind:Namespace]
app/templates/z.yaml map[kind:Namespace]
app/templates/z.yaml map[f:1000 kind:Service n:1.2345678901234567e+19]
app/templates/z.yaml map[kind:Deployment]
app/templates/a.txt map[kind:Any]
app/templates/list.yaml map[items:[map[kind:A] map[kind:B]] kind:List]
`
	const test = "app/templates/hooks.yaml map[kind:Pod metadata:map[annotations:map[helm.sh/hook:test-success, pre-install]]]\n"
	const hook = "app/templates/hooks.yaml map[kind:Job metadata:map[annotations:map[helm.sh/hook:post-install]]]\n"
	const crds = "app/crds/a.yaml:2:1 map[kind:CRD]\napp/crds/a.yaml:4:1 map[kind:Second]\napp/crds/b.json:1:1 map[kind:Third]\napp/charts/sub/crds/c.yml:1:1 map[kind:Sub]\n"
	for name, c := range map[string]struct {
		helm Helm
		want string
	}{
		"everything":     {Helm{}, crds + rest + test + hook},
		"without CRDs":   {Helm{SkipCRDs: true}, rest + test + hook},
		"without a test": {Helm{SkipTests: true}, crds + rest + hook},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, helmOf(chartTree(awkward), func(app *Application) { app.Helm = c.helm })); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// family is a chart with conditions, tags, aliases, imported values and globals: what Helm changes a chart for.
const family = `
-- Chart.yaml --
apiVersion: v2
name: web
version: 1.2.3
dependencies:
- {name: one, version: 0.1.x, import-values: [data, {child: deep.er, parent: from}], condition: one.on}
- {name: one, version: 0.1.x, alias: again, tags: [t]}
- {name: two, version: 0.x, alias: second}
-- values.yaml --
global: {g: 1}
tags: {t: true}
one: {v: parent}
-- templates/a.yaml --
kind: A
v: {{ toJson .Values | quote }}
-- charts/one/Chart.yaml --
apiVersion: v2
name: one
version: 0.1.5
dependencies: [{name: leaf, version: 1.x, alias: twig, condition: twig.on}]
-- charts/one/values.yaml --
v: child
w: child
exports: {data: {exported: 7}}
deep: {er: {x: 5}}
-- charts/one/templates/b.yaml --
kind: B
v: {{ toJson .Values | quote }}
-- charts/one/charts/leaf/Chart.yaml --
apiVersion: v2
name: leaf
version: 1.0.0
-- charts/one/charts/leaf/templates/c.yaml --
kind: C
v: {{ toJson (set .Values "mine" .Template.Name) | quote }}
-- charts/two/Chart.yaml --
apiVersion: v2
name: two
version: 0.2.0
-- charts/two/templates/d.yaml --
kind: D
v: {{ toJson .Values | quote }}
`

// TestHelmShared renders applications of one chart one after the other, and each with a Renderer of its own.
func TestHelmShared(t *testing.T) {
	t.Run("Helm 3", func(t *testing.T) { shared(t, helm3Cluster) })
	t.Run("Helm 4", func(t *testing.T) { shared(t, Cluster{}) })
}

func shared(t *testing.T, cluster Cluster) {
	files := chartTree(family)
	shared := New(Files{Repository: files}, cluster)
	var before string
	for i, values := range []string{
		``, `{"one":{"on":false}}`, `{"tags":{"t":false}}`, `{"one":{"v":null,"twig":{"on":false}},"again":{"v":9}}`,
		`{"global":{"g":2,"h":{"i":1}},"second":{"z":1},"from":{"x":6}}`, ``,
	} {
		app := *testApp
		app.Kind, app.Helm.Values = Chart, json.RawMessage(values)
		want := told(New(Files{Repository: chartTree(family)}, cluster).helm(&app))
		if got := told(shared.helm(&app)); got != want {
			t.Errorf("%s:\n%s", values, cmp.Diff(want, got))
		}
		after := fmt.Sprint(dump(shared.charts["chart app"]))
		if i > 0 && before != after {
			t.Errorf("%s changes the chart:\n%s", values, cmp.Diff(before, after))
		}
		before = after
		clear(files) // it is read once
	}
}

// dump is a loaded chart with all that it holds.
func dump(l *loadedChart) string {
	text, _ := json.Marshal(l.chart)
	out := string(text) + fmt.Sprint(len(l.chart.Dependencies()), l.chart.Parent())
	for _, s := range l.subcharts {
		out += dump(s)
	}
	return out
}

func TestHelmFamily(t *testing.T) {
	want := `app/charts/one/charts/leaf/templates/c.yaml map[kind:C v:{"global":{"g":1},"mine":"web/charts/again/charts/twig/templates/c.yaml"}]
`
	if got := helmOf(chartTree(family), func(app *Application) { app.Helm.Values = json.RawMessage(`{"one":{"on":false}}`) }); !strings.Contains(got, want) {
		t.Error(got)
	}
	for values, kinds := range map[string]string{
		`{}`:                   "A B B C C D",
		`{"one":{"on":false}}`: "A B C D",
		`{"one":{"on":false},"tags":{"t":false}}`: "A D",
		`{"one":{"twig":{"on":false}}}`:           "A B B C D",
	} {
		app := *testApp
		app.Kind, app.Helm.Values = Chart, json.RawMessage(values)
		got := byBoth(func(c Cluster) string {
			found, diags := New(Files{Repository: chartTree(family)}, c).helm(&app)
			var kinds []string
			for _, m := range found {
				kinds = append(kinds, m.value["kind"].(string))
			}
			return strings.Join(kinds, " ") + told(nil, diags)
		})
		if got != kinds {
			t.Errorf("%s: %s", values, got)
		}
	}
}

func TestHelmKinds(t *testing.T) {
	files := chartTree("-- templates/a.yaml --\nkind: A\n-- templates/b.yaml --\n{{ .Values.a.b }}\n")
	app := *testApp
	app.Kind = Catalog
	r := New(Files{Repository: fstest.MapFS{"v.yml": {Data: []byte("a: {b: 'kind: B'}")}}, Catalog: files}, Cluster{})
	app.Helm.ValueFiles = []string{"/v.yml"}
	if got := told(r.helm(&app)); got != "app/templates/a.yaml map[kind:A]\napp/templates/b.yaml map[kind:B]\n" {
		t.Error(got)
	}
	app.Kind = Chart
	if got := told(r.helm(&app)); got != "app: web-app: the chart cannot be read: it does not exist [helm-chart]\n" {
		t.Error(got)
	}
}
