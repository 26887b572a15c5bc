//go:build !unix

package fetch

import "os/exec"

// alone does nothing: this system has no sessions.
func alone(*exec.Cmd) {}
