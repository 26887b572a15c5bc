package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hippotion/roster/cmd/internal/cli"
	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain is also each process that a test starts: roster of a script, and the workers of a verb that a test runs in its own.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && strings.HasSuffix(os.Args[1], "-worker") {
		os.Exit(cli.Run(os.Args[1:], os.Stdout, os.Stderr))
	}
	testscript.Main(m, map[string]func(){
		"roster": func() { os.Exit(cli.Run(os.Args[1:], os.Stdout, os.Stderr)) },
	})
}

// TestScript runs the command lines in testdata/script, one file for each behaviour. UPDATE=1 rewrites what they expect.
func TestScript(t *testing.T) {
	caches := t.TempDir() // one of which each script has, beside its files
	testscript.Run(t, testscript.Params{
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_CACHE_HOME", filepath.Join(caches, filepath.Base(e.WorkDir)))
			return nil
		},
		Dir:                 "testdata/script",
		UpdateScripts:       os.Getenv("UPDATE") == "1",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"charts": charts, "registry": registry},
	})
}
