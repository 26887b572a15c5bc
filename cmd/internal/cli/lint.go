package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/hippotion/roster/internal/atomicfile"
	"github.com/hippotion/roster/internal/buildversion"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/report"
	"github.com/hippotion/roster/render"
	"github.com/spf13/cobra"
)

// lintOptions are the flags of the verb.
type lintOptions struct {
	repository, format, output, severity string
	rules                                []string
	baseline, writeBaseline              string
	fix, list                            bool
	timeout                              time.Duration
}

func lintCommand() *cobra.Command {
	var o lintOptions
	c := &cobra.Command{
		Use:   "lint [DIR]",
		Short: "Find what is wrong, before anything reaches a cluster",
		Long: `Lint reads the applications.yml in DIR (default: here), renders the platform and what its applications deploy, and says what is
wrong: all that makes a render fail, and what its rules find. Each finding is at the line to change. Charts and folders that are
not in this repository are not looked into; the summary counts them.

It exits with 0 when there is nothing to find, with 1 when there is, and with 2 when it could not look. roster help RULE says what
a rule is about. lint in platform.yml turns rules off, and a comment waives a finding at its line:

  # lint:ignore RULE REASON [until YYYY-MM-DD]`,
		Example: `  roster lint                                the platform in this folder
  roster lint --list                         the rules
  roster lint --format sarif --output lint.sarif
  roster lint --write-baseline lint.json     take what there is for granted ...
  roster lint --baseline lint.json           ... and find what is new
  roster lint --fix                          remove what only live objects have`,
		Args:              atMostOneFolder,
		ValidArgsFunction: folders,
	}
	f := c.Flags()
	f.StringVar(&o.repository, "repository", "", "the repository's root, when the folder is not in a Git checkout")
	f.StringVar(&o.format, "format", "text", strings.Join(report.Formats(), ", "))
	f.StringVar(&o.output, "output", "", "write the findings into this file")
	f.StringVar(&o.severity, "severity", string(lint.Warning), "the least severity that is shown, and fails: error, warning, info")
	f.StringSliceVar(&o.rules, "rules", nil, "only these rules")
	f.StringVar(&o.baseline, "baseline", "", "leave out the findings in this file")
	f.StringVar(&o.writeBaseline, "write-baseline", "", "write what is found into this file, and exit with 0")
	f.BoolVar(&o.fix, "fix", false, "change the files, where a rule knows how")
	f.BoolVar(&o.list, "list", false, "list the rules")
	f.DurationVar(&o.timeout, "timeout", time.Minute, "how long rendering one application may take")
	complete(c, "format", report.Formats())
	complete(c, "rules", lint.Names())
	complete(c, "severity", severities())
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := o.check(); err != nil {
			return err
		}
		if o.list {
			return listRules(c.OutOrStdout())
		}
		return o.run(folderOf(args), c.OutOrStdout(), c.ErrOrStderr())
	}
	return c
}

// complete offers words for a flag.
func complete(c *cobra.Command, flag string, words []string) {
	err := c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	if err != nil {
		panic(err) // there is no such flag, which the first test finds
	}
}

func severities() []string {
	var out []string
	for _, s := range lint.Severities() {
		out = append(out, string(s))
	}
	return out
}

// check reports flags that mean nothing.
func (o *lintOptions) check() error {
	one := func(flag, word string, words []string) error {
		if slices.Contains(words, word) {
			return nil
		}
		return fmt.Errorf("%s: there is no %q\n  hint: %s", flag, word, diag.DidYouMean(word, words))
	}
	errs := []error{one("--format", o.format, report.Formats()), one("--severity", o.severity, severities())}
	for _, r := range o.rules {
		errs = append(errs, one("--rules", r, lint.Names()))
	}
	if o.baseline != "" && o.writeBaseline != "" {
		errs = append(errs, errors.New("--baseline and --write-baseline exclude each other"))
	}
	if len(o.rules) > 0 && o.writeBaseline != "" { // what the other rules have found would be lost
		errs = append(errs, errors.New("--rules and --write-baseline exclude each other"))
	}
	if o.timeout <= 0 {
		errs = append(errs, errors.New("--timeout must be longer than nothing"))
	}
	return errors.Join(errs...)
}

