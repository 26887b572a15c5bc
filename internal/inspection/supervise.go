package inspection

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"
	"unsafe"

	"github.com/hippotion/roster/internal/diag"
	"github.com/hippotion/roster/internal/fleet"
	"github.com/hippotion/roster/internal/limited"
	"github.com/hippotion/roster/internal/lint"
	"github.com/hippotion/roster/internal/lint/progress"
	"github.com/hippotion/roster/internal/lint/rules"
	"github.com/hippotion/roster/internal/source"
)

const (
	// Verb is the hidden verb of the process that checks, which calls Serve.
	Verb = "lint-worker"

	memory   = 4 << 30          // how much memory that process may take, in bytes
	perRule  = 20 * time.Second // how long one rule may take; less when there is less time left
	perVisit = 3                // how many objects a rule may skip before it is not applied at all
)

// job is what the process is told.
type job struct {
	Input   Input
	Sources json.RawMessage // null when there are none
	Without omitted
	Shared  bool // whether it has inherited the memory that holds its progress
}

// event is what it answers: first what is known before any rule is applied, then what each rule has found, and then all of it.
type event struct {
	Built  *Result
	Found  []lint.Finding
	Result *Result
	Seen   *fleet.Seen // what was looked at for the Result; nil when that may not be seen again
	Error  string
}

// Supervised checks a place in a limited process. A rule that takes too much there is stopped: what it looked at is a finding, and
// everything is checked again without that. An error means that nothing could be checked.
func Supervised(in Input) (Result, error) {
	ctx, cancel := context.WithTimeout(context.Background(), cmp.Or(in.Timeout, fleet.Minutes))
	defer cancel()
	sources, err := json.Marshal(in.Sources)
	if err != nil {
		return Result{}, err
	}
	store := in.Rendered.Open()
	defer store.Close()
	if store != nil {
		if r := in.find(store); r != nil {
			return *r, nil
		}
	}
	without := omitted{Objects: map[string][]int{}, Cause: map[string]string{}}
	var last attempt // that reached the rules
	for {
		if deadline, ok := ctx.Deadline(); ok {
			in.Timeout = max(time.Until(deadline), time.Millisecond)
		}
		a := attempt{}
		err := a.run(ctx, job{Input: in, Sources: sources, Without: without})
		if a.built != nil {
			last = a
		}
		switch {
		case a.result != nil:
			if a.seen != nil && len(without.Cause) == 0 {
				in.keep(store, a.result, a.seen)
			}
			return *a.result, nil
		case err == nil:
			return Result{}, errors.New(a.refused)
		case ctx.Err() != nil && last.built != nil:
			return last.late(), nil
		case a.rule < 0: // no rule had begun: it is the input as a whole
			return Result{}, fmt.Errorf("the input was not checked: %s", a.cause)
		}
		name := rules.All().Names()[a.rule]
		without.Cause[name] = a.cause
		if a.object >= 0 && len(without.Objects[name]) < perVisit && !slices.Contains(without.Objects[name], a.object) {
			without.Objects[name] = append(without.Objects[name], a.object)
		} else {
			without.Rules, without.Objects[name] = append(without.Rules, name), nil
		}
	}
}

// attempt is one process that checks.
type attempt struct {
	built   *Result
	found   []lint.Finding
	result  *Result
	seen    *fleet.Seen
	refused string // why nothing could be checked

	rule, object int // where the process was when it stopped; -1 for none
	cause        string
}

// run starts a process and receives its events. An error means that it stopped before it was done.
func (a *attempt) run(ctx context.Context, j job) error {
	a.rule, a.object = -1, -1
	cell := &progress.Cell{}
	var extra []*os.File
	if memory, file, err := limited.Shared(progress.Size); err == nil { // else it is unknown where the process was
		defer file.Close()
		cell, extra, j.Shared = cellIn(memory), []*os.File{file}, true
	}
	process, err := limited.Start(Verb, extra...)
	if err != nil {
		a.cause = err.Error()
		return err
	}
	defer process.Stop()
	done := make(chan error, 1)
	go func() {
		if err := json.NewEncoder(process.In).Encode(j); err != nil {
			done <- err
			return
		}
		done <- a.hear(process.Out)
	}()
	err = watch(ctx, cell, done, process.Kill)
	if err == nil {
		return nil
	}
	a.rule, a.object = cell.At()
	switch cause, words := process.Cause(err); cause {
	case limited.Time:
		a.cause = "it took too long"
	case limited.Space:
		a.cause = fmt.Sprintf("it needs more than %d MiB of memory", memory>>20)
	case limited.Endless:
		a.cause = "it recurses without end"
	case limited.Killed:
		a.cause = "its process was killed, probably because the system has no more memory"
	default:
		a.cause = fmt.Sprintf("the process stopped (%v): %s", err, words)
	}
	return err
}

