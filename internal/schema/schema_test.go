package schema_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/schema"
)

// Each document of testdata/*.yaml starts with a line that says what it shows,
// then come the verdicts on it, one a line: `# want` a problem, `# default` a
// field that an API server would add, `# error` that there is no schema. None
// of them means a good and complete object. UPDATE=1 rewrites the verdicts
// (celrules reads the same files, and has verdicts of its own).
func TestCases(t *testing.T) {
	set := schema.New()
	good, bad := map[string]bool{}, map[string]bool{}
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		docs := strings.Split(string(data), "\n---\n")
		for i, doc := range docs {
			bare := withVerdicts(doc, nil)
			docs[i] = withVerdicts(bare, verdicts(set, bare))
			if docs[i] != doc && os.Getenv("UPDATE") == "" {
				t.Errorf("%s: got\n%s\nwant\n%s", file, docs[i], doc)
			}
			kind := identity(doc)
			if strings.Contains(docs[i], "\n# want") {
				bad[kind] = true
			} else {
				good[kind] = true
			}
		}
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(file, []byte(strings.Join(docs, "\n---\n")), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, kind := range set.Kinds() {
		if !good[kind] || !bad[kind] {
			t.Errorf("%s: testdata needs a good and a bad case", kind)
		}
	}
}

func verdicts(set *schema.Set, doc string) []string {
	var lines []string
	problems, err := set.ValidateYAML([]byte(doc))
	for _, p := range problems {
		lines = append(lines, "# want "+strings.ReplaceAll(p.String(), "\n", " "))
	}
	if err != nil {
		return append(lines, "# error "+err.Error())
	}
	var obj map[string]any
	if err := yaml.Unmarshal([]byte(doc), &obj); err != nil {
		return lines
	}
	defaults, _ := set.Defaults(obj) // its error says what the problems say
	for _, d := range defaults {
		lines = append(lines, "# default "+d.String())
	}
	return lines
}

// withVerdicts puts lines under the first line of doc, in place of the old ones.
func withVerdicts(doc string, lines []string) string {
	title, rest, _ := strings.Cut(doc, "\n")
	out := append([]string{title}, lines...)
	for line := range strings.SplitSeq(rest, "\n") {
		old := strings.HasPrefix(line, "# want") || strings.HasPrefix(line, "# default") || strings.HasPrefix(line, "# error")
		if !old {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

func identity(doc string) string {
	var obj struct{ APIVersion, Kind string }
	_ = yaml.Unmarshal([]byte(doc), &obj) // some cases are broken on purpose
	return obj.APIVersion + " " + obj.Kind
}

func TestNoSchema(t *testing.T) {
	set := schema.New()
	obj := map[string]any{"apiVersion": "example.com/v1", "kind": "Thing"}
	if _, err := set.Validate(obj); !errors.Is(err, schema.ErrNoSchema) {
		t.Errorf("Validate: %v", err)
	}
	if _, err := set.Defaults(obj); !errors.Is(err, schema.ErrNoSchema) {
		t.Errorf("Defaults: %v", err)
	}
	if _, err := set.Structural("example.com/v1", "Thing"); !errors.Is(err, schema.ErrNoSchema) {
		t.Errorf("Structural: %v", err)
	}
}

// A renderer has ints where a JSON decoder has float64, and goes on using the
// object afterwards.
func TestValidateLeavesTheObjectAlone(t *testing.T) {
	obj := map[string]any{
		"apiVersion": "traefik.io/v1alpha1", "kind": "IngressRoute",
		"metadata": map[string]any{"name": "a", "namespace": "b", "labels": map[string]string{"a": "b"}},
		"spec": map[string]any{"routes": []map[string]any{
			{"match": "Host(`a`)", "priority": 10, "unknown": 1, "observability": map[string]any{}},
		}},
	}
	before := fmt.Sprint(obj)
	set := schema.New()
	problems, err := set.Validate(obj)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(problems); got != "[spec.routes[0].unknown: unknown field]" {
		t.Error(got)
	}
	if _, err := set.Defaults(obj); err != nil {
		t.Fatal(err)
	}
	if after := fmt.Sprint(obj); after != before {
		t.Errorf("got  %s\nwant %s", after, before)
	}
}

func TestNotJSON(t *testing.T) {
	problems, err := schema.New().Validate(map[string]any{"a": func() {}})
	if err != nil || fmt.Sprint(problems) != "[is not JSON: json: unsupported type: func()]" {
		t.Error(problems, err)
	}
}

// The embedded schemas must come from the versions that crds/go.mod names.
func TestSourcesAreFresh(t *testing.T) {
	mod, err := os.ReadFile("crds/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile("crds/go.sum")
	if err != nil {
		t.Fatal(err)
	}
	required := map[string]bool{} // "module version"
	_, block, _ := strings.Cut(string(mod), "require (\n")
	block, _, _ = strings.Cut(block, ")")
	for line := range strings.Lines(block) {
		required[strings.TrimSpace(line)] = true
	}
	used := map[string]bool{}
	for _, s := range schema.Sources() {
		pair := s.Module + " " + s.Version
		used[pair] = true
		if !required[pair] {
			t.Errorf("%s %s: embedded from %s, which crds/go.mod does not name; run go generate ./internal/schema", s.Module, s.File, s.Version)
		}
		if !bytes.Contains(sum, []byte(pair+" h1:")) {
			t.Errorf("crds/go.sum has no hash of %s; run go generate ./internal/schema", pair)
		}
	}
	for pair := range required {
		if !used[pair] {
			t.Errorf("crds/go.mod names %s, which nothing is embedded from; run go generate ./internal/schema", pair)
		}
	}
}

// TestNewer: a problem says what a version with more fields and values may change about it, and nothing where none can.
func TestNewer(t *testing.T) {
	set := schema.New()
	problems, err := set.ValidateYAML([]byte(`apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: a, namespace: b, more: 1}
more: 1
spec:
  secretStoreRef: {name: vault, more: 1}
  target: {creationPolicy: More, template: {metadata: {labels: {a.b/c: d}}}}
  data: [{secretKey: a, remoteRef: {more: 1}}]
`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range problems {
		line := p.Path
		if p.Newer != nil {
			line += fmt.Sprintf(" found %q, known %v, within %q", p.Newer.Found, p.Newer.Known, p.Newer.Within)
		}
		got = append(got, line)
	}
	want := []string{
		"metadata.more", "more",
		`spec.data[0].remoteRef.key found "", known [], within "spec.data[0].remoteRef"`,
		`spec.data[0].remoteRef.more found "more", known [conversionStrategy decodingStrategy key metadataPolicy property version], within ""`,
		`spec.secretStoreRef.more found "more", known [kind name], within ""`,
		`spec.target.creationPolicy found "More", known [Owner Orphan Merge None], within ""`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
