package listadd_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/listadd"
	"github.com/hippotion/roster/internal/listtext"
	"github.com/hippotion/roster/internal/syntax"
)

type m = listtext.Map

var entry = m{{Key: "namespace", Value: "new"}, {Key: "applications", Value: []m{{{Key: "applicationCode", Value: "new"}, {Key: "path", Value: "deploy/new"}}}}}

// TestEntry: before, and what is there after it.
func TestEntry(t *testing.T) {
	const added = "- namespace: new\n  applications:\n    - {applicationCode: new, path: deploy/new}\n"
	const flow = "{namespace: new, applications: [{applicationCode: new, path: deploy/new}]}"
	crlf := func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }
	for name, c := range map[string]struct{ before, after string }{
		"empty":                  {"", added},
		"comments alone":         {"# What runs here.\n", "# What runs here.\n" + added},
		"a mark alone":           {"---\n", "---\n" + added},
		"no list":                {"[]\n", "[" + flow + "]\n"},
		"no list, and a comment": {"[ # none yet\n]\n", "[" + flow + " # none yet\n]\n"},
		"one":                    {"- namespace: a\n", "- namespace: a\n\n" + added},
		"no end of line":         {"- namespace: a", "- namespace: a\n\n" + added},
		"an empty line":          {"- namespace: a\n\n", "- namespace: a\n\n" + added},
		"dense":                  {"- namespace: a\n- namespace: b\n", "- namespace: a\n- namespace: b\n" + added},
		"spaced":                 {"- namespace: a\n\n# b\n- namespace: b\n", "- namespace: a\n\n# b\n- namespace: b\n\n" + added},
		"a comment at the end":   {"- namespace: a\n- namespace: b\n# lint:ignore x\n", "- namespace: a\n- namespace: b\n# lint:ignore x\n\n" + added},
		"an end of the document": {"---\n- namespace: a\n...\n# done\n", "---\n- namespace: a\n\n" + added + "...\n# done\n"},
		"indented":               {"  - namespace: a\n  - namespace: b\n", "  - namespace: a\n  - namespace: b\n  - namespace: new\n    applications:\n      - {applicationCode: new, path: deploy/new}\n"},
		"CRLF":                   {crlf("- namespace: a\n- namespace: b\n"), crlf("- namespace: a\n- namespace: b\n" + added)},
		"CRLF without the last":  {crlf("- namespace: a\n- namespace: b"), crlf("- namespace: a\n- namespace: b\n" + added)},
		"a byte order mark":      {"\ufeff- namespace: a\n- namespace: b\n", "\ufeff- namespace: a\n- namespace: b\n" + added},
		"anchors":                {"- namespace: a\n  labels: &l {x: y}\n- namespace: b\n  labels: *l\n", "- namespace: a\n  labels: &l {x: y}\n- namespace: b\n  labels: *l\n" + added},
		"a text of lines":        {"- namespace: a\n  description: |+\n    text\n", "- namespace: a\n  description: |+\n    text\n" + added},
		"flow":                   {"[{namespace: a}]\n", "[{namespace: a}, " + flow + "]\n"},
		"flow with a comma":      {"[{namespace: a},]\n", "[{namespace: a}, " + flow + "]\n"},
		"flow on lines":          {"[\n  {namespace: a}, # one\n  {namespace: 'b]'} # two\n]\n", "[\n  {namespace: a}, # one\n  {namespace: 'b]'}, # two\n  " + flow + "\n]\n"},
		"flow on lines, a comma": {"[\r\n  {namespace: a}, # one\r\n]\r\n", "[\r\n  {namespace: a}, # one\r\n  " + flow + "\r\n]\r\n"},
		"flow with texts":        {`[{namespace: "a\"]", x: 'it''s]', y: it's}]`, `[{namespace: "a\"]", x: 'it''s]', y: it's}, ` + flow + `]`},
	} {
		got, err := listadd.Entry([]byte(c.before), entry)
		if err != nil || string(got) != c.after {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, got, c.after)
		}
	}
	for name, before := range map[string]string{
		"a mapping": "namespace: a\n", "a text": "text", "two documents": "- a\n---\n- b\n", "no YAML": "- [\n", "null": "null\n",
		"an anchor": "&all\n- namespace: a\n", "a tag": "!!seq [{namespace: a}]\n",
		"a text that would get an end of line": "- namespace: a\n  description: |\n    text",
	} {
		if got, err := listadd.Entry([]byte(before), entry); !errors.Is(err, listadd.ErrShape) || got != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// TestApplication: before, the line and column of the entry, and what is there after it.
func TestApplication(t *testing.T) {
	app := m{{Key: "applicationCode", Value: "new"}, {Key: "path", Value: "deploy/new"}}
	long := m{{Key: "applicationCode", Value: "new"}, {Key: "values", Value: m{{Key: "text", Value: "a\nb\n"}}}}
	const line = "- {applicationCode: new, path: deploy/new}\n"
	for name, c := range map[string]struct {
		before       string
		line, column int
		app          any
		after        string
	}{
		"a list":          {"- namespace: a\n  applications:\n    - a\n- namespace: b\n", 1, 3, app, "- namespace: a\n  applications:\n    - a\n    " + line + "- namespace: b\n"},
		"a code":          {"- namespace: a\n  applications:\n    - a\n", 1, 3, "new", "- namespace: a\n  applications:\n    - a\n    - new\n"},
		"lines":           {"- namespace: a\n  applications:\n  - a\n", 1, 3, long, "- namespace: a\n  applications:\n  - a\n  - applicationCode: new\n    values:\n      text: |\n        a\n        b\n"},
		"keys after it":   {"- namespace: a\n  applications:\n    - a # one\n      # of a\n    # all\n\n  labels: {x: y}\n", 1, 3, app, "- namespace: a\n  applications:\n    - a # one\n      # of a\n    " + line + "    # all\n\n  labels: {x: y}\n"},
		"no applications": {"- namespace: a\n  # why\n\n# b\n- namespace: b\n", 1, 3, app, "- namespace: a\n  # why\n  applications:\n    " + line + "\n# b\n- namespace: b\n"},
		"nothing":         {"- applications: # none\n  namespace: a\n", 1, 3, app, "- applications: # none\n    " + line + "  namespace: a\n"},
		"brackets":        {"- namespace: a\n  applications: [a, 'b'] # both\n", 1, 3, app, "- namespace: a\n  applications: [a, 'b', {applicationCode: new, path: deploy/new}] # both\n"},
		"empty brackets":  {"- namespace: a\n  applications: []\n", 1, 3, "new", "- namespace: a\n  applications: [new]\n"},
		"braces":          {"- {namespace: a}\n", 1, 3, "new", "- {namespace: a, applications: [new]}\n"},
		"all in brackets": {"[{namespace: a, applications: [a]}]", 1, 2, "new", "[{namespace: a, applications: [a, new]}]"},
		"the last line":   {"- namespace: a\r\n  applications:\r\n    - a", 1, 3, "new", "- namespace: a\r\n  applications:\r\n    - a\r\n    - new\r\n"},
		"before the end":  {"- namespace: a\n  applications:\n    - a\n# done\n...\n", 1, 3, "new", "- namespace: a\n  applications:\n    - a\n    - new\n# done\n...\n"},
		"the second":      {"- namespace: a\n-\n  namespace: b\n  applications: [b]\n", 3, 3, "new", "- namespace: a\n-\n  namespace: b\n  applications: [b, new]\n"},
		"a text of lines": {"- namespace: a\n  applications:\n    - applicationCode: a\n      values:\n        x: |\n          # text\n\n          # more\n- namespace: b\n", 1, 3, "new",
			"- namespace: a\n  applications:\n    - applicationCode: a\n      values:\n        x: |\n          # text\n\n          # more\n    - new\n- namespace: b\n"},
	} {
		got, err := listadd.Application([]byte(c.before), diag.Position{Line: c.line, Column: c.column}, c.app)
		if err != nil || string(got) != c.after {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, got, c.after)
		}
	}
	for name, c := range map[string]struct {
		before       string
		line, column int
	}{
		"another place":     {"- namespace: a\n", 2, 3},
		"an alias":          {"- namespace: a\n  applications: &x [a]\n- namespace: b\n  applications: *x\n", 3, 3},
		"an anchor":         {"- namespace: a\n  applications: &x [a]\n", 1, 3},
		"a merge":           {"- &a {namespace: a, applications: [a]}\n- <<: *a\n  namespace: b\n", 2, 3},
		"a text":            {"- namespace: a\n  applications: a\n", 1, 3},
		"no list":           {"namespace: a\n", 1, 1},
		"an odd line break": {"- namespace: \"a\u2028b\"\n", 1, 3},
		"no YAML":           {"- [", 1, 1},
	} {
		if got, err := listadd.Application([]byte(c.before), diag.Position{Line: c.line, Column: c.column}, "new"); !errors.Is(err, listadd.ErrShape) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// TestInsertion: in lists that are written in all ways, what is new is only inserted. Each list is made of parts that are drawn.
func TestInsertion(t *testing.T) {
	random := rand.New(rand.NewPCG(18, 1))
	pick := func(texts ...string) string { return texts[random.IntN(len(texts))] }
	refused := 0
	const rounds = 2000
	for range rounds {
		before := draw(random, pick)
		if documents, err := syntax.Documents([]byte(before)); err != nil || len(documents) > 1 {
			t.Fatalf("%q is no list: %v", before, err)
		}
		after, err := listadd.Entry([]byte(before), entry)
		where := "the end"
		if random.IntN(2) == 0 {
			if documents, _ := syntax.Documents([]byte(before)); len(documents) == 1 && len(documents[0].Content[0].Content) > 0 {
				n := documents[0].Content[0].Content[random.IntN(len(documents[0].Content[0].Content))]
				where = fmt.Sprintf("%d:%d", n.Line, n.Column)
				after, err = listadd.Application([]byte(before), diag.Position{Line: n.Line, Column: n.Column}, "new")
			}
		}
		switch {
		case errors.Is(err, listadd.ErrShape):
			refused++
		case err != nil:
			t.Fatalf("%q: %v", before, err)
		case !within(before, string(after)):
			t.Fatalf("more than an insertion at %s:\n%s\nis now\n%s", where, before, after)
		}
	}
	if refused > rounds/5 {
		t.Errorf("%d of %d lists were refused", refused, rounds)
	}
}

// draw is a list that is written in some way.
func draw(random *rand.Rand, pick func(...string) string) string {
	end := pick("\n", "\n", "\r\n")
	if random.IntN(4) == 0 {
		var all []string
		for i := range random.IntN(4) {
			all = append(all, fmt.Sprintf(pick("{namespace: n%d}", "{namespace: 'n%d', applications: [a, {applicationCode: b}]}", "{\"namespace\": \"n%d\"}"), i))
		}
		between := pick(", ", ","+end+"  ", ", # it's ] here"+end+"  ")
		return pick("", "# top"+end, "---"+end) + "[" + strings.Join(all, between) + pick("", " ", end) + "]" + pick("", end, " # end"+end)
	}
	indent := pick("", "  ")
	var b strings.Builder
	b.WriteString(pick("", "# top"+end, "---"+end, "# $schema=x"+end+end))
	for i := range random.IntN(4) {
		lines := []string{fmt.Sprintf(pick("- namespace: n%d", "- namespace: \"n%d\" # why", "- {namespace: n%d}", "-   namespace: n%d"), i)}
		if strings.HasPrefix(lines[0], "- namespace") {
			lines = append(lines, strings.Split(pick("  labels: {a: b}", "  # nothing", "  applications:", "  applications: [a]", "  applications:\n    - a\n    - b # two", "  applications:\n  - {applicationCode: c}",
				"  applications:\n    - applicationCode: d\n      values:\n        text: |\n          # x\n          y", "  description: >-\n    folded\n    text", "  applications:\n    - e\n  podSecurity: baseline"), "\n")...)
		}
		for _, l := range lines {
			b.WriteString(indent + l + end)
		}
		b.WriteString(pick("", "", end, "# between"+end, end+indent+"# next"+end))
	}
	return strings.TrimSuffix(b.String(), pick("", "", end))
}

// within reports whether a text is another one, in order, with something inserted in at most two places.
func within(before, after string) bool {
	from := 0
	for from < len(before) && from < len(after) && before[from] == after[from] {
		from++
	}
	rest := before[from:]
	if strings.HasSuffix(after[from:], rest) {
		return true
	}
	for cut := range len(rest) { // a comma, and then the rest
		if strings.HasSuffix(after, rest[cut:]) && strings.Contains(after[from:len(after)-len(rest)+cut], rest[:cut]) {
			return true
		}
	}
	return false
}
