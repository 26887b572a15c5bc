package filelock

import "errors"

// ErrTaken reports that another process has the lock.
var ErrTaken = errors.New("another process has the lock")
