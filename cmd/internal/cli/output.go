package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/outdir"
	"github.com/hippotion/roster/internal/outfile"
	"github.com/hippotion/roster/internal/report"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
)

// untrusted are the folders that a verb reads: the links in them are unknown.
func untrusted(dir, repository string) []string {
	if repository == "" {
		return []string{dir}
	}
	return []string{dir, repository}
}

// writeFolder writes one file per object into the folder of that name, and removes files of earlier runs that are stale.
func writeFolder(name string, objects []object.Object, dir, repository string) error {
	if len(objects) == 0 {
		return render.ErrNothing
	}
	out, err := outfile.Folder(name, untrusted(dir, repository)...)
	if err != nil {
		return err
	}
	defer out.Close()
	if err := outdir.Write(out, objects); err != nil {
		return fmt.Errorf("writing into %s: %w", name, err)
	}
	return nil
}

// write writes a text into the file of that name, at once and whole.
func (o *lintOptions) write(name, dir string, text func(io.Writer) error) error {
	var b bytes.Buffer
	if err := text(&b); err != nil {
		return err
	}
	return outfile.Write(name, b.Bytes(), untrusted(dir, o.repository)...)
}

// longestBaseline is far more than lint ever finds: 64 MiB are some 200,000 findings.
const longestBaseline = 64 << 20

// known leaves out what the baseline has.
func (o *lintOptions) known(r *report.Report, dir string) error {
	data, err := outfile.Read(o.baseline, longestBaseline, untrusted(dir, o.repository)...)
	if err != nil {
		return fmt.Errorf("the baseline: %w", err)
	}
	b, err := report.ReadBaseline(data)
	if err != nil {
		return fmt.Errorf("%s: %w", o.baseline, err)
	}
	r.Findings, r.Summary.Baselined, r.Summary.Stale = b.Apply(r.Findings, o.rules)
	return nil
}

// mend changes the files in which a rule has found something that it can fix, and lists them on stderr. The target of a symbolic link
// stays: it may be anywhere, and belong to someone else.
func (l *looked) mend(stderr io.Writer) error {
	root, err := os.OpenRoot(l.repository)
	if err != nil {
		return err
	}
	defer root.Close()
	var seen []string
	for _, f := range l.Findings {
		if !lint.Fixable(f.Code) || slices.Contains(seen, f.Pos.File) {
			continue
		}
		seen = append(seen, f.Pos.File)
		changed, err := outfile.Edit(root, f.Pos.File, lint.Fix)
		switch link := (*outfile.LinkError)(nil); {
		case errors.As(err, &link):
			_, _ = fmt.Fprintf(stderr, "not fixed: %v\n", err)
		case err != nil:
			return err
		case changed:
			_, _ = fmt.Fprintf(stderr, "fixed: %s\n", f.Pos.File)
		}
	}
	return nil
}
