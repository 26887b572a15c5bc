package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/rules"
	"github.com/spf13/cobra"
)

// groups are the verbs by what one wants of them. A verb that is in none of them is listed at the end.
func groups() []group {
	return []group{
		{"Begin", []string{"init", "add", "import"}},
		{"Look", []string{"render", "lint", "diff", "reach", "explain"}},
		{"Bring what is elsewhere", []string{"fetch", "outdated", "cache"}},
		{"Argo CD", []string{"bootstrap", "plugin"}},
		{"For your editor, shell and manual", []string{"schema", "completion", "man"}},
	}
}

type group struct {
	title string
	verbs []string
}

const environment = `  ROSTER_CACHE     the folder for what is fetched and rendered; else roster in your folder for caches
  NO_COLOR         no colors, if it is set
  CLICOLOR_FORCE   colors, if it is set, also where there is no terminal`

// helpCommand prints the help of a verb, or the documentation of a lint rule.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [VERB|RULE]",
		Short: "Print help about a verb, or the documentation of a lint rule",
		ValidArgsFunction: func(c *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return offered("", append(verbNames(c.Root()), rules.All().Names()...), word), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				if i := slices.IndexFunc(rules.All(), func(r *lint.Rule) bool { return r.Name == args[0] }); i >= 0 {
					h := helpText{wide: columns(c.OutOrStdout())}
					h.markdown(rules.All()[i].Documentation())
					_, err := io.WriteString(c.OutOrStdout(), h.b.String())
					return err
				}
			}
			if len(args) == 0 {
				return c.Root().Help()
			}
			verb, rest, err := c.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return noHelp(c, args)
			}
			return verb.Help()
		},
	}
}

// noHelp reports words that are neither a verb nor a rule; what else they may mean is explained.
func noHelp(c *cobra.Command, args []string) error {
	word, names := args[len(args)-1], append(verbNames(c.Root()), rules.All().Names()...)
	path := strings.Join(args, ".")
	if book, err := bookOf(""); err == nil && len(book.Find(path)) > 0 {
		return fmt.Errorf("there is no verb or rule %q\n  hint: write roster explain %s", word, path)
	}
	if diag.Nearest(word, names) == "" {
		return fmt.Errorf("there is no verb or rule %q\n  hint: roster help lists the verbs, and roster explain what else there is", word)
	}
	return unknown("verb or rule", word, names)
}

// help prints what a verb is for: how it is called, then examples, for most people look for these, and then everything about it.
func help(c *cobra.Command, _ []string) {
	c.InitDefaultHelpFlag() // which --help has, and the verb help has not
	stdout := c.OutOrStdout()
	h := helpText{bold: inks(stdout).Bold, wide: columns(stdout)}
	h.paragraphs(c.Short + ".")
	h.part("Usage", "  "+usage(c))
	h.part("Examples", h.table(strings.TrimRight(c.Example, "\n")))
	if c.Long != "" {
		h.b.WriteByte('\n')
		h.paragraphs(c.Long)
	}
	h.verbs(c)
	h.part("Flags", h.table(strings.TrimRight(c.LocalFlags().FlagUsages(), "\n"))) // whose own wrapping misses long words
	if !c.HasParent() {
		h.part("Environment", h.table(environment))
	}
	if c.HasAvailableSubCommands() {
		h.b.WriteByte('\n')
		h.paragraphs(fmt.Sprintf("%s VERB --help has more about a verb.", c.CommandPath()))
	}
	_, _ = io.WriteString(stdout, h.b.String()) // as cobra does: there is nobody to tell
}

// usage is how a verb is called.
func usage(c *cobra.Command) string {
	if c.HasAvailableSubCommands() {
		return c.CommandPath() + " VERB"
	}
	return c.UseLine()
}
