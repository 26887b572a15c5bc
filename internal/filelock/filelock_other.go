//go:build !unix

package filelock

import (
	"errors"
	"os"
)

// Take fails: what needs a lock does not run here.
func Take(string) (func(), error) { return nil, errors.ErrUnsupported }

// TakeFolder fails in the same way.
func TakeFolder(string) (func(), error) { return nil, errors.ErrUnsupported }

// TakeRoot fails in the same way.
func TakeRoot(*os.Root) (func(), error) { return nil, errors.ErrUnsupported }
