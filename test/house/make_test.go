package house

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hippotion/roster/test/examples"
)

// TestMakeBuild: the first build says that it takes minutes, and that it goes on; a later one says nothing; a failed one says what go says.
// Nothing is on stdout, where make render prints objects.
func TestMakeBuild(t *testing.T) {
	const packages = `for i in $(seq 30); do echo "example.org/p$i" >&2; done; `
	for name, c := range map[string]struct {
		program, want string
		fails         bool
	}{
		"warm":   {"exit 0", `^$`, false},
		"few":    {"echo github.com/hippotion/roster/cmd/roster >&2", `^$`, false},
		"first":  {packages + "echo go: downloading example.org/m v1.0.0 >&2; sleep 1.5", `^The first build .* takes minutes; .*\n  after \d+ s: 1 modules downloaded, 30 packages compiled\n(  after .*\n)*$`, false},
		"failed": {packages + `echo "cmd/roster/main.go:7:2: undefined: x" >&2; exit 1`, `(?s)^The first build .*\ncmd/roster/main.go:7:2: undefined: x\n.*make: .*Error 1`, true},
	} {
		t.Run(name, func(t *testing.T) {
			bin := t.TempDir()
			if err := os.WriteFile(filepath.Join(bin, "go"), []byte("#!/usr/bin/env bash\n"+c.program+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			m := exec.Command("make", "--silent", "build", "BIN="+bin)
			m.Dir = examples.Root()
			m.Env = append(os.Environ(), "PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"), "EVERY=1", "MAKEFLAGS=", "MAKELEVEL=")
			var stdout, stderr bytes.Buffer
			m.Stdout, m.Stderr = &stdout, &stderr
			if err := m.Run(); (err != nil) != c.fails || stdout.Len() > 0 || !regexp.MustCompile(c.want).MatchString(stderr.String()) {
				t.Errorf("%v; stdout %q; stderr:\n%s", err, &stdout, strings.TrimSpace(stderr.String()))
			}
		})
	}
}
