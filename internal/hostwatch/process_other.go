//go:build !unix

package hostwatch

import (
	"errors"
	"os/exec"
)

func ownGroup(*exec.Cmd) {}

// lock fails: there is no journal here to read.
func lock(string) (func(), error) { return nil, errors.ErrUnsupported }
