// Package outfile reads and writes what a person names on the command line: a report, a baseline, a folder for output.
//
// A checkout is not trusted, and it can have a symbolic link under the name that the person means. So no link is followed within a
// checkout, within the working directory, or within a folder that the caller does not trust, and never one in
// place of the file itself. The way there is opened folder by folder, so that it cannot change between the look and the write.
// Links above all these, such as macOS's /tmp, are the person's own, and so is /dev/stdout.
package outfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hippotion/roster/internal/atomicfile"
)

// Write creates or replaces a file, as a whole, or writes into what is not one: a device, a named pipe, /dev/stdout. Untrusted are
// folders in which no link is followed, besides the working directory and Git checkouts.
func Write(name string, data []byte, untrusted ...string) error {
	if err := write(name, data, untrusted); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}

func write(name string, data []byte, untrusted []string) error {
	if f, err := descriptor(name); f != nil || err != nil {
		if err != nil {
			return err
		}
		_, err = f.Write(data)
		return errors.Join(err, f.Close())
	}
	dir, base, err := parent(name, untrusted)
	if err != nil {
		return err
	}
	defer dir.Close()
	info, err := lookAt(dir, base)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return plain(atomicfile.WriteIn(dir, base, data))
	case err != nil:
		return err
	}
	f, err := open(dir, base, info, os.O_WRONLY) // a file that is read-only stays
	if err != nil {
		return err
	}
	if info.Mode().IsRegular() {
		return plain(errors.Join(f.Close(), atomicfile.WriteIn(dir, base, data)))
	}
	_, err = f.Write(data)
	return plain(errors.Join(err, f.Close()))
}

// Create makes a file, as a whole, and the folders above it that are missing. It is fs.ErrExist when something has the name. Untrusted are
// those of Write.
func Create(name string, data []byte, untrusted ...string) error {
	path, err := absolute(name)
	if err != nil {
		return err
	}
	dir, err := walk(filepath.Dir(path), untrusted, true)
	if err == nil {
		defer dir.Close()
		err = plain(atomicfile.CreateIn(dir, filepath.Base(path), data))
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}

// Read reads a file or a pipe, of at most so many bytes. It follows no link that Write would not follow: an error about the content quotes
// it.
func Read(name string, limit int64, untrusted ...string) ([]byte, error) {
	f, err := openToRead(name, untrusted)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err = plain(errors.Join(err, f.Close())); err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("it has more than %d MiB", limit>>20)
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return data, nil
}

func openToRead(name string, untrusted []string) (*os.File, error) {
	if f, err := descriptor(name); f != nil || err != nil {
		return f, err
	}
	dir, base, err := parent(name, untrusted)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	info, err := lookAt(dir, base)
	if err != nil {
		return nil, plain(err)
	}
	return open(dir, base, info, os.O_RDONLY)
}

// Edit changes a file below a folder, as a whole. It follows no link on the way there, and changes nothing when edit is not ok.
func Edit(root *os.Root, name string, edit func([]byte) (_ []byte, ok bool)) (changed bool, err error) {
	dir, base, err := below(root, name)
	if err != nil {
		return false, fmt.Errorf("changing %s: %w", name, err)
	}
	defer dir.Close()
	info, err := lookAt(dir, base)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a file")
	}
	if err == nil {
		changed, err = editIn(dir, base, info, edit)
	}
	if err != nil {
		return false, fmt.Errorf("changing %s: %w", name, plain(err))
	}
	return changed, nil
}

func editIn(dir *os.Root, base string, info fs.FileInfo, edit func([]byte) ([]byte, bool)) (changed bool, err error) {
	f, err := open(dir, base, info, os.O_RDONLY)
	if err != nil {
		return false, err
	}
	data, err := io.ReadAll(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return false, err
	}
	data, changed = edit(data)
	if !changed {
		return false, nil
	}
	if f, err = open(dir, base, info, os.O_WRONLY); err != nil { // a file that is read-only stays
		return false, err
	}
	return true, errors.Join(f.Close(), atomicfile.WriteIn(dir, base, data))
}

// Folder opens a folder for output, and creates it and those above it when they are missing.
func Folder(name string, untrusted ...string) (*os.Root, error) {
	path, err := absolute(name)
	if err != nil {
		return nil, err
	}
	root, err := walk(path, untrusted, true)
	if err != nil {
		return nil, fmt.Errorf("writing into %s: %w", name, err)
	}
	return root, nil
}

// lookAt is what a name in a folder refers to, unless it is a folder or a link.
func lookAt(dir *os.Root, base string) (fs.FileInfo, error) {
	info, err := dir.Lstat(base)
	switch {
	case err != nil:
		return nil, err
	case info.Mode()&fs.ModeSymlink != 0:
		return nil, linkError(dir, base, "it", "file")
	case info.IsDir():
		return nil, errors.New("it is a folder\n  hint: name a file")
	}
	return info, nil
}

// open opens what lookAt has seen, and nothing that has taken its place since.
func open(dir *os.Root, base string, seen fs.FileInfo, flag int) (*os.File, error) {
	f, err := dir.OpenFile(base, flag, 0)
	if err != nil {
		return nil, plain(err)
	}
	if info, err := f.Stat(); err != nil || !os.SameFile(info, seen) {
		return nil, errors.Join(err, errors.New("it is being replaced by another process"), f.Close())
	}
	return f, nil
}

// plain is a system error without the names of the call and the file, which the message already has.
func plain(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
