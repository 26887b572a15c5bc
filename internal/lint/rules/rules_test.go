package rules_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/catalog/apps"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/rules"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/workload"
	"golang.org/x/tools/txtar"
)

// today is the day of all tests.
var today = time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC)

// run lints a folder. With strict, also the rules that are off otherwise are on. The applications that failed are not rendered.
func run(t *testing.T, folder string, strict bool, failed ...string) lint.Result {
	t.Helper()
	mistakes := map[string]diag.List{}
	for _, code := range failed {
		mistakes[code] = diag.List{{Path: code, Code: "bad-yaml", Message: "it is not YAML"}}
	}
	return runWith(t, folder, strict, mistakes)
}

// runWith lints a folder of which some applications could not be rendered.
func runWith(t *testing.T, folder string, strict bool, failed map[string]diag.List) lint.Result {
	t.Helper()
	in := inputOf(t, folder, failed)
	in.Platform.Lint.Strict = in.Platform.Lint.Strict || strict
	return rules.All().Run(in, lint.Options{Today: today})
}

func inputOf(t *testing.T, folder string, failed map[string]diag.List) *lint.Input {
	t.Helper()
	files, err := txtar.FS(txtar.Parse([]byte(strings.TrimPrefix(folder, "\n"))))
	if err != nil {
		t.Fatal(err)
	}
	reading, err := catalog.Read(files, ".", catalog.Options{})
	if err != nil || len(reading.Mistakes) > 0 {
		t.Fatal(err, reading.Mistakes)
	}
	platform := reading.Clusters[0].Platform
	in := &lint.Input{Platform: platform, Order: reading.Clusters[0].Order, Objects: render.Build(platform), Repository: files, Failed: failed}
	renderer := workload.New(workload.Files{Repository: files, Catalog: apps.Charts()}, workload.Cluster{})
	for i := range platform.Namespaces {
		n := &platform.Namespaces[i]
		for j := range n.Applications {
			a := &n.Applications[j]
			if _, failed := in.Failed[a.Code]; failed {
				continue
			}
			workloads, diags := deployed(renderer, n, a)
			in.Workloads = append(in.Workloads, workloads...)
			if len(diags) > 0 {
				in.Failed[a.Code] = diags
			}
		}
	}
	return in
}

// deployed is the output of a folder of manifests, or of a chart with one value file. The other sources are tested through the
// command line.
func deployed(renderer *workload.Renderer, n *catalog.Namespace, a *catalog.Application) ([]*lint.Object, diag.List) {
	if a.Workload == nil || a.Workload.Kind == catalog.Catalog && a.Catalog != catalog.GuardrailsName {
		return nil, nil
	}
	app := &workload.Application{Code: a.Code, Namespace: n.Name, Kind: workload.Manifests, Path: a.Workload.Path, Twice: true}
	for _, c := range n.Project.ClusterResources {
		app.ClusterKinds = append(app.ClusterKinds, strings.TrimPrefix(c.Group+"/"+c.Kind, "/"))
	}
	if a.Workload.Kind == catalog.Catalog {
		app.Kind, app.Helm.Values = workload.Catalog, a.Workload.Source.Helm.Values
	}
	if a.Workload.Kind == catalog.HelmChart {
		app.Kind = workload.Chart
		if h := a.Workload.Source.Helm; h != nil {
			app.Helm.ValueFiles = h.ValueFiles
		}
	}
	result, diags := renderer.Render(app)
	var out []*lint.Object
	for _, o := range result.Objects {
		out = append(out, &lint.Object{Object: o.Object, Entry: n, Application: a, Pos: o.Pos, From: o.From, Unstable: o.Unstable})
	}
	return out, diags
}

