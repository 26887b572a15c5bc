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
	"github.com/hippotion/roster/internal/source"
	"helm.sh/helm/v3/pkg/chart"
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

// archive is what was fetched of a chart: NAME.tgz alone.
func archive(t *testing.T, name, version, files string) fs.FS {
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
		charts("db", "1.x"):   archive(t, "db", "1.5.0", "-- values.yaml --\nv: x\n"+object),
		charts("db", "1.4.0"): archive(t, "db", "1.4.0", "-- values.yaml --\nv: old\n"+object),
		charts("db", "2.x"):   archive(t, "db", "1.5.0", object),
		charts("deep", "1"): archive(t, "deep", "1.0.0", "-- templates/c.yaml --\nkind: C\n-- charts/in/Chart.yaml --\napiVersion: v2\nname: in\nversion: 1.0.0\n"+
			"-- charts/in/templates/d.yaml --\nkind: D\n"),
		charts("needy", "1"):  archive(t, "needy", "1.0.0", "-- templates/c.yaml --\nkind: C\n-- Chart.yaml --\napiVersion: v2\nname: needy\nversion: 1.0.0\ndependencies: [{name: db, version: 1.x, repository: 'https://charts.example'}]\n"),
		charts("broken", "1"): archive(t, "broken", "1.0.0", "-- templates/c.yaml --\n{{ nothing }}\n"),
		{Kind: source.OCI, URL: "oci://registry.example/charts/redis", Version: "~1.2"}: archive(t, "redis", "1.2.9", object),
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
		"a name":                   {"- {name: db, version: 1.x, repository: '@stable'}\n", "", at + "needs the chart db 1.x of @stable: the repository is a name that Argo CD looks up among its own, and roster cannot [helm-dependency]\n  hint: write the URL of the repository\n", ""},
		"an alias":                 {"- {name: db, version: 1.x, repository: 'alias:stable'}\n", "", at + "needs the chart db 1.x of alias:stable: the repository is a name that Argo CD looks up among its own, and roster cannot [helm-dependency]\n  hint: write the URL of the repository\n", ""},
		"broken inside":            {of("broken", "1", ""), "", at + "the chart broken 1 of https://charts.example: templates/c.yaml:1:1: function \"nothing\" not defined [helm-template]\n", ""},
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
