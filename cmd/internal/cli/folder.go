package cli

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"

	"github.com/hashicorp/go-multierror"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
)

// ownMark is in every file of the platform that roster writes, and workloadMark begins every other one: a file with neither is
// somebody else's, and stays.
var (
	ownMark      = []byte("\n    app.kubernetes.io/managed-by: roster\n")
	workloadMark = []byte("# rendered by roster\n")
)

// writeFolder writes one file per object into the folder at dir, and removes files of earlier runs that are stale. Files
// that have the right content are not touched. It goes on after a failure, and returns all failures.
func writeFolder(dir string, objects []object.Object) error {
	if len(objects) == 0 {
		return render.ErrNothing
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir) // no link leads out of it
	if err != nil {
		return err
	}
	defer root.Close()
	var failures *multierror.Error
	var e object.Encoder
	written := make(map[string]bool, len(objects))
	for _, o := range objects {
		file := o.File()
		if written[file] {
			failures = multierror.Append(failures, fmt.Errorf("writing %s: two applications deploy it", file))
			continue
		}
		written[file] = true
		data := e.Encode(nil, o.Value())
		if !bytes.Contains(data, ownMark) {
			data = append(slices.Clone(workloadMark), data...)
		}
		if err := writeFile(root, file, data); err != nil {
			failures = multierror.Append(failures, fmt.Errorf("writing %s: %w", file, err))
		}
	}
	if failures == nil { // what was not replaced is better than nothing
		failures = multierror.Append(failures, removeStale(root, written))
	}
	return failures.ErrorOrNil()
}

func writeFile(root *os.Root, file string, data []byte) error {
	if old, err := root.ReadFile(file); err == nil && bytes.Equal(old, data) {
		return nil
	}
	if err := root.MkdirAll(path.Dir(file), 0o755); err != nil {
		return err
	}
	return root.WriteFile(file, data, 0o644)
}

// removeStale removes the files that an earlier run wrote and this one did not, and folders that become empty.
func removeStale(root *os.Root, written map[string]bool) error {
	files, err := fs.Glob(root.FS(), "*/*.yaml")
	if err != nil {
		return err
	}
	var failures *multierror.Error
	for _, file := range files {
		if written[file] {
			continue
		}
		data, err := root.ReadFile(file)
		if err == nil && !bytes.Contains(data, ownMark) && !bytes.HasPrefix(data, workloadMark) {
			continue
		}
		if err == nil {
			err = root.Remove(file)
		}
		if err != nil {
			failures = multierror.Append(failures, fmt.Errorf("removing %s, which is stale: %w", file, err))
			continue
		}
		if rest, err := fs.ReadDir(root.FS(), path.Dir(file)); err == nil && len(rest) == 0 {
			failures = multierror.Append(failures, root.Remove(path.Dir(file)))
		}
	}
	return failures.ErrorOrNil()
}
