package fleet

import (
	"errors"
	"io"
	"sync/atomic"
)

// maxAnswer is the maximum size of one application's output as a worker writes it, in bytes: the renderer itself stops at 32 MiB of
// manifests, and JSON may escape them.
const maxAnswer = 64 << 20

var (
	errAnswer  = errors.New("the answer of a worker is too large")
	errAnswers = errors.New("the answers of all workers are too large")
)

// bounded is what a worker writes. It fails while it is read, not afterwards: a hostile source may make a worker write anything, and
// decoding would first hold all of it.
type bounded struct {
	from io.Reader
	one  int64         // bytes left of this answer
	all  *atomic.Int64 // bytes left of the answers of all workers
}

// next lets another answer begin.
func (b *bounded) next() { b.one = maxAnswer }

func (b *bounded) Read(p []byte) (int, error) {
	if b.one <= 0 {
		return 0, errAnswer
	}
	n, err := b.from.Read(p[:min(int64(len(p)), b.one)])
	b.one -= int64(n)
	if b.all.Add(-int64(n)) < 0 {
		return 0, errAnswers
	}
	return n, err
}
