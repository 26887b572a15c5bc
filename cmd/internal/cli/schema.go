package cli

import (
	"fmt"

	"github.com/hippotion/roster/catalog"
	"github.com/spf13/cobra"
)

func schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema applications|platform",
		Short: "Print the JSON Schema of applications.yml or platform.yml",
		Long: `Schema prints the JSON Schema (draft 07) of applications.yml or platform.yml, for editors: they complete keys, show what each
one means, and mark mistakes while you type. It finds less than render, which also knows what the values mean.`,
		Example: `  roster schema applications > applications.schema.json
  # and in the first line of applications.yml:
  # yaml-language-server: $schema=applications.schema.json`,
		ValidArgs: []string{"applications", "platform"},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] != "applications" && args[0] != "platform" {
				return fmt.Errorf("expected applications or platform, found %q", args)
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			schema := catalog.ApplicationsSchema
			if args[0] == "platform" {
				schema = catalog.PlatformSchema
			}
			_, err := c.OutOrStdout().Write(schema())
			return err
		},
	}
}
