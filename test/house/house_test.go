// Package house checks the structure of this repository: which package may import which, and what must not exist.
package house

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hippotion/roster/test/examples"
)

const module = "github.com/hippotion/roster/"

// mayImport is what each package may import of the others: data flows from bytes to syntax to model to objects to YAML. A
// package that is not listed fails the test: decide where it belongs.
var mayImport = map[string][]string{
	"internal/bounds":        {},
	"internal/lazy":          {},
	"internal/jobtoken":      {},
	"internal/listtext":      {},
	"internal/yamltext":      {},
	"internal/listadd":       {"internal/diag", "internal/listtext", "internal/syntax", "internal/yamltext"},
	"docs/ci":                {},
	"internal/starter":       {"catalog", "docs/ci", "internal/lazy", "internal/listtext"},
	"internal/argocd":        {"internal/lazy"},
	"internal/images":        {"internal/lazy"},
	"internal/diag":          {},
	"internal/source":        {"internal/diag", "internal/dotgit", "internal/lazy", "internal/syntax"},
	"internal/source/cache":  {"internal/source", "internal/source/copies"},
	"internal/source/copies": {"internal/git", "internal/source"},
	"internal/source/fetch":  {"internal/lazy", "internal/source", "internal/source/cache", "internal/source/copies", "internal/syntax"},
	"internal/trace":         {"internal/source"},
	"internal/rendered":      {"internal/trace"},
	"internal/syntax":        {"internal/diag", "internal/lazy"},
	"catalog/apps":           {"catalog/apps/builtin", "catalog/apps/alerting", "catalog/apps/app", "catalog/apps/gardener", "catalog/apps/ntfy", "catalog/apps/guardrails"},
	"catalog/apps/alerting":  {"catalog/apps/builtin", "internal/alertrule"},
	"catalog/apps/app":       {"catalog/apps/builtin", "internal/lazy"},
	"catalog/apps/builtin":   {},
	"catalog/apps/gardener":  {"catalog/apps/builtin"},
	"catalog/apps/ntfy":      {"catalog/apps/builtin"},
	"profiles":               {"internal/diag", "internal/syntax"},
	"catalog":                {"internal/argocd", "internal/bounds", "internal/diag", "internal/dotgit", "internal/jobtoken", "internal/lazy", "internal/source", "internal/syntax", "profiles", "catalog/apps", "catalog/apps/builtin", "internal/eso"},
	"render/object":          {},
	"render":                 {"catalog", "internal/argocd", "profiles", "render/object"},
	"render/workload":        {"internal/argocd", "internal/diag", "internal/lazy", "internal/source", "internal/syntax", "render/object"},
	"plugin":                 {"catalog", "internal/jobtoken", "render", "render/object"},
	"cmd/internal/cli":       {"catalog", "catalog/apps", "internal/buildversion", "internal/checkout", "internal/diag", "internal/diff", "internal/diff/formats", "internal/diff/kinds", "internal/diff/sides", "internal/explain", "internal/fleet", "internal/git", "internal/images", "internal/importing", "internal/inspection", "internal/limited", "internal/lint", "internal/lint/rules", "internal/listadd", "internal/listtext", "internal/outdir", "internal/outfile", "internal/reach", "internal/rendered", "internal/report", "internal/source", "internal/source/cache", "internal/source/copies", "internal/source/fetch", "internal/starter", "plugin", "profiles", "render", "render/object", "render/workload"},
	"cmd/internal/start":     {},
	"cmd/roster":             {"cmd/internal/cli", "cmd/internal/start"},
	"internal/limited":       {},
	"internal/eso":           {"internal/bounds", "internal/diag", "internal/lazy"},
	"internal/muxer":         {"internal/bounds", "internal/lazy"},
	"internal/fleet":         {"catalog", "catalog/apps", "internal/checkout", "internal/diag", "internal/git", "internal/limited", "internal/rendered", "internal/source", "internal/trace", "render", "render/object", "render/workload"},
	"internal/inspection":    {"catalog", "internal/diag", "internal/fleet", "internal/limited", "internal/lint", "internal/lint/progress", "internal/lint/rules", "internal/rendered", "internal/source", "internal/trace"},
	// The engine applies rules, rules ask models, and models ask those below them: none of them knows the one before it.
	"internal/lint":                   {"catalog", "internal/diag", "internal/lint/models/alerts", "internal/lint/models/deployed", "internal/lint/models/intents", "internal/lint/models/network", "internal/lint/models/places", "internal/lint/models/pods", "internal/lint/models/policies", "internal/lint/models/quotas", "internal/lint/models/routes", "internal/lint/models/secrets", "internal/lint/models/traefik", "internal/lint/progress", "internal/syntax", "internal/yamltext", "internal/lint/models/guardrails"},
	"internal/lint/rules":             {"catalog", "internal/alertrule", "internal/argocd", "internal/bounds", "internal/diag", "internal/lazy", "internal/lint", "internal/lint/models/alerts", "internal/lint/models/deployed", "internal/lint/models/intents", "internal/lint/models/network", "internal/lint/models/once", "internal/lint/models/places", "internal/lint/models/pods", "internal/lint/models/policies", "internal/lint/models/quotas", "internal/lint/models/routes", "internal/lint/models/secrets", "internal/lint/models/traefik", "internal/muxer", "internal/schema", "internal/syntax", "internal/verdict", "internal/lint/models/guardrails"},
	"internal/lint/models/alerts":     {"catalog", "internal/diag", "internal/lint/models/deployed", "internal/lint/models/once", "internal/lint/models/places"},
	"internal/lint/models/deployed":   {"catalog", "internal/diag", "internal/lint/models/once", "internal/lint/progress", "internal/schema", "render/object"},
	"internal/lint/models/intents":    {"catalog", "internal/diag", "internal/images", "internal/lint/models/alerts", "internal/lint/models/deployed", "internal/lint/models/gateways", "internal/lint/models/network", "internal/lint/models/once", "internal/lint/models/places", "internal/lint/models/pods", "internal/lint/models/policies", "internal/lint/models/routes", "internal/verdict", "profiles"},
	"internal/lint/models/gateways":   {"internal/lint/models/deployed", "internal/lint/models/once"},
	"internal/lint/models/network":    {"catalog", "internal/lint/models/deployed", "internal/lint/models/once", "internal/lint/models/places", "internal/lint/models/pods", "internal/lint/models/policies", "internal/verdict", "profiles", "render", "render/object"},
	"internal/lint/models/once":       {},
	"internal/lint/models/places":     {"catalog", "internal/diag", "internal/lint/models/deployed", "internal/syntax"},
	"internal/lint/models/pods":       {"catalog", "internal/diag", "internal/lint/models/deployed", "internal/lint/models/once", "internal/lint/models/places"},
	"internal/lint/models/policies":   {"catalog", "internal/lint/models/deployed", "internal/lint/models/once", "internal/lint/models/places", "internal/lint/models/pods", "profiles", "render/object"},
	"internal/lint/models/quotas":     {"catalog", "internal/lint/models/deployed", "internal/lint/models/once", "internal/lint/models/places"},
	"internal/lint/models/routes":     {"catalog", "internal/bounds", "internal/diag", "internal/lint/models/deployed", "internal/lint/models/gateways", "internal/lint/models/once", "internal/lint/models/places", "internal/lint/models/secrets", "internal/lint/models/traefik", "internal/muxer", "render", "render/object"},
	"internal/lint/models/traefik":    {"catalog", "internal/argocd", "internal/diag", "internal/lazy", "internal/lint/models/deployed", "internal/lint/models/once", "internal/lint/models/places", "internal/syntax"},
	"internal/lint/models/secrets":    {"catalog", "internal/diag", "internal/eso", "internal/lint/models/deployed", "internal/lint/models/once", "internal/lint/models/places"},
	"internal/lint/progress":          {},
	"internal/hubble":                 {"internal/diag"},
	"internal/importing":              {"internal/diag", "internal/diff/fields", "internal/lazy", "internal/listtext", "internal/syntax", "internal/verdict", "profiles", "render", "render/object"},
	"internal/reach":                  {"catalog", "internal/diag", "internal/hubble", "internal/images", "internal/lazy", "internal/lint", "internal/lint/models/deployed", "internal/lint/models/network", "internal/lint/models/policies", "internal/lint/models/routes", "internal/lint/models/traefik", "internal/muxer", "internal/verdict", "profiles"},
	"internal/report":                 {"catalog", "internal/diag", "internal/lint", "internal/syntax"},
	"internal/schema":                 {"internal/diag"},
	"internal/schema/gen":             {},
	"internal/schema/celrules":        {"internal/schema"},
	"internal/verdict":                {},
	"internal/verdict/cilium":         {"internal/verdict"},
	"internal/gen":                    {},
	"internal/alertrule":              {},
	"internal/atomicfile":             {},
	"internal/bus":                    {},
	"internal/checkout":               {"internal/dotgit"},
	"internal/diff":                   {"catalog", "internal/diag", "internal/diff/fields", "internal/lazy", "internal/lint", "internal/lint/models/places", "internal/lint/models/secrets", "internal/source", "render", "render/object"},
	"internal/diff/fields":            {},
	"internal/diff/kinds":             {"catalog", "internal/diag", "internal/diff", "internal/diff/fields", "internal/images", "internal/lint", "internal/lint/models/deployed", "internal/lint/models/network", "internal/lint/models/pods", "internal/lint/models/policies", "internal/lint/models/quotas", "internal/lint/models/routes", "internal/lint/models/secrets", "internal/muxer", "internal/reach", "internal/schema", "internal/verdict", "profiles", "render", "render/object"},
	"internal/diff/sides":             {"catalog", "internal/diff", "internal/fleet", "internal/inspection", "internal/lint", "internal/lint/models/deployed", "render", "render/object"},
	"internal/explain":                {"catalog", "catalog/apps", "internal/diag", "internal/diff", "internal/lint", "profiles", "render"},
	"internal/diff/formats":           {"internal/diag", "internal/diff", "internal/diff/fields", "internal/lazy", "internal/lint", "internal/report"},
	"internal/dotgit":                 {},
	"internal/git":                    {"internal/checkout", "internal/dotgit"},
	"internal/buildversion":           {},
	"internal/filelock":               {},
	"internal/outdir":                 {"internal/filelock", "render/object"},
	"internal/outfile":                {"internal/atomicfile"},
	"internal/gardener":               {"internal/atomicfile", "internal/buildversion", "internal/bus", "internal/filelock", "internal/git"},
	"internal/hostwatch":              {"internal/atomicfile", "internal/buildversion", "internal/filelock"},
	"internal/usagewatch":             {"internal/atomicfile", "internal/buildversion", "internal/bus", "internal/filelock"},
	"cmd/gardener":                    {"internal/gardener"},
	"cmd/hostwatch":                   {"internal/hostwatch"},
	"cmd/usagewatch":                  {"internal/usagewatch"},
	"test/ci":                         {},
	"test/helpers":                    {},
	"test/lint":                       {},
	"test/mutation":                   {},
	"test/sources":                    {"internal/fleet", "internal/source", "render", "render/object"},
	"test/routes":                     {"catalog", "internal/lint", "internal/lint/models/routes", "internal/lint/rules", "internal/muxer", "render", "render/object", "render/workload"},
	"internal/gen/write":              {"internal/gen"},
	"golden":                          {},
	"test/conformance":                {},
	"test/house":                      {},
	"test/examples":                   {"catalog", "render", "render/object"},
	"catalog/apps/guardrails":         {"catalog/apps/builtin"},
	"internal/lint/models/guardrails": {"catalog", "internal/admission", "internal/lint/models/deployed", "internal/lint/models/once", "internal/lint/models/quotas"},
	"internal/admission":              {},
	"test/guardrails":                 {"catalog", "catalog/apps", "internal/admission", "render/workload"},
	"test/eso":                        {"internal/eso"},
}

