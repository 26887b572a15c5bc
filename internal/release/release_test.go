package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"debug/elf"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

const version = "v0.9.7"

// repository makes one with the files of this checkout, committed or not, in one commit.
func repository(t *testing.T, dir string) {
	t.Helper()
	top := filepath.Join("..", "..")
	names, err := command(top, nil, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names), "\x00"), "\x00") {
		info, err := os.Lstat(filepath.Join(top, name))
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			continue // removed, and not committed yet; or a link, which are in test data
		} else if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(top, name))
		if err == nil {
			err = os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), data, info.Mode().Perm())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	reachable(t, filepath.Join(dir, lockFile))
	env := []string{"GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_DATE=2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE=2026-01-02T03:04:05Z",
		"GIT_AUTHOR_NAME=test", "GIT_AUTHOR_EMAIL=test@example.org", "GIT_COMMITTER_NAME=test", "GIT_COMMITTER_EMAIL=test@example.org"}
	for _, args := range [][]string{{"init", "--quiet"}, {"add", "--all"}, {"commit", "--quiet", "--message", "source"}} {
		if _, err := command(dir, env, "git", args...); err != nil {
			t.Fatal(err)
		}
	}
}

// reachable has a lock name what Debian has today, when it no longer has what the lock names: that stops a release, and not each change.
func reachable(t *testing.T, lock string) {
	t.Helper()
	packages, err := locked(lock, runtime.GOARCH)
	if err == nil {
		_, err = fetched(packages)
	}
	if err == nil {
		return
	}
	t.Logf("Debian's newest packages instead of those of %s: %v", lockFile, err)
	if err := writeLock(lock); err != nil {
		t.Fatal(err)
	}
}

// twoRepositories are the same one in folders with names of different lengths.
func twoRepositories(t *testing.T) []string {
	t.Helper()
	dirs := []string{filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "another", "folder")}
	repository(t, dirs[0])
	if err := errors.Join(os.MkdirAll(filepath.Dir(dirs[1]), 0o755), os.CopyFS(dirs[1], os.DirFS(dirs[0]))); err != nil {
		t.Fatal(err)
	}
	return dirs
}

// TestRelease makes a release for this platform twice, from repositories in different folders, compares all bytes, and checks what is in it.
func TestRelease(t *testing.T) {
	here := platform{"linux", runtime.GOARCH}
	var outs []string
	for _, source := range twoRepositories(t) {
		out := filepath.Join(t.TempDir(), "dist")
		var log bytes.Buffer
		if err := run([]string{"-source", source, "-out", out, "-version", version, "-platforms", here.String()}, &log); err != nil {
			t.Fatalf("%v\n%s", err, &log)
		}
		outs = append(outs, out)
	}
	same(t, outs[0], outs[1])
	out := outs[0]
	t.Run("sums", func(t *testing.T) { sums(t, out) })
	t.Run("archive", func(t *testing.T) { archived(t, out, here) })
	t.Run("sbom", func(t *testing.T) { boms(t, out) })
	t.Run("images", func(t *testing.T) { images(t, out) })
	t.Run("sidecar", func(t *testing.T) { runSidecar(t, out) })
	t.Run("helpers", func(t *testing.T) { runHelpers(t, out) })
	t.Run("published", func(t *testing.T) { published(t, out) })
}

// same fails when two folders have not the same files.
func same(t *testing.T, one, two string) {
	t.Helper()
	var names [2][]string
	for i, dir := range []string{one, two} {
		files, err := tree(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			names[i] = append(names[i], f.name)
			other, err := os.ReadFile(filepath.Join(two, f.name))
			if i == 0 && !f.mode.IsDir() && (err != nil || !bytes.Equal(f.data, other)) {
				t.Errorf("%s is not the same in both: %v", f.name, err)
			}
		}
	}
	if !slices.Equal(names[0], names[1]) || len(names[0]) < 20 {
		t.Errorf("files %q and %q", names[0], names[1])
	}
}

// sums: sha256sum accepts the checksums, and they are of all files.
func sums(t *testing.T, out string) {
	printed, err := command(out, nil, "sha256sum", "--check", "--strict", sumsName)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != sumsName && !e.IsDir() && !strings.Contains(string(printed), e.Name()+": OK\n") {
			t.Errorf("%s is not in %s", e.Name(), sumsName)
		}
	}
}

// unpacked reads an archive.
func unpacked(t *testing.T, name string) map[string][]byte {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	files, last := map[string][]byte{}, ""
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		} else if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.Gid != 0 || h.Uname != "root" || h.ModTime.UTC().Format("2006-01-02 15:04:05") != "2026-01-02 03:04:05" || h.Name <= last {
			t.Errorf("%s: %+v", name, h)
		}
		last = h.Name
		if files[h.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}

