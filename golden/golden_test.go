// Package golden holds what the examples render to, one file per object, and the test that compares.
package golden

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/render/object"
	"github.com/hippotion/roster/test/examples"
)

// TestGolden compares each example with the folder of its name. UPDATE=1 rewrites the folder and removes stale files.
func TestGolden(t *testing.T) {
	update := os.Getenv("UPDATE") == "1"
	for _, name := range examples.Names(t) {
		t.Run(name, func(t *testing.T) {
			_, objects := examples.Load(t, name)
			want := read(t, name)
			got := map[string]string{}
			var e object.Encoder
			for _, o := range objects {
				file := filepath.Join(name, filepath.FromSlash(o.File()))
				if _, twice := got[file]; twice {
					t.Errorf("two objects in %s", file)
				}
				got[file] = string(e.Encode(nil, o.Value()))
			}
			for file, text := range got {
				if want[file] == text {
					continue
				}
				if !update {
					t.Errorf("%s differs (-golden +rendered); after reading the difference, UPDATE=1 accepts it:\n%s", file, cmp.Diff(want[file], text))
					continue
				}
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			for file := range want {
				if _, ok := got[file]; ok {
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

// read returns the files of a golden folder, by path.
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
