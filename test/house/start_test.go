package house

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/hippotion/roster/test/examples"
)

// TestStart fails when the garbage collector runs while the program starts, or while it renders a small platform.
func TestStart(t *testing.T) {
	c := exec.Command(examples.Roster(t), "render", "examples/minimal")
	c.Dir, c.Env = examples.Root(), append(os.Environ(), "GODEBUG=gctrace=1")
	var messages strings.Builder
	c.Stderr = &messages
	if err := c.Run(); err != nil || messages.Len() > 0 {
		t.Errorf("%v\n%s", err, &messages)
	}
}
