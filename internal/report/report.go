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
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
)

// Report is what is written.
type Report struct {
	Tool, Version string
	Findings      []Finding    // in order, at places seen from the repository's root
	Rules         []*lint.Rule // that were applied, in order
	// People get file names that work from where they stand, which the Frame knows. Forges know files by their place in the
	// checkout: Root is where the repository's root lies there, which is the top unless platform.yml says otherwise.
	Frame   diag.Frame
	Root    string
	Summary Summary
	Most    int // findings of one rule that are written; all when it is 0

	left   []left                // how many more there are, in what is written
	counts map[lint.Severity]int // of all findings, likewise
}

// Summary is what the findings do not say.
type Summary struct {
	Checked           int            // objects
	Skipped           map[string]int // how many objects or sources could not be looked at, by reason
	Waived, Baselined int            // findings that are not shown: waived by a comment, or known to the baseline
	Stale             []Known        // in the baseline, and no longer found
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

// inRepository is the file of a place, seen from the repository's root. What has none belongs to the list: a forge that gets
// one finding without a file drops all of them.
func (r *Report) inRepository(p diag.Position) string {
	if p.File == "" {
		return path.Join(r.Frame.Within, catalog.ApplicationsFile)
	}
	return p.File
}

// file is the file of a place, seen from the top of the checkout.
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

// visible is text in which each character can be seen: one line, without control characters, and without those that make a
// terminal show another text than is there. Messages quote what others wrote.
func visible(s string) string {
	const joiner = '\u200d' // makes one emoji of several
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case unicode.IsPrint(r) || r == joiner:
			b.WriteRune(r)
		default:
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		s = s[size:]
	}
	return b.String()
}

// encode writes JSON as people read it.
func encode(b *bytes.Buffer, v any) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
