package atomicfile_test

import (
	"os"
	"path/filepath"
	"strings"
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

// TestWriteIn keeps the permissions of what it replaces, gives a new file those of the umask, and never writes through a link.
func TestWriteIn(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(plain)
	if err != nil {
		t.Fatal(err)
	}
	umasked := info.Mode()
	long := strings.Repeat("x", 255)
	for _, name := range []string{"new", long} {
		if err := atomicfile.WriteIn(root, name, []byte("new")); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode() != umasked {
			t.Errorf("%v, %v", info, err)
		}
	}
	if err := os.Chmod(plain, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(plain, filepath.Join(dir, "other name")); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.WriteIn(root, "plain", []byte("changed")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(plain); err != nil || info.Mode().Perm() != 0o640 || info.Size() != int64(len("changed")) {
		t.Errorf("%v, %v", info, err)
	}
	if data, err := os.ReadFile(filepath.Join(dir, "other name")); err != nil || len(data) != 0 {
		t.Errorf("a hard link was written through: %q, %v", data, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 4 {
		t.Errorf("left in the folder: %v, %v", entries, err)
	}
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
