package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/report"
	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/source/fetch"
	"github.com/spf13/cobra"
)

func outdatedCommand() *cobra.Command {
	var o elsewhereOptions
	var format string
	formats := []string{"json", "text"}
	c := &cobra.Command{
		Use:   "outdated [DIR]",
		Short: "Show which charts and revisions have newer versions",
		Long: `Outdated asks the servers of what roster.lock has for newer versions, and prints those that there are: WANTED is what roster fetch
--update would take, LATEST the newest release, for which the list must be changed.

It exits with 0 when nothing is newer, with 1 when something is, and with 2 when it could not ask.`,
		Example: `  roster outdated
  roster outdated --format json`,
		Args:              atMostOneFolder,
		ValidArgsFunction: folders,
	}
	o.flags(c)
	c.Flags().StringVar(&format, "format", "text", strings.Join(formats, ", "))
	complete(c, "format", formats)
	c.RunE = func(c *cobra.Command, args []string) error {
		if err := oneOf("--format", format, formats); err != nil {
			return err
		}
		e, err := o.open(c, folderOf(args))
		if err != nil {
			return err
		}
		ctx, cancel := o.limit(c)
		defer cancel()
		found := fetch.Outdated(ctx, e.lock, e.network)
		if format == "json" {
			err = outdatedJSON(c.OutOrStdout(), found)
		} else {
			err = outdatedText(c.OutOrStdout(), found)
		}
		if err != nil {
			return err
		}
		return judged(found, e.stderr)
	}
	return c
}

// judged prints what could not be asked, and is the end of the verb.
func judged(found []fetch.Newer, stderr io.Writer) error {
	var err error
	for _, f := range found {
		if f.Err != nil {
			err = lines(f.Err, stderr)
		}
	}
	if err == nil && len(found) > 0 {
		err = errFindings
	}
	return err
}

// outdatedText prints a table.
func outdatedText(w io.Writer, found []fetch.Newer) error {
	found = slices.DeleteFunc(slices.Clone(found), func(f fetch.Newer) bool { return f.Err != nil })
	if len(found) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "LOCKED\tWANTED\tLATEST\tREFERENCE")
	for _, f := range found {
		wanted := brief(f.Reference, f.Wanted)
		if f.Moved {
			wanted = "moved"
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", brief(f.Reference, f.Locked), wanted, brief(f.Reference, f.Latest), diag.Visible(f.String()))
	}
	return table.Flush()
}

// brief is a version as a table has it: of a commit, what tells it from others.
func brief(r source.Reference, version string) string {
	const most = 12
	if r.Kind == source.Git && len(version) >= 40 {
		return version[:most]
	}
	if version == "" {
		return "-"
	}
	return diag.Visible(version)
}

// outdatedJSON prints all that is known.
func outdatedJSON(w io.Writer, found []fetch.Newer) error {
	type newer struct {
		Kind    source.Kind `json:"kind"`
		URL     string      `json:"url"`
		Name    string      `json:"name,omitempty"`
		Version string      `json:"version,omitempty"`
		Locked  string      `json:"locked"`
		Wanted  string      `json:"wanted,omitempty"`
		Latest  string      `json:"latest,omitempty"`
		Moved   bool        `json:"moved,omitempty"`
		Error   string      `json:"error,omitempty"`
	}
	out := make([]newer, 0, len(found))
	for _, f := range found {
		n := newer{Kind: f.Kind, URL: f.URL, Name: f.Name, Version: f.Version, Locked: f.Locked, Wanted: f.Wanted, Latest: f.Latest, Moved: f.Moved}
		if f.Err != nil {
			n.Error = f.Err.Error()
		}
		out = append(out, n)
	}
	return report.JSON(w, map[string]any{"outdated": out})
}
