package bounds_test

import (
	"go/parser"
	"runtime/metrics"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/alertrule"
	"github.com/hippotion/roster/internal/bounds"
)

func TestExceeded(t *testing.T) {
	small := bounds.Text{Length: 20, Depth: 3}
	for text, want := range map[string]string{
		"":                      "",
		"(((1)))":               "",
		"((((1))))":             "is nested deeper than 3 levels",
		"([{(":                  "is nested deeper than 3 levels",
		"()()()()":              "",
		")))(((1":               "",
		strings.Repeat("a", 20): "",
		strings.Repeat("a", 21): "is longer than 20 characters",
	} {
		if got := small.Exceeded(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if got := bounds.PromQL.Exceeded(strings.Repeat(" ", 16<<10+1)); got != "is longer than 16,384 characters" {
		t.Errorf("got %q", got)
	}
}

func TestRegexp(t *testing.T) {
	for pattern, want := range map[string]string{
		"critical|page":           "",
		"^(?:[a-z]{2,64})$":       "",
		"(":                       "",
		"(a{1000}){1000}":         "", // Go refuses it
		"a{1000}":                 "repeats too much",
		"((a{10}){10}){10}":       "repeats too much",
		strings.Repeat("a", 4097): "is longer than 4,096 characters",
	} {
		r, got := bounds.Regexp(pattern)
		if got != want {
			t.Errorf("%.20q: got %q, want %q", pattern, got, want)
		}
		if want != "" && r != nil {
			t.Errorf("%.20q was compiled", pattern)
		}
	}
	if r, _ := bounds.Regexp("critical|page"); r == nil || !r.MatchString("page") {
		t.Error("a good one was not compiled")
	}
}

// nesting are texts that nest with and without brackets: what precedes, separates and follows them.
var nesting = [][3]string{
	{"(", "1", ")"}, {"-", "1", ""}, {"- ", "1", ""}, {"!", "a", ""}, {"a+", "a", ""}, {"a^", "a", ""}, {"a or ", "a", ""}, {"a||", "a", ""},
	{"sum(", "a", ")"}, {"abs(", "a", ")"}, {"a[1m:", "", "]"}, {"a{b=\"", "", "\"}"}, {"(\")\"+", "a", ")"}, {"a offset ", "1m", ""},
	{"{{if 1}}", "", "{{end}}"}, {"{{if 1}}", "", ""}, {"{{range .}}{{else}}", "", "{{end}}"}, {"{{with .}}", "", "{{end}}"},
	{"{{if 1}}{{else if 1}}", "", "{{end}}"}, {"{{", "a", "}}"}, {"{{1|", "1", "}}"}, {"{{(", "1", ")}}"}, {"{{block \"a\" .}}", "", "{{end}}"},
	{"{{define \"a\"}}", "", "{{end}}"}, {"{{a.b", "", "}}"}, {"{{.a", "", "}}"}, {"{{not ", "1", "}}"}, {"{{\"}}\"}}", "", ""},
	{"Host(`a`)&&", "Host(`a`)", ""}, {"!", "Host(`a`)", ""}, {"func(){", "", "}"}, {"[]", "int", ""}, {"*", "a", ""}, {"&", "a", ""}, {"<-", "a", ""},
	{"a.", "b", ""}, {"map[a]", "b", ""}, {"struct{a ", "b", "}"}, {"interface{a() ", "b", "}"}, {"a[", "b", "]"}, {"(\")\"+", "a", ")"},
}

// TestWorst gives the parsers the worst texts that the bounds permit. None may need much: a stack is memory, too.
func TestWorst(t *testing.T) {
	for _, p := range []struct {
		name  string
		bound bounds.Text
		parse func(string)
	}{
		{"PromQL", bounds.PromQL, func(s string) { alertrule.Expression(s) }},
		{"template", bounds.AlertTemplate, func(s string) { alertrule.Template(s) }},
		{"template in an action", bounds.AlertTemplate, func(s string) { alertrule.Template("{{" + s + "}}") }},
		{"Traefik", bounds.TraefikRule, func(s string) { _, _ = parser.ParseExpr(s) }},
	} {
		for _, n := range nesting {
			most := (p.bound.Length - len(n[1])) / max(1, len(n[0])+len(n[2]))
			text := strings.Repeat(n[0], most) + n[1] + strings.Repeat(n[2], most)
			if p.bound.Exceeded(text) != "" { // as deep as the brackets may be
				text = strings.Repeat(n[0], p.bound.Depth/4) + n[1] + strings.Repeat(n[2], p.bound.Depth/4)
				if p.bound.Exceeded(text) != "" {
					t.Fatalf("%s: %q is never let through", p.name, n[0])
				}
			}
			before := allocated()
			p.parse(text)
			if used := allocated() - before; used > 256<<20 {
				t.Errorf("%s: %q nested %d times needs %d MB", p.name, n[0], most, used>>20)
			}
		}
	}
}

// allocated is how many bytes were ever allocated.
func allocated() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// FuzzWorst looks for texts within the bounds that a parser does not survive.
func FuzzWorst(f *testing.F) {
	for _, n := range nesting {
		f.Add(n[0], n[1], n[2], uint16(100))
	}
	f.Fuzz(func(t *testing.T, before, middle, behind string, n uint16) {
		text := strings.Repeat(before, int(n)) + middle + strings.Repeat(behind, int(n))
		if bounds.PromQL.Exceeded(text) == "" {
			alertrule.Expression(text)
		}
		if bounds.AlertTemplate.Exceeded(text) == "" {
			alertrule.Template(text)
		}
		if bounds.TraefikRule.Exceeded(text) == "" {
			_, _ = parser.ParseExpr(text)
		}
	})
}
