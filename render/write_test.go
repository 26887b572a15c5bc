package render_test

import (
	"bytes"
	"errors"
	"runtime"
	"sync"
	"testing"

	"github.com/hippotion/roster/catalog"
	"github.com/hippotion/roster/internal/gen"
	"github.com/hippotion/roster/render"
	"github.com/hippotion/roster/render/object"
)

func platform(t *testing.T) *catalog.Platform {
	t.Helper()
	p, diags, err := catalog.Load(gen.Folder(gen.Options{Entries: 300}), ".", catalog.Options{})
	if err != nil || len(diags) > 0 {
		t.Fatal(err, diags)
	}
	return p
}

// TestWrite compares the writer with its workers to building and encoding one object after the other.
func TestWrite(t *testing.T) {
	p := platform(t)
	var e object.Encoder
	var want []byte
	for _, o := range render.Build(p) {
		want = e.Encode(append(want, "---\n"...), o.Value())
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for cores := 1; cores <= 8; cores++ {
		runtime.GOMAXPROCS(cores)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				var got bytes.Buffer
				if err := render.Write(&got, render.Build(p)); err != nil || !bytes.Equal(got.Bytes(), want) {
					t.Errorf("%d cores: other bytes than Build's (%v)", cores, err)
				}
			})
		}
		wg.Wait()
	}
}

func TestWriteNothing(t *testing.T) {
	var out bytes.Buffer
	if err := render.Write(&out, nil); !errors.Is(err, render.ErrNothing) || out.Len() > 0 {
		t.Errorf("got %v and %d bytes", err, out.Len())
	}
}

// failing is a writer that accepts some bytes, like a pipe that is then closed.
type failing struct{ left int }

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errClosed
	}
	return len(p), nil
}

var errClosed = errors.New("closed")

// TestWriteFails requires the writer's own error, wherever it occurs.
func TestWriteFails(t *testing.T) {
	p := platform(t)
	for _, left := range []int{0, 1 << 18, 1 << 20} {
		if err := render.Write(&failing{left}, render.Build(p)); !errors.Is(err, errClosed) {
			t.Errorf("after %d bytes: %v", left, err)
		}
	}
}
