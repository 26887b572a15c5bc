// Package golden holds what the examples render to, one file per object, and the test that compares.
package golden

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/test/examples"
)

// TestGolden compares what `roster render --all --output-dir` writes for each example with the folder of its name. UPDATE=1
// rewrites the folder and removes stale files.
func TestGolden(t *testing.T) {
	update := os.Getenv("UPDATE") == "1"
	roster := examples.Roster(t)
	for _, name := range examples.Names(t) {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			examples.RenderAll(t, roster, name, "--output-dir", out)
			want, got := read(t, name), read(t, out)
			for path, text := range got {
				file := filepath.Join(name, path)
				if want[path] == text {
					continue
				}
				if !update {
					t.Errorf("%s differs (-golden +rendered); after reading the difference, UPDATE=1 accepts it:\n%s", file, cmp.Diff(want[path], text))
					continue
				}
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			for path := range want {
				file := filepath.Join(name, path)
				if _, ok := got[path]; ok {
					continue
				}
				if !update {
					t.Errorf("%s is stale: nothing renders it", file)
				} else if err := os.Remove(file); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// read returns the files of a folder, by their path in it.
func read(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		path, err = filepath.Rel(dir, path)
		files[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestFolders fails when a golden folder has no example.
func TestFolders(t *testing.T) {
	known := map[string]bool{}
	for _, name := range examples.Names(t) {
		known[name] = true
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && !known[e.Name()] {
			t.Errorf("golden/%s has no example", e.Name())
		}
	}
}
