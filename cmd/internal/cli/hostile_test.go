package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hippotion/roster/cmd/internal/cli"
	"github.com/hippotion/roster/internal/report"
)

// TestVisible: whatever is in the command line, in the input or in names of files, nothing that roster prints does anything to a
// terminal.
func TestVisible(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	const bad = "\x1b[31m\u202e\u200b\u009b\x7f"
	dir := t.TempDir()
	for file, text := range map[string]string{
		"platform.yml":              "repository: {url: https://git.example/homelab.git}\n",
		"profiles/p" + bad + ".yml": "description: x\nnme: 1\n",
		"applications.yml": "- namespace: web-a\n  \"k" + strings.NewReplacer("\x1b", `\e`, "\x7f", `\x7f`, "\u009b", `\x9b`).Replace(bad) + "\": 1\n" +
			"  applications: [{applicationCode: web-a, path: \"deploy/x" + `\e[31m` + "\u202e\u200b\"}]\n",
		"good/platform.yml":     "repository: {url: https://git.example/homelab.git}\n",
		"good/applications.yml": "- namespace: web-a\n  networkPolicies: isolated\n",
	} {
		file = filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	good := filepath.Join(dir, "good")
	commands := [][]string{
		{"rend" + bad}, {"render", "--x" + bad}, {"render", bad}, {"render", "--app", bad, good}, {"render", "--namespace", bad, good}, {"render", "--timeout", bad},
		{"render", dir}, {"render", "--output-dir", filepath.Join(dir, "platform.yml", bad), good},
		{"lint", "--format", bad, good}, {"lint", "--severity", bad, good}, {"lint", "--rules", bad, good}, {"lint", "--baseline", bad, good}, {"lint", "--output", bad + "/x", good},
		{"help", bad}, {"schema", bad}, {"bootstrap", "--format", bad, good}, {"completion", bad},
		{"init", "--repo-url", bad, "--forge", bad, filepath.Join(dir, bad)}, {"init", "--repo-url", "https://git.example/a.git", filepath.Join(dir, "platform.yml", bad)}, {"add", bad, good}, {"add", "web-b", "--path", bad, good},
	}
	for _, format := range report.Formats() {
		commands = append(commands, []string{"lint", "--format", format, dir})
	}
	for _, args := range commands {
		var stdout, stderr bytes.Buffer
		code := cli.Run(args, &stdout, &stderr)
		if code == 0 || stdout.Len()+stderr.Len() == 0 {
			t.Errorf("%q: exit code %d, and %d bytes", args, code, stdout.Len()+stderr.Len())
		}
		for _, out := range []string{stdout.String(), stderr.String()} {
			if strings.ContainsAny(out, bad[:1]+bad[len("\x1b[31m"):]) {
				t.Errorf("%q prints %q", args, out)
			}
		}
		if len(args) == 4 && slices.Contains(report.Formats(), args[2]) && !strings.Contains(stdout.String(), "unknown-field") {
			t.Errorf("%q found %s%s", args, &stdout, &stderr)
		}
	}
}
