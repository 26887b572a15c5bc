package cli_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
	"github.com/hippotion/roster/cmd/internal/cli"
)

// terminal is a terminal with 80 columns, and what has been written to it once it is closed.
func terminal(t *testing.T) (tty *os.File, shown func() string) { return terminalOf(t, 80) }

func terminalOf(t *testing.T, columns uint16) (tty *os.File, shown func() string) {
	t.Helper()
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = master.Close() })
	if err := pty.Setsize(tty, &pty.Winsize{Rows: 25, Cols: columns}); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = b.ReadFrom(master) // ends with an error when the terminal is closed
	}()
	return tty, func() string { _ = tty.Close(); <-done; return b.String() }
}

// TestProgress: on a terminal the progress is one line that is gone at the end; in CI, also there, it is a line for each reference.
func TestProgress(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	dir := t.TempDir()
	t.Setenv("ROSTER_CACHE", filepath.Join(dir, "cache"))
	for file, text := range map[string]string{
		"platform.yml":     "repository: {url: https://git.example/homelab.git}\n",
		"applications.yml": "- namespace: web\n  networkPolicies: isolated\n  applications: [{applicationCode: web, chart: web, repoURL: " + s.URL + ", version: 1.0.0}]\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const begins, ends = "\r\x1b[Kfetched 0, fetching chart web 1.0.0 of http://127.0.0.1:", "\r\x1b[Kchart web 1.0.0 of "
	for _, c := range []struct {
		term, ci string
		live     bool
	}{{"xterm", "", true}, {"dumb", "", false}, {"xterm", "true", false}} {
		t.Setenv("TERM", c.term)
		t.Setenv("CI", c.ci)
		t.Setenv("NO_COLOR", "1")
		tty, shown := terminal(t)
		if code := cli.Run([]string{"fetch", dir}, &bytes.Buffer{}, tty); code != 2 {
			t.Errorf("exit code %d", code)
		}
		got := shown()
		if live := strings.HasPrefix(got, begins) && strings.Contains(got, ends); live != c.live || strings.Contains(got, "\x1b") != c.live || !strings.Contains(got, "404 Not Found") {
			t.Errorf("%+v: shown %q", c, got)
		}
	}
}
