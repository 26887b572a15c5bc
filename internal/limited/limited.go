// Package limited runs a part of this program in a process of its own, which can be stopped and whose memory is limited: what
// others wrote may loop, and a goroutine cannot be stopped from outside.
//
// It knows nothing about what runs there. The other side calls Memory first, and ends when its stdin does.
package limited

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// Process is this program, started again with a verb, without environment. Both sides talk over its stdin and stdout.
type Process struct {
	In  io.WriteCloser
	Out io.Reader

	command *exec.Cmd
	stderr  head
}

// Start starts this program with a verb. What the other side inherits, besides stdin, stdout and stderr, are extra files, from 3 on.
func Start(verb string, extra ...*os.File) (*Process, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	p := &Process{command: exec.Command(program, verb)}
	p.command.Args[0] = os.Args[0]
	p.command.Env = []string{}
	p.command.Stderr = &p.stderr
	p.command.ExtraFiles = extra
	if p.In, err = p.command.StdinPipe(); err != nil {
		return nil, err
	}
	if p.Out, err = p.command.StdoutPipe(); err != nil {
		return nil, err
	}
	if err := p.command.Start(); err != nil {
		return nil, fmt.Errorf("starting a worker: %w", err)
	}
	return p, nil
}

// Kill ends the process at once.
func (p *Process) Kill() { _ = p.command.Process.Kill() }

// Stop tells the process that there is nothing more to do, and waits for its end.
func (p *Process) Stop() {
	if p == nil || p.command.ProcessState != nil {
		return
	}
	_ = p.In.Close()
	_ = p.command.Wait()
}

// head keeps the first bytes of what is written to it: those of a crash give its reason.
type head struct{ strings.Builder }

func (h *head) Write(p []byte) (int, error) {
	const most = 64 << 10
	h.Builder.Write(p[:min(len(p), most-h.Len())])
	return len(p), nil
}

// Cause is why a process ended before its time.
type Cause int

// The causes. Other is a fault of this program.
const (
	Other   Cause = iota
	Time          // it took too long
	Space         // it needed more memory than it may take
	Endless       // it recursed without end
	Killed        // somebody else killed it: mostly the system, which has no more memory
)

// Cause returns why the process ended, and its words about it. Err is what the caller got when it talked to the process:
// context.DeadlineExceeded when the caller killed it.
func (p *Process) Cause(err error) (Cause, string) {
	p.Stop()
	words := p.stderr.String()
	has := func(parts ...string) bool {
		for _, part := range parts {
			if strings.Contains(words, part) {
				return true
			}
		}
		return false
	}
	first, _, _ := strings.Cut(strings.TrimSpace(words), "\n")
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return Time, first
	case has("out of memory", "cannot allocate memory"):
		return Space, first
	case has("stack exceeds", "stack overflow"):
		return Endless, first
	case killed(p.command.ProcessState):
		return Killed, first
	}
	return Other, first
}
