//go:build unix

package limited

import (
	"os"
	"syscall"
)

// killed reports whether a process ended because of a signal that it cannot say anything about.
func killed(s *os.ProcessState) bool {
	status, ok := s.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}
