package gardener

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	program "github.com/hippotion/roster/internal/git"
)

// decider is the user's program. It gets the report on its stdin, works in a copy of the notes, and may print one line.
type decider struct {
	command     []string
	timeout     time.Duration
	grace       time.Duration // between SIGTERM and SIGKILL
	environment []string      // names of further variables that it gets
}

const (
	maxStderr  = 64 << 10
	maxSummary = 200 // characters
)

// find makes the program's path absolute: its current folder will be the copy, where a note may have the same name.
func (d *decider) find() error {
	file, err := exec.LookPath(d.command[0])
	if err == nil {
		file, err = filepath.Abs(file)
	}
	if err != nil {
		return fmt.Errorf("the decider: %w", err)
	}
	d.command[0] = file
	return nil
}

// run runs the program in dir, with an empty folder as its home, and returns its line of output, and the end of its stderr. It is over
// when the program has ended; what it started and left running is killed.
func (d *decider) run(ctx context.Context, dir, home string, report []byte) (summary string, stderr []byte, err error) {
	limited, cancel := context.WithTimeoutCause(ctx, d.timeout, fmt.Errorf("it took longer than %s", d.timeout))
	defer cancel()
	c := exec.CommandContext(limited, d.command[0], d.command[1:]...)
	stdout, end := &head{most: 4 << 10}, &program.Tail{Most: maxStderr}
	c.Dir, c.Stdin, c.Stdout, c.Stderr = dir, bytes.NewReader(report), stdout, end
	// Git, if it is used, must not find a repository above the copy.
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home, "LANG=C.UTF-8", "GIT_CEILING_DIRECTORIES=" + filepath.Dir(home)}
	for _, name := range d.environment {
		if value, there := os.LookupEnv(name); there {
			c.Env = append(c.Env, name+"="+value)
		}
	}
	err = program.RunGroup(c, d.grace)
	if cause := context.Cause(limited); cause != nil && err != nil {
		err = cause
	} else if errors.Is(err, exec.ErrWaitDelay) {
		err = errors.New("it ended and left a program running")
	}
	if err != nil {
		err = fmt.Errorf("the decider: %w", err)
	}
	return firstLine(stdout.text), end.Text, err
}

// firstLine is the first line as text; empty when it is not text.
func firstLine(out []byte) string {
	line, _, _ := bytes.Cut(out, []byte{'\n'})
	if !utf8.Valid(line) || bytes.IndexByte(line, 0) >= 0 {
		return ""
	}
	return clean(string(line), maxSummary)
}

// quote puts a prefix before each line of text that others wrote, and removes control characters from it.
func quote(prefix string, text []byte) string {
	var b strings.Builder
	for line := range bytes.Lines(text) {
		fmt.Fprintf(&b, "%s%s\n", prefix, clean(string(line), 1000))
	}
	return b.String()
}
