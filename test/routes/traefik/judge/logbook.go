package main

import (
	"encoding/json"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/rs/zerolog"
	"github.com/rs/zerolog/log"
	"github.com/sirupsen/logrus"
	stdlog "log"
)

// logbook is where Traefik's log goes: what it says while it builds is part of the verdict, and some of what it says to a request
// cannot be known otherwise.
type logbook struct {
	mu    sync.Mutex
	muted bool
	lines []string
}

// newLogbook redirects the log of the process, as setupLogger of cmd/traefik does.
func newLogbook() *logbook {
	b := &logbook{}
	log.Logger = zerolog.New(b)
	zerolog.DefaultContextLogger = &log.Logger
	logrus.StandardLogger().Out = io.Discard
	stdlog.SetOutput(io.Discard)
	return b
}

func (b *logbook) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.muted {
		b.lines = append(b.lines, string(line))
	}
	return len(line), nil
}

// mute leaves out what is said until the function that it returns is called.
func (b *logbook) mute() func() {
	set := func(muted bool) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.muted = muted
	}
	set(true)
	return func() { set(false) }
}

// listen forgets what was said, and from now on listens for level.
func (b *logbook) listen(level zerolog.Level) {
	zerolog.SetGlobalLevel(level)
	b.take()
}

func (b *logbook) take() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	lines := b.lines
	b.lines = nil
	return lines
}

// entry is a line of the log: its fields.
type entry map[string]any

func (e entry) text(field string) string {
	s, _ := e[field].(string)
	return s
}

// said is what happened, in one line: a message, and the error behind it.
func (e entry) said() string {
	return strings.TrimPrefix(strings.Join([]string{e.text("message"), e.text("error")}, ": "), ": ")
}

// entries are the lines, each once, in an order that does not depend on when they were said.
func entries(lines []string) []entry {
	lines = slices.Clone(lines)
	slices.Sort(lines)
	var all []entry
	for _, line := range slices.Compact(lines) {
		var e entry
		if err := json.Unmarshal([]byte(line), &e); err == nil {
			all = append(all, e)
		}
	}
	return all
}
