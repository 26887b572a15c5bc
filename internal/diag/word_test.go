package diag_test

import (
	"os/exec"
	"testing"

	"github.com/hippotion/roster/internal/diag"
)

// TestWord asks a shell what it reads.
func TestWord(t *testing.T) {
	for _, text := range []string{"web", "deploy/web-a", "", "a b", "$(touch x)", "`id`", "it's", "a\nb", "*", "~", "=ls", "#", "!x", "a;b", `\`, "é", "\x1b[31m"} {
		out, err := exec.Command("sh", "-c", "printf %s "+diag.Word(text)).CombinedOutput()
		if err != nil || string(out) != text {
			t.Errorf("%q is read as %q, %v", text, out, err)
		}
	}
	for text, want := range map[string]string{"infra/a": "infra/a", "-x": "./-x", "--all": "./--all"} {
		if got := diag.Word(text); got != want {
			t.Errorf("%q became %s", text, got)
		}
	}
}
