// Package formats prints what a change does: for people, for forges and for programs. One file holds one format.
//
// The same result gives the same bytes: no clock, no order of a map. It decides neither what a change does nor what fails. All that it prints was
// written by somebody else: no text of a list may control a terminal, or become a part of a page.
package formats

import (
	"bytes"
	"fmt"
	"io"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff"
)

// Report is a result, and how it is printed.
type Report struct {
	*diff.Result
	Options
	Tool, Version string
	// Failed are the words of --fail-on that the change has, in the order in which the user wrote them.
	Failed []string
}

// Options are what the caller decides. Their zero value is good for a file.
type Options struct {
	// Root is where the repository's root is in the checkout, by which forges identify files; the top unless platform.yml says otherwise.
	Root  string
	Color bool // for a terminal
	Whole bool // whether text has all that created and deleted objects have, and no bounds
	// Limit is how many bytes a comment in Markdown may have; when it is 0, as many as GitHub accepts.
	Limit int
	// Key tells the comments of several lists in the same repository apart; empty when there is one.
	Key string
	// Page is where the whole difference can be read, such as the address of a job's artifact; empty when nowhere.
	Page string
}

// formats are all formats. To add one, add its file, and its function here.
var formats = [...]struct {
	name  string
	write func(io.Writer, *Report) error
}{
	{"text", whole(writeText)}, {"markdown", whole(writeMarkdown)}, {"html", writeHTML}, {"json", writeJSON}, {"github", writeGitHub}, {"gitlab", writeGitLab},
}

// whole writes a format at once.
func whole(write func(*bytes.Buffer, *Report) error) func(io.Writer, *Report) error {
	return func(w io.Writer, r *Report) error {
		var b bytes.Buffer
		if err := write(&b, r); err != nil {
			return err
		}
		_, err := w.Write(b.Bytes())
		return err
	}
}

// Formats are the names of all formats; the first one is for people.
func Formats() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// Write writes the report.
func Write(w io.Writer, format string, r *Report) error {
	for _, f := range formats {
		if f.name == format {
			return f.write(w, r)
		}
	}
	return fmt.Errorf("there is no format %q\n  hint: %s", format, diag.DidYouMean(format, Formats()))
}
