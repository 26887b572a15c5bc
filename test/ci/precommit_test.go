//go:build precommit

package ci

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hippotion/roster/test/examples"
)

// TestPreCommit commits with the real pre-commit, which reads the definition of the hook as users do. Roster is built already: what builds it
// there is what TestPieces runs.
func TestPreCommit(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(examples.Root(), ".pre-commit-hooks.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	write(t, filepath.Join(home, "gitconfig"), "[user]\n\tname = test\n\temail = test@example.org\n[init]\n\tdefaultBranch = main\n")
	env := append(os.Environ(), "HOME="+home, "PRE_COMMIT_HOME="+filepath.Join(home, "pre-commit"), "GIT_CONFIG_GLOBAL="+filepath.Join(home, "gitconfig"), "GIT_CONFIG_NOSYSTEM=1")
	run := func(dir, script string) (string, error) {
		c := exec.Command("bash", "-ec", script)
		c.Dir, c.Env = dir, env
		out, err := c.CombinedOutput()
		return string(out), err
	}
	must := func(dir, script string) string {
		t.Helper()
		out, err := run(dir, script)
		if err != nil {
			t.Fatalf("%s: %v\n%s", script, err, out)
		}
		return strings.TrimSpace(out)
	}
	definition := t.TempDir()
	write(t, filepath.Join(definition, ".pre-commit-hooks.yaml"), string(data))
	revision := must(definition, "git init -q; git add -A; git commit -qm hook; git rev-parse HEAD")

	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "infra"), os.DirFS(filepath.Join(examples.Root(), "examples", "minimal"))); err != nil {
		t.Fatal(err)
	}
	config := func(more string) {
		write(t, filepath.Join(dir, ".pre-commit-config.yaml"), "repos:\n- repo: "+definition+"\n  rev: "+revision+"\n  hooks:\n  - {id: roster-lint, language: system, entry: "+
			examples.Roster(t)+" lint, args: [infra]"+more+"}\n")
	}
	config("")
	must(dir, "git init -q; echo x >README.md; git add -A; git commit -qm begin; pre-commit install")
	for _, c := range []struct{ change, says string }{
		{"echo y >README.md", "Passed"},
		{"mkdir infra/values; echo 'a: 1' >infra/values/web.yml", "Passed"},
		{"git rm -q infra/values/web.yml", "Passed"},
		{"echo '- nmespace: web' >>infra/applications.yml", "Failed"},
	} {
		out, err := run(dir, c.change+"; git add -A; git commit -m change")
		if !strings.Contains(out, "roster lint") || !strings.Contains(out, c.says) || (err != nil) != (c.says == "Failed") {
			t.Errorf("%s: %v, want %s:\n%s", c.change, err, c.says, out)
		}
	}
	config(", always_run: false, files: ^infra/") // as docs/ci/README.md has it
	must(dir, "git checkout -q HEAD -- infra; git add -A; git commit -qm narrow")
	if out, err := run(dir, "echo z >README.md; git commit -am docs"); err != nil || !strings.Contains(out, "Skipped") {
		t.Errorf("%v: %s", err, out)
	}
	if out, err := run(dir, "echo '#' >>infra/platform.yml; git commit -am list"); err != nil || !strings.Contains(out, "Passed") {
		t.Errorf("%v: %s", err, out)
	}
}
