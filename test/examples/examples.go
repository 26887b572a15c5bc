// Package examples loads the example platforms for tests.
package examples

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
)

// Root is the root of this repository.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
}

// Names lists the examples.
func Names(t testing.TB) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(Root(), "examples"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

// Load resolves and renders an example. An example with mistakes fails the test.
func Load(t testing.TB, name string) (*catalog.Platform, []object.Object) {
	t.Helper()
	root, err := os.OpenRoot(Root())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	platform, diags, err := catalog.Load(root.FS(), "examples/"+name)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range diags {
		t.Errorf("%s: %s: %s [%s]", d.Pos, d.Path, d.Message, d.Code)
	}
	if platform == nil {
		t.FailNow()
	}
	return platform, render.Build(platform)
}
