// Package atomicfile replaces files so that a reader sees the old text or the new one, and never a part.
//
// It does not make folders, and it does not lock: two writers are both whole, and the last one stays.
package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Write makes or replaces the file at path. The new text is on the disk before the name leads to it, so that a crash leaves
// either. The temporary file lies beside it, with a dot in front of its name and without its extension: programs that read
// all files with an extension, as node_exporter does, must not find it.
func Write(path string, data []byte, mode fs.FileMode) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("replacing %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("replacing %s: %w", path, err), os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
