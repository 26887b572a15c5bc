//go:build unix

package outdir_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hippotion/roster/internal/filelock"
	"github.com/hippotion/roster/internal/outdir"
	"github.com/hippotion/roster/render/object"
)

// The child that a test interrupts writes one of two trees into a folder.
const (
	childDir  = "OUTDIR_TEST_DIR"
	childTree = "OUTDIR_TEST_TREE"
	childMost = "OUTDIR_TEST_MOST" // bytes that a file may have: what is longer meets a disk that is full
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := child(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		return
	}
	os.Exit(m.Run())
}

func child(dir string) error {
	if most, err := strconv.ParseUint(os.Getenv(childMost), 10, 64); err == nil {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
			return err
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	return outdir.Write(root, []outdir.Group{{Objects: tree(os.Getenv(childTree))}}, false, new(object.Encoder))
}

// tree is one of two trees that have some files in common, some of the same name, and some folders each of its own.
func tree(name string) []object.Object {
	var out []object.Object
	for i := range 6 {
		out = append(out, configMap("common", fmt.Sprint("same-", i), "same"), configMap("common", fmt.Sprint("other-", i), name), configMap("common", fmt.Sprint("own-", i, "-", name), name))
		for j := range 3 {
			out = append(out, configMap(fmt.Sprint("web-", i, "-", name), fmt.Sprint("a", j), strings.Repeat(name, 2000)))
		}
	}
	return out
}

func command(t *testing.T, dir, name string, most int) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self)
	c.Env = append(os.Environ(), childDir+"="+dir, childTree+"="+name)
	if most > 0 {
		c.Env = append(c.Env, fmt.Sprint(childMost, "=", most))
	}
	return c
}

var foreign = state{"mine.txt": "x", "common/mine.yaml": "y", "web-3-a/mine.yaml": "z", "empty/": ""}

// TestKilled kills a run at 50 moments. Each file is whole then, an old one or a new one, those of others are there, and the next run
// makes the tree right, whichever of the two it writes.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, of(tree("a"), foreign))
	begin := time.Now()
	if out, err := command(t, dir, "b", 0).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	takes := time.Since(begin)
	if diff := cmp.Diff(of(tree("b"), foreign), read(t, dir)); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	now, killed, mixed := "b", 0, 0
	const times = 50
	for i := range times {
		next := map[string]string{"a": "b", "b": "a"}[now]
		old, want := of(tree(now), foreign), of(tree(next), foreign)
		c := command(t, dir, next, 0)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(takes * time.Duration(i) / times)
		_ = c.Process.Kill()
		if c.Wait() != nil {
			killed++
		}
		left := read(t, dir)
		if !cmp.Equal(left, old) && !cmp.Equal(left, want) {
			mixed++
		}
		for file, text := range left {
			if !strings.HasPrefix(file, ".roster-partial") && text != old[file] && text != want[file] {
				t.Fatalf("%s is neither the old one nor the new one: %.40q", file, text)
			}
		}
		for file := range old { // what is stale goes last
			if _, there := left[file]; !there && want[file] == "" && foreign[file] == "" {
				for file, text := range want {
					if left[file] != text {
						t.Fatalf("a stale file is gone, and %s is not there yet", file)
					}
				}
			}
		}
		for file := range foreign {
			if _, there := left[file]; !there {
				t.Fatalf("%s is gone", file)
			}
		}
		if i%2 == 0 { // the same run again, or one back to what was there
			now = next
		}
		if err := write(t, dir, tree(now)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(of(tree(now), foreign), read(t, dir)); diff != "" {
			t.Fatalf("after a kill, and a run (-want +got):\n%s", diff)
		}
	}
	t.Logf("%d of %d were killed in time, %d left something to repair", killed, times, mixed)
	if killed == 0 {
		t.Error("no run was killed")
	}
}

// TestFullDisk: a run that finds no room for a file leaves the tree as it was, and reports it.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, of(tree("a"), foreign))
	c := command(t, dir, "b", 1000)
	out, err := c.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "file too large") {
		t.Errorf("got %v, %s", err, out)
	}
	if diff := cmp.Diff(of(tree("a"), foreign), read(t, dir)); diff != "" {
		t.Errorf("changed (-before +after):\n%s", diff)
	}
}

// TestTwoRuns: the second one does nothing.
func TestTwoRuns(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, foreign)
	unlock, err := filelock.TakeFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	err = write(t, dir, tree("a"))
	if want := "another run is writing into the folder\n  hint: wait until it has ended"; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff(foreign, read(t, dir)); diff != "" {
		t.Errorf("changed (-before +after):\n%s", diff)
	}
	unlock()
	if err := write(t, dir, tree("a")); err != nil {
		t.Fatal(err)
	}
}

// TestPipe: a named pipe is not a file, and reading it would not end.
func TestPipe(t *testing.T) {
	dir := t.TempDir()
	a := configMap("web-a", "a", "")
	fill(t, dir, state{"web-a/": "", "web-b/": ""})
	for _, file := range []string{"web-a/configmap-a.yaml", "web-b/configmap-b.yaml"} {
		if err := syscall.Mkfifo(filepath.Join(dir, file), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	before := read(t, dir)
	if err := write(t, dir, []object.Object{a}); err == nil || !strings.Contains(err.Error(), "something that roster did not write is in its place") {
		t.Errorf("got %v", err)
	}
	if err := write(t, dir, []object.Object{configMap("web-c", "c", "")}); err != nil {
		t.Error(err)
	}
	after := read(t, dir)
	delete(after, "web-c/configmap-c.yaml")
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("changed (-before +after):\n%s", diff)
	}
}
