package syntax_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
)

// TestMistakes: what is not YAML is reported where it is wrong.
func TestMistakes(t *testing.T) {
	const (
		open   = `close brackets and quotes before this place, and put text that contains ": " in quotes`
		closed = "check the indentation of this line, and that brackets and quotes before it are closed"
		colon  = `put quotes around text that contains ": ", or check the indentation`
		tabs   = "indent with spaces: YAML does not allow tabs"
		odd    = "put quotes around text that begins with a special character"
	)
	for _, c := range []struct {
		name, in     string
		line, column int
		message      string
		hint         string
	}{
		{"double quote", "x: 1\na: \"b\nc: d\ne: f\n", 2, 1, "found unexpected end of stream", closed},
		{"double quote in the first line", "- a: \"b\n- c: d\n- e: f\n", 1, 1, "found unexpected end of stream", closed},
		{"single quote", "x: 1\na: 'b\nc: d\n", 2, 1, "found unexpected end of stream", closed},
		{"quote of a key", "x: 1\n\"y: 2\nz: 3\n", 2, 1, "found unexpected end of stream", closed},
		{"bracket", "x: 1\na: [b\nc: d\n", 2, 1, "did not find expected ',' or ']'", open},
		{"bracket, several lines", "x: 1\na: [b,\n  c\nd: e\n", 3, 3, "did not find expected ',' or ']'", open},
		{"brace", "x: 1\na: {b: c\nd: e\n", 2, 1, "did not find expected ',' or '}'", open},
		{"closing bracket", "x: 1\na: b]\nc: }\n", 3, 1, "did not find expected node content", closed},
		{"too little indentation", "a:\n  b: 1\n c: 2\n", 3, 2, "did not find expected key", closed},
		{"too much indentation", "a:\n  b: 1\n   c: 2\n", 3, 4, "mapping values are not allowed in this context", colon},
		{"key in a list", "- a\nb: c\n", 2, 1, "did not find expected '-' indicator", closed},
		{"dash in a mapping", "a: b\n- c\n", 2, 1, "did not find expected key", closed},
		{"tab", "a:\n\tb: c\n", 2, 1, "found character that cannot start any token", tabs},
		{"tab behind spaces", "a:\n  b: c\n  \td: e\n", 3, 3, "found a tab character that violates indentation", tabs},
		{"no colon", "a: b\nc\nd: e\n", 2, 1, "could not find expected ':'", closed},
		{"no colon in the last line", "a: 1\nb 2\n", 2, 1, "could not find expected ':'", closed},
		{"two colons", "x: 1\nkey: value: x\n", 2, 11, "mapping values are not allowed in this context", colon},
		{"unknown anchor", "x: 1\ny: ü*\nz: *z\n", 3, 4, "unknown anchor", `put quotes around text that begins with "*"`},
		{"escape", "x: 1\ny: \"\\q\"\nz: 1\n", 2, 1, "found unknown escape character", `write \\ for a backslash between double quotes, or use single quotes`},
		{"block scalar", "a: |\n  b\n c\n", 3, 2, "did not find expected key", closed},
		{"block scalar with an indicator", "a: |2\n b\nc: d\n", 2, 2, "did not find expected key", closed},
		{"block scalar header", "a: >9x\n  b\n", 1, 1, "did not find expected comment or line break", closed},
		{"block scalar with a tab", "a: |\n\tb\n", 2, 1, "found a tab character where an indentation space is expected", tabs},
		{"at sign", "x: 1\ny: @b\n", 2, 1, "found character that cannot start any token", odd},
		{"backquote", "x: 1\ny: `b`\nz: 1\n", 2, 1, "found character that cannot start any token", odd},
		{"two anchors", "x: 1\n&a &b y: z\n", 2, 1, "did not find expected key", closed},
		{"text behind a quote", "x: 1\ny: 'it's'\nz: 2\n", 2, 1, "did not find expected key", closed},
		{"list behind a key", "x: 1\ny: - a\n", 2, 1, "block sequence entries are not allowed in this context", "begin the list on a line of its own"},
		{"version", "%YAML 1.2\n---\na: b\n", 1, 1, "found incompatible YAML document", "remove the %YAML line"},
		{"in a second document", "x: 1\n---\nx: 1\n", 2, 1, "", `remove the "---" line, or what follows it`},
		{"CRLF", "x: 1\r\nkey: value: x\r\n", 2, 11, "mapping values are not allowed in this context", colon},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := diag.Diagnostic{Pos: diag.Position{File: "f.yml", Line: c.line, Column: c.column}, Code: "yaml-syntax", Message: "not YAML: " + c.message, Hint: c.hint}
			if c.message == "" {
				want.Code, want.Message = "second-document", "expected one YAML document, found a second one"
			}
			// The same mistake in a long file, with the lines above and below.
			above := strings.Repeat("- namespace: a\n  labels: {b: c}\n", 35000)
			for _, shift := range []int{0, 70001} {
				in := c.in
				if shift > 0 {
					if c.name == "version" || c.message == "" || c.name == "CRLF" {
						continue
					}
					in = above + "- k:\n    " + strings.ReplaceAll(strings.TrimSuffix(c.in, "\n"), "\n", "\n    ") + "\n" + above[:33000]
					if strings.Contains(c.in, "\t") || strings.Contains(c.message, "end of stream") {
						continue // the indentation changes what is wrong; the quote is closed never, or elsewhere
					}
				}
				var l diag.List
				if syntax.Parse("f.yml", []byte(in), &l) != nil || len(l) != 1 {
					t.Fatalf("got %v", l)
				}
				got := l[0]
				if shift > 0 {
					if got.Pos.Line != c.line+shift {
						t.Errorf("in a long file: got line %d, want %d (%s)", got.Pos.Line, c.line+shift, got.Message)
					}
				} else if fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("got\n%+v\nwant\n%+v", got, want)
				}
			}
		})
	}
}

