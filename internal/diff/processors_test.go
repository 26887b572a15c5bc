package diff_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestProcessors: what is said does not depend on how many processors look for it.
func TestProcessors(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
	objects := 0
	for seed := range uint64(5) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			a, b := random(seed)
			runtime.GOMAXPROCS(1)
			one := compareAll(t, a, b)
			objects += len(one.Objects)
			for _, n := range []int{2, 7, 1000} {
				runtime.GOMAXPROCS(n)
				many := compareAll(t, a, b)
				if d := cmp.Diff(one.Consequences, many.Consequences) + cmp.Diff(one.Objects, many.Objects); d != "" {
					t.Errorf("with %d processors (-1 +%d):\n%s", n, n, d)
				}
			}
		})
	}
	if objects == 0 {
		t.Error("nothing differs")
	}
}
