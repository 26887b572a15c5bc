package workload

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/argocd"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/source"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"sigs.k8s.io/yaml"
)

// shelf is what was fetched, in memory.
type shelf map[source.Reference]fs.FS

func (s shelf) Open(ref source.Reference) (fs.FS, error) {
	if files, ok := s[ref]; ok {
		return files, nil
	}
	return nil, fmt.Errorf("%s: %w", ref.URL, source.ErrNotFetched)
}

// chartOf is what a chart of a repository is as a reference, and packed(t, …) of its files.
func charts(name, version string) source.Reference {
	return source.Reference{Kind: source.Chart, URL: "https://charts.example", Name: name, Version: version}
}

// archived is what was fetched of a chart: NAME.tgz alone.
func archived(t *testing.T, name, version, files string) fs.FS {
	t.Helper()
	all := tree("-- " + name + "/Chart.yaml --\napiVersion: v2\nname: " + name + "\nversion: " + version + "\n")
	for file, f := range tree(files) {
		all[name+"/"+file] = f
	}
	return fstest.MapFS{name + ".tgz": {Data: packed(t, all)}}
}

// locked is a Chart.lock that fits a Chart.yaml.
func locked(t *testing.T, chartFile string, versions map[string]string) string {
	t.Helper()
	var metadata chart.Metadata
	if err := yaml.Unmarshal([]byte(chartFile), &metadata); err != nil {
		t.Fatal(err)
	}
	var lock chart.Lock
	for _, d := range metadata.Dependencies {
		lock.Dependencies = append(lock.Dependencies, &chart.Dependency{Name: d.Name, Repository: d.Repository, Version: versions[d.Name]})
	}
	sum, err := json.Marshal([2][]*chart.Dependency{metadata.Dependencies, lock.Dependencies})
	if err != nil {
		t.Fatal(err)
	}
	lock.Digest = fmt.Sprintf("sha256:%x", sha256.Sum256(sum))
	text, err := yaml.Marshal(lock)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// asked are the references of an application, one a line.
func askedOf(r *Renderer, app *Application) string {
	refs, diags := r.References(app)
	var out strings.Builder
	for _, ref := range refs {
		_, _ = fmt.Fprintln(&out, ref.Kind, ref.URL, ref.Name, ref.Version)
	}
	return out.String() + told(nil, diags)
}

func TestFetchedDependencies(t *testing.T) {
	const object = "-- templates/b.yaml --\nkind: B\nv: {{ .Values.v | quote }}\n"
	shelf := shelf{
		charts("db", "1.x"):   archived(t, "db", "1.5.0", "-- values.yaml --\nv: x\n"+object),
		charts("db", "1.4.0"): archived(t, "db", "1.4.0", "-- values.yaml --\nv: old\n"+object),
		charts("db", "2.x"):   archived(t, "db", "1.5.0", object),
		charts("deep", "1"): archived(t, "deep", "1.0.0", "-- templates/c.yaml --\nkind: C\n-- charts/in/Chart.yaml --\napiVersion: v2\nname: in\nversion: 1.0.0\n"+
			"-- charts/in/templates/d.yaml --\nkind: D\n"),
		charts("needy", "1"):  archived(t, "needy", "1.0.0", "-- templates/c.yaml --\nkind: C\n-- Chart.yaml --\napiVersion: v2\nname: needy\nversion: 1.0.0\ndependencies: [{name: db, version: 1.x, repository: 'https://charts.example'}]\n"),
		charts("broken", "1"): archived(t, "broken", "1.0.0", "-- templates/c.yaml --\n{{ nothing }}\n"),
		{Kind: source.OCI, URL: "oci://registry.example/charts/redis", Version: "~1.2"}: archived(t, "redis", "1.2.9", object),
		{Kind: source.Chart, URL: "@stable", Name: "db", Version: "1.x"}:                archived(t, "db", "1.5.0", "-- values.yaml --\nv: named\n"+object),
		charts("many", "1"):  fstest.MapFS{"a.tgz": {}, "b.tgz": {}},
		charts("none", "1"):  fstest.MapFS{"index.yaml": {}},
		charts("empty", "1"): fstest.MapFS{"empty.tgz": {Data: []byte("no archive")}},
		charts("out", "1"):   fstest.MapFS{"out.tgz": {Data: packed(t, tree("-- out/Chart.yaml --\nname: out\nversion: 1.0.0\n-- out/../../x --\n"))}},
	}
	of := func(name, version, more string) string {
		return "- {name: " + name + ", version: " + version + ", repository: 'https://charts.example'" + more + "}\n"
	}
	const top = "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n"
	const a, at = "-- templates/a.yaml --\nkind: A\n", "app/Chart.yaml:5:10: web-app: "
	const own = "app/templates/a.yaml map[kind:A]\n"
	for name, c := range map[string]struct{ dependencies, files, want, asks string }{
		"of a repository":          {of("db", "1.x", ""), "", own + "app/Chart.yaml:5:10 map[kind:B v:x]\n", "chart https://charts.example db 1.x\n"},
		"with a slash":             {strings.Replace(of("db", "1.x", ""), "example", "example/", 1), "", own + "app/Chart.yaml:5:10 map[kind:B v:x]\n", "chart https://charts.example db 1.x\n"},
		"of a registry":            {"- {name: redis, version: ~1.2, repository: 'oci://registry.example/charts/'}\n", "", own + "app/Chart.yaml:5:10 map[kind:B v:<nil>]\n", "oci oci://registry.example/charts/redis  ~1.2\n"},
		"aliases":                  {of("db", "1.x", ", alias: one") + of("db", "1.x", ", alias: two"), "-- values.yaml --\ntwo: {v: z}\n", own + "app/Chart.yaml:5:10 map[kind:B v:x]\napp/Chart.yaml:5:10 map[kind:B v:z]\n", "chart https://charts.example db 1.x\n"},
		"turned off":               {of("db", "1.x", ", condition: db.enabled"), "-- values.yaml --\ndb: {enabled: false}\n", own, "chart https://charts.example db 1.x\n"},
		"with subcharts":           {of("deep", "1", ""), "", own + "app/Chart.yaml:5:10 map[kind:C]\napp/Chart.yaml:5:10 map[kind:D]\n", "chart https://charts.example deep 1\n"},
		"of a subchart":            {of("needy", "1", ""), "", own + "app/Chart.yaml:5:10 map[kind:C]\n", "chart https://charts.example needy 1\n"},
		"locked":                   {of("db", "1.x", ""), "-- Chart.lock --\n" + locked(t, top+of("db", "1.x", ""), map[string]string{"db": "1.4.0"}), own + "app/Chart.yaml:5:10 map[kind:B v:old]\n", "chart https://charts.example db 1.4.0\n"},
		"out of step":              {of("db", "1.x", ""), "-- Chart.lock --\n" + locked(t, top+of("db", "2.x", ""), map[string]string{"db": "1.4.0"}), "app/Chart.lock: web-app: it is out of step with Chart.yaml [helm-dependency]\n", ""},
		"an archive that is there": {of("db", "1.x", ""), "-- charts/x/Chart.yaml --\napiVersion: v2\nname: db\nversion: 9.9.9\n", own, ""},
		"not fetched":              {of("db", "3", "") + of("db", "3", ", alias: x") + of("cache", "1", ""), "", at + "the chart db 3 of https://charts.example was not fetched [not-fetched]\n  hint: run roster fetch\napp/Chart.yaml:7:10: web-app: the chart cache 1 of https://charts.example was not fetched [not-fetched]\n  hint: run roster fetch\n", "chart https://charts.example db 3\nchart https://charts.example cache 1\n"},
		"another version":          {of("db", "2.x", ""), "", at + "needs the chart db 2.x of https://charts.example, where there is db 1.5.0 [helm-dependency]\n  hint: run roster fetch\n", ""},
		"a password":               {"- {name: db, version: 1.x, repository: 'https://me:hunter2@charts.example'}\n", "", own + "app/Chart.yaml:5:10 map[kind:B v:x]\n", "chart https://charts.example db 1.x\n"},
		"a token":                  {"- {name: db, version: 1.x, repository: 'https://charts.example?token=hunter2'}\n", "", at + "needs the chart db 1.x: its URL holds a password: leave it out, and give it to Argo CD and to roster fetch [helm-dependency]\n", ""},
		"a name":                   {"- {name: db, version: 1.x, repository: '@stable'}\n", "", own + "app/Chart.yaml:5:10 map[kind:B v:named]\n", "chart @stable db 1.x\n"},
		"an alias":                 {"- {name: db, version: 1.x, repository: 'alias:stable'}\n", "", own + "app/Chart.yaml:5:10 map[kind:B v:named]\n", "chart @stable db 1.x\n"},
		"a name, locked":           {"- {name: db, version: 1.x, repository: '@stable'}\n", "-- Chart.lock --\n" + locked(t, top+"- {name: db, version: 1.x, repository: '@stable'}\n", map[string]string{"db": "1.4.0"}), at + "the chart db 1.4.0 of @stable was not fetched [not-fetched]\n  hint: run roster fetch\n", "chart @stable db 1.4.0\n"},
		"not a name":               {"- {name: db, version: 1.x, repository: 'alias:a/b'}\n", "", at + "needs the chart db 1.x of alias:a/b: expected a URL such as https://HOST/PATH [helm-dependency]\n", ""},
		"broken inside":            {of("broken", "1", ""), "", at + "the chart broken 1 of https://charts.example (1.0.0): templates/c.yaml:1:1: function \"nothing\" not defined [helm-template]\n", ""},
		"two archives":             {of("many", "1", ""), "", at + "the chart many 1 of https://charts.example: the chart cannot be read: there is more than one file [helm-chart]\n", ""},
		"no archive":               {of("none", "1", ""), "", at + "the chart none 1 of https://charts.example: the chart cannot be read: there is no file [helm-chart]\n", ""},
		"no chart":                 {of("empty", "1", ""), "", at + "the chart empty 1 of https://charts.example: the chart cannot be read: gzip: invalid header [helm-chart]\n", ""},
		"out of itself":            {of("out", "1", ""), "", at + "the chart out 1 of https://charts.example: the chart cannot be read: chart illegally references parent directory [helm-chart]\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			files := chartTree(a + "-- Chart.yaml --\n" + top + c.dependencies + c.files)
			r := New(Files{Repository: files, Sources: shelf}, Cluster{})
			app := *testApp
			app.Kind = Chart
			manifests, diags := r.helm(&app)
			if diff := cmp.Diff(c.want, told(manifests, eachOnce(diags))); diff != "" {
				t.Error(diff)
			}
			if c.asks == "" {
				return
			}
			if diff := cmp.Diff(c.asks, askedOf(r, &app)); diff != "" { // from what is known already
				t.Error(diff)
			}
			if diff := cmp.Diff(c.asks, askedOf(New(Files{Repository: files, Sources: shelf}, Cluster{}), &app)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestDependenciesByChance: of two versions of a chart that fit, Helm takes either.
func TestDependenciesByChance(t *testing.T) {
	sub := func(folder, version string) string {
		return "-- charts/" + folder + "/Chart.yaml --\napiVersion: v2\nname: db\nversion: " + version + "\n"
	}
	for name, c := range map[string]struct{ dependencies, files, want string }{
		"both fit": {"- {name: db, version: 1.x}\n- {name: db, version: 1.4.0, alias: old}\n", sub("a", "1.4.0") + sub("b", "1.5.0"),
			"warning: app/Chart.yaml:5:10: web-app: needs the chart db 1.x, and there are 1.4.0 and 1.5.0: Helm takes one of these by chance [helm-dependency]\n" +
				"  hint: name versions of which each fits one of them alone\n\n"},
		"each fits one":         {"- {name: db, version: ~1.5}\n- {name: db, version: 1.4.0, alias: old}\n", sub("a", "1.4.0") + sub("b", "1.5.0"), ""},
		"the same version":      {"- {name: db, version: 1.x}\n", sub("a", "1.4.0") + sub("b", "1.4.0"), ""},
		"a chart that is named": {"- {name: db, version: 1.x}\n", sub("a", "1.4.0") + strings.Replace(sub("b", "1.5.0"), "name: db", "name: other", 1), ""},
	} {
		t.Run(name, func(t *testing.T) {
			top := "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n"
			r := New(Files{Repository: chartTree("-- templates/a.yaml --\n" + oneConfigMap + "-- Chart.yaml --\n" + top + c.dependencies + c.files)}, Cluster{})
			for range 2 { // one that shares the chart is warned, too
				app := *testApp
				app.Kind = Chart
				if diff := cmp.Diff("app/templates/a.yaml ConfigMap a\n"+c.want, renderedOf(r, &app)); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

// renderedOf tells the objects of an application, with what lies behind their places.
func renderedOf(r *Renderer, app *Application) string {
	out, diags := r.Render(app)
	var b strings.Builder
	for _, o := range out.Objects {
		_, _ = fmt.Fprintf(&b, "%s %s %s", o.Pos, o.Kind, o.Name)
		if data, ok := o.Value().(map[string]any)["data"].(map[string]any); ok {
			_, _ = fmt.Fprint(&b, " ", data)
		}
		if o.From != "" {
			_, _ = fmt.Fprintf(&b, " (%s)", o.From)
		}
		b.WriteByte('\n')
	}
	for _, d := range out.Warnings {
		_, _ = fmt.Fprintf(&b, "warning: %s\n", told(nil, diag.List{d}))
	}
	return b.String() + told(nil, diags)
}

const oneConfigMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"

// TestRemoteChart renders a chart that is nowhere in the repository, with value files of it.
func TestRemoteChart(t *testing.T) {
	const shown = oneConfigMap + "data: {v: {{ .Values.v | quote }}}\n"
	oci := source.Reference{Kind: source.OCI, URL: "oci://registry.example/charts/db", Version: "1"}
	shelf := shelf{
		charts("db", "1"):   archived(t, "db", "1.5.0", "-- values.yaml --\nv: chart\n-- templates/b.yaml --\n"+shown),
		oci:                 archived(t, "db", "1.5.0", "-- values.yaml --\nv: oci\n-- templates/b.yaml --\n"+shown),
		charts("bad", "1"):  archived(t, "bad", "1.0.0", "-- values.schema.json --\n{\"required\": [\"name\"]}\n-- templates/b.yaml --\n"+shown),
		charts("deps", "1"): archived(t, "deps", "1.0.0", "-- Chart.yaml --\napiVersion: v2\nname: deps\nversion: 1.0.0\ndependencies:\n- {name: db, version: 1, repository: 'https://charts.example'}\n- {name: x, version: 1, repository: 'file://../x'}\n-- charts/x/Chart.yaml --\napiVersion: v2\nname: x\nversion: 1.0.0\n"),
		charts("file", "1"): archived(t, "file", "1.0.0", "-- Chart.yaml --\napiVersion: v2\nname: file\nversion: 1.0.0\ndependencies:\n- {name: x, version: 1, repository: 'file://../x'}\n"),
		{Kind: source.File, URL: "https://values.example/v.yml"}: fstest.MapFS{"v.yml": {Data: []byte("v: web")}},
		{Kind: source.File, URL: "https://values.example/bad"}:   fstest.MapFS{"bad": {Data: []byte("- v")}},
	}
	files := tree("-- v.yml --\nv: file\n-- x/v.yml --\nv: [\n")
	const line = "applications.yml:7:9"
	const behind = "the chart db 1 of https://charts.example (1.5.0): templates/b.yaml"
	for name, c := range map[string]struct {
		ref    source.Reference
		change func(*Application)
		want   string
	}{
		"alone":                 {charts("db", "1"), func(*Application) {}, line + " ConfigMap a map[v:chart] (" + behind + ")\n"},
		"of a registry":         {oci, func(*Application) {}, line + " ConfigMap a map[v:oci] (oci://registry.example/charts/db 1 (1.5.0): templates/b.yaml)\n"},
		"a value file":          {charts("db", "1"), func(a *Application) { a.Helm.ValueFiles = []string{"/v.yml"} }, line + " ConfigMap a map[v:file] (" + behind + ")\n"},
		"of its own":            {charts("db", "1"), func(a *Application) { a.Helm.ValueFiles = []string{"v.yml"} }, line + ": web-app: the value file \"v.yml\" must begin with a slash, since the chart is an archive [helm-values]\n"},
		"a broken one":          {charts("db", "1"), func(a *Application) { a.Helm.ValueFiles = []string{"/x/v.yml"} }, "x/v.yml:1:1: web-app: did not find expected node content [helm-values]\n"},
		"by URL":                {charts("db", "1"), func(a *Application) { a.Helm.ValueFiles = []string{"https://values.example/v.yml"} }, line + " ConfigMap a map[v:web] (" + behind + ")\n"},
		"a URL that is broken":  {charts("db", "1"), func(a *Application) { a.Helm.ValueFiles = []string{"https://me:hunter2@values.example/bad"} }, line + ": web-app: https://values.example/bad: bad: expected a mapping, found a list [helm-values]\n"},
		"a URL that is missing": {charts("db", "1"), func(a *Application) { a.Helm.ValueFiles = []string{"https://values.example/none"} }, line + ": web-app: https://values.example/none was not fetched [not-fetched]\n  hint: run roster fetch\n"},
		"a URL with a token":    {charts("db", "1"), func(a *Application) { a.Helm.ValueFiles = []string{"https://values.example/none?token=hunter2"} }, line + ": web-app: the value file \"…\" is not read: its URL holds a password: leave it out, and give it to Argo CD and to roster fetch [helm-values]\n"},
		"another scheme":        {charts("db", "1"), func(a *Application) { a.Helm.ValueFiles = []string{"s3://values.example/none"} }, line + ": web-app: the value file \"s3://values.example/none\" is neither a file nor a URL that Argo CD reads [helm-values]\n"},
		"wrong values":          {charts("bad", "1"), func(*Application) {}, line + ": web-app: the chart bad 1 of https://charts.example (1.0.0): values.schema.json: at '': missing property 'name' [helm-schema]\n"},
		"its dependency":        {charts("deps", "1"), func(*Application) {}, line + ": web-app: the chart deps 1 of https://charts.example (1.0.0): Chart.yaml:6:10: needs the chart x 1 of file://../x, which is outside of the repository [helm-dependency]\n"},
		"not fetched":           {charts("db", "2"), func(*Application) {}, line + ": web-app: the chart db 2 of https://charts.example was not fetched [not-fetched]\n  hint: run roster fetch\n"},
		"name of release":       {charts("db", "1"), func(a *Application) { a.Helm.ReleaseName = "A" }, line + ": web-app: release name \"A\": invalid release name, must match regex ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and the length must not be longer than 53 [helm-chart]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			app := *testApp
			app.Kind, app.Path, app.Remote, app.Pos = Chart, "", &c.ref, diag.Position{File: "applications.yml", Line: 7, Column: 9}
			c.change(&app)
			if diff := cmp.Diff(c.want, renderedOf(New(Files{Repository: files, Sources: shelf}, Cluster{}), &app)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestForeignFolder renders folders of another repository, of each kind.
func TestForeignFolder(t *testing.T) {
	repo := source.Reference{Kind: source.Git, URL: "https://git.example/other.git", Version: "v1"}
	manifests := source.Reference{Kind: source.OCI, URL: "oci://registry.example/manifests", Version: "v1"}
	charts := source.Reference{Kind: source.OCI, URL: "oci://registry.example/charts/web", Version: "1.0.0"}
	damaged, alone := charts, charts
	damaged.Version, alone.Version = "2.0.0", "3.0.0"
	shelf := shelf{
		charts:  archived(t, "web", "1.0.0", "-- values.yaml --\nv: chart\n-- ci/near.yml --\nv: near\n-- templates/b.yaml --\n"+oneConfigMap+"data: {v: {{ .Values.v | quote }}}\n"),
		damaged: fstest.MapFS{"web.tgz": {Data: []byte("no archive")}},
		alone:   tree("-- cm.yaml --\n" + oneConfigMap),
		repo: tree("-- chart/Chart.yaml --\napiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n- {name: lib, version: 1, repository: 'file://../lib'}\n" +
			"-- chart/values.yaml --\nv: chart\n-- chart/near.yml --\nv: near\n-- far.yml --\nv: far\n-- chart/templates/b.yaml --\n" + oneConfigMap + "data: {v: {{ .Values.v | quote }}}\n" +
			"-- lib/Chart.yaml --\napiVersion: v2\nname: lib\nversion: 1.0.0\n" +
			"-- needy/Chart.yaml --\napiVersion: v2\nname: needy\nversion: 1.0.0\ndependencies:\n- {name: db, version: 1, repository: 'https://charts.example'}\n" +
			"-- kust/kustomization.yaml --\nnamePrefix: p-\nresources: [../plain]\n-- plain/kustomization.yaml --\nresources: [cm.yaml]\n-- plain/cm.yaml --\n" + oneConfigMap +
			"-- out/kustomization.yaml --\nresources: [../../app]\n" +
			"-- folder/cm.yaml --\n" + oneConfigMap + "-- folder/.argocd-source.yaml --\ndirectory: {include: '*.yaml'}\n-- broken/cm.yaml --\nkind: ConfigMap\n-- net/a.jsonnet --\nimport '../../x'\n" +
			"-- both/Chart.yaml --\napiVersion: v2\nname: c\nversion: 1.0.0\n-- both/kustomization.yaml --\nresources: [cm.yaml]\n-- both/cm.yaml --\n" + oneConfigMap),
		manifests: tree("-- a/cm.yaml --\n" + oneConfigMap),
	}
	files := tree("-- app/kustomization.yaml --\nresources: []\n-- v.yml --\nv: ours\n-- bad.yml --\n- x\n")
	const line, behind, missing = "applications.yml:7:9", "https://git.example/other.git at v1: ", " [not-fetched]\n  hint: run roster fetch\n"
	for name, c := range map[string]struct {
		path   string
		change func(*Application)
		want   string
	}{
		"a chart":                {"chart", func(*Application) {}, line + " ConfigMap a map[v:chart] (" + behind + "chart/templates/b.yaml)\n"},
		"value files of theirs":  {"chart", func(a *Application) { a.Helm.ValueFiles = []string{"near.yml"} }, line + " ConfigMap a map[v:near] (" + behind + "chart/templates/b.yaml)\n"},
		"from their root":        {"chart", func(a *Application) { a.Helm.ValueFiles = []string{"near.yml", "/far.yml"} }, line + " ConfigMap a map[v:far] (" + behind + "chart/templates/b.yaml)\n"},
		"value files of ours":    {"chart", func(a *Application) { a.Helm.ValueFiles = []string{"/far.yml", "$values/v.yml"} }, line + " ConfigMap a map[v:ours] (" + behind + "chart/templates/b.yaml)\n"},
		"ours are broken":        {"chart", func(a *Application) { a.Helm.ValueFiles = []string{"$values/bad.yml"} }, "bad.yml: web-app: expected a mapping, found a list [helm-values]\n"},
		"ours lead out":          {"chart", func(a *Application) { a.Helm.ValueFiles = []string{"$values/../bad.yml"} }, line + ": web-app: " + behind + "chart: the value file \"../bad.yml\" is not in the repository [helm-values]\n"},
		"theirs are missing":     {"chart", func(a *Application) { a.Helm.ValueFiles = []string{"no.yml"} }, line + ": web-app: " + behind + "chart/no.yml: the value file cannot be read: it does not exist [helm-values]\n"},
		"a chart that needs one": {"needy", func(*Application) {}, line + ": web-app: " + behind + "needy/Chart.yaml:5:10: the chart db 1 of https://charts.example was not fetched" + missing},
		"a kustomization":        {"kust", func(*Application) {}, line + " ConfigMap p-a (" + behind + "kust/kustomization.yaml)\n"},
		"patched": {"kust", func(a *Application) {
			a.Patches = []Patch{{Patch: argocd.Patch{Text: "{apiVersion: v1, kind: ConfigMap, metadata: {name: b}, data: {x: 'y'}}"}}}
		}, "applications.yml:9:1: no object matches apiVersion v1, kind ConfigMap, name b [patch-no-target]\n  hint: known: p-a\n"},
		"out of the repository": {"out", func(*Application) {}, line + ": web-app: " + behind + "out/kustomization.yaml:1:13: ../../app leads out of the repository [missing-path]\n"},
		"manifests":             {"folder", func(*Application) {}, line + " ConfigMap a (" + behind + "folder/cm.yaml:1:1)\n"},
		"broken":                {"broken", func(*Application) {}, line + ": web-app: " + behind + "broken/cm.yaml:1:1: the ConfigMap has no apiVersion [bad-manifest]\n"},
		"Jsonnet":               {"net", func(*Application) {}, line + ": web-app: " + behind + "net/a.jsonnet:1:1: RUNTIME ERROR: couldn't open import \"../../x\": it leads out of the repository [jsonnet]\n"},
		"both":                  {"both", func(*Application) {}, line + " ConfigMap a (" + behind + "both/kustomization.yaml)\n"},
		"both, by an option":    {"both", func(a *Application) { a.Kind = Chart }, line + ": web-app: " + behind + "both: the source has no objects: Argo CD would deploy nothing [empty-source]\n"},
		"no folder":             {"no", func(*Application) {}, line + ": web-app: https://git.example/other.git at v1: there is no folder no in it [missing-path]\n"},
		"above":                 {"..", func(*Application) {}, line + ": web-app: https://git.example/other.git at v1: the path .. leads out of it [missing-path]\n"},
		"of a registry":         {"a", func(a *Application) { a.Remote = &manifests }, line + " ConfigMap a (oci://registry.example/manifests v1: a/cm.yaml:1:1)\n"},
		"a chart of a registry": {".", func(a *Application) { a.Remote = &charts }, line + " ConfigMap a map[v:chart] (oci://registry.example/charts/web 1.0.0: templates/b.yaml)\n"},
		"… with values": {".", func(a *Application) { a.Remote, a.Kind, a.Helm.ValueFiles = &charts, Chart, []string{"ci/near.yml"} },
			line + " ConfigMap a map[v:near] (oci://registry.example/charts/web 1.0.0: templates/b.yaml)\n"},
		"… a folder of it":       {"ci", func(a *Application) { a.Remote = &charts }, line + ": web-app: oci://registry.example/charts/web 1.0.0: ci: the folder holds no manifests [empty-source]\n"},
		"… damaged":              {".", func(a *Application) { a.Remote = &damaged }, line + ": web-app: oci://registry.example/charts/web 2.0.0: the chart cannot be read: gzip: invalid header [helm-chart]\n"},
		"one file of a registry": {".", func(a *Application) { a.Remote = &alone }, line + " ConfigMap a (oci://registry.example/charts/web 3.0.0: cm.yaml:1:1)\n"},
		"not fetched":            {"a", func(a *Application) { a.Remote = &source.Reference{Kind: source.Git, URL: "git@git.example:x.git"} }, line + ": web-app: git@git.example:x.git was not fetched" + missing},
	} {
		t.Run(name, func(t *testing.T) {
			app := *testApp
			app.Kind, app.Path, app.Remote, app.Pos = "", c.path, &repo, diag.Position{File: "applications.yml", Line: 7, Column: 9}
			c.change(&app)
			for i := range app.Patches {
				app.Patches[i].Pos = diag.Position{File: "applications.yml", Line: 9, Column: 1}
			}
			if diff := cmp.Diff(c.want, renderedOf(New(Files{Repository: files, Sources: shelf}, Cluster{}), &app)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestFetchedSchema reads what a schema refers to, or else does not check the values, and says so.
func TestFetchedSchema(t *testing.T) {
	file := func(name string) source.Reference {
		return source.Reference{Kind: source.File, URL: "https://schemas.example/" + name}
	}
	bomb := strings.Repeat("[", 20000)
	shelf := shelf{
		file("s.json"):    fstest.MapFS{"s.json": {Data: []byte(`{"required": ["name"], "properties": {"a": {"$ref": "b.json#/$defs/x"}}}`)}},
		file("b.json"):    fstest.MapFS{"b.json": {Data: []byte(`{"$defs": {"x": {"type": "integer"}}}`)}},
		file("half.json"): fstest.MapFS{"half.json": {Data: []byte(`{"$ref": "none.json"}`)}},
		file("bomb.json"): fstest.MapFS{"bomb.json": {Data: []byte(bomb)}},
	}
	const at, object = "app/values.schema.json: web-app: ", "app/templates/a.yaml ConfigMap a\n"
	const warning = "warning: " + at + "the values were not checked: of their schema, https://schemas.example/none.json was not fetched [not-fetched]\n  hint: run roster fetch\n\n"
	for name, c := range map[string]struct{ schema, values, want, asks string }{
		"they fit":       {`{"$ref": "https://schemas.example/s.json"}`, `{"name": 1, "a": 1}`, object, "file https://schemas.example/s.json  \nfile https://schemas.example/b.json  \n"},
		"they do not":    {`{"$ref": "https://schemas.example/s.json"}`, `{"a": "hunter2"}`, at + "at '': validation failed; at '': missing property 'name'; at '/a': got string, want integer [helm-schema]\n", ""},
		"one is missing": {`{"$ref": "https://schemas.example/none.json"}`, `{"a": "x"}`, object + warning, "file https://schemas.example/none.json  \n"},
		"a part is":      {`{"$ref": "https://schemas.example/half.json"}`, `{"a": "x"}`, object + warning, "file https://schemas.example/half.json  \nfile https://schemas.example/none.json  \n"},
		"a bomb":         {`{"$ref": "https://schemas.example/bomb.json"}`, `{}`, at + "the schema refers to https://schemas.example/bomb.json, which is not read [helm-schema]\n", ""},
		"with a token":   {`{"$ref": "https://schemas.example/s.json?token=hunter2"}`, `{}`, at + "the schema refers to …, which is not read [helm-schema]\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			files := chartTree("-- values.schema.json --\n" + c.schema + "\n-- templates/a.yaml --\n" + oneConfigMap)
			app := *testApp
			app.Kind, app.Helm.Values = Chart, json.RawMessage(c.values)
			r := New(Files{Repository: files, Sources: shelf}, Cluster{})
			for range 2 { // the second time it is known
				if diff := cmp.Diff(c.want, renderedOf(r, &app)); diff != "" {
					t.Error(diff)
				}
			}
			if got := askedOf(r, &app); c.asks != "" && got != c.asks {
				t.Error(got)
			}
		})
	}
}
