package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/buildversion"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/diff"
	"github.com/hippotion/roster/internal/diff/formats"
	"github.com/hippotion/roster/internal/diff/kinds"
	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/limited"
	"github.com/hippotion/roster/internal/outfile"
	"github.com/spf13/cobra"
)

// diffOptions are the flags of the verb.
type diffOptions struct {
	repository, base, baseRoster string
	format, output, page         string
	failOn                       []string
	lint, whole, list, noCache   bool
	timeout                      time.Duration
}

func diffCommand() *cobra.Command {
	var o diffOptions
	c := &cobra.Command{
		Use:   "diff [REV | REV..REV | REV...REV] [DIR]",
		Short: "Say what a change does, before Argo CD does it",
		Long: `Diff renders the list in DIR (default: here) as it was and as it is, and says what the change does in the cluster: what is deleted and lost with
it, which hosts become public, which flows are opened, who may do more, what restarts; then which fields of which objects differ, and what could not be
compared.

It compares a revision of Git with the working tree, the files as they are, committed or not: without REV, the merge base of HEAD with the default
branch. With REV..REV it compares two revisions, and with REV...REV the second one with the merge base of both. Revisions are read from Git's objects: nothing is checked out, and no hook, filter or
submodule runs. --base DIR compares two folders, and --base-roster PROGRAM another version of roster with this one.

It exits with 0 when nothing differs, with 1 when something does, with 2 when a list or what it refers to is wrong, and with 3 when nothing is known to differ,
but not all could be compared. With --fail-on it exits with 1 only if the change does one of these, and with 3 if that is not known of all; --list lists them.
With --fail-on nothing it exits with 0 whatever the change does.`,
		Example: `  roster diff                                 what this branch does
  roster diff HEAD                            what is not committed yet
  roster diff HEAD~1                          and the last commit
  roster diff main..feature infra             two branches, of the list in infra
  roster diff --base ../before                two folders
  roster diff --fail-on delete,public,flow-opened,privilege
  roster diff --format html --output diff.html
  roster diff --lint --format markdown        a comment for a merge request, with findings
  roster diff --base-roster ./roster-1.4      what an upgrade of roster changes`,
		Args:              o.arguments,
		ValidArgsFunction: o.offered,
	}
	f := c.Flags()
	f.StringVar(&o.repository, "repository", "", "the repository's root, when the folder is not in a Git checkout")
	f.StringVar(&o.base, "base", "", "compare with the list in this folder")
	f.StringVar(&o.baseRoster, "base-roster", "", "compare with what this program, another version of roster, renders")
	f.StringVar(&o.format, "format", "text", strings.Join(formats.Formats(), ", "))
	f.StringVar(&o.output, "output", "", "write the result into this file")
	f.StringVar(&o.page, "page", "", "the address of the whole result, which a comment that is too long names")
	f.StringSliceVar(&o.failOn, "fail-on", nil, "exit with 1 only when the change does one of these, such as delete,public,flow-opened,privilege")
	f.BoolVar(&o.lint, "lint", false, "also tell which findings of lint the change brings, and which it mends")
	f.BoolVar(&o.whole, "whole", false, "print all of what is created and deleted, and everything that differs")
	f.BoolVar(&o.list, "list", false, "list what a change may do, for --fail-on")
	f.DurationVar(&o.timeout, "timeout", fleet.Minutes, "how long the whole run may take")
	noCache(c, &o.noCache)
	complete(c, "format", formats.Formats())
	complete(c, "fail-on", append(words(), nothing))
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := o.check(); err != nil {
			return err
		}
		if o.list {
			return listKinds(c.OutOrStdout())
		}
		return o.run(args, c.OutOrStdout(), c.ErrOrStderr())
	}
	return c
}

// nothing is what --fail-on names for an exit code that does not depend on what the change does.
const nothing = "nothing"

// words are what --fail-on may name of a change.
func words() []string {
	var out []string
	for _, k := range kinds.All() {
		out = append(out, k.Words...)
	}
	return out
}

