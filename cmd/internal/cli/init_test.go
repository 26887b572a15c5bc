package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/hippotion/roster/cmd/internal/cli"
)

// TestInitAll: whatever is answered, what is written has no finding, of any severity, and renders; and what is written again is nothing.
func TestInitAll(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	run := func(args ...string) (code int, out string) {
		var stdout, stderr bytes.Buffer
		code = cli.Run(args, &stdout, &stderr)
		return code, stdout.String() + stderr.String()
	}
	forges := []string{"github", "gitlab", "none"}
	number := 0
	for _, below := range []string{"", "infra", "clusters/home"} {
		for _, ingress := range []string{"none", "traefik"} {
			for _, vault := range []string{"none", "https://vault.example:8200"} {
				forge, revision := forges[number%len(forges)], [][]string{nil, {"--revision", "main"}}[number%2]
				number++
				top := cloned(t, "git@git.example:me/homelab.git")
				dir := filepath.Join(top, below)
				args := append([]string{"init", "--ingress", ingress, "--vault", vault, "--forge", forge, dir}, revision...)
				if ingress != "none" {
					args = append(args, "--domain", "home.example")
				}
				if code, out := run(args...); code != 0 {
					t.Fatalf("%q: exit code %d\n%s", args, code, out)
				}
				if code, out := run("lint", "--severity", "info", dir); code != 0 || !strings.HasPrefix(out, "no findings") {
					t.Errorf("%q: lint: exit code %d\n%s", args, code, out)
				}
				if code, out := run("render", "--all", dir); code != 0 || !strings.Contains(out, "kind: Deployment") {
					t.Errorf("%q: render: exit code %d\n%s", args, code, out)
				}
				if code, out := run(args...); code != 0 || strings.Contains(out, "wrote ") {
					t.Errorf("%q: again: exit code %d\n%s", args, code, out)
				}
				for name, is := range map[string]bool{".github/workflows/roster.yml": forge == "github", ".gitlab-ci.yml": forge == "gitlab", "renovate.json": true} {
					if _, err := os.Stat(filepath.Join(top, name)); (err == nil) != is {
						t.Errorf("%q: %s: %v", args, name, err)
					}
				}
			}
		}
	}
}

// TestInitUnwritable: a folder that takes no files is an error, and nothing is printed as written.
func TestInitUnwritable(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	dir := t.TempDir()
	if runtime.GOOS == "linux" && os.Geteuid() == 0 {
		dir = "/proc" // where root writes no more than others
	} else if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	code := cli.Run([]string{"init", "--repo-url", "https://git.example/me/homelab.git", dir}, &stdout, &stderr)
	if code != 2 || stdout.Len() > 0 || !strings.HasPrefix(stderr.String(), "roster: writing "+dir+"/schema/applications.json: ") {
		t.Errorf("exit code %d, %s%s", code, &stdout, &stderr)
	}
}
