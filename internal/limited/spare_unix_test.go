//go:build unix

package limited_test

import (
	"runtime/debug"
	"testing"

	"github.com/hippotion/roster/internal/limited"
)

// TestSpare: the garbage collector runs as often as usual when memory counts, and less often otherwise.
func TestSpare(t *testing.T) {
	defer debug.SetGCPercent(100)
	for memory, want := range map[bool]int{true: 100, false: 400} {
		limited.Spare(memory)
		if got := debug.SetGCPercent(100); got != want {
			t.Errorf("%v: %d", memory, got)
		}
	}
}
