package eso_test

import (
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/eso"
)

// TestPattern: an expression may be no larger than its text suggests. Each of these would take seconds to compile or to apply.
func TestPattern(t *testing.T) {
	for text, want := range map[string]string{
		"^web-":                              "",
		"(?:a|b){2}":                         "",
		"(":                                  ", and this one cannot be parsed",
		strings.Repeat("(k{0,1000})", 10):    ", and this one repeats too much",
		strings.Repeat("k", 5000):            ", and this one is longer than 4,096 characters",
		strings.Repeat("(a{30}){30}b*", 100): ", and this one repeats too much",
	} {
		if re, problem := eso.Pattern(text); problem != want || (re == nil) == (problem == "") {
			t.Errorf("%.30q: got %q, want %q", text, problem, want)
		}
	}
}

// TestRewrittenBound: what operations make of keys without end is unknown, and so are keys that are longer than any that is looked at.
func TestRewrittenBound(t *testing.T) {
	long := strings.Repeat("k", 600)
	for name, c := range map[string]struct {
		key string
		op  eso.Rewrite
	}{
		"long key":    {long, eso.Rewrite{Regexp: true, Source: "^", Target: "x"}},
		"long target": {"k", eso.Rewrite{Regexp: true, Source: "^", Target: long}},
		"large":       {"k", eso.Rewrite{Regexp: true, Source: "(k{0,1000}){1000}", Target: "x"}},
		"many":        {strings.Repeat("k", 400), eso.Rewrite{Regexp: true, Source: "", Target: strings.Repeat("${0}y", 100)}},
		"replace":     {strings.Repeat("k", 400), eso.Rewrite{Transform: `{{ .value | replace "" "` + strings.Repeat("z", 400) + `" }}`}},
	} {
		if got := eso.Rewritten(eso.KeysOf(c.key), []eso.Rewrite{c.op}); !got.Open || len(got.Sorted()) > 0 {
			t.Errorf("%s: got %d keys, open: %t", name, len(got.Sorted()), got.Open)
		}
	}
}

// FuzzParse gives the parser any template: it ends, each mistake has a line of the text, and what can be parsed is read the same way each time.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"{{ .a | upper }}", `{{ with . }}{{ $x := .b }}{{ end }}`, "{{ define \"t\" }}{{ template \"t\" . }}{{ end }}", "{{ range $i, $k := . }}{{ break }}{{ else }}{{ end }}", "{{- /* x */ -}}\n{{ (index . \"a\").b }}", "{{`{{ .a }}`}}"} {
		f.Add(text, "k", "x", text)
	}
	f.Fuzz(func(t *testing.T, text, source, target, transform string) {
		parsed, mistakes := eso.Parse(text)
		if (parsed == nil) == (len(mistakes) == 0) {
			t.Fatalf("%q: a template and %d mistakes", text, len(mistakes))
		}
		if parsed != nil {
			mistakes = parsed.Missing(eso.KeysOf("a"))
		}
		for _, m := range mistakes {
			if m.Line < 1 || m.Line > 1+strings.Count(text, "\n") || m.Text == "" {
				t.Errorf("%q: %+v", text, m)
			}
		}
		keys := eso.Rewritten(eso.KeysOf("key", text), []eso.Rewrite{{Regexp: true, Source: source, Target: target}, {Transform: transform}})
		for _, k := range keys.Sorted() {
			if k == "" || len(k) > 512 {
				t.Errorf("a key of %d bytes", len(k))
			}
		}
	})
}
