package gardener

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/hippotion/roster/internal/buildversion"
	"github.com/hippotion/roster/internal/bus"
	"github.com/hippotion/roster/internal/filelock"
)

// Exit codes.
const (
	exitFine  = 0 // also when there was nothing to do
	exitBad   = 1 // refused or failed, or it could not be reported
	exitUsage = 2
)

const usage = `Gardener tends a Git repository of Markdown notes.

  gardener detect --vault DIR [flags]                             print a report of the notes as JSON
  gardener run (--repository URL | --vault DIR) [flags] [-- DECIDER [ARG...]]
                                                                  report, let the decider edit a copy, check, and commit
  gardener version

gardener COMMAND -h lists the flags.
`

// Main runs a command line, and returns the exit code. SIGTERM and SIGINT end it in good order.
func Main(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	return Run(ctx, args, stdout, stderr)
}

// Run is Main without signals: ctx ends it.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	command := ""
	if len(args) > 0 {
		command, args = args[0], args[1:]
	}
	var err error
	switch command {
	case "detect":
		err = detectCommand(args, stdout, stderr)
	case "run":
		err = runCommand(ctx, args, stdout, stderr)
	case "version":
		_, err = fmt.Fprintf(stdout, "gardener %s %s %s/%s\n", buildversion.String(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	case "help", "-h", "--help":
		_, err = io.WriteString(stdout, usage)
	default:
		err = usageError{errors.New("expected detect, run or version; see gardener help")}
	}
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return exitFine
	case errors.As(err, &usageError{}):
		_, _ = fmt.Fprintf(stderr, "gardener: %v\n", err)
		return exitUsage
	}
	_, _ = fmt.Fprintf(stderr, "gardener: %v\n", err)
	return exitBad
}

// usageError is a mistake in the command line.
type usageError struct{ error }

func (u usageError) Unwrap() error { return u.error }

func detectCommand(args []string, stdout, stderr io.Writer) error {
	f := flag.NewFlagSet("detect", flag.ContinueOnError)
	var o Options
	vault := f.String("vault", "", "`DIR` of the notes")
	detectFlags(f, &o)
	after, err := parseFlags(f, args, stderr)
	if err == nil && (*vault == "" || len(after) > 0) {
		err = errors.New("expected --vault, and no arguments")
	}
	if err = cmp.Or(err, checkDetect(o)); err != nil {
		return usageError{err}
	}
	report, err := detectIn(*vault, o)
	if err != nil {
		return err
	}
	text, err := report.JSON()
	if err == nil {
		_, err = stdout.Write(text)
	}
	return err
}

func detectIn(dir string, o Options) (*Report, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("reading the vault: %w", err)
	}
	defer root.Close()
	return Detect(root.FS(), o)
}

func runCommand(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	s, err := parseRun(args, stderr)
	if err != nil {
		return usageError{err}
	}
	r := &runner{settings: s, stdout: stdout, stderr: stderr}
	return r.run(ctx)
}

type runner struct {
	*settings
	stdout, stderr io.Writer
}

// How long reporting may take, and after the run was told to end.
const (
	reportTime = time.Minute
	reportSoon = 10 * time.Second
)

// run does a whole run, and reports it.
func (r *runner) run(ctx context.Context) error {
	if err := r.report.prepare(); err != nil {
		return err
	}
	o := Outcome{Version: outcomeVersion, Changed: []string{}}
	err := r.tend(ctx, &o)
	if err != nil {
		o.Outcome = failed
		if check := (*refusal)(nil); errors.As(err, &check) || errors.Is(err, errMoved) || errors.Is(err, errLocked) {
			o.Outcome = refused
		}
		o.Error, o.Commit = clean(err.Error(), maxError), ""
	}
	if !o.bad() {
		_, _ = fmt.Fprintln(r.stdout, o.Outcome+": "+o.text())
	}
	limit := reportTime
	if ctx.Err() != nil {
		limit = reportSoon
	}
	reportContext, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	if unsent := r.report.send(reportContext, o); unsent != nil {
		err = errors.Join(err, fmt.Errorf("reporting: %w", unsent))
	}
	if r.report.metricsFile != "" {
		if unwritten := writeMetrics(r.report.metricsFile, &o, err == nil, time.Now()); unwritten != nil {
			err = errors.Join(err, fmt.Errorf("writing the metrics: %w", unwritten))
		}
	}
	return err
}

