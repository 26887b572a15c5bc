//go:build unix

package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestInitPipe: a pipe in the place of a file stays, and nobody waits for what will come out of it.
func TestInitPipe(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	for name, want := range map[string]int{".gitignore": 0, "renovate.json": 0, "applications.yml": 2, "platform.yml": 1} {
		dir := t.TempDir()
		pipe := filepath.Join(dir, name)
		if err := syscall.Mkfifo(pipe, 0o600); err != nil {
			t.Fatal(err)
		}
		waiting := time.AfterFunc(30*time.Second, func() { // so that a reader who waits for a text gets one
			if f, err := os.OpenFile(pipe, os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
				_ = f.Close()
			}
		})
		code, stdout, stderr := run("init", "--repo-url", "https://git.example/me/homelab.git", dir)
		if !waiting.Stop() {
			t.Errorf("%s: init reads the pipe", name)
		}
		if code != want || (code != 0) != (len(stdout) == 0) {
			t.Errorf("%s: exit code %d\n%s%s", name, code, stdout, stderr)
		}
	}
}

// TestInitNext: what it says to type next is typed into a shell.
func TestInitNext(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Chdir(t.TempDir())
	for dir, want := range map[string]string{"a b$(touch x)": "'a b$(touch x)'", "-x": "./-x", "infra": "infra"} {
		code, stdout, stderr := run("init", "--dry-run", "--repo-url", "https://git.example/me/homelab.git", "--", dir)
		if code != 0 || !strings.Contains(string(stdout), "  roster lint "+want+"  ") {
			t.Errorf("%q: exit code %d\n%s%s", dir, code, stdout, stderr)
		}
	}
}