// TestRules checks each rule with its own examples: it finds the bad one, once and with no other rule, and is silent on the
// good one.
func TestRules(t *testing.T) {
	strict := map[string]bool{}
	for _, r := range rules.All() {
		strict[r.Name] = r.Strict
	}
	for _, r := range rules.All() {
		t.Run(r.Name, func(t *testing.T) {
			bad := run(t, r.Bad, r.Strict).Findings
			// A hint of another rule is none of an example's business, and neither is that what it names was not fetched.
			others := func(f lint.Finding) bool {
				return f.Code != r.Name && (f.Severity == lint.Info || strict[f.Code] || f.Code == lint.NotFetched)
			}
			bad = slices.DeleteFunc(bad, others)
			if len(bad) != 1 || bad[0].Code != r.Name || bad[0].Severity != r.Severity {
				t.Errorf("the bad case: %+v", bad)
			}
			for _, f := range bad {
				if f.Pos.Line == 0 || !strings.Contains(r.Bad, "-- "+f.Pos.File+" --") {
					t.Errorf("the finding is at %s", f.Pos)
				}
			}
			good := run(t, r.Mended(), r.Strict).Findings
			good = slices.DeleteFunc(good, others)
			if len(good) > 0 {
				t.Errorf("the good case: %+v", good)
			}
			for i := 0; i < len(r.Mend); i += 2 {
				if strings.Count(r.Bad, r.Mend[i]) != 1 {
					t.Errorf("what to mend is there %d times: %q", strings.Count(r.Bad, r.Mend[i]), r.Mend[i])
				}
			}
			if r.Strict && slices.ContainsFunc(run(t, r.Bad, false).Findings, func(f lint.Finding) bool { return f.Code == r.Name }) {
				t.Error("it is on without strict")
			}
			if r.Summary == "" || strings.HasSuffix(r.Summary, ".") || r.Doc == "" {
				t.Error("it does not say what it is about")
			}
		})
	}
}

// TestNoWorkloads lints a platform of which nothing can be rendered here.
func TestNoWorkloads(t *testing.T) {
	if found := run(t, `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
-- applications.yml --
- namespace: web-ntfy
  applications: [{applicationCode: web-ntfy, catalog: ntfy}]
`, false).Findings; len(found) > 0 {
		t.Error(found)
	}
}

// TestWaivers waives findings by comments, for a time or for good, and finds comments that are wrong.
func TestWaivers(t *testing.T) {
	const folder = `
-- platform.yml --
domain: home.example
repository: {url: https://git.example/homelab.git}
lint: {rules: {waiver-unused: info}}
-- applications.yml --
- namespace: web-ntfy
  applications: [{applicationCode: web-ntfy, catalog: ntfy}]
- namespace: web-a
  networkPolicies: isolated
  applications: [{applicationCode: web-a, path: a}] # lint:ignore outside-address-from-inside somewhere else
-- a/a.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data:
  a: https://ntfy.home.example/1 # lint:ignore outside-address-from-inside for a phone
  # Comments and empty lines may stand between.
  # lint:ignore waiver-unused,outside-address-from-inside for a month until 2026-11-27

  # so that one sees why
  b: https://ntfy.home.example/2
  c: https://ntfy.home.example/3 # lint:ignore outside-address-from-inside for a month until 2026-11-26
  d: https://ntfy.home.example/4 # lint:ignore outside-address-from-inside
  e: https://ntfy.home.example/5 # lint:ignore outside-address-from-insid misspelled
  f: https://ntfy.home.example/6 # lint:ignore outside-address-from-inside until 2026-13-01
`
	result := run(t, folder, false)
	var got []string
	for _, f := range result.Findings {
		got = append(got, string(f.Severity)+" "+f.Pos.String()+" "+f.Code+": "+f.Message)
	}
	calls := func(at string) string {
		return "warning a/a.yaml:" + at + " outside-address-from-inside: ConfigMap a calls https://ntfy.home.example from inside of the cluster"
	}
	want := []string{ // the first two are waived
		calls("11:6"), "error a/a.yaml:11:34 waiver-ended: the waiver ended on 2026-11-26",
		calls("12:6"), "error a/a.yaml:12:34 waiver-ended: the waiver has no reason",
		calls("13:6"), `error a/a.yaml:13:34 waiver-ended: there is no rule outside-address-from-insid: did you mean "outside-address-from-inside"?`,
		calls("14:6"), "error a/a.yaml:14:34 waiver-ended: the waiver's end is not a date",
		"info applications.yml:5:53 waiver-unused: there is no finding of outside-address-from-inside here",
	}
	if diff := cmp.Diff(want, got); diff != "" || result.Waived != 2 {
		t.Errorf("waived %d, -want +got:\n%s", result.Waived, diff)
	}
}
