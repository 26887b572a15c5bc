//go:build unix

package filelock_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/hippotion/roster/internal/filelock"
)

func TestTake(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for name, take := range map[string]func() (func(), error){
		"a file":   func() (func(), error) { return filelock.Take(filepath.Join(dir, "lock")) },
		"a folder": func() (func(), error) { return filelock.TakeFolder(dir) },
		"a root":   func() (func(), error) { return filelock.TakeRoot(root) },
	} {
		unlock, err := take()
		if err != nil {
			t.Fatal(name, err)
		}
		if _, err := take(); !errors.Is(err, filelock.ErrTaken) {
			t.Errorf("%s: taken twice: %v", name, err)
		}
		unlock()
		if unlock, err = take(); err != nil {
			t.Errorf("%s: not free again: %v", name, err)
		} else {
			unlock()
		}
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "elsewhere"), link); err != nil {
		t.Fatal(err)
	}
	if _, err := filelock.Take(link); err == nil {
		t.Error("a link was followed")
	}
}
