// Package cache keeps what was fetched in a folder of this machine, by the digest of its content. Several runs may use it at once,
// and any of them may be killed at any moment: a content is there as a whole or not at all, because it gets its name when it is
// complete and on the disk.
//
// It does not fetch, and it does not know who asked for what: internal/source has the lock that says so.
package cache

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hippotion/roster/internal/source"
)

// Cache is a folder with contents. Below it, the folder 1 has them: another form of the cache would lie beside it.
//
//	1/sha256/ab/HEX        a file: a chart, a value file
//	1/tree-sha256/ab/HEX   a tree in one piece
//	1/about/HEX            what it was fetched as, for people
//	1/new/RANDOM           what is being written
type Cache struct{ root *os.Root }

const version = "1"

// MaxFile is how large a content may be that is no tree, in bytes.
const MaxFile = 128 << 20

// Open opens the cache in a folder, and makes it when it is missing. Nobody else may read it: charts may be private.
func Open(folder string) (*Cache, error) {
	folder, err := filepath.Abs(folder)
	if err == nil {
		err = os.MkdirAll(folder, 0o700)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the cache: %w", err)
	}
	return open(folder)
}

// open opens the cache in a folder that is there.
func open(folder string) (*Cache, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fmt.Errorf("opening the cache: %w", err)
	}
	return &Cache{root}, nil
}

// Close releases the folder.
func (c *Cache) Close() error { return c.root.Close() }

// Folder is where the cache lies.
func (c *Cache) Folder() string { return c.root.Name() }

// name is where a content lies.
func name(d source.Digest) string {
	kind, hex, _ := strings.Cut(string(d), ":")
	return path.Join(version, kind, hex[:2], hex)
}

// about is where it stands what a content was fetched as.
func about(d source.Digest) string { return path.Join(version, "about", d.Hex()) }

// file opens a content. It is fs.ErrNotExist when it is missing.
func (c *Cache) file(d source.Digest) (*os.File, int64, error) {
	if !d.Valid() {
		return nil, 0, fmt.Errorf("%w: %q is no digest", fs.ErrNotExist, d)
	}
	f, err := c.root.Open(name(d))
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = source.ErrDamaged
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	c.used(d, info)
	return f, info.Size(), nil
}

// used notes that a content is of use, for Prune. It does not matter when that cannot be noted.
func (c *Cache) used(d source.Digest, info fs.FileInfo) {
	const often = 12 * time.Hour
	if now := time.Now(); now.Sub(info.ModTime()) > often {
		_ = c.root.Chtimes(name(d), now, now)
	}
}

// File is a content that is no tree.
func (c *Cache) File(d source.Digest) ([]byte, error) {
	if d.IsTree() {
		return nil, fmt.Errorf("%w: %q is a tree", fs.ErrNotExist, d)
	}
	f, size, err := c.file(d)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if size > MaxFile {
		return nil, source.ErrDamaged
	}
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != d.Hex() {
		return nil, source.ErrDamaged
	}
	return data, nil
}

// Tree is a tree. Its files are verified when they are read; Verify does that for all. It keeps a file open for as long as it is used.
func (c *Cache) Tree(d source.Digest) (fs.FS, error) {
	if !d.IsTree() {
		return nil, fmt.Errorf("%w: %q is no tree", fs.ErrNotExist, d)
	}
	f, size, err := c.file(d)
	if err != nil {
		return nil, err
	}
	tree, err := source.OpenTree(f, size, d)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return tree, nil
}

// Verify reads a content as a whole. It is nil when it is there, and is what its digest says.
func (c *Cache) Verify(d source.Digest) error {
	if !d.IsTree() {
		_, err := c.File(d)
		return err
	}
	f, size, err := c.file(d)
	if err != nil {
		return err
	}
	defer f.Close()
	return source.VerifyTree(f, size, d)
}

// Writer writes a content that gets its name when it is complete.
type Writer struct {
	cache     *Cache
	file      *os.File
	temporary string
	sum       hash.Hash
	left      int64 // bytes that may still be written
}

// ErrTooLarge is a content that is larger than it may be.
var ErrTooLarge = errors.New("it is too large")

// Create begins a content of at most so many bytes. The caller calls Discard when it is done, also after a Commit.
func (c *Cache) Create(limit int64) (*Writer, error) {
	folder := path.Join(version, "new")
	if err := c.root.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("writing into the cache: %w", err)
	}
	w := &Writer{cache: c, temporary: path.Join(folder, rand.Text()), sum: sha256.New(), left: limit}
	var err error
	if w.file, err = c.root.OpenFile(w.temporary, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
		return nil, fmt.Errorf("writing into the cache: %w", err)
	}
	return w, nil
}

