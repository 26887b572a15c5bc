//go:build unix

package fetch

import (
	"os/exec"
	"syscall"
)

// alone starts a program in a session of its own: it has no terminal to ask at, and what it starts ends with it.
func alone(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
}