// watch waits until the process is done. It kills one in which a rule takes too long, or when the time is up.
func watch(ctx context.Context, cell *progress.Cell, done <-chan error, kill func()) error {
	deadline, _ := ctx.Deadline()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	rule, since := -1, time.Now()
	for {
		select {
		case err := <-done:
			return err
		case <-ctx.Done():
		case now := <-ticker.C:
			if at, _ := cell.At(); at != rule {
				rule, since = at, now
			}
			if rule < 0 || now.Sub(since) < min(perRule, deadline.Sub(since)/3) {
				continue
			}
		}
		kill()
		if err := <-done; err == nil {
			return nil // it was done just then
		}
		return context.DeadlineExceeded
	}
}

// hear collects the events until the last.
func (a *attempt) hear(from io.Reader) error {
	events := json.NewDecoder(bufio.NewReader(from))
	for {
		var e event
		if err := events.Decode(&e); err != nil {
			return err
		}
		if e.Built != nil {
			a.built = e.Built
		}
		a.found = append(a.found, e.Found...)
		if e.Result != nil || e.Error != "" {
			a.result, a.seen, a.refused = e.Result, e.Seen, e.Error
			return nil
		}
	}
}

// late is what is known when the time is up.
func (a *attempt) late() Result {
	r := *a.built
	r.Findings = append(r.Findings, a.found...)
	rest := rules.All().Names()[max(a.rule, 0):]
	r.add(lint.Error, diag.Diagnostic{Pos: r.list(), Code: codeTooSlow,
		Message: fmt.Sprintf("the time was up before %d of %d rules were applied, from %s on; waivers were not read", len(rest), len(rules.All().Names()), rest[0]),
		Hint:    "--timeout gives a run more time"})
	r.Findings = lint.Sorted(r.Findings)
	return r
}

// cellIn is a cell in shared memory.
func cellIn(memory []byte) *progress.Cell {
	return (*progress.Cell)(unsafe.Pointer(unsafe.SliceData(memory)))
}

// Serving is what differs between the processes that look.
type Serving struct {
	Apply func(*lint.Input, lint.Options) lint.Result // that of rules.All, except in tests
	Open  source.Opener                               // for what was fetched
}

// Serve checks what it is asked for, in a process whose memory it limits.
func Serve(in io.Reader, out io.Writer, s Serving) error {
	if err := limited.Memory(memory); err != nil {
		return fmt.Errorf("limiting the memory: %w", err)
	}
	requests := json.NewDecoder(in)
	var j job
	if err := requests.Decode(&j); err != nil {
		return err
	}
	go func() {
		_ = requests.Decode(&struct{}{})
		os.Exit(0) // the other side is dead: then nobody waits for an answer
	}()
	sources, err := s.Open.Reopen(j.Sources)
	if err != nil {
		return err
	}
	j.Input.Sources = sources
	w := watcher{apply: s.Apply}
	if j.Shared {
		memory, err := limited.Attach(os.NewFile(3, "progress"), progress.Size)
		if err != nil {
			return fmt.Errorf("sharing memory: %w", err)
		}
		w.progress = cellIn(memory)
	}
	answers := json.NewEncoder(out)
	w.built = func(r Result) { _ = answers.Encode(event{Built: &r}) } // if it is not received, nobody waits
	w.rule = func(found []lint.Finding) {
		if len(found) > 0 {
			_ = answers.Encode(event{Found: found})
		}
	}
	r, err := look(j.Input, j.Without, w)
	if err != nil {
		return answers.Encode(event{Error: err.Error()})
	}
	return answers.Encode(event{Result: &r, Seen: r.seen})
}
