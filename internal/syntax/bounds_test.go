package syntax_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
)

// hostile are small texts that expand to very much, with where that is noticed: at the alias that is one too many.
func hostile() map[string]struct{ in, want string } {
	letters := strings.Repeat("A", 100_000)
	nested := "x: &a0 " + letters[:1000] + "\n"
	for i := range 8 {
		nested += fmt.Sprintf("y%d: &a%d [%s]\n", i, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", "))
	}
	chain := "a0: &a0 []\n"
	for i := range 200 {
		chain += fmt.Sprintf("a%d: &a%d [*a%d]\n", i+1, i+1, i)
	}
	const many, deep = "the aliases stand for more than 32 MiB", "expected at most 128 levels of nesting, found more"
	return map[string]struct{ in, want string }{
		"a long text":                {"x: &a " + letters + "\ny: [" + strings.Repeat("*a,", 60_000) + "]\n", "2:1007 alias-bomb " + many},
		"a long text, a line each":   {"x: &a " + letters + "\ny:\n" + strings.Repeat("- *a\n", 60_000), "337:3 alias-bomb " + many},
		"a long text as key":         {"x: &a " + letters + "\ny: [" + strings.Repeat("{*a : 1},", 30_000) + "]\n", "2:3012 alias-bomb " + many},
		"a mapping with a long key":  {"x: &a {" + letters[:1000] + ": 1}\ny: [" + strings.Repeat("*a,", 60_000) + "]\n", "2:100262 alias-bomb " + many},
		"merged":                     {"x: &a {k: " + letters + "}\ny: {<<: [" + strings.Repeat("*a,", 60_000) + "]}\n", "2:1012 alias-bomb " + many},
		"merged, a mapping each":     {"x: &a {k: " + letters + "}\ny: [" + strings.Repeat("{<<: *a},", 30_000) + "]\n", "2:3016 alias-bomb " + many},
		"aliases of aliases":         {nested, "6:20 alias-bomb " + many},
		"many values":                {"x: &a [" + strings.Repeat("1,", 1000) + "]\ny: [" + strings.Repeat("*a,", 60_000) + "]\n", "2:848 alias-bomb the aliases stand for too many values"},
		"deeper by aliases":          {chain, "127:14 too-deep " + deep},
		"brackets":                   {"x: " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000), "1:131 too-deep " + deep},
		"braces":                     {strings.Repeat("{a: ", 5000) + strings.Repeat("}", 5000), "1:510 too-deep " + deep},
		"dashes":                     {strings.Repeat("- ", 5000) + "a", "1:257 too-deep " + deep},
		"indentation":                {indented(200), "128:128 too-deep " + deep},
		"UTF-16":                     {wide("x: &a " + letters[:50_000] + "\ny: [" + strings.Repeat("*a,", 60_000) + "]\n"), "2:2015 alias-bomb " + many},
		"in a second document":       {"a: 1\n---\nx: &a " + letters + "\ny: [" + strings.Repeat("*a,", 60_000) + "]\n", "4:1007 alias-bomb " + many},
		"in all documents together":  {strings.Repeat("x: &a "+letters[:1000]+"\ny: ["+strings.Repeat("*a,", 100)+"]\n---\n", 400), "995:263 alias-bomb " + many},
		"values beyond counting":     {"[" + strings.Repeat("a,", 2_000_000) + "]", "1:1600001 too-large expected at most 800000 values in a file, found more"},
		"documents beyond counting":  {strings.Repeat("---\n", 1_000_000), "266667:3 too-large expected at most 800000 values in a file, found more"},
		"directives beyond counting": {strings.Repeat("%TAG !a! tag:a,2000:\n", 101) + "--- a\n", "1:1 yaml-syntax expected at most 100 %TAG directives, found more"},
		"a file beyond all":          {strings.Repeat("#", syntax.MaxBytes+1), "0:0 too-large expected at most 16 MiB, found 16 MiB"},
	}
}

