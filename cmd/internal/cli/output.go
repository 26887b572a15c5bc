package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/rules"
	"github.com/hippotion/roster/internal/outdir"
	"github.com/hippotion/roster/internal/outfile"
	"github.com/hippotion/roster/internal/report"
	"github.com/hippotion/roster/render"
)

// untrusted are the folders that a verb reads: the links in them are unknown.
func untrusted(dir, repository string) []string {
	if repository == "" {
		return []string{dir}
	}
	return []string{dir, repository}
}

// writeFolder writes one file per object into the folder of that name, and removes files of earlier runs that are stale.
func writeFolder(name string, groups []outdir.Group, some bool, dir, repository string) error {
	if !slices.ContainsFunc(groups, func(g outdir.Group) bool { return len(g.Objects) > 0 }) {
		return render.ErrNothing
	}
	out, err := outfile.Folder(name, untrusted(dir, repository)...)
	if err != nil {
		return err
	}
	defer out.Close()
	if err := outdir.Write(out, groups, some, render.Encoder()); err != nil {
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
	files := map[string][]lint.Finding{}
	for _, f := range l.Findings {
		if rules.All().Fixable(f.Code) {
			files[f.Pos.File] = append(files[f.Pos.File], f)
		}
	}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		var failed error
		changed, err := outfile.Edit(root, file, func(data []byte) ([]byte, bool) {
			text, added, err := l.extend(file, data, files[file], stderr)
			failed = err
			text, removed := lint.Fix(text)
			return text, err == nil && (added || removed)
		})
		switch link := (*outfile.LinkError)(nil); {
		case errors.As(err, &link):
			_, _ = fmt.Fprintf(stderr, "not fixed: %v\n", err)
		case err != nil:
			return err
		case failed != nil:
			return failed
		case changed:
			_, _ = fmt.Fprintf(stderr, "fixed: %s\n", file)
		}
	}
	return nil
}

// mostTrials is how often the list is read to find out which additions it takes.
const mostTrials = 64

// extend adds what findings say is missing, as far as the list has no mistake then: an application that is made to wait for another one
// may close a circle. What is left out is listed on stderr.
func (l *looked) extend(file string, data []byte, findings []lint.Finding, stderr io.Writer) (_ []byte, changed bool, err error) {
	findings = slices.DeleteFunc(slices.Clone(findings), func(f lint.Finding) bool { return f.Missing == nil })
	var taken []lint.Addition
	extended, trials := data, 0
	var try func([]lint.Finding) error
	try = func(some []lint.Finding) error {
		all := slices.Clone(taken)
		for _, f := range some {
			all = append(all, *f.Missing)
		}
		if trials++; trials <= mostTrials {
			if text, ok := lint.Extend(data, all); ok {
				switch ok, err := l.place.Accepts(path.Join(l.Root, file), text); {
				case err != nil:
					return err
				case ok:
					taken, extended = all, text
					return nil
				}
			}
		}
		if half := len(some) / 2; half > 0 && trials < mostTrials {
			if err := try(some[:half]); err != nil {
				return err
			}
			return try(some[half:])
		}
		for _, f := range some {
			_, _ = fmt.Fprintf(stderr, "not fixed: %v: %s: [%s] cannot be added there without a mistake\n", l.Frame.Seen(f.Pos), f.Missing.Key, strings.Join(f.Missing.Values, ", "))
		}
		return nil
	}
	if len(findings) > 0 {
		err = try(findings)
	}
	if err != nil {
		return data, false, err
	}
	return extended, len(taken) > 0, nil
}
