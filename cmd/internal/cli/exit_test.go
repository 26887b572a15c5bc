package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/hippotion/roster/cmd/internal/cli"
)

// TestExitCodes: scripts only tell failure from success; Argo CD and CI tell 1 from 2.
func TestExitCodes(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	dir := t.TempDir()
	write := func(folder, text string) string {
		path := filepath.Join(dir, folder)
		if err := os.Mkdir(path, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(path, "applications.yml"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, bad := write("good", "- namespace: web-a\n"), write("bad", "- nmespace: web-a\n")
	for _, test := range []struct {
		name string
		args []string
		code int
	}{
		{"good", []string{"render", good}, 0},
		{"help", []string{"--help"}, 0},
		{"no verb", nil, 0},
		{"bad input", []string{"render", bad}, 2},
		{"no such folder", []string{"render", filepath.Join(dir, "nowhere")}, 2},
		{"no such namespace", []string{"render", "-n", "web-b", good}, 2},
		{"unknown verb", []string{"rendr"}, 2},
		{"unknown verb with a flag", []string{"rendr", "--output-dir", "x"}, 2},
		{"unknown flag", []string{"render", "--outputdir", "x"}, 2},
		{"flag without its value", []string{"render", "--output-dir"}, 2},
		{"two folders", []string{"render", good, bad}, 2},
		{"flags that exclude each other", []string{"render", "-n", "web-a", "-o", dir, good}, 2},
		{"no shell", []string{"completion"}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if code := cli.Run(test.args, &stdout, &stderr); code != test.code {
				t.Errorf("exit code %d, want %d; stderr: %s", code, test.code, &stderr)
			}
			if test.code != 0 && (stdout.Len() > 0 || stderr.Len() == 0) {
				t.Errorf("a failure says why on stderr, and nothing on stdout: %q, %q", &stdout, &stderr)
			}
			if test.code == 0 && (stdout.Len() == 0 || stderr.Len() > 0) {
				t.Errorf("a success prints its result on stdout, and nothing on stderr: %q, %q", &stdout, &stderr)
			}
		})
	}
}
