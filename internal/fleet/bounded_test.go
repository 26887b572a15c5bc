package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hippotion/roster/render/workload"
)

// endless is an answer without end; it counts what is taken of it.
type endless struct{ taken int64 }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	if e.taken == 0 {
		p[0] = '"'
	}
	e.taken += int64(len(p))
	return len(p), nil
}

// TestBoundedAnswer: an answer that does not end is left while it is read, by the bound for one or by the one for all.
func TestBoundedAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		all  int64
		want error
	}{"of one": {1 << 40, errAnswer}, "of all": {1 << 20, errAnswers}} {
		t.Run(name, func(t *testing.T) {
			var all atomic.Int64
			all.Store(c.all)
			from := &endless{}
			b := &bounded{from: from, all: &all}
			b.next()
			var text string
			if err := json.NewDecoder(b).Decode(&text); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if most := min(maxAnswer, 2*c.all); from.taken > most {
				t.Errorf("%d bytes are taken, want at most %d", from.taken, most)
			}
		})
	}
}

// TestMain is also a worker that does not stop answering.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == WorkerVerb {
		_, _ = io.Copy(os.Stdout, &endless{})
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestWorkerAnswer: a worker that does not stop answering is abandoned and ended, and its application is reported as too large.
func TestWorkerAnswer(t *testing.T) {
	p := &workerPool{perApp: time.Minute, workers: 1}
	out, err := p.render(context.Background(), []workload.Application{{Code: "web-a", Path: "web"}})
	if err != nil || len(out[0].Diags) != 1 {
		t.Fatalf("got %+v, %v", out, err)
	}
	if d := out[0].Diags[0]; d.Message != "the output is larger than 64 MiB" || d.Code != "too-large" || d.Pos.File != "web" {
		t.Errorf("got %+v", d)
	}
	if left := p.left.Load(); left < maxAnswers-maxAnswer {
		t.Errorf("%d bytes were read", maxAnswers-left)
	}
}

// TestBoundedAnswers: answers within bounds are read one after the other, each with a bound of its own.
func TestBoundedAnswers(t *testing.T) {
	var all atomic.Int64
	all.Store(1 << 40)
	answer := `"` + strings.Repeat("a", maxAnswer*3/4) + `"` + "\n"
	b := &bounded{from: io.MultiReader(strings.NewReader(answer), strings.NewReader(answer)), all: &all}
	decoder := json.NewDecoder(b)
	for range 2 {
		b.next()
		var text string
		if err := decoder.Decode(&text); err != nil || len(text) != len(answer)-3 {
			t.Errorf("got %d bytes, %v", len(text), err)
		}
	}
	if left := all.Load(); left != 1<<40-int64(2*len(answer)) {
		t.Errorf("%d bytes are counted, want %d", 1<<40-left, 2*len(answer))
	}
}