func listKinds(w io.Writer) error {
	var b strings.Builder
	for _, k := range kinds.All() {
		fmt.Fprintf(&b, "%-44s %s\n", strings.Join(k.Words, ", "), k.Summary)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// arguments are revisions and a folder, each at most once.
func (o *diffOptions) arguments(_ *cobra.Command, args []string) error {
	switch {
	case len(args) > 2:
		return fmt.Errorf("expected a revision and a folder, found %d arguments\n  hint: two revisions are one argument, such as main..feature", len(args))
	case len(args) == 2 && o.base != "":
		return errors.New("--base compares two folders: no revision\n  hint: roster diff --base DIR [DIR]")
	case len(args) == 2 && o.baseRoster != "":
		return errors.New("--base-roster compares two versions of roster on the files of one folder: no revision\n  hint: roster diff --base-roster PROGRAM [DIR]")
	case o.base != "" && o.baseRoster != "":
		return errors.New("--base and --base-roster exclude each other")
	case o.lint && o.baseRoster != "":
		return errors.New("--lint and --base-roster exclude each other: lint is about files, and these do not differ")
	}
	return nil
}

// check reports flags without a meaning.
func (o *diffOptions) check() error {
	errs := []error{oneOf("--format", o.format, formats.Formats())}
	for _, w := range o.failOn {
		errs = append(errs, oneOf("--fail-on", w, append(words(), nothing)))
	}
	if name := filepath.Base(o.output); name == catalog.ApplicationsFile || name == catalog.PlatformFile {
		errs = append(errs, fmt.Errorf("--output would replace %s, which is compared\n  hint: name another file, such as diff.html", name))
	}
	if o.timeout <= 0 {
		errs = append(errs, errNoTime)
	}
	return errors.Join(errs...)
}

// run compares, and prints what it finds.
func (o *diffOptions) run(args []string, stdout, stderr io.Writer) error {
	ctx, cancel := context.WithTimeout(context.Background(), o.timeout)
	defer cancel()
	states, err := o.states(ctx, args)
	if err != nil {
		return err
	}
	both, closer, err := o.sides(ctx, &states, stderr)
	if err != nil {
		return err
	}
	defer closer()
	if objects(both) > manyObjects {
		limited.Spare(true)
	}
	if noList(both[0]) && noList(both[1]) || o.baseRoster != "" && both[1].Clusters == nil { // the argument is wrong, or both have the same mistakes
		if err := both[1].Mistakes.Print(stderr, both[1].Frame); err != nil {
			return err
		}
		return errReported
	}
	r, err := compared(ctx, both)
	if err != nil {
		return err
	}
	if o.lint && !r.Broken[0] && !r.Broken[1] {
		if err := o.findings(ctx, r, &states); err != nil {
			return err
		}
	}
	failed := o.failed(r)
	if err := o.print(r, failed, stdout, &states); err != nil {
		return err
	}
	if branch := states[0].branch; branch != "" && len(r.Consequences)+len(r.Objects) == 0 {
		_, _ = fmt.Fprintf(stderr, "%s has all commits of HEAD, so this is only about what is not committed\n  hint: roster diff HEAD~1 says what the last commit does\n", branch)
	}
	return o.verdict(r, failed)
}

// noList reports whether there is no list.
func noList(s *diff.Side) bool {
	return s.Clusters == nil && !slices.ContainsFunc(s.Mistakes, func(d diag.Diagnostic) bool { return d.Code != "missing-file" })
}

// manyObjects is how many objects of both sides take so much memory that it counts for more than time.
const manyObjects = 50_000

func objects(sides [2]*diff.Side) (n int) {
	for _, s := range sides {
		for _, c := range s.Clusters {
			n += len(c.Objects)
		}
	}
	return n
}

// failed are the words of --fail-on that the change has.
func (o *diffOptions) failed(r *diff.Result) []string {
	return slices.DeleteFunc(slices.Clone(o.failOn), func(w string) bool {
		return !slices.ContainsFunc(r.Consequences, func(c diff.Consequence) bool { return c.Is(w) })
	})
}

// print prints the result to stdout, or into a file.
func (o *diffOptions) print(r *diff.Result, failed []string, stdout io.Writer, states *[2]state) error {
	report := &formats.Report{Result: r, Tool: "roster", Version: buildversion.String(), Failed: failed, Options: formats.Options{
		Root: r.After.Root, Color: o.output == "" && colors(stdout), Whole: o.whole, Key: states[1].place.Dir, Page: o.page}}
	if o.output == "" {
		return formats.Write(stdout, o.format, report) // whose texts control no terminal
	}
	var b bytes.Buffer
	if err := formats.Write(&b, o.format, report); err != nil {
		return err
	}
	return outfile.Write(o.output, b.Bytes(), untrusted(states[1].place.Shown, o.repository)...)
}

// verdict is the end of the verb.
func (o *diffOptions) verdict(r *diff.Result, failed []string) error {
	partial := len(r.NotCompared)+len(r.NotJudged) > 0 && !slices.Equal(o.failOn, []string{nothing})
	switch {
	case r.Broken[0] || r.Broken[1] || len(r.NewMistakes()) > 0:
		return errReported
	case len(failed) > 0, len(o.failOn) == 0 && (len(r.Consequences) > 0 || len(r.Findings) > 0 || slices.ContainsFunc(r.Objects, func(c diff.ObjectChange) bool { return !c.Quiet() })):
		return errFindings
	case partial:
		return errIncomplete
	}
	return nil
}
