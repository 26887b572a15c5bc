package fleet_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/source"
	"golang.org/x/tools/txtar"
)

// shelf is what was fetched, in memory.
type shelf map[source.Reference]fs.FS

func (s shelf) Open(ref source.Reference) (fs.FS, error) {
	if files, ok := s[ref]; ok {
		return files, nil
	}
	return nil, source.ErrNotFetched
}

func tree(archive string) fstest.MapFS {
	out := fstest.MapFS{}
	for _, f := range txtar.Parse([]byte(archive)).Files {
		out[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	return out
}

// packed is a chart as it was fetched.
func packed(t *testing.T, name, archive string) fs.FS {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	w := tar.NewWriter(zip)
	for file, f := range tree(archive) {
		if err := w.WriteHeader(&tar.Header{Name: name + "/" + file, Size: int64(len(f.Data)), Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(f.Data); err != nil {
			t.Fatal(err)
		}
	}
	for _, close := range []func() error{w.Close, zip.Close} {
		if err := close(); err != nil {
			t.Fatal(err)
		}
	}
	return fstest.MapFS{name + ".tgz": {Data: out.Bytes()}}
}

const elsewhere = `
-- platform.yml --
repository: {url: https://git.example/homelab.git}
argocd: {kustomize: {buildOptions: --enable-helm}}
-- applications.yml --
- namespace: web-a
  applications:
    - {applicationCode: web-chart, chart: db, repoURL: https://charts.example, version: 1.x, valueFiles: [v.yml, https://values.example/w.yml]}
    - {applicationCode: web-registry, chart: db, repoURL: oci://registry.example/charts, version: "1"}
    - {applicationCode: web-foreign, path: app, repoURL: https://git.example/other.git, valueFiles: [own.yml, $values/v.yml]}
    - {applicationCode: web-older, path: folder, revision: v1}
    - {applicationCode: web-umbrella, path: umbrella}
    - {applicationCode: web-kustom, path: kustom}
    - {applicationCode: web-plain, path: folder}
-- v.yml --
v: ours
-- umbrella/Chart.yaml --
apiVersion: v2
name: umbrella
version: 1.0.0
dependencies:
- {name: db, version: 1.x, repository: https://charts.example}
-- kustom/kustomization.yaml --
resources: ['github.com/o/r?ref=v1']
helmCharts:
- {name: db, version: 1.x, repo: https://charts.example, releaseName: db}
-- folder/cm.yaml --
{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
`

// TestReferences asks for what a list needs, until there is nothing new, and renders it then.
func TestReferences(t *testing.T) {
	const db = "-- Chart.yaml --\napiVersion: v2\nname: db\nversion: 1.2.3\n-- values.yaml --\nv: chart\n-- templates/cm.yaml --\n{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {v: '{{ .Values.v }}'}}\n"
	charts := source.Reference{Kind: source.Chart, URL: "https://charts.example", Name: "db", Version: "1.x"}
	stock := shelf{
		charts: packed(t, "db", db),
		{Kind: source.OCI, URL: "oci://registry.example/charts/db", Version: "1"}: packed(t, "db", db),
		{Kind: source.File, URL: "https://values.example/w.yml"}:                  fstest.MapFS{"w.yml": {Data: []byte("v: web")}},
		{Kind: source.Git, URL: "https://git.example/other.git"}:                  tree(strings.ReplaceAll(db, "-- ", "-- app/") + "-- app/own.yml --\nv: own\n"),
		{Kind: source.Git, URL: "https://git.example/homelab.git", Version: "v1"}: tree("-- folder/kustomization.yaml --\nresources: [cm.yaml]\n-- folder/cm.yaml --\n{apiVersion: v1, kind: ConfigMap, metadata: {name: old}}\n"),
		{Kind: source.Git, URL: "https://github.com/o/r", Version: "v1"}:          tree("-- kustomization.yaml --\nresources: ['https://files.example/x.yaml']\n"),
		{Kind: source.File, URL: "https://files.example/x.yaml"}:                  fstest.MapFS{"x.yaml": {Data: []byte("{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}")}},
	}
	in := fleet.Input{Place: fleet.Place{Files: tree(elsewhere), Dir: "."}}
	known := shelf{}
	var rounds []string
	for {
		in.Sources = known
		if len(known) == 0 {
			in.Sources = nil
		}
		refs, diags, err := fleet.References(in)
		if err != nil || len(diags) > 0 {
			t.Fatal(err, diags)
		}
		var round strings.Builder
		found := false
		for _, ref := range refs {
			if known[ref] == nil {
				_, _ = fmt.Fprintln(&round, ref.Kind, ref.URL, ref.Name, ref.Version)
				found, known[ref] = true, stock[ref]
			}
		}
		if !found {
			break
		}
		rounds = append(rounds, round.String())
	}
	want := []string{"chart https://charts.example db 1.x\nfile https://values.example/w.yml  \ngit https://git.example/homelab.git  v1\ngit https://git.example/other.git  \n" +
		"git https://github.com/o/r  v1\noci oci://registry.example/charts/db  1\n", "file https://files.example/x.yaml  \n"}
	if diff := cmp.Diff(want, rounds); diff != "" {
		t.Error(diff)
	}

	in.Want.Workloads = true
	shown := func(out fleet.Output) string {
		var b strings.Builder
		for _, a := range out.Applications {
			_, _ = fmt.Fprintf(&b, "%s %t:", a.Code, a.Workload != nil)
			for _, y := range a.Yields {
				v, _ := y.Value().(map[string]any)["data"].(map[string]any)
				_, _ = fmt.Fprintf(&b, " %s %s%v", y.Pos, y.Name, v)
				if y.From != "" {
					_, _ = fmt.Fprintf(&b, " (%s)", y.From)
				}
			}
			b.WriteByte('\n')
		}
		return b.String()
	}
	in.Sources = known
	out, diags, err := fleet.Build(in)
	if err != nil || len(diags) > 0 || !out.Complete() {
		t.Fatal(err, diags)
	}
	if diff := cmp.Diff(`web-chart true: applications.yml:3:43 amap[v:web] (the chart db 1.x of https://charts.example (1.2.3): templates/cm.yaml)
web-foreign true: applications.yml:5:44 amap[v:ours] (https://git.example/other.git: app/templates/cm.yaml)
web-kustom true: kustom/kustomization.yaml amap[v:chart] kustom/kustomization.yaml xmap[]
web-older true: applications.yml:6:42 oldmap[] (https://git.example/homelab.git at v1: folder/cm.yaml:1:1)
web-plain true: folder/cm.yaml:1:1 amap[]
web-registry true: applications.yml:4:46 amap[v:chart] (oci://registry.example/charts/db 1 (1.2.3): templates/cm.yaml)
web-umbrella true: umbrella/Chart.yaml:5:10 amap[v:chart] (the chart db 1.x of https://charts.example (1.2.3): templates/cm.yaml)
`, shown(out)); diff != "" {
		t.Error(diff)
	}

	in.Sources = nil // what is elsewhere is then not looked at, and what is here lacks something
	out, diags, err = fleet.Build(in)
	if err != nil || out.Complete() {
		t.Fatal(err)
	}
	codes := ""
	for _, d := range diags.Sorted() {
		codes += d.Pos.String() + " " + d.Code + "\n"
	}
	if diff := cmp.Diff("kustom/kustomization.yaml:1:13 not-fetched\nkustom/kustomization.yaml:3:3 not-fetched\numbrella/Chart.yaml:5:10 not-fetched\n", codes); diff != "" {
		t.Error(diff)
	}
	if got := shown(out); !strings.Contains(got, "web-chart false:\nweb-foreign false:\n") {
		t.Error(got)
	}
}
