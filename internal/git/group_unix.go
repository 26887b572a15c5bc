//go:build unix

package git

import (
	"os/exec"
	"syscall"
	"time"
)

// RunGroup runs a command in a process group of its own. When the command's context ends, the group gets SIGTERM. When the
// command has ended, or after the grace, what is left of the group is killed.
func RunGroup(c *exec.Cmd, grace time.Duration) error {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGTERM) }
	c.WaitDelay = grace
	if err := c.Start(); err != nil {
		return err
	}
	err := c.Wait()
	_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) // usually none is left
	return err
}
