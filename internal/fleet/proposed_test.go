package fleet_test

import (
	"errors"
	"io/fs"
	"maps"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/internal/fleet"
)

// TestWith: files have the texts that are proposed, also where there is nothing yet, and all else is as it was.
func TestWith(t *testing.T) {
	place := fleet.Place{Files: fstest.MapFS{"list.yml": {Data: []byte("old")}, "deploy/a.yml": {Data: []byte("a")}, "deploy/link": {Data: []byte("a.yml"), Mode: fs.ModeSymlink}}}
	place = place.With(map[string]string{"list.yml": "first", "other.yml": "x"}).With(map[string]string{"list.yml": "new", "deploy/b/c/d.yml": "d"})
	for root, want := range map[string]map[string]string{
		".":      {"list.yml": "new", "other.yml": "x", "deploy/a.yml": "a", "deploy/link": "a", "deploy/b/c/d.yml": "d"},
		"deploy": {"a.yml": "a", "link": "a", "b/c/d.yml": "d"},
	} {
		files, closer, err := (&fleet.Output{Root: root}).Open(place)
		if err != nil {
			t.Fatal(err)
		}
		if err := fstest.TestFS(files, slices.Collect(maps.Keys(want))...); err != nil {
			t.Errorf("%s: %v", root, err)
		}
		for name, text := range want {
			if data, err := fs.ReadFile(files, name); err != nil || string(data) != text {
				t.Errorf("%s: %s is %q, %v; want %q", root, name, data, err, text)
			}
		}
		if _, err := fs.Stat(files, "deploy/none"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", root, err)
		}
		if err := closer(); err != nil {
			t.Error(err)
		}
	}
}
