package syntax_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/syntax"
)

// shelf is a document with examples.
type shelf struct {
	*syntax.Node `example:"{label: new}"`
	Label        text   `yaml:"label,required" example:"new"`
	Books        []book `yaml:"books"`
	Open         flag   `yaml:"open"`
	Kind         text   `yaml:"kind" enum:"tall,low" flag:"write tall"`
	First        *book  `yaml:"first"`
	Tags         []text `yaml:"tags" example:"[a, b]"`
}

type book struct {
	*syntax.Node `example:"{title: Emma, pages: 3}"`
	Title        text   `yaml:"title,required" example:"Emma"`
	Pages        number `yaml:"pages" example:"3"`
}

// librarian is a guide.
type librarian struct{}

func (librarian) Key(_ reflect.Type, key string) string {
	return map[string]string{"name": "write label: new", "boks": "never asked"}[key]
}

func (librarian) Scalar(reflect.Type, string) string { return "" }

func (librarian) Elsewhere(t reflect.Type, key string) string {
	if key == "loans" {
		return "loans belong to readers, and not to a " + t.Name()
	}
	return ""
}

func (librarian) Example(path []string) string {
	if strings.Join(path, ".") == "books.pages" {
		return "pages: 3"
	}
	return ""
}

func (librarian) Whole(_ reflect.Type, scalars map[string]string) (message, hint string) {
	if _, is := scalars["chapters"]; is {
		return "this is a book called " + scalars["title"], "put it on a shelf"
	}
	return "", ""
}

func guidedRead(data string, out any) string {
	var l diag.List
	if d := (syntax.Guided{Guide: librarian{}}).Parse("f.yml", []byte(data), &l); d != nil {
		d.Decode(out)
	}
	var b strings.Builder
	if err := l.Print(&b, diag.Frame{}); err != nil {
		panic(err)
	}
	return b.String()
}

// TestGuided: examples show the shape, and a guide knows what is meant.
func TestGuided(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"open: true", `missing "label" [missing-field] | write it like this: label: new`},
		{"name: a", `unknown field "name" [unknown-field] | write label: new`}, // and label is not missing
		{"label: a\nlabell: b", `unknown field "labell" [unknown-field] | did you mean "label"?`},
		{"label: a\nloans: b", `unknown field "loans" [unknown-field] | loans belong to readers, and not to a shelf`},
		{"label: a\nzzzzz: b", `unknown field "zzzzz" [unknown-field] | known: books, first, kind, label, open, tags`},
		{"label: a\nbooks: Emma", `books: expected a list, found "Emma" [wrong-type] | write it like this: books: [{title: Emma, pages: 3}]`},
		{"label: a\nbooks: [Emma]", `books[0]: expected a mapping, found "Emma" [wrong-type] | write it like this: books: [{title: Emma, pages: 3}]`},
		{"label: a\nfirst: [Emma]", `first: expected a mapping, found a list [wrong-type] | write it like this: first: {title: Emma, pages: 3}`},
		{"label: a\nfirst: {title: x, pages: many}", `first.pages: expected a whole number, found "many" [wrong-type] | write it like this: pages: 3`},
		{"label: a\ntags: x", `tags: expected a list, found "x" [wrong-type] | write [x]`},
		{"label: a\ntags: {x: y}", `tags: expected a list, found a mapping [wrong-type] | write it like this: tags: [a, b]`},
		{"label: a\nkind: false", `kind: expected text, found false [wrong-type] | write tall`},
		{"label: a\nkind: x", `kind: expected one of low, tall, found "x" [unknown-value] | write it like this: kind: tall`},
		{"- label: a", `expected a mapping, found a list [wrong-type] | write it like this: label: new`},
		{"title: Emma\nchapters: []", `this is a book called Emma [foreign-object] | put it on a shelf`},
		{"label: a\nbooks: [{title: Emma, chapters: [a]}]", `books[0]: this is a book called Emma [foreign-object] | put it on a shelf`},
		{"title: Emma\nchapters: []\n---\nlabel: a", `this is a book called Emma [foreign-object] | put it on a shelf`},
	} {
		got := guidedRead(c.in, &shelf{})
		got = strings.TrimSuffix(strings.ReplaceAll(got, "\n  hint: ", " | "), "\n")
		if _, message, found := strings.Cut(got, " "); !found || message != c.want {
			t.Errorf("%s\ngot:  %s\nwant: %s", c.in, got, c.want)
		}
	}
	got := guidedRead("title: Emma\nchapters: []\n", &[]shelf{})
	if !strings.Contains(got, "this is a book") || strings.Count(got, "\n") != 2 {
		t.Errorf("in place of a list: %s", got)
	}
	if got = guidedRead("label: a\n", &[]shelf{}); !strings.HasSuffix(got, "hint: write it like this: - label: new\n") {
		t.Errorf("in place of a list: %s", got)
	}
}

// TestUnindented: what is not indented below its key is one mistake, with the number of spaces that are missing.
func TestUnindented(t *testing.T) {
	const missing = `f.yml:2:3: [0].books: expected a value, found nothing [no-value]
  hint: what it holds is not indented: write 2 more spaces before each line from line 3 on, so that "- title" stands below "books"
`
	for in, want := range map[string]string{
		"- label: new\n  books:\n- title: Emma\n- title: Persuasion\n  pages: 9\n":           missing,
		"- label: new\n  books:\n- title: Emma\n  pages: 9\n- label: old\n":                  strings.Replace(missing, "each line from line 3 on", "lines 3 to 4", 1),
		"- label: new\n  books:\n- title: Emma\n- label: old\n  books:\n- title: Sanditon\n": strings.Replace(missing, "each line from line 3 on", "line 3", 1) + strings.NewReplacer(":2:3: [0]", ":5:3: [2]", "line 3", "line 6").Replace(missing),
		"- label: new\n  books: [{title: Emma}]\n- label: old\n":                             "",
		"- label: new\n  books:\n- label: old\n":                                             strings.Replace(missing, missing[strings.Index(missing, "  hint"):], "  hint: write a value, such as books: [{title: Emma, pages: 3}], or remove the key\n", 1),
		"- label: {{ .Values.label }}\n":                                                     "f.yml:1:10: [0].label: expected a value, found a template: {{ … }} [template]\n  hint: write the value itself: the file is no Helm template, and nothing in {{ }} is filled in\n",
	} {
		if got := guidedRead(in, &[]shelf{}); got != want {
			t.Errorf("%s\ngot:\n%s\nwant:\n%s", in, got, want)
		}
	}
}

// TestLike: where a value is wrong for what it means, and the reporter has no hint, the example is one.
func TestLike(t *testing.T) {
	var l diag.List
	var out shelf
	doc := syntax.Guided{Guide: librarian{}}.Parse("f.yml", []byte("label: a\nbooks: [{title: Emma, pages: -1}]\n"), &l)
	doc.Decode(&out)
	book := out.Books[0]
	book.Pages.Report("bad-number", "", "expected more than 0 pages")
	book.Pages.Report("bad-number", "buy another one", "expected more than 0 pages")
	book.Title.Report("bad-name", "", "expected a shorter title")
	book.Pages.Report("too-large", "", "expected fewer pages")
	var got []string
	for _, d := range l {
		got = append(got, d.Hint)
	}
	if want := []string{"write it like this: pages: 3", "buy another one", "", ""}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if at := book.Node; at.Example("pages") != "pages: 3" || at.Example("title") != "" {
		t.Error("the example of a key of the mapping is another one")
	}
}
