// Package git reads repositories with the program git: which commit a revision is, where two histories part, and the files of a commit
// straight from Git's objects, without a checkout.
//
// A repository is not trusted. Git runs with commands that only read objects and references, and none of what a repository, the user or
// the machine configures runs with it: no hooks, filters, drivers of differences, monitors, credential helpers, pagers and transports. What
// is missing here is not fetched. So it does not matter whose the repository is.
package git

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Program is git, and how it is run. It has no configuration but the repository's, less all that runs other programs, and asks nobody.
type Program struct {
	Path        string        // of the program
	Home        string        // an empty folder, or none
	Config      []string      // KEY=VALUE, beyond what is always set
	Environment []string      // likewise
	Timeout     time.Duration // of one run
}

// Place is where git works.
type Place struct {
	Dir   string   // the current folder; empty when it does not matter
	Flags []string // such as --git-dir
}

// config is what git is told beyond the repository's own configuration, which it overrides.
func (p *Program) config() []string {
	all := append([]string{
		"core.hooksPath=/dev/null", "core.fsmonitor=false", "core.attributesFile=/dev/null", "gc.auto=0", "maintenance.auto=false",
		"submodule.recurse=false", "credential.helper=",
	}, p.Config...)
	args := []string{"--no-pager"}
	for _, c := range all {
		args = append(args, "-c", c)
	}
	return args
}

// environment is all that git gets. Of variables that occur twice the last counts.
func (p *Program) environment() []string {
	return append([]string{
		"HOME=" + cmp.Or(p.Home, os.DevNull), "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0",
		"GIT_ASKPASS=", "SSH_ASKPASS=", "GIT_OPTIONAL_LOCKS=0", "GIT_NO_REPLACE_OBJECTS=1", "GIT_GRAFT_FILE=/dev/null/none",
	}, p.Environment...)
}

// command is a run of git.
func (p *Program) command(ctx context.Context, in Place, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, p.Path, append(append(p.config(), in.Flags...), args...)...)
	c.Dir, c.Env = cmp.Or(in.Dir, p.Home), p.environment()
	return c
}

// Failure is why git failed.
type Failure struct {
	Command string // of git
	Err     error
	Said    string // the end of what it wrote to stderr
}

func (f *Failure) Error() string {
	if f.Said == "" {
		return fmt.Sprintf("git %s: %v", f.Command, f.Err)
	}
	return fmt.Sprintf("git %s: %v: %s", f.Command, f.Err, f.Said)
}

// Unwrap is the error without what git said.
func (f *Failure) Unwrap() error { return f.Err }

// mostSaid is how much of what git says about a failure is kept, in bytes.
const mostSaid = 4 << 10

// streams are what a run of git reads and writes.
type streams struct {
	in   io.Reader
	out  io.Writer
	said *Tail // what it says to people
}

// Pipe runs git and writes what it prints to out. When the time is up or ctx ends, git is asked to end, so that it removes its
// locks, and then killed, together with what it started. Its errors are Failures.
func (p *Program) Pipe(ctx context.Context, in Place, stdin io.Reader, out io.Writer, args ...string) error {
	return p.pipe(ctx, in, streams{stdin, out, &Tail{Most: mostSaid}}, args...)
}

func (p *Program) pipe(ctx context.Context, in Place, s streams, args ...string) error {
	limited, cancel := context.WithTimeoutCause(ctx, p.Timeout, fmt.Errorf("it took longer than %s", p.Timeout))
	defer cancel()
	c := p.command(limited, in, args...)
	c.Stdin, c.Stdout, c.Stderr = s.in, s.out, s.said
	err := RunGroup(c, 5*time.Second)
	if err == nil {
		return nil
	}
	if cause := context.Cause(limited); cause != nil {
		err = cause
	}
	return &Failure{args[0], err, strings.TrimSpace(string(s.said.Text))}
}

// Run returns what git prints.
func (p *Program) Run(ctx context.Context, in Place, args ...string) (string, error) {
	var out bytes.Buffer
	err := p.Pipe(ctx, in, nil, &out, args...)
	return out.String(), err
}

// Tail keeps the end of what is written to it.
type Tail struct {
	Most int // bytes of it
	Text []byte
	Cut  bool // whether that is not all
}

func (t *Tail) Write(p []byte) (int, error) {
	t.Text = append(t.Text, p[max(0, len(p)-t.Most):]...)
	if over := len(t.Text) - t.Most; over > 0 {
		t.Text, t.Cut = append(t.Text[:0], t.Text[over:]...), true
	}
	return len(p), nil
}
