// Package hostwatch reads what sshd wrote to the journal and what fail2ban has banned, and writes it as metrics for the
// textfile collector of node_exporter. A timer of systemd runs it every minute.
//
// User names are text of an attacker's choice, and so are large parts of sshd's messages. So only what sshd and journald add themselves
// decides. Where that leaves a doubt about a login, it counts as one from outside.
//
// It remembers what it read in a state file, and does not run for longer than it takes to read what is new.
package hostwatch

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hippotion/roster/internal/atomicfile"
	"github.com/hippotion/roster/internal/buildversion"
	"github.com/hippotion/roster/internal/filelock"
)

// textfile is the name of the file for node_exporter. Its collector reads all files with this extension.
const textfile = "hostwatch.prom"

// Run is the program. It returns the exit code: 0, 1 when something could not be read or written, or 2 for wrong arguments.
func Run(args []string, stdout, stderr io.Writer) int {
	o, err := parseOptions(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		err = say(stdout, usage)
	case err != nil:
		_ = say(stderr, fmt.Sprintf("hostwatch: %v\n  hint: hostwatch --help\n", err)) // there is no other place to report it
		return 2
	case o.version:
		err = say(stdout, "hostwatch "+buildversion.String()+"\n")
	default:
		err = (&watch{options: o, now: time.Now(), stderr: stderr}).run()
	}
	if err == nil {
		return 0
	}
	for line := range strings.Lines(err.Error()) {
		_ = say(stderr, "hostwatch: "+strings.TrimSuffix(line, "\n")+"\n")
	}
	return 1
}

func say(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	return err
}

// watch is one run.
type watch struct {
	options
	now    time.Time
	stderr io.Writer
}

// run reads, and writes both files even when it could not read all. Its error is everything that went wrong.
//
// The state is written first, and the textfile has nothing that does not come from the state or from this moment. So a crash
// between the two loses nothing: the state has the login, and the next run publishes it. A crash before both, or a state
// that cannot be written, makes the next run read the same entries again, with the counters as they were before them. In
// the other order, a login could be published, and be gone a minute later with the journal that it was read from.
func (w *watch) run() error {
	lock := w.state + ".lock"
	unlock, err := filelock.Take(lock)
	switch {
	case errors.Is(err, filelock.ErrTaken):
		return fmt.Errorf("locking %s: another hostwatch is running", lock)
	case err != nil:
		return fmt.Errorf("locking: %w", err)
	}
	defer unlock()

	s, first, stateErr := load(w.state)
	if first {
		_ = say(w.stderr, "hostwatch: there is no state yet: starting with the last "+w.keep.String()+" of the journal\n")
	}
	s.forget(w.now, w.window, w.keep)
	journalErr := w.readJournal(s)
	r := report{now: w.now, journal: journalErr == nil}
	var fail2banErr error
	if w.fail2ban {
		r.jails, fail2banErr = w.readFail2ban()
		r.fail2ban = &fail2banErr
	}
	return errors.Join(stateErr, journalErr, fail2banErr, s.save(w.state),
		atomicfile.Write(filepath.Join(w.textfileDir, textfile), []byte(r.text(s)), 0o644))
}

// within is a context that ends when a source took too long.
func (w *watch) within() (context.Context, context.CancelFunc) {
	late := fmt.Errorf("took more than %s: %w", w.timeout, os.ErrDeadlineExceeded)
	return context.WithTimeoutCause(context.Background(), w.timeout, late)
}
