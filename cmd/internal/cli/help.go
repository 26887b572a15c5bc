package cli

import (
	"io"
	"slices"

	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/rules"
	"github.com/spf13/cobra"
)

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
					_, err := io.WriteString(c.OutOrStdout(), rules.All()[i].Documentation())
					return err
				}
			}
			if len(args) == 0 {
				c.Root().InitDefaultHelpFlag() // as without help
				return c.Root().Help()
			}
			verb, rest, err := c.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return unknown("verb or rule", args[len(args)-1], append(verbNames(c.Root()), rules.All().Names()...))
			}
			verb.InitDefaultHelpFlag()
			return verb.Help()
		},
	}
}
