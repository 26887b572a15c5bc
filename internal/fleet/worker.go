package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	builtin "github.com/hippotion/roster/catalog/apps"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/limited"
	"github.com/hippotion/roster/internal/source"
	"github.com/hippotion/roster/internal/trace"
	"github.com/hippotion/roster/render/object"
	"github.com/hippotion/roster/render/workload"
	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// Sources may be hostile: a template that loops cannot be stopped from within. So workers render them: limited processes,
// which are killed when they take too long. They answer in JSON.

const (
	// WorkerVerb is the hidden verb of a worker, which calls Serve.
	WorkerVerb = "render-worker"

	workerMemory = 2 << 30     // how much memory a worker may take, in bytes
	leastMemory  = 256 << 20   // how much it has while others render: several times what charts take
	maxAnswers   = 256 << 20   // the maximum size of the output of all applications together, in bytes
	perApp       = time.Minute // how long one application may take
)

// errTime reports that the time of a run is up.
var errTime = errors.New("more time than --timeout permits")

// workerJob is what a worker is told first.
type workerJob struct {
	Repository Place // from its root
	Cluster    workload.Cluster
	Sources    json.RawMessage // what was fetched; null when that is nothing
	Ask        bool            // whether to answer only what the applications need from elsewhere
	Record     bool            // whether to answer what was looked at, too
	Memory     uint64          // how much it may take, in bytes
}

// answer is the output of one application.
type answer struct {
	Objects         []answerObject
	Warnings, Diags diag.List
	References      []source.Reference `json:",omitempty"`

	// Seen is what was looked at, and Shared the parts of it that were not known yet from this worker; nil when it may not be
	// seen again. Varies reports whether the output may differ the next time nevertheless.
	Seen   *trace.Taken       `json:",omitempty"`
	Shared map[int]trace.Seen `json:",omitempty"`
	Varies bool               `json:",omitempty"`

	worker *worker // that gave it
}

type answerObject struct {
	APIVersion, Kind, Namespace, Name string
	Wave                              int
	Source                            int           `json:",omitempty"`
	Pos                               diag.Position // relative to the repository's root
	From                              string        `json:",omitempty"`
	Value                             json.RawMessage
	Unstable                          [][]string `json:",omitempty"` // fields
}

func (a answerObject) object() object.Object {
	return object.Object{APIVersion: a.APIVersion, Kind: a.Kind, Namespace: a.Namespace, Name: a.Name, Wave: a.Wave, JSON: a.Value, Value: func() any {
		var value map[string]any
		_ = utiljson.Unmarshal(a.Value, &value) // a worker wrote it
		return value
	}}
}

// workerPool renders applications in as many workers as there are cores. Together they may take little more than one alone: what
// needs more than its share is rendered again, behind the others and alone.
type workerPool struct {
	job     workerJob
	perApp  time.Duration
	workers int
	taken   int64        // of maxAnswers, by what needs no worker
	left    atomic.Int64 // of maxAnswers
}

// render returns an answer for each of apps. When the time of ctx is up, the rest of them fails.
func (p *workerPool) render(ctx context.Context, apps []workload.Application) ([]answer, error) {
	r := round{pool: p, apps: apps, answers: make([]answer, len(apps)), large: make([]bool, len(apps))}
	p.left.Store(maxAnswers - p.taken)
	n := min(p.workers, len(apps))
	share := uint64(workerMemory)
	if n > 1 {
		share = max(workerMemory/uint64(n), leastMemory)
	}
	err := r.render(ctx, n, share, func(int) bool { return true })
	if share < workerMemory && err == nil {
		large := r.large
		r.large = make([]bool, len(apps))
		err = r.render(ctx, 1, workerMemory, func(i int) bool { return large[i] })
	}
	return r.answers, err
}

// round is one way through applications.
type round struct {
	pool    *workerPool
	apps    []workload.Application
	answers []answer
	large   []bool // which of them needed more memory than there was
}

