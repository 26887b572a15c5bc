package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/report"
	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/source/fetch"
	"github.com/spf13/cobra"
)

// outdated is what there is of newer versions, and of what nobody knows.
type outdated struct {
	sources []fetch.Newer
	images  []newerImage
}

func outdatedCommand() *cobra.Command {
	var o elsewhereOptions
	var format string
	formats := []string{"json", "text"}
	c := &cobra.Command{
		Use:   "outdated [DIR]",
		Short: "Show which charts, revisions and images have newer versions",
		Long: `Outdated asks the servers of what roster.lock has for newer versions, and the registries of the images that the applications
deploy, and prints those that there are: WANTED is what roster fetch --update would take, LATEST the newest release, for which the
list must be changed. Of an image, WANTED is the newest of the same major version. Tags of images are compared with those that are
written alike; "unknown" is one that does not say which version it is.

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
		deployed, err := e.images()
		if err != nil {
			return err
		}
		found := outdated{fetch.Outdated(ctx, e.lock, e.network), newerImages(ctx, deployed, e.network)}
		if format == "json" {
			err = found.json(c.OutOrStdout())
		} else {
			err = found.text(c.OutOrStdout())
		}
		if err != nil {
			return err
		}
		return found.judged(e.stderr)
	}
	return c
}

// judged prints what could not be asked, and is the end of the verb.
func (o outdated) judged(stderr io.Writer) error {
	var err error
	newer := false
	for _, f := range o.sources {
		if f.Err != nil {
			err = lines(f.Err, stderr)
		}
		newer = newer || f.Err == nil
	}
	for _, unasked := range unaskedImages(o.images) {
		err = lines(unasked, stderr)
	}
	for _, i := range o.images {
		newer = newer || i.newest != ""
	}
	if err == nil && newer {
		err = errFindings
	}
	return err
}

// text prints a table.
func (o outdated) text(w io.Writer) error {
	var rows []string
	for _, f := range o.sources {
		if f.Err != nil {
			continue
		}
		wanted := brief(f.Reference, f.Wanted)
		if f.Moved {
			wanted = "moved"
		}
		rows = append(rows, fmt.Sprintf("%s\t%s\t%s\t%s\n", brief(f.Reference, f.Locked), wanted, brief(f.Reference, f.Latest), diag.Visible(f.String())))
	}
	for _, i := range o.images {
		if i.err == nil {
			rows = append(rows, i.row())
		}
	}
	if len(rows) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "LOCKED\tWANTED\tLATEST\tREFERENCE")
	_, _ = io.WriteString(table, strings.Join(rows, ""))
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

// json prints all that is known.
func (o outdated) json(w io.Writer) error {
	type newer struct {
		Kind         string   `json:"kind"`
		URL          string   `json:"url"`
		Name         string   `json:"name,omitempty"`
		Version      string   `json:"version,omitempty"`
		Locked       string   `json:"locked"`
		Wanted       string   `json:"wanted,omitempty"`
		Latest       string   `json:"latest,omitempty"`
		Moved        bool     `json:"moved,omitempty"`
		Unknown      bool     `json:"unknown,omitempty"`
		Applications []string `json:"applications,omitempty"`
		Error        string   `json:"error,omitempty"`
	}
	out := make([]newer, 0, len(o.sources)+len(o.images))
	words := func(err error) string {
		if err == nil {
			return ""
		}
		return err.Error()
	}
	for _, f := range o.sources {
		out = append(out, newer{Kind: string(f.Kind), URL: f.URL, Name: f.Name, Version: f.Version, Locked: f.Locked, Wanted: f.Wanted, Latest: f.Latest, Moved: f.Moved, Error: words(f.Err)})
	}
	for _, i := range o.images {
		out = append(out, newer{Kind: "image", URL: i.repository, Version: i.text, Locked: i.locked(), Wanted: i.within, Latest: i.latest(), Unknown: i.unknown, Applications: i.applications, Error: words(i.err)})
	}
	return report.JSON(w, map[string]any{"outdated": out})
}
