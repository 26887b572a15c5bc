package workload

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/argocd"
	helm3chart "helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"
)

// TestHelmVersions holds what differs between Helm 3 and Helm 4. All other tests of charts expect the same from both.
func TestHelmVersions(t *testing.T) {
	show := func(expression, files string) string { return shown(expression) + files }
	seen := func(v string) string { return strings.ReplaceAll(seen, "%s", v) }
	for name, c := range map[string]struct{ files, values, of3, of4 string }{
		"a null in values.yaml": {show(".Values", "-- values.yaml --\na: null\nb: {c: null, d: {e: null, f: 1}}\nl: [null]\n"), "",
			seen(`{"a":null,"b":{"c":null,"d":{"e":null,"f":1}},"l":[null]}`), seen(`{"b":{"d":{"f":1}},"l":[null]}`)},
		"beside set values": {show(".Values", "-- values.yaml --\nb: {c: null, d: 1, x: {z: null}}\n"), `{"b":{"d":null,"n":null}}`,
			seen(`{"b":{"c":null,"n":null,"x":{"z":null}}}`), seen(`{"b":{"n":null,"x":{}}}`)},
		"for a subchart": {show(".Values.sub", "-- values.yaml --\nsub: {a: null}\n-- charts/sub/Chart.yaml --\napiVersion: v2\nname: sub\nversion: 1.0.0\n-- charts/sub/values.yaml --\na: 1\nb: null\nc: 1\n"), "",
			seen(`{"b":null,"c":1,"global":{}}`), seen(`{"a":1,"c":1,"global":{}}`)},
		"global":                     {show(".Values.global", "-- values.yaml --\nglobal: {a: null, b: {c: null}}\n"), "", seen(`{"a":null,"b":{"c":null}}`), seen(`{"b":{}}`)},
		"documents of values.yaml":   {show(".Values", "-- values.yaml --\na: {b: 1, c: 1}\n---\na: {b: 2}\n"), "", seen(`{"a":{"b":1,"c":1}}`), seen(`{"a":{"b":2,"c":1}}`)},
		"a later one that is wrong":  {show(".Values", "-- values.yaml --\na: 1\n---\nb:\n- c: d: e\n"), "", seen(`{"a":1}`), "app/values.yaml:3:1: web-app: mapping values are not allowed in this context [helm-chart]\n"},
		"a later one that is a list": {show(".Values", "-- values.yaml --\na: 1\n---\n[1]\n"), "", seen(`{"a":1}`), "app/values.yaml: web-app: expected a mapping, found a list [helm-chart]\n"},
		"mustToYaml":                 {show("mustToYaml .Values", "-- values.yaml --\na: 1\n"), "", "app/templates/a.yaml:2:1: web-app: function \"mustToYaml\" not defined [helm-template]\n", seen(`"a: 1"`)},
		"mustToToml":                 {show("mustToToml .Values", "-- values.yaml --\na: 1\n"), "", "app/templates/a.yaml:2:1: web-app: function \"mustToToml\" not defined [helm-template]\n", seen(`"a = 1.0\n"`)},
		"version":                    {show(".Capabilities.HelmVersion.Version", ""), "", seen(`"v3.19.4"`), seen(`"v4.2.1"`)},
		"no field of Chart.yaml":     {show(".Chart.Nothing", ""), "", "app/templates/a.yaml:2:13: web-app: <.Chart.Nothing>: can't evaluate field Nothing in type interface {} [helm-template]\n", seen(`null`)},
		"API version v3":             {show("1", "-- Chart.yaml --\napiVersion: v3\nname: web\nversion: 1.0.0\n"), "", seen("1"), "app/Chart.yaml:1:1: web-app: Helm 4 renders charts of apiVersion v1 and v2, and not of \"v3\" [helm-chart]\n"},
		"an API version of no Helm":  {show("1", "-- Chart.yaml --\napiVersion: x\nname: web\nversion: 1.0.0\n"), "", seen("1"), "app/Chart.yaml:1:1: web-app: Helm 4 renders charts of apiVersion v1 and v2, and not of \"x\" [helm-chart]\n"},
		"of a subchart":              {"-- charts/sub/Chart.yaml --\napiVersion: v3\nname: sub\nversion: 1.0.0\n-- templates/a.yaml --\nkind: A\n", "", "app/templates/a.yaml map[kind:A]\n", "app/templates/a.yaml map[kind:A]\n"},
		"blank lines at the end": {"-- templates/a.yaml --\nkind: A\nv: |+\n  x\n\n-- templates/b.yaml --\nkind: B\nv: |+\n  x\n\n", "",
			"app/templates/a.yaml map[kind:A v:x\n]\napp/templates/b.yaml map[kind:B v:x\n]\n", "app/templates/a.yaml map[kind:A v:x\n\n]\napp/templates/b.yaml map[kind:B v:x\n]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			for helm, want := range map[string]string{"v3.19.4": c.of3, "v4.2.1": c.of4} {
				app := *testApp
				app.Kind = Chart
				if c.values != "" {
					app.Helm.Values = json.RawMessage(c.values)
				}
				got := told(New(Files{Repository: chartTree(c.files)}, Cluster{Helm: helm}).helm(&app))
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("Helm %s:\n%s", helm, diff)
				}
			}
		})
	}
}

