//go:build unix

package limited

import (
	"runtime/debug"
	"syscall"
)

// Memory makes this process end when it takes more memory, in bytes, or recurses without end. The garbage collector, otherwise a third of
// a worker's time, runs less than usual until three quarters of it are taken; see Spare.
func Memory(limit uint64) error {
	Spare(false)
	debug.SetMemoryLimit(int64(limit / 4 * 3))
	debug.SetMaxStack(256 << 20)
	return syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: limit, Max: limit})
}

// Spare says whether memory counts for more than time: then the garbage collector runs as often as usual.
func Spare(memory bool) {
	percent := 400
	if memory {
		percent = 100
	}
	debug.SetGCPercent(percent)
}
