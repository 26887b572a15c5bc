package formats_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/diff/fields"
	"github.com/hippotion/roster/internal/diff/formats"
	"github.com/hippotion/roster/internal/lint"
)

// TestBounds: a large change is no flood, and what is left out is counted.
func TestBounds(t *testing.T) {
	r := large(10000, 3)
	text := written(t, "text", r)
	lines, shown := strings.Count(text, "\n"), strings.Count(text, "\n  ~ ")
	if want := "\nand " + diag.Thousands(10000-shown) + " more objects (--format json has all)\n"; lines > 3100 || shown < 100 || !strings.Contains(text, want) {
		t.Errorf("%d lines, %d objects, and no %q", lines, shown, want)
	}
	for i := range r.Objects {
		r.Objects[i].Entry = fmt.Sprint("web-", i/5000)
	}
	if text := written(t, "text", r); !strings.Contains(text, "\nweb-0\n") || strings.Contains(text, "\nweb-1\n") {
		t.Error("a group without objects")
	}
	r.Whole = true
	if text := written(t, "text", r); strings.Count(text, "\n  ~ ") != 10000 || strings.Contains(text, " more ") {
		t.Error("not the whole")
	}

	r = empty()
	for i := range 201 {
		r.Consequences = append(r.Consequences, diff.Consequence{Weight: diff.Danger, Word: "delete", Message: fmt.Sprint(i)})
		r.Findings = append(r.Findings, lint.Finding{Severity: lint.Error})
		r.Mended = append(r.Mended, lint.Finding{Severity: lint.Error})
		r.NotCompared = append(r.NotCompared, diff.NotCompared{Application: fmt.Sprint(i)})
	}
	r.Objects = []diff.ObjectChange{{Sort: diff.Changed, Fields: large(1, 51).Objects[0].Fields}}
	text = written(t, "text", r)
	for _, want := range []string{"  and 1 more of weight danger (--", "      and 1 more fields (--", "  and 1 more of them (--"} {
		if strings.Count(text, want) != 1 {
			t.Errorf("no %q", want)
		}
	}
	if strings.Count(text, "  and 1 more findings (--") != 2 {
		t.Error("findings are not counted")
	}
	for _, side := range []int{0, 1} {
		broken := halfRead(side)
		for range 199 {
			list := []*diff.Side{broken.Before, broken.After}[side]
			list.Mistakes = append(list.Mistakes, list.Mistakes[0])
		}
		if text := written(t, "text", broken); !strings.Contains(text, "  and 1 more mistakes (--") {
			t.Error("mistakes are not counted")
		}
	}
}

// TestCommentBounds: an object, or a consequence, leaves room for the others.
func TestCommentBounds(t *testing.T) {
	r := large(1, 32)
	r.Consequences = []diff.Consequence{{Weight: diff.Danger, Word: "delete", Message: "x", Details: make([]string, 12)}}
	text := written(t, "markdown", r)
	for _, want := range []string{"\n  - and 2 more\n", "\n… and 2 more fields\n```\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
	big := large(2, 30)
	for i := range big.Objects[0].Fields {
		big.Objects[0].Fields[i].To = strings.Repeat("x\n", 1000)
	}
	big.Limit = 8000
	if text := written(t, "markdown", big); !strings.Contains(text, "\n- changed: ConfigMap `web-a/config-0` (its fields do not fit)\n- changed: ConfigMap `web-a/config-1`") {
		t.Errorf("got %s", text)
	}
	quiet := large(2, 1)
	quiet.Limit = 8000
	quiet.Objects[0].Fields[0].Noise = strings.Repeat("x", 1900)
	quiet.Objects[1].Fields = large(1, 13).Objects[0].Fields
	if text := written(t, "markdown", quiet); !strings.Contains(text, "\nAnd 1 more object.\n") {
		t.Errorf("got %s", text)
	}
}

// TestLines shows how a field is printed.
func TestLines(t *testing.T) {
	numbers := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintln(&b, i)
		}
		return b.String()
	}
	for _, c := range []struct {
		from, to any
		want     string
	}{
		{"a", "b", "- a|+ b"},
		{"1", int64(1), `- "1"|+ 1`},
		{nil, "", `- null|+ ""`},
		{true, 1.5, "- true|+ 1.5"},
		{[]any{"a", int64(1)}, []any{}, "- [a, 1]|+ []"},
		{[]any{"a,b"}, []any{"a", []any{"b"}}, "- - a,b|+ - a|+ - - b"},
		{"x", []any{strings.Repeat("a", 50), strings.Repeat("b", 51)}, "- x|+ - " + strings.Repeat("a", 50) + "|+ - " + strings.Repeat("b", 51)},
		{"a", "a\n", "- a|+ ||+   a"},
		{"a\nb", "a\nc", "@@ -1,2 +1,2 @@|  a|- b (no newline at the end)|+ c (no newline at the end)"},
		{numbers(9), strings.Replace(numbers(9), "4\n", "four\n\n", 1), "@@ -2,7 +2,8 @@|  1|  2|  3|- 4|+ four|+ |  5|  6|  7"},
		{fields.Concealed{}, fields.Concealed{}, "- (concealed)|+ (concealed)"},
		{"x", map[string]any{"b": fields.Concealed{}, "a": nil}, "- x|+ a: null|+ b: (concealed)"},
		{strings.Repeat("é", 151), "x", "- " + strings.Repeat("é", 150) + "… (2 more bytes)|+ x"},
		{"x\n", numbers(100), ""},
	} {
		r := empty()
		r.Objects = []diff.ObjectChange{{Sort: diff.Changed, Fields: []fields.Difference{{Path: steps("spec"), Change: fields.Changed, From: c.from, To: c.to}}}}
		_, got, _ := strings.Cut(written(t, "text", r), "      spec\n      ")
		got, _, _ = strings.Cut(got, "\n\n")
		got = strings.ReplaceAll(got, "\n      ", "|")
		if c.want == "" {
			if strings.Count(got, "|") != 60 || !strings.HasSuffix(got, "|… and 42 more lines") {
				t.Errorf("got %q", got)
			}
			continue
		}
		if got != c.want {
			t.Errorf("%v, %v: got\n%s, want\n%s", c.from, c.to, got, c.want)
		}
	}
}

// TestGroups: objects are in groups, by cluster, entry and application.
func TestGroups(t *testing.T) {
	r := empty()
	for _, o := range []struct{ cluster, entry, application, name string }{
		{"b", "web", "app", "1"}, {"a", "web", "", "2"}, {"b", "", "", "3"}, {"a", "", "root", "4"}, {"b", "web", "app", "5"},
	} {
		r.Objects = append(r.Objects, diff.ObjectChange{Cluster: o.cluster, Entry: o.entry, Application: o.application, Sort: diff.Created, ID: id("", "Pod", "", o.name)})
	}
	_, got, _ := strings.Cut(written(t, "text", r), "Differences\n")
	got, _, _ = strings.Cut(got, "\n\n")
	if want := "cluster a\nroot\n  + Pod 4\nweb\n  + Pod 2\ncluster b\nthe platform\n  + Pod 3\nweb, application app\n  + Pod 1\n  + Pod 5"; got != want {
		t.Errorf("got\n%s", got)
	}
}

// TestTotals is the last line of small changes.
func TestTotals(t *testing.T) {
	for want, change := range map[string]func(*formats.Report){
		"no differences": func(*formats.Report) {},
		"no differences that are known, 2 applications not compared": func(r *formats.Report) { r.NotCompared = make([]diff.NotCompared, 2) },
		"no differences, 1 finding of lint mended":                   func(r *formats.Report) { r.Mended = make([]lint.Finding, 1) },
		"1 danger, 1,234 objects created": func(r *formats.Report) {
			r.Consequences, r.Objects = []diff.Consequence{{Weight: diff.Danger}}, created(1234)
		},
		"1 object created": func(r *formats.Report) { r.Objects = created(1) },
		"1 object with noise only": func(r *formats.Report) {
			r.Objects = []diff.ObjectChange{{Sort: diff.Changed, Fields: []fields.Difference{{Noise: "x"}}}}
		},
		"no differences that are known, 1 kind of consequence not judged": func(r *formats.Report) { r.NotJudged = make([]diff.NotJudged, 1) },
	} {
		r := empty()
		change(r)
		for _, format := range []string{"text", "github"} {
			if text := written(t, format, r); !strings.HasSuffix("\n"+text, "\n"+want+"\n") {
				t.Errorf("%s, %s: got %s", format, want, text)
			}
		}
	}
}

func created(n int) []diff.ObjectChange {
	out := make([]diff.ObjectChange, n)
	for i := range out {
		out[i].Sort = diff.Created
	}
	return out
}

// TestStream: the JSON of many objects is never in memory as a whole.
func TestStream(t *testing.T) {
	w, r := &largest{}, large(10000, 20)
	for i := range r.Objects {
		r.Objects[i].ID.Namespace = strings.Repeat("é", i%100)
	}
	if err := formats.Write(w, "json", r); err != nil {
		t.Fatal(err)
	}
	if w.all < 40<<20 || w.one > 64<<10 {
		t.Errorf("%d bytes, %d of them at once", w.all, w.one)
	}
}

type largest struct{ one, all int }

func (l *largest) Write(text []byte) (int, error) {
	l.one, l.all = max(l.one, len(text)), l.all+len(text)
	if !utf8.Valid(text) {
		return 0, errors.New("a character is split")
	}
	return len(text), nil
}

// BenchmarkFormats writes ten thousand changed objects.
func BenchmarkFormats(b *testing.B) {
	r := large(10000, 20)
	for _, format := range formats.Formats() {
		b.Run(format, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := formats.Write(io.Discard, format, r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestSamePath: what is replaced in a list without keys is removed and added at one place, which is named once.
func TestSamePath(t *testing.T) {
	r := empty()
	at := steps("spec", "images")
	r.Objects = []diff.ObjectChange{{Sort: diff.Changed, Fields: []fields.Difference{
		{Path: at, Change: fields.Removed, From: "a:1"}, {Path: at, Change: fields.Added, To: "a:2"}, {Path: steps("spec", "more"), Change: fields.Added, To: "b"},
	}}}
	for format, want := range map[string]string{
		"text":     "      spec.images\n      - a:1\n      + a:2\n      spec.more\n      + b\n",
		"markdown": "@@ spec.images @@\n- a:1\n+ a:2\n@@ spec.more @@\n+ b\n",
	} {
		if got := written(t, format, r); !strings.Contains(got, want) {
			t.Errorf("%s without\n%s\n%s", format, want, got)
		}
	}
}
