package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/report"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func at(file string, line, column int) diag.Position {
	return diag.Position{File: file, Line: line, Column: column}
}

func finding(s lint.Severity, d diag.Diagnostic) lint.Finding {
	return lint.Finding{Diagnostic: d, Severity: s}
}

// nasty are findings with everything that a format could stumble over.
func nasty() []lint.Finding {
	return []lint.Finding{
		finding(lint.Error, diag.Diagnostic{Code: "no-file", Message: "no place"}),
		finding(lint.Error, diag.Diagnostic{Pos: at("infra/applications.yml", 0, 0), Code: "whole-file", Message: "no line"}),
		finding(lint.Warning, diag.Diagnostic{Pos: at("infra/applications.yml", 5, 16), Path: "web-a.applications[0]", Code: "plain",
			Message: "calls https://ntfy.home.example: from inside", Hint: "add uses: [web-ntfy], and call it [here](https://x.example)"}),
		finding(lint.Warning, diag.Diagnostic{Pos: at("infra/applications.yml", 9, 16), Path: "web-a.applications[1]", Code: "plain",
			Message: "calls https://ntfy.home.example: from inside"}),
		finding(lint.Error, diag.Diagnostic{Pos: at("infra/applications.yml", 12, 0), Path: `web-"b"<&>.ingress['x']`, Code: "quotes",
			Message: "a \"quote\", an 'apostrophe', <b>&amp;</b> ]]> {0} `code` \\ 100% %0A %25 ::error::no\r\n::error file=x::forged",
			Related: []diag.Related{{Pos: at("charts/a,b: c%.yml", 3, 1), Note: "the first,\nof two"}, {Pos: at("infra/applications.yml", 0, 0), Note: ""}}}),
		finding(lint.Info, diag.Diagnostic{Pos: at("a:b/ü [1]?#%41.yml", 1, 1), Path: "web-👩‍💻", Code: "control",
			Message: "nul \x00, bell \a, escape \x1b[31m, delete \x7f, \ufffe and \uffff, broken \xff\xc3(, right-to-left \u202etxt, separators \u2028\u2029, no-break\u00a0space, emoji 👩‍💻🚀, tab\t.",
			Hint:    "line one\nline two"}),
		finding(lint.Info, diag.Diagnostic{Pos: at("infra/profiles/x.yml", 2, 3), Code: "of-no-rule", Message: "of no rule"}),
	}
}

func rule(name string, s lint.Severity) *lint.Rule {
	return &lint.Rule{Name: name, Severity: s, Summary: "summary of " + name, Doc: "First paragraph of *" + name + "*,\nof two lines.\n\nSecond: `a: {b}`.\n"}
}

func full() *report.Report {
	return &report.Report{
		Tool: "roster", Version: "v1.2.3", Findings: report.Fingerprint(nasty()), Frame: diag.Frame{Folder: "../infra", Within: "infra"},
		Rules: []*lint.Rule{
			rule("control", lint.Info), rule("nothing", lint.Error), rule("plain", lint.Warning),
			{Name: "quotes", Severity: lint.Error, Summary: "say \"it\" <&>"}, {Name: "whole-file", Severity: lint.Error},
		},
		Summary: report.Summary{
			Checked: 120, Skipped: map[string]int{"no schema for kyverno.io/v1 ClusterPolicy": 1, "not rendered here: chart \"a\"\x1b 1.0": 1, "not rendered here: remote chart argo-cd 10.1.1": 3},
			Waived: 2, Baselined: 4, Stale: []report.Known{{Rule: "plain", File: "gone.yml", Message: "was \"here\"", Fingerprint: strings.Repeat("0a", 16)}},
		},
	}
}

func empty() *report.Report { return &report.Report{Tool: "roster", Frame: diag.Frame{Folder: "."}} }

