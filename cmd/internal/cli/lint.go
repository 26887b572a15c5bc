package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/render"
	"github.com/spf13/cobra"
)

// lintOptions are the flags of the verb.
type lintOptions struct {
	repository string
	list       bool
	timeout    time.Duration
}

func lintCommand() *cobra.Command {
	var o lintOptions
	c := &cobra.Command{
		Use:   "lint [DIR]",
		Short: "Find what is wrong in a platform that renders",
		Long: `Lint reads the applications.yml in DIR (default: here), renders the platform and what its applications deploy, and prints
what its rules find, each at the line to change. It exits with 0 when there is nothing to find, with 1 when there is, and with 2
when the platform does not render.`,
		Example: `  roster lint                    the platform in this folder
  roster lint --list             the rules`,
		Args:              atMostOneFolder,
		ValidArgsFunction: folders,
	}
	c.Flags().StringVar(&o.repository, "repository", "", "the repository's root, when the folder is not in a Git checkout")
	c.Flags().BoolVar(&o.list, "list", false, "list the rules, with their severity")
	c.Flags().DurationVar(&o.timeout, "timeout", time.Minute, "how long rendering one application may take")
	c.RunE = func(c *cobra.Command, args []string) error {
		if o.list {
			return listRules(c.OutOrStdout())
		}
		in, err := load(folderOf(args), o.repository, c.ErrOrStderr())
		if err != nil {
			return err
		}
		findings, err := o.findings(in, c.ErrOrStderr())
		if err != nil {
			return err
		}
		var diags diag.List
		for _, f := range findings {
			diags.Add(f.Diagnostic)
		}
		in.seenFromFolder(diags)
		if err := diags.Print(c.OutOrStdout(), in.shown); err != nil {
			return err
		}
		if len(findings) > 0 {
			return errFindings
		}
		return nil
	}
	return c
}

func listRules(w io.Writer) error {
	var b strings.Builder
	for _, r := range lint.Rules() {
		fmt.Fprintf(&b, "%-8s %-32s %s\n", r.Severity, r.Name, r.Summary)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// findings are what the rules find in the platform and in what its applications deploy.
func (o *lintOptions) findings(in *input, stderr io.Writer) ([]lint.Finding, error) {
	all := apps(in.platform)
	yields, _, err := workloads(in, all, o.timeout, stderr)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(in.repository)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	l := &lint.Input{Platform: in.platform, Objects: render.Build(in.platform), Repository: root.FS()}
	for i, a := range all {
		for _, y := range yields[i] {
			l.Workloads = append(l.Workloads, &lint.Object{Object: y.Object, Entry: a.namespace, Application: a.Application, Pos: y.pos})
		}
	}
	return lint.Run(l, lint.Options{Today: time.Now()}).Findings, nil
}