var errLocked = errors.New("another run is in progress: nothing was done")

// tend is detect, decide and commit. What it knows goes into o, even when it fails.
func (r *runner) tend(ctx context.Context, o *Outcome) (err error) {
	if r.access.tokenFile != "" { // git would only report a refusal
		if _, err := bus.ReadToken(r.access.tokenFile); err != nil {
			return err
		}
	}
	if len(r.decider.command) > 0 {
		if err := r.decider.find(); err != nil {
			return err
		}
	}
	// Two folders, so that the decider has nothing of git's above or beside its copy.
	ours, err := makeTemp(r.work)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, removeAll(ours)) }()
	theirs, err := makeTemp(r.work)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, removeAll(theirs)) }()
	copied, home := filepath.Join(theirs, "copy"), filepath.Join(theirs, "home")
	g := &git{home: filepath.Join(ours, "home"), timeout: r.gitTimeout, access: r.access, who: r.who}
	if err := errors.Join(os.Mkdir(copied, 0o755), os.Mkdir(home, 0o700), os.Mkdir(g.home, 0o700)); err != nil {
		return err
	}

	from := r.source(g, ours)
	unlock, err := from.lock(ctx)
	if errors.Is(err, filelock.ErrTaken) {
		err = errLocked
	}
	if err != nil {
		return err
	}
	defer unlock()
	start, problem, err := from.begin(ctx)
	if err != nil {
		return err
	}
	c, err := export(ctx, g, start.in, start.commit, r.within, copied)
	if err != nil {
		return err
	}
	options := r.detect
	options.Withheld = c.withheld()
	notes := filepath.Join(copied, filepath.FromSlash(r.within))
	if o.Report, err = detectIn(notes, options); err != nil {
		return err
	}
	o.Outcome = reported
	if len(r.decider.command) == 0 {
		return nil
	}
	if problem != nil {
		return problem
	}

	changes, err := r.decide(ctx, o, c, theirs, notes, home)
	if err != nil || len(changes) == 0 {
		o.Outcome = nothing
		return err
	}
	git := filepath.Join(ours, "proposal.git")
	p, err := propose(ctx, g, start, git, changes, message(changes, o.Summary))
	if err != nil {
		return err
	}
	if err := ignored(ctx, g, git, c, changes); err != nil {
		return err
	}
	for _, ch := range changes {
		o.Changed = append(o.Changed, ch.path)
	}
	if r.dryRun {
		o.Outcome = proposes
		stat, err := p.stat(ctx, g)
		_, _ = fmt.Fprint(r.stdout, stat)
		return err
	}
	if err := from.land(ctx, p); err != nil {
		o.Changed = []string{}
		return err
	}
	o.Outcome, o.Commit = landed, p.commit
	return nil
}

func (r *runner) source(g *git, dir string) source {
	if r.repository != "" {
		return &clone{branch{g, r.repository, r.branch}, filepath.Join(dir, "clone.git"), r.work}
	}
	c := &checkout{g: g, dir: r.vault, branch: r.branch}
	if r.push {
		c.remote = r.remote
	}
	return c
}

// decide runs the decider and returns what it changed.
func (r *runner) decide(ctx context.Context, o *Outcome, c *copyOf, theirs, notes, home string) ([]change, error) {
	report, err := o.Report.JSON()
	if err != nil {
		return nil, err
	}
	summary, stderr, err := r.decider.run(ctx, notes, home, report)
	_, _ = fmt.Fprint(r.stderr, quote("decider: ", stderr))
	if err != nil {
		return nil, err
	}
	o.Summary = summary
	entries, err := os.ReadDir(theirs)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.Name() != "copy" && e.Name() != "home" {
			return nil, refuse("the decider wrote outside of its folder: " + clean(e.Name(), 200))
		}
	}
	return c.changes(r.limits)
}

func makeTemp(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return "", err
	}
	return os.MkdirTemp(dir, "gardener-")
}

// removeAll removes a folder, even one in which the decider removed its own permissions.
func removeAll(dir string) error {
	if os.RemoveAll(dir) == nil {
		return nil
	}
	_ = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() {
			_ = os.Chmod(name, 0o700) // if this fails, so does the removal
		}
		if err != nil {
			return fs.SkipDir
		}
		return nil
	})
	return os.RemoveAll(dir)
}
