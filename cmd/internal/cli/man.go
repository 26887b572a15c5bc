package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/hippotion/roster/internal/outfile"
	"github.com/spf13/cobra"
)

func manCommand() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:   "man [VERB]",
		Short: "Print the manual page of a verb, or write all of them into a folder",
		Long: `Man prints the manual page of roster, or of one of its verbs, in the language of man. With --output-dir it writes all pages, which belong
into the folder man1 of a path of man, such as ~/.local/share/man/man1. The pages are the same each time: their date is that of the
commit that roster is built from or, when it is set, SOURCE_DATE_EPOCH.`,
		Example: `  roster man lint | man -l -
  roster man --output-dir ~/.local/share/man/man1`,
		ValidArgsFunction: func(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
			at, _, err := c.Root().Find(args)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return offered("", verbNames(at), word), cobra.ShellCompDirectiveNoFileComp
		},
	}
	c.Flags().StringVarP(&dir, "output-dir", "o", "", "write all pages into this folder")
	c.RunE = func(c *cobra.Command, args []string) error {
		if dir != "" && len(args) > 0 {
			return errors.New("--output-dir writes all pages: it goes without a verb")
		}
		date, err := manDate()
		if err != nil {
			return err
		}
		if dir != "" {
			return writeManual(dir, c.Root(), date)
		}
		verb, rest, err := c.Root().Find(args)
		if err != nil || len(rest) > 0 {
			return unknown("verb", args[len(args)-1], verbNames(c.Root()))
		}
		_, err = c.OutOrStdout().Write(manPage(verb, date))
		return err
	}
	return c
}

// manDate is the date of the pages; empty when the program does not know from which commit it is.
func manDate() (string, error) {
	if text := os.Getenv("SOURCE_DATE_EPOCH"); text != "" {
		seconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return "", fmt.Errorf("SOURCE_DATE_EPOCH: expected a number of seconds, found %q", text)
		}
		return time.Unix(seconds, 0).UTC().Format(time.DateOnly), nil
	}
	info, _ := debug.ReadBuildInfo()
	if info == nil {
		return "", nil
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.time" && len(s.Value) >= len(time.DateOnly) {
			return s.Value[:len(time.DateOnly)], nil
		}
	}
	return "", nil
}

// writeManual writes the pages of a verb and of all below it.
func writeManual(dir string, verb *cobra.Command, date string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := outfile.Write(filepath.Join(dir, pageName(verb)+".1"), manPage(verb, date)); err != nil {
		return err
	}
	for _, below := range verb.Commands() {
		if !below.IsAvailableCommand() {
			continue
		}
		if err := writeManual(dir, below, date); err != nil {
			return err
		}
	}
	return nil
}

func pageName(verb *cobra.Command) string { return strings.ReplaceAll(verb.CommandPath(), " ", "-") }
