//go:build unix

// Package filelock keeps two runs of a program apart. The kernel releases a lock when the process ends, however that happens.
package filelock

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// Take locks a file, and creates it when it is missing. The file stays: removing it would let two runs lock two files of one name. The
// error is ErrTaken when another process has the lock.
func Take(name string) (unlock func(), err error) {
	return opened(os.OpenFile(name, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600))
}

// TakeFolder locks a folder, without leaving a trace in it.
func TakeFolder(name string) (unlock func(), err error) { return opened(os.Open(name)) }

// TakeRoot is TakeFolder for one that is open.
func TakeRoot(root *os.Root) (unlock func(), err error) { return opened(root.Open(".")) }

func opened(f *os.File, err error) (unlock func(), _ error) {
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = ErrTaken
	} else if err != nil {
		err = fmt.Errorf("locking %s: %w", f.Name(), err)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	// Not left to closing: a program that is just being started may still have the file open.
	return func() { _ = errors.Join(syscall.Flock(int(f.Fd()), syscall.LOCK_UN), f.Close()) }, nil
}