// render renders those of the applications that are wanted, in n workers that may take that much memory each.
func (r *round) render(ctx context.Context, n int, memory uint64, wanted func(i int) bool) error {
	errs := make([]error, len(r.apps))
	queue := make(chan int, len(r.apps))
	for i := range r.apps {
		if wanted(i) {
			queue <- i
		}
	}
	close(queue)
	var group sync.WaitGroup
	for range min(n, len(queue)) {
		group.Go(func() {
			var w *worker
			defer func() { w.stop() }()
			for i := range queue {
				app, out := &r.apps[i], &r.answers[i]
				*out = answer{}
				if ctx.Err() != nil {
					out.Diags = diag.List{late(app)}
					continue
				}
				if w == nil {
					if w, errs[i] = r.pool.start(memory); errs[i] != nil {
						return
					}
				}
				if err := w.render(ctx, app, out, r.pool.perApp); err != nil {
					out.Diags, r.large[i] = r.pool.stopped(ctx, app, w, err)
					w.stop()
					w = nil // the next application gets a new one
					continue
				}
				out.worker = w
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

// late says that the time was up before app had its turn.
func late(app *workload.Application) diag.Diagnostic {
	return diag.Diagnostic{Pos: placeOf(app), Path: app.Code, Code: "too-slow",
		Message: "not rendered: the other applications used up the time", Hint: "--timeout gives a run more time"}
}

// placeOf is the place of a source as a whole.
func placeOf(app *workload.Application) diag.Position {
	if app.Remote != nil {
		return app.Pos
	}
	return diag.Position{File: app.Path}
}

// stopped reports why a worker did not answer, and whether it is because it had too little memory.
func (p *workerPool) stopped(ctx context.Context, app *workload.Application, w *worker, err error) (diags diag.List, large bool) {
	d := diag.Diagnostic{Pos: placeOf(app), Path: app.Code, Code: "too-large"}
	switch cause, words := w.process.Cause(err); {
	case errors.Is(err, errAnswer):
		d.Message = fmt.Sprintf("the output is larger than %d MiB", maxAnswer>>20)
	case errors.Is(err, errAnswers):
		d.Message = fmt.Sprintf("the output of all applications together is larger than %d MiB", maxAnswers>>20)
	case cause == limited.Time:
		d.Code, d.Message, d.Hint = "too-slow", fmt.Sprintf("rendering took more than %s", p.perApp), "is there a loop?"
		if ctx.Err() != nil {
			d.Message, d.Hint = "rendering had not finished when the time was up", "is there a loop? --timeout gives a run more time"
		}
	case cause == limited.Space:
		d.Message, large = fmt.Sprintf("rendering needs more than %d MiB of memory", workerMemory>>20), true
	case cause == limited.Killed:
		d.Message, d.Hint, large = "the renderer was killed, probably because the system has no more memory", "give the machine or the container more memory", true
	case cause == limited.Endless:
		d.Message = "rendering recurses without end"
	default:
		d.Code, d.Message, d.Hint = "internal-error", fmt.Sprintf("the renderer stopped (%v): %s", err, words), "please report it"
	}
	return diag.List{d}, large
}

// worker is a process that renders.
type worker struct {
	process *limited.Process
	send    *json.Encoder
	answers *bounded
	receive *json.Decoder
}

func (p *workerPool) start(memory uint64) (*worker, error) {
	process, err := limited.Start(WorkerVerb)
	if err != nil {
		return nil, err
	}
	w, job := p.connect(process), p.job
	job.Memory = memory
	return w, w.send.Encode(job)
}

// connect makes a worker of a process.
func (p *workerPool) connect(process *limited.Process) *worker {
	answers := &bounded{from: process.Out, all: &p.left}
	return &worker{process, json.NewEncoder(process.In), answers, json.NewDecoder(answers)}
}

// render asks for one application. After an error the worker is of no more use.
func (w *worker) render(ctx context.Context, app *workload.Application, out *answer, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err = w.send.Encode(app); err == nil {
			w.answers.next()
			err = w.receive.Decode(out)
		}
	}()
	select {
	case <-done:
		if errors.Is(err, errAnswer) || errors.Is(err, errAnswers) { // the rest of its output is not read
			w.process.Kill()
			*out = answer{}
		}
		return err
	case <-ctx.Done():
		w.process.Kill()
		<-done // it must not write to out any more
		*out = answer{}
		return context.DeadlineExceeded
	}
}

// stop ends the process, if it is still there.
func (w *worker) stop() {
	if w != nil {
		w.process.Stop()
	}
}

// Serve is a worker: it renders what it is asked for until no more requests come. What was fetched is opened by the function; it is
// not called when there is nothing.
func Serve(in io.Reader, out io.Writer, open source.Opener) error {
	decoder, answers := json.NewDecoder(in), json.NewEncoder(out)
	decoder.UseNumber() // in values, which have no other type
	var job workerJob
	if err := decoder.Decode(&job); err != nil {
		return err
	}
	if err := limited.Memory(job.Memory); err != nil {
		return fmt.Errorf("limiting the memory: %w", err)
	}
	log.SetOutput(io.Discard) // Helm's libraries write values of charts there
	repository, closer, err := job.Repository.open()
	if err != nil {
		return err
	}
	defer func() { _ = closer() }() // of files that were only read
	files := workload.Files{Repository: repository, Catalog: builtin.Charts()}
	if files.Sources, err = open.Reopen(job.Sources); err != nil {
		return err
	}
	var recorder *trace.Recorder
	if job.Record {
		recorder = trace.New(files.Repository, files.Sources)
		files.Repository, files.Sources, files.Watcher = recorder.Files(), recorder.Sources(), recorder
	}
	renderer, shown := workload.New(files, job.Cluster), 0
	requests := make(chan workload.Application)
	go func() {
		for {
			var app workload.Application
			if decoder.Decode(&app) != nil {
				os.Exit(0) // the other side is done, or dead: then a loop must not go on forever
			}
			requests <- app
		}
	}()
	spares := false
	for app := range requests {
		if spare := app.Builds(); spare != spares {
			limited.Spare(spare)
			spares = spare
		}
		if recorder == nil {
			err = answers.Encode(answerTo(renderer, &app, job.Ask))
		} else {
			recorder.Begin()
			result, diags := renderer.Render(&app)
			out := newAnswer(result, diags)
			out.Varies, out.Seen, out.Shared = result.Varies, recorder.End(result.Asked), map[int]trace.Seen{}
			for ; shown < recorder.Parts(); shown++ {
				out.Shared[shown] = recorder.Part(shown)
			}
			err = answers.Encode(out)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func answerTo(renderer *workload.Renderer, app *workload.Application, ask bool) answer {
	if ask {
		refs, diags := renderer.References(app)
		return answer{References: refs, Diags: diags}
	}
	return newAnswer(renderer.Render(app))
}

func newAnswer(result workload.Result, diags diag.List) answer {
	out := answer{Warnings: result.Warnings, Diags: diags}
	for _, o := range result.Objects {
		value, err := json.Marshal(o.Value())
		if err != nil { // it was read from YAML or JSON
			panic(err)
		}
		out.Objects = append(out.Objects, answerObject{o.APIVersion, o.Kind, o.Namespace, o.Name, o.Wave, o.Source, o.Pos, o.From, value, o.Unstable})
	}
	return out
}

// renderAll answers the requests in the workers of a folder on the disk, or in this process for other files. Seen is what was looked at
// for it, where that is recorded. Charts may ask for the version of the cluster, so those for clusters that differ in it are rendered apart.
func (in *Input) renderAll(ctx context.Context, o *Output, requests []request, ask bool) (out []answer, seen trace.Seen, err error) {
	r := rendering{Input: in, output: o, ask: ask, answers: make([]answer, len(requests)), seen: trace.Seen{}}
	var known []workload.Cluster
	groups := map[int][]int{} // the requests, by the place of their cluster among the known ones
	for i := range requests {
		cluster := in.clusterOf(requests[i].of.Platform)
		at := slices.IndexFunc(known, func(c workload.Cluster) bool { return reflect.DeepEqual(c, cluster) })
		if at < 0 {
			at = len(known)
			known = append(known, cluster)
		}
		groups[at] = append(groups[at], i)
	}
	for at, cluster := range known {
		apps := make([]workload.Application, len(groups[at]))
		for j, i := range groups[at] {
			apps[j] = requests[i].Application
		}
		answers, err := r.of(ctx, cluster, apps)
		if err != nil {
			return nil, nil, err
		}
		for j, i := range groups[at] {
			r.answers[i] = answers[j]
		}
	}
	return r.answers, r.seen, nil
}

// rendering is the work for all requests.
type rendering struct {
	*Input
	output  *Output
	ask     bool
	taken   int64 // of maxAnswers
	answers []answer
	seen    trace.Seen // nil when it may not be seen again
}

// of renders applications of clusters that charts cannot tell apart.
func (r *rendering) of(ctx context.Context, cluster workload.Cluster, apps []workload.Application) (out []answer, err error) {
	if r.Place.Files != nil {
		files, _, err := r.output.Open(r.Place)
		if err != nil {
			return nil, err
		}
		r.seen = nil
		renderer := workload.New(workload.Files{Repository: files, Catalog: builtin.Charts(), Sources: r.Sources}, cluster)
		for i := range apps {
			out = append(out, answerTo(renderer, &apps[i], r.ask))
		}
		return out, nil
	}
	sources, err := json.Marshal(r.Sources)
	if err != nil {
		return nil, fmt.Errorf("handing over what was fetched: %w", err)
	}
	repository, err := r.Place.in(r.output.Root)
	if err != nil {
		return nil, err
	}
	pool := &workerPool{perApp: perApp, workers: runtime.GOMAXPROCS(0), taken: r.taken,
		job: workerJob{Repository: repository, Cluster: cluster, Sources: sources, Ask: r.ask}}
	defer func() { r.taken = maxAnswers - pool.left.Load() }()
	store := r.Rendered.Open()
	if r.ask || store == nil {
		r.seen = nil
		if r.Turn != nil {
			r.Turn.Lock()
			defer r.Turn.Unlock()
		}
		return pool.render(ctx, apps)
	}
	defer store.Close()
	files, closer, err := r.output.Open(r.Place)
	if err != nil {
		return nil, err
	}
	defer func() { _ = closer() }() // of files that were only read
	pool.job.Record = true
	k := &kept{store: store, files: trace.Verify(map[string]fs.FS{"": files}, r.Sources, trace.MaxBytes), cluster: cluster, at: r.Place.At, fetched: r.Sources != nil, wanted: r.Want.Seen, turn: r.Turn}
	out, seen, err := k.render(ctx, pool, apps)
	if seen == nil || r.seen == nil || !r.seen.Add(seen) {
		r.seen = nil
	}
	return out, err
}
