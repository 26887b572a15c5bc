// Package atomicfile replaces files so that a reader sees the old text or the new one, and never a part.
//
// It does not create folders, and it does not lock: two writers both write whole files, and the last one stays.
package atomicfile

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Write makes or replaces the file at path. The new text is on the disk before the name leads to it, so that a crash leaves one or the other.
func Write(path string, data []byte, mode fs.FileMode) error {
	dir, err := os.OpenRoot(filepath.Dir(path))
	if err == nil {
		defer dir.Close()
		err = write(dir, filepath.Base(path), data, 0o600, func(f *os.File) error { return f.Chmod(mode) })
	}
	if err != nil {
		return fmt.Errorf("replacing %s: %w", path, err)
	}
	return nil
}

// WriteIn is Write for a file in an open folder, whatever has become of its path since. The file keeps the
// permissions that it has; a new one gets those that the umask leaves.
func WriteIn(dir *os.Root, name string, data []byte) error {
	old, err := dir.Lstat(name)
	if err != nil {
		return write(dir, name, data, 0o666, func(*os.File) error { return nil })
	}
	return write(dir, name, data, 0o600, func(f *os.File) error { return f.Chmod(old.Mode().Perm()) })
}

// CreateIn makes a file in an open folder, with the permissions that the umask leaves. It is fs.ErrExist when the name is taken.
func CreateIn(dir *os.Root, name string, data []byte) error {
	temporary, err := written(dir, name, data, 0o666, func(*os.File) error { return nil })
	if err != nil {
		return err
	}
	if err = dir.Link(temporary, name); err == nil || errors.Is(err, fs.ErrExist) {
		return errors.Join(err, dir.Remove(temporary))
	}
	if _, taken := dir.Lstat(name); !errors.Is(taken, fs.ErrNotExist) { // a file system without links: as well as it can be known
		return errors.Join(fs.ErrExist, dir.Remove(temporary))
	}
	if err = dir.Rename(temporary, name); err != nil {
		err = errors.Join(err, dir.Remove(temporary))
	}
	return err
}

// write replaces a file.
func write(dir *os.Root, name string, data []byte, mode fs.FileMode, permit func(*os.File) error) error {
	temporary, err := written(dir, name, data, mode, permit)
	if err != nil {
		return err
	}
	if err = dir.Rename(temporary, name); err != nil {
		err = errors.Join(err, dir.Remove(temporary))
	}
	return err
}

// written makes a temporary file, whose text is on the disk. It is beside the one that it is for, with a dot before its name and without
// its extension: programs that read all files with an extension, as node_exporter does, must not find it.
func written(dir *os.Root, name string, data []byte, mode fs.FileMode, permit func(*os.File) error) (temporary string, err error) {
	const longest = 200 // of the 255 bytes that a name may have
	temporary = "." + strings.ToValidUTF8(name[:min(len(name), longest)], "") + "." + rand.Text() + ".tmp"
	f, err := dir.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, permit(f), f.Sync(), f.Close()); err != nil {
		return "", errors.Join(err, dir.Remove(temporary))
	}
	return temporary, nil
}
