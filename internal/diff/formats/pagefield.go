package formats

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/diff/fields"
)

// pageBounds are how much of a field is in the page.
var pageBounds = bounds{rows: 2000, bytes: 4000}

// table are fields of an object.
type table struct {
	Caption string
	Whole   bool // whether it is all that an object has, on one side
	Fields  []fields.Difference
	long    bool // whether it is in a page with many others
}

// Table are the fields that mean something; nil when there are none.
func (o *pageObject) Table() *table { return o.table(o.Loud(), string(o.Sort)) }

// Noise are the fields that mean nothing; nil when there are none.
func (o *pageObject) Noise() *table {
	return o.table(slices.DeleteFunc(slices.Clone(o.Fields), func(d fields.Difference) bool { return d.Noise == "" }), "with noise")
}

// table is nil when there are no fields.
func (o *pageObject) table(of []fields.Difference, what string) *table {
	if len(of) == 0 {
		return nil
	}
	return &table{number(len(of), "field", "fields") + " " + what, o.Sort != diff.Changed, of, o.page.Long()}
}

// pageField is a field that differs, as a part of a table.
type pageField struct {
	Change fields.Change
	Path   []string // in parts between which a line may end
	Noise  string
	Text   bool // whether it has several lines
	Chunks []chunk
}

// chunk is a row of that table: lines that differ, on both sides, or those around them, or a remark.
type chunk struct {
	Before, After []span // a span for each line
	Same          []string
	Note          string
}

// span is a line, and the part of it that differs from its counterpart.
type span struct{ Begin, Mark, End string }

func (s span) String() string { return s.Begin + s.Mark + s.End }

// Printed is a difference as the page prints it, made when it does.
func (t *table) Printed(d fields.Difference) pageField {
	out := pageField{Change: d.Change, Path: t.parted(text(d.Path.String())), Noise: diag.Visible(d.Noise)}
	last := ' '
	for _, r := range rows(d, pageBounds) {
		if len(out.Chunks) == 0 || r.Sign != last && (last == ' ' || r.Sign != '+') {
			out.Chunks = append(out.Chunks, chunk{})
		}
		c := &out.Chunks[len(out.Chunks)-1]
		switch last = r.Sign; r.Sign {
		case '-':
			c.Before = append(c.Before, span{Begin: r.Text})
		case '+':
			c.After = append(c.After, span{Begin: r.Text})
		case ' ':
			c.Same = append(c.Same, r.Text)
		default:
			c.Note = r.Text
		}
	}
	for i := range out.Chunks {
		out.Chunks[i].mark()
	}
	out.Text = len(out.Chunks) > 1 || len(out.Chunks) == 1 && max(len(out.Chunks[0].Before), len(out.Chunks[0].After)) > 1
	return out
}

// parted is a path in parts: the elements of lists begin one. In a long page it is whole, for a browser has enough to do there.
func (t *table) parted(path string) []string {
	var out []string
	if t.long && path != "" {
		return []string{path}
	}
	for path != "" {
		end := strings.IndexByte(path[1:], '[') + 1
		if end == 0 {
			end = len(path)
		}
		out, path = append(out, path[:end]), path[end:]
	}
	return out
}

// mark finds what differs within lines, where as many were removed as were added.
func (c *chunk) mark() {
	if len(c.Before) != len(c.After) {
		return
	}
	for i := range c.Before {
		c.Before[i], c.After[i] = marked(c.Before[i].Begin, c.After[i].Begin)
	}
}

// marked are two lines with what differs between them, in whole words. Those that have little in common are left as they are.
func marked(a, b string) (span, span) {
	begin := 0
	for begin < min(len(a), len(b)) && a[begin] == b[begin] {
		begin++
	}
	end := 0
	for end < min(len(a), len(b))-begin && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	begin = wordBegin(a[:begin])
	end -= wordEnd(a[len(a)-end:])
	if begin+end == 0 || 3*(begin+end) < min(len(a), len(b)) {
		return span{Begin: a}, span{Begin: b}
	}
	return span{a[:begin], a[begin : len(a)-end], a[len(a)-end:]}, span{b[:begin], b[begin : len(b)-end], b[len(b)-end:]}
}

// wordBegin is where the word begins at which a text ends, or is cut.
func wordBegin(text string) int {
	return len(strings.TrimRightFunc(text, inWord))
}

// wordEnd is the length of the word with which a text begins, or of what is left of a character.
func wordEnd(text string) int {
	return len(text) - len(strings.TrimLeftFunc(text, inWord))
}

func inWord(r rune) bool { return r == utf8.RuneError || unicode.IsLetter(r) || unicode.IsDigit(r) }

// One reports whether there is a single value, of many lines or of one, and which.
func (c chunk) One() string {
	var b strings.Builder
	for i, s := range append(c.Before, c.After...) {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(s.String())
	}
	return b.String()
}
