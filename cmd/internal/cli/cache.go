package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/rendered"
	"github.com/hippotion/roster/internal/report"
	"github.com/hippotion/roster/internal/source/cache"
	"github.com/spf13/cobra"
)

func cacheCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "cache",
		Short: "List and prune what was fetched and rendered",
		Long: `Cache looks after the folder in which roster fetch keeps what it has brought, and roster render and roster lint what they have
made: ROSTER_CACHE or, when that is not set, roster in the user's folder for caches. Several runs may use it at once, and what is
pruned is fetched, or rendered, again when it is needed.`,
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
		made := rendered.In(store.Folder()).Open()
		defer made.Close()
		usage, err := made.Usage()
		if err != nil {
			return err
		}
		if format == "json" {
			return cacheJSON(c.OutOrStdout(), store.Folder(), contents, usage)
		}
		return cacheText(c.OutOrStdout(), contents, usage)
	}
	return c
}

func cacheText(w io.Writer, contents []cache.Content, made rendered.Usage) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, k := range contents {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", k.Digest.Hex()[:12], size(k.Size), k.Used.UTC().Format(time.DateOnly), diag.Visible(k.FetchedAs))
	}
	if err := table.Flush(); err != nil || made.Entries == 0 {
		return err
	}
	_, err := fmt.Fprintf(w, "%s of what was rendered, in %d files\n", size(made.Bytes), made.Entries)
	return err
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

func cacheJSON(w io.Writer, folder string, contents []cache.Content, made rendered.Usage) error {
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
	return report.JSON(w, map[string]any{"folder": folder, "contents": out, "rendered": map[string]any{"files": made.Entries, "bytes": made.Bytes}})
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
		made := rendered.In(store.Folder()).Open()
		defer made.Close()
		old, failed := made.Prune(since)
		if old.Entries > 0 {
			_, _ = fmt.Fprintf(c.ErrOrStderr(), "removed %s of what was rendered, in %d files\n", size(old.Bytes), old.Entries)
		}
		return errors.Join(err, failed)
	}
	return c
}
