package cli

import (
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hippotion/roster/internal/buildversion"
	"github.com/hippotion/roster/internal/report"
)

func versionCommand() *cobra.Command {
	var format string
	formats := []string{"json", "text"}
	c := &cobra.Command{
		Use:   "version",
		Short: "Print roster's version",
		Args:  noArguments,
	}
	c.Flags().StringVar(&format, "format", "text", strings.Join(formats, ", "))
	complete(c, "format", formats)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := oneOf("--format", format, formats); err != nil {
			return err
		}
		if format == "json" {
			return report.JSON(c.OutOrStdout(), map[string]any{"version": buildversion.String(), "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH})
		}
		return printVersion(c.OutOrStdout())
	}
	return c
}

// printVersion prints what roster --version prints as well.
func printVersion(w io.Writer) error {
	_, err := fmt.Fprintf(w, "roster %s %s %s/%s\n", buildversion.String(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
