package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hippotion/roster/internal/outfile"
	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/source/cache"
	"github.com/hippotion/roster/internal/source/fetch"
	"github.com/spf13/cobra"
)

// fetchOptions are the flags of the verb.
type fetchOptions struct {
	elsewhereOptions
	locked, keepGoing bool
	update            string
}

func fetchCommand() *cobra.Command {
	var o fetchOptions
	c := &cobra.Command{
		Use:   "fetch [DIR]",
		Short: "Bring what comes from elsewhere into the cache, and pin it in roster.lock",
		Long: `Fetch brings what the applications.yml in DIR (default: here) refers to elsewhere, charts and Git repositories, into a cache of
this machine, and writes into roster.lock beside the list what exactly that was. No other verb but outdated uses the network.

What roster.lock has already is taken as it is, and when all of it is in the cache, no server is asked. Another content under the
version that is locked is an error. Keep roster.lock in Git.

With --keep-going, what cannot be had does not keep the others out of roster.lock. It is reported, roster.lock keeps what it has of it, and
the exit code is 3.

With --vendor, there are copies of all that in the repository, too, which come before the cache: for those who want them in Git. With
--locked, they must be there.`,
		Example: `  roster fetch                     what is new
  roster fetch --locked            exactly what roster.lock has, or an error: for CI
  roster fetch --update            newer versions of all, within what the list asks for
  roster fetch --update=web-ntfy   of one application alone
  roster fetch --keep-going        as much as can be had
  roster fetch --vendor            copies in the repository as well, in the folder that vendor in platform.yml names
  roster fetch --map https://charts.example=../mirror`,
		Args:              atMostOneFolder,
		ValidArgsFunction: folders,
	}
	o.flags(c)
	c.Flags().BoolVar(&o.locked, "locked", false, "take exactly what roster.lock has, and do not change it")
	c.Flags().StringVar(&o.update, "update", "", "take newer versions, of all or of one application, --update=CODE")
	c.Flags().BoolVar(&o.keepGoing, "keep-going", false, "also write roster.lock when something cannot be had, and exit with 3")
	c.Flags().BoolVar(&o.copies, "vendor", false, "also write copies into the folder that vendor in platform.yml names, for Git")
	c.Flags().Lookup("update").NoOptDefVal = "*"
	c.RunE = func(c *cobra.Command, args []string) error {
		if o.locked && o.update != "" {
			return errors.New("--locked and --update exclude each other")
		}
		if o.keepGoing && o.copies {
			return errors.New("--keep-going and --vendor exclude each other")
		}
		return o.run(c, folderOf(args))
	}
	return c
}

func (o *fetchOptions) run(c *cobra.Command, dir string) error {
	e, err := o.open(c, dir)
	if err != nil {
		return err
	}
	if o.copies && e.copies.Folder == "" {
		return errors.New("--vendor: platform.yml names no folder for copies\n  hint: add vendor: vendor")
	}
	store, err := openCache()
	if err != nil {
		return err
	}
	defer store.Close()
	ctx, cancel := o.limit(c)
	defer cancel()
	shown := newProgress(e.stderr)
	options := fetch.Options{Cache: store, Lock: e.lock, Network: e.network, Locked: o.locked, Copies: e.copies, Progress: shown.tell}
	switch o.update {
	case "":
	case "*":
		options.Update = func(source.Reference) bool { return true }
	default:
		if options.Update, err = o.updated(ctx, e, options); err != nil {
			return err
		}
	}
	lock, err := fetch.All(ctx, e.references(""), options)
	shown.end()
	switch {
	case errors.Is(err, errReported):
		return err
	case errors.Is(err, fetch.ErrPart) && o.keepGoing:
		_ = lines(err, e.stderr)
		if err := o.keep(e, source.NewLock(append(lock, e.lock...)...)); err != nil {
			return err
		}
		return errIncomplete
	case err != nil:
		return lines(err, e.stderr)
	}
	if o.copies {
		if err := o.copy(e, lock, cache.Pinned{Folder: store.Folder(), Lock: lock}); err != nil {
			return err
		}
	}
	return o.keep(e, lock)
}

// updated reports whether a reference is one of the application that is to be updated.
func (o *fetchOptions) updated(ctx context.Context, e *elsewhere, options fetch.Options) (func(source.Reference) bool, error) {
	options.Progress = nil
	lock, err := fetch.All(ctx, e.references(o.update), options) // what it refers to is known when that is at hand
	if err != nil {
		return nil, err
	}
	return func(r source.Reference) bool { _, is := lock.Find(r); return is }, nil
}

// keep writes the lock, unless it is as it was, or must not change.
func (o *fetchOptions) keep(e *elsewhere, lock source.Lock) error {
	if o.locked {
		i := slices.IndexFunc(e.lock, func(k source.Locked) bool { _, needed := lock.Find(k.Reference); return !needed })
		if i >= 0 {
			return fmt.Errorf("%s has %s, which nothing refers to\n  hint: run roster fetch, and commit the file", e.lockFile(), e.lock[i].Reference)
		}
		return nil
	}
	text := lock.Text()
	if bytes.Equal(text, e.lockText) || e.lockText == nil && len(lock) == 0 {
		return nil
	}
	return outfile.Write(e.lockFile(), text, untrusted(e.dir, e.repository)...)
}
