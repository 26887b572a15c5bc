package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/report"
	"github.com/hippotion/roster/internal/source/cache"
	"github.com/spf13/cobra"
)

func cacheCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "cache",
		Short: "List and prune what roster fetch has brought",
		Long: `Cache looks after the folder in which roster fetch keeps what it has brought: ROSTER_CACHE or, when that is not set, roster in the
user's folder for caches. Several runs may use it at once, and what is pruned is fetched again when it is needed.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(cacheListCommand(), cachePruneCommand())
	return c
}

func cacheListCommand() *cobra.Command {
	var format string
	formats := []string{"json", "text"}
	c := &cobra.Command{
		Use:   "list",
		Short: "List what is in the cache, the largest first",
		Args:  noArguments,
	}
	c.Flags().StringVar(&format, "format", "text", strings.Join(formats, ", "))
	complete(c, "format", formats)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if err := oneOf("--format", format, formats); err != nil {
			return err
		}
		store, err := openCache()
		if err != nil {
			return err
		}
		defer store.Close()
		contents, err := store.List()
		if err != nil {
			return err
		}
		if format == "json" {
			return cacheJSON(c.OutOrStdout(), store.Folder(), contents)
		}
		return cacheText(c.OutOrStdout(), contents)
	}
	return c
}

func cacheText(w io.Writer, contents []cache.Content) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, k := range contents {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", k.Digest.Hex()[:12], size(k.Size), k.Used.UTC().Format(time.DateOnly), diag.Visible(k.FetchedAs))
	}
	return table.Flush()
}

// size is a number of bytes as people read it.
func size(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}

func cacheJSON(w io.Writer, folder string, contents []cache.Content) error {
	type content struct {
		Digest    string    `json:"digest"`
		Bytes     int64     `json:"bytes"`
		Used      time.Time `json:"used"`
		FetchedAs string    `json:"fetchedAs,omitempty"`
	}
	out := make([]content, 0, len(contents))
	for _, k := range contents {
		out = append(out, content{string(k.Digest), k.Size, k.Used.UTC(), k.FetchedAs})
	}
	return report.JSON(w, map[string]any{"folder": folder, "contents": out})
}

func cachePruneCommand() *cobra.Command {
	var unused time.Duration
	var all bool
	c := &cobra.Command{
		Use:   "prune",
		Short: "Remove from the cache what was not used for long",
		Example: `  roster cache prune                  what was not used for 30 days
  roster cache prune --unused 168h    for a week
  roster cache prune --all`,
		Args: noArguments,
	}
	const month = 30 * 24 * time.Hour
	c.Flags().DurationVar(&unused, "unused", month, "remove what was not used for so long; a use is noted to within half a day")
	c.Flags().BoolVar(&all, "all", false, "remove everything")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if unused < 0 {
			return errors.New("--unused must not be negative")
		}
		store, err := openCache()
		if err != nil {
			return err
		}
		defer store.Close()
		since := time.Now().Add(-unused)
		if all {
			since = time.Now().Add(time.Hour) // whatever the clocks of file systems say
		}
		removed, err := store.Prune(since)
		var bytes int64
		for _, k := range removed {
			bytes += k.Size
		}
		_, _ = fmt.Fprintf(c.ErrOrStderr(), "removed %d contents, %s\n", len(removed), size(bytes))
		return err
	}
	return c
}
