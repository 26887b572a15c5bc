package syntax

import (
	"fmt"
	"io"
	"io/fs"

	"github.com/hippotion/roster/internal/diag"
)

// Read parses the file of fsys that messages call display. The document is nil when there is none that can be read, which
// has been added to diags; an error means that the file is not there (fs.ErrNotExist), or that reading it failed.
func Read(fsys fs.FS, file, display string, diags *diag.List) (*Document, error) {
	report := func(code, hint, format string, args ...any) (*Document, error) {
		diags.Add(diag.Diagnostic{Pos: diag.Position{File: display}, Code: code, Hint: hint, Message: fmt.Sprintf(format, args...)})
		return nil, nil
	}
	info, err := fs.Stat(fsys, file)
	switch {
	case err != nil:
		if link, linkErr := fs.Lstat(fsys, file); linkErr == nil && link.Mode()&fs.ModeSymlink != 0 {
			return report("path-outside", "keep the file itself in the repository", "the file is a link that leads out of the repository, or nowhere")
		}
		return nil, fmt.Errorf("reading %s: %w", display, err)
	case info.IsDir():
		return report("missing-file", "", "expected a file, found a folder")
	case !info.Mode().IsRegular(): // a pipe would hang
		return report("missing-file", "", "expected a file, found a special file")
	case info.Size() > MaxBytes:
		return report("too-large", "", "expected at most %d MiB, found %d MiB", MaxBytes>>20, info.Size()>>20)
	}
	f, err := fsys.Open(file)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", display, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", display, err)
	}
	return Parse(display, data, diags), nil
}
