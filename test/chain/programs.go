// Package chain proves the catalog's alerting on the real programs: Debian's Prometheus, Alertmanager and node_exporter, and
// roster and hostwatch as they are here. See README.md.
package chain

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// folder is the variable of the environment through which Prepare tells the tests where the programs are.
const folder = "CHAIN_PROGRAMS"

// Program is the path of a program that Prepare has found or built.
func Program(name string) string { return filepath.Join(os.Getenv(folder), name) }

// found are the programs that somebody else made: what the tests call them, and what else they may be called.
var found = map[string][]string{
	"prometheus":    nil,
	"promtool":      nil,
	"alertmanager":  {"prometheus-alertmanager"},
	"amtool":        nil,
	"node_exporter": {"prometheus-node-exporter"},
}

// Share is the folder with what Debian's programs expect in /usr/share, or nothing when they are installed.
func Share() string {
	path, err := filepath.EvalSymlinks(Program("share"))
	if err != nil {
		return ""
	}
	return path
}

// packages are Debian's packages that have them.
const packages = "prometheus prometheus-alertmanager prometheus-node-exporter"

// Prepare finds the programs in PATH, or else in Debian's packages, builds ours, and sets the environment so that tests find
// all of them in dir. The root is the repository's.
func Prepare(root, dir string) error {
	for name, others := range found {
		program, err := find(append([]string{name}, others...), os.Getenv("PATH"))
		if err != nil {
			files, unpackErr := unpacked(filepath.Join(root, "bin", ".debian"))
			if unpackErr == nil {
				program, unpackErr = find(append([]string{name}, others...), filepath.Join(files, "usr", "bin"))
			}
			if unpackErr != nil {
				return fmt.Errorf("%w\n%w\non Debian: apt-get install %s", err, unpackErr, packages)
			}
			if err := os.Symlink(filepath.Join(files, "usr", "share"), filepath.Join(dir, "share")); err != nil && !errors.Is(err, fs.ErrExist) {
				return err
			}
		}
		if err := os.Symlink(program, filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	build := exec.Command("go", "build", "-buildvcs=false", "-o", dir, "./cmd/roster", "./cmd/hostwatch")
	build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", build, err, out)
	}
	return os.Setenv(folder, dir)
}

// find is the path of a program that has one of the names, in one of the folders of a list such as PATH.
func find(names []string, folders string) (string, error) {
	for _, folder := range filepath.SplitList(folders) {
		for _, name := range names {
			path := filepath.Join(folder, name)
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
				return filepath.Abs(path)
			}
		}
	}
	return "", fmt.Errorf("there is no program %s in %s", strings.Join(names, " or "), folders)
}

// unpacked is the folder with the files of the packages. It downloads them if need be, and installs nothing. Another process
// may want the same: one waits for the other. The folder gets its name when it is complete.
func unpacked(cache string) (string, error) {
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	cache, err := filepath.Abs(cache) // apt and dpkg run elsewhere
	if err != nil {
		return "", err
	}
	lock, err := os.OpenFile(filepath.Join(cache, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return "", err
	}
	defer func() { _ = lock.Close() }() // which releases it
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", fmt.Errorf("locking %s: %w", lock.Name(), err)
	}
	files := filepath.Join(cache, "files")
	if _, err := os.Stat(files); !errors.Is(err, fs.ErrNotExist) {
		return files, err
	}
	half, err := os.MkdirTemp(cache, "half-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(half) }()
	debs, err := download(cache, half)
	if err != nil {
		return "", err
	}
	for _, deb := range debs {
		if err := run(half, "dpkg-deb", "-x", deb, filepath.Join(half, "files")); err != nil {
			return "", err
		}
	}
	return files, os.Rename(filepath.Join(half, "files"), files)
}

// download has apt download the packages into a folder, and check their signatures. Where the system has no lists of
// packages, it fetches lists of its own, and leaves the system's alone.
func download(cache, to string) ([]string, error) {
	get := append([]string{"apt-get", "--quiet", "download"}, strings.Fields(packages)...)
	if err := run(to, get...); err != nil {
		own := []string{
			"-o", "Dir::State::lists=" + filepath.Join(cache, "lists"), "-o", "Dir::Cache=" + filepath.Join(cache, "cache"),
		}
		for _, dir := range []string{"lists/partial", "cache/archives/partial"} {
			if err := os.MkdirAll(filepath.Join(cache, dir), 0o755); err != nil {
				return nil, err
			}
		}
		for _, args := range [][]string{{"apt-get", "--quiet", "update"}, get} {
			if again := run(to, append(args, own...)...); again != nil {
				return nil, errors.Join(err, again)
			}
		}
	}
	debs, err := filepath.Glob(filepath.Join(to, "*.deb"))
	if err == nil && len(debs) != len(strings.Fields(packages)) {
		err = fmt.Errorf("apt-get downloaded %q", debs)
	}
	return debs, err
}

func run(dir string, args ...string) error {
	c := exec.Command(args[0], args[1:]...)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", c, err, out)
	}
	return nil
}
