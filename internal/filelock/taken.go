package filelock

import "errors"

// ErrTaken says that another process has the lock.
var ErrTaken = errors.New("another process has the lock")