// TestHelmVersionOfFiles: value files are read as values.yaml is.
func TestHelmVersionOfFiles(t *testing.T) {
	files := chartTree(shown(".Values") + "-- v.yml --\na: 1\n---\nb: null\n")
	for helm, want := range map[string]string{"v3.19.4": `{"a":1}`, "v4.2.1": `{"a":1,"b":null}`} {
		app := *testApp
		app.Kind, app.Helm.ValueFiles = Chart, []string{"v.yml"}
		if diff := cmp.Diff(strings.ReplaceAll(seen, "%s", want), told(New(Files{Repository: files}, Cluster{Helm: helm}).helm(&app))); diff != "" {
			t.Errorf("Helm %s:\n%s", helm, diff)
		}
	}
}

// TestCatalogHelm: what roster brings is rendered by the newest Helm, whatever Argo CD has.
func TestCatalogHelm(t *testing.T) {
	app := *testApp
	app.Kind = Catalog
	got := told(New(Files{Catalog: chartTree(shown(".Capabilities.HelmVersion.Version"))}, helm3Cluster).helm(&app))
	if want := strings.ReplaceAll(seen, "%s", `"`+argocd.Newest().Helm()+`"`); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestKubeVersionSuffix: Argo CD tells Helm the version of the cluster without its suffix.
func TestKubeVersionSuffix(t *testing.T) {
	app := *testApp
	app.Kind = Chart
	got := byBoth(func(c Cluster) string {
		c.KubeVersion = "v1.35.1+k3s1"
		return told(New(Files{Repository: chartTree(shown(".Capabilities.KubeVersion.Version"))}, c).helm(&app))
	})
	if want := strings.ReplaceAll(seen, "%s", `"v1.35.1"`); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestTwins fails when Helm 3 has a field of a chart that it is not given.
func TestTwins(t *testing.T) {
	full := &chart.Chart{Metadata: &chart.Metadata{}, Values: map[string]any{"v": 1}, Schema: []byte("{}"), Templates: []*common.File{{Name: "t"}}, Files: []*common.File{{Name: "f"}}}
	fill(reflect.ValueOf(full.Metadata).Elem())
	twin := toHelm3(full, map[*helm3chart.File]*chart.Chart{})
	want, err := json.Marshal(full)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(twin)
	if err != nil {
		t.Fatal(err)
	}
	var a, b map[string]any
	if err := json.Unmarshal(want, &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got, &b); err != nil {
		t.Fatal(err)
	}
	for _, key := range [...]string{"metadata", "values", "schema"} {
		if diff := cmp.Diff(a[key], b[key]); diff != "" {
			t.Errorf("%s (-Helm 4 +Helm 3):\n%s", key, diff)
		}
	}
	if len(twin.Templates) != 1 || len(twin.Files) != 1 {
		t.Errorf("%d templates and %d files", len(twin.Templates), len(twin.Files))
	}
}

// fill gives each field a value.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Interface:
		v.Set(reflect.ValueOf("x"))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{"k": "v"}))
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	}
}
