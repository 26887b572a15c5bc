package outfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// absolute is the path that a name means here. The working directory is where the process is, whatever links the shell followed to get there.
func absolute(name string) (string, error) {
	if filepath.IsAbs(name) {
		return filepath.Clean(name), nil
	}
	here, err := os.Getwd()
	if err == nil {
		here, err = filepath.EvalSymlinks(here)
	}
	return filepath.Join(here, name), err
}

// parent opens the folder of a file.
func parent(name string, untrusted []string) (dir *os.Root, base string, err error) {
	path, err := absolute(name)
	if err != nil {
		return nil, "", err
	}
	dir, err = walk(filepath.Dir(path), untrusted, false)
	return dir, filepath.Base(path), err
}

// below opens the folder of a file below another one, and follows no link on the way.
func below(root *os.Root, name string) (dir *os.Root, base string, err error) {
	dir, err = root.OpenRoot(".")
	if err != nil {
		return nil, "", err
	}
	names := strings.Split(filepath.Clean(filepath.FromSlash(name)), string(filepath.Separator))
	for _, n := range names[:len(names)-1] {
		if dir, err = child(dir, n, false); err != nil {
			return nil, "", err
		}
	}
	return dir, names[len(names)-1], nil
}

// walk opens the folder at an absolute path. Links are followed up to the first folder that is not trusted, and not from there
// on. Missing folders are created when asked for.
func walk(path string, untrusted []string, makeMissing bool) (*os.Root, error) {
	volume := filepath.VolumeName(path)
	at := volume + string(filepath.Separator)
	names := strings.FieldsFunc(path[len(volume):], func(c rune) bool { return c == filepath.Separator })
	guards := guarded(untrusted)
	for len(names) > 0 && !guards.has(at) {
		next, err := filepath.EvalSymlinks(filepath.Join(at, names[0]))
		if errors.Is(err, fs.ErrNotExist) {
			break // or a link to a missing target, which is not followed below
		}
		if err != nil {
			return nil, plain(err)
		}
		at, names = next, names[1:]
	}
	dir, err := os.OpenRoot(at)
	if err != nil {
		return nil, plain(err)
	}
	for _, n := range names {
		if dir, err = child(dir, n, makeMissing); err != nil {
			return nil, err
		}
	}
	return dir, nil
}

// child opens a folder in a folder, which it closes.
func child(dir *os.Root, name string, makeMissing bool) (*os.Root, error) {
	defer dir.Close()
	shown := fromHere(filepath.Join(dir.Name(), name))
	info, err := dir.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) && makeMissing {
		if err = dir.Mkdir(name, 0o755); err == nil || errors.Is(err, fs.ErrExist) {
			info, err = dir.Lstat(name)
		}
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no folder %s", shown)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", shown, plain(err))
	case info.Mode()&fs.ModeSymlink != 0:
		return nil, linkError(dir, name, shown, "folder")
	case !info.IsDir():
		return nil, fmt.Errorf("%s is not a folder", shown)
	}
	next, err := dir.OpenRoot(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", shown, plain(err))
	}
	if opened, err := next.Stat("."); err != nil || !os.SameFile(opened, info) {
		return nil, errors.Join(err, fmt.Errorf("%s is being replaced by another process", shown), next.Close())
	}
	return next, nil
}

// fromHere is a path as a user would write it from the working directory.
func fromHere(path string) string {
	here, err := absolute(".")
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(here, path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return path
}

// LinkError is a symbolic link in a place where none is followed.
type LinkError struct {
	Name, Target string
	What         string // file or folder
}

func linkError(dir *os.Root, base, name, what string) error {
	target, _ := dir.Readlink(base)
	return &LinkError{name, target, what}
}

func (e *LinkError) Error() string {
	return fmt.Sprintf("%s is a symbolic link to %q, which is not followed\n  hint: name the intended %s, or remove the link", e.Name, e.Target, e.What)
}

// guards are folders in which no link is followed.
type guards []fs.FileInfo

func guarded(untrusted []string) guards {
	var out guards
	for _, name := range slices.Concat(untrusted, []string{"."}) {
		path, err := absolute(name)
		if err == nil {
			path, err = filepath.EvalSymlinks(path)
		}
		if err != nil {
			continue // it does not exist, so it has no links
		}
		if info, err := os.Stat(path); err == nil {
			out = append(out, info)
		}
	}
	return out
}

// has reports whether a folder is in one that is guarded, or in a Git checkout. The whole file system is never a checkout, even when a
// process runs at its root.
func (g guards) has(path string) bool {
	for at := path; at != filepath.Dir(at); at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return true
		}
		info, err := os.Stat(at)
		if err != nil {
			continue
		}
		for _, guard := range g {
			if os.SameFile(info, guard) {
				return true
			}
		}
	}
	return false
}