// archived: the archive of roster has what people need, and its roster is static, knows its version, and names the sidecar's image by digest.
func archived(t *testing.T, out string, p platform) {
	files := unpacked(t, filepath.Join(out, "roster_"+version+"_"+p.os+"_"+p.arch+".tar.gz"))
	for _, name := range []string{"LICENSE", noticeName, "completions/_roster", "completions/roster.bash", "completions/roster.fish", "man/man1/roster.1", "man/man1/roster-lint.1", "roster"} {
		if len(files[name]) == 0 {
			t.Errorf("%s is missing", name)
		}
	}
	for _, text := range []string{"go.yaml.in/yaml/v3", "std 1.", "helm.sh/helm/v4 v4.", "github.com/traefik/traefik/v3 v3.", "https://proxy.golang.org/github.com/hashicorp/errwrap/@v/", "Mozilla Public License"} {
		if !bytes.Contains(files[noticeName], []byte(text)) {
			t.Errorf("%s has no %q", noticeName, text)
		}
	}
	bin := t.TempDir()
	roster := filepath.Join(bin, "roster")
	if err := os.WriteFile(roster, files["roster"], 0o755); err != nil {
		t.Fatal(err)
	}
	static(t, files["roster"])
	printed, err := command(bin, nil, roster, "version")
	if want := "roster " + version + " " + runtime.Version() + " " + p.String() + "\n"; err != nil || string(printed) != want {
		t.Errorf("roster version prints %q, want %q: %v", printed, want, err)
	}
	named, err := os.ReadFile(filepath.Join(out, imagesName))
	if err != nil {
		t.Fatal(err)
	}
	image, _, _ := strings.Cut(string(named), "\n")
	bootstrap, err := command(filepath.Join("..", "..", "examples", "homelab"), nil, roster, "bootstrap")
	if err != nil || !strings.HasPrefix(image, sidecarRepository+":"+version+"@sha256:") || !bytes.Contains(bootstrap, []byte("image: "+image+"\n")) {
		t.Errorf("bootstrap does not name %s: %v", image, err)
	}

	files = unpacked(t, filepath.Join(out, "roster-helpers_"+version+"_"+p.os+"_"+p.arch+".tar.gz"))
	for _, name := range helperPrograms {
		static(t, files[name])
	}
}

func static(t *testing.T, program []byte) {
	t.Helper()
	binary, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range binary.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("it is not static: it has %v", p.Type)
		}
	}
}

// TestCold builds the helpers for another platform with nothing compiled before, twice: nothing of the folder is in a program. For roster,
// make release-twice does it.
func TestCold(t *testing.T) {
	var built [2][]byte
	for i, source := range twoRepositories(t) {
		dir := t.TempDir()
		c, err := clone(source, version, filepath.Join(dir, "clone"))
		if err != nil {
			t.Fatal(err)
		}
		t.Setenv("GOCACHE", filepath.Join(dir, "cache"))
		if err := c.build(platform{"darwin", "arm64"}, "hostwatch", filepath.Join(dir, "hostwatch"), ""); err != nil {
			t.Fatal(err)
		}
		if built[i], err = os.ReadFile(filepath.Join(dir, "hostwatch")); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(built[0], built[1]) {
		t.Error("hostwatch differs")
	}
}

// TestRefused: what stops a release, and that nothing is left of it.
func TestRefused(t *testing.T) {
	source := t.TempDir()
	for _, args := range [][]string{{"init", "--quiet"}, {"-c", "user.name=test", "-c", "user.email=test@example.org", "commit", "--quiet", "--allow-empty", "--message", "x"}} {
		if err := exec.Command("git", append([]string{"-C", source}, args...)...).Run(); err != nil {
			t.Fatal(err)
		}
	}
	there := t.TempDir()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-platforms", "linux/riscv64"}, `expected some of ` + everywhere + ` as -platforms, found "linux/riscv64"`},
		{[]string{"-only", "docs"}, `expected image or lock as -only, found "docs"`},
		{[]string{"x"}, `unexpected argument "x"`},
		{[]string{"-source", source}, "the commit has no tag: set one, or say the version, as in make release VERSION=v1.2.3"},
		{[]string{"-source", source, "-version", "1.2.3"}, `expected a version such as v1.2.3, v0 or v1, found "1.2.3"`},
		{[]string{"-source", source, "-version", "v2.0.0"}, `expected a version such as v1.2.3, v0 or v1, found "v2.0.0"`},
		{[]string{"-source", source, "-version", "v1.0.0/../x"}, `expected a version such as v1.2.3, v0 or v1, found "v1.0.0/../x"`},
		{[]string{"-source", source, "-version", "v1.0.0-a..b"}, `expected a version such as v1.2.3, v0 or v1, found "v1.0.0-a..b"`},
		{[]string{"-source", source, "-version", "v1.0.0+$(id)"}, `expected a version such as v1.2.3, v0 or v1, found "v1.0.0+$(id)"`},
		{[]string{"-only", "image", "-platforms", "darwin/arm64"}, "expected linux/amd64 or linux/arm64 as -platforms: the image is for these"},
		{[]string{"-out", there}, there + " is there already: remove it, or name another folder with -out"},
	} {
		out := filepath.Join(t.TempDir(), "dist")
		err := run(append([]string{"-out", out}, c.args...), io.Discard)
		if err == nil || err.Error() != c.want {
			t.Errorf("%q: %v, want %s", c.args, err, c.want)
		}
		if _, err := os.Lstat(out); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q leaves %s: %v", c.args, out, err)
		}
	}
}
