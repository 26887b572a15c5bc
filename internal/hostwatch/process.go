package hostwatch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// run runs a program and passes its output to read. When read returns an error, or ctx ends, it kills the program with all
// that it started, and does not wait for those that left its group of processes.
func run(ctx context.Context, read func(io.Reader) error, program string, args ...string) error {
	fail := func(err error) error { return fmt.Errorf("%s: %w", filepath.Base(program), err) }
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	out, in, err := os.Pipe()
	if err != nil {
		return fail(err)
	}
	defer out.Close()
	stderr := &head{}
	c := exec.CommandContext(ctx, program, args...)
	c.Stdout, c.Stderr, c.Env = in, stderr, append(os.Environ(), "LC_ALL=C")
	c.WaitDelay = time.Second
	ownGroup(c)
	err = errors.Join(c.Start(), in.Close())
	if err != nil {
		return fail(err)
	}
	// A process that left the group may still hold the other end.
	defer context.AfterFunc(ctx, func() { _ = out.SetReadDeadline(time.Unix(1, 0)) })()

	readErr := read(out)
	if readErr != nil {
		stop()
	}
	waitErr := c.Wait()
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, os.ErrDeadlineExceeded):
		return fail(cause)
	case readErr != nil:
		return fail(readErr)
	case waitErr != nil:
		return fail(fmt.Errorf("%w: %.200q", waitErr, stderr.first()))
	}
	return nil
}

// head keeps the beginning of what is written to it.
type head struct{ strings.Builder }

func (h *head) Write(p []byte) (int, error) {
	const most = 4 << 10
	h.Builder.Write(p[:min(len(p), most-h.Len())])
	return len(p), nil
}

func (h *head) first() string {
	line, _, _ := strings.Cut(strings.TrimSpace(h.String()), "\n")
	return line
}
