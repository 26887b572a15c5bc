package syntax

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/hippotion/roster/internal/diag"
)

// Read parses the file of fsys that messages call display. The document is nil when it cannot be read, which has been added to diags; an
// error means that the file is missing (fs.ErrNotExist), or that reading it failed.
func Read(fsys fs.FS, file, display string, diags *diag.List) (*Document, error) {
	return Guided{}.Read(fsys, file, display, diags)
}

func read(fsys fs.FS, file, display string, diags diagsOf) (*Document, error) {
	report := func(code, hint, format string, args ...any) (*Document, error) {
		diags.Add(diag.Diagnostic{Pos: diag.Position{File: display}, Code: code, Hint: hint, Message: fmt.Sprintf(format, args...)})
		return nil, nil
	}
	info, err := fs.Stat(fsys, file)
	switch {
	case errors.Is(err, fs.ErrPermission): // such as what leads into .git
		at := (*fs.PathError)(nil)
		if errors.As(err, &at) {
			err = at.Err
		}
		return report("path-outside", "keep the file itself in the repository", "%v", err)
	case err != nil:
		if link, linkErr := fs.Lstat(fsys, file); linkErr == nil && link.Mode()&fs.ModeSymlink != 0 {
			return report("path-outside", "keep the file itself in the repository", "the file is a link that leads out of the repository, or to a missing file")
		}
		return nil, fmt.Errorf("reading %s: %w", display, err)
	case info.IsDir():
		return report("missing-file", "write a file of that name", "expected a file, found a folder")
	case !info.Mode().IsRegular(): // a pipe would hang
		return report("missing-file", "write a file of that name", "expected a file, found a special file")
	case info.Size() > MaxBytes:
		return report("too-large", "", "expected at most %d MiB, found %d MiB", MaxBytes>>20, info.Size()>>20)
	}
	data, err := readAll(fsys, file)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", display, err)
	}
	return parse(display, data, diags), nil
}

// ReadFile reads a file of the user's: a regular one, of at most MaxBytes. What is larger is an *Excess.
func ReadFile(fsys fs.FS, file string) ([]byte, error) {
	info, err := fs.Stat(fsys, file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // a pipe would hang
		return nil, &fs.PathError{Op: "read", Path: file, Err: errNoFile}
	}
	data, err := readAll(fsys, file)
	if err == nil {
		if e := checkBytes(max(int64(len(data)), info.Size())); e != nil {
			return nil, e
		}
	}
	return data, err
}

var errNoFile = errors.New("not a regular file")

// readAll reads no more than a file may have, and one byte more, which shows that it is larger.
func readAll(fsys fs.FS, file string) ([]byte, error) {
	f, err := fsys.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, MaxBytes+1))
}