func written(t *testing.T, format string, r *report.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.Write(&b, format, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if os.Getenv("UPDATE") == "1" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestGolden(t *testing.T) {
	for _, format := range report.Formats() {
		first := written(t, format, full())
		golden(t, format, first)
		golden(t, format+"_empty", written(t, format, empty()))
		for range 20 {
			if written(t, format, full()) != first {
				t.Fatalf("%s: other bytes", format)
			}
		}
	}
}

func TestWrite(t *testing.T) {
	var b bytes.Buffer
	err := report.Write(&b, "sarfi", full())
	if want := "there is no format \"sarfi\"\n  hint: did you mean \"sarif\"?"; err == nil || err.Error() != want || b.Len() > 0 {
		t.Errorf("got %v and %d bytes, want %s", err, b.Len(), want)
	}
	for _, format := range report.Formats() {
		if err := report.Write(broken{}, format, full()); !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s: got %v", format, err)
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, os.ErrClosed }

// TestVisible fails when a format for a terminal or an editor writes what cannot be seen there.
func TestVisible(t *testing.T) {
	for _, format := range []string{"text", "junit", "github", "gitlab"} {
		text := written(t, format, full())
		for _, r := range "\x00\a\x1b\x7f\ufffe\uffff\u202e\u2028\u2029\u00a0\t\r" {
			if strings.ContainsRune(text, r) {
				t.Errorf("%s has %U", format, r)
			}
		}
	}
}

// TestText compares the first lines with what diag prints: a place must be the same for both.
func TestText(t *testing.T) {
	r := full()
	lines := strings.Split(strings.TrimSuffix(written(t, "text", r), "\n"), "\n")
	if want := "../infra/applications.yml:5:16: warning: web-a.applications[0]: calls https://ntfy.home.example: from inside [plain]"; !slices.Contains(lines, want) {
		t.Errorf("no line %s", want)
	}
	for _, l := range lines[:len(lines)-1] {
		if !strings.HasPrefix(l, "  ") && !strings.HasPrefix(l, "../") {
			t.Errorf("a message has broken a line: %s", l)
		}
	}
	for _, c := range []struct{ folder, within, file, want string }{
		{".", "", "charts/a.yml", "charts/a.yml"},
		{".", ".", "applications.yml", "applications.yml"},
		{"infra/home", "infra/home", "infra/home/applications.yml", "infra/home/applications.yml"},
		{"infra/home", "infra/home", "charts/a.yml", "charts/a.yml"},
		{".", "infra/home", "charts/a.yml", "../../charts/a.yml"},
		{".", "infra/home", "", "applications.yml"},
	} {
		got := written(t, "text", &report.Report{Frame: diag.Frame{Folder: c.folder, Within: c.within},
			Findings: report.Fingerprint([]lint.Finding{finding(lint.Error, diag.Diagnostic{Pos: at(c.file, 1, 2), Code: "x"})})})
		if name, _, _ := strings.Cut(got, ":"); name != c.want {
			t.Errorf("%v: got %s", c, name)
		}
	}
}

// TestPlaces fails when a forge would look for a file elsewhere than in its checkout.
func TestPlaces(t *testing.T) {
	for _, c := range []struct{ within, root, file, want string }{
		{"", "", "applications.yml", "applications.yml"},
		{".", "infra", "applications.yml", "infra/applications.yml"},
		{".", "infra", "", "infra/applications.yml"},
		{"infra/home", ".", "", "infra/home/applications.yml"},
		{"home", "infra", "charts/a.yml", "infra/charts/a.yml"},
	} {
		r := &report.Report{Frame: diag.Frame{Folder: "elsewhere", Within: c.within}, Root: c.root,
			Findings: report.Fingerprint([]lint.Finding{finding(lint.Error, diag.Diagnostic{Pos: at(c.file, 1, 2), Code: "x",
				Related: []diag.Related{{Pos: at(c.file, 2, 1), Note: "there"}}})})}
		for format, want := range map[string]string{
			"json": `"file": "` + c.want + `"`, "sarif": `"uri": "` + c.want + `"`, "gitlab": `"path": "` + c.want + `"`,
			"github": "file=" + c.want + ",", "junit": `classname="` + c.want + `"`,
		} {
			if got := written(t, format, r); !strings.Contains(got, want) || strings.Contains(got, "elsewhere") {
				t.Errorf("%v: %s has no %s", c, format, want)
			}
		}
	}
}

// compiled is a JSON schema with its formats asserted. Strict forbids fields that it does not name.
func compiled(t *testing.T, file string, strict bool) *jsonschema.Schema {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if strict {
		forbid(schema)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", schema); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// forbid forbids further properties, all the way down.
func forbid(schema any) {
	switch s := schema.(type) {
	case map[string]any:
		if _, ok := s["properties"]; ok && s["type"] == "object" {
			s["additionalProperties"] = false
		}
		for _, v := range s {
			forbid(v)
		}
	case []any:
		for _, v := range s {
			forbid(v)
		}
	}
}

// many is more than one format accepts.
func many(n int) *report.Report {
	var found []lint.Finding
	for i := range n {
		s := lint.Info
		if i == n-1 {
			s = lint.Error
		}
		found = append(found, finding(s, diag.Diagnostic{Pos: at("applications.yml", i+1, 1), Code: "plain", Message: "same",
			Related: make([]diag.Related, min(i, 1)*1500/n)}))
	}
	return &report.Report{Tool: "roster", Findings: report.Fingerprint(found)}
}

func TestSchemas(t *testing.T) {
	for _, c := range []struct {
		format, schema string
		strict         bool
	}{
		{"sarif", "testdata/sarif-schema-2.1.0.json", false},
		{"gitlab", "testdata/gitlab-code-quality.schema.json", false},
		{"json", "../../docs/ci/report.schema.json", true},
	} {
		schema := compiled(t, c.schema, c.strict)
		for name, r := range map[string]*report.Report{"full": full(), "empty": empty(), "many": many(200)} {
			text := written(t, c.format, r)
			value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(value); err != nil {
				t.Errorf("%s, %s: %v", c.format, name, err)
			}
			if strings.Contains(text, "null") {
				t.Errorf("%s, %s: has a null", c.format, name)
			}
		}
		for _, wrong := range []string{`{}`, `[{}]`, `{"version": "2.1.0"}`} {
			value, _ := jsonschema.UnmarshalJSON(strings.NewReader(wrong))
			if schema.Validate(value) == nil {
				t.Errorf("%s takes %s", c.schema, wrong)
			}
		}
	}
}

type sarif struct {
	Runs []struct {
		Tool struct{ Driver struct{ Rules []sarifRule } }

		Invocations []struct{ ToolExecutionNotifications []struct{ Message sarifText } }
		Results     []struct {
			RuleID                      string
			RuleIndex                   int
			Level                       string
			Message                     sarifText
			Locations, RelatedLocations []sarifLocation
			PartialFingerprints         map[string]string
		}
	}
}

type sarifText struct{ Text, Markdown string }

type sarifRule struct {
	ID                                      string
	ShortDescription, FullDescription, Help sarifText
}

type sarifLocation struct {
	PhysicalLocation struct {
		ArtifactLocation struct{ URI, URIBaseID string }
		Region           struct{ StartLine, StartColumn int }
	}
}

func readSARIF(t *testing.T, r *report.Report) sarif {
	t.Helper()
	var out sarif
	if err := json.Unmarshal([]byte(written(t, "sarif", r)), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestSARIF checks what GitHub code scanning requires beyond the schema.
func TestSARIF(t *testing.T) {
	report := full()
	report.Rules = append(report.Rules, &lint.Rule{Name: "long", Severity: lint.Error, Summary: strings.Repeat("s", 1025), Doc: strings.Repeat("ü", 2000)})
	run := readSARIF(t, report).Runs[0]
	for _, r := range run.Tool.Driver.Rules {
		for _, text := range []string{r.ID, r.ShortDescription.Text, r.FullDescription.Text, r.Help.Text, r.Help.Markdown} {
			if text == "" {
				t.Errorf("rule %q lacks a text", r.ID)
			}
		}
		for _, text := range []string{r.ShortDescription.Text, r.FullDescription.Text} {
			if n := len([]rune(text)); n > 1024 || r.ID == "long" && n != 1024 {
				t.Errorf("rule %s: a description has %d characters", r.ID, n)
			}
		}
	}
	if len(run.Results) != len(nasty()) {
		t.Errorf("%d results", len(run.Results))
	}
	seen := map[string]bool{}
	for _, r := range run.Results {
		if got := run.Tool.Driver.Rules[r.RuleIndex].ID; got != r.RuleID {
			t.Errorf("rule %q has the index of %q", r.RuleID, got)
		}
		if len(r.Locations) != 1 {
			t.Fatalf("%s has %d locations", r.RuleID, len(r.Locations))
		}
		for _, l := range append(r.Locations, r.RelatedLocations...) {
			if p := l.PhysicalLocation; p.ArtifactLocation.URI == "" || p.ArtifactLocation.URIBaseID != "%SRCROOT%" || p.Region.StartLine == 0 {
				t.Errorf("%s: location %+v", r.RuleID, l)
			}
		}
		for _, print := range r.PartialFingerprints {
			seen[print] = true
		}
	}
	if len(seen) != len(run.Results) {
		t.Errorf("%d fingerprints of %d results", len(seen), len(run.Results))
	}
	if got, want := run.Results[5].Locations[0].PhysicalLocation.ArtifactLocation.URI, "./a:b/%C3%BC%20%5B1%5D%3F%23%2541.yml"; got != want {
		t.Errorf("URI %s, want %s", got, want)
	}
}

func TestSARIFLimits(t *testing.T) {
	r := many(25_003)
	r.Findings[0].Related = make([]diag.Related, 1500)
	run := readSARIF(t, r).Runs[0]
	if len(run.Results) != 25_000 || run.Results[0].Level != "error" {
		t.Errorf("%d results, the first one %s", len(run.Results), run.Results[0].Level)
	}
	if n := len(run.Results[1].Locations) + len(run.Results[1].RelatedLocations); n != 1000 {
		t.Errorf("%d locations", n)
	}
	if n := run.Invocations[0].ToolExecutionNotifications; len(n) != 1 || n[0].Message.Text != "3 further findings are left out: GitHub accepts 25000" {
		t.Errorf("says %v", n)
	}
}

// TestGitLab checks that no two findings are one for GitLab.
func TestGitLab(t *testing.T) {
	var issues []struct{ Fingerprint string }
	r := many(300)
	if err := json.Unmarshal([]byte(written(t, "gitlab", r)), &issues); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, i := range issues {
		seen[i.Fingerprint] = true
	}
	if len(seen) != 300 {
		t.Errorf("%d fingerprints", len(seen))
	}
}