// indented is a mapping in a mapping, and so on.
func indented(levels int) string {
	var b strings.Builder
	for i := range levels {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

// wide is text as UTF-16, with a byte order mark.
func wide(text string) string {
	b := []byte{0xff, 0xfe}
	for _, c := range []byte(text) {
		b = append(b, c, 0)
	}
	return string(b)
}

// TestCheck: what is beyond bounds is refused where it is, by each of the readers, and nothing of it is written out before.
func TestCheck(t *testing.T) {
	for name, c := range hostile() {
		allReaders := strings.HasPrefix(name, "a long text") // the others differ in what Check does
		for reader, read := range map[string]func([]byte) error{
			"Check":     syntax.Check,
			"Unmarshal": func(data []byte) error { var v any; return syntax.Unmarshal(data, &v) },
			"ToJSON":    func(data []byte) error { _, err := syntax.ToJSON(data); return err },
			"Documents": func(data []byte) error { _, err := syntax.Documents(data); return err },
		} {
			if reader != "Check" && !allReaders {
				continue
			}
			t.Run(name+"/"+reader, func(t *testing.T) {
				var err error
				allocated := allocation(func() { err = read([]byte(c.in)) })
				e := (*syntax.Excess)(nil)
				if !errors.As(err, &e) {
					t.Fatalf("got %v", err)
				}
				if got := fmt.Sprintf("%d:%d %s %s", e.Line, e.Column, e.Code, e.Message); got != c.want {
					t.Errorf("got  %s\nwant %s", got, c.want)
				}
				if allocated > 400<<20 {
					t.Errorf("it allocates %d MiB", allocated>>20)
				}
			})
		}
	}
}

// TestParseHostile: the list has the same bounds.
func TestParseHostile(t *testing.T) {
	for name, c := range hostile() {
		if strings.Contains(name, "document") || name == "UTF-16" || strings.HasPrefix(name, "directives") { // refused for what they are
			continue
		}
		t.Run(name, func(t *testing.T) {
			var l diag.List
			if syntax.Parse("f.yml", []byte(c.in), &l) != nil || len(l) != 1 {
				t.Fatalf("got %v", l)
			}
			if got := fmt.Sprintf("%d:%d %s %s", l[0].Pos.Line, l[0].Pos.Column, l[0].Code, l[0].Message); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func allocation(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestWithinBounds: what people write is read.
func TestWithinBounds(t *testing.T) {
	for name, in := range map[string]string{
		"nothing":           "",
		"an alias each":     "x: &a {path: x, host: h}\ny:\n" + strings.Repeat("- {<<: *a}\n", 30_000),
		"as deep as it may": "x: " + strings.Repeat("[", 126) + strings.Repeat("]", 126),
		"a text of many":    "x: |\n" + strings.Repeat("  [[[[{{{{ a & b * c\n", 20_000),
		"within itself":     "a: &a [*a]\n",
	} {
		t.Run(name, func(t *testing.T) {
			if err := syntax.Check([]byte(in)); err != nil {
				t.Error(err)
			}
		})
	}
	if err := syntax.Check([]byte("a: &a [*b]\n")); err == nil {
		t.Error("a text with aliases that is not YAML for this parser may be YAML for another")
	}
}

func TestJSON(t *testing.T) {
	for in, want := range map[string]string{
		`{"a": "\"[[[[", "b": [1, 2]}`:                          "",
		strings.Repeat("[", 128) + strings.Repeat("]", 128):     "",
		strings.Repeat(`{"a":[`, 65) + strings.Repeat("]}", 65): "line 1: expected at most 128 levels of nesting, found more",
	} {
		got := ""
		var v any
		if err := syntax.UnmarshalJSON([]byte(in), &v); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%.40s: got %q, want %q", in, got, want)
		}
	}
	if err := syntax.StrictJSON([]byte(`{"b": 1}`), &struct{ A int }{}); err == nil {
		t.Error("a field that is not known")
	}
	if err := syntax.StrictJSON([]byte(strings.Repeat("[", 129)), new(any)); err == nil || !strings.Contains(err.Error(), "128 levels") {
		t.Error(err)
	}
}

// TestTooManyMistakes: so many mistakes of one file are kept, and one more says that there are others.
func TestTooManyMistakes(t *testing.T) {
	var diags diag.List
	var b strings.Builder
	for i := range 100_100 {
		fmt.Fprintf(&b, "u%d: 1\n", i)
	}
	var out struct {
		Known syntax.Value[string] `yaml:"known"`
	}
	syntax.Parse("a.yml", []byte(b.String()), &diags).Decode(&out)
	if len(diags) != 100_001 {
		t.Fatalf("%d are kept", len(diags))
	}
	last := diags[100_000]
	if want := "the file has more than 100,000 mistakes: the others are not counted"; last.Code != "too-many-mistakes" || last.Message != want || last.Pos.Line != 100_001 {
		t.Errorf("got %+v", last)
	}
}

// nestedCycle is a value in which each part holds all parts around it.
func nestedCycle(begin, end string) string {
	var open, aliases strings.Builder
	const levels = 30
	for i := range levels {
		fmt.Fprintf(&open, "&c%d %s", i, begin)
		fmt.Fprintf(&aliases, "*c%d, ", i)
	}
	return open.String() + strings.TrimSuffix(aliases.String(), ", ") + strings.Repeat(end, levels)
}

// TestNestedCycles: aliases of what is around them can be followed in as many orders as there are orders of them. Nobody does.
func TestNestedCycles(t *testing.T) {
	for _, in := range []string{"any: " + nestedCycle("[", "]"), "items: [" + nestedCycle("{<<: [", "]}") + "]"} {
		if _, got := read(in); !strings.Contains(got, "is part of its own value [alias-cycle]") {
			t.Errorf("%s\ngot\n%s", in, got)
		}
	}
	layers, l := layersOf(t, "top: {values: {a: "+nestedCycle("[", "]")+"}}\nlow: {name: web, values: {a: "+nestedCycle("[", "]")+"}}")
	if syntax.Overlay(&entry{}, layers...); len(*l) == 0 {
		t.Error("nothing is reported")
	}
}

// TestOverlayLinear: twice as many layers cost twice as much, and what they hold is not copied for each.
func TestOverlayLinear(t *testing.T) {
	cost := func(count int) uint64 {
		var b strings.Builder
		for i := range count {
			fmt.Fprintf(&b, "l%d: {name: a, labels: {a%d: b}, values: {k%d: {x: {a%d: 1}}}, apps: {a: {values: {b%d: 1}}}, policies: {c: {profile: x}, d%d: x}}\n", i, i, i, i, i, i)
		}
		layers, l := layersOf(t, b.String()+"base: {apps: [a], values: {x: ["+strings.Repeat("1,", 10_000)+"]}}")
		var out entry
		allocated := allocation(func() { syntax.Overlay(&out, layers...) })
		if len(*l) > 0 || len(out.Labels.Items) != count || len(out.Policies.Items) != count+1 {
			t.Fatal(printed(*l))
		}
		return allocated
	}
	if few, many := cost(500), cost(2000); many > 6*few {
		t.Errorf("500 layers allocate %d KiB, 2,000 of them %d KiB", few>>10, many>>10)
	}
}

// TestUnknownElements: names that are not there are compared with those that are only so often.
func TestUnknownElements(t *testing.T) {
	var base, top strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&base, "app%d, ", i)
		fmt.Fprintf(&top, "apq%d: {}, ", i)
	}
	fmt.Fprintf(&base, "%s, ", strings.Repeat("a", 64))
	layers, l := layersOf(t, "long: {apps: {"+strings.Repeat("a", 63)+"b: {}}}\ntop: {apps: {"+top.String()+"}}\nbase: {name: a, apps: ["+base.String()+"]}")
	syntax.Overlay(&entry{}, layers...)
	hints := 0
	for _, d := range *l {
		if d.Hint != "" {
			hints++
		}
	}
	if len(*l) != 2001 || hints != 50 || (*l)[0].Hint != "" {
		t.Errorf("%d mistakes, %d with a hint", len(*l), hints)
	}
}

// TestLayerAlone: of a document, only the part that a layer is of stays in memory.
func TestLayerAlone(t *testing.T) {
	var b strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&b, "k%d: v, ", i)
	}
	in := "base: {name: a}\nother: {labels: {" + b.String() + "}}"
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	kept := func() syntax.Layer {
		layers, _ := layersOf(t, in)
		return layers[0]
	}()
	if after := heap(); after > before+(4<<20) {
		t.Errorf("it keeps %d MiB", (after-before)>>20)
	}
	var out entry
	if syntax.Overlay(&out, kept); out.Name.V != "a" {
		t.Error("the layer is lost")
	}
	runtime.KeepAlive(in)
}
