package diag_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/diag"
)

func TestNearest(t *testing.T) {
	for _, c := range []struct {
		name       string
		candidates []string
		want       string
	}{
		{"namespce", []string{"labels", "namespace"}, "namespace"},
		{"Namespace", []string{"namespace"}, "namespace"},
		{"lables", []string{"labels"}, "labels"}, // a swap
		{"baseline", []string{"baseline"}, "baseline"},
		{"bseline", []string{"restricted", "privileged"}, ""},
		{"ab", []string{"ac", "ad"}, "ac"},
		{"ab", []string{"ad", "ac"}, "ac"}, // whatever the order
		{"ab", []string{"cd"}, ""},
		{"a", []string{"b"}, ""}, // nothing in common
		{"a", []string{"ab"}, ""},
		{"", []string{"a", ""}, ""},
		{"application", nil, ""},
		{"namespaces", []string{"namespacing", "namespace"}, "namespace"},
		{strings.Repeat("a", 1<<20), []string{strings.Repeat("a", 1<<20) + "b"}, ""},
	} {
		if got := diag.Nearest(c.name, c.candidates); got != c.want {
			t.Errorf("%.20q of %.50q: got %q, want %q", c.name, c.candidates, got, c.want)
		}
	}
}

func TestSlip(t *testing.T) {
	for _, c := range []struct {
		name       string
		candidates []string
		want       string
	}{
		{"Deploymnt", []string{"StatefulSet", "Deployment"}, "Deployment"},
		{"deploymnt", []string{"Deployment"}, "Deployment"},
		{"eploymnts", []string{"Deployment"}, ""},
		{"MutatingAdmissionPolicy", []string{"ValidatingAdmissionPolicy"}, ""},
		{"ab", []string{"ac", "abc"}, "abc"},
		{"a", nil, ""},
	} {
		if got := diag.Slip(c.name, c.candidates); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	many := strings.Split("n m l k j i h g f e d c b a", " ")
	for _, c := range []struct {
		name       string
		candidates []string
		want       string
	}{
		{"vault", []string{"vualt"}, `did you mean "vualt"?`},
		{"zzz", []string{"b", "a"}, "known: a, b"},
		{"zzz", many, "known: a, b, c, d, e, f, g, h, i, j, k, l, …"},
		{"zzz", many[2:], "known: a, b, c, d, e, f, g, h, i, j, k, l"},
		{"zzz", nil, ""},
	} {
		if got := diag.DidYouMean(c.name, c.candidates); got != c.want {
			t.Errorf("%q: got %q, want %q", c.name, got, c.want)
		}
	}
	if !slices.IsSortedFunc(many, func(a, b string) int { return strings.Compare(b, a) }) {
		t.Error("the caller's list was sorted")
	}
}

var (
	at1 = diag.Position{File: "a.yml", Line: 1, Column: 2}
	at2 = diag.Position{File: "a.yml", Line: 2, Column: 1}
	at9 = diag.Position{File: "a.yml", Line: 10, Column: 1}
	b   = diag.Position{File: "b.yml"}
)

func TestSorted(t *testing.T) {
	sorted := diag.List{
		{Pos: at1, Message: "x"},
		{Pos: at1, Path: "p", Code: "a", Message: "x"},
		{Pos: at1, Path: "p", Code: "b", Message: "x"},
		{Pos: at1, Path: "p", Code: "b", Message: "y"},
		{Pos: at2, Message: "a"},
		{Pos: at9, Message: "a"},
		{Pos: b, Message: "a"},
	}
	var l diag.List
	for _, d := range slices.Backward(sorted) {
		l.Add(d)
		l.Add(d)
	}
	got := l.Sorted()
	if !slices.EqualFunc(got, sorted, func(a, b diag.Diagnostic) bool {
		return a.Pos == b.Pos && a.Path == b.Path && a.Code == b.Code && a.Message == b.Message
	}) {
		t.Errorf("got %v", got)
	}
	if l[0].Pos != b || len(l) != 2*len(sorted) {
		t.Error("the list itself was changed")
	}
}

func TestPrint(t *testing.T) {
	l := diag.List{
		{Pos: b, Code: "missing-file", Message: "there is no such file"},
		{Pos: at1, Path: "web.labels", Code: "duplicate-key", Message: "twice", Hint: "remove one", Related: []diag.Related{{Pos: at2, Note: "first here"}, {Pos: b, Note: "and here"}}},
	}
	for dir, want := range map[string]string{
		"":      "a.yml:1:2: web.labels: twice [duplicate-key]\n  a.yml:2:1: first here\n  b.yml: and here\n  hint: remove one\nb.yml: there is no such file [missing-file]\n",
		"../x/": "../x/a.yml:1:2: web.labels: twice [duplicate-key]\n  ../x/a.yml:2:1: first here\n  ../x/b.yml: and here\n  hint: remove one\n../x/b.yml: there is no such file [missing-file]\n",
	} {
		var out strings.Builder
		if err := l.Print(&out, diag.Frame{Folder: dir}); err != nil || out.String() != want {
			t.Errorf("%q: %v, got\n%s\nwant\n%s", dir, err, out.String(), want)
		}
	}
	if err := l.Print(broken{}, diag.Frame{}); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}

// TestPrintMany writes a hundred of each code, and counts the others; and no text without end.
func TestPrintMany(t *testing.T) {
	var l diag.List
	for i := range 1101 {
		l.Add(diag.Diagnostic{Pos: diag.Position{File: "a.yml", Line: i + 1, Column: 1}, Code: "unknown-field", Message: "unknown"})
		l.Add(diag.Diagnostic{Pos: diag.Position{File: "a.yml", Line: i%100 + 1, Column: 1}, Code: "bad-name", Message: "bad"})
	}
	l.Add(diag.Diagnostic{Pos: b, Code: "last", Path: strings.Repeat("p", 3000), Message: strings.Repeat("m", 3000), Hint: strings.Repeat("h", 3000),
		Related: []diag.Related{{Pos: b, Note: strings.Repeat("n", 3000)}}})
	var out strings.Builder
	if err := l.Print(&out, diag.Frame{}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(out.String(), "unknown [unknown-field]\n"); got != 100 {
		t.Errorf("%d are printed", got)
	}
	if got := strings.Count(out.String(), "bad [bad-name]\n"); got != 100 {
		t.Errorf("%d of another code are printed", got)
	}
	cut := func(letter string) string { return strings.Repeat(letter, 2000) + "…" }
	want := "b.yml: " + cut("p") + ": " + cut("m") + " [last]\n  b.yml: " + cut("n") + "\n  hint: " + cut("h") + "\n" +
		"and 1,001 more of unknown-field\n  hint: roster lint --max-findings 0 writes all of them\n"
	if _, end, _ := strings.Cut(out.String(), "b.yml: "); "b.yml: "+end != want {
		t.Errorf("got %q", end)
	}
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }
