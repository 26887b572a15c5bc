package cli

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hippotion/roster/internal/buildversion"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/inspection"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/rules"
	"github.com/hippotion/roster/internal/report"
	"github.com/spf13/cobra"
)

// lintOptions are the flags of the verb.
type lintOptions struct {
	repository, format, output, severity string
	rules                                []string
	baseline, writeBaseline              string
	fix, list, noCache                   bool
	timeout                              time.Duration
	maxFindings                          int
}

func lintCommand() *cobra.Command {
	var o lintOptions
	c := &cobra.Command{
		Use:   "lint [DIR]",
		Short: "Find mistakes before anything reaches a cluster",
		Long: `Lint reads the applications.yml in DIR (default: here), renders the platform and what its applications deploy, and reports what
is wrong: all that makes a render fail, and what its rules find. Each finding is at the line to change. An application that cannot be
rendered, or was not fetched, is one finding: what it deploys is unknown, and everything else is checked.

It exits with 0 when it finds nothing, with 1 when it finds something, and with 2 when it could not check. roster help RULE
explains a rule. lint in platform.yml turns rules off, and a comment waives a finding at its line:

  # lint:ignore RULE REASON [until YYYY-MM-DD]`,
		Example: `  roster lint                                the platform in this folder
  roster lint --list                         the rules
  roster lint --format sarif --output lint.sarif
  roster lint --write-baseline lint.json     accept what exists ...
  roster lint --baseline lint.json           ... and find only what is new
  roster lint --fix                          remove what only live objects have, and add what the list lacks`,
		Args:              atMostOneFolder,
		ValidArgsFunction: folders,
	}
	f := c.Flags()
	f.StringVar(&o.repository, "repository", "", "the repository's root, when the folder is not in a Git checkout")
	f.StringVar(&o.format, "format", "text", strings.Join(report.Formats(), ", "))
	f.StringVar(&o.output, "output", "", "write the findings into this file")
	f.StringVar(&o.severity, "severity", string(lint.Warning), "the lowest severity that is shown and fails: error, warning, info")
	f.StringSliceVar(&o.rules, "rules", nil, "only these rules")
	f.StringVar(&o.baseline, "baseline", "", "leave out the findings in this file")
	f.StringVar(&o.writeBaseline, "write-baseline", "", "write the findings into this file as a baseline, and exit with 0")
	f.BoolVar(&o.fix, "fix", false, "fix the files, where a rule can")
	f.BoolVar(&o.list, "list", false, "list the rules")
	f.DurationVar(&o.timeout, "timeout", fleet.Minutes, "how long the whole run may take")
	f.IntVar(&o.maxFindings, "max-findings", report.MaxFindings, "how many findings of one rule are written; 0 writes all; all are counted")
	noCache(c, &o.noCache)
	complete(c, "format", report.Formats())
	complete(c, "rules", rules.All().Names())
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

// oneOf reports a word of a flag that is none of those that it may have.
func oneOf(flag, word string, words []string) error {
	if slices.Contains(words, word) {
		return nil
	}
	return fmt.Errorf("%s: there is no %q\n  hint: %s", flag, word, diag.DidYouMean(word, words))
}

func severities() []string {
	var out []string
	for _, s := range lint.Severities() {
		out = append(out, string(s))
	}
	return out
}

// check reports flags without a meaning.
func (o *lintOptions) check() error {
	errs := []error{oneOf("--format", o.format, report.Formats()), oneOf("--severity", o.severity, severities())}
	for _, r := range o.rules {
		errs = append(errs, oneOf("--rules", r, rules.All().Names()))
	}
	if o.baseline != "" && o.writeBaseline != "" {
		errs = append(errs, errors.New("--baseline and --write-baseline exclude each other"))
	}
	if len(o.rules) > 0 && o.writeBaseline != "" { // findings of other rules would be lost
		errs = append(errs, errors.New("--rules and --write-baseline exclude each other"))
	}
	if o.maxFindings < 0 {
		errs = append(errs, errors.New("--max-findings must not be negative: 0 writes all findings"))
	}
	if o.timeout <= 0 {
		errs = append(errs, errNoTime)
	}
	return errors.Join(errs...)
}

func listRules(w io.Writer) error {
	var b strings.Builder
	for _, r := range rules.All() {
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

// run checks, fixes what it may, and prints what is left.
func (o *lintOptions) run(dir string, stdout, stderr io.Writer) error {
	l, err := o.look(dir, stderr)
	if err != nil {
		return err
	}
	if o.fix {
		if err := l.mend(stderr); err != nil {
			return err
		}
		if l, err = o.look(dir, stderr); err != nil {
			return err
		}
	}
	r := l.report(o)
	if o.writeBaseline != "" {
		return o.write(o.writeBaseline, dir, func(w io.Writer) error { return report.WriteBaseline(w, r.Findings) })
	}
	if o.baseline != "" {
		if err := o.known(&r, dir); err != nil {
			return err
		}
	}
	least := slices.Index(severities(), o.severity)
	r.Findings = slices.DeleteFunc(r.Findings, func(f report.Finding) bool { return slices.Index(severities(), string(f.Severity)) > least })
	print := func(w io.Writer) error { return report.Write(w, o.format, &r) }
	if o.format == "text" {
		stdout = onPaper(stdout)
	}
	if o.output != "" {
		err = o.write(o.output, dir, print)
	} else {
		err = print(stdout)
	}
	switch {
	case err != nil:
		return err
	case l.Unread:
		return errReported
	case len(r.Findings) > 0:
		return errFindings
	}
	return nil
}

// looked is what was found.
type looked struct {
	inspection.Result
	place      fleet.Place
	repository string // the absolute path of its root
}

// look finds everything that is wrong with the platform in dir.
func (o *lintOptions) look(dir string, stderr io.Writer) (*looked, error) {
	place, err := fleet.Find(dir, o.repository)
	if err != nil {
		return nil, err
	}
	sources, err := fetched(place, o.repository, stderr)
	if err != nil {
		return nil, err
	}
	found, err := inspection.Supervised(inspection.Input{Place: place, Sources: sources, Rendered: keeping(o.noCache), Only: o.rules, Today: time.Now(), Timeout: o.timeout})
	return &looked{found, place, filepath.Join(place.Top, filepath.FromSlash(found.Root))}, err
}

// report is what is written about it.
func (l *looked) report(o *lintOptions) report.Report {
	applied := slices.DeleteFunc(rules.All(), func(r *lint.Rule) bool { return len(o.rules) > 0 && !slices.Contains(o.rules, r.Name) })
	return report.Report{Tool: "roster", Version: buildversion.String(), Frame: l.Frame, Root: l.Root, Rules: applied, Most: o.maxFindings, Findings: report.Fingerprint(l.Findings),
		Summary: report.Summary{Checked: l.Checked, Skipped: l.Skipped, Waived: l.Waived}}
}
