package atomicfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hippotion/roster/internal/atomicfile"
)

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "x.prom")
	for _, text := range []string{"old and long", "new"} {
		if err := atomicfile.Write(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != text {
			t.Errorf("%q, %v", got, err)
		}
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	left(t, dir, "x.prom")
}

// TestFails leaves what was there when the new text cannot take its place.
func TestFails(t *testing.T) {
	dir := t.TempDir()
	occupied := filepath.Join(dir, "x")
	if err := os.MkdirAll(filepath.Join(occupied, "something"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Write(occupied, nil, 0o644); err == nil {
		t.Error("a folder was replaced")
	}
	if err := atomicfile.Write(filepath.Join(dir, "missing", "x"), nil, 0o644); err == nil {
		t.Error("a folder was made")
	}
	left(t, dir, "x")
}

// left checks that nothing but a file of that name is in dir.
func left(t *testing.T, dir, name string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != name {
		t.Errorf("left in the folder: %v, %v", entries, err)
	}
}
