//go:build unix

package hostwatch

import (
	"os/exec"
	"syscall"
)

// ownGroup makes a command the first of a group of processes, so that the end of its context ends all of them.
func ownGroup(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
}
