//go:build !unix

package limited

import (
	"errors"
	"os"
)

// Shared fails: this system is not known to share memory.
func Shared(int) ([]byte, *os.File, error) { return nil, nil, errors.ErrUnsupported }

// Attach fails in the same way.
func Attach(*os.File, int) ([]byte, error) { return nil, errors.ErrUnsupported }
