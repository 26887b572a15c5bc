// Package cli is roster's command line: one file for each verb, and what they share for reading folders and printing.
//
// It decides nothing about the input or the output; see catalog and render.
package cli

import (
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitOK       = 0
	exitFindings = 1 // findings or differences
	exitUsage    = 2 // usage, bad input, or I/O
	exitPartial  = 3 // what is printed is right, but something is not in this repository and is not rendered
)

// errReported ends a verb whose messages are printed already.
var errReported = errors.New("reported")

// errFindings ends a verb that has found something, and has printed it.
var errFindings = errors.New("there are findings")

// verbs are the commands. To add one, add its file, and its function here.
var verbs = [...]func() *cobra.Command{initCommand, addCommand, importCommand, renderCommand, lintCommand, explainCommand, reachCommand, diffCommand, fetchCommand, outdatedCommand, cacheCommand, bootstrapCommand, pluginCommand, schemaCommand, versionCommand, completionCommand, manCommand, workerCommand, lintWorkerCommand}

// Root is the command line, for Run, and for those who document it.
func Root() *cobra.Command {
	root := &cobra.Command{
		Use:   "roster",
		Short: "One file lists what runs in your cluster; roster renders what each entry needs",
		Example: `  roster render    what the list in this folder becomes
  roster lint      what is wrong with it
  roster diff      what your changes to it do`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		Args:              unknownVerb,
	}
	version := root.Flags().Bool("version", false, "print roster's version")
	root.RunE = func(c *cobra.Command, _ []string) error {
		if *version {
			return printVersion(c.OutOrStdout())
		}
		return c.Help()
	}
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(helpCommand())
	root.SetHelpFunc(help)
	for _, verb := range verbs {
		root.AddCommand(verb())
	}
	return root
}

// Run runs the command line and returns the exit code. Stdout gets only the result; messages go to stderr, where none of their characters
// controls a terminal.
func Run(args []string, stdout, stderr io.Writer) (code int) {
	stderr = diag.Terminal(onPaper(stderr))
	defer func() {
		if r := recover(); r != nil {
			_, _ = fmt.Fprintf(stderr, "roster: internal error, please report it: %v\n%s", r, debug.Stack())
			code = exitUsage
		}
	}()
	root := Root()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		completing(root)
	}
	switch err := root.Execute(); {
	case err == nil:
		return exitOK
	case errors.Is(err, errIncomplete):
		return exitPartial
	case errors.Is(err, errFindings):
		return exitFindings
	case !errors.Is(err, errReported):
		_, _ = fmt.Fprintf(stderr, "roster: %v\n", err)
	}
	return exitUsage
}