type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
	Dir        string
	GoFiles    []string
	Export     string // the file that the compiler left for those that import it
	DepOnly    bool
}

func list(t *testing.T, args ...string) []listed {
	t.Helper()
	c := exec.Command("go", append([]string{"list", "-json=ImportPath,Imports,Deps,Dir,GoFiles,Export,DepOnly"}, args...)...)
	c.Dir = examples.Root()
	out, err := c.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []listed
	for decoder := json.NewDecoder(strings.NewReader(string(out))); decoder.More(); {
		var p listed
		if err := decoder.Decode(&p); err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	return packages
}

func TestImports(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range list(t, "./...") {
		name := strings.TrimPrefix(p.ImportPath, module)
		allowed, known := mayImport[name]
		if !known {
			t.Errorf("%s is not in mayImport", name)
		}
		seen[name] = true
		for _, i := range p.Imports {
			other, ours := strings.CutPrefix(i, module)
			if ours && !contains(allowed, other) {
				t.Errorf("%s must not import %s", name, other)
			}
		}
	}
	for name := range mayImport {
		if !seen[name] {
			t.Errorf("mayImport has %s, which is not there", name)
		}
	}
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

// TestBinary fails when the binary links what would make each start slow, or what only tests may use.
// The evaluator of CEL, with which lint judges guardrails, adds about 2 ms to each start.
func TestBinary(t *testing.T) {
	ofTests := map[string]bool{} // Helm 4 links testing to find out whether it is tested itself
	for _, p := range list(t, "./...") {
		ofTests[p.ImportPath] = contains(p.Imports, "testing")
	}
	for _, p := range list(t, "./cmd/roster") {
		for _, d := range p.Deps {
			if ofTests[d] {
				t.Errorf("the binary links %s, which is for tests", d)
			}
			for _, heavy := range []string{
				"github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1", "github.com/cilium/cilium/pkg/policy",
				"github.com/hippotion/roster/internal/verdict/cilium",
			} {
				if d == heavy {
					t.Errorf("the binary links %s", d)
				}
			}
		}
	}
}

// TestTop fails when the top of the repository has a folder that the house has no place for.
func TestTop(t *testing.T) {
	rooms := "catalog cmd docs examples golden internal plugin profiles render test bin dist out"
	entries, err := filepath.Glob(filepath.Join(examples.Root(), "*", ""))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if name := filepath.Base(e); !strings.Contains(name, ".") && !contains(strings.Fields(rooms+" Makefile LICENSE Dockerfile"), name) {
			t.Errorf("%s has no place at the top", name)
		}
	}
}
