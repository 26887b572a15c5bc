//go:build unix

package cli

import (
	"runtime/debug"
	"syscall"
)

// limitMemory makes this process end when it takes more memory, in bytes, or recurses without end. The collector works
// harder when three quarters of it are taken.
func limitMemory(limit uint64) error {
	debug.SetMemoryLimit(int64(limit / 4 * 3))
	debug.SetMaxStack(256 << 20)
	return syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: limit, Max: limit})
}
