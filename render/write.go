package render

import (
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/hippotion/roster/render/object"
)

// ErrNothing reports that there are no objects. An empty success would make Argo CD prune the cluster.
var ErrNothing = errors.New("nothing to render")

// Encoder returns an encoder that is quick with what this package renders.
func Encoder() *object.Encoder { return &object.Encoder{Forms: forms} }

// batch is how many objects are encoded at a time: some 200 KB of text.
const batch = 256

// job is a batch of objects and where its text goes.
type job struct {
	objects []object.Object
	text    chan []byte
}

// Write writes objects as YAML documents in their order. As many workers as there are cores encode them, while what is
// ready is written.
func Write(w io.Writer, objects []object.Object) error {
	if len(objects) == 0 {
		return ErrNothing
	}
	workers := runtime.GOMAXPROCS(0)
	jobs := make(chan job, workers)
	defer close(jobs)
	spent := make(chan []byte, 2*workers) // buffers to use again
	for range workers {
		go func() {
			e := Encoder()
			for j := range jobs {
				j.text <- encode(e, <-spent, j.objects)
			}
		}()
	}
	for range cap(spent) {
		spent <- nil
	}
	// A batch has its place in the queue before it is encoded, so the order holds. There are fewer batches under way than
	// buffers, so no worker waits for one.
	var queue []job
	for len(objects) > 0 || len(queue) > 0 {
		for len(objects) > 0 && len(queue) <= workers {
			j := job{objects[:min(batch, len(objects))], make(chan []byte, 1)}
			objects = objects[len(j.objects):]
			queue = append(queue, j)
			jobs <- j
		}
		text := <-queue[0].text
		queue = queue[1:]
		if _, err := w.Write(text); err != nil {
			return fmt.Errorf("writing the output: %w", err)
		}
		spent <- text[:0]
	}
	return nil
}

func encode(e *object.Encoder, out []byte, objects []object.Object) []byte {
	for i := range objects {
		out = e.Encode(append(out, "---\n"...), objects[i].Value())
	}
	return out
}
