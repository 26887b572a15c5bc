package cli

import (
	"errors"
	"fmt"

	"github.com/hippotion/roster/internal/diag"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// unknownVerb reports a word after the program's name that is not a verb.
func unknownVerb(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return unknown("verb", args[0], verbNames(root))
}

// verbNames are the verbs that users may call.
func verbNames(root *cobra.Command) []string {
	var names []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return names
}

// unknown reports a word that is not one of the known ones.
func unknown(what, word string, known []string) error {
	return fmt.Errorf("there is no %s %q\n  hint: %s", what, word, diag.DidYouMean(word, known))
}

// flagError reports what is wrong with a flag, and which flags there are.
func flagError(c *cobra.Command, err error) error {
	if args := c.Flags().Args(); !c.HasParent() && len(args) > 0 {
		return unknownVerb(c, args)
	}
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	name := "--" + unknown.GetSpecifiedName()
	if unknown.GetSpecifiedShortnames() != "" {
		name = "-" + unknown.GetSpecifiedName()
	}
	return fmt.Errorf("there is no flag %s\n  hint: %s", name, diag.DidYouMean(name, names))
}

func noArguments(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if !c.HasSubCommands() {
		return fmt.Errorf("expected no arguments, found %q", args)
	}
	return unknownVerb(c, args)
}

func atMostOneFolder(_ *cobra.Command, args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("expected at most one folder, found %d", len(args))
	}
	return nil
}

// folderOf is the folder that the arguments name, which atMostOneFolder has checked.
func folderOf(args []string) string {
	if len(args) == 0 {
		return "."
	}
	return args[0]
}
