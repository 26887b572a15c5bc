package lint_test

import (
	"strings"
	"testing"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/catalog/apps"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/render/workload"
	"golang.org/x/tools/txtar"
)

// run lints a folder.
func run(t *testing.T, folder string) []lint.Finding {
	t.Helper()
	files, err := txtar.FS(txtar.Parse([]byte(strings.TrimPrefix(folder, "\n"))))
	if err != nil {
		t.Fatal(err)
	}
	platform, diags, err := catalog.Load(files, ".", catalog.Options{})
	if err != nil || len(diags) > 0 {
		t.Fatal(err, diags)
	}
	in := &lint.Input{Platform: platform, Repository: files}
	renderer := workload.New(workload.Files{Repository: files, Catalog: apps.Charts()}, workload.Cluster{})
	for i := range platform.Namespaces {
		n := &platform.Namespaces[i]
		for j := range n.Applications {
			in.Workloads = append(in.Workloads, deployed(t, renderer, n, &n.Applications[j])...)
		}
	}
	return lint.Run(in)
}

// deployed is what a folder of manifests yields. The other sources are tested through the command line.
func deployed(t *testing.T, renderer *workload.Renderer, n *catalog.Namespace, a *catalog.Application) []lint.Object {
	t.Helper()
	if a.Workload.Kind != catalog.Manifests {
		return nil
	}
	result, diags := renderer.Render(&workload.Application{Code: a.Code, Namespace: n.Name, Kind: workload.Manifests, Path: a.Workload.Path})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	var out []lint.Object
	for _, o := range result.Objects {
		out = append(out, lint.Object{Object: o.Object, Namespace: n, Application: a, Pos: o.Pos})
	}
	return out
}

// TestRules holds each rule against its own examples: it finds the bad one, once and with no other rule, and is silent on the
// good one.
func TestRules(t *testing.T) {
	for _, r := range lint.Rules() {
		t.Run(r.Name, func(t *testing.T) {
			found := run(t, r.Bad)
			if len(found) != 1 || found[0].Code != r.Name || found[0].Severity != r.Severity {
				t.Errorf("the bad case: %+v", found)
			}
			for _, f := range found {
				if f.Pos.Line == 0 || !strings.Contains(r.Bad, "-- "+f.Pos.File+" --") {
					t.Errorf("the finding is at %s", f.Pos)
				}
			}
			if found := run(t, r.Good); len(found) > 0 {
				t.Errorf("the good case: %+v", found)
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
`); len(found) > 0 {
		t.Error(found)
	}
}

