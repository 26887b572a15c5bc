package git_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/hippotion/roster/internal/checkout"
)

// TestSameAsCheckout: whatever a commit has, its files answer every question as a checkout of it does, with the same words when there is no
// answer.
func TestSameAsCheckout(t *testing.T) {
	for seed := range uint64(6) {
		w := newWorld(t)
		random := rand.New(rand.NewPCG(seed, 0))
		names, folders := []string{"."}, []string{"."}
		pick := func() string { return names[random.IntN(len(names))] }
		elements := []string{"a", "b", "c.yaml", "d-e", "ü", "line\nend", "git", ".gitignore", "x y"}
		for range 40 {
			name := path.Join(folders[random.IntN(len(folders))], elements[random.IntN(len(elements))])
			file := filepath.Join(w.dir, name)
			if _, err := os.Lstat(file); err == nil {
				continue
			}
			var err error
			switch random.IntN(4) {
			case 0, 1:
				err = os.Mkdir(file, 0o755)
				folders = append(folders, name)
			case 2:
				err = os.WriteFile(file, fmt.Appendf(nil, "content %d", random.IntN(1000)), []fs.FileMode{0o644, 0o755}[random.IntN(2)])
			case 3:
				targets := []string{pick(), "../" + pick(), "../../" + path.Base(pick()), "/etc/passwd", ".git/config", ".git", "./" + pick() + "/", "missing/../" + pick(), path.Base(name), "../../../../../etc"}
				err = os.Symlink(targets[random.IntN(len(targets))], file)
			}
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, name)
		}
		w.write("end/kept", "x")
		w.commit("all")
		w.git("clean", "-fdxq") // empty folders
		root, err := os.OpenRoot(w.dir)
		if err != nil {
			t.Fatal(err)
		}
		want, got := checkout.FS(root), w.files("HEAD")
		for _, name := range names {
			for _, element := range append([]string{"", "missing", ".git", ".git/config", "GIT~1"}, elements...) {
				compare(t, want, got, path.Join(name, element))
			}
		}
		for _, name := range []string{"", "/", "a/", "../a", "a/../b", "a//b"} {
			compare(t, want, got, name)
		}
		_ = root.Close()
	}
}

// compare asks both everything about a name.
func compare(t *testing.T, want, got fs.FS, name string) {
	t.Helper()
	same := func(op string, a any, errA error, b any, errB error) {
		t.Helper()
		if fmt.Sprint(a) != fmt.Sprint(b) || cause(errA) != cause(errB) || errors.Is(errA, fs.ErrNotExist) != errors.Is(errB, fs.ErrNotExist) {
			t.Errorf("%s of %q: on the disk %v, %v; in the commit %v, %v", op, name, a, errA, b, errB)
		}
	}
	dataA, errA := fs.ReadFile(want, name)
	dataB, errB := fs.ReadFile(got, name)
	same("ReadFile", string(dataA), errA, string(dataB), errB)
	listA, errA := fs.ReadDir(want, name)
	listB, errB := fs.ReadDir(got, name)
	same("ReadDir", entries(listA), errA, entries(listB), errB)
	infoA, errA := fs.Stat(want, name)
	infoB, errB := fs.Stat(got, name)
	same("Stat", about(infoA), errA, about(infoB), errB)
	infoA, errA = fs.Lstat(want, name)
	infoB, errB = fs.Lstat(got, name)
	same("Lstat", about(infoA), errA, about(infoB), errB)
	linkA, errA := fs.ReadLink(want, name)
	linkB, errB := fs.ReadLink(got, name)
	same("ReadLink", linkA, errA, linkB, errB)
	openA, errA := want.Open(name)
	openB, errB := got.Open(name)
	if errA == nil && errB == nil {
		infoA, _ = openA.Stat()
		infoB, _ = openB.Stat()
		same("Open", about(infoA), openA.Close(), about(infoB), openB.Close())
		return
	}
	same("Open", nil, errA, nil, errB)
}

func cause(err error) string {
	if at := (*fs.PathError)(nil); errors.As(err, &at) {
		err = at.Err
	}
	return fmt.Sprint(err)
}

func entries(list []fs.DirEntry) (out []string) {
	for _, e := range list {
		info, err := e.Info()
		out = append(out, fmt.Sprintf("%q %v %v %v", e.Name(), e.Type(), about(info), cause(err)))
	}
	return out
}

// about is what is the same of a file wherever it was checked out.
func about(i fs.FileInfo) string {
	if i == nil {
		return ""
	}
	if !i.Mode().IsRegular() {
		return fmt.Sprintf("%q %v", i.Name(), i.Mode().Type())
	}
	return fmt.Sprintf("%q %v %v %d", i.Name(), i.Mode().Type(), i.Mode()&0o100, i.Size())
}

// TestFS is what the library of Go asks of file systems.
func TestFS(t *testing.T) {
	w := newWorld(t)
	w.write("a/b/c", "content")
	w.write("a/d", "")
	w.link("a/e", "b/c")
	w.link("f", "a")
	w.commit("all")
	if err := fstest.TestFS(w.files("HEAD"), "a/b/c", "a/d", "a/e", "f"); err != nil {
		t.Error(err)
	}
}