func TestFiles(t *testing.T) {
	entry := "name: a\n"
	for name, c := range map[string]struct{ in, want string }{
		"empty":               {"", "f.yml:1:1: the file is empty [empty]\n  hint: write something, or remove the file\n"},
		"only comments":       {"# a\n\n# b\n", "f.yml:1:1: the file is empty [empty]\n  hint: write something, or remove the file\n"},
		"only a marker":       {"---\n", "f.yml:1:1: the file is empty [empty]\n  hint: write something, or remove the file\n"},
		"only null":           {"~\n", "f.yml:1:1: the file is empty [empty]\n  hint: write something, or remove the file\n"},
		"only a mark":         {"\ufeff", "f.yml:1:1: the file is empty [empty]\n  hint: write something, or remove the file\n"},
		"byte order mark":     {"\ufeffnme: a", "f.yml:1:1: unknown field \"nme\" [unknown-field]\n  hint: did you mean \"name\"?\n"},
		"CRLF":                {"name: a\r\nnme: b\r\n", "f.yml:2:1: unknown field \"nme\" [unknown-field]\n  hint: did you mean \"name\"?\n"},
		"start and end":       {"%YAML 1.1\n---\nname: a\n...\n", ""},
		"unknown directive":   {"%FOO\n---\nname: a\n", "f.yml:1:1: not YAML: found unknown directive name [yaml-syntax]\n"},
		"tag directive":       {"# a\n%TAG ! tag:a,2000:\n---\nname: a\n", "f.yml:2:1: not supported: a %TAG directive [yaml-syntax]\n  hint: remove it\n"},
		"two documents":       {"name: a\n--- \nname: b\n", "f.yml:2:1: expected one YAML document, found a second one [second-document]\n  hint: remove the \"---\" line, or what follows it\n"},
		"empty second":        {"name: a\n---\n", "f.yml:2:1: expected one YAML document, found a second one [second-document]\n  hint: remove the \"---\" line, or what follows it\n"},
		"broken second":       {"name: a\n---\nname: [\n", "f.yml:3:1: not YAML: did not find expected node content [yaml-syntax]\n  hint: check the indentation of this line, and that brackets and quotes before it are closed\n"},
		"not UTF-8":           {"name: a\nmode: ü\xff\n", "f.yml:2:8: expected UTF-8 text, found the byte 0xff [bad-encoding]\n  hint: save the file as UTF-8\n"},
		"cut":                 {"name: \xc3", "f.yml:1:7: expected UTF-8 text, found the byte 0xc3 [bad-encoding]\n  hint: save the file as UTF-8\n"},
		"UTF-16":              {"\xff\xfea\x00", "f.yml:1:1: expected UTF-8 text, found the byte 0xff [bad-encoding]\n  hint: save the file as UTF-8\n"},
		"UTF-16 without mark": {"a\x00:\x00", "f.yml:1:2: expected UTF-8 text, found the control character 0x00 [bad-encoding]\n  hint: save the file as UTF-8\n"},
		"escape character":    {"name: \x1b[31m", "f.yml:1:7: expected UTF-8 text, found the control character 0x1b [bad-encoding]\n  hint: remove it\n"},
		"C1 control":          {"name: a\u0090b", "f.yml:1:8: expected UTF-8 text, found the character U+0090 [bad-encoding]\n  hint: remove it\n"},
		"mark in the middle":  {"name: a\n\ufeff", "f.yml:2:1: expected UTF-8 text, found the character U+FEFF [bad-encoding]\n  hint: remove it\n"},
		"deep flow":           {strings.Repeat("[", 100000), "f.yml:1:1: not YAML: exceeded max depth of 10000 [yaml-syntax]\n  hint: no input needs to nest that deep\n"},
		"deep block":          {strings.Repeat("- ", 100000), "f.yml:1:1: not YAML: exceeded max depth of 10000 [yaml-syntax]\n  hint: no input needs to nest that deep\n"},
		"deep value":          {"any: " + strings.Repeat("[", 66) + strings.Repeat("]", 66), "f.yml:1:71: any" + strings.Repeat("[0]", 65) + ": expected at most 64 levels of nesting, found more [too-deep]\n  hint: nest it less deep\n"},
		"deep enough":         {"any: " + strings.Repeat("[", 65) + strings.Repeat("]", 65), ""},
		"long line":           {"name: " + strings.Repeat("a", 1<<20), ""},
		"largest":             {entry + strings.Repeat("#", syntax.MaxBytes-len(entry)), ""},
		"too large":           {entry + strings.Repeat("#", syntax.MaxBytes), "f.yml: expected at most 16 MiB, found 16 MiB [too-large]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, got := read(c.in); got != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}

// TestAliasBombs: small files whose aliases stand for very much. They would take hours, or all memory.
func TestAliasBombs(t *testing.T) {
	bomb := func(leaf string, levels, width int) string {
		var b strings.Builder
		fmt.Fprintf(&b, "raws:\n  a0: &a0 %s\n", leaf)
		for i := range levels {
			fmt.Fprintf(&b, "  a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), width), ", "))
		}
		return b.String()
	}
	var wide strings.Builder
	for i := range 20000 {
		fmt.Fprintf(&wide, "k%d: ,", i)
	}
	chain := func(first, next string) string {
		var b strings.Builder
		b.WriteString("raws:\n  a0: &a0 " + first + "\n")
		for i := range 20000 {
			fmt.Fprintf(&b, "  a%d: &a%d "+next+"\n", i+1, i+1, i)
		}
		return b.String()
	}
	for name, c := range map[string]struct{ in, code string }{
		"laughs":              {bomb("lol", 12, 10), "alias-bomb"},
		"empty laughs":        {bomb("[]", 12, 10), "alias-bomb"},
		"in any":              {bomb("[]", 3, 10) + "any: [" + strings.Repeat("*a3, ", 1000) + "]", "alias-bomb"},
		"in typed lists":      {"raws: {a: &a [" + strings.Repeat("x,", 1000) + "]}\nhiddenMap: {" + strings.Repeat("y: *a,", 2) + "}\nitems: [" + strings.Repeat("{host: a, <<: {path: b}},", 10) + "]\nhiddenList: *a\nlabels: *a\nany: [" + strings.Repeat("*a,", 1000) + "]", "alias-bomb"},
		"wide unknown keys":   {"raws: {a: &a {" + wide.String() + "}}\nitems: [" + strings.Repeat("*a,", 10000) + "]", "alias-bomb"},
		"wide merges":         {"raws: {a: &a {" + wide.String() + "}}\nitems: [" + strings.Repeat("{<<: *a},", 10000) + "]", "alias-bomb"},
		"chain of lists":      {chain("[]", "[*a%d]"), "too-deep"},
		"chain of merges":     {chain("{}", "{<<: *a%d}"), "too-deep"},
		"growing merge chain": {chain("{}", "{b%[1]d: c, <<: *a%[3]d}"), "too-deep"},
	} {
		t.Run(name, func(t *testing.T) {
			var l diag.List
			if syntax.Parse("f.yml", []byte(c.in), &l) != nil || len(l) != 1 || l[0].Code != c.code || l[0].Pos.Line == 0 {
				t.Errorf("want %s, got %d messages", c.code, len(l))
			}
		})
	}
}

// TestManyAliases: a large platform may use an alias in each entry.
func TestManyAliases(t *testing.T) {
	in := "raws: {a: &a {path: x, host: h}}\nitems:\n" + strings.Repeat("- {<<: *a}\n", 30000)
	if r, got := read(in); got != "" || len(r.Items) != 30000 {
		t.Error(got)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"name: a\ncount: 1\non: true\nmode: baseline\nmodes: [get]\nport: 1\nports: [1]\nlabels: {a: b}\nitems: [{host: a, path: b}]\nshort: a\nany: {a: [1, ~]}\nraw: [a]\nraws: {a: b}",
		"items: [&a {host: a}, {<<: *a}]\nany: &b [*a, *b]\nhidden: x", "name: \"b\nc: d", "a: [b\nc: d\ne: *f", "a:\n\tb", "\ufeff---\r\na: b\r\n---\nc", "%YAML 1.1\n---\n? a\n: |+\n  b\n", "any: {on: 0777, .inf: !!int x, !x y: z, 1: 2, 1.0: 3}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var l diag.List
		if d := syntax.Parse("f.yml", data, &l); d != nil {
			d.Decode(&root{})
		} else if len(l) == 0 {
			t.Fatal("nothing was read, and nothing reported")
		}

		lines := bytes.Split(bytes.TrimPrefix(data, []byte("\ufeff")), []byte("\n"))
		for _, m := range l {
			if m.Pos.File != "f.yml" || m.Message == "" || m.Code == "" || strings.ContainsAny(m.Message+m.Path+m.Hint, "\n\x1b\x00") {
				t.Errorf("got %+v", m)
			}
			// YAML also breaks lines at other characters, and the parser counts those lines.
			if m.Pos.Line == 0 || bytes.ContainsAny(data, "\r\u0085\u2028\u2029") {
				continue
			}
			if m.Pos.Line < 0 || m.Pos.Line > len(lines) || m.Pos.Column < 1 || m.Pos.Column > utf8.RuneCount(lines[m.Pos.Line-1])+1 {
				t.Errorf("%s is outside of the document: %+v", m.Pos, m)
			}
		}
	})
}
