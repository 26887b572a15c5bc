package fleet

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hippotion/roster/catalog"
)

// folder is the absolute path of an existing folder, without symbolic links.
func folder(dir string) (string, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("there is no folder %q\n  hint: name the folder that holds %s", dir, catalog.ApplicationsFile)
	case err != nil:
		return "", fmt.Errorf("reading %w", err)
	case !info.IsDir():
		return "", fmt.Errorf("%q is not a folder\n  hint: name the folder that holds %s", dir, catalog.ApplicationsFile)
	}
	full, err := filepath.Abs(dir)
	if err == nil {
		full, err = filepath.EvalSymlinks(full)
	}
	return full, err
}

// checkoutAround is the root of the Git checkout around dir, or dir when there is none.
func checkoutAround(dir string) string {
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return at
		}
		if at == filepath.Dir(at) {
			return dir
		}
	}
}
