//go:build unix

package limited

import (
	"os"
	"syscall"
)

// Shared is memory of some bytes, rounded up to a page, that this process shares with those it starts: give its file to Start,
// and call Attach there. What one writes the other sees, also when one of them has been killed.
func Shared(size int) (memory []byte, file *os.File, err error) {
	if file, err = os.CreateTemp("", "roster-"); err != nil {
		return nil, nil, err
	}
	if err = os.Remove(file.Name()); err == nil { // it exists as long as it is open somewhere
		err = file.Truncate(int64(size))
	}
	if err == nil {
		memory, err = Attach(file, size)
	}
	if err != nil {
		_ = file.Close()
	}
	return memory, file, err
}

// Attach is the memory that belongs to a file of Shared.
func Attach(file *os.File, size int) ([]byte, error) {
	return syscall.Mmap(int(file.Fd()), 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
}
