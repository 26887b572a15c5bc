// Package report turns what lint has found into text: for people, and for what shows findings in a forge. One file holds one
// format.
//
// The same report gives the same bytes: no clock, no order of a map. It decides neither what is found nor what fails.
package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
)

// Report is what is written.
type Report struct {
	Tool, Version string
	Findings      []Finding    // in order, at places relative to the repository's root
	Rules         []*lint.Rule // that were applied, in order
	// People get file names that are valid from their folder, which the Frame knows. Forges identify files by their place in the checkout:
	// Root is where the repository's root is in it, which is the top unless platform.yml says otherwise.
	Frame   diag.Frame
	Root    string
	Summary Summary
	Most    int // findings of one rule that are written; all when it is 0

	left   []left                // how many more there are, in what is written
	counts map[lint.Severity]int // of all findings, likewise
}

// Summary is what the findings do not tell.
type Summary struct {
	Checked           int            // objects
	Skipped           map[string]int // how many objects or sources could not be checked, by reason
	Waived, Baselined int            // findings that are not shown: waived by a comment, or known to the baseline
	Stale             []Known        // in the baseline, and no longer found
	// Text is what people read at the end, when it is not what lint has checked.
	Text string
}

// formats are all formats. To add one, add its file, and its function here.
var formats = [...]struct {
	name  string
	write func(*bytes.Buffer, *Report) error
}{
	{"text", writeText}, {"json", writeJSON}, {"sarif", writeSARIF}, {"junit", writeJUnit}, {"github", writeGitHub}, {"gitlab", writeGitLab},
}

// Formats are the names of all formats; the first one is for people.
func Formats() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// Write writes the report, at once and whole.
func Write(w io.Writer, format string, r *Report) error {
	for _, f := range formats {
		if f.name == format {
			var b bytes.Buffer
			if err := f.write(&b, r.limited()); err != nil {
				return err
			}
			_, err := w.Write(b.Bytes())
			return err
		}
	}
	return fmt.Errorf("there is no format %q\n  hint: %s", format, diag.DidYouMean(format, Formats()))
}

// count is how many findings have a severity, also of those that are not written.
func (r *Report) count(s lint.Severity) int { return r.counts[s] }

// inRepository is the file of a place, relative to the repository's root. What has none belongs to the list: a forge that gets
// one finding without a file drops all of them.
func (r *Report) inRepository(p diag.Position) string {
	if p.File == "" {
		return path.Join(r.Frame.Within, catalog.ApplicationsFile)
	}
	return p.File
}

// file is the file of a place, relative to the top of the checkout.
func (r *Report) file(p diag.Position) string { return path.Join(r.Root, r.inRepository(p)) }

// skipped are the reasons, the most frequent first.
func (s Summary) skipped() []string {
	var reasons []string
	for reason := range s.Skipped {
		reasons = append(reasons, reason)
	}
	slices.SortFunc(reasons, func(a, b string) int { return cmp.Or(s.Skipped[b]-s.Skipped[a], cmp.Compare(a, b)) })
	return reasons
}

// headline is what is wrong, and where in the document.
func headline(f Finding) string {
	if f.Path == "" {
		return f.Message
	}
	return f.Path + ": " + f.Message
}

// location is the file of a place for a program that opens it: the name itself, which the format must escape. Only what is not UTF-8
// cannot be written in any of them.
func (r *Report) location(p diag.Position) string { return Location(r.file(p)) }

// Location is the name of a file for a program that opens it.
func Location(file string) string {
	if utf8.ValidString(file) {
		return file
	}
	return diag.Visible(file)
}

// JSON prints a value, as the formats of lint do.
func JSON(w io.Writer, v any) error {
	var b bytes.Buffer
	if err := encode(&b, v); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// JSONLine prints a value like JSON, on one line without its end.
func JSONLine(b *bytes.Buffer, v any) error {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	writeEscaped(b, strings.TrimSuffix(text.String(), "\n"))
	return nil
}

// encode writes JSON as people read it: invisible characters are escaped. Texts that people read are made visible before, so that they are
// harmless even where they are shown; only locations keep their characters.
func encode(b *bytes.Buffer, v any) error {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	writeEscaped(b, text.String())
	return nil
}

// writeEscaped writes JSON in which invisible characters are escaped, and what a runner of Azure or GitHub treats as a command anywhere in a line.
// They occur in its strings only.
func writeEscaped(b *bytes.Buffer, text string) {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "##[", `\u0023#[`), "##vso[", `\u0023#vso[`)
	if !strings.ContainsFunc(text, func(r rune) bool { return r >= unicode.MaxASCII }) {
		b.WriteString(text)
		return
	}
	for _, r := range text {
		switch {
		case r < unicode.MaxASCII || diag.Printable(r):
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(b, `\u%04x`, r)
		}
	}
}
