package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hippotion/roster/internal/diag"
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

// TestMain is also a worker, which does what the application's code says.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == WorkerVerb {
		badWorker()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func badWorker() {
	in := json.NewDecoder(os.Stdin)
	var job workerJob
	var app workload.Application
	_ = in.Decode(&job)
	for in.Decode(&app) == nil {
		switch {
		case app.Code == "endless":
			_, _ = io.Copy(os.Stdout, &endless{})
		case app.Code == "killed", app.Code == "killed-once" && job.Memory < workerMemory:
			self, _ := os.FindProcess(os.Getpid())
			_ = self.Kill()
			select {}
		case app.Code == "huge", app.Code == "large" && job.Memory < workerMemory:
			fmt.Fprintln(os.Stderr, "fatal error: runtime: out of memory")
			os.Exit(2)
		}
		_ = json.NewEncoder(os.Stdout).Encode(answer{Warnings: diag.List{{Message: fmt.Sprintf("%s in %d MiB", app.Code, job.Memory>>20)}}})
	}
}

// TestLarge: what needs more memory than its share has all of it, alone and behind the others; and who killed a worker is said.
func TestLarge(t *testing.T) {
	for _, c := range []struct {
		workers int
		code    string
		want    string
	}{
		{4, "small", "small in 512 MiB"},
		{16, "small", "small in 256 MiB"},
		{1, "small", "small in 2048 MiB"},
		{4, "large", "large in 2048 MiB"},
		{4, "killed-once", "killed-once in 2048 MiB"},
		{4, "huge", "rendering needs more than 2048 MiB of memory"},
		{4, "killed", "the renderer was killed, probably because the system has no more memory"},
	} {
		p := &workerPool{perApp: time.Minute, workers: c.workers}
		apps := make([]workload.Application, 16)
		for i := range apps {
			apps[i] = workload.Application{Code: "small", Path: "web"}
		}
		apps[3].Code = c.code
		out, err := p.render(context.Background(), apps)
		if err != nil {
			t.Fatal(err)
		}
		if said := append(out[3].Diags, out[3].Warnings...); len(said) != 1 || said[0].Message != c.want || len(out[3].Diags) > 0 && said[0].Code != "too-large" {
			t.Errorf("%d workers: got %+v, want %s", c.workers, said, c.want)
		}
		if len(out[4].Warnings) != 1 {
			t.Errorf("%d workers: another one has %+v", c.workers, out[4])
		}
	}
}

// TestWorkerAnswer: a worker that does not stop answering is abandoned and ended, and its application is reported as too large.
func TestWorkerAnswer(t *testing.T) {
	p := &workerPool{perApp: time.Minute, workers: 1}
	out, err := p.render(context.Background(), []workload.Application{{Code: "endless", Path: "web"}})
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
