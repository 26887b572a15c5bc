//go:build unix

package outfile

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// descriptor is what the process already has open, when the name refers to one; else nil. It is not opened a second time:
// writing would begin at the start of what standard output is directed into, and a socket cannot be opened at all.
func descriptor(name string) (*os.File, error) {
	number, ok := map[string]string{"/dev/stdin": "0", "/dev/stdout": "1", "/dev/stderr": "2"}[filepath.Clean(name)]
	for _, dir := range [...]string{"/dev/fd/", "/proc/self/fd/"} {
		if rest, in := strings.CutPrefix(filepath.Clean(name), dir); in {
			number, ok = rest, true
		}
	}
	if !ok {
		return nil, nil
	}
	n, err := strconv.ParseUint(number, 10, 31)
	if err != nil {
		return nil, fmt.Errorf("there is no descriptor %q", number)
	}
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	again, err := syscall.Dup(int(n))
	if err != nil {
		return nil, err
	}
	syscall.CloseOnExec(again)
	return os.NewFile(uintptr(again), name), nil
}
