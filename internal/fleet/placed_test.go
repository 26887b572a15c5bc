package fleet_test

import (
	"io/fs"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/internal/fleet"
)

// TestAt: all of a file system is found below the folder that it is placed in, and nothing beside it.
func TestAt(t *testing.T) {
	files := fstest.MapFS{
		"list.yml":   {Data: []byte("list")},
		"sub/a.yml":  {Data: []byte("a")},
		"sub/link":   {Data: []byte("a.yml"), Mode: fs.ModeSymlink},
		"sub/b/c.md": {Data: []byte("c")},
	}
	fsys := fleet.At(files, "clusters/home")
	var names []string
	err := fs.WalkDir(fsys, ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && name != "." && e.Name() != name[len(name)-len(e.Name()):] {
			t.Errorf("%s is called %s", name, e.Name())
		}
		names = append(names, name)
		return err
	})
	want := []string{".", "clusters", "clusters/home", "clusters/home/list.yml", "clusters/home/sub", "clusters/home/sub/a.yml",
		"clusters/home/sub/b", "clusters/home/sub/b/c.md", "clusters/home/sub/link"}
	if err != nil || !slices.Equal(names, want) {
		t.Errorf("%v, %q, want %q", err, names, want)
	}
	if data, err := fs.ReadFile(fsys, "clusters/home/sub/link"); string(data) != "a" || err != nil {
		t.Errorf("through a link: %q, %v", data, err)
	}
	if target, err := fs.ReadLink(fsys, "clusters/home/sub/link"); target != "a.yml" || err != nil {
		t.Errorf("the link leads to %q, %v", target, err)
	}
	if info, err := fs.Lstat(fsys, "clusters"); err != nil || !info.IsDir() || info.Name() != "clusters" {
		t.Errorf("clusters: %v, %v", info, err)
	}
	for _, name := range []string{"list.yml", "clusters/list.yml", "cluster", "clusters/homes/list.yml", "clusters/home/none"} {
		if _, err := fs.Stat(fsys, name); err == nil {
			t.Errorf("%s is there", name)
		}
		if _, err := fs.ReadFile(fsys, name); err == nil {
			t.Errorf("%s can be read", name)
		}
	}
}
