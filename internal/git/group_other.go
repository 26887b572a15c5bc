//go:build !unix

package git

import (
	"os/exec"
	"time"
)

// RunGroup runs a command, and kills it when its context ends. This system has no process groups.
func RunGroup(c *exec.Cmd, grace time.Duration) error {
	c.WaitDelay = grace
	return c.Run()
}
