//go:build unix

package outfile_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/hippotion/roster/internal/outfile"
)

// world is a folder with a checkout, another folder that is not one, and a foreign file. The test runs in the checkout.
func world(t *testing.T) (dir string) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"checkout/.git", "checkout/sub", "unpacked", "elsewhere/deep"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{
		"checkout/file": "../elsewhere/mine", "checkout/out": "../elsewhere", "checkout/sub/out": "../../elsewhere/deep", "checkout/inside": "sub",
		"checkout/nowhere": "../elsewhere/new", "unpacked/out": "../elsewhere", "unpacked/file": "../elsewhere/mine",
		"tmp": "elsewhere", "link": "elsewhere/mine", "way": "checkout/sub",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"elsewhere/mine", "elsewhere/deep/mine", "checkout/plain"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte("old"), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(filepath.Join(dir, "checkout"))
	return dir
}

// content is what all files of the world have in them, by name.
func content(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(file)
		out[strings.TrimPrefix(file, dir+"/")] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// places are names, with the file that is written (DIR stands for the world's folder), or else what is wrong with the name.
var places = []struct{ name, written, wrong string }{
	{"plain", "checkout/plain", ""},
	{"new", "checkout/new", ""},
	{"./sub/../sub/new", "checkout/sub/new", ""},
	{"DIR/checkout/sub/new", "checkout/sub/new", ""},
	{"DIR/way/new", "checkout/sub/new", ""}, // the person's own link
	{"../elsewhere/new", "elsewhere/new", ""},
	{"DIR/tmp/new", "elsewhere/new", ""},
	{"DIR/tmp/deep/mine", "elsewhere/deep/mine", ""},

	{"file", "", `it is a symbolic link to "../elsewhere/mine", which is not followed` + "\n  hint: name the intended file, or remove the link"},
	{"nowhere", "", `it is a symbolic link to "../elsewhere/new", which is not followed` + "\n  hint: name the intended file, or remove the link"},
	{"DIR/checkout/file", "", `it is a symbolic link to "../elsewhere/mine", which`},
	{"../link", "", `it is a symbolic link to "elsewhere/mine", which`},
	{"out/mine", "", `out is a symbolic link to "../elsewhere", which is not followed` + "\n  hint: name the intended folder, or remove the link"},
	{"out/deep/mine", "", `out is a symbolic link to "../elsewhere", which`},
	{"sub/out/mine", "", `sub/out is a symbolic link to "../../elsewhere/deep", which`},
	{"inside/new", "", `inside is a symbolic link to "sub", which`},
	{"DIR/checkout/out/mine", "", `out is a symbolic link to "../elsewhere", which`},
	{"DIR/way/out/mine", "", `sub/out is a symbolic link to "../../elsewhere/deep", which`},
	{"nowhere/new", "", `nowhere is a symbolic link to "../elsewhere/new", which`},
	{"DIR/unpacked/out/mine", "", `DIR/unpacked/out is a symbolic link to "../elsewhere", which`},
	{"../unpacked/out/mine", "", `DIR/unpacked/out is a symbolic link to "../elsewhere", which`},
	{"sub", "", "it is a folder\n  hint: name a file"},
	{"missing/new", "", "there is no folder missing"},
	{"plain/new", "", "plain is not a folder"},
}

func TestWrite(t *testing.T) {
	for _, p := range places {
		t.Run(p.name, func(t *testing.T) {
			dir := world(t)
			want := content(t, dir)
			name := strings.ReplaceAll(p.name, "DIR", dir)
			err := outfile.Write(name, []byte("new"), "../unpacked", "../missing")
			if p.wrong == "" && err != nil || p.wrong != "" && (err == nil || !strings.HasPrefix(err.Error(), "writing "+name+": "+strings.ReplaceAll(p.wrong, "DIR", dir))) {
				t.Errorf("got %v, want %q", err, p.wrong)
			}
			if p.written != "" {
				want[p.written] = "new"
			}
			same(t, want, content(t, dir))
		})
	}
}

func same(t *testing.T, want, got map[string]string) {
	t.Helper()
	for file := range got {
		if want[file] != got[file] {
			t.Errorf("%s has %q, want %q", file, got[file], want[file])
		}
	}
	if len(want) != len(got) {
		t.Errorf("%d files, want %d", len(got), len(want))
	}
}

// TestCreate makes files, with the folders above them, follows no link, and replaces nothing.
func TestCreate(t *testing.T) {
	for _, c := range []struct{ name, written, wrong string }{
		{"new", "checkout/new", ""},
		{"more/deep/new", "checkout/more/deep/new", ""},
		{"../elsewhere/new", "elsewhere/new", ""},
		{"plain", "", "file exists"},
		{"sub", "", "file exists"},
		{"file", "", "file exists"}, // a link, also one to nothing
		{"nowhere", "", "file exists"},
		{"out/new", "", `out is a symbolic link to "../elsewhere", which is not followed`},
		{"nowhere/new", "", `nowhere is a symbolic link to "../elsewhere/new", which is not followed`},
		{"plain/new", "", "plain is not a folder"},
	} {
		dir := world(t)
		want := content(t, dir)
		err := outfile.Create(c.name, []byte("new"))
		if c.wrong == "" && err != nil || c.wrong != "" && (err == nil || !strings.HasPrefix(err.Error(), "writing "+c.name+": "+c.wrong)) || errors.Is(err, fs.ErrExist) != (c.wrong == "file exists") {
			t.Errorf("%s: %v, want %q", c.name, err, c.wrong)
		}
		if c.written != "" {
			want[c.written] = "new"
		}
		same(t, want, content(t, dir))
	}
}

// TestRead reads where Write writes, and nowhere else.
func TestRead(t *testing.T) {
	for _, p := range places {
		t.Run(p.name, func(t *testing.T) {
			dir := world(t)
			name := strings.ReplaceAll(p.name, "DIR", dir)
			there := content(t, dir)[p.written]
			data, err := outfile.Read(name, 3, "../unpacked")
			switch {
			case p.wrong != "":
				if err == nil || !strings.HasPrefix(err.Error(), "reading "+name+": "+strings.ReplaceAll(p.wrong, "DIR", dir)) {
					t.Errorf("got %v, want %q", err, p.wrong)
				}
			case there == "":
				if !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("got %v", err)
				}
			case string(data) != there || err != nil:
				t.Errorf("got %q, %v, want %q", data, err, there)
			}
		})
	}
	world(t)
	if err := os.WriteFile("plain", make([]byte, 2<<20+1), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"plain": "reading plain: it has more than 2 MiB", "/dev/zero": "reading /dev/zero: it has more than 2 MiB"} {
		if data, err := outfile.Read(name, 2<<20); err == nil || err.Error() != want || data != nil {
			t.Errorf("%s: %d bytes, %v", name, len(data), err)
		}
	}
}

