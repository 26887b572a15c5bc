//go:build !unix

package limited

import (
	"errors"
	"os"
)

// Shared fails: sharing memory is not supported on this system.
func Shared(int) ([]byte, *os.File, error) { return nil, nil, errors.ErrUnsupported }

// Attach fails in the same way.
func Attach(*os.File, int) ([]byte, error) { return nil, errors.ErrUnsupported }
