package gardener

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

var errLocked = errors.New("another run is at work: nothing was done")

// lock is a locked file, until unlock or the end of the process.
type lock struct{ file *os.File }

// unlock does not leave it to closing: a program that is just being started may still have the file open.
func (l lock) unlock() {
	_ = errors.Join(syscall.Flock(int(l.file.Fd()), syscall.LOCK_UN), l.file.Close())
}

// lockDir locks a folder without leaving a trace in it.
func lockDir(dir string) (lock, error) { return lockOpened(os.Open(dir)) }

// lockFile locks a file, and makes it when there is none. It stays: removing it would let two runs lock two files of one name.
func lockFile(name string) (lock, error) {
	return lockOpened(os.OpenFile(name, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600))
}

func lockOpened(f *os.File, err error) (lock, error) {
	if err != nil {
		return lock{}, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = errLocked
	} else if err != nil {
		err = fmt.Errorf("locking %s: %w", f.Name(), err)
	}
	if err != nil {
		return lock{}, errors.Join(err, f.Close())
	}
	return lock{f}, nil
}
