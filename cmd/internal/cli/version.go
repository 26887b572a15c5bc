package cli

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/hippotion/roster/internal/buildversion"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print roster's version",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(c.OutOrStdout(), "roster %s %s %s/%s\n", buildversion.String(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
