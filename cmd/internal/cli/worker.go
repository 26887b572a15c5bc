package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"

	builtin "github.com/hippotion/roster/catalog/apps"
	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/plugin"
	"github.com/hippotion/roster/render/object"
	"github.com/hippotion/roster/render/workload"
	"github.com/spf13/cobra"
	utiljson "k8s.io/apimachinery/pkg/util/json"
)

// Sources may be hostile: a template that loops cannot be stopped from within. So workers render them: processes of this
// program without environment, which get a limit of memory, and are killed when they take too long. They answer in JSON.

// workerMemory is how much memory a worker may take, in bytes.
const workerMemory = 2 << 30

// maxAnswers is how much text all applications together may yield, in bytes.
const maxAnswers = 512 << 20

// workerVerb is the hidden verb of a worker.
const workerVerb = "render-worker"

// workerJob is what a worker is told first.
type workerJob struct {
	Repository string // the folder of it that is here
	At         string // where that lies in the repository
	Cluster    workload.Cluster
}

// answer is what one application yields.
type answer struct {
	Objects         []answerObject
	Warnings, Diags diag.List
}

type answerObject struct {
	APIVersion, Kind, Namespace, Name string
	Wave                              int
	Pos                               diag.Position // seen from the repository's root
	Value                             json.RawMessage
}

func (a answerObject) object() object.Object {
	return object.Object{APIVersion: a.APIVersion, Kind: a.Kind, Namespace: a.Namespace, Name: a.Name, Wave: a.Wave, Value: func() any {
		var value map[string]any
		_ = utiljson.Unmarshal(a.Value, &value) // a worker wrote it
		return value
	}}
}

// workerPool renders applications in as many workers as there are cores.
type workerPool struct {
	job     workerJob
	timeout time.Duration // for each application
}

// render returns an answer for each of apps.
func (p *workerPool) render(apps []workload.Application) ([]answer, error) {
	out, errs := make([]answer, len(apps)), make([]error, len(apps))
	queue := make(chan int, len(apps))
	for i := range apps {
		queue <- i
	}
	close(queue)
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(apps)) {
		group.Go(func() {
			var w *worker
			defer func() { w.stop() }()
			for i := range queue {
				if w == nil {
					if w, errs[i] = p.start(); errs[i] != nil {
						return
					}
				}
				if err := w.render(&apps[i], &out[i], p.timeout); err != nil {
					out[i].Diags = diag.List{p.stopped(&apps[i], w, err)}
					w.stop()
					w = nil // the next application gets a new one
				}
			}
		})
	}
	group.Wait()
	total := 0
	for _, a := range out {
		for _, o := range a.Objects {
			total += len(o.Value)
		}
	}
	if total > maxAnswers {
		return nil, fmt.Errorf("the applications yield more than %d MiB", maxAnswers>>20)
	}
	return out, errors.Join(errs...)
}

// stopped says why a worker did not answer.
func (p *workerPool) stopped(app *workload.Application, w *worker, err error) diag.Diagnostic {
	d := diag.Diagnostic{Pos: diag.Position{File: app.Path}, Path: app.Code, Code: "too-large"}
	w.stop()
	switch words := w.stderr.String(); {
	case errors.Is(err, context.DeadlineExceeded):
		d.Code, d.Message, d.Hint = "too-slow", fmt.Sprintf("rendering took more than %s", p.timeout), "is there a loop? --timeout gives it more time"
	case strings.Contains(words, "out of memory"), strings.Contains(words, "cannot allocate memory"):
		d.Message = fmt.Sprintf("rendering needs more than %d MiB of memory", workerMemory>>20)
	case strings.Contains(words, "stack exceeds"), strings.Contains(words, "stack overflow"):
		d.Message = "rendering calls itself without end"
	default:
		first, _, _ := strings.Cut(strings.TrimSpace(words), "\n")
		d.Code, d.Message = "internal-error", fmt.Sprintf("the renderer stopped (%v): %s", err, first)
		d.Hint = "please report it"
	}
	return d
}

// worker is a process that renders.
type worker struct {
	command *exec.Cmd
	in      io.WriteCloser
	send    *json.Encoder
	receive *json.Decoder
	stderr  *head
}

// head keeps the first bytes of what is written to it: of a crash, those that say why.
type head struct{ strings.Builder }

func (h *head) Write(p []byte) (int, error) {
	const most = 64 << 10
	h.Builder.Write(p[:min(len(p), most-h.Len())])
	return len(p), nil
}

func (p *workerPool) start() (*worker, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	w := &worker{command: exec.Command(program, workerVerb), stderr: &head{}}
	w.command.Args[0] = os.Args[0]
	w.command.Env = []string{}
	w.command.Stderr = w.stderr
	in, err := w.command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := w.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := w.command.Start(); err != nil {
		return nil, fmt.Errorf("starting a worker: %w", err)
	}
	w.in, w.send, w.receive = in, json.NewEncoder(in), json.NewDecoder(out)
	return w, w.send.Encode(p.job)
}

// render asks for one application. After an error the worker is of no more use.
func (w *worker) render(app *workload.Application, out *answer, timeout time.Duration) error {
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err = w.send.Encode(app); err == nil {
			err = w.receive.Decode(out)
		}
	}()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-done:
		return err
	case <-timer.C:
		_ = w.command.Process.Kill()
		<-done // it must not write to out any more
		*out = answer{}
		return context.DeadlineExceeded
	}
}

// stop ends the process, if it is still there.
func (w *worker) stop() {
	if w == nil || w.command.ProcessState != nil {
		return
	}
	_ = w.in.Close()
	_ = w.command.Wait()
}

func workerCommand() *cobra.Command {
	return &cobra.Command{
		Use: workerVerb, Hidden: true, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return serve(c.InOrStdin(), c.OutOrStdout()) },
	}
}

// serve renders what it is asked for until there is nothing more.
func serve(in io.Reader, out io.Writer) error {
	if err := limitMemory(workerMemory); err != nil {
		return fmt.Errorf("limiting the memory: %w", err)
	}
	decoder, answers := json.NewDecoder(in), json.NewEncoder(out)
	var job workerJob
	if err := decoder.Decode(&job); err != nil {
		return err
	}
	log.SetOutput(io.Discard) // Helm's libraries write values of charts there
	root, err := os.OpenRoot(job.Repository)
	if err != nil {
		return err
	}
	defer root.Close()
	renderer := workload.New(workload.Files{Repository: plugin.At(root.FS(), job.At), Catalog: builtin.Charts()}, job.Cluster)
	requests := make(chan workload.Application)
	go func() {
		for {
			var app workload.Application
			if decoder.Decode(&app) != nil {
				os.Exit(exitOK) // whoever asked is done, or dead: then a loop must not go on for ever
			}
			requests <- app
		}
	}()
	for app := range requests {
		result, diags := renderer.Render(&app)
		if err := answers.Encode(newAnswer(result, diags)); err != nil {
			return err
		}
	}
	return nil
}

func newAnswer(result workload.Result, diags diag.List) answer {
	out := answer{Warnings: result.Warnings, Diags: diags}
	for _, o := range result.Objects {
		value, err := json.Marshal(o.Value())
		if err != nil { // it was read from YAML or JSON
			panic(err)
		}
		out.Objects = append(out.Objects, answerObject{o.APIVersion, o.Kind, o.Namespace, o.Name, o.Wave, o.Pos, value})
	}
	return out
}
