// Package diag holds what roster tells its user about wrong input: the place, what is wrong there, and what to do.
//
// It sorts and prints such messages. It does not decide what is wrong, and it never prints a value that it was not given:
// the reporter decides what of the input may be shown.
package diag

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Position is a place in an input file. Line and Column count from 1; a Line of 0 means the file as a whole.
// File is relative to the repository's root, with forward slashes; Frame shows it to a reader.
type Position struct {
	File         string
	Line, Column int
}

// String gives file:line:column, or the file alone when there is no line.
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Compare orders by file, line and column.
func (p Position) Compare(q Position) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
}

// Related points at a second place that explains a message, such as the first of two equal names.
type Related struct {
	Pos  Position
	Note string
}

// Diagnostic is one mistake in the input.
type Diagnostic struct {
	Pos     Position
	Path    string // where in the document, such as web-ntfy.applications[0].ingress[0]; empty for the whole file
	Code    string // the kind of mistake, such as unknown-field; stable, so that people can search for it
	Message string // what was found and what is expected
	Related []Related
	Hint    string // what to do; may be empty
}

// Identity is what two diagnostics that are the same to a reader have in common.
type Identity struct {
	Pos                 Position
	Path, Code, Message string
}

// Identity is that of d.
func (d Diagnostic) Identity() Identity { return Identity{d.Pos, d.Path, d.Code, d.Message} }

// Compare orders by place, then by text.
func (d Diagnostic) Compare(e Diagnostic) int {
	return cmp.Or(d.Pos.Compare(e.Pos), cmp.Compare(d.Path, e.Path), cmp.Compare(d.Code, e.Code), cmp.Compare(d.Message, e.Message))
}

// Outermost is the key or the name that the path begins with: of the list, the namespace of an entry. It is empty when there is none.
func (d Diagnostic) Outermost() string {
	if i := strings.IndexAny(d.Path, ".["); i >= 0 {
		return d.Path[:i]
	}
	return d.Path
}

// List collects diagnostics. Its zero value is ready for use. It is not safe for concurrent use.
type List []Diagnostic

// Add appends a diagnostic.
func (l *List) Add(d Diagnostic) { *l = append(*l, d) }

// Sorted returns the diagnostics ordered by place, then by text, each once.
func (l List) Sorted() List {
	out := slices.Clone(l)
	slices.SortStableFunc(out, Diagnostic.Compare)
	return slices.CompactFunc(out, func(a, b Diagnostic) bool { return a.Identity() == b.Identity() })
}

// Frame is the folder from which a reader sees the files. The zero Frame shows the names as they are.
type Frame struct {
	Folder string // the folder of applications.yml, as the user named it
	Within string // the same folder, relative to the repository's root
}

// Seen is a place whose file name is valid from the reader's folder.
func (f Frame) Seen(p Position) Position {
	if within := path.Clean(f.Within); within != "." {
		if inside, ok := strings.CutPrefix(p.File, within+"/"); ok {
			p.File = inside
		} else {
			p.File = strings.Repeat("../", 1+strings.Count(within, "/")) + p.File
		}
	}
	p.File = path.Join(f.Folder, p.File)
	return p
}

const (
	// mostPrinted is how many diagnostics of one code are printed, as lint does with its findings: who has more mends the first
	// ones, and sees the next. What Argo CD shows of a mistake that is in each entry must not be megabytes.
	mostPrinted = 100
	// longestPrinted is how many bytes of a text are printed: it may quote what is of any length.
	longestPrinted = 2000
)

// Print writes the diagnostics in order, as a reader in the frame sees them: each text on one line, and with all its characters
// visible. Of each code it writes the first ones, and how many more there are.
func (l List) Print(w io.Writer, frame Frame) error {
	var b strings.Builder
	visible := func(text string) string { return Visible(Beginning(text, longestPrinted)) }
	count := map[string]int{}
	for _, d := range l.Sorted() {
		if count[d.Code]++; count[d.Code] > mostPrinted {
			continue
		}
		b.WriteString(Shown(frame.Seen(d.Pos)))
		b.WriteString(": ")
		if d.Path != "" {
			b.WriteString(visible(d.Path))
			b.WriteString(": ")
		}
		fmt.Fprintf(&b, "%s [%s]\n", visible(d.Message), Visible(d.Code))
		for _, r := range d.Related {
			fmt.Fprintf(&b, "  %s: %s\n", Shown(frame.Seen(r.Pos)), visible(r.Note))
		}
		if d.Hint != "" {
			fmt.Fprintf(&b, "  hint: %s\n", visible(d.Hint))
		}
	}
	for _, code := range slices.Sorted(maps.Keys(count)) {
		if more := count[code] - mostPrinted; more > 0 {
			fmt.Fprintf(&b, "and %s more of %s\n  hint: roster lint --max-findings 0 writes all of them\n", Thousands(more), Visible(code))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Thousands writes a number as people read it.
func Thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
