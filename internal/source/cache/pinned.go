package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/source/copies"
)

// Pinned are the sources that a lock names, in a cache. It has no state, so that it can be handed to another process, such as a
// worker without environment: nothing of it is secret.
type Pinned struct {
	Folder string // of the cache; empty when there is none
	Lock   source.Lock
	Copies source.Copies // in the repository, which come first
}

// With is the same with copies in a repository.
func (p Pinned) With(c source.Copies) source.Sources {
	p.Copies = c
	return p
}

// Open gives the files of a reference, as source.Sources says.
func (p Pinned) Open(r source.Reference) (fs.FS, error) {
	locked, ok := p.Lock.Find(r)
	if !ok {
		return nil, p.Lock.NotFetched(r)
	}
	if files, err := p.copied(locked); files != nil || err != nil {
		return files, err
	}
	files, err := p.content(locked)
	if err != nil {
		return nil, unavailable(r, err)
	}
	return files, nil
}

// copied is the copy in the repository; nil when there is none.
func (p Pinned) copied(k source.Locked) (fs.FS, error) {
	if p.Copies.None() {
		return nil, nil
	}
	files, err := copies.Open(p.Copies, k)
	switch {
	case err == nil:
		return files, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	}
	return nil, fmt.Errorf("its copy %s %w", path.Join(p.Copies.Folder, k.CopyName()), err)
}

// unavailable is why what the lock has for a reference cannot be opened.
func unavailable(r source.Reference, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is in %s, but %w on this machine", r, source.LockFile, source.ErrNotFetched)
	}
	return fmt.Errorf("%s is %w: %w", r, source.ErrNotFetched, err)
}

// State is the digest of what the lock has for a reference, if it is there, as source.Stated says.
func (p Pinned) State(r source.Reference) (source.Digest, error) {
	locked, ok := p.Lock.Find(r)
	if !ok {
		return "", p.Lock.NotFetched(r)
	}
	if files, err := p.copied(locked); files != nil || err != nil { // whose content is verified
		return locked.Digest, err
	}
	c, err := open(p.Folder)
	if err != nil {
		return "", unavailable(r, err)
	}
	defer c.Close()
	f, _, err := c.file(locked.Digest)
	if err != nil {
		return "", unavailable(r, err)
	}
	return locked.Digest, f.Close()
}

func (p Pinned) content(k source.Locked) (fs.FS, error) {
	c, err := open(p.Folder)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if k.Digest.IsTree() {
		return c.Tree(k.Digest)
	}
	data, err := c.File(k.Digest)
	if err != nil {
		return nil, err
	}
	return source.OneFile(k.FileName(), data), nil
}
