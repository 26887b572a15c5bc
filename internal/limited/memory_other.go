//go:build !unix

package limited

import "runtime/debug"

// Memory makes this process end when it recurses without end. This system has no memory limit to set.
func Memory(limit uint64) error {
	debug.SetMemoryLimit(int64(limit / 4 * 3))
	debug.SetMaxStack(256 << 20)
	return nil
}

// Spare does nothing: the garbage collector runs as often as usual.
func Spare(bool) {}
