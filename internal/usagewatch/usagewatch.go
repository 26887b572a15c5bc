// Package usagewatch polls a JSON endpoint that reports how much of some quotas is used, and publishes to ntfy when one crosses
// a threshold: one message for each window, threshold and cycle.
//
// It does not trust the endpoint: its answer is bounded, checked and cleaned before it is kept or shown. A message counts
// as sent, in the state too, when ntfy has accepted it: a crash in between repeats that message.
package usagewatch

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/hippotion/roster/internal/buildversion"
)

// Exit codes.
const (
	exitFine = iota
	exitFailed
	exitUsage
)

// Run runs the command line until its end, SIGTERM or an interrupt, and returns the exit code.
func Run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, args, stdout, stderr)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitFine
	case err != nil:
		_, _ = fmt.Fprintf(stderr, "usagewatch: %v\nusagewatch --help lists the flags.\n", err)
		return exitUsage
	case o.version:
		_, _ = fmt.Fprintln(stdout, "usagewatch", buildversion.String())
		return exitFine
	}
	w, err := open(o, stderr, time.Now)
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "usagewatch: %v\n", err)
		return exitFailed
	}
	defer w.close()

	if o.interval > 0 {
		w.logf("%s, polling every %s", buildversion.String(), o.interval)
		w.loop(ctx)
		return exitFine
	}
	problems := w.poll(ctx)
	for _, p := range problems {
		w.logf("%s", p)
	}
	if len(problems) > 0 {
		return exitFailed
	}
	return exitFine
}