func TestFolder(t *testing.T) {
	for _, c := range []struct{ name, opened, wrong string }{
		{".", "checkout", ""},
		{"sub", "checkout/sub", ""},
		{"new/deep", "checkout/new/deep", ""},
		{"DIR/tmp", "elsewhere", ""}, // the person's own link
		{"DIR/tmp/deep/new", "elsewhere/deep/new", ""},
		{"DIR/way/new", "checkout/sub/new", ""},
		{"out", "", `out is a symbolic link to "../elsewhere", which is not followed` + "\n  hint: name the intended folder, or remove the link"},
		{"out/deep", "", `out is a symbolic link to "../elsewhere", which`},
		{"out/new/deep", "", `out is a symbolic link to "../elsewhere", which`},
		{"DIR/way/out", "", `sub/out is a symbolic link to "../../elsewhere/deep", which`},
		{"DIR/unpacked/out", "", `DIR/unpacked/out is a symbolic link to "../elsewhere", which`},
		{"nowhere", "", `nowhere is a symbolic link to "../elsewhere/new", which`},
		{"plain", "", "plain is not a folder"},
		{"plain/new", "", "plain is not a folder"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := world(t)
			name := strings.ReplaceAll(c.name, "DIR", dir)
			root, err := outfile.Folder(name, "../unpacked")
			if c.wrong != "" {
				if err == nil || !strings.HasPrefix(err.Error(), "writing into "+name+": "+strings.ReplaceAll(c.wrong, "DIR", dir)) {
					t.Errorf("got %v, want %q", err, c.wrong)
				}
				if _, err := os.Stat(filepath.Join(dir, "elsewhere/new")); err == nil {
					t.Error("a folder was made behind a link")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer root.Close()
			got, err := root.Stat(".")
			if err != nil {
				t.Fatal(err)
			}
			if want, err := os.Stat(filepath.Join(dir, c.opened)); err != nil || !os.SameFile(got, want) {
				t.Errorf("another folder than %s was opened: %v", c.opened, err)
			}
		})
	}
}

// TestEdit changes a file whole, keeps its permissions, and follows no link.
func TestEdit(t *testing.T) {
	upper := func(data []byte) ([]byte, bool) { return []byte(strings.ToUpper(string(data))), true }
	for _, c := range []struct{ name, changed, wrong string }{
		{"plain", "checkout/plain", ""},
		{"./sub/../plain", "checkout/plain", ""},
		{"file", "", `changing file: it is a symbolic link to "../elsewhere/mine", which`},
		{"out/mine", "", `changing out/mine: out is a symbolic link`},
		{"inside/x", "", `changing inside/x: inside is a symbolic link to "sub", which`},
		{"../elsewhere/mine", "", "changing ../elsewhere/mine: "},
		{"missing", "", "changing missing: no such file"},
		{"sub", "", "changing sub: it is a folder"},
	} {
		dir := world(t)
		if err := os.Link("plain", "sub/other"); err != nil {
			t.Fatal(err)
		}
		root, err := os.OpenRoot(".")
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		want := content(t, dir)
		if c.changed != "" {
			want[c.changed] = "OLD"
		}
		changed, err := outfile.Edit(root, c.name, upper)
		if changed != (c.wrong == "") || c.wrong == "" && err != nil || c.wrong != "" && (err == nil || !strings.HasPrefix(err.Error(), c.wrong)) {
			t.Errorf("%s: %v, %v", c.name, changed, err)
		}
		same(t, want, content(t, dir))
		if info, err := os.Stat("plain"); err != nil || info.Mode().Perm() != 0o640 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
		if changed, err := outfile.Edit(root, "plain", func([]byte) ([]byte, bool) { return nil, false }); changed || err != nil {
			t.Errorf("%v, %v", changed, err)
		}
		same(t, want, content(t, dir))
	}
}

// TestNoFile writes into what is not a file: into a descriptor after its contents, and into a device or a pipe.
func TestNoFile(t *testing.T) {
	world(t)
	f, err := os.OpenFile("plain", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.WriteString(f, "older"); err != nil {
		t.Fatal(err)
	}
	n := strconv.Itoa(int(f.Fd()))
	for _, name := range []string{"/dev/fd/" + n, "/dev//fd/" + n, "/proc/self/fd/" + n} {
		if err := outfile.Write(name, []byte(", new")); err != nil {
			t.Error(err)
		}
	}
	if _, err := io.WriteString(f, ", last"); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile("plain"); err != nil || string(data) != "older, new, new, new, last" {
		t.Errorf("got %q, %v", data, err)
	}
	if err := outfile.Write("/dev/null", []byte("x")); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat("/dev/null"); err != nil || info.Mode().IsRegular() {
		t.Error("the device is a file now")
	}
	for _, name := range []string{"/dev/fd/987654", "/dev/fd/x", "/proc/self/fd/-1"} {
		if err := outfile.Write(name, nil); err == nil {
			t.Errorf("%s was written", name)
		}
	}

	if err := syscall.Mkfifo("pipe", 0o644); err != nil {
		t.Fatal(err)
	}
	read := make(chan string)
	go func() {
		data, err := outfile.Read("pipe", 10)
		if err != nil {
			t.Error(err)
		}
		read <- string(data)
	}()
	if err := outfile.Write("pipe", []byte("new")); err != nil {
		t.Error(err)
	}
	if got := <-read; got != "new" {
		t.Errorf("got %q", got)
	}
	if info, err := os.Lstat("pipe"); err != nil || info.Mode()&fs.ModeNamedPipe == 0 {
		t.Error("the pipe is a file now")
	}
}

// TestWhole runs at the root of the file system: it is never a checkout, and macOS has links there.
func TestWhole(t *testing.T) {
	dir := world(t)
	t.Chdir("/")
	for _, name := range []string{filepath.Join(dir, "tmp/new"), filepath.Join(dir[1:], "tmp/new")} {
		if err := outfile.Write(name, []byte("new")); err != nil {
			t.Error(err)
		}
	}
	if err := outfile.Write(filepath.Join(dir, "checkout/out/new"), nil); err == nil {
		t.Error("a link in a checkout was followed")
	}
}

// TestNoCheckout: the working directory is an unpacked archive.
func TestNoCheckout(t *testing.T) {
	dir := world(t)
	t.Chdir(filepath.Join(dir, "unpacked"))
	for _, name := range []string{"out/new", filepath.Join(dir, "unpacked/out/new")} {
		if err := outfile.Write(name, nil); err == nil || !strings.Contains(err.Error(), `out is a symbolic link to "../elsewhere"`) {
			t.Errorf("%s: %v", name, err)
		}
	}
	t.Chdir(filepath.Join(dir, "elsewhere"))
	if err := outfile.Write(filepath.Join(dir, "unpacked/out/new"), nil); err != nil {
		t.Error(err) // nobody says that the folder is not trusted
	}
}
