package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/source/copies"
)

// copy makes the copies that the repository lacks of what the lock has, and removes those of what only the lock before this one had. What
// somebody has changed is left as it is. With --locked, it only looks.
func (o *fetchOptions) copy(e *elsewhere, lock source.Lock, from source.Sources) error {
	in := e.copies
	if !o.locked {
		if err := copies.Sweep(in); err != nil {
			return fmt.Errorf("%s: %w", in.Folder, err)
		}
	}
	var errs []error
	needed := map[string]source.Locked{}
	for _, k := range lock {
		name := path.Join(in.Folder, k.CopyName())
		first, twice := needed[k.CopyName()]
		needed[k.CopyName()] = k
		switch {
		case twice && first.Digest != k.Digest:
			errs = append(errs, fmt.Errorf("%s would be the copy of two things: %s, and %s\n  hint: fetch without --vendor, or call one of the charts something else", name, first.Reference, k.Reference))
			continue
		case twice || e.copied[k.Reference] != "" && e.copied[k.Reference] != name: // somebody has put a copy there, such as a folder
			continue
		}
		if err := o.copyOne(e, k, name, from); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return lines(errors.Join(errs...), e.stderr)
	}
	if o.locked {
		return nil
	}
	return e.removeOld(needed)
}

func (o *fetchOptions) copyOne(e *elsewhere, k source.Locked, name string, from source.Sources) error {
	_, err := copies.Open(e.copies, k)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, source.ErrChanged):
		return fmt.Errorf("%s, the copy of %s, %w\n  hint: take it as it was before or, to have it written anew, remove it and run roster fetch --vendor", name, k.Reference, err)
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: %w", name, err)
	case o.locked:
		return fmt.Errorf("%s, the copy of %s, is missing\n  hint: run roster fetch --vendor, and commit it", name, k.Reference)
	}
	files, err := from.Open(k.Reference)
	if err == nil {
		err = copies.Write(e.copies, k, files)
	}
	if err != nil {
		return fmt.Errorf("writing %s, the copy of %s: %w", name, k.Reference, err)
	}
	_, _ = fmt.Fprintf(e.stderr, "copied %s to %s\n", k.Reference, name)
	return nil
}

// removeOld removes the copies of what the lock has no longer, as far as they are still what it had.
func (e *elsewhere) removeOld(needed map[string]source.Locked) error {
	for _, k := range e.lock {
		if _, is := needed[k.CopyName()]; is {
			continue
		}
		if _, err := copies.Open(e.copies, k); err != nil {
			continue
		}
		name := path.Join(e.copies.Folder, k.CopyName())
		if err := copies.Remove(e.copies, k); err != nil {
			return fmt.Errorf("removing %s: %w", name, err)
		}
		_, _ = fmt.Fprintf(e.stderr, "removed %s, which nothing refers to any more\n", name)
	}
	return nil
}
