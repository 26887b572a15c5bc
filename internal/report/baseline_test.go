package report_test

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/report"
)

func prints(findings []report.Finding) []string {
	var out []string
	for _, f := range findings {
		out = append(out, f.Fingerprint)
	}
	return out
}

func TestFingerprint(t *testing.T) {
	found := nasty()
	names := prints(report.Fingerprint(found))
	for i, name := range names {
		if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(name) || slices.Contains(names[:i], name) {
			t.Errorf("%q is not a name of its own", name)
		}
	}

	// Lines and an entry are inserted above.
	moved := nasty()
	for i := range moved {
		moved[i].Pos.Line, moved[i].Pos.Column = moved[i].Pos.Line+7, moved[i].Pos.Column+2
		moved[i].Path = strings.NewReplacer("[0]", "[3]", "[1]", "[14]").Replace(moved[i].Path)
		moved[i].Hint = "another"
		moved[i].Severity = lint.Info
	}
	if diff := cmp.Diff(names, prints(report.Fingerprint(moved))); diff != "" {
		t.Errorf("after lines above (-before +after):\n%s", diff)
	}

	// Nothing else leaves the name as it is, and no text is read as two fields.
	base := diag.Diagnostic{Pos: at("a", 1, 1), Path: "b", Code: "c", Message: "d"}
	for i, change := range []func(*diag.Diagnostic){
		func(d *diag.Diagnostic) { d.Pos.File = "x" }, func(d *diag.Diagnostic) { d.Path = "x" }, func(d *diag.Diagnostic) { d.Code = "x" },
		func(d *diag.Diagnostic) { d.Message = "x" }, func(d *diag.Diagnostic) { d.Path, d.Message = "", "b d" },
	} {
		d := base
		change(&d)
		if two := prints(report.Fingerprint([]lint.Finding{finding(lint.Error, base), finding(lint.Error, d)})); two[0] == two[1] {
			t.Errorf("change %d has the same name", i)
		}
	}
}

func baseline(t *testing.T, findings []report.Finding) (*report.Baseline, string) {
	t.Helper()
	var b bytes.Buffer
	if err := report.WriteBaseline(&b, findings); err != nil {
		t.Fatal(err)
	}
	base, err := report.ReadBaseline(b.Bytes())
	if err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	return base, b.String()
}

func TestBaseline(t *testing.T) {
	found := full().Findings
	base, text := baseline(t, found)
	golden(t, "baseline", text)
	if got := strings.Count(text, "\n"); got != len(found)+2 {
		t.Errorf("%d lines for %d findings", got, len(found))
	}
	backwards := slices.Clone(found)
	slices.Reverse(backwards)
	if _, again := baseline(t, backwards); again != text {
		t.Error("the order of findings changes the file")
	}
	rest, known, stale := base.Apply(found, nil)
	if len(rest) != 0 || known != len(found) || len(stale) != 0 {
		t.Errorf("of its own findings %d are new, %d known, %d stale", len(rest), known, len(stale))
	}

	// One is fixed, one is new.
	now := append(nasty()[1:], finding(lint.Error, diag.Diagnostic{Pos: at("new.yml", 1, 1), Code: "new", Message: "new"}))
	rest, known, stale = base.Apply(report.Fingerprint(now), nil)
	if len(rest) != 1 || rest[0].Code != "new" || known != len(found)-1 || len(stale) != 1 || stale[0].Fingerprint != found[0].Fingerprint {
		t.Errorf("new %v, known %d, stale %v", rest, known, stale)
	}

	// A rule that was not applied makes nothing stale.
	rest, known, stale = base.Apply(nil, []string{"plain", "nothing"})
	if len(rest) != 0 || known != 0 || len(stale) != 2 || stale[0].Rule != "plain" {
		t.Errorf("new %v, known %d, stale %v", rest, known, stale)
	}

	// Of equal findings one more is new, and only one.
	same := func(n int) []report.Finding { return many(n).Findings }
	base, _ = baseline(t, same(2))
	if rest, known, _ := base.Apply(same(3), nil); known != 2 || len(rest) != 1 {
		t.Errorf("%d new, %d known", len(rest), known)
	}
	if _, known, stale := base.Apply(same(1), nil); known != 1 || len(stale) != 1 {
		t.Errorf("%d known, %d stale", known, len(stale))
	}

	base, text = baseline(t, nil)
	if rest, known, stale := base.Apply(found, nil); len(rest) != len(found) || known != 0 || len(stale) != 0 || text != "{\"version\": 1, \"findings\": [\n]}\n" {
		t.Errorf("empty: %q, new %d, known %d, stale %d", text, len(rest), known, len(stale))
	}
	if rest, _, _ := new(report.Baseline).Apply(found, nil); len(rest) != len(found) {
		t.Errorf("the zero value knows %d", len(found)-len(rest))
	}
}

func TestReadBaseline(t *testing.T) {
	_, text := baseline(t, full().Findings)
	const hint = "\n  hint: write it again with --write-baseline"
	for _, c := range []struct{ text, want string }{
		{"", "line 1 is not part of a baseline: EOF"},
		{strings.Replace(text, "\n  {\"rule\":\"plain\"", "\n<<<<<<< ours\n  {\"rule\":\"plain\"", 1), "line 4 is not part of a baseline: invalid character '<' looking for beginning of value"},
		{text + "{}", "line 10 is not part of a baseline: there is content after the end"},
		{"{\"version\": 1,\n\"findings\": 3}", "line 2 is not part of a baseline: json: cannot unmarshal number into Go struct field .findings of type []report.Known"},
		{"{\"version\": 1, \"finding\": []}", "line 1 is not part of a baseline: json: unknown field \"finding\""},
		{"{\"version\": 2, \"findings\": []}", "the baseline has version 2, expected 1"},
		{"{\"version\": 1, \"findings\": [{\"rule\": \"a\"}]}", "finding 1 of the baseline has no fingerprint"},
	} {
		if _, err := report.ReadBaseline([]byte(c.text)); err == nil || err.Error() != c.want+hint {
			t.Errorf("%.40q: got %v, want %s", c.text, err, c.want)
		}
	}
	lines := strings.SplitAfter(text, "\n")
	twice := strings.Join(slices.Insert(lines, 2, lines[1]), "")
	base, err := report.ReadBaseline([]byte(twice))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, stale := base.Apply(nil, nil); len(stale) != len(full().Findings) {
		t.Errorf("%d stale of a file with a line twice", len(stale))
	}
}

func FuzzReadBaseline(f *testing.F) {
	f.Add([]byte("{\"version\": 1, \"findings\": [\n  {\"rule\":\"a\",\"file\":\"b\",\"message\":\"c\",\"fingerprint\":\"00112233445566778899aabbccddeeff\"}\n]}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if b, err := report.ReadBaseline(data); err == nil {
			b.Apply(nil, nil)
		}
	})
}