// Workspace makes an empty folder for a program that needs one, and returns its path. It is gone after remove, or some day when
// the run is killed.
func (c *Cache) Workspace() (folder string, remove func(), err error) {
	name := path.Join(version, "new", rand.Text())
	if err := c.root.MkdirAll(name, 0o700); err != nil {
		return "", nil, fmt.Errorf("writing into the cache: %w", plain(err))
	}
	return filepath.Join(c.root.Name(), filepath.FromSlash(name)), func() { _ = c.root.RemoveAll(name) }, nil
}

// Write writes a part of the content.
func (w *Writer) Write(p []byte) (int, error) {
	if w.left -= int64(len(p)); w.left < 0 {
		return 0, ErrTooLarge
	}
	n, err := w.file.Write(p)
	w.sum.Write(p[:n])
	if err != nil {
		return n, fmt.Errorf("writing into the cache: %w", plain(err))
	}
	return n, nil
}

// plain is an error of the system without a name that means nothing to anybody.
func plain(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// Digest is that of what was written so far.
func (w *Writer) Digest() source.Digest {
	return source.Digest("sha256:" + hex.EncodeToString(w.sum.Sum(nil)))
}

// Content is what was written so far.
func (w *Writer) Content() io.ReaderAt { return w.file }

// Commit gives the content its name: that of its digest, which is a tree's when the content is a tree. What it was fetched as is
// shown by List.
func (w *Writer) Commit(d source.Digest, fetchedAs string) error {
	if err := w.commit(d, fetchedAs); err != nil {
		return fmt.Errorf("writing into the cache: %w", plain(err))
	}
	return nil
}

func (w *Writer) commit(d source.Digest, fetchedAs string) error {
	if !d.IsTree() && d != w.Digest() {
		return source.ErrDamaged
	}
	err := errors.Join(w.file.Sync(), w.file.Close())
	w.file = nil
	if err != nil {
		return err
	}
	to := name(d)
	for _, folder := range []string{path.Dir(to), path.Dir(about(d))} {
		if err := w.cache.root.MkdirAll(folder, 0o700); err != nil {
			return err
		}
	}
	if err := w.cache.root.Rename(w.temporary, to); err != nil {
		return err
	}
	w.temporary = ""
	folder, err := w.cache.root.Open(path.Dir(to)) // so that the name survives a crash of the machine, too
	if err != nil {
		return err
	}
	_ = w.cache.root.WriteFile(about(d), []byte(fetchedAs+"\n"), 0o600) // what is missing is not shown
	return errors.Join(folder.Sync(), folder.Close())
}

// Discard removes what has not been committed.
func (w *Writer) Discard() {
	if w.file != nil {
		_ = w.file.Close()
	}
	if w.temporary != "" {
		_ = w.cache.root.Remove(w.temporary)
	}
}

// Content is something in the cache.
type Content struct {
	Digest    source.Digest
	Size      int64
	Used      time.Time // to within half a day
	FetchedAs string
}

// List is what the cache holds, the largest first.
func (c *Cache) List() ([]Content, error) {
	var out []Content
	err := c.walk(func(d source.Digest, info fs.FileInfo) error {
		text, _ := c.root.ReadFile(about(d)) // without it, it is shown without
		out = append(out, Content{d, info.Size(), info.ModTime(), strings.TrimSpace(string(text))})
		return nil
	})
	slices.SortFunc(out, func(a, b Content) int { return cmp.Or(cmp.Compare(b.Size, a.Size), cmp.Compare(a.Digest, b.Digest)) })
	return out, err
}

// walk calls f for each content.
func (c *Cache) walk(f func(source.Digest, fs.FileInfo) error) error {
	return fs.WalkDir(c.root.FS(), version, func(at string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // somebody else prunes, or the cache is empty
			return nil
		}
		parts := strings.Split(at, "/")
		if err != nil || e.IsDir() || len(parts) != 4 {
			return err
		}
		d := source.Digest(parts[1] + ":" + parts[3])
		info, err := e.Info()
		if err != nil || !d.Valid() || !info.Mode().IsRegular() {
			return nil // nothing that a cache has written, or gone
		}
		return f(d, info)
	})
}

// Prune removes contents that were not used since, and what runs have left that were killed. It returns what it has removed.
func (c *Cache) Prune(since time.Time) ([]Content, error) {
	all, err := c.List()
	var removed []Content
	for _, content := range all {
		if content.Used.Before(since) && err == nil {
			err = c.remove(name(content.Digest), about(content.Digest))
			removed = append(removed, content)
		}
	}
	return removed, errors.Join(err, c.sweep())
}

// sweep removes what has been written for a day, and so by nobody any more.
func (c *Cache) sweep() error {
	folder := path.Join(version, "new")
	entries, err := fs.ReadDir(c.root.FS(), folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if info, gone := e.Info(); gone == nil && time.Since(info.ModTime()) > 24*time.Hour {
			err = errors.Join(err, c.remove(path.Join(folder, e.Name())))
		}
	}
	return err
}

func (c *Cache) remove(names ...string) error {
	var errs []error
	for _, n := range names {
		if err := c.root.RemoveAll(n); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