func listRules(w io.Writer) error {
	var b strings.Builder
	for _, r := range lint.Rules() {
		severity := string(r.Severity)
		if r.Strict {
			severity += "*"
		}
		fmt.Fprintf(&b, "%-9s %-32s %s\n", severity, r.Name, r.Summary)
	}
	b.WriteString("\n* with lint: {strict: true} in platform.yml only\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// run looks, mends what it may, and prints what is left.
func (o *lintOptions) run(dir string, stdout, stderr io.Writer) error {
	l, err := o.look(dir)
	if err != nil {
		return err
	}
	if o.fix {
		fixed, err := l.mend()
		for _, file := range fixed {
			_, _ = fmt.Fprintf(stderr, "fixed: %s\n", file)
		}
		if err != nil {
			return err
		}
		if l, err = o.look(dir); err != nil {
			return err
		}
	}
	r := l.report
	r.Findings = report.Fingerprint(l.findings)
	if o.writeBaseline != "" {
		return o.write(o.writeBaseline, func(w io.Writer) error { return report.WriteBaseline(w, r.Findings) })
	}
	if o.baseline != "" {
		if err := o.known(&r); err != nil {
			return err
		}
	}
	least := slices.Index(severities(), o.severity)
	r.Findings = slices.DeleteFunc(r.Findings, func(f report.Finding) bool { return slices.Index(severities(), string(f.Severity)) > least })
	print := func(w io.Writer) error { return report.Write(w, o.format, &r) }
	if o.output != "" {
		err = o.write(o.output, print)
	} else {
		err = print(stdout)
	}
	if err == nil && len(r.Findings) > 0 {
		err = errFindings
	}
	return err
}

// write replaces a file, or writes into what is none, such as /dev/stdout, a pipe, or what a link leads to.
func (o *lintOptions) write(file string, text func(io.Writer) error) error {
	var b bytes.Buffer
	if err := text(&b); err != nil {
		return err
	}
	if info, err := os.Lstat(file); err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(file, b.Bytes(), 0o644)
	}
	return atomicfile.Write(file, b.Bytes(), 0o644)
}

// known leaves out what the baseline has.
func (o *lintOptions) known(r *report.Report) error {
	data, err := os.ReadFile(o.baseline)
	if err != nil {
		return fmt.Errorf("reading the baseline: %w", err)
	}
	b, err := report.ReadBaseline(data)
	if err != nil {
		return fmt.Errorf("%s: %w", o.baseline, err)
	}
	r.Findings, r.Summary.Baselined, r.Summary.Stale = b.Apply(r.Findings, o.rules)
	return nil
}

// looked is what was found.
type looked struct {
	report     report.Report
	repository string         // the absolute path of its root
	findings   []lint.Finding // at places seen from the repository's root
}

// look finds everything that is wrong with the platform in dir.
func (o *lintOptions) look(dir string) (*looked, error) {
	in, diags, err := open(dir, o.repository)
	if err != nil {
		return nil, err
	}
	within := in.within
	if in.platform != nil {
		within = in.platform.Repository.Folder
	}
	l := &looked{repository: in.repository, report: report.Report{Tool: "roster", Version: buildversion.String(), Folder: in.shown, Within: within, Root: in.root,
		Rules: o.applied(), Summary: report.Summary{Skipped: map[string]int{}}}}
	for _, d := range diags { // seen from the folder
		d.Pos.File = path.Join(within, d.Pos.File)
		for i := range d.Related {
			d.Related[i].Pos.File = path.Join(within, d.Related[i].Pos.File)
		}
		l.add(lint.Error, d)
	}
	if in.platform != nil {
		if err := o.lookAt(in, l); err != nil {
			return nil, err
		}
	}
	l.findings = lint.Sorted(l.findings)
	return l, nil
}

func (l *looked) add(severity lint.Severity, diags ...diag.Diagnostic) {
	for _, d := range diags {
		l.findings = append(l.findings, lint.Finding{Diagnostic: d, Severity: severity})
	}
}

// applied are the rules that are looked for.
func (o *lintOptions) applied() []*lint.Rule {
	return slices.DeleteFunc(lint.Rules(), func(r *lint.Rule) bool { return len(o.rules) > 0 && !slices.Contains(o.rules, r.Name) })
}

// lookAt renders a platform, and applies the rules.
func (o *lintOptions) lookAt(in *input, l *looked) error {
	all := apps(in.platform)
	yields, err := renderWorkloads(in, all, o.timeout)
	if err != nil {
		return err
	}
	l.add(lint.Error, yields.diags...)
	l.add(lint.Warning, yields.warnings...)
	for _, a := range yields.elsewhere {
		l.report.Summary.Skipped["not rendered here: "+a.Elsewhere]++
	}
	root, err := os.OpenRoot(in.repository)
	if err != nil {
		return err
	}
	defer root.Close()
	what := &lint.Input{Platform: in.platform, Objects: render.Build(in.platform), Repository: root.FS()}
	for i, a := range all {
		for _, y := range yields.yields[i] {
			what.Workloads = append(what.Workloads, &lint.Object{Object: y.Object, Entry: a.namespace, Application: a.Application, Pos: y.pos})
		}
	}
	found := lint.Run(what, lint.Options{Today: time.Now(), Only: o.rules})
	l.findings = append(l.findings, found.Findings...)
	l.add(lint.Error, found.Mistakes...)
	l.report.Summary.Checked, l.report.Summary.Waived = len(what.Objects)+len(what.Workloads), found.Waived
	for kind, n := range found.Unchecked {
		l.report.Summary.Skipped["no schema for "+kind] += n
		l.report.Summary.Checked -= n
	}
	return nil
}

// mend changes the files in which a rule has found something that can be mended, and returns them. Nothing outside of the
// repository is written.
func (l *looked) mend() ([]string, error) {
	if l.repository == "" { // the platform could not be read, so no rule has looked
		return nil, nil
	}
	root, err := os.OpenRoot(l.repository)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var seen, fixed []string
	for _, f := range l.findings {
		if !lint.Fixable(f.Code) || slices.Contains(seen, f.Pos.File) {
			continue
		}
		seen = append(seen, f.Pos.File)
		data, err := fs.ReadFile(root.FS(), f.Pos.File)
		if err != nil {
			return fixed, err
		}
		if text, changed := lint.Fix(data); changed {
			if err := root.WriteFile(f.Pos.File, text, 0o644); err != nil { // which keeps the mode
				return fixed, err
			}
			fixed = append(fixed, f.Pos.File)
		}
	}
	return fixed, nil
}
